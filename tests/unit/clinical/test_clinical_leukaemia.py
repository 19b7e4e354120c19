"""ALL response, remission kept, CNS status and residual disease."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from celltrial.clinical.cns_leukaemia import CnsFindings, derive_cns_status
from celltrial.clinical.leukaemia import (
    LeukaemiaBaseline,
    LeukaemiaRule,
    LeukaemiaVisit,
    derive_leukaemia_best,
    derive_leukaemia_response,
)
from celltrial.clinical.queries import Caveat
from celltrial.clinical.residual_disease import (
    LEUKAEMIA_THRESHOLD,
    MYELOMA_THRESHOLD,
    Residual,
    ResidualFindings,
    classify_residual,
    is_imaging_negative,
    is_sustained_negative,
)
from celltrial.core.errors import UserError

START = LeukaemiaBaseline(marrow_blasts_percent=40, blood_blasts_1e9_l=2)
CLEAR = {"blood_blasts_1e9_l": 0, "extramedullary": False, "marrow_blasts_percent": "4.9", "trilineage": True,
         "anc_1e9_l": "1.1", "platelets_1e9_l": 101, "recently_transfused": False}  # fmt: skip


def response(*, in_remission=False, rule=None, **changes):
    visit = LeukaemiaVisit(**CLEAR | changes)
    return derive_leukaemia_response(visit, baseline=START, in_remission=in_remission, rule=rule)


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "CR"),
        ({"anc_1e9_l": "1.0"}, "CRh"),
        ({"platelets_1e9_l": 100}, "CRh"),
        ({"anc_1e9_l": "0.5"}, "CRi"),
        ({"platelets_1e9_l": 50}, "CRi"),
        ({"anc_1e9_l": "0.5", "platelets_1e9_l": 20}, "CRi"),
        ({"trilineage": False}, "MLFS"),
        ({"marrow_blasts_percent": 5}, "NR"),
        ({"marrow_blasts_percent": 5, "end_of_induction": True}, "REFRACTORY"),
        ({"marrow_blasts_percent": 50}, "PD"),
        ({"marrow_blasts_percent": 49}, "NR"),
        ({"blood_blasts_1e9_l": "2.5"}, "PD"),
        ({"blood_blasts_1e9_l": "0.1"}, "NR"),
        ({"blood_blasts_1e9_l": None, "marrow_blasts_percent": 30}, "NE"),
        ({"blood_blasts_1e9_l": None, "marrow_blasts_percent": 50}, "PD"),
        ({"extramedullary": True}, "NR"),
        ({"extramedullary": True, "new_extramedullary": True}, "PD"),
        ({"marrow_blasts_percent": None}, "NE"),
        ({"extramedullary": None}, "NE"),
    ],
)
def test_response(changes, label):
    assert response(**changes).label == label


@pytest.mark.parametrize(("marrow", "label"), [(4, "CR"), (5, "NR"), ("5.1", "PD")])
def test_few_blasts_at_baseline_do_not_make_a_normal_marrow_progression(marrow, label):
    few = LeukaemiaBaseline(marrow_blasts_percent=2)
    visit = LeukaemiaVisit(**CLEAR | {"marrow_blasts_percent": marrow})
    assert derive_leukaemia_response(visit, baseline=few).label == label


def test_missing_counts_leave_a_better_category_open():
    found = response(anc_1e9_l=None)
    assert (found.label, found.incomplete) == ("MLFS", True)
    assert derive_leukaemia_response(LeukaemiaVisit(), baseline=START).label == "NE"


def test_parameters():
    at_least = LeukaemiaRule(at_least=True)
    assert response(anc_1e9_l="1.0", platelets_1e9_l=100, rule=at_least).label == "CR"
    independent = LeukaemiaRule(transfusion_independent=True)
    assert response(recently_transfused=True, rule=independent).label == "CRi"
    assert response(recently_transfused=None, rule=independent).incomplete
    partial = LeukaemiaRule(partial_response=True)
    assert response(marrow_blasts_percent=20, rule=partial).label == "PR"
    assert response(marrow_blasts_percent=21, rule=partial).label == "NR"
    assert response(marrow_blasts_percent=20).label == "NR"


@pytest.mark.parametrize(
    ("changes", "rule", "label"),
    [
        ({}, {}, "CR"),
        ({"marrow_blasts_percent": 5}, {}, "NR"),
        ({"marrow_blasts_percent": "5.1"}, {}, "RELAPSE"),
        ({"marrow_blasts_percent": 5}, {"relapse_at_least": True}, "RELAPSE"),
        ({"marrow_blasts_percent": 24}, {"relapse_above_percent": 25, "relapse_at_least": True}, "NR"),
        ({"marrow_blasts_percent": 25}, {"relapse_above_percent": 25, "relapse_at_least": True}, "RELAPSE"),
        ({"blood_blasts_1e9_l": "0.01"}, {}, "RELAPSE"),
        ({"extramedullary": True}, {}, "RELAPSE"),
    ],
)
def test_relapse(changes, rule, label):
    assert response(in_remission=True, rule=LeukaemiaRule(**rule), **changes).label == label


@pytest.mark.parametrize(
    ("visits", "best"),
    [
        ([(28, "CR"), (56, "CR")], "CR"),
        ([(28, "CR"), (55, "CR")], "NE"),
        ([(28, "CR")], "NE"),
        ([(28, "CRi"), (40, "RELAPSE"), (70, "CR")], "NE"),
        ([(28, "CRi"), (60, "CR"), (90, "CR")], "CR"),
        ([(28, "CRi"), (40, "NE"), (60, "CRi")], "CRi"),
        ([(93, "CR"), (150, "CR")], "NE"),
        ([], "NE"),
    ],
)
def test_remission_reached_in_time_and_kept(visits, best):
    assert derive_leukaemia_best(visits).category == best
    assert derive_leukaemia_best(visits[::-1]) == derive_leukaemia_best(visits)


def test_negative_days_are_refused():
    with pytest.raises(UserError) as caught:
        derive_leukaemia_best([], kept_days=-1)
    assert caught.value.faults[0].id == "CLN-007"


@pytest.mark.parametrize(
    ("cells", "blasts", "signs", "status"),
    [(100, False, False, "CNS-1"), (4, True, False, "CNS-2"), (5, True, False, "CNS-3"), (0, False, True, "CNS-3"),
     (None, True, False, "NE"), (3, None, False, "NE"), (None, False, False, "CNS-1"),
     (4, True, None, "NE"), (5, True, None, "CNS-3"), (0, False, None, "NE")],
)  # fmt: skip
def test_cns(cells, blasts, signs, status):
    found = derive_cns_status(CnsFindings(cells, blasts, signs))
    assert (found.category, found.incomplete) == (status, status == "NE")


def test_blasts_after_a_traumatic_puncture_are_classed_and_flagged():
    found = derive_cns_status(CnsFindings(4, blasts=True, clinical_signs=False, traumatic=True))
    assert (found.category, found.caveats) == ("CNS-2", (Caveat.TRAUMATIC_PUNCTURE,))
    assert derive_cns_status(CnsFindings(4, blasts=False, clinical_signs=False, traumatic=True)).caveats == ()


@pytest.mark.parametrize(
    ("detected", "level", "sensitivity", "threshold", "expected"),
    [
        (False, None, "1e-4", LEUKAEMIA_THRESHOLD, Residual.UNDETECTABLE),
        (True, "9e-5", "1e-5", LEUKAEMIA_THRESHOLD, Residual.NEGATIVE),
        (True, "1e-4", "1e-5", LEUKAEMIA_THRESHOLD, Residual.POSITIVE),
        (True, None, "1e-5", LEUKAEMIA_THRESHOLD, Residual.POSITIVE_NOT_QUANTIFIABLE),
        (False, None, "1e-3", LEUKAEMIA_THRESHOLD, Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY),
        (False, None, None, LEUKAEMIA_THRESHOLD, Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY),
        (False, None, "1e-4", MYELOMA_THRESHOLD, Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY),
        (False, None, "1e-5", MYELOMA_THRESHOLD, Residual.UNDETECTABLE),
        (None, None, "1e-6", MYELOMA_THRESHOLD, Residual.NOT_EVALUABLE),
    ],
)
def test_residual_disease(detected, level, sensitivity, threshold, expected):
    given = ResidualFindings(detected, level, sensitivity, assay="flow cytometry", analyte="bone marrow")
    found = classify_residual(given, threshold=threshold)
    assert found.category == expected
    assert (found.inputs["assay"], found.inputs["analyte"]) == ("flow cytometry", "bone marrow")
    unusable = replace(given, sample_adequate=False)
    assert classify_residual(unusable, threshold=threshold).category == Residual.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("residual", "clear", "expected"),
    [
        (Residual.UNDETECTABLE, True, "true"), (Residual.NEGATIVE, True, "true"), (Residual.NEGATIVE, False, "false"),
        (Residual.POSITIVE, True, "false"), (Residual.NEGATIVE, None, "unknown"),
        (Residual.NEGATIVE_INSUFFICIENT_SENSITIVITY, True, "unknown"), (Residual.NOT_EVALUABLE, False, "false"),
    ],
)  # fmt: skip
def test_imaging_negative_needs_both(residual, clear, expected):
    assert is_imaging_negative(residual, pet_ct_clear=clear).value == expected


@pytest.mark.parametrize(
    ("results", "sustained"),
    [
        ([(date(2024, 2, 29), Residual.NEGATIVE), (date(2025, 3, 1), Residual.NEGATIVE)], True),
        ([(date(2024, 3, 1), Residual.NEGATIVE), (date(2025, 2, 28), Residual.NEGATIVE)], False),
        ([(date(2024, 1, 1), Residual.NEGATIVE), (date(2024, 6, 1), Residual.POSITIVE),
          (date(2025, 1, 2), Residual.NEGATIVE)], False),
        ([(date(2024, 1, 1), Residual.NEGATIVE), (date(2024, 6, 1), Residual.NOT_EVALUABLE),
          (date(2025, 1, 2), Residual.UNDETECTABLE)], True),
        ([], False),
    ],
)  # fmt: skip
def test_sustained_negative(results, sustained):
    assert is_sustained_negative(results[::-1]) == sustained
