"""The core: truth, doses, dates, intervals, streams, errors."""

from __future__ import annotations

import errno
import os
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrial.core.dates import (
    Instant,
    PartialDate,
    Window,
    add_months,
    add_years,
    infusion_day,
    parse_instant,
    study_day,
    zone,
)
from celltrial.core.doses import CellDose, DoseBasis, target_positive_viable
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.intervals import clopper_pearson, upper_bound_zero_events, wilson
from celltrial.core.os_reasons import _REASONS, os_reason
from celltrial.core.random_streams import spawn_key, stream
from celltrial.core.truth import Truth, all_of, any_of, negate
from celltrial.locale.wording import in_words

truths = st.sampled_from(Truth)


@given(st.lists(truths))
def test_de_morgan_holds_for_three_values(values):
    assert any_of(values) is negate(all_of(negate(value) for value in values))


def test_unknown_is_neither_and_has_no_bool():
    assert all_of([Truth.TRUE, Truth.UNKNOWN]) is Truth.UNKNOWN
    assert all_of([Truth.FALSE, Truth.UNKNOWN]) is Truth.FALSE
    assert Truth.of(None) is Truth.UNKNOWN
    with pytest.raises(TypeError):
        bool(Truth.UNKNOWN)


def test_ac_p42_basis_arithmetic():
    dose = target_positive_viable(Decimal("4e8"), viability=Decimal("0.85"), positivity=Decimal("0.30"))
    assert dose.cells == Decimal("1.02e8")


def test_ac_p43_weight_and_cap():
    dose = CellDose(Decimal("1e6"), per_kg=True)
    assert dose.for_weight(Decimal(55), cap=Decimal("1e8")).cells == Decimal("5.5e7")
    assert dose.for_weight(Decimal(120), cap=Decimal("1e8")).cells == Decimal("1e8")


def test_doses_of_different_kinds_do_not_compare():
    total = CellDose(Decimal("1e6"), DoseBasis.TOTAL)
    with pytest.raises(UserError) as caught:
        _ = total < CellDose(Decimal("1e6"), DoseBasis.VIABLE)
    assert caught.value.faults[0].id == "COR-002"


@pytest.mark.parametrize("cells", ["0", "-1", "NaN", "Infinity"])
def test_a_dose_is_a_positive_number(cells):
    with pytest.raises(UserError):
        CellDose(Decimal(cells))


@given(st.dates(date(1950, 1, 1), date(2080, 1, 1)), st.integers(0, 60))
def test_a_year_is_never_a_day_short(start, years):
    end = add_years(start, years)
    assert end.year in {start.year + years, start.year + years}
    assert (end.month, end.day) >= (start.month, start.day) or (end.month, end.day) == (3, 1)


def test_ac_f15_leap_day_ends_on_the_first_of_march():
    assert add_years(date(2024, 2, 29), 15) == date(2039, 3, 1)
    assert add_months(date(2025, 1, 31), 1) == date(2025, 3, 1)


def test_study_day_has_no_zero_and_infusion_day_has():
    infused = date(2025, 3, 1)
    assert [study_day(date(2025, 2, 28), infused), study_day(infused, infused)] == [-1, 1]
    assert [infusion_day(date(2025, 2, 28), infused), infusion_day(infused, infused)] == [-1, 0]


def test_ac_c51_clock_in_two_zones():
    opens = parse_instant("2025-03-29T10:00:00+08:00")
    assert opens == datetime(2025, 3, 29, 2, tzinfo=UTC)
    assert Instant(opens, "Europe/Berlin").local.isoformat() == "2025-03-29T03:00:00+01:00"
    assert Instant(datetime(2025, 3, 28, 17, tzinfo=UTC), "Asia/Shanghai").local_date == date(2025, 3, 29)


def test_naive_times_and_unknown_zones_are_refused():
    with pytest.raises(UserError):
        Instant(datetime(2025, 1, 1))  # noqa: DTZ001 - the point of the test
    with pytest.raises(UserError):
        zone("Asia/Shanghia")
    with pytest.raises(UserError):
        parse_instant("2025-03-29T10:00:00")


def test_partial_dates_bound_what_they_could_be():
    partial = PartialDate.parse("2024-02")
    assert (partial.earliest, partial.latest) == (date(2024, 2, 1), date(2024, 2, 29))
    for text in ("2024-13", "2024-02-30", "24-x", "2024-01-01-01"):
        with pytest.raises(UserError):
            PartialDate.parse(text)


def test_windows_include_both_ends():
    window = Window(-3, 7)
    assert -3 in window
    assert 7 in window
    assert 8 not in window
    with pytest.raises(UserError):
        Window(2, 1)


def test_ac_p73_upper_bounds_after_zero_events():
    assert [round(100 * upper_bound_zero_events(n), 2) for n in (20, 100, 300)] == [13.91, 2.95, 0.99]


def test_ac_a65_printed_intervals_are_clopper_pearson():
    for x, n, low, high in ((61, 115, 43.5, 62.4), (65, 79, 72.1, 90.0)):
        interval = clopper_pearson(x, n)
        assert (round(100 * interval.low, 1), round(100 * interval.high, 1)) == (low, high)


@given(st.integers(1, 60), st.data())
def test_exact_intervals_cover_their_estimate_and_reach_the_ends(n, data):
    x = data.draw(st.integers(0, n))
    interval = clopper_pearson(x, n)
    assert interval.low <= x / n <= interval.high
    assert (interval.low == 0) is (x == 0)
    assert (interval.high == 1) is (x == n)
    score = wilson(x, n)
    assert 0 <= score.low <= score.high <= 1


@pytest.mark.parametrize(("x", "n"), [(1, 0), (-1, 3), (4, 3)])
def test_counts_that_cannot_be_are_refused(x, n):
    with pytest.raises(UserError):
        clopper_pearson(x, n)


def test_streams_are_named_and_independent_of_order():
    first = stream(7, "twin", "subject", 3).random(4)
    stream(7, "twin", "subject", 2).random(100)
    assert (stream(7, "twin", "subject", 3).random(4) == first).all()
    assert (stream(8, "twin", "subject", 3).random(4) != first).any()
    assert spawn_key("1") != spawn_key(1)


def test_a_fault_reads_without_a_language():
    assert str(fault("DSG-001", "p.yaml:3:5", found="2")) == "DSG-001 at p.yaml:3:5: found 2"
    assert str(Fault("DSG-001")) == "DSG-001"


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_reason_of_the_system_has_words_and_a_common_one_has_them_in_both_languages(number):
    value = os_reason(OSError(number, os.strerror(number)))
    assert in_words(value, "en") == os.strerror(number)
    assert (in_words(value, "zh") == os.strerror(number)) is (number not in _REASONS)
