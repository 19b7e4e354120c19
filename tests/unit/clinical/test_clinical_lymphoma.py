"""Lugano 2014 (PET, CT, both) and LYRIC: every row, both sides of every threshold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from celltrial.clinical.derivation import Derivation
from celltrial.clinical.lugano import combine_lugano
from celltrial.clinical.lugano_ct import CtBaseline, CtVisit, LymphomaLesion, NonMeasured, derive_lugano_ct
from celltrial.clinical.lugano_pet import RULE as PET_RULE
from celltrial.clinical.lugano_pet import PetFindings, Uptake, derive_lugano_pet
from celltrial.clinical.lyric import LyricFindings, derive_lyric_response, lyric_progressed_on
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError

DOWN, SAME, UP = Uptake.DECREASED, Uptake.UNCHANGED, Uptake.INCREASED
LESIONS = CtBaseline((LymphomaLesion("N1", 4, 3), LymphomaLesion("E1", 3, 2, extranodal=True)))  # SPD 18
QUIET = {"non_measured": NonMeasured.ABSENT, "new_nodes_cm": (), "new_extranodal_cm": ()}


@pytest.mark.parametrize(
    ("scan", "category"),
    [
        ((1, None, False, False), "CMR"),
        ((3, None, False, False), "CMR"),
        ((3, UP, False, False), "CMR"),
        ((3, DOWN, False, True), "PMR"),
        ((3, None, False, None), "NE"),
        ((3, None, None, False), "NE"),
        ((4, DOWN, False, False), "PMR"),
        ((5, DOWN, False, None), "PMR"),
        ((4, SAME, False, False), "NMR"),
        ((5, UP, False, False), "PMD"),
        ((5, UP, None, False), "PMD"),
        ((2, None, True, False), "PMD"),
        ((None, None, True, None), "PMD"),
        ((4, None, False, False), "NE"),
        ((4, DOWN, None, False), "NE"),
        ((None, None, False, False), "NE"),
    ],
)
def test_pet(scan, category):
    assert derive_lugano_pet(PetFindings(*scan)).category == category


def test_a_high_score_without_its_change_is_queried_and_a_sixth_point_refused():
    assert derive_lugano_pet(PetFindings(4, None, False, False)).queries == (Query.LUGANO_PET_WITHOUT_COMPARISON,)
    with pytest.raises(UserError):
        PetFindings(6)


def ct(n1, e1, *, baseline=LESIONS, earlier=(), **more):
    given = (LymphomaLesion("N1", *n1), LymphomaLesion("E1", *e1, extranodal=True))
    before = [CtVisit((LymphomaLesion("N1", *a), LymphomaLesion("E1", *b))) for a, b in earlier]
    return derive_lugano_ct(CtVisit(given, **QUIET | more), baseline=baseline, earlier=before)


GONE, TINY = (0, 0), ("0.5", "0.5")


@pytest.mark.parametrize(
    ("n1", "e1", "more", "category"),
    [
        (("1.5", 1), GONE, {}, "CR"),
        (("1.6", 1), GONE, {}, "PR"),
        (("1.5", 1), TINY, {}, "PR"),
        (("1.5", 1), GONE, {"non_measured": NonMeasured.PRESENT}, "PR"),
        (("1.5", 1), GONE, {"non_measured": None}, "NE"),
        ((3, 3), GONE, {}, "PR"),
        ((3, 3), ("0.5", "0.1"), {}, "SD"),
        ((4, 3), (3, 2), {}, "SD"),
        ((4, 3), (3, 2), {"non_measured": NonMeasured.PROGRESSED}, "PD"),
        ((4, 3), (3, 2), {"regrowth": True}, "PD"),
        ((4, 3), (3, 2), {"marrow_new": True}, "PD"),
        ((1, 1), GONE, {"new_nodes_cm": ("1.6",)}, "PD"),
        ((1, 1), GONE, {"new_nodes_cm": ("1.5",)}, "CR"),
        ((1, 1), GONE, {"new_extranodal_cm": ("1.1",)}, "PD"),
        ((1, 1), GONE, {"new_extranodal_cm": (1,)}, "CR"),
        ((1, 1), GONE, {"new_extranodal_cm": (1,), "new_unequivocal": True}, "PD"),
        ((1, 1), GONE, {"new_nodes_cm": None}, "NE"),
        ((1, 1), (None, None), {}, "NE"),
        ((7, 3), (None, None), {}, "PD"),
    ],
)
def test_ct(n1, e1, more, category):
    assert ct(n1, e1, **more).category == category


@pytest.mark.parametrize(
    ("now", "nadir", "category"),
    [
        ((5, "3.6"), (4, 3), "PD"),
        (("4.9", "3.7"), (4, 3), "SD"),
        ((5, "3.5"), (4, 3), "SD"),
        (("2.5", "2.5"), (2, 2), "PD"),
        (("2.6", "2.4"), (2, 2), "PD"),
        (("2.4", "2.4"), (2, 2), "PR"),
        (("1.5", "1.5"), ("0.5", "0.5"), "CR"),
        (("1.6", "1.5"), ("0.5", "0.5"), "PD"),
        (("3.1", 2), ("2.1", 2), "SD"),
        (("3.2", 2), ("2.1", 2), "PD"),
    ],
)
def test_a_single_lesion_progresses_from_its_own_nadir(now, nadir, category):
    gone = CtBaseline((LymphomaLesion("N1", 4, 3),))
    earlier = [CtVisit((LymphomaLesion("N1", *nadir),)), CtVisit((LymphomaLesion("N1", None, None),))]
    visit = CtVisit((LymphomaLesion("N1", *now),), **QUIET)
    assert derive_lugano_ct(visit, baseline=gone, earlier=earlier).category == category
    assert derive_lugano_ct(visit, baseline=gone, earlier=earlier[::-1]).category == category


@pytest.mark.parametrize(
    ("before", "now", "n1", "category"),
    [
        (15, 16, (4, 3), "SD"),
        (15, "16.1", (4, 3), "PD"),
        (15, 14, (1, 1), "SD"),
        (15, "13.9", (1, 1), "PR"),
        (15, 13, (1, 1), "CR"),
        (15, None, (1, 1), "NE"),
        (12, 14, (1, 1), "PD"),
        (12, "13.9", (1, 1), "PR"),
        (12, 13, (1, 1), "CR"),
        (10, 12, (1, 1), "CR"),
        (12, None, (1, 1), "CR"),
        (None, 16, (1, 1), "NE"),
        (None, 13, (1, 1), "CR"),
        (None, None, (1, 1), "CR"),
    ],
)
def test_spleen(before, now, n1, category):
    baseline = CtBaseline(LESIONS.targets, spleen_cm=before)
    assert ct(n1, GONE if n1 == (1, 1) else (3, 2), baseline=baseline, spleen_cm=now).category == category


def test_recurrent_splenomegaly_is_progression():
    baseline = CtBaseline((LymphomaLesion("N1", 4, 3),), spleen_cm=15)
    small = LymphomaLesion("N1", 1, 1)
    earlier = [CtVisit((small,), spleen_cm=12)]
    visit = CtVisit((small,), spleen_cm="13.5", **QUIET)
    assert derive_lugano_ct(visit, baseline=baseline, earlier=earlier).category == "PD"


@pytest.mark.parametrize(("normal", "category"), [(True, "CR"), (False, "PR"), (None, "PR")])
def test_an_involved_marrow_must_become_normal(normal, category):
    baseline = CtBaseline(LESIONS.targets, marrow_involved=True)
    found = ct((1, 1), GONE, baseline=baseline, marrow_normal=normal)
    assert (found.category, found.incomplete) == (category, normal is None)


@pytest.mark.parametrize(
    ("targets", "fault_id"),
    [
        ((), "CLN-008"),
        (tuple(LymphomaLesion(f"N{i}", 2, 2) for i in range(7)), "CLN-008"),
        ((LymphomaLesion("N1", 2, 2), LymphomaLesion("N1", 2, 2)), "CLN-008"),
        ((LymphomaLesion("N1", 2, None),), "CLN-008"),
        ((LymphomaLesion("N9", 2, 2),), "CLN-009"),
        ((LymphomaLesion("N1", "1.5", 1),), "CLN-008"),
        ((LymphomaLesion("E1", "1.0", 1, extranodal=True),), "CLN-008"),
        ((LymphomaLesion("N1", 2, 3),), "CLN-009"),
    ],
)
def test_lesions_that_do_not_fit_are_refused(targets, fault_id):
    with pytest.raises(UserError) as caught:
        ct((1, 1), GONE, baseline=CtBaseline(targets))
    assert caught.value.faults[0].id == fault_id


@pytest.mark.parametrize(("longest", "extranodal"), [("1.6", False), ("1.1", True)])
def test_the_smallest_measurable_lesion_is_a_target(longest, extranodal):
    assert CtBaseline((LymphomaLesion("L1", longest, 1, extranodal),)).targets[0].is_measurable


@pytest.mark.parametrize(
    ("pet", "anatomic", "avid", "overall"),
    [
        ("CMR", "PAR", True, "CR"),
        ("NMR", "PAR", True, "SD"),
        ("PMD", "CAR", True, "PD"),
        ("CMR", "PAR", False, "PR"),
        (None, "CAR", True, "CR"),
        ("ND", "PAD", True, "PD"),
        ("NE", "SAD", True, "SD"),
        ("SMD", None, True, "SD"),
        (None, None, True, "NE"),
        ("NE", "NE", True, "NE"),
    ],
)
def test_pet_governs_where_it_was_done(pet, anatomic, avid, overall):
    found = combine_lugano(pet=pet, ct=anatomic, fdg_avid=avid)
    assert found.category == overall
    assert found.deciding == (("pet",) if avid and pet not in {None, "ND", "NE"} else ("ct",))


def test_a_code_of_another_scale_is_refused():
    with pytest.raises(UserError) as caught:
        combine_lugano(pet="iCR", ct=None)
    assert caught.value.faults[0].id == "CLN-006"


def growth():
    baseline = CtBaseline((LymphomaLesion("N1", 4, 3),))
    return derive_lugano_ct(CtVisit((LymphomaLesion("N1", 5, 4),), **QUIET), baseline=baseline)


@pytest.mark.parametrize(
    ("seen", "category"),
    [
        ((50, 12, False), "IR1"),
        ((50, "12.1", False), "PD"),
        ((50, None, False), "PD"),
        (("49.9", 30, False), "IR2"),
        ((50, 8, True), "PD"),
        ((50, 8, None), "PD"),
        ((None, 8, False), "PD"),
    ],
)
def test_lyric(seen, category):
    found = derive_lyric_response(growth(), LyricFindings(*seen))
    assert found.category == category
    assert (Caveat.INDETERMINATE_REIMAGE_12_WEEKS in found.caveats) == (category != "PD")


@pytest.mark.parametrize(
    ("categories", "progressed"),
    [
        (["PR", "IR1", "PD"], 1),
        (["IR2", "NE", "IR1", "PMD"], 0),
        (["IR2", "SD", "PD"], 2),
        (["IR2", "SD", "IR3", "PD"], 2),
        (["PD", "IR1"], 0),
        (["IR1", "IR1"], None),
        ([], None),
    ],
)
def test_a_confirmed_progression_dates_from_the_indeterminate_response(categories, progressed):
    days = [date(2025, 1, 1) + timedelta(weeks=8 * index) for index in range(len(categories))]
    visits = list(zip(days, categories, strict=True))
    assert lyric_progressed_on(visits[::-1]) == (None if progressed is None else days[progressed])
    with pytest.raises(UserError):
        lyric_progressed_on([(date(2025, 1, 1), "IR1"), (date(2025, 1, 1), "PD")])


def test_lyric_pet_only_and_what_stays_progression():
    calm = LyricFindings(10, 6, clinical_decline=False)
    hotter = derive_lugano_pet(PetFindings(5, UP, False, False))
    assert derive_lyric_response(hotter, calm).category == "IR3"
    assert derive_lyric_response(ct((4, 3), (3, 2), marrow_new=True), calm).category == "PD"
    assert derive_lyric_response(Derivation(PET_RULE, category="PMR"), calm).category == "PMR"
