"""Dates and times: UTC inside, the site's own zone for rules.

Three kinds of day never mix: a calendar date, a CDISC study day (which has no
zero) and an infusion day (zero is the infusion). Durations in days and in
months are different types. A year added to 29 February ends on 1 March, never
a day short.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from celltrial.core.errors import UserError, fault
from celltrial.core.reading.bounds import FIRST_YEAR, LAST_YEAR, year_in
from celltrial.core.values import Identifier, message, one_of

#: A day as ISO 8601 counts it within its year, in Chinese, or with strokes after the year.
_OTHER_DAY: Final = re.compile(
    r"(?P<a>\d{4})-?(?P<n>\d{3})(?=$|[T\s])|(?P<b>\d{4})(?:年(?P<m>\d{1,2})月(?P<d>\d{1,2})日|/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})(?=$|[T\s]))",
    re.IGNORECASE,
)
#: The midnight at which a day ends.
_END_OF_DAY: Final = re.compile(
    r"(?P<on>\d{4}-?\d{2}-?\d{2})(?P<mark>[T\s])24(?::?00)?(?::?00)?(?=$|[Z+\-])", re.IGNORECASE
)


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone of this name; raise COR-010 where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(fault("COR-010", expected=message("iana_time_zone"), found=name)) from None


def require_utc(value: datetime) -> datetime:
    """Return an aware instant in UTC; a naive one is refused (COR-011)."""
    if value.tzinfo is None:
        raise UserError(fault("COR-011", expected=message("time_with_a_utc_offset"), found=value.isoformat()))
    try:
        return value.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last year that there is
        raise UserError(
            fault("COR-011", expected=message("time_within_the_calendar"), found=value.isoformat())
        ) from None


def calendar_form(text: str) -> str:
    """Return a day or moment with its day as a calendar date: ISO 8601 also counts the days of a year, and ends a day at 24:00.

    A day in Chinese, or with strokes after its year, is read the same way; one that begins with day or month stays as it is,
    because it can mean two days. What is no such form is returned as it was.

    >>> [calendar_form(text) for text in ("2025-152", "2025152T10:00Z", "2025-12-31T24:00Z", "2025年6月1日", "2025/6/1 10:00")]
    ['2025-06-01', '2025-06-01T10:00Z', '2026-01-01T00:00Z', '2025-06-01', '2025-06-01 10:00']
    """
    found = _OTHER_DAY.match(text)
    if found is not None:
        year, nth, month, day = (
            int(part) if part else 0
            for part in (found["a"] or found["b"], found["n"], found["m"] or found["m2"], found["d"] or found["d2"])
        )
        try:
            on = date(year, month, day) if month else date(year, 1, 1) + timedelta(days=nth - 1)
        except (ValueError, OverflowError):
            return text
        if month or (nth and on.year == year):
            text = on.isoformat() + text[found.end() :]
    ended = _END_OF_DAY.match(text)
    if ended is None:
        return text
    try:
        following = date.fromisoformat(str(ended["on"])) + timedelta(days=1)
    except (ValueError, OverflowError):
        return text
    return f"{following.isoformat()}{ended['mark']}00:00{text[ended.end() :]}"


def parse_instant(text: str, zone_name: str | None = None) -> datetime:
    """Read an ISO 8601 time and return it in UTC: seconds may be left out, a blank may stand for the T; days as `calendar_form`.

    zone_name: IANA zone of a time that states no offset; without it such a time is refused, and so is one that its zone
               does not have, or has twice, because the clock was changed.

    >>> parse_instant("2025-03-29T10:00:00+08:00").isoformat()
    '2025-03-29T02:00:00+00:00'
    >>> parse_instant("2025-03-29 10:00 +0800") == parse_instant("2025-03-29t02:00z")
    True
    >>> parse_instant("2025-03-29 10:00", "Asia/Shanghai").isoformat()
    '2025-03-29T02:00:00+00:00'
    """
    plain = unicodedata.normalize("NFKC", text).strip().upper().replace("\N{MINUS SIGN}", "-")
    plain = calendar_form(re.sub(r"\s+(?=[+-]\d|Z$)", "", plain))
    try:
        value = datetime.fromisoformat(plain)
    except ValueError:
        raise _no_instant(text) from None
    if value.tzinfo is None and zone_name is not None:
        if not re.search(r"\d[T\s]\d", plain):  # a day is no moment
            raise _no_instant(text)
        value = value.replace(tzinfo=zone(zone_name))
        if value.utcoffset() != value.replace(fold=1).utcoffset():
            raise _no_instant(text)
    moment = require_utc(value)
    if not year_in(moment):
        raise UserError(fault("COR-057", found=text, expected=f"{FIRST_YEAR} .. {LAST_YEAR}"))
    return moment


def _no_instant(text: str) -> UserError:
    return UserError(fault("COR-011", expected=message("iso_8601_time_with_offset"), found=text))


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment in UTC together with the zone of the place where it was lived."""

    utc: datetime
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse naive times."""
        if self.utc.tzinfo is not UTC:
            object.__setattr__(self, "utc", require_utc(self.utc))

    @property
    def local(self) -> datetime:
        """The same moment on the site's clock."""
        return self.utc.astimezone(zone(self.zone))

    @property
    def local_date(self) -> date:
        """The site's calendar date, on which windows are counted."""
        return self.local.date()


@dataclass(frozen=True, slots=True)
class Window:
    """An inclusive range of whole days around a reference day; `low` may be negative."""

    low: int
    high: int

    def __post_init__(self) -> None:
        """Refuse an empty window."""
        if self.low > self.high:
            raise UserError(fault("COR-012", expected="low <= high", found=f"{self.low}..{self.high}"))

    def __contains__(self, day: int) -> bool:
        return self.low <= day <= self.high


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which the day, or the month and the day, may be unknown."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Refuse a day without a month, and dates that do not exist."""
        if self.day is not None and self.month is None:
            raise UserError(
                fault("COR-013", expected=message("month_beside_the_day"), found=f"{self.year}-?-{self.day}")
            )
        try:
            date(self.year, self.month or 1, self.day or 1)
        except ValueError:
            raise UserError(fault("COR-013", expected=message("date_that_exists"), found=str(self))) from None

    @staticmethod
    def parse(text: str) -> PartialDate:
        """Read `YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
        parts = text.split("-")
        if len(parts) > 3 or not all(part.isdigit() for part in parts):
            raise UserError(
                fault("COR-013", expected=one_of(*map(Identifier, ("YYYY", "YYYY-MM", "YYYY-MM-DD"))), found=text)
            )
        return PartialDate(*(int(part) for part in parts))

    def __str__(self) -> str:
        known = [f"{self.year:04d}"] + [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(known)

    @property
    def earliest(self) -> date:
        """The first calendar date it could be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last calendar date it could be."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])


def add_months(start: date, months: int) -> date:
    """Return the same day of the month `months` later; a missing day becomes the 1st of the next month.

    >>> add_months(date(2024, 1, 31), 1)
    datetime.date(2024, 3, 1)
    """
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    if start.day <= calendar.monthrange(year, month + 1)[1]:
        return date(year, month + 1, start.day)
    year, month = divmod(index + 1, 12)
    return date(year, month + 1, 1)


def add_years(start: date, years: int) -> date:
    """Return the anniversary; 29 February moves to 1 March, never a day short (AC-F1.5).

    >>> add_years(date(2024, 2, 29), 1)
    datetime.date(2025, 3, 1)
    """
    return add_months(start, 12 * years)


def whole_years(born: date, day: date) -> int:
    """Return the age on a day, in whole years.

    >>> whole_years(date(2000, 3, 2), date(2026, 3, 1)), whole_years(date(2000, 3, 2), date(2026, 3, 2))
    (25, 26)
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def study_day(day: date, reference: date) -> int:
    """Return the CDISC study day: 1 on the reference date, -1 the day before, never 0."""
    delta = (day - reference).days
    return delta + 1 if delta >= 0 else delta


def infusion_day(day: date, infused_on: date) -> int:
    """Return days since infusion: 0 on the day of infusion."""
    return (day - infused_on) // timedelta(days=1)
