"""Every way in which ISO 8601 writes a day or moment is read; what can mean two days is not guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from celltrial.core.dates import calendar_form, parse_instant
from celltrial.core.errors import UserError

NOON = datetime(2025, 6, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2025-06-01T10:00Z", "20250601T100000Z", "2025-W22-7T10:00Z", "2025W227T1000Z", "2025-152T10:00Z", "2025152T1000Z", "2025-06-01T18:00+08:00",
     "2025-06-01T10Z", "2025-06-01T10:00:00,0Z", "2025年6月1日 10:00Z", "2025/6/1 10:00Z", "２０２５/06/01 10:00 Z"],
)  # fmt: skip
def test_one_moment_in_every_spelling(text):
    assert parse_instant(text) == NOON


@pytest.mark.parametrize(
    "text", ["2025-05-31T24:00Z", "20250531T2400Z", "2025-151T24:00:00Z", "2025-05-31T24Z", "2025-05-31 24:00 +00:00"]
)
def test_the_midnight_at_the_end_of_a_day_is_that_of_the_next(text):
    assert parse_instant(text) == datetime(2025, 6, 1, tzinfo=UTC)


def test_every_day_of_a_year_by_its_number():
    """Against the calendar of the standard library, a leap year and a common one."""
    for year in (2023, 2024):
        first = date(year, 1, 1)
        for number in range(1, (date(year + 1, 1, 1) - first).days + 1):
            assert calendar_form(f"{year}-{number:03d}") == (first + timedelta(days=number - 1)).isoformat()


@pytest.mark.parametrize(
    "text",
    ["2025-000", "2025-366", "2025-999", "2025年13月1日", "2025年2月30日", "2025/13/01", "01/06/2025", "6/1/2025", "2025-06-01T24:30Z", "2025-06-01T25:00Z", "9999-12-31T24:00Z", "", "x", "2025-15", "20251"],
)  # fmt: skip
def test_what_is_no_day_or_can_mean_two_stays_as_it_is_and_is_refused(text):
    assert calendar_form(text) == text
    with pytest.raises(UserError):
        parse_instant(text)
