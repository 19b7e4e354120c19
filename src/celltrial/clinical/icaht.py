"""ICAHT: neutropenia after immune effector cells, early (day 0-30) and late (day 31-100).

Early ICAHT grades the longest run of days at or below 500 and at or below 100
neutrophils per microlitre, on one value a day (see `daily_counts`). A run that
begins by day 3 and lasts to the last known count is grade 4: there was no recovery.
That is known only at day 30 or where follow-up ended before; until then it is open.
Late ICAHT grades the lowest value, provided the second-lowest is low too.
`cumulative=True` counts all days instead of the longest run, as the platelet scale does.

References: Rejeski et al. (2023), doi:10.1182/blood.2023020578; operational rules of
Liang et al. (public notebook emilyliangmd/automatedicahtgrading), whose ten synthetic
patients another implementation of these rules reproduced, early and late; this one,
which leaves measured values unrounded, has not been run on them, hence evidence V only.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.daily_counts import DayCount, Grid, counts_used, daily_grid, joined_runs, lowest_per_day
from celltrial.clinical.derivation import (
    Comparison,
    Derivation,
    Domain,
    Evidence,
    Rule,
    not_evaluable,
    worst_of,
)
from celltrial.clinical.queries import Caveat

EARLY_RULE: Final = Rule("icaht_early_2023", "3", Evidence.CHECKED, "doi:10.1182/blood.2023020578")
LATE_RULE: Final = Rule("icaht_late_2023", "1", Evidence.CHECKED, "doi:10.1182/blood.2023020578")
EARLY_LAST_DAY: Final = 30
LATE_FIRST_DAY: Final = 31
LATE_LAST_DAY: Final = 100
NEVER_RECOVERED_STARTS_BY: Final = 3
#: Neutrophils per microlitre that the two scales ask for, at or below.
LIMITS: Final = (1500, 1000, 500, 100)


def _days(grid: Grid, limit: int, *, cumulative: bool) -> tuple[int, list[tuple[int, int]]]:
    days = grid.days_where(lambda value: value <= limit)
    runs = joined_runs(days)
    if cumulative:
        return len(days), runs
    return max((end - start + 1 for start, end in runs), default=0), runs


def _row(name: str, days: int, cuts: Sequence[tuple[int, int]]) -> Domain:
    """Return the domain whose grade is that of the highest cut (days at least, grade) reached."""
    rows = tuple(Comparison(name, Decimal(days), ">=", Decimal(at_least), "days") for at_least, _ in cuts)
    grade = max((cut[1] for cut, row in zip(cuts, rows, strict=True) if row.holds), default=0)
    return Domain.known(name, grade, *rows)


def derive_early_icaht(
    counts: Sequence[DayCount],
    *,
    last_follow_up_day: int | None = None,
    cumulative: bool = False,
) -> Derivation:
    """Return the early ICAHT grade, 0 to 4 or NE, from ANC per microlitre by day after infusion.

    last_follow_up_day: day of death or last contact; None, or after day 30, where follow-up went on to day 30.
    Incomplete where days stay unknown. Raises CLN-002 for impossible counts.

    >>> derive_early_icaht([DayCount(day, 400 if 5 <= day < 12 else 2000) for day in range(31)]).grade
    2
    """
    last = EARLY_LAST_DAY if last_follow_up_day is None else min(last_follow_up_day, EARLY_LAST_DAY)
    grid = daily_grid(counts, 0, last)
    used = counts_used(lowest_per_day(counts, 0, last), last)
    inputs = MappingProxyType(used | {"last_follow_up_day": str(last_follow_up_day), "cumulative": str(cumulative)})
    if not grid.measured:
        return not_evaluable(EARLY_RULE, "anc", inputs=inputs)
    days_500, runs = _days(grid, 500, cumulative=cumulative)
    days_100, _ = _days(grid, 100, cumulative=cumulative)
    ended = (last_follow_up_day is not None and last_follow_up_day <= EARLY_LAST_DAY) or grid.last_known == last
    unrecovered = any(start <= NEVER_RECOVERED_STARTS_BY and end == grid.last_known for start, end in runs)
    domains = [
        _row("anc <= 500", days_500, ((1, 1), (7, 2), (14, 3), (31, 4))),
        _row("anc <= 100", days_100, ((7, 3), (14, 4))),
        Domain.at_least("never recovered", 4 if unrecovered and ended else 0, 4 if unrecovered else 0),
    ]
    if not grid.is_complete:
        domains.append(Domain.missing("days without a count", 4))
    return worst_of(EARLY_RULE, domains, inputs=inputs)


def derive_late_icaht(
    counts: Sequence[DayCount],
    *,
    first_day: int = LATE_FIRST_DAY,
    last_day: int = LATE_LAST_DAY,
    next_therapy_day: int | None = None,
    progression_day: int | None = None,
    last_follow_up_day: int | None = None,
) -> Derivation:
    """Return the late ICAHT grade, 0 to 4 or NE, from ANC per microlitre by day after infusion.

    Counts up to the earliest of `last_day`, next therapy, progression and last follow-up.
    One value alone is graded and flagged; a second value above 1500 makes a low one transient.

    >>> derive_late_icaht([DayCount(40, 450), DayCount(60, 900)]).grade
    3
    """
    ends = [day for day in (last_day, next_therapy_day, progression_day, last_follow_up_day) if day is not None]
    measured = lowest_per_day(counts, first_day, min(ends))
    lowest, inputs = sorted(measured.values()), MappingProxyType(counts_used(measured, min(ends)))
    if not lowest:
        return not_evaluable(LATE_RULE, "anc", inputs=inputs)
    rows = [Comparison("lowest ANC", lowest[0], "<=", Decimal(limit), "/uL") for limit in LIMITS]
    grade = sum(row.holds for row in rows)
    if len(lowest) > 1:
        rows.append(Comparison("second-lowest ANC", lowest[1], "<=", Decimal(LIMITS[0]), "/uL"))
        grade = grade if rows[-1].holds else 0
    return worst_of(
        LATE_RULE,
        [Domain.known("anc nadir", grade, *rows)],
        inputs=inputs,
        caveats=(Caveat.SINGLE_VALUE,) if len(lowest) == 1 else (),
    )
