"""Scheduled sampling times, so that samples of several subjects can be put beside each other."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

import polars as pl

from celltrial.report.inputs import Inputs

#: Where no protocol states a schedule: the usual weeks and months.
_USUAL: Final = (0, 7, 14, 28, 90, 180, 360, 720)


def schedule(inputs: Inputs, assay: str) -> tuple[int, ...]:
    """Return the days on which the protocol samples kinetics by this assay; the usual days where it states none."""
    plan = inputs.protocol.pharmacology if inputs.protocol else None
    measured = plan.measurements if plan else ()
    days = {
        day for row in measured if row.attribute == "kinetics" and row.assay == assay for day in row.days if day >= 0
    }
    return tuple(sorted(days)) or _USUAL


def scheduled(days: tuple[int, ...], column: str = "time_days") -> pl.Expr:
    """Return the scheduled day nearest to each time, the earlier of two equally near ones."""
    return pl.col(column).map_elements(lambda time: _nearest(time, days), return_dtype=pl.Int64)


def _nearest(time: float, days: tuple[int, ...]) -> int:
    """Return the nearest of rising `days`.

    >>> [_nearest(t, (0, 7, 14, 28)) for t in (0.04, 8.0, 10.5, 60.0)]
    [0, 7, 7, 28]
    """
    place = bisect_left(days, time)
    around = days[max(0, place - 1) : place + 1]
    return min(around, key=lambda day: (abs(day - time), day))
