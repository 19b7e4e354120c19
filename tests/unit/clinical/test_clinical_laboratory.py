"""CTCAE 5 laboratory grades: both sides of every threshold, units, missing limits, symptoms."""

from __future__ import annotations

from decimal import Decimal

import pytest

from celltrial.clinical.ctcae_lab import VERSIONS, LabFindings, derive_lab_grade
from celltrial.clinical.ctcae_lab_data import TERMS
from celltrial.clinical.exact import exact
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity, convert
from celltrial.core.units import is_unit


def grade(term, value, unit=None, *, digits=None, clinical=False, life_threatening=None, assume=False, **limits):
    unit = unit or TERMS[term].unit
    given = {name: Quantity.of(limit, unit) for name, limit in limits.items()}
    findings = LabFindings(Quantity.of(value, unit), clinical=clinical, life_threatening=life_threatening, **given)
    return derive_lab_grade(term, findings, significant_digits=digits, assume_normal_baseline=assume)


#: term, LLN, then (value, grade) on both sides of each threshold
LOW = [
    ("neutrophils_low", 2, [(2, 0), ("1.99", 1), ("1.5", 1), ("1.49", 2), (1, 2), ("0.99", 3), ("0.5", 3), ("0.49", 4)]),
    ("lymphocytes_low", 1, [(1, 0), ("0.8", 1), ("0.79", 2), ("0.5", 2), ("0.49", 3), ("0.2", 3), ("0.19", 4)]),
    ("leukocytes_low", 4, [(4, 0), (3, 1), ("2.99", 2), (2, 2), ("1.99", 3), (1, 3), ("0.99", 4)]),
    ("platelets_low", 150, [(150, 0), (149, 1), (75, 1), (74, 2), (50, 2), (49, 3), (25, 3), (24, 4)]),
    ("haemoglobin_low", 130, [(130, 0), (129, 1), (100, 1), (99, 2), (80, 2), (79, 3)]),
    ("cd4_low", "0.6", [("0.6", 0), ("0.5", 1), ("0.49", 2), ("0.2", 2), ("0.19", 3), ("0.05", 3), ("0.04", 4)]),
    ("calcium_corrected_low", "2.2", [("2.2", 0), (2, 1), ("1.99", 2), ("1.75", 2), ("1.74", 3), ("1.5", 3), ("1.49", 4)]),
    ("calcium_ionised_low", "1.1", [("1.1", 0), (1, 1), ("0.99", 2), ("0.89", 3), ("0.79", 4)]),
    ("magnesium_low", "0.7", [("0.7", 0), ("0.5", 1), ("0.49", 2), ("0.4", 2), ("0.39", 3), ("0.3", 3), ("0.29", 4)]),
    ("albumin_low", 35, [(35, 0), (30, 1), (29, 2), (20, 2), (19, 3)]),
    ("glucose_low", "3.9", [("3.9", 0), (3, 1), ("2.9", 2), ("2.2", 2), ("2.1", 3), ("1.7", 3), ("1.6", 4)]),
    ("potassium_low", "3.5", [("3.5", 0), (3, 1), ("2.99", 3), ("2.5", 3), ("2.49", 4)]),
    ("sodium_low", 135, [(135, 0), (134, 1), (130, 1), (129, 2), (125, 2), (124, 3), (120, 3), (119, 4)]),
    ("haptoglobin_low", "0.3", [("0.3", 0), ("0.29", 1)]),
    ("phosphate_low", "0.8", [("0.8", 0), ("0.79", 1), ("0.1", 1)]),
    ("bicarbonate_low", 22, [(22, 0), (21, 1)]),
    ("ph_low", "7.35", [("7.35", 0), ("7.34", 1), ("7.3", 1), ("7.29", 3)]),
]  # fmt: skip
#: term, ULN, then (value, grade)
HIGH = [
    ("aptt_high", 40, [(40, 0), (41, 1), (60, 1), (61, 2), (100, 2), (101, 3)]),
    ("cpk_high", 200, [(200, 0), (201, 1), (500, 1), (501, 2), (1000, 2), (1001, 3), (2000, 3), (2001, 4)]),
    ("ldh_high", 250, [(250, 0), (251, 1), (9999, 1)]),
    ("potassium_high", 5, [(5, 0), ("5.1", 1), ("5.5", 1), ("5.6", 2), (6, 2), ("6.1", 3), (7, 3), ("7.1", 4)]),
    ("sodium_high", 145, [(145, 0), (146, 1), (150, 1), (151, 2), (155, 2), (156, 3), (160, 3), (161, 4)]),
    ("calcium_corrected_high", "2.6", [("2.6", 0), ("2.9", 1), ("2.91", 2), ("3.1", 2), ("3.11", 3), ("3.4", 3), ("3.41", 4)]),
    ("calcium_ionised_high", "1.3", [("1.3", 0), ("1.5", 1), ("1.51", 2), ("1.6", 2), ("1.61", 3), ("1.8", 3), ("1.81", 4)]),
    ("magnesium_high", 1, [(1, 0), ("1.23", 1), ("1.24", 3), ("3.3", 3), ("3.31", 4)]),
    ("cholesterol_high", 5, [(5, 0), ("7.75", 1), ("7.76", 2), ("10.34", 2), ("10.35", 3), ("12.92", 3), ("12.93", 4)]),
    ("haemoglobin_high", 160, [(160, 0), (161, 1), (180, 1), (181, 2), (200, 2), (201, 3)]),
    ("lipase_high", 60, [(60, 0), (61, 1), (90, 1), (91, 2), (120, 2), (300, 2), (301, 3)]),
    ("urate_high", 400, [(400, 0), (401, 1)]),
    ("phosphate_high", "1.5", [("1.5", 0), ("1.51", 1)]),
    ("tsh_high", 4, [(4, 0), ("4.1", 1)]),
    ("troponin_i_high", 40, [(40, 0), (41, 1)]),
    ("troponin_t_high", 14, [(14, 0), (15, 1)]),
    ("ph_high", "7.45", [("7.45", 0), ("7.46", 1), ("7.5", 1), ("7.51", 3)]),
]  # fmt: skip
#: term, (value, grade): absolute limits only
ABSOLUTE = [
    ("inr_high", [("1.2", 0), ("1.21", 1), ("1.5", 1), ("1.51", 2), ("2.5", 2), ("2.51", 3)]),
    ("triglycerides_high", [("1.7", 0), ("1.71", 1), ("3.42", 1), ("3.43", 2), ("5.7", 2), ("5.71", 3), ("11.4", 3), ("11.41", 4)]),
    ("lymphocytes_high", [(4, 0), ("4.1", 2), (20, 2), ("20.1", 3)]),
    ("leukocytes_high", [(100, 0), ("100.1", 3)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("term", "limits", "value", "expected"),
    [
        *((term, {"lln": lln}, value, want) for term, lln, rows in LOW for value, want in rows),
        *((term, {"uln": uln}, value, want) for term, uln, rows in HIGH for value, want in rows),
        *((term, {}, value, want) for term, rows in ABSOLUTE for value, want in rows),
    ],
)
def test_threshold(term, limits, value, expected):
    found = grade(term, value, **limits)
    assert (found.grade, found.incomplete) == (expected, False)


def test_every_term_is_tested():
    by_baseline = {"alt_high", "ast_high", "alp_high", "ggt_high", "bilirubin_high", "creatinine_high",
                   "fibrinogen_low", "amylase_high", "eosinophils_high", "glucose_high"}  # fmt: skip
    assert len(TERMS) == 48
    assert {row[0] for rows in (LOW, HIGH, ABSOLUTE) for row in rows} | by_baseline == set(TERMS)


@pytest.mark.parametrize("term", ["alt_high", "ast_high"])
@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [
        (40, 30, 0), (41, 30, 1), (120, 30, 1), (121, 30, 2), (200, 40, 2), (201, 40, 3), (800, 30, 3), (801, 30, 4),
        (149, 100, 0), (150, 100, 1), (300, 100, 1), (301, 100, 2), (500, 100, 2), (501, 100, 3), (2001, 100, 4),
    ],
)  # fmt: skip
def test_transaminases_by_baseline(term, value, baseline, expected):
    found = grade(term, value, uln=40, baseline=baseline)
    assert found.grade == expected
    assert (Caveat.BASELINE_ABNORMAL_BRANCH in found.caveats) == (baseline > 40 and expected > 0)


@pytest.mark.parametrize("term", ["alp_high", "ggt_high"])
@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [(101, 90, 1), (251, 90, 2), (501, 90, 3), (2001, 90, 4), (399, 200, 0), (400, 200, 1), (501, 200, 2)],
)
def test_ducts_by_baseline(term, value, baseline, expected):
    assert grade(term, value, uln=100, baseline=baseline).grade == expected


@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [(20, 15, 0), (21, 15, 1), (31, 15, 2), (61, 15, 3), (201, 15, 4), (40, 40, 0), (41, 40, 1), (61, 40, 2)],
)
def test_bilirubin_by_baseline(value, baseline, expected):
    assert grade("bilirubin_high", value, uln=20, baseline=baseline).grade == expected


@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [(100, 90, 0), (101, 90, 1), (150, 100, 1), (151, 120, 2), (91, 60, 2), (301, 200, 3), (190, 60, 3), (601, 300, 4)],
)
def test_creatinine_against_limit_and_baseline(value, baseline, expected):
    assert grade("creatinine_high", value, uln=100, baseline=baseline).grade == expected


@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [
        ("2.0", 3, 0), ("1.99", 3, 1), ("1.5", 3, 1), ("1.49", 3, 2), ("0.99", 3, 3), ("0.49", 3, 4),
        ("1.6", "1.6", 1), ("1.21", "1.6", 1), ("1.2", "1.6", 2), ("0.8", "1.6", 3), ("0.5", "1.9", 3), ("0.49", "1.9", 4),
    ],
)  # fmt: skip
def test_fibrinogen(value, baseline, expected):
    assert grade("fibrinogen_low", value, lln=2, baseline=baseline).grade == expected


def test_without_limits_grade_1_cannot_be_told_from_grade_0():
    found = grade("neutrophils_low", 2)
    assert (found.label, found.queries) == ("NE", (Query.LAB_LIMIT_MISSING,))
    assert grade("neutrophils_low", "1.2").label == "2"
    assert derive_lab_grade("neutrophils_low", LabFindings(None)).label == "NE"


def test_without_baseline_liver_values_are_open_as_far_as_it_matters():
    found = grade("alt_high", 150, uln=40)
    assert (found.label, found.queries, found.domains[0].high) == ("NE", (Query.LAB_BASELINE_MISSING,), 2)
    assert grade("alt_high", 40, uln=40).label == "0"
    assert grade("alt_high", 150, uln=40, assume=True).label == "2"
    assert grade("fibrinogen_low", "1.4", lln=2, assume=True).label == "2"
    assert grade("fibrinogen_low", "2.1", lln=2).label == "0"


@pytest.mark.parametrize(
    ("term", "value", "limits", "without", "unknown", "with_"),
    [
        ("potassium_low", "3.2", {"lln": "3.5"}, "1", ">=1", "2"),
        ("potassium_high", "5.2", {"uln": 5}, "1", ">=1", "2"),
        ("sodium_low", 127, {"lln": 135}, "2", ">=2", "3"),
        ("lipase_high", 200, {"uln": 60}, "2", ">=2", "3"),
        ("lipase_high", 400, {"uln": 60}, "3", ">=3", "4"),
        ("amylase_high", 200, {"uln": 100}, "2", "2", "2"),
        ("haemoglobin_low", 105, {"lln": 130}, "1", ">=1", "3"),
        ("aptt_high", 45, {"uln": 40}, "1", ">=1", "3"),
    ],
)
def test_symptoms_that_split_grades_are_asked_for(term, value, limits, without, unknown, with_):
    assert grade(term, value, **limits).label == without
    assert grade(term, value, clinical=True, **limits).label == with_
    found = grade(term, value, clinical=None, **limits)
    assert found.label == unknown
    asked = unknown.startswith(">")
    assert (Query.LAB_SYMPTOMS_DECIDE in found.queries) == asked
    assert (Caveat.MINIMUM_GRADE in found.caveats) == asked


@pytest.mark.parametrize(
    ("term", "value", "label", "highest"), [("haemoglobin_low", "79.9", ">=3", 4), ("haemoglobin_low", 80, ">=2", 3),
                                            ("albumin_low", "19.9", ">=3", 4), ("albumin_low", 20, "2", 2)],
)  # fmt: skip
def test_grade_4_of_anaemia_and_hypoalbuminaemia_is_no_number(term, value, label, highest):
    """Grade 4 is a threat to life; until the site has said so, the number gives a minimum."""
    limits = {"lln": 130 if term == "haemoglobin_low" else 35}
    found = grade(term, value, clinical=None, **limits)
    assert (found.label, found.domains[0].high) == (label, highest)
    assert (Query.LAB_SYMPTOMS_DECIDE in found.queries) is found.incomplete
    settled = grade(term, value, clinical=None, life_threatening=True, **limits)
    assert settled.grade == (4 if highest == 4 else found.grade)
    assert grade(term, value, clinical=False, **limits).label == label.lstrip(">=")


def test_values_in_another_unit_are_converted_before_comparing():
    assert grade("neutrophils_low", 499, "/uL").grade == 4
    assert grade("neutrophils_low", 500, "/uL").grade == 3
    assert grade("haemoglobin_low", "7.9", "g/dL", lln=13).grade == 3
    assert grade("creatinine_high", "1.6", "mg/dL", uln="1.0", baseline="0.9").grade == 2
    mixed = LabFindings(Quantity.of("0.8", "g/L"), lln=Quantity.of(200, "mg/dL"), baseline=Quantity.of(300, "mg/dL"))
    assert derive_lab_grade("fibrinogen_low", mixed).grade == 3


def test_rounding_to_significant_digits_is_an_option():
    assert grade("neutrophils_low", "0.4999999", lln=2).grade == 4
    assert grade("neutrophils_low", "0.4999999", lln=2, digits=5).grade == 3
    assert grade("neutrophils_low", 0, lln=2, digits=5).grade == 4


@pytest.mark.parametrize(
    ("quantity", "unit", "analyte", "expected"),
    [
        (("98.6", "degF"), "degC", "", 37),
        ((1, "cm"), "mm", "", 10),
        ((100, "mg/dL"), "mmol/L", "glucose", "5.5507"),
        (("5.5507", "mmol/L"), "mg/dL", "glucose", "99.9992"),
        ((1, "mg/dL"), "umol/L", "creatinine", "88.402"),
        ((4, "mEq/L"), "mmol/L", "potassium", 4),
        ((4, "mEq/L"), "mmol/L", "calcium", 2),
        ((1, "mmol/L"), "umol/L", "", 1000),
        ((2, "ukat/L"), "U/L", "", 120),
    ],
)
def test_conversion(quantity, unit, analyte, expected):
    assert abs(convert(Quantity.of(*quantity), unit, analyte) - Decimal(str(expected))) < Decimal("0.001")


@pytest.mark.parametrize(
    ("call", "fault_id"),
    [
        (lambda: Quantity.of(1, "furlong"), "COR-030"),
        (lambda: convert(Quantity.of(1, "mg/dL"), "1e9/L"), "COR-032"),
        (lambda: convert(Quantity.of(1, "mg/dL"), "mmol/L"), "COR-032"),
        (lambda: convert(Quantity.of(1, "mmol/L"), "g/L"), "COR-032"),
        (lambda: grade("tin_low", 1, "g/L"), "CLN-006"),
        (lambda: grade("neutrophils_low", -1), "CLN-002"),
        (lambda: grade("neutrophils_low", 1, lln=-2), "CLN-002"),
        (lambda: grade("neutrophils_low", 1, lln=8, uln=2), "CLN-009"),
        (lambda: exact("1e31"), "CLN-001"),
        (lambda: exact("-1e-31"), "CLN-001"),
        (lambda: exact("1e999999"), "CLN-001"),
        (lambda: exact("1,5"), "CLN-001"),
        (lambda: exact(True), "CLN-001"),
        (lambda: exact("inf"), "CLN-001"),
    ],
)
def test_bad_input_is_refused(call, fault_id):
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.faults[0].id == fault_id


@pytest.mark.parametrize(("version", "key"), [(version, key) for version in VERSIONS for key in VERSIONS[version][1]])
def test_every_term_is_stated_in_a_unit_and_enzymes_are_graded_from_international_units(version, key):
    term = VERSIONS[version][1][key]
    assert is_unit(term.unit)
    if term.unit == "U/L":
        assert convert(Quantity.of(40, "IU/L"), term.unit, term.analyte) == 40
