"""RECIST 1.1 at a visit and over a course: every row of the tables, every boundary."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest

from celltrial.clinical.queries import Caveat, Query
from celltrial.clinical.recist11 import derive_non_target_response, derive_recist_response, overall_response
from celltrial.clinical.recist11_best import BestResponseRule, ResponseVisit, derive_recist_best
from celltrial.clinical.recist_lesions import (
    BaselineLesion,
    NewLesion,
    NonTarget,
    TargetMeasure,
    TumourBaseline,
    TumourVisit,
    check_recist_baseline,
    merged_diameter,
    new_lesion_since,
    split_diameter,
)
from celltrial.core.errors import UserError

NO, EQUIVOCAL, YES = NewLesion.NO, NewLesion.EQUIVOCAL, NewLesion.UNEQUIVOCAL
TWO = TumourBaseline((BaselineLesion("T1", 60), BaselineLesion("T2", 40)))
NODE = TumourBaseline((BaselineLesion("T1", 20), BaselineLesion("N1", 20, is_node=True)))


def seen(*sizes, new=NO, states=(), ids=("T1", "T2")):
    measures = tuple(TargetMeasure(item, size) for item, size in zip(ids, sizes, strict=False))
    return TumourVisit(measures, states, new)


@pytest.mark.parametrize(
    ("sizes", "earlier", "category", "row"),
    [
        ((0, 0), [], "CR", "T-1"),
        ((30, 40), [], "PR", "T-3"),
        ((30, "40.1"), [], "SD", "T-4"),
        ((60, 40), [], "SD", "T-4"),
        ((70, "49.9"), [], "SD", "T-4"),
        ((70, 50), [], "PD", "T-2"),
        ((32, 28), [(30, 20)], "PD", "T-2"),
        ((32, "27.9"), [(30, 20)], "PR", "T-3"),
        ((12, 12), [(10, 10)], "PR", "T-3"),
        ((13, 12), [(10, 10)], "PD", "T-2"),
        ((4, 0), [(0, 0)], "PD", "T-10"),
        ((5, 0), [(0, 0)], "PD", "T-10"),
        ((0, None), [], "NE", "T-6"),
        ((120, None), [], "PD", "T-7"),
        ((119, None), [], "NE", "T-6"),
        ((50,), [], "NE", "T-6"),
    ],
)
def test_target_response(sizes, earlier, category, row):
    found = derive_recist_response(seen(*sizes), baseline=TWO, earlier=[seen(*item) for item in earlier])
    assert found.category == category
    assert row in found.deciding


def test_nodes_below_10_mm_are_gone_though_the_sum_is_not_zero():
    ids = ("T1", "N1")
    assert derive_recist_response(seen(0, "9.9", ids=ids), baseline=NODE).category == "CR"
    assert derive_recist_response(seen(0, 10, ids=ids), baseline=NODE).category == "PR"
    assert derive_recist_response(seen(1, "9.9", ids=ids), baseline=NODE).category == "PR"


def test_too_small_to_measure_counts_5_mm():
    visit = TumourVisit((TargetMeasure("T1", None, too_small=True), TargetMeasure("T2", 0)), new_lesion=NO)
    found = derive_recist_response(visit, baseline=TWO)
    assert (found.category, found.inputs["sum_mm"]) == ("PR", "5")


def test_the_nadir_does_not_depend_on_the_order_of_visits_and_ignores_incomplete_sums():
    earlier = [seen(50, 30), seen(30, 20), seen(40, 20), seen(5, None)]
    for order in permutations(earlier):
        assert derive_recist_response(seen(40, 20), baseline=TWO, earlier=order).inputs["nadir_mm"] == "50"


def test_a_partial_sum_that_progressed_says_so():
    found = derive_recist_response(seen(130, None), baseline=TWO)
    assert found.caveats == (Caveat.PARTIAL_SUM_PROGRESSION,)
    assert found.queries == (Query.RECIST_TARGET_NOT_ASSESSED,)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((NonTarget.ABSENT, NonTarget.ABSENT), "CR"),
        ((NonTarget.ABSENT, NonTarget.PRESENT), "NON-CR/NON-PD"),
        ((NonTarget.ABSENT, NonTarget.NOT_ASSESSED), "NE"),
        ((NonTarget.ABSENT,), "NE"),
        ((NonTarget.NOT_ASSESSED, NonTarget.UNEQUIVOCAL_PROGRESSION), "PD"),
    ],
)
def test_non_target_response(states, expected):
    assert derive_non_target_response(seen(states=states), baseline=TumourBaseline(non_targets=2)) == expected


@pytest.mark.parametrize(("normal", "expected"), [(True, "CR"), (False, "NON-CR/NON-PD"), (None, "NE")])
def test_a_marker_above_normal_at_baseline_must_become_normal(normal, expected):
    baseline = TumourBaseline(non_targets=1, marker_elevated=True)
    visit = TumourVisit(non_targets=(NonTarget.ABSENT,), new_lesion=NO, marker_normal=normal)
    assert derive_non_target_response(visit, baseline=baseline) == expected


@pytest.mark.parametrize(
    ("target", "non_target", "new", "overall"),
    [
        ("CR", "CR", NO, "CR"),
        ("CR", "NONE", NO, "CR"),
        ("CR", "NON-CR/NON-PD", NO, "PR"),
        ("CR", "NE", NO, "PR"),
        ("PR", "NON-CR/NON-PD", NO, "PR"),
        ("PR", "NE", NO, "PR"),
        ("PR", "CR", NO, "PR"),
        ("SD", "NON-CR/NON-PD", NO, "SD"),
        ("SD", "NE", NO, "SD"),
        ("NE", "NON-CR/NON-PD", NO, "NE"),
        ("NE", "CR", NO, "NE"),
        ("PD", "CR", NO, "PD"),
        ("PD", "NE", None, "PD"),
        ("CR", "PD", NO, "PD"),
        ("CR", "CR", YES, "PD"),
        ("NE", "NE", YES, "PD"),
        ("CR", "CR", EQUIVOCAL, "CR"),
        ("CR", "CR", None, "NE"),
        ("NONE", "CR", NO, "CR"),
        ("NONE", "NON-CR/NON-PD", NO, "NON-CR/NON-PD"),
        ("NONE", "NE", NO, "NE"),
        ("NONE", "PD", NO, "PD"),
        ("NONE", "CR", YES, "PD"),
        ("NONE", "NONE", NO, "NED"),
    ],
)
def test_overall_response(target, non_target, new, overall):
    assert overall_response(target, non_target, new) == overall


def test_an_equivocal_new_lesion_is_queried_and_does_not_count():
    found = derive_recist_response(seen(30, 30, new=EQUIVOCAL), baseline=TWO)
    assert (found.category, found.queries) == ("PR", (Query.RECIST_NEW_LESION_EQUIVOCAL,))


@pytest.mark.parametrize(
    ("seen", "since"),
    [
        ([EQUIVOCAL, YES], 0),
        ([NO, EQUIVOCAL, None, YES], 1),
        ([EQUIVOCAL, NO, YES], 2),
        ([EQUIVOCAL, NO, EQUIVOCAL, YES], 2),
        ([YES, NO], 0),
        ([EQUIVOCAL, EQUIVOCAL], None),
        ([], None),
    ],
)
def test_a_confirmed_equivocal_lesion_is_dated_back_to_its_first_scan(seen, since):
    scans = [(START + timedelta(weeks=8 * index), item) for index, item in enumerate(seen)]
    assert new_lesion_since(scans[::-1]) == (None if since is None else scans[since][0])


def test_progression_names_what_progressed():
    baseline = TumourBaseline(TWO.targets, non_targets=1)
    visit = seen(80, 60, new=YES, states=(NonTarget.UNEQUIVOCAL_PROGRESSION,))
    found = derive_recist_response(visit, baseline=baseline)
    assert found.deciding[:3] == ("target", "non_target", "new_lesion")
    assert dict(found.parts) == {"target": "PD", "non_target": "PD", "new_lesion": "unequivocal"}


def test_split_and_merged_lesions():
    assert split_diameter([10, "5.5"]) == split_diameter(["5.5", 10])
    merged = merged_diameter(TWO, ["T1", "T2"], 125)
    assert derive_recist_response(TumourVisit(merged, new_lesion=NO), baseline=TWO).category == "PD"


def test_baseline_rules():
    good = TumourBaseline((BaselineLesion("T1", 10, organ="liver"), BaselineLesion("N1", 15, is_node=True)))
    assert check_recist_baseline(good) == ()
    bad = TumourBaseline(
        (*(BaselineLesion(f"T{i}", 12, organ="liver") for i in range(3)), BaselineLesion("S", "9.9"),
         BaselineLesion("N", "14.9", is_node=True), BaselineLesion("X", 30))
    )  # fmt: skip
    found = check_recist_baseline(bad)
    assert {item.id for item in found} == {"CLN-008"}
    assert [item.where for item in found] == ["targets", "liver", "S", "N"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: derive_recist_response(seen(1, 2, ids=("T1", "T9")), baseline=TWO),
        lambda: TumourBaseline((BaselineLesion("T1", 10), BaselineLesion("T1", 12))),
        lambda: seen(1, 2, ids=("T1", "T1")),
    ],
)
def test_lesions_that_do_not_fit_are_refused(call):
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.faults[0].id == "CLN-009"


START = date(2025, 1, 1)


def course(*entries):
    return [ResponseVisit(START + timedelta(day), category) for day, category in entries]


def best(*entries, rule=None, **options):
    return derive_recist_best(course(*entries), start=START, rule=rule, **options)


@pytest.mark.parametrize(
    ("first", "second", "late", "early"),
    [
        ("CR", "CR", "CR", "CR"),
        ("CR", "PR", "SD", "PD"),
        ("CR", "SD", "SD", "PD"),
        ("CR", "PD", "SD", "PD"),
        ("CR", "NE", "SD", "NE"),
        ("PR", "CR", "PR", "PR"),
        ("PR", "PR", "PR", "PR"),
        ("PR", "SD", "SD", "SD"),
        ("PR", "PD", "SD", "PD"),
        ("PR", "NE", "SD", "NE"),
        ("NE", "NE", "NE", "NE"),
    ],
)
def test_confirmation_table(first, second, late, early):
    """`late`: the first assessment meets the SD interval; `early`: it does not (the second one does)."""
    assert best((42, first), (70, second)).category == late
    assert best((21, first), (49, second)).category == early


@pytest.mark.parametrize(
    ("entries", "rule", "category"),
    [
        ([(42, "PR"), (69, "PR")], {}, "SD"),
        ([(42, "PR"), (70, "PR")], {}, "PR"),
        ([(42, "PR"), (56, "PR"), (84, "SD")], {}, "SD"),
        ([(42, "PR"), (56, "NE"), (84, "PR")], {}, "PR"),
        ([(42, "PR"), (56, "NE"), (70, "NE"), (84, "PR")], {}, "SD"),
        ([(42, "PR"), (56, "NE"), (70, "NE"), (84, "PR")], {"max_not_evaluable": 2}, "PR"),
        ([(42, "PR"), (56, "SD"), (84, "PR")], {}, "SD"),
        ([(42, "PR"), (56, "SD"), (84, "PR")], {"accept_sd": True}, "PR"),
        ([(42, "PR"), (56, "SD"), (70, "SD"), (84, "PR")], {"accept_sd": True}, "SD"),
        ([(42, "CR"), (84, "PR")], {"cr_overcalled": True}, "PR"),
        ([(42, "PR")], {"confirm_days": None}, "PR"),
        ([(42, "PR"), (50, "CR")], {"confirm_days": None}, "CR"),
        ([(42, "PR"), (70, "CR"), (98, "CR")], {}, "CR"),
        ([(41, "SD")], {}, "NE"),
        ([(42, "SD")], {}, "SD"),
        ([(35, "SD")], {"stable_from_days": 35}, "SD"),
        ([(21, "SD"), (42, "PD"), (63, "CR"), (100, "CR")], {}, "PD"),
        ([(42, "NON-CR/NON-PD")], {}, "NON-CR/NON-PD"),
        ([(21, "NON-CR/NON-PD")], {}, "NE"),
        ([(42, "NED")], {}, "NED"),
        ([(14, "PD")], {}, "PD"),
        ([], {}, "NE"),
    ],
)
def test_best_response(entries, rule, category):
    found = best(*entries, rule=BestResponseRule(**rule))
    assert found.category == category
    assert best(*entries[::-1], rule=BestResponseRule(**rule)) == found


def test_dates_of_response_confirmation_and_progression():
    found = best((42, "PR"), (70, "PR"), (98, "PD"))
    dates = [START + timedelta(day) for day in (42, 70, 98)]
    assert [found.on, found.confirmed_on, found.progressed_on] == dates


def test_new_therapy_ends_what_counts():
    assert best((42, "PR"), (70, "PR"), new_therapy_on=START + timedelta(70)).category == "SD"


def test_a_lesser_response_after_cr_is_queried():
    assert best((42, "CR"), (84, "PR")).queries == (Query.RECIST_RESPONSE_AFTER_CR,)
    assert best((42, "PR"), (84, "PR")).queries == ()


def test_words_and_parameters_that_cannot_be_meant_are_refused():
    with pytest.raises(UserError) as caught:
        ResponseVisit(START, "iPR")
    assert caught.value.faults[0].id == "CLN-006"
    with pytest.raises(UserError) as caught:
        BestResponseRule(confirm_days=-1)
    assert caught.value.faults[0].id == "CLN-007"
