"""Many acts from a table in the browser (J9, J10): looked at with faults grouped, then everything or nothing, once."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sites import TRIAL, text

PATH = f"/t/{TRIAL}/table/"
HEAD = "subject,site,identity,sex\n"


@pytest.fixture
def desk(running):
    return running.person("sc.s1")


def position(running):
    return running.house.trials.get(TRIAL).state().position


def rows(count, *, at="S1"):
    return HEAD + "".join(f"P{number},{at},W-{number},F\n" for number in range(1, count + 1))


def look(person, content, command="ScreenSubject", name="subjects.csv", **more):
    data = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile(name, data)
    return person.post(PATH, page=f"{PATH}?command={command}", command=command, do="look", file=file, **more)


def enter(person, shown):
    """Send the form that the look gave, as a browser does: line breaks of a text area are CR LF."""
    page = shown.content.decode()
    body = re.search(r"<textarea name=\"table\" hidden>\n(.*?)</textarea>", page, re.DOTALL)[1]
    fields = dict(re.findall(r'<input type="hidden" name="(command|name|reason)" value="([^"]*)"', page))
    return person.post(PATH, page=PATH, do="enter", table=body.replace("\n", "\r\n"), **fields)


def test_a_look_writes_nothing_and_the_entry_writes_all_once(desk, running):
    before = position(running)
    shown = look(desk, rows(50))
    assert "All 50 rows would be accepted now" in text(shown)
    assert position(running) == before
    done = enter(desk, shown)
    assert done.status_code == 302, text(done)
    assert len(running.house.trials.get(TRIAL).state().subjects) == 50
    assert "50 facts of table" in text(desk.get(done["Location"]))
    after = position(running)
    assert after == before + 50
    again = look(desk, rows(50))
    assert "entered before" in text(again)
    assert enter(desk, shown).status_code == 302, "sent twice"
    assert position(running) == after


def test_faults_are_grouped_with_their_lines_and_nothing_is_written(desk, running):
    before = position(running)
    wrong = HEAD + "".join(f"P{number},{'S9' if number % 5 == 0 else 'S1'},W-{number},F\n" for number in range(1, 21))
    shown = look(desk, wrong)
    assert "Kinds of faults: 1; lines with faults: 4" in text(shown)
    assert "6, 11, 16, 21" in text(shown)
    assert "Nothing was written" in text(shown)
    assert '<textarea name="table"' not in shown.content.decode(), "there is nothing to enter"
    unread = look(desk, "subject,site,identity,sex\nP1,S1,W-1,X\nP2,S1,W-2,Y\n")
    assert unread.status_code == 422
    assert "lines with faults: 2" in text(unread)
    posted = desk.post(PATH, page=PATH, do="enter", command="ScreenSubject", table=wrong)
    assert "Nothing was written" in text(posted)
    assert position(running) == before


def test_what_changes_between_look_and_entry_is_decided_anew(desk, running):
    shown = look(desk, rows(3))
    desk.act("ScreenSubject", subject="P2", site="S1", identity="other")
    before = position(running)
    answer = enter(desk, shown)
    assert "CND-006" in text(answer)
    assert position(running) == before


def test_a_table_in_gb18030_is_read(desk, running):
    shown = look(desk, "subject,site,identity,act.reason\nP1,S1,W-1,门诊登记患者资料核对完成\n".encode("gb18030"))
    assert enter(desk, shown).status_code == 302
    [event] = running.house.trials.get(TRIAL).records(running.actor("sc.s1"), streams=("subject/P1",))
    assert event.reason == "门诊登记患者资料核对完成"


def test_queries_come_from_a_table_and_name_values_that_are_there(desk, running):
    desk.act("ScreenSubject", subject="P1", site="S1", identity="W-1")
    at = position(running)
    monitor = running.person("monitor")
    head = "query,about,code,detail,position,field\n"
    good = head + "".join(f"Q{number},subject/P1,CND-453,sex? {number},{at},sex\n" for number in range(1, 51))
    assert "CND-007" in text(look(monitor, good + f"Q51,subject/P1,CND-453,colour?,{at},colour\n", "OpenQuery"))
    assert not running.house.trials.get(TRIAL).state().queries
    assert enter(monitor, look(monitor, good, "OpenQuery")).status_code == 302
    assert len(running.house.trials.get(TRIAL).state().queries) == 50


@pytest.mark.parametrize("command", ["CorrectFact", "ReleaseBatch", "NoSuchAct", ""])
def test_what_is_given_by_itself_only_is_not_taken_from_a_table(desk, command):
    answer = look(desk, rows(1), command)
    assert answer.status_code == 422
    assert "APP-419" in text(answer)


def test_no_file_is_said(desk):
    assert "APP-420" in text(desk.post(PATH, page=PATH, command="ScreenSubject", do="look"))


def test_another_site_enters_nothing_here(running):
    before = position(running)
    other = running.person("pi.s2")
    assert "CND-008" in text(look(other, rows(2)))
    assert position(running) == before
