"""iRECIST over a course: AC-A6.4, every way to confirm, resets, and the best response."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from celltrial.clinical.irecist import IrecistRule, IrecistVisit, derive_irecist_course, irecist_overall
from celltrial.clinical.irecist_best import derive_irecist_best
from celltrial.clinical.queries import Caveat, Query
from celltrial.clinical.recist_lesions import (
    BaselineLesion,
    NewLesion,
    NonTarget,
    TargetMeasure,
    TumourBaseline,
    TumourVisit,
)
from celltrial.core.errors import UserError

START = date(2025, 1, 1)
BASE = TumourBaseline((BaselineLesion("T1", 100),), non_targets=1)
HERE, WORSE, GONE = NonTarget.PRESENT, NonTarget.UNEQUIVOCAL_PROGRESSION, NonTarget.ABSENT
NO, YES = NewLesion.NO, NewLesion.UNEQUIVOCAL


def at(weeks, size, state=HERE, new=NO, **more):
    targets = () if size is None else (TargetMeasure("T1", size),)
    states = () if state is None else (state,)
    return IrecistVisit(START + timedelta(weeks=weeks), TumourVisit(targets, states, new), **more)


def run(*visits, baseline=BASE):
    return derive_irecist_course(visits, baseline=baseline)


def categories(*visits):
    return [item.category for item in run(*visits).responses]


def test_progression_then_shrinkage_is_not_confirmed_and_recist_stands():
    """AC-A6.4: +25 % at week 8 is iUPD; 5 weeks later -40 % from baseline is iPR, not iCPD; RECIST PD stays week 8."""
    found = run(at(8, 125), at(13, 60))
    assert [item.category for item in found.responses] == ["iUPD", "iPR"]
    assert found.recist_progressed_on == START + timedelta(weeks=8)
    assert (found.confirmed_on, found.progressed_on, found.pending_since) == (None, None, None)
    assert [item.parts["recist_1_1"] for item in found.responses] == ["PD", "PR"]


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        # without a previous iUPD
        ([at(8, 0, GONE)], ["iCR"]),
        ([at(8, 0)], ["iPR"]),
        ([at(8, 70)], ["iPR"]),
        ([at(8, 71)], ["iSD"]),
        ([at(8, 100, WORSE)], ["iUPD"]),
        ([at(8, 100, new=YES)], ["iUPD"]),
        ([at(8, None)], ["NE"]),
        # target: another 5 mm, or not
        ([at(8, 120), at(13, 125)], ["iUPD", "iCPD"]),
        ([at(8, 120), at(13, "124.9")], ["iUPD", "iUPD"]),
        ([at(8, 120), at(13, 123), at(18, 125)], ["iUPD", "iUPD", "iCPD"]),
        # non-target: any increase
        ([at(8, 100, WORSE), at(13, 100, HERE, non_target_increased=True)], ["iUPD", "iCPD"]),
        ([at(8, 100, WORSE), at(13, 100, WORSE)], ["iUPD", "iUPD"]),
        ([at(8, 100, WORSE), at(13, 100, HERE)], ["iUPD", "iSD"]),
        # new lesion: sum +5 mm, growth of others, or more of them
        ([at(8, 100, new=YES, new_target_sum_mm=15), at(13, 100, new=YES, new_target_sum_mm=20)], ["iUPD", "iCPD"]),
        ([at(8, 100, new=YES, new_target_sum_mm=15), at(13, 100, new=YES, new_target_sum_mm="19.9")], ["iUPD", "iUPD"]),
        ([at(8, 100, new=YES), at(13, 100, new=YES, new_non_target_grew=True)], ["iUPD", "iCPD"]),
        ([at(8, 100, new=YES), at(13, 100, new=YES, more_new_lesions=True)], ["iUPD", "iCPD"]),
        ([at(8, 100, new=YES), at(13, 100, new=YES)], ["iUPD", "iUPD"]),
        ([at(8, 100, new=YES), at(13, 100, new=NO)], ["iUPD", "iSD"]),
        # another category newly progresses
        ([at(8, 120), at(13, 120, new=YES)], ["iUPD", "iCPD"]),
        ([at(8, 120), at(13, 120, WORSE)], ["iUPD", "iCPD"]),
        ([at(8, 100, WORSE), at(13, 120, WORSE)], ["iUPD", "iCPD"]),
        # the bar resets
        ([at(8, 125), at(13, 95), at(18, 125)], ["iUPD", "iSD", "iUPD"]),
        ([at(8, 125), at(13, 95), at(18, 125), at(23, 130)], ["iUPD", "iSD", "iUPD", "iCPD"]),
        # after iCPD nothing changes
        ([at(8, 120), at(13, 125), at(18, 10)], ["iUPD", "iCPD", "iCPD"]),
        # a new lesion does not forbid a later response of the targets, which it then survives
        ([at(8, 100, new=YES), at(13, 60, new=YES), at(18, 60, new=YES)], ["iUPD", "iPR", "iPR"]),
        ([at(8, 100, new=YES), at(13, 0, GONE, new=YES)], ["iUPD", "iPR"]),
        ([at(8, 100, new=YES), at(13, 60, new=YES), at(18, 60, new=YES, more_new_lesions=True)],
         ["iUPD", "iPR", "iUPD"]),
        ([at(8, 100, new=YES), at(13, 0, GONE, new=YES), at(18, 0, GONE)], ["iUPD", "iPR", "iCR"]),
        # PR before the new lesion and nothing changes: iUPD again
        ([at(8, 60), at(16, 60, new=YES), at(21, 60, new=YES)], ["iPR", "iUPD", "iUPD"]),
        # not assessed after iUPD
        ([at(8, 120), at(13, None, None, None), at(18, 125)], ["iUPD", "NE", "iCPD"]),
        ([at(8, 120), at(13, None, HERE, NO)], ["iUPD", "NE"]),
    ],
)  # fmt: skip
def test_course(visits, expected):
    assert categories(*visits) == expected
    assert categories(*visits[::-1]) == expected


def test_the_new_lesion_sum_never_enters_the_baseline_sum():
    found = run(at(8, 60, new=YES, new_target_sum_mm=200)).responses[0]
    assert (found.inputs["sum_mm"], found.parts["target"]) == ("60", "iPR")


def test_dates_of_a_confirmed_progression():
    found = run(at(8, 120), at(12, 121), at(17, 126))
    assert found.progressed_on == START + timedelta(weeks=8)
    assert found.confirmed_on == START + timedelta(weeks=17)
    assert found.ipfs_event_on(never_reassessed=False) == found.progressed_on


def test_a_pending_progression_is_an_event_only_if_it_was_never_reassessed():
    found = run(at(8, 120))
    assert found.pending_since == START + timedelta(weeks=8)
    assert found.ipfs_event_on(never_reassessed=True) == found.pending_since
    assert found.ipfs_event_on(never_reassessed=False) is None


def test_the_confirmed_one_of_two_progressions_dates_the_event():
    found = run(at(8, 125), at(13, 95), at(18, 125), at(23, 130))
    assert found.progressed_on == START + timedelta(weeks=18)
    assert found.recist_progressed_on == START + timedelta(weeks=8)


@pytest.mark.parametrize(
    ("weeks", "category", "queried"), [(3, "iUPD", True), (4, "iCPD", False), (8, "iCPD", False), (9, "iCPD", True)]
)
def test_confirmation_window(weeks, category, queried):
    found = run(at(8, 120), at(8 + weeks, 130)).responses[1]
    assert found.category == category
    assert (Query.IRECIST_CONFIRMATION_OUTSIDE_WINDOW in found.queries) == queried


def test_the_window_is_a_parameter():
    visits = [at(8, 120), at(11, 130)]
    found = derive_irecist_course(visits, baseline=BASE, rule=IrecistRule(confirm_from_days=21))
    assert found.responses[1].category == "iCPD"


def test_a_visit_without_any_assessment_is_ne_and_leaves_the_progression_pending():
    found = run(at(8, 120), at(13, None, None, None))
    assert found.responses[1].caveats == (Caveat.CARRIED_NOT_ASSESSED,)
    assert found.pending_since == START + timedelta(weeks=8)


def test_non_target_disease_alone():
    only = TumourBaseline(non_targets=1)
    visits = [IrecistVisit(START, TumourVisit((), (state,), NO)) for state in (HERE, GONE, WORSE)]
    found = [derive_irecist_course([visit], baseline=only).responses[0].category for visit in visits]
    assert found == ["NON-iCR/NON-iUPD", "iCR", "iUPD"]


def test_overall_from_parts():
    assert irecist_overall("iCPD", "iCR", new_lesion=False) == "iCPD"
    assert irecist_overall("NONE", "iCR", new_lesion=False) == "iCR"
    assert irecist_overall("NE", "NON-iCR/NON-iUPD", new_lesion=False) == "NE"


@pytest.mark.parametrize(
    ("sequence", "best"),
    [
        (["iCR", "iCR", "iUPD", "iCPD"], "iCR"),
        (["iUPD", "iPR", "iCR", "iCR"], "iCR"),
        (["iUPD", "iSD", "iPR"], "iPR"),
        (["iUPD", "NE", "iPR"], "iPR"),
        (["iUPD", "iSD", "iSD"], "iSD"),
        (["iUPD", "iCPD"], "iCPD"),
        (["iUPD", "iUPD", "iCPD"], "iCPD"),
        (["iUPD", "NE", "NE"], "iUPD"),
        (["iUPD", "iCPD", "iPR"], "iCPD"),
        (["NE"], "NE"),
        ([], "NE"),
    ],
)
def test_best_response(sequence, best):
    found = derive_irecist_best(sequence)
    assert found.category == best
    assert found.deciding == (() if best == "NE" else (f"visit {sequence.index(best) + 1}",))


def test_a_word_of_another_scale_is_refused():
    with pytest.raises(UserError) as caught:
        derive_irecist_best(["PR"])
    assert caught.value.faults[0].id == "CLN-006"
