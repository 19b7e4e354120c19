"""The dose meeting: counts as the records make them, a recommendation that says why it is stale, signatures in own sessions.

The page runs on the virtual trial of the demonstration; its counts are counted again here from the records, one by one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from celltrial.app.dose_meeting import changed_since, dose_meeting
from celltrial.app.planning import open_protocol
from celltrial.conduct.acts.cohort.commands import RecommendDose, SignDoseDecision
from celltrial.conduct.facts.cohort.events import DoseDecisionSigned
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.rehearsal import Journey, signature, with_fields
from celltrial.conduct.views.counting import count_levels
from celltrial.core.dates import Instant
from celltrial.site.dose.view import dose
from sites import EXAMPLE, TRIAL, enter, played_page, text


def held():
    from celltrial.site.house import the_house

    trials = the_house().trials
    return trials.get(trials.names()[0])


def page():
    return f"/t/{held().trial}/dose/"


@pytest.mark.parametrize(("language", "said"), [("en", "None is on record"), ("zh", "没有建议记录")])
def test_before_anybody_is_treated_it_says_what_keeps_the_design_from_being_asked(running, language, said):
    shown = running.person("monitor", language).get(f"/t/{TRIAL}/dose/")
    assert said in text(shown)
    assert "CND-" in text(shown)
    assert str(running.house.trials.get(TRIAL).state().position) in text(shown)


def test_the_counts_are_those_of_the_records(demo):
    state = held().state()
    levels = [item.level for item in state.subjects.values() if item.infusions]
    shown = enter("demo.medical_monitor").get(page()).content.decode()
    body = shown.partition("<tbody>")[2].partition("</tbody>")[0]
    treated = [int(number) for number in re.findall(r'data-head="Infused">(\d+)', body)]
    assert treated == [levels.count(level) for level in range(1, len(treated) + 1)]
    assert sum(treated) > 3


def test_a_recommendation_that_is_stale_names_the_records_that_changed_what_it_saw(demo):
    trial = held()
    with trial.session() as session:
        events = [*session.events()]
    state = trial.state()
    found = sorted(state.recommendations.values(), key=lambda item: item.position)
    for known in found:
        slow, before = [], count_levels(fold(events[: known.position]))
        for number in range(known.position, len(events)):
            now = count_levels(fold(events[: number + 1]))
            slow += [events[number].position] if now != before else []
            before = now
        assert list(changed_since(events, known.position)) == slow
    assert changed_since(events, found[0].position), "the first one was given before others were treated"
    stale = dose_meeting(state, Instant(trial.now())).stale
    shown = text(enter("demo.medical_monitor").get(page()))
    assert stale
    assert "No decision can rest on it any more" in shown
    assert f"What changed since: {len(slow)}" in shown
    assert all(item.code in shown for item in stale)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_decision_names_who_signed_it_and_a_scenario_is_called_by_its_name(demo, language):
    with held().session() as session:
        facts = [event.fact for event in session.events() if isinstance(event.fact, DoseDecisionSigned)]
    client = enter("demo.medical_monitor")
    client.get(f"/language/{language}/")
    shown = client.get(page()).content.decode()
    assert facts
    word = {"en": "Signed: ", "zh": "签署："}[language]
    assert shown.count(word) == sum(len(fact.signatures) for fact in facts)
    for fact in facts:
        for given in fact.signatures:
            assert f"{word}{given.printed_name}" in shown
    for scenario in held().state().protocol.escalation.scenarios:
        assert f'<th scope="row">{scenario.name.said(language)}</th>' in shown


def test_what_the_design_does_adds_up_over_its_doses(demo):
    shown = enter("demo.medical_monitor").get(page()).content.decode()
    rows = re.findall(r"<tr><th scope=\"row\">[^<]+</th>((?:<td>(?:&lt; )?[\d.]+ %</td>)+)", shown)
    assert rows
    for row in rows:
        assert sum(float(number) for number in re.findall(r"([\d.]+) %", row)) == pytest.approx(100, abs=0.3)


@pytest.fixture
def trip():
    """Level 1 of 3+3: three infused, every window complete without a DLT; the design goes to level 2 with three."""
    protocol = with_fields(
        open_protocol(EXAMPLE),
        {"escalation.design": {"kind": "3+3", "params": {"mtd_rule": "previous"}, "modifiers": []}},
    )
    made = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    made.open_trial(protocol)
    for number in (1, 2, 3):
        made.treat(f"P{number}", f"B{number}")
    for number in (1, 2, 3):
        made.complete_window(f"P{number}")
    return made


def test_what_the_design_says_now_is_what_a_recommendation_records_and_a_decision_opens_the_cohort(trip):
    shown = text(played_page(trip, dose, "medical_monitor"))
    assert "escalate → level 2" in shown.casefold()
    trip.do(RecommendDose("R-1"))
    known = trip.state.recommendations["R-1"].fact
    assert (known.move, known.next_level, known.size) == ("escalate", 2, 3)
    page_of_board = played_page(trip, dose, "safety_board").content.decode()
    assert '<option value="escalate" selected>' in page_of_board
    assert '<option value="2" selected>' in page_of_board
    assert "No decision can rest on it" not in page_of_board
    assert 'value="decide"' not in played_page(trip, dose, "statistician").content.decode(), (
        "a statistician decides nothing"
    )
    board = (signature("safety_board", trip.moment),)
    trip.do(SignDoseDecision("D-1", "R-1", known.move, known.next_level, board))
    after = played_page(trip, dose, "medical_monitor").content.decode()
    assert "f.cohort=C-2" in after
    assert "f.level=2" in after
    assert "f.size=3" in after


def test_what_is_asked_for_goes_through_the_same_door_and_what_cannot_be_read_is_said(running):
    before = running.house.trials.get(TRIAL).state().position
    monitor, path = running.person("monitor"), f"/t/{TRIAL}/dose/"
    answer = monitor.post(path, do="recommend", request="r-1")
    assert answer.status_code == 422
    assert "CND-" in text(answer)
    answer = monitor.post(path, do="decide", request="d-1", recommendation="R-1", move="escalate", next_level="2")
    assert answer.status_code == 422
    answer = monitor.post(path, do="decide", request="d-2", recommendation="R-1", move="jump", next_level="two")
    assert answer.status_code == 422
    assert text(answer).count("SignDoseDecision") >= 2, "both words are told"
    assert running.house.trials.get(TRIAL).state().position == before
