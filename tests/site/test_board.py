"""The vein-to-vein board: what the records show of each subject that the reader may see, and nothing of others."""

from __future__ import annotations

import pytest

from celltrial.datasets.event_log import cut_events
from celltrial.datasets.lanes import StepDates
from celltrial.datasets.trial_data import DataCut
from sites import TRIAL, text

BOARD = f"/t/{TRIAL}/board/"


def consented(running, name="P1", on="2026-01-05"):
    person = running.person("sc.s1")
    assert person.act("ScreenSubject", subject=name, site="S1", identity=f"W-{name}").status_code == 302
    kind = {"subject": name, "kind": "main", "version": "1.0", "signed_on": on}
    person.act("SignConsent", **kind)
    return person


@pytest.mark.parametrize(("language", "said"), [("en", "Vein to vein"), ("zh", "从采集到回输")])
def test_an_empty_board_says_up_to_which_record_nobody_is_on_the_way(running, language, said):
    shown = text(running.person("sc.s1", language).get(BOARD))
    assert said in shown
    position = running.house.trials.get(TRIAL).state().position
    assert str(position) in shown


def test_the_dates_held_are_those_of_a_whole_reading(running):
    held = running.house.trials.get(TRIAL)
    actor = running.actor("sc.s1")
    assert not held.step_dates(actor).steps
    person = consented(running)
    with held.session() as session:
        whole = StepDates(cut_events(session.events(), DataCut()).events)
    assert held.step_dates(actor).steps == whole.steps
    assert held.step_dates(actor).position == held.state().position
    assert person.get(BOARD).status_code == 200


def test_ways_and_sites_can_be_chosen(running):
    shown = running.person("lead").get(BOARD + "?site=S2&all=1")
    assert shown.status_code == 200
    assert "no subject is on the way" in text(shown).lower()
