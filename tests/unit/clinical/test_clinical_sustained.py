"""Sustained response at month 3 (AC-A6.2): progression, transplant under each strategy, missed, not due, not collected."""

from __future__ import annotations

import pytest

from celltrial.clinical.response_course import CourseRule
from celltrial.clinical.sustained_response import Status, Strategy, sustained_response
from celltrial.core.dates import Window

MONTH_3 = {"window": Window(76, 104)}


def at_month_3(*visits, **more):
    found = sustained_response(visits, **MONTH_3, **more)
    assert sustained_response(visits[::-1], **MONTH_3, **more) == found
    return found


def by_strategy(*visits, **more):
    return {each: at_month_3(*visits, strategy=each, **more) for each in Strategy}


def test_cr_day_28_then_pd_day_70_is_not_sustained():
    """Clause 2.3.2-h: month 3, not the best response."""
    found = at_month_3((28, "CR"), (70, "PD"))
    assert (found.sustained, found.status) == (False, "progressed")


def test_transplant_in_remission_is_answered_under_each_named_strategy():
    found = by_strategy((28, "CR"), (90, "CR"), new_therapy_day=60)
    assert {strategy.value: (item.sustained, item.status) for strategy, item in found.items()} == {
        "treatment_policy": (True, "sustained"),
        "composite": (False, "new_therapy"),
        "while_on_treatment": (True, "sustained_until_therapy"),
    }


@pytest.mark.parametrize(
    ("visits", "status"),
    [
        ([(28, "CR"), (76, "CR")], "sustained"),
        ([(28, "CR"), (104, "PR")], "sustained"),
        ([(28, "CR"), (75, "CR"), (105, "CR")], "missing"),
        ([(28, "CR"), (115, "CR")], "missing"),
        ([(28, "CR"), (90, "SD")], "lost_response"),
        ([(28, "CR"), (90, "NE")], "missing"),
        ([(28, "CR"), (60, "NE"), (90, "CR")], "sustained"),
        ([(28, "CR"), (60, "SD"), (90, "CR")], "lost_response"),  # continuously since onset: CR-SD-CR is not
        ([(28, "PR"), (60, "MR"), (90, "PR")], "lost_response"),
        ([(28, "sd"), (60, "pr"), (90, "cr")], "sustained"),  # the onset is day 60
        ([(28, "CR"), (80, "SD"), (91, "CR")], "lost_response"),
        ([(28, "CR"), (90, "CR"), (100, "SD")], "lost_response"),  # the last assessment in the window counts
        ([(28, "CR"), (90, "CR"), (100, "PD")], "progressed"),
        ([(28, "CR"), (90, "CR"), (120, "PD")], "sustained"),
        ([(28, "CR"), (100, "PD")], "progressed"),
        ([(28, "SD"), (90, "SD")], "no_response"),
        ([(28, "SD"), (90, "PR")], "first_response_at_landmark"),
        ([(28, "SD"), (115, "CR")], "missing"),
        ([(28, "SD")], "missing"),
        ([(28, "NE")], "missing"),
        ([(28, "PD")], "progressed"),
        ([], "not_collected"),
    ],
)
def test_landmark(visits, status):
    found = at_month_3(*visits)
    assert (found.status, found.sustained) == (status, status == "sustained")


@pytest.mark.parametrize(
    ("followed_to", "status"), [(103, "not_due"), (104, None), (500, None), (None, None), (10, "not_due")]
)
@pytest.mark.parametrize(
    ("visits", "closed"), [([(28, "CR")], "missing"), ([], "not_collected"), ([(28, "NE")], "missing")]
)
def test_an_open_window_is_neither_missed_nor_not_collected(visits, closed, followed_to, status):
    assert at_month_3(*visits, followed_to=followed_to).status == (status or closed)


def test_a_lesser_response_after_cr_is_progression_under_recist_only():
    visits = [(28, "CR"), (90, "PR")]
    assert at_month_3(*visits, criteria="RECIST 1.1").status is Status.PROGRESSED
    assert at_month_3(*visits, criteria="Lugano 2014").status is Status.SUSTAINED


def test_a_response_that_must_be_confirmed_is_not_by_a_visit_ten_days_on():
    rule = CourseRule(confirm_days=28, stable_from_days=0)
    assert at_month_3((80, "PR"), (90, "PR"), rule=rule).status is Status.UNCONFIRMED
    assert at_month_3((62, "PR"), (90, "PR"), rule=rule).status is Status.SUSTAINED
    assert at_month_3((80, "PR"), (90, "PR"), (120, "PR"), rule=rule).status is Status.SUSTAINED


def test_the_last_assessment_in_the_window_counts():
    assert at_month_3((28, "CR"), (88, "CR"), (92, "PR")).assessed_on == 92


def test_death_before_the_visit_is_a_failure_and_after_it_is_not():
    assert at_month_3((28, "CR"), died_day=60).status is Status.DIED
    assert at_month_3((28, "CR"), (90, "CR"), died_day=95).status is Status.SUSTAINED
    assert at_month_3((28, "CR"), died_day=105, followed_to=105).status is Status.MISSING


def test_what_came_first_decides():
    found = by_strategy((28, "CR"), (70, "PD"), new_therapy_day=60)
    assert found[Strategy.TREATMENT_POLICY].status is Status.PROGRESSED
    assert found[Strategy.COMPOSITE].status is Status.NEW_THERAPY
    assert found[Strategy.WHILE_ON_TREATMENT].status is Status.SUSTAINED_UNTIL_THERAPY
    assert not by_strategy((28, "CR"), (50, "SD"), new_therapy_day=60)[Strategy.WHILE_ON_TREATMENT].sustained


def test_new_therapy_after_the_assessment_changes_nothing_and_cr_only_is_a_choice():
    assert at_month_3((28, "CR"), (90, "CR"), new_therapy_day=95).sustained
    assert not at_month_3((28, "CR"), (90, "PR"), responses=frozenset({"CR"})).sustained


@pytest.mark.parametrize(
    ("progressed", "therapy", "died", "status"),
    [
        (60, 70, None, "progressed"),
        (70, 60, None, "new_therapy"),
        (None, 60, 80, "new_therapy"),
        (60, None, 80, "progressed"),
        (60, 70, 80, "progressed"),
    ],
)
def test_what_came_first_ends_a_response(progressed, therapy, died, status):
    """The day decides which end is told, whatever the ends are called."""
    visits = [(28, "CR"), *([(progressed, "PD")] if progressed else [])]
    assert at_month_3(*visits, new_therapy_day=therapy, died_day=died).status == status
