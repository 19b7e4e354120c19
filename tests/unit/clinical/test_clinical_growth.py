"""Growth z-scores: the formula on published lines, position, the bend beyond 3, flags, what is missing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from celltrial.clinical.growth import Child, GrowthTables, Indicator, Lms, Sex, derive_growth, lms_z
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError

WEIGHT, HEIGHT, BMI = Indicator.WEIGHT_FOR_AGE, Indicator.HEIGHT_FOR_AGE, Indicator.BMI_FOR_AGE
#: Rows of the WHO standards, boys: weight at birth and at 12 months.
AT_BIRTH = Lms(*map(Decimal, ("0", "0.3487", "3.3464", "0.14602")))
AT_A_YEAR = Lms(*map(Decimal, ("365", "0.0644", "9.6479", "0.10925")))
TABLES = GrowthTables(
    "rows written here",
    {
        (WEIGHT, Sex.MALE): (AT_BIRTH, AT_A_YEAR),
        (HEIGHT, Sex.MALE): tuple(
            Lms(Decimal(day), Decimal(1), Decimal(85), Decimal("0.04")) for day in (700, 730, 731)
        ),
        (BMI, Sex.MALE): (Lms(Decimal(731), Decimal(0), Decimal(16), Decimal("0.1")),),
        (Indicator.WEIGHT_FOR_LENGTH, Sex.MALE): (Lms(Decimal("84.3"), Decimal(1), Decimal(11), Decimal("0.1")),),
        (Indicator.WEIGHT_FOR_HEIGHT, Sex.MALE): (Lms(Decimal("84.3"), Decimal(1), Decimal(12), Decimal("0.1")),),
    },
)


def z(indicator, **measured):
    return derive_growth(Child(**{"sex": Sex.MALE} | measured), indicator, tables=TABLES)


@pytest.mark.parametrize(
    ("row", "kilograms"),
    [
        (AT_BIRTH, ["2.1", "2.5", "2.9", "3.3", "3.9", "4.4", "5.0"]),
        (AT_A_YEAR, ["6.9", "7.7", "8.6", "9.6", "10.8", "12.0", "13.3"]),
    ],
)
def test_the_published_lines_from_minus_3_to_3_are_met(row, kilograms):
    """WHO weight for age, boys, birth and 12 months; the lines are printed to 0.1 kg, so z differs by up to 0.1."""
    for line, weight in zip(range(-3, 4), kilograms, strict=True):
        assert abs(lms_z(weight, row, bend_beyond_3=True) - line) < Decimal("0.11")


def test_beyond_3_a_weight_counts_in_steps_from_the_second_to_the_third_line():
    second, third = (
        AT_A_YEAR.median * (1 + AT_A_YEAR.skew * AT_A_YEAR.spread * n) ** (1 / AT_A_YEAR.skew) for n in (2, 3)
    )
    for steps in (1, 2):
        assert round(lms_z(third + steps * (third - second), AT_A_YEAR, bend_beyond_3=True), 9) == 3 + steps
    assert lms_z(third + third - second, AT_A_YEAR, bend_beyond_3=False) < 4
    lower = [AT_A_YEAR.median * (1 + AT_A_YEAR.skew * AT_A_YEAR.spread * n) ** (1 / AT_A_YEAR.skew) for n in (-2, -3)]
    assert round(lms_z(lower[1] - (lower[0] - lower[1]), AT_A_YEAR, bend_beyond_3=True), 9) == -4
    assert abs(lms_z(third, AT_A_YEAR, bend_beyond_3=True) - 3) < Decimal("1e-20")


def test_a_skew_of_0_is_the_logarithm():
    row = Lms(Decimal(0), Decimal(0), Decimal(10), Decimal("0.1"))
    assert lms_z(10, row, bend_beyond_3=True) == 0
    assert round(lms_z("12.21402758", row, bend_beyond_3=True), 6) == 2
    third, second = Decimal("0.3").exp() * 10, Decimal("0.2").exp() * 10
    assert round(lms_z(2 * third - second, row, bend_beyond_3=True), 9) == 4


def test_between_two_rows_l_m_and_s_lie_on_a_straight_line():
    found = TABLES.row(WEIGHT, Sex.MALE, Decimal(73))
    assert found.median == AT_BIRTH.median + (AT_A_YEAR.median - AT_BIRTH.median) * Decimal("0.2")
    assert TABLES.row(WEIGHT, Sex.MALE, Decimal(366)) is None
    assert TABLES.row(HEIGHT, Sex.MALE, Decimal(699)) is None
    assert TABLES.row(WEIGHT, Sex.FEMALE, Decimal(1)) is None


@pytest.mark.parametrize(
    ("days", "lying", "counted"),
    [
        (730, None, "85"),
        (730, True, "85"),
        (730, False, "85.7"),
        (731, None, "85"),
        (731, False, "85"),
        (731, True, "84.3"),
    ],
)
def test_a_length_taken_in_the_other_position_is_moved_by_7_mm(days, lying, counted):
    found = z(HEIGHT, age_days=days, length_cm=85, lying=lying)
    assert found.inputs["value"] == counted
    assert found.value == ((Decimal(counted) / 85 - 1) / Decimal("0.04")).quantize(Decimal("0.01"))


def test_the_corrected_length_enters_the_body_mass_index_and_the_table_by_length():
    bmi = z(BMI, age_days=731, length_cm=85, weight_kg=12, lying=True)
    assert Decimal(bmi.inputs["value"]) == Decimal(120_000) / Decimal("84.3") ** 2
    young = {"length_cm": "83.6", "weight_kg": "12.1"}
    assert z(Indicator.WEIGHT_FOR_LENGTH, age_days=700, lying=False, **young).value == 1
    assert z(Indicator.WEIGHT_FOR_HEIGHT, age_days=700, lying=False, **young).caveats == (Caveat.NO_GROWTH_TABLE,)
    assert z(Indicator.WEIGHT_FOR_HEIGHT, age_days=800, length_cm="84.3", weight_kg=12).value == 0
    assert z(Indicator.WEIGHT_FOR_LENGTH, age_days=800, length_cm="84.3", weight_kg=12).label == "NE"


@pytest.mark.parametrize(("length", "asked"), [("105.4", False), ("105.5", True), ("64.6", False), ("64.5", True)])
def test_a_z_beyond_what_who_calls_plausible_is_kept_and_queried(length, asked):
    """Height for age beyond 6: here 1 z is 3.4 cm, so 105.4 and 64.6 cm are exactly 6."""
    found = z(HEIGHT, age_days=730, length_cm=length)
    assert (Query.GROWTH_IMPLAUSIBLE in found.queries) == asked
    assert found.value is not None


@pytest.mark.parametrize(("weight", "asked"), [("15.8", False), ("17.5", True), ("4.5", False), ("3.9", True)])
def test_a_weight_beyond_minus_6_or_5_is_queried(weight, asked):
    assert (Query.GROWTH_IMPLAUSIBLE in z(WEIGHT, age_days=365, weight_kg=weight).queries) == asked


@pytest.mark.parametrize(
    ("indicator", "measured"),
    [
        (WEIGHT, {"age_days": 365}),
        (WEIGHT, {"weight_kg": 9}),
        (WEIGHT, {"sex": None, "age_days": 365, "weight_kg": 9}),
        (HEIGHT, {"length_cm": 80}),
        (BMI, {"age_days": 731, "weight_kg": 9}),
        (WEIGHT, {"age_days": 5000, "weight_kg": 40}),
    ],
)
def test_what_is_missing_or_not_covered_is_ne_and_never_0(indicator, measured):
    found = z(indicator, **measured)
    assert (found.label, found.value, found.is_evaluable) == ("NE", None, False)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Child(Sex.MALE, -1),
        lambda: Child(Sex.MALE, 7001),
        lambda: z(WEIGHT, age_days=365, weight_kg=0),
        lambda: z(HEIGHT, age_days=730, length_cm=2),
        lambda: lms_z(0, AT_A_YEAR, bend_beyond_3=True),
    ],
)
def test_measures_that_no_child_has_are_refused(call):
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.faults[0].id == "CLN-002"


def test_a_score_prints_itself():
    found = z(WEIGHT, age_days=365, weight_kg=12)
    assert (found.label, found.as_record()["value"], found.grade) == ("2.01", "2.01", None)
