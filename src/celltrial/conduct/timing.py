"""Intervals and windows of conduct: exact intervals on UTC, windows on the site's calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from celltrial.core.dates import Instant, add_months, require_utc, zone
from celltrial.protocol.model import Duration

_EXACT: Final = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "wk": timedelta(weeks=1)}


def after(moment: Instant, duration: Duration) -> datetime:
    """Return the UTC moment one duration later; minutes, hours, days and weeks are exact, months and years by the calendar.

    >>> from datetime import UTC
    >>> opens_at = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
    >>> opens = after(opens_at, Duration(28, "d"))
    >>> opens.isoformat()
    '2025-03-29T02:00:00+00:00'
    >>> after(opens_at, Duration(30, "min")).isoformat()
    '2025-03-01T02:30:00+00:00'
    """
    unit = _EXACT.get(duration.unit)
    if unit is not None:
        return moment.utc + unit * duration.amount
    months = round(duration.amount * (12 if duration.unit == "y" else 1))
    local = moment.local
    day = add_months(local.date(), months)
    return require_utc(datetime.combine(day, local.timetz().replace(tzinfo=None), tzinfo=zone(moment.zone)))


def start_of_day(day: date, zone_name: str) -> Instant:
    """Return midnight at the beginning of a site-local day."""
    return Instant(datetime.combine(day, time(), tzinfo=zone(zone_name)), zone_name)


def days_between(earlier: date, later: date) -> int:
    """Return whole calendar days from one date to another; 0 on the same day."""
    return (later - earlier).days


def whole_days(duration: Duration) -> int:
    """Return the length of a window in whole days (months and years by their nominal length, rounded down)."""
    return int(duration.days)


def closing_day(start: date, duration: Duration) -> date:
    """Return the last site-local day of a window that opens on `start` (day 0).

    >>> closing_day(date(2025, 3, 1), Duration(28, "d"))
    datetime.date(2025, 3, 29)
    """
    if duration.unit in {"mo", "y"}:
        return add_months(start, round(duration.amount * (12 if duration.unit == "y" else 1)))
    return start + timedelta(days=int(duration.days))
