"""A hazard that is constant on pieces: how delayed effects, crossing hazards and cure-like tails are written.

The cumulative hazard is piecewise linear, so both it and its inverse are exact; an event time is the inverse at a unit
exponential draw.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.values import message
from celltrial.designs.sizing.ranges import demand, that

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PiecewiseHazard:
    """Rates in force from each start on.

    starts: times, the first 0, increasing; rates: events per unit of time, each > 0 and the same number as starts.
    """

    starts: tuple[float, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        starts = self.starts
        rising = bool(starts) and starts[0] == 0 and all(a < b for a, b in itertools.pairwise(starts))
        demand(
            that(
                rising and len(starts) == len(self.rates),
                "DSG-305",
                expected=message("starts_0_increasing_one_rate_each"),
                found=f"starts={starts}, rates={self.rates}",
            ),
            that(
                all(math.isfinite(rate) and rate > 0 for rate in self.rates),
                "DSG-305",
                expected=message("finite_rates_above_0"),
                found=f"rates={self.rates}",
            ),
        )

    def cumulative(self, time: Array) -> Array:
        """Return the cumulative hazard at these times (>= 0), same shape.

        >>> PiecewiseHazard((0, 2), (0.5, 0.1)).cumulative(np.array([1.0, 4.0])).tolist()
        [0.5, 1.2]
        """
        starts, rates, before = self._tables()
        piece = np.searchsorted(starts, time, side="right") - 1
        return np.asarray(before[piece] + rates[piece] * (time - starts[piece]))

    def inverse(self, hazard: Array) -> Array:
        """Return the times at which the cumulative hazard reaches these values (>= 0), same shape.

        >>> PiecewiseHazard((0, 2), (0.5, 0.1)).inverse(np.array([0.5, 1.2])).round(9).tolist()
        [1.0, 4.0]
        """
        starts, rates, before = self._tables()
        if len(starts) == 1:
            return np.asarray(hazard / rates[0])
        piece = np.searchsorted(before, hazard, side="right") - 1
        return np.asarray(starts[piece] + (hazard - before[piece]) / rates[piece])

    def survival(self, time: float) -> float:
        """Return the probability of no event by this time."""
        return math.exp(-float(self.cumulative(np.array([time]))[0]))

    def _tables(self) -> tuple[Array, Array, Array]:
        starts, rates = np.array(self.starts, dtype=float), np.array(self.rates, dtype=float)
        before = np.concatenate([[0.0], np.cumsum(rates[:-1] * np.diff(starts))])
        return starts, rates, before


def constant_hazard(*, rate: float | None = None, median: float | None = None) -> PiecewiseHazard:
    """Return a constant hazard from its rate or from the median time to the event; give one of the two.

    >>> round(constant_hazard(median=6.0).rates[0], 4)
    0.1155
    """
    demand(
        that(
            (rate is None) != (median is None),
            "DSG-305",
            expected=message("rate_or_median_not_both"),
            found=f"rate={rate}, median={median}",
        )
    )
    return PiecewiseHazard((0.0,), (rate if rate is not None else math.log(2) / (median or math.nan),))
