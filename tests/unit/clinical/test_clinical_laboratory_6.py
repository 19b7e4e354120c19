"""CTCAE 6 laboratory grades: the limits that changed against 5, the ones that stayed, and what is no longer graded.

The limits were read from pharmaverse/admiral, data-raw/adlb_grading/ncictcaev6.json (Apache-2.0), commit 10c0697.
"""

from __future__ import annotations

import pytest

from celltrial.clinical.ctcae_lab import RULE_6, LabFindings, derive_lab_6_grade, derive_lab_grade
from celltrial.clinical.ctcae_lab_6_data import TERMS_6
from celltrial.clinical.ctcae_lab_data import TERMS
from celltrial.clinical.queries import Query
from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity


def grade(term, value, *, clinical=False, **limits):
    unit = TERMS_6[term].unit
    given = {name: Quantity.of(limit, unit) for name, limit in limits.items()}
    return derive_lab_6_grade(term, LabFindings(Quantity.of(value, unit), clinical=clinical, **given))


@pytest.mark.parametrize(
    ("term", "limits", "rows"),
    [
        ("neutrophils_low", {}, [("1.5", 0), ("1.49", 1), ("1.0", 1), ("0.99", 2), ("0.5", 2), ("0.49", 3), ("0.1", 3), ("0.09", 4)]),
        ("platelets_low", {"lln": 150}, [(150, 0), (149, 1), (74, 2), (49, 3), (10, 3), (9, 4)]),
        ("alt_high", {"uln": 40, "baseline": 30}, [(40, 0), (41, 1), (120, 1), (121, 2), (201, 3), (801, 4)]),
        ("alt_high", {"uln": 40, "baseline": 100}, [(99, 0), (100, 1), (150, 1), (151, 2), (200, 2), (201, 3), (400, 3), (401, 4)]),
        ("ast_high", {"uln": 40, "baseline": 100}, [(99, 0), (100, 1), (151, 2), (201, 3), (401, 4)]),
        ("alp_high", {"uln": 100, "baseline": 60}, [(100, 0), (101, 1), (5000, 1)]),
        ("alp_high", {"uln": 100, "baseline": 150}, [(150, 0), (151, 1)]),
        ("ggt_high", {"uln": 60, "baseline": 100}, [(99, 0), (100, 1), (151, 2), (300, 2), (301, 3), (1001, 4)]),
        ("bilirubin_high", {"uln": 20, "baseline": 40}, [(39, 0), (40, 1), (60, 1), (61, 2), (100, 2), (101, 3), (401, 4)]),
        ("creatinine_high", {"uln": 100, "lln": 50, "baseline": 80}, [(100, 0), (121, 1), (151, 2), (301, 3), (601, 4)]),
        ("creatinine_high", {"uln": 100, "lln": 50, "baseline": 40}, [(60, 0), (61, 2), (120, 2), (121, 3)]),
        ("lipase_high", {"uln": 60}, [(60, 0), (61, 1), (90, 1), (91, 2), (300, 2), (301, 3)]),
        ("creatinine_clearance_low", {}, [(50, 0), (49, 2), ("25.1", 2), (25, 3), (10, 3), (9, 3)]),
        ("hdl_low", {"lln": "1.0"}, [("1.0", 0), ("0.99", 1), ("0.1", 1)]),
        ("ldl_high", {"uln": "3.4"}, [("3.4", 0), ("3.41", 1), (9, 1)]),
        ("ph_low", {"lln": "7.35"}, [("7.35", 0), ("7.34", 1), ("7.3", 1), ("7.29", 3)]),
        ("ph_high", {"uln": "7.45"}, [("7.45", 0), ("7.46", 1), ("7.5", 1), ("7.51", 3)]),
        ("glucose_high", {}, [("13.9", 0), ("14.0", 3), ("27.8", 3), ("27.9", 4)]),
        ("glucose_fasting_high", {"uln": "6.1"}, [("6.1", 0), ("6.2", 1), ("9.0", 2), ("14.0", 3), ("27.9", 4)]),
    ],
)  # fmt: skip
def test_changed_limits(term, limits, rows):
    assert [(value, grade(term, value, **limits).grade) for value, _ in rows] == rows


def test_a_transfusion_makes_a_low_platelet_count_grade_3():
    assert grade("platelets_low", 60, lln=150, clinical=True).grade == 3
    open_above = grade("platelets_low", 60, lln=150, clinical=None)
    assert (open_above.label, open_above.queries) == (">=2", (Query.LAB_SYMPTOMS_DECIDE,))
    assert grade("platelets_low", 160, lln=150, clinical=None).label == "0"


def test_the_version_has_its_44_terms():
    assert len(TERMS_6) == 44
    assert set(TERMS_6) - set(TERMS) == {
        "creatinine_clearance_low", "hdl_low", "ldl_high", "glucose_fasting_high",
    }  # fmt: skip


def test_symptoms_move_lipase_up_from_three_times_the_limit():
    assert grade("lipase_high", 150, uln=60, clinical=True).grade == 2
    assert grade("lipase_high", 181, uln=60, clinical=True).grade == 3
    assert grade("lipase_high", 301, uln=60, clinical=True).grade == 4


def test_the_version_is_on_the_result_and_changes_the_grade():
    findings = LabFindings(Quantity.of(450, "/uL"))
    assert (
        derive_lab_6_grade("neutrophils_low", findings).grade,
        derive_lab_grade("neutrophils_low", findings).grade,
    ) == (3, 4)
    assert derive_lab_6_grade("neutrophils_low", findings).rule == RULE_6


def test_terms_that_the_version_does_not_list_are_refused():
    assert set(TERMS) - set(TERMS_6) == {
        "lymphocytes_low", "cpk_high", "phosphate_low", "phosphate_high", "bicarbonate_low", "tsh_high", "troponin_i_high",
        "troponin_t_high",
    }  # fmt: skip
    with pytest.raises(UserError) as caught:
        derive_lab_6_grade("cpk_high", LabFindings(Quantity.of(900, "U/L")))
    assert caught.value.faults[0].id == "CLN-006"
    with pytest.raises(UserError) as caught:
        derive_lab_grade("ldh_high", LabFindings(None), version="4.03")
    assert caught.value.faults[0].params["expected"] == "5.0, 6.0"


def test_missing_inputs_leave_the_grade_open():
    assert grade("alp_high", 120, uln=100).label == "NE"
    low = grade("creatinine_high", 61, uln=100, lln=50)
    assert (low.label, low.queries) == ("NE", (Query.LAB_BASELINE_MISSING,))
