"""T-ICAHT: thrombocytopenia after immune effector cells, early (day 0-30) and late (day 31-100).

Counts days, not runs: platelets below 50 and below 20 x 1e9/L, and below 100 in the
late period, where at least two measurements must be low. The early period is graded day by day; in the
late one blood is taken far less often, so what was measured is graded, and days without a count leave
only grade 4 (14 days below 20) open, where a count below 20 was seen. Recovery is the first of
three consecutive days from 20 x 1e9/L on without transfusion in the seven days before.
Reference: the platelet scale built on the EHA/EBMT criteria (ash-sap.org, figure 12809257).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.daily_counts import DayCount, Grid, counts_used, daily_grid, lowest_per_day
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

EARLY_RULE: Final = Rule("t_icaht_early", "1", Evidence.CHECKED, "ash-sap.org figure 12809257")
LATE_RULE: Final = Rule("t_icaht_late", "2", Evidence.CHECKED, "ash-sap.org figure 12809257")
#: platelets below (1e9/L) -> (days at least, grade)
_EARLY: Final = {50: ((1, 1), (7, 2)), 20: ((1, 3), (14, 4))}
_LATE: Final = {100: ((1, 1),), 50: ((1, 2),), 20: ((1, 3), (14, 4))}
#: Platelets that the two scales ask for, below.
LIMITS: Final = tuple(_LATE)
TRANSFUSION_FREE_DAYS: Final = 7
RECOVERY_DAYS: Final = 3


def _row(grid: Grid, below: int, cuts: Sequence[tuple[int, int]]) -> Domain:
    name = f"platelets < {below}"
    days = Decimal(len(grid.days_where(lambda value: value < below)))
    rows = tuple(Comparison(name, days, ">=", Decimal(at_least), "days") for at_least, _ in cuts)
    grade = max((cut[1] for cut, row in zip(cuts, rows, strict=True) if row.holds), default=0)
    return Domain.known(name, grade, *rows)


def _domains(grid: Grid, table: Mapping[int, Sequence[tuple[int, int]]], *, day_by_day: bool) -> list[Domain]:
    domains = [_row(grid, below, cuts) for below, cuts in table.items()]
    if not grid.is_complete and (day_by_day or grid.days_where(lambda value: value < 20)):
        domains.append(Domain.missing("days without a count", 4))
    return domains


def derive_early_t_icaht(counts: Sequence[DayCount], *, last_follow_up_day: int | None = None) -> Derivation:
    """Return the early T-ICAHT grade, 0 to 4 or NE, from platelets (1e9/L) by day after infusion.

    >>> derive_early_t_icaht([DayCount(day, 15 if day < 3 else 60) for day in range(31)]).grade
    3
    """
    last = 30 if last_follow_up_day is None else min(last_follow_up_day, 30)
    grid = daily_grid(counts, 0, last, rounded_to=1)
    inputs = MappingProxyType(counts_used(lowest_per_day(counts, 0, last), last))
    if not grid.measured:
        return not_evaluable(EARLY_RULE, "platelets", inputs=inputs)
    return worst_of(EARLY_RULE, _domains(grid, _EARLY, day_by_day=True), inputs=inputs)


def derive_late_t_icaht(counts: Sequence[DayCount], *, last_day: int = 100) -> Derivation:
    """Return the late T-ICAHT grade, 0 to 4 or NE; one low measurement among several is transient.

    last_day: the earliest of day 100, next therapy, progression and last follow-up.

    >>> derive_late_t_icaht([DayCount(35, 40), DayCount(60, 80), DayCount(95, 160)]).label
    '2'
    """
    last_day = min(last_day, 100)
    measured = lowest_per_day(counts, 31, last_day)
    low, inputs = sorted(measured.values()), MappingProxyType(counts_used(measured, last_day))
    if not low:
        return not_evaluable(LATE_RULE, "platelets", inputs=inputs)
    if len(low) > 1 and low[1] >= 100:
        transient = Comparison("second-lowest platelets", low[1], "<", Decimal(100), "1e9/L")
        return worst_of(LATE_RULE, [Domain.known("platelets < 100", 0, transient)], inputs=inputs)
    grid = daily_grid(counts, 31, last_day, rounded_to=1)
    caveats = (Caveat.SINGLE_VALUE,) if len(low) == 1 else ()
    return worst_of(LATE_RULE, _domains(grid, _LATE, day_by_day=False), inputs=inputs, caveats=caveats)


def platelet_recovery_day(
    counts: Sequence[DayCount], *, transfusion_days: Collection[int] = (), last_day: int = 100
) -> int | None:
    """Return the first of three consecutive days from 20 x 1e9/L on, seven days after any transfusion; else None.

    Days before the first value below 20 are not a recovery; None too where platelets never fell.

    >>> platelet_recovery_day([DayCount(0, 10), DayCount(1, 15), *(DayCount(day, 30) for day in range(2, 9))],
    ...                       last_day=8)
    2
    """
    grid = daily_grid(counts, 0, last_day, rounded_to=1)
    fallen = grid.days_where(lambda value: value < 20)
    above = set(grid.days_where(lambda value: value >= 20))
    for day in range(fallen[0] + 1 if fallen else last_day + 1, last_day + 1):
        free = not any(day - TRANSFUSION_FREE_DAYS < given <= day for given in transfusion_days)
        if free and all(day + ahead in above for ahead in range(RECOVERY_DAYS)):
            return day
    return None
