"""A day at the bedside: each assessment graded by itself, the worst the day's grade, all of it on record with one act.

Grades are held to the tables of ASTCT (Lee et al. 2019): ICE 7 to 9 is grade 1, 3 to 6 grade 2, 0 to 2 grade 3.
"""

from __future__ import annotations

import re

import pytest

from sites import TRIAL, consented, text, today

PAGE = f"/t/{TRIAL}/daily/P1/"
WELL = dict.fromkeys(("year", "month", "city", "hospital", "sentence", "counts_back", "command"), "yes") | {
    "named_objects": "3"
}
ALERT = {"arousal": "alert", "seizure": "none", "deep_focal_weakness": "no", "pressure_signs": "none"}


def state_of(running):
    return running.house.trials.get(TRIAL).state()


def column(number, icans=(), ice=(), crs=()):
    return {
        **{f"ICANS.{name}.{number}": value for name, value in dict(icans).items()},
        **{f"ice.{name}.{number}": value for name, value in dict(ice).items()},
        **{f"CRS.{name}.{number}": value for name, value in dict(crs).items()},
    }


def sheet(person, **fields):
    shown = person.get(PAGE).content.decode()
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', shown)[1] for name in ("request", "seen")}
    return {**hidden, "day": today().isoformat(), **fields}


@pytest.fixture
def desk(running):
    coordinator = running.person("sc.s1")
    consented(coordinator)
    return coordinator


def report(person, kind="ICANS", scale="ASTCT-2019"):
    answer = person.act(
        "ReportAdverseEvent", subject="P1", event=f"AE-{kind}", term=kind, category=kind, scale=scale, grade="1",
        onset=today().isoformat(), seriousness="[]", aware=f"{today()}T00:00", expected="yes",
    )  # fmt: skip
    assert answer.status_code == 302, text(answer)[:500]


@pytest.mark.parametrize(("language", "said"), [("en", "No sign is entered"), ("zh", "未录入体征")])
def test_an_empty_grid_says_that_nothing_is_entered_and_records_nothing(desk, running, language, said):
    person = running.person("pi.s1", language)
    before = state_of(running).position
    assert said in text(person.get(PAGE))
    assert person.post(PAGE, **sheet(person)).status_code == 422
    assert state_of(running).position == before


def test_the_items_of_the_test_make_the_score_and_the_worst_assessment_the_day(desk, running):
    before = state_of(running).position
    typed = column(1, ALERT, WELL) | column(
        2, ALERT, WELL | {"city": "no", "year": "no", "named_objects": "1", "sentence": "no"}
    )
    answer = desk.post(f"{PAGE}check/", page=PAGE, **sheet(desk, **typed))
    shown = text(answer)
    assert "Derived on ASTCT-2019: grade 2" in shown, "ICE 5"
    assert "Assessment 1: 0 · Assessment 2: 2 · Assessment 3: –" in shown
    half = column(1, ALERT, {name: word for name, word in WELL.items() if name != "command"})
    shown = text(desk.post(f"{PAGE}check/", page=PAGE, **sheet(desk, **half)))
    assert "not evaluable" in shown, "an item that was not asked makes no score"
    assert state_of(running).position == before


def test_a_day_is_recorded_for_the_open_events_in_one_submission_and_the_worst_holds(desk, running):
    report(desk)
    report(desk, "CRS")
    crs = {"temperature": "38.6", "hypotension": "no", "vasopressors": "none", "oxygen_device": "room_air"}
    typed = column(
        1, ALERT, WELL | {"city": "no", "year": "no", "named_objects": "0"}, crs | {"hypotension": "yes"}
    ) | column(2, ALERT, WELL, crs)
    form = sheet(desk, **typed)
    answer = desk.post(PAGE, **form)
    assert answer.status_code == 302, text(answer)[:900]
    events = state_of(running).subjects["P1"].adverse_events
    grades = {name: item.grades["derived"].grade for name, item in events.items()}
    assert grades == {"AE-ICANS": 2, "AE-CRS": 2}, "ICE 5; hypotension without vasopressor"
    assert {item.on for item in events["AE-CRS"].findings} == {today()}
    assert len([item for item in events["AE-CRS"].findings if item.concept == "temperature"]) == 2, "both are kept"
    shown = text(desk.get(answer["Location"]))
    assert f"{today()} · 2" in shown
    position = state_of(running).position
    assert desk.post(PAGE, **form).status_code == 302
    assert state_of(running).position == position, "sent twice, recorded once"


def test_signs_without_an_event_lead_to_its_report_with_the_signs(desk):
    typed = column(
        1, crs={"temperature": "39.1", "hypotension": "no", "vasopressors": "none", "oxygen_device": "room_air"}
    )
    answer = desk.post(f"{PAGE}check/", page=PAGE, **sheet(desk, **typed))
    assert "No open CRS is on record" in text(answer)
    address = re.search(r'href="([^"]+/events/new/[^"]+)"', answer.content.decode())[1].replace("&amp;", "&")
    shown = desk.get(address).content.decode()
    assert 'name="sign.temperature" value="39.1"' in shown
    assert desk.post(PAGE, **sheet(desk, **typed)).status_code == 422


def test_what_somebody_else_recorded_meanwhile_is_shown_first(desk, running):
    report(desk)
    mine = sheet(desk, **column(1, ALERT, WELL))
    report(running.person("pi.s1"), "CRS")
    answer = desk.post(PAGE, **mine)
    assert answer.status_code == 409
    assert "recorded since this page was opened" in text(answer)
    assert 'name="request"' in answer.content.decode()
