"""Adverse events in the browser: graded while typed as the consensus tables say, never lost, with the clocks of the ledger.

Grades are held to the table of ASTCT (Lee et al. 2019): fever with hypotension without vasopressor, or low-flow oxygen, is CRS
grade 2; one vasopressor makes it 3. Clocks are held to ICH E2A: 7 and 15 days from awareness.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sites import TRIAL, consented, text, today

LIST, NEW = f"/t/{TRIAL}/events/", f"/t/{TRIAL}/events/new/"
CRS = {"f.category": "CRS", "f.scale": "ASTCT-2019", "f.term": "Cytokine release syndrome"}
SIGNS = {"sign.temperature": "39.2", "unit.temperature": "degC", "sign.hypotension": "yes", "sign.vasopressors": "none",
         "sign.oxygen_device": "nasal_cannula", "sign.oxygen_flow": "2", "unit.oxygen_flow": "L/min"}  # fmt: skip


def state_of(running):
    return running.house.trials.get(TRIAL).state()


def form(person, query="?subject=P1", **fields):
    """What a browser sends of the form: what it holds, and what was typed."""
    shown = person.get(NEW + query).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(request|f\.event|f\.code)" value="([^"]*)"', shown))
    held = dict(re.findall(r'<input id="[^"]+" name="(f\.[^"]+)" value="([^"]*)"', shown))
    return {**held, **hidden, "f.onset": today().isoformat(), **fields}


@pytest.fixture
def desk(running):
    coordinator = running.person("sc.s1")
    consented(coordinator)
    return coordinator


@pytest.mark.parametrize(
    ("language", "said"), [("en", "No adverse event is on record, up to record"), ("zh", "没有不良事件记录")]
)
def test_nothing_reported_is_told_with_the_record_up_to_which(running, language, said):
    shown = text(running.person("sc.s1", language).get(LIST))
    assert said in shown
    assert str(state_of(running).position) in shown


def test_signs_are_graded_while_somebody_types_and_nothing_is_recorded(desk, running):
    before = state_of(running).position
    answer = desk.post(
        f"{NEW}check/", page=NEW, **form(desk, **CRS, **SIGNS, **{"f.grade": "3", "f.seriousness": "hospitalisation"})
    )
    shown = text(answer)
    assert answer.status_code == 200
    assert "Derived on ASTCT-2019: grade 2" in shown
    assert "hypotension" in shown
    assert "temperature 39.2 &gt;= 38" in answer.content.decode()
    assert "You report 3, the signs make 2" in shown
    assert "an expedited report is due" in shown
    more = form(desk, **CRS, **SIGNS | {"sign.vasopressors": "noradrenaline"})
    assert "grade 3" in text(desk.post(f"{NEW}check/", page=NEW, **more))
    less = {key: value for key, value in SIGNS.items() if key != "sign.oxygen_device"}
    assert "at least 2" in text(desk.post(f"{NEW}check/", page=NEW, **form(desk, **CRS, **less))), "oxygen is not known"
    assert state_of(running).position == before


def test_the_signs_that_are_asked_are_those_of_the_kind(desk):
    crs = desk.post(f"{NEW}signs/", page=NEW, **form(desk, **CRS)).content.decode()
    icans = desk.post(f"{NEW}signs/", page=NEW, **form(desk, **CRS | {"f.category": "ICANS"})).content.decode()
    assert 'name="sign.temperature"' in crs
    assert "sign.ice_score" not in crs
    assert 'name="sign.ice_score"' in icans


def test_a_report_shows_every_grade_beside_the_others_with_its_clock(desk, running):

    sent = form(desk, **CRS, **SIGNS, **{"f.grade": "3", "f.seriousness": "hospitalisation"})
    answer = desk.post(NEW, **sent)
    assert answer.status_code == 302, text(answer)[:1500]
    assert answer["Location"].endswith("/events/AE-P1-1/")
    [report] = state_of(running).reports.values()
    event = state_of(running).subjects["P1"].adverse_events["AE-P1-1"]
    assert report.due.utc - event.aware.utc == timedelta(days=15)
    shown = text(desk.get(answer["Location"]))
    for said in (
        "reported 3 ASTCT-2019",
        "derived 2 ASTCT-2019",
        "Rules count 3",
        "query open",
        "other serious unexpected",
    ):
        assert said.casefold() in shown.casefold(), said
    listed = text(desk.get(LIST))
    assert "due " in listed
    again = desk.post(NEW, **sent)
    assert again["Location"] == answer["Location"], "sent twice, reported once"

    other = running.person("pi.s2")
    assert other.get(answer["Location"]).status_code == 404
    assert "AE-P1-1" not in other.get(LIST).content.decode()


def test_a_serious_event_typed_badly_is_kept_and_finished_by_another_person(desk, running):
    bad = form(
        desk,
        **CRS,
        **SIGNS,
        **{"f.seriousness": "life_threatening", "f.onset": "the day before", "f.aware": "2026-03-18T09:10"},
    )
    answer = desk.post(NEW, **bad)
    assert answer.status_code == 422
    assert "Kept as draft AE-P1-1" in text(answer)
    assert 'value="the day before"' in answer.content.decode(), "what was typed stays"
    [draft] = state_of(running).event_drafts.values()
    assert (draft.subject, draft.aware.local.isoformat()) == ("P1", "2026-03-18T09:10:00+08:00")
    pi = running.person("pi.s1")
    assert "Drafts, not reported yet (1)" in text(pi.get(LIST))
    assert "AE-P1-1" in text(running.person("monitor").get(f"/t/{TRIAL}/today/")), (
        "known since yesterday or before: the monitor owes it"
    )
    opened = pi.get(f"{NEW}?draft=AE-P1-1").content.decode()
    assert 'name="sign.temperature" value="39.2"' in opened
    last = {"f.seriousness": "life_threatening", "f.expected": "no", "f.onset": "2026-03-17"}
    finished = form(pi, "?draft=AE-P1-1", **CRS, **SIGNS, **last)
    assert pi.post(NEW, **finished).status_code == 302
    state = state_of(running)
    assert not state.event_drafts
    [report] = state.reports.values()
    assert report.due.utc - draft.aware.utc == timedelta(days=7), (
        "the clock runs since it was known, not since the report"
    )
    assert "overdue" in text(pi.get(LIST)).casefold()


def test_a_report_that_conduct_refuses_is_kept_too_and_an_empty_form_is_not(desk, running):
    before = state_of(running).position
    assert desk.post(NEW, **form(desk, **{"f.onset": ""})).status_code == 422
    assert state_of(running).position == before
    future = (today() + timedelta(days=2)).isoformat()
    answer = desk.post(NEW, **form(desk, **CRS, **{"f.seriousness": "[]", "f.onset": future}))
    assert answer.status_code == 422
    assert "CND-" in text(answer)
    assert [*state_of(running).event_drafts] == ["AE-P1-1"]


def test_a_nurse_or_anybody_who_may_not_report_keeps_a_draft_and_a_reader_apart_has_no_such_page(running):
    assert running.person("reader").get(LIST).status_code == 404
    assert running.person("lead").get(NEW).status_code == 404, "a sponsor keeps no draft"
