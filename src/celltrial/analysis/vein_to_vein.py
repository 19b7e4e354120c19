"""Vein-to-vein time: first collection to first infusion, among those who reached the infusion."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable


@dataclass(frozen=True, slots=True)
class VeinToVein:
    """Days from collection to infusion.

    median: with a distribution-free interval where the sample is large enough for one.
    p90:    90th percentile (linear interpolation, R type 7).
    """

    n: int
    median: Estimate | NotEstimable
    p90: Estimate | NotEstimable
    shortest: int | None
    longest: int | None


def estimate(adsl: pl.DataFrame, *, level: float = 0.95) -> VeinToVein:
    """Return the vein-to-vein time of the infused subjects of `adsl` whose collection day is known.

    It looks only at those who arrived, so it is shorter than the wait of all: every estimate says so.
    """
    days = adsl.filter(pl.col("infused"))["vein_to_vein_days"].drop_nulls().sort()
    n = days.len()
    if n == 0:
        nothing = NotEstimable(Reason.NO_SUBJECTS, Population.INFUSED, 0)
        return VeinToVein(0, nothing, nothing, None, None)
    values = [int(value) for value in days]
    caveats = (Caveat.INFUSED_ONLY,)
    span = MappingProxyType({"min": float(values[0]), "max": float(values[-1])})
    return VeinToVein(
        n,
        Estimate(
            _quantile(days, 0.5), Population.INFUSED, n, Method.OBSERVED, _median_interval(values, level), caveats, span
        ),
        Estimate(_quantile(days, 0.9), Population.INFUSED, n, Method.OBSERVED, None, caveats, span),
        values[0],
        values[-1],
    )


def _quantile(days: pl.Series, p: float) -> float:
    value = days.quantile(p, interpolation="linear")
    assert value is not None
    return float(value)


def _median_interval(values: list[int], level: float) -> Interval | None:
    """Return order statistics whose coverage is at least `level`; None when the sample is too small."""
    n = len(values)
    rank = int(stats.binom.ppf((1 - level) / 2, n, 0.5))
    if rank < 1:
        return None
    return Interval(float(values[rank - 1]), float(values[n - rank]), level, Method.ORDER_STATISTIC)
