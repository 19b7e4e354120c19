"""How numbers look: rounding happens once, by stated rules."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrial.core.intervals import clopper_pearson
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.report.content.values import (
    Bound,
    Cells,
    Code,
    Count,
    Dash,
    Lines,
    Measure,
    Quantity,
    Rate,
    Recorded,
    Share,
    Span,
    Text,
    Unit,
)
from celltrial.report.render.numbers import cells, fixed, number, percent, significant
from celltrial.report.render.words import Words

EN, ZH = Words("en"), Words("zh")


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0.05, 1, "0.1"),
        (0.25, 1, "0.3"),
        (-0.25, 1, "-0.3"),
        (2.675, 2, "2.68"),
        (1e6, 0, "1,000,000"),
        (-0.04, 1, "0.0"),
    ],
)
def test_half_is_rounded_away_from_zero(value, decimals, shown):
    assert fixed(value, decimals) == shown


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_rounding_is_never_off_by_more_than_half_a_unit(value, decimals):
    shown = Decimal(fixed(value, decimals).replace(",", ""))
    assert abs(shown - Decimal(repr(value))) <= Decimal(1).scaleb(-decimals) / 2


@given(st.floats(1e-6, 1e9))
def test_three_significant_digits_are_within_half_of_the_third(value):
    shown = float(significant(value).replace(",", ""))
    third = 10 ** (math.floor(math.log10(value)) - 2)
    assert abs(shown - value) <= 0.5000001 * third


def test_infinite_and_zero():
    assert fixed(math.inf, 1) == "∞"
    assert fixed(-math.inf, 1) == "-∞"
    assert significant(0.0) == "0"


@pytest.mark.parametrize(
    ("value", "shown"), [(9.96e5, "1.0 × 10⁶"), (3e6, "3.0 × 10⁶"), (9999, "9,999"), (1.5e8, "1.5 × 10⁸")]
)
def test_doses_are_mantissa_and_power(value, shown):
    assert cells(value) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.5, Unit.SHARE, "50.0"),
        (0.1234, Unit.POINTS, "12.3"),
        (60.875, Unit.MONTHS, "2.0"),
        (10.0417, Unit.DAYS, "10"),
        (65.5, Unit.KILOGRAMS, "65.5"),
        (624309.0, Unit.CONCENTRATION_DAYS, "624,000"),
        (0.6666, Unit.COEFFICIENT, "0.67"),
        (3e6, Unit.CELLS, "3.0 × 10⁶"),
    ],
)
def test_the_unit_decides(value, unit, shown):
    assert number(value, unit) == shown


def test_per_cents_are_those_of_the_requirements():
    assert (percent(27 / 34), percent(18 / 34), percent(18 / 40)) == ("79.4", "52.9", "45.0")


def test_a_rate_shows_counts_and_interval_in_both_languages():
    rate = Rate(Estimate(27 / 34, "infused", 34, "clopper_pearson", clopper_pearson(27, 34), (), {"x": 27.0}))
    assert (EN.show(rate).main, EN.show(rate).sub) == ("79.4%", "27/34; 95% CI 62.1 to 91.3")
    assert ZH.show(rate).sub == "27/34；95% CI 62.1 至 91.3"


def test_an_open_interval_is_said_in_words():
    found = Estimate(240.0, "infused", 9, "kaplan_meier", Interval(120.0, math.inf, 0.95, "log_log"))
    assert EN.show(Measure(found, Unit.MONTHS)).sub == "95% CI 3.9 to not reached"
    assert ZH.show(Measure(found, Unit.MONTHS)).sub == "95% CI 3.9 至未达到"


def test_an_interval_of_no_width_is_not_printed():
    certain = Estimate(1.0, "infused", 9, "kaplan_meier", Interval(1.0, 1.0, 0.95, "log_log"))
    assert EN.show(Measure(certain, Unit.SHARE)).line == "100.0%"


def test_not_estimable_is_a_reason_never_a_number():
    early = NotEstimable("last_sample_too_early", "subject", 5, {"last": 21.0, "end": 28.0})
    assert EN.show(Measure(early)).main == "not estimable: last sample on day 21, before day 28"
    assert EN.show(Measure(early)).kind == "reason"
    assert ZH.show(Rate(NotEstimable("no_subjects", "infused", 0))).main == "无法估计：该人群无受试者"


def test_a_median_not_reached_shows_its_lower_limit():
    open_end = NotEstimable("not_reached", "infused", 9, {"p": 0.5, "lower": 365.25})
    assert EN.show(Measure(open_end, Unit.MONTHS)).line == "not reached lower limit 12.0"
    nowhere = NotEstimable("not_reached", "infused", 9, {"p": 0.5, "lower": math.inf})
    assert EN.show(Measure(nowhere, Unit.MONTHS)).line == "not reached"


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (Count(1234), "1,234", "1,234"),
        (Share(3, 9), "3 (33.3%)", "3 (33.3%)"),
        (Share(0, 9), "0", "0"),
        (Quantity(12.5, Unit.NONE, "copies/ug"), "12.5 copies/ug", "12.5 copies/ug"),
        (Bound("<", 0.5, Unit.SHARE), "< 50.0", "< 50.0"),
        (Span(0.1, 0.25, Unit.SHARE), "10.0 to 25.0%", "10.0 至 25.0%"),
        (Cells(3e6, True), "3.0 × 10⁶ cells/kg", "3.0 × 10⁶ 个细胞/kg"),
        (Cells(3e8, False), "3.0 × 10⁸ cells", "3.0 × 10⁸ 个细胞"),
        (Code("sex", "F"), "female", "女"),
        (Code("term", "Rash <b>"), "Rash <b>", "Rash <b>"),
        (Recorded("as said"), "as said", "as said"),
        (Dash(), "–", "–"),
        (Lines((Count(1), Text("report.phrase.yes"))), "1\nyes", "1\n是"),
    ],
)
def test_every_kind_of_value_has_words(value, en, zh):
    assert EN.show(value).line == en
    assert ZH.show(value).line == zh
