"""Sustained response at month 3 (AC-A6.2): progression, transplant under each strategy, a visit outside its window."""

from __future__ import annotations

import pytest

from celltrial.clinical.codes import Caveat
from celltrial.clinical.sustained_response import Strategy, sustained_by_strategy, sustained_response
from celltrial.core.dates import Window

MONTH_3 = {"window": Window(76, 104), "target_day": 90}


def at_month_3(*visits, **more):
    found = sustained_response(visits, **MONTH_3, **more)
    assert sustained_response(visits[::-1], **MONTH_3, **more) == found
    return found


def test_cr_day_28_then_pd_day_70_is_not_sustained():
    """Clause 2.3.2-h: month 3, not the best response."""
    found = at_month_3((28, "CR"), (70, "PD"))
    assert (found.sustained, found.reason, found.listed) == (False, "progressed", False)


def test_transplant_in_remission_is_answered_under_each_named_strategy():
    found = sustained_by_strategy([(28, "CR"), (90, "CR")], new_therapy_day=60, **MONTH_3)
    assert {strategy.value: (item.sustained, item.reason) for strategy, item in found.items()} == {
        "treatment_policy": (True, "kept"),
        "composite": (False, "new_therapy"),
        "while_on_treatment": (True, "kept_until_new_therapy"),
    }


def test_a_visit_outside_the_window_is_missing_counts_as_non_response_and_is_listed():
    found = at_month_3((28, "CR"), (115, "CR"))
    assert (found.sustained, found.reason, found.listed) == (False, "not_assessed", True)
    assert found.caveats == (Caveat.SUSTAINED_UNOBSERVED,)


@pytest.mark.parametrize(
    ("visits", "sustained", "reason", "listed"),
    [
        ([(28, "CR"), (76, "CR")], True, "kept", False),
        ([(28, "CR"), (104, "PR")], True, "kept", False),
        ([(28, "CR"), (75, "CR"), (105, "CR")], False, "not_assessed", True),
        ([(28, "CR"), (90, "SD")], False, "lost_in_window", False),
        ([(28, "CR"), (90, "NE")], False, "not_assessed", True),
        ([(28, "CR"), (80, "SD"), (91, "CR")], True, "kept", False),
        ([(28, "CR"), (90, "CR"), (120, "PD")], True, "kept", False),
        ([(28, "CR"), (100, "PD")], False, "progressed", False),
        ([(28, "SD"), (90, "SD")], False, "no_response", False),
        ([(28, "SD"), (90, "PR")], True, "kept", False),
        ([(28, "SD"), (115, "CR")], False, "not_assessed", True),
        ([(28, "PD")], False, "no_response", False),
        ([], False, "not_assessed", True),
    ],
)
def test_landmark(visits, sustained, reason, listed):
    found = at_month_3(*visits)
    assert (found.sustained, found.reason, found.listed) == (sustained, reason, listed)


def test_the_assessment_nearest_to_the_target_day_counts_the_later_of_two():
    assert at_month_3((28, "CR"), (88, "SD"), (92, "CR")).assessed_on == 92


def test_progression_after_new_therapy_does_not_outweigh_it():
    visits = [(28, "CR"), (70, "PD")]
    found = sustained_by_strategy(visits, new_therapy_day=60, **MONTH_3)
    assert found[Strategy.TREATMENT_POLICY].reason == "progressed"
    assert found[Strategy.COMPOSITE].reason == "new_therapy"
    assert found[Strategy.WHILE_ON_TREATMENT].reason == "kept_until_new_therapy"
    lost = sustained_by_strategy([(28, "CR"), (50, "SD")], new_therapy_day=60, **MONTH_3)
    assert lost[Strategy.WHILE_ON_TREATMENT].sustained is False


def test_new_therapy_after_the_assessment_changes_nothing_and_cr_only_is_a_choice():
    assert at_month_3((28, "CR"), (90, "CR"), new_therapy_day=95).sustained
    assert not at_month_3((28, "CR"), (90, "PR"), responses=frozenset({"CR"})).sustained
