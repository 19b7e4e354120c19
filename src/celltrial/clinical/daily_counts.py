"""One blood count per day from scattered measurements, and the runs below a limit.

The lowest value of a day counts. Days without a value between two measured ones are
filled by a straight line where at most seven follow one another, and the first and
last value are carried to the edges under the same limit; longer gaps stay unknown.
Filled values are rounded to ten cells, measured ones are not touched: an ANC of
exactly 501 is above 500. (The published notebook rounds measured values too.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from celltrial.clinical.exact import Number, exact, exact_in
from celltrial.core.errors import UserError, fault
from celltrial.core.measured import Comparator, Relation, compare
from celltrial.core.truth import Truth
from celltrial.core.values import at_least, message

LONGEST_FILLED_GAP: Final = 7
#: Recovery means three consecutive days above the limit; shorter breaks are bridged.
BRIDGED_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class DayCount:
    """One measurement: day after infusion (infusion is day 0) and cells per microlitre (or the scale's unit).

    relation: "=" where the value is the count itself; "<" where it lies below it, and so on.
    """

    day: int
    value: Number
    relation: Relation = "="


@dataclass(frozen=True, slots=True)
class Grid:
    """The values of consecutive days; None where a gap was too long to fill.

    measured: the days that were really measured.
    """

    first: int
    values: tuple[Decimal | None, ...]
    measured: frozenset[int]

    @property
    def is_complete(self) -> bool:
        """Whether every day has a value."""
        return None not in self.values

    @property
    def last_known(self) -> int | None:
        """The last day with a value."""
        known = [self.first + index for index, value in enumerate(self.values) if value is not None]
        return known[-1] if known else None

    def days_where(self, holds: Callable[[Decimal], bool]) -> list[int]:
        """Return the days whose value satisfies a condition."""
        return [self.first + i for i, value in enumerate(self.values) if value is not None and holds(value)]


def lowest_per_day(counts: Sequence[DayCount], first: int, last: int) -> dict[int, Decimal]:
    """Return the lowest value of each measured day in [first, last]; CLN-002 for impossible counts."""
    lowest: dict[int, Decimal] = {}
    for count in counts:
        value = exact_in(count.value, 0, 10_000_000, f"day {count.day}")
        if first <= count.day <= last:
            lowest[count.day] = min(value, lowest.get(count.day, value))
    return lowest


def settled_by(counts: Sequence[DayCount], limits: Sequence[int], *, strict: bool = False) -> bool:
    """Tell whether every count beyond a limit lies on the same side of all limits of a scale as the limit that it is beyond.

    strict: the scale asks for counts below its limits, not at or below them.

    >>> settled_by([DayCount(3, 100, "<")], (500, 100)), settled_by([DayCount(3, 300, "<")], (500, 100))
    (True, False)
    """
    sign: Comparator = "<" if strict else "<="
    return all(
        compare(Fraction(exact(item.value)), item.relation, sign, Fraction(limit))
        is Truth.of(compare(Fraction(exact(item.value)), "=", sign, Fraction(limit)) is Truth.TRUE)
        for item in counts
        if item.relation != "="
        for limit in limits
    )


def counts_used(lowest: Mapping[int, Decimal], last: int) -> dict[str, str]:
    """Return what a grade was made of, as text: each measured day with its count, and the last day that was looked at."""
    used = {"days_measured": str(len(lowest)), "last_day": str(last)}
    return used | {f"day {day}": str(lowest[day]) for day in sorted(lowest)}


def _filled(measured: Mapping[int, Decimal], day: int, rounded_to: Decimal) -> Decimal | None:
    before = max((item for item in measured if item < day), default=None)
    after = min((item for item in measured if item > day), default=None)
    if before is None or after is None:
        known = after if before is None else before
        return None if known is None else measured[known]
    share = Decimal(day - before) / Decimal(after - before)
    value = measured[before] + (measured[after] - measured[before]) * share
    return (value / rounded_to).to_integral_value(ROUND_HALF_EVEN) * rounded_to


def _gap_length(measured: Mapping[int, Decimal], day: int, first: int, last: int) -> int:
    before = max((item for item in measured if item < day), default=first - 1)
    after = min((item for item in measured if item > day), default=last + 1)
    return after - before - 1


def daily_grid(counts: Sequence[DayCount], first: int, last: int, *, rounded_to: Number = 10) -> Grid:
    """Return one value per day from `first` to `last`.

    Raises CLN-009 where `last` lies before `first`.
    """
    if last < first:
        raise UserError(fault("CLN-009", expected=message("last_day", day=at_least(first)), found=str(last)))
    measured = lowest_per_day(counts, first, last)
    values: list[Decimal | None] = []
    for day in range(first, last + 1):
        if day in measured:
            values.append(measured[day])
        elif _gap_length(measured, day, first, last) <= LONGEST_FILLED_GAP:
            values.append(_filled(measured, day, Decimal(str(rounded_to))))
        else:
            values.append(None)
    return Grid(first, tuple(values), frozenset(measured))


def joined_runs(days: Sequence[int], *, bridge: int = BRIDGED_DAYS) -> list[tuple[int, int]]:
    """Return first and last day of each run; runs at most `bridge` days apart are one.

    >>> joined_runs([1, 2, 3, 6, 7, 11])
    [(1, 7), (11, 11)]
    """
    runs: list[tuple[int, int]] = []
    for day in sorted(days):
        if runs and day - runs[-1][1] - 1 <= bridge:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
