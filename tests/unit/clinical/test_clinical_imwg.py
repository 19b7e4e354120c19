"""IMWG 2016: every row of the table, progression against nadir, confirmation."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest

from celltrial.clinical.imwg import MyelomaAssessment as Seen
from celltrial.clinical.imwg import derive_imwg_response
from celltrial.clinical.imwg_best import MyelomaVisit, derive_imwg_best
from celltrial.clinical.queries import Query
from celltrial.core.errors import UserError

SERUM = Seen(serum_m_g_dl=4, urine_m_mg_24h=0, marrow_plasma_percent=40, plasmacytoma_spd_mm2=0)
URINE = Seen(serum_m_g_dl=0, urine_m_mg_24h=1000, marrow_plasma_percent=40)
BOTH = Seen(serum_m_g_dl=4, urine_m_mg_24h=1000)
FLC = Seen(serum_m_g_dl="0.2", urine_m_mg_24h=50, involved_flc_mg_dl=102, uninvolved_flc_mg_dl=2,
           flc_ratio_normal=False)  # fmt: skip
MARROW = Seen(serum_m_g_dl=0, urine_m_mg_24h=0, involved_flc_mg_dl=2, uninvolved_flc_mg_dl=1, marrow_plasma_percent=60)
CLEAN = {"serum_m_g_dl": 0, "urine_m_mg_24h": 0, "serum_ife_negative": True, "urine_ife_negative": True}
DEEP = CLEAN | {"marrow_plasma_percent": 2, "flc_ratio_normal": True, "clonal_plasma_absent": True}


@pytest.mark.parametrize(
    ("baseline", "visit", "label"),
    [
        (SERUM, Seen(**DEEP), "sCR"),
        (SERUM, Seen(**DEEP | {"flc_ratio_normal": False}), "CR"),
        (SERUM, Seen(**DEEP | {"marrow_plasma_percent": 5}), "VGPR"),
        (SERUM, Seen(**DEEP | {"serum_ife_negative": False}), "VGPR"),
        (SERUM, Seen(serum_m_g_dl="0.4", urine_m_mg_24h=99, serum_ife_negative=False), "VGPR"),
        (SERUM, Seen(serum_m_g_dl="0.4", urine_m_mg_24h=100, serum_ife_negative=False), "PR"),
        (SERUM, Seen(serum_m_g_dl="0.41", urine_m_mg_24h=0, serum_ife_negative=False), "PR"),
        (SERUM, Seen(serum_m_g_dl=2, urine_m_mg_24h=0, serum_ife_negative=False), "PR"),
        (SERUM, Seen(serum_m_g_dl="2.01", urine_m_mg_24h=0, serum_ife_negative=False), "MR"),
        (SERUM, Seen(serum_m_g_dl=3, urine_m_mg_24h=0, serum_ife_negative=False), "MR"),
        (SERUM, Seen(serum_m_g_dl="3.01", urine_m_mg_24h=0, serum_ife_negative=False), "SD"),
        (SERUM, Seen(serum_m_g_dl="4.9", urine_m_mg_24h=0, serum_ife_negative=False), "SD"),
        (SERUM, Seen(serum_m_g_dl=5, urine_m_mg_24h=0), "PD"),
        (SERUM, Seen(serum_m_g_dl=1, urine_m_mg_24h=0, serum_ife_negative=False, new_lesion=True), "PD"),
        (SERUM, Seen(serum_m_g_dl=1, urine_m_mg_24h=0, plasmacytoma_spd_mm2=100), "PD"),
        (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=99, serum_ife_negative=False), "VGPR"),
        (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=199, serum_ife_negative=False), "PR"),
        (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=200, serum_ife_negative=False), "MR"),
        (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=501, serum_ife_negative=False), "SD"),
        (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=1249, serum_ife_negative=False), "SD"),
        (URINE, Seen(serum_m_g_dl=0, urine_m_mg_24h=1250, serum_ife_negative=False), "PD"),
        (BOTH, Seen(serum_m_g_dl=1, urine_m_mg_24h=600, serum_ife_negative=False), "SD"),
        (BOTH, Seen(serum_m_g_dl=1, urine_m_mg_24h=150, serum_ife_negative=False), "PR"),
        (FLC, Seen(**DEEP | {"involved_flc_mg_dl": 1, "uninvolved_flc_mg_dl": 1}), "sCR"),
        (FLC, Seen(involved_flc_mg_dl=12, uninvolved_flc_mg_dl=2, serum_ife_negative=False), "VGPR"),
        (FLC, Seen(involved_flc_mg_dl=52, uninvolved_flc_mg_dl=2, serum_ife_negative=False), "PR"),
        (FLC, Seen(involved_flc_mg_dl=53, uninvolved_flc_mg_dl=2, serum_ife_negative=False), "SD"),
        (FLC, Seen(involved_flc_mg_dl=127, uninvolved_flc_mg_dl=2), "PD"),
        (MARROW, Seen(marrow_plasma_percent=30, serum_ife_negative=False), "PR"),
        (MARROW, Seen(marrow_plasma_percent=31, serum_ife_negative=False), "SD"),
        (MARROW, Seen(marrow_plasma_percent=75), "PD"),
    ],
)
def test_category(baseline, visit, label):
    assert derive_imwg_response(visit, baseline=baseline).label == label


def test_progression_is_measured_from_the_lowest_value_in_any_order():
    earlier = [Seen(serum_m_g_dl=value, urine_m_mg_24h=0) for value in ("1.0", "0.5", "0.8")]
    for order in permutations(earlier):
        assert derive_imwg_response(Seen(serum_m_g_dl=1, urine_m_mg_24h=0), baseline=SERUM, earlier=order).label == "PD"
    found = derive_imwg_response(Seen(serum_m_g_dl="0.99", urine_m_mg_24h=0, serum_ife_negative=False),
                                 baseline=SERUM, earlier=earlier)  # fmt: skip
    assert found.label == "PR"


def test_from_a_nadir_of_5_a_rise_of_one_gram_is_enough():
    high = Seen(serum_m_g_dl=5, urine_m_mg_24h=0)
    assert derive_imwg_response(Seen(serum_m_g_dl=6, urine_m_mg_24h=0), baseline=high).label == "PD"
    stays = Seen(serum_m_g_dl="5.9", urine_m_mg_24h=0, serum_ife_negative=False)
    assert derive_imwg_response(stays, baseline=high).label == "SD"


def test_plasmacytoma_must_shrink_too():
    baseline = Seen(serum_m_g_dl=4, urine_m_mg_24h=0, plasmacytoma_spd_mm2=1000)
    fallen = {"serum_m_g_dl": "0.4", "urine_m_mg_24h": 0, "serum_ife_negative": False}
    assert derive_imwg_response(Seen(**fallen, plasmacytoma_spd_mm2=100), baseline=baseline).label == "VGPR"
    assert derive_imwg_response(Seen(**fallen, plasmacytoma_spd_mm2=500), baseline=baseline).label == "PR"
    assert derive_imwg_response(Seen(**fallen, plasmacytoma_spd_mm2=501), baseline=baseline).label == "SD"
    assert derive_imwg_response(Seen(**fallen), baseline=baseline).label == "NE"


def test_missing_input_is_ne_or_marks_a_better_category_open():
    assert derive_imwg_response(Seen(), baseline=SERUM).label == "NE"
    assert derive_imwg_response(Seen(serum_m_g_dl=1), baseline=BOTH).label == "NE"
    open_above = derive_imwg_response(Seen(**CLEAN), baseline=SERUM)
    assert (open_above.label, open_above.incomplete) == ("VGPR", True)
    no_ratio = derive_imwg_response(Seen(**DEEP | {"flc_ratio_normal": None}), baseline=SERUM)
    assert (no_ratio.label, no_ratio.incomplete) == ("CR", True)


def test_disease_that_was_not_measurable_is_ne_and_queried():
    found = derive_imwg_response(Seen(serum_m_g_dl=0), baseline=Seen(serum_m_g_dl="0.9"))
    assert (found.label, found.queries) == ("NE", (Query.IMWG_BASELINE_NOT_MEASURABLE,))


def test_circulating_plasma_cells_count_only_where_nothing_else_does():
    baseline = Seen(circulating_plasma_per_ul=200)
    assert derive_imwg_response(Seen(circulating_plasma_per_ul=300), baseline=baseline).label == "PD"
    assert derive_imwg_response(Seen(circulating_plasma_per_ul=299), baseline=baseline).label == "NE"


def test_a_therapeutic_antibody_leaves_complete_response_open():
    found = derive_imwg_response(
        Seen(**DEEP | {"serum_ife_negative": False, "antibody_interference": True}), baseline=SERUM
    )
    assert (found.label, found.incomplete) == ("VGPR", True)
    assert found.queries == (Query.IMWG_ANTIBODY_INTERFERENCE,)


def visits(*categories):
    return [MyelomaVisit(date(2025, 1, 1) + timedelta(28 * i), name) for i, name in enumerate(categories)]


@pytest.mark.parametrize(
    ("sequence", "best", "first", "progressed"),
    [
        (["CR", "VGPR"], "VGPR", 0, None),
        (["PR", "VGPR", "CR", "CR"], "CR", 2, None),
        (["sCR", "CR", "CR"], "CR", 0, None),
        (["PR", "NE", "PR"], "PR", 0, None),
        (["VGPR"], "NE", None, None),
        (["PR", "PR", "PD", "PD"], "PR", 0, 2),
        (["PR", "PR", "PD", "PR"], "PR", 0, None),
        (["PD", "PD"], "PD", 0, 0),
        (["SD", "SD", "PD"], "SD", 0, None),
        (["PR", "PD", "PD", "CR", "CR"], "PD", 1, 1),
        ([], "NE", None, None),
    ],
)
def test_confirmation(sequence, best, first, progressed):
    given = visits(*sequence)
    found = derive_imwg_best(list(reversed(given)))
    assert found.best == best
    assert found.on == (None if first is None else given[first].on)
    assert found.progressed_on == (None if progressed is None else given[progressed].on)


def test_new_therapy_ends_what_counts():
    given = visits("PR", "VGPR", "VGPR")
    assert derive_imwg_best(given, new_therapy_on=given[2].on).best == "PR"


def test_death_from_progression_confirms_it():
    assert derive_imwg_best(visits("PR", "PR", "PD"), died_of_progression=True).progressed_on is not None


def test_an_unconfirmed_last_category_is_named():
    assert derive_imwg_best(visits("PR", "PR", "VGPR")).unconfirmed == "VGPR"
    assert derive_imwg_best(visits("PR", "PR")).unconfirmed is None


def test_a_word_of_another_scale_is_refused():
    with pytest.raises(UserError) as caught:
        MyelomaVisit(date(2025, 1, 1), "iUPD")
    assert caught.value.faults[0].id == "CLN-006"
