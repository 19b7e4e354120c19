"""Many acts from a table: all written or none, faults by kind with their lines, the same table entered once."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.app.session import SimulatedClock, codec, open_session
from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.envelope import Actor, Request, Role
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant
from celltrial.core.errors import ConflictError
from celltrial.ledger import Journal, open_ledger

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-03-01T09:00+08:00"
HEADING = "account,printed_name,role,site,act.at,act.reason\n"
FIRST = "sponsor,Office,sponsor,,,\n"


@pytest.fixture
def enter(celltrial, tmp_path):
    ledger = tmp_path / "t.db"
    words = ("--trial", "T-1", "--as", "sponsor", "--account", "sponsor", "--at", DAY)
    code, _, err = celltrial(
        "act", ledger, "RegisterTrial", *words, "--set", "trial=T-1", "--set", "title=A trial", "--set", "sponsor=S",
        "--create", "--rehearsal",
    )  # fmt: skip
    assert (code, err) == (0, "")

    def call(text, *more, command="GrantAccess", reason="delegation log", name="g.csv"):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(data)
        return celltrial("enter", ledger, tmp_path / name, "--command", command, *words, "--reason", reason, *more)

    call.ledger = ledger
    call.events = lambda: events(ledger)
    return call


def events(ledger):
    with open_ledger(ledger) as opened:
        return list(Journal(opened, codec()).events("T-1"))


def test_every_row_is_an_act_decided_as_it_stands_after_those_before_it(enter, celltrial):
    rows = "a1,Ann,data manager,,2026-03-01 09:30,hired\na2,Bo,data_manager,,,\n"
    text = HEADING + FIRST + rows  # nobody may be granted a role before the sponsor is
    code, out, err = enter(text, "--zone", "Asia/Shanghai", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"rows": 3, "written": 3, "entered_before": False, "refused": []}
    written = enter.events()[1:]
    assert [item.fact.account for item in written] == ["sponsor", "a1", "a2"]
    assert [item.reason for item in written] == ["delegation log", "hired", "delegation log"]
    assert written[1].occurred == Instant(datetime(2026, 3, 1, 1, 30, tzinfo=UTC), "Asia/Shanghai")
    assert {item.actor.id for item in written} == {"sponsor"}
    assert celltrial("verify", enter.ledger)[0] == 0


def test_the_same_table_is_entered_once_and_another_one_again(enter):
    text = HEADING + FIRST
    assert enter(text)[0] == 0
    code, out, _ = enter(text, "--json")
    assert (code, json.loads(out)["entered_before"], json.loads(out)["written"]) == (0, True, 0)
    assert len(enter.events()) == 2
    assert enter(HEADING + "a1,Ann,data_manager,,,\n", name="other.csv")[0] == 0
    assert len(enter.events()) == 3


def test_a_dry_run_decides_and_writes_nothing(enter):
    assert enter(HEADING + FIRST, "--dry-run")[0] == 0
    assert enter(HEADING + "a1,Ann,data_manager,,,\n", "--dry-run")[0] == 1
    assert len(enter.events()) == 1
    assert enter(HEADING + FIRST)[0] == 0  # a trial run is no entry


def test_one_refused_row_keeps_every_other_from_being_written(enter):
    rows = "".join(f"a{number},Person {number},data_manager,,,\n" for number in range(20))
    text = HEADING + FIRST + rows + "".join(f"b{number},Person,coordinator,S9,,\n" for number in range(12))
    code, out, _ = enter(text, "--json")
    assert code == 1
    answer = json.loads(out)
    assert answer["written"] == 0
    assert [(kind["id"], kind["count"], kind["lines"][0]) for kind in answer["refused"]] == [("CND-007", 12, 23)]
    assert len(enter.events()) == 1
    code, out, _ = enter(text, "--lang", "zh")
    assert "未写入任何内容：33 行中有 12 行存在问题，共 1 类。" in out
    assert "行号 23、24、25" in out
    assert "32 等；共 12 行" in out


def test_faults_of_a_table_come_at_once_by_kind(enter):
    rows = "a1,Ann,king,,,\na2,,queen,,yesterday,\na3,,data_manager,,,\n"
    code, out, err = enter(HEADING + rows)
    assert (code, out) == (2, "")
    assert "Kinds of faults: 3; rows with one: 3." in err
    assert "APP-067: g.csv:2.role" in err
    assert "lines 2, 3; 2 in all" in err
    assert "APP-065: g.csv:3.printed_name" in err
    assert "COR-011" in err
    assert len(enter.events()) == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "COR-061"),
        (HEADING, "COR-061"),
        (HEADING + "\n\n", "COR-061"),
        ("account,account,role\na,b,sponsor\n", "COR-059"),
        ("account,,role\na,b,sponsor\n", "COR-059"),
        (HEADING + "a,b,sponsor,,,,more\n", "COR-060"),
        (HEADING + 'a,"b,sponsor,,,\n', "COR-060"),
        ("acount,printed_name,role\na,b,sponsor\n", "APP-064"),
        ("account,printed_name,role,colour\na,b,sponsor,red\n", "APP-064"),
        ("account,printed_name\na,b\n", "APP-065"),
        (HEADING + "a\u202eb,Ann,sponsor,,,\n", "COR-052"),
        (b"\xff\xfe\x00", "COR-051"),
    ],
)
def test_what_is_no_table_of_acts_is_refused(enter, text, fault):
    code, _, err = enter(text)
    assert code == 2
    assert fault in err
    assert "Traceback" not in err
    assert len(enter.events()) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_in_the_encodings_and_with_the_delimiters_that_there_are(enter, encoding, delimiter):
    text = (HEADING + "sponsor,申办者办公室人员,sponsor,,,\n").replace(",", delimiter).replace("\n", "\r\n")
    assert enter(text.encode(encoding))[0] == 0
    assert enter.events()[-1].fact.printed_name == "申办者办公室人员"


@pytest.mark.parametrize("command", ["ThawBatch", "RecordInfusion", "ReleaseBatch", "CorrectFact", "ApproveProtocol"])
def test_what_is_signed_scanned_or_a_correction_is_given_one_at_a_time(enter, command):
    code, _, err = enter(HEADING + FIRST, command=command)
    assert (code, err.startswith("APP-079")) == (2, True)


def test_a_table_of_a_person_who_may_not_is_refused_as_an_act_is(celltrial, enter, tmp_path):
    assert enter(HEADING + FIRST + "a1,Ann,data_manager,,,\n")[0] == 0
    path = tmp_path / "more.csv"
    path.write_text(HEADING + "a2,Bo,data_manager,,,\n", encoding="utf-8")
    code, out, _ = celltrial(
        "enter", enter.ledger, path, "--command", "GrantAccess", "--as", "data_manager", "--account", "a1", "--at", DAY,
        "--reason", "x",
    )  # fmt: skip
    assert code == 1
    assert "CND-" in out
    assert len(enter.events()) == 3


OFFICE = Actor("sponsor", Role.SPONSOR, None, "Office")
MOMENT = Instant(datetime(2026, 3, 1, 1, tzinfo=UTC))


def request(account, role=Role.DATA_MANAGER):
    return Request(GrantAccess(account, account.title(), role), OFFICE, MOMENT, reason="log")


def test_a_writer_in_between_makes_every_row_be_decided_again(tmp_path):
    where, clock = tmp_path / "t.db", SimulatedClock("rehearsal")
    clock.set(MOMENT.utc)
    with open_session(where, "T-1", create=True, clock=clock) as one:
        one.submit(Request(RegisterTrial("T-1", "A trial", "S", rehearsal=True), OFFICE, MOMENT))
        one.submit(replace(request("sponsor", Role.SPONSOR), command=GrantAccess("sponsor", "Office", Role.SPONSOR)))
        with open_session(where, "T-1", clock=clock) as other:
            assert isinstance(one.submit(request("ann")), Accepted)  # unseen by the other
            answers = other.submit_together([request("bo"), request("cy")], "table/1")
            assert all(isinstance(answer, Accepted) for answer in answers)
            assert [item.fact.account for item in events(where)[-3:]] == ["ann", "bo", "cy"]
            assert isinstance(one.submit(request("di")), Accepted)
            before = len(events(where))
            spoilt = other.submit_together([request("eve"), request("di")], "table/2")  # granted meanwhile
            assert [type(answer) for answer in spoilt] == [Accepted, Refused]
            assert len(events(where)) == before
            assert other.submit_together([request("bo"), request("cy")], "table/1") is None


def test_a_writer_who_never_rests_is_said_so(tmp_path, monkeypatch):
    where, clock = tmp_path / "t.db", SimulatedClock("rehearsal")
    clock.set(MOMENT.utc)
    with open_session(where, "T-1", create=True, clock=clock) as one:
        one.submit(Request(RegisterTrial("T-1", "A trial", "S", rehearsal=True), OFFICE, MOMENT))
        monkeypatch.setattr(one, "catch_up", lambda: None)
        with open_session(where, "T-1", clock=clock) as other:
            other.submit(replace(request("sponsor"), command=GrantAccess("sponsor", "Office", Role.SPONSOR)))
        with pytest.raises(ConflictError):
            one.submit_together(
                [replace(request("x"), command=GrantAccess("sponsor", "Office", Role.SPONSOR))], "table/1"
            )
        assert len(events(where)) == 2


def test_the_table_and_the_commands_of_the_how_to_page_work_as_printed(celltrial, tmp_path, monkeypatch):
    """Played as a rehearsal: each command of the page as it is printed, with the typed person who gives it."""
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "how-to" / "enter-many-acts.md").read_text(encoding="utf-8")
    given = re.sub(r"\\?\n {8,}", " ", page).splitlines()
    (tmp_path / "events.csv").write_text(
        "".join(f"{line.strip()}\n" for line in given if line.startswith(("    subject,", "    BC-00"))),
        encoding="utf-8",
    )
    lines = [shlex.split(line)[1:] for line in given if line.startswith("    celltrial")]
    assert len(lines) == 6
    set_up(celltrial, ROOT / "examples" / "bcma-car-t-escalation.yaml")
    person = ("--account", "c", "--site", "S1", "--as")
    events = "trial.db", "events.csv", "--command", "ReportAdverseEvent"
    answers = []
    for words in lines:
        role = "investigator" if "WithdrawAdverseEventDraft" in words else "coordinator"
        code, out, err = celltrial(*words, *(() if words[0] == "status" else (*person, role)))
        assert err == ""
        answers.append((code, out))
    assert [code for code, _ in answers] == [0, 0, 1, 0, 0, 1], answers
    assert "would be accepted" in answers[0][1]
    assert "2 rows entered" in answers[1][1]
    assert "AE-7" in answers[3][1]
    assert "CND-" in answers[5][1]  # reported meanwhile: there is no draft any more
    with open_ledger("trial.db") as opened:
        facts = [item.fact for item in Journal(opened, codec()).events("BC-1")]
    reported = {fact.event: fact for fact in facts if isinstance(fact, AdverseEventReported)}
    assert [len(reported[event].seriousness) for event in ("AE-1", "AE-2", "AE-7")] == [0, 2, 1]
    # a blank cell says nothing: it does not make an event not serious
    (tmp_path / "events.csv").write_text((tmp_path / "events.csv").read_text().replace("[]", "").replace("AE-", "BE-"))
    code, _, err = celltrial("enter", *events, "--zone", "Asia/Shanghai", *person, "coordinator")
    assert (code, "APP-065: events.csv:2.seriousness" in err) == (2, True)


def set_up(celltrial, protocol):
    """Bring a rehearsal so far that two subjects are in screening at a site, early in 2026."""
    who = ("--trial", "BC-1", "--account", "lead")

    def play(name, role, fields, day, *more):
        words = (
            "act",
            "trial.db",
            name,
            *who,
            "--as",
            role,
            "--fields",
            json.dumps(fields),
            "--at",
            f"{day}T09:00+08:00",
        )
        code, out, err = celltrial(*words, *more)
        assert code == 0, (out, err)

    registered = {"trial": "BC-1", "title": "A trial", "sponsor": "S"}
    play("RegisterTrial", "sponsor", registered, "2026-01-05", "--create", "--rehearsal")
    answer = celltrial("approve", "trial.db", protocol, *who, "--at", "2026-01-06T09:00+08:00")
    assert answer[0] == 0, answer
    names = ("tocilizumab_dose", "intensive_care", "neurology", "leukapheresis")
    site = {"site": "S1", "name": "First Hospital", "country": "CN", "zone": "Asia/Shanghai"}
    held = [{"name": name, "quantity": 2} for name in names]
    play("ActivateSite", "sponsor", {**site, "resources": held}, "2026-01-07")
    play("AcceptVersion", "investigator", {"site": "S1", "version": "1.0"}, "2026-01-08", "--site", "S1")
    for number in (1, 2):
        fields = {"subject": f"BC-00{number}", "site": "S1", "identity": f"W-{number}"}
        play("ScreenSubject", "coordinator", fields, "2026-02-02", "--site", "S1")
    play(
        "ReviewAuditTrail", "auditor", {"review": "r", "about": "trial", "position": 1, "outcome": "none"}, "2026-03-04"
    )
