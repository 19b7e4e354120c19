"""Subjects and the audit trail: what the ledger holds, field by field, for whoever may read it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from celltrial.conduct.acts.account.reach import may_read_event
from sites import TRIAL, text


@pytest.fixture
def screened(running):
    """One subject at each site; the one at the first with an event and a correction."""
    first, second = running.person("sc.s1"), running.person("pi.s2")
    assert (
        first.act("ScreenSubject", subject="P1", site="S1", identity="W-1", sex="F", born="1970-02-03").status_code
        == 302
    )
    assert second.act("ScreenSubject", subject="P2", site="S2", identity="W-2").status_code == 302
    return running, first, second


def test_a_site_lists_its_own_subjects_and_opens_no_other(screened):
    running, first, _second = screened
    listed = first.get(f"/t/{TRIAL}/subjects/").content.decode()
    listed = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", listed)  # drawn by chance: may hold any two letters
    assert "P1" in listed
    assert "P2" not in listed
    assert first.get(f"/t/{TRIAL}/subjects/P1/").status_code == 200
    there, nowhere = first.get(f"/t/{TRIAL}/subjects/P2/"), first.get(f"/t/{TRIAL}/subjects/P9/")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert text(there).replace("P2", "") == text(nowhere).replace("P9", "")
    assert first.get(f"/t/{TRIAL}/subjects/P2/history/").status_code == 404
    both = text(running.person("monitor").get(f"/t/{TRIAL}/subjects/"))
    assert "P1" in both
    assert "P2" in both
    assert "P2" not in text(running.person("lead").get(f"/t/{TRIAL}/subjects/?site=S1")).split("Infused")[1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_subjects_page_shows_every_record_in_words(screened, language):
    _running, first, _ = screened
    first.get(f"/language/{language}/")
    shown = text(first.get(f"/t/{TRIAL}/subjects/P1/"))
    said = {
        "en": ("Screened", "female", "1970-02-03", "Asia/Shanghai"),
        "zh": ("已进入筛选", "女", "1970-02-03", "Asia/Shanghai"),
    }
    assert all(word in shown for word in said[language])
    assert "subject.screened/2" in shown


def test_the_history_of_a_value_shows_old_new_who_and_why(screened):
    running, first, _ = screened
    position = running.house.trials.get(TRIAL).state().position - 1
    answer = first.act(
        "CorrectFact", position=str(position), field="born", old="1970-02-03", new="1970-03-02", record="subject/P1",
        reason="digits swapped in the source",
    )  # fmt: skip
    assert answer.status_code == 302, text(answer)
    shown = text(first.get(f"/t/{TRIAL}/subjects/P1/history/"))
    assert "1970-02-03 → 1970-03-02" in shown
    assert "digits swapped in the source" in shown


def test_the_trail_is_filtered_by_its_address_and_holds_no_other_sites_records(screened):
    _, first, second = screened
    whole = text(first.get(f"/t/{TRIAL}/audit/"))
    assert "subject/P1" in whole
    assert "subject/P2" not in whole
    one = text(first.get(f"/t/{TRIAL}/audit/?about=subject/P1"))
    assert one.startswith("Skip")
    assert "1 fit that you may read" in one
    assert "0 fit that you may read" in text(first.get(f"/t/{TRIAL}/audit/?about=subject/P2"))
    assert "1 fit that you may read" in text(second.get(f"/t/{TRIAL}/audit/?fact=subject.screened"))
    assert "0 fit that you may read" in text(second.get(f"/t/{TRIAL}/audit/?account=sc.s1"))


def test_a_verification_says_what_holds_and_what_was_not_looked_at(screened):
    running, first, _ = screened
    page = f"/t/{TRIAL}/audit/verify/"
    assert "Hash of the last record" not in text(first.get(page)), "nothing is said before it was looked at"
    shown = text(first.post(page))
    count = running.house.trials.get(TRIAL).state().position
    assert f"Every one of {count} records matches its hash" in shown
    assert "Not held here: each signature to its session" in shown


def test_a_verification_finds_a_record_that_was_changed(screened):
    import sqlite3

    running, first, _ = screened
    with sqlite3.connect(running.ledger) as store:
        store.execute("DROP TRIGGER IF EXISTS record_is_not_changed")
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            store.execute(f"DROP TRIGGER {name}")
        changed = store.execute(
            "UPDATE record SET line = replace(line, 'Hospital S1', 'Hospital S9') WHERE line LIKE '%Hospital S1%'"
        )
        assert changed.rowcount == 1
    shown = text(first.post(f"/t/{TRIAL}/audit/verify/"))
    assert "Findings" in shown
    assert "Every one of" not in shown


def test_an_independent_reader_finds_no_record_of_a_site_and_reads_the_own_acts(screened):
    """Whoever reads images apart must not know what the site recorded: neither a page, nor the trail, nor the API tells it."""
    running, first, _ = screened
    event = {"subject": "P1", "event": "AE-1", "term": "Seizure", "category": "", "onset": "2026-11-29", "aware": "2026-11-29T10:00",
             "scale": "CTCAE 5.0", "seriousness": "hospitalisation"}  # fmt: skip
    answer = first.act("ReportAdverseEvent", **event)
    assert answer.status_code == 302, text(answer)
    reader = running.person("reader")
    for path in ("subjects/", "subjects/P1/", "subjects/P1/history/", "board/", "safety/", "follow-up/"):
        assert reader.get(f"/t/{TRIAL}/{path}").status_code == 404, path
    for path in ("today/", "audit/", "signing/", "do/MeasureLesion/", "audit/?about=subject/P1"):
        shown = reader.get(f"/t/{TRIAL}/{path}")
        assert shown.status_code == 200, path
        assert "Seizure" not in text(shown)
        assert "subject/P1" not in text(shown)
    assert "Seizure" in text(first.get(f"/t/{TRIAL}/subjects/P1/"))
    actor, other = running.actor("reader"), replace(running.actor("reader"), id="other.reader")
    held = running.house.trials.get(TRIAL)
    read = held.records(actor)[0]._replace(actor=other, stream="subject/P1")
    assert not may_read_event(held.state(), actor, read)
    assert may_read_event(held.state(), actor, read._replace(actor=actor))
