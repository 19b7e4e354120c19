"""Two methods on the same samples, on the log scale: the slope between them, and how far they agree.

A slope of 1 on the log scale says that a doubling by one method is a doubling by the other, whatever their units. Both
methods err, so that least squares, which puts the whole error on one of them, would flatten the slope: Deming's line
shares the error out, Passing and Bablok's takes the median of all slopes between two samples and heeds no outlier.
Concordance asks for equal values and so for equal units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message

#: Fewer pairs than this show no slope.
FEWEST_PAIRS: Final = 10
_Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Result = Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """Slopes of the second method against the first, logs of both; concordance where their units are one, else None.

    used: pairs in which both methods saw something; the others have no logarithm.
    """

    used: int
    deming: Result
    passing_bablok: Result
    concordance: Result | None


def estimate(
    first: Sequence[float], second: Sequence[float], *, same_unit: bool = False, level: float = 0.95
) -> MethodComparison:
    """Return the comparison of two methods, one pair a sample, values >= 0.

    Deming (equal errors) with jackknife limits; Linnet (1993), doi:10.1093/clinchem/39.3.424. Passing & Bablok (1983),
    doi:10.1515/cclm.1983.21.11.709. Concordance: Lin (1989), doi:10.2307/2532051. Raises ANL-007 for unequal lengths or
    values that are negative or not finite. Not estimable with fewer than 10 pairs above 0 in both, or without spread.
    Checked against the principal axis of the points, against the definition written out pair by pair, and against the
    correlation of values that differ by nothing but noise.

    >>> x = [2.0**k for k in range(12)]
    >>> round(estimate(x, [3 * value for value in x]).deming.value, 6)
    1.0
    """
    usable = all(math.isfinite(value) and value >= 0 for value in (*first, *second))
    if len(first) != len(second) or not usable:
        found = f"{len(first)}, {len(second)}"
        raise UserError(fault("ANL-007", expected=message("values_above_0"), found=found))
    both = [(a, b) for a, b in zip(first, second, strict=True) if a > 0 and b > 0]
    n, total = len(both), len(first)
    if n < FEWEST_PAIRS:
        nothing = NotEstimable(
            Reason.TOO_FEW_POINTS, Population.PAIRS, n, MappingProxyType({"points": n, "needed": FEWEST_PAIRS})
        )
        return MethodComparison(n, nothing, nothing, nothing if same_unit else None)
    x, y = (np.log(np.asarray(values)) for values in zip(*both, strict=True))
    if not (np.ptp(x) > 0 and np.ptp(y) > 0):
        flat = NotEstimable(Reason.NO_VARIATION, Population.PAIRS, n)
        return MethodComparison(n, flat, flat, flat if same_unit else None)
    caveats = (Caveat.UNPAIRED_LEFT_OUT,) if n < total else ()
    return MethodComparison(
        n,
        _deming(x, y, level, caveats),
        _passing_bablok(x, y, level, caveats),
        _concordance(x, y, level, caveats) if same_unit else None,
    )


def _slope(x: _Numbers, y: _Numbers) -> float:
    """Return the slope of Deming's line for equal errors."""
    sxx, syy = float(np.var(x)), float(np.var(y))
    sxy = float(np.mean((x - x.mean()) * (y - y.mean())))
    if sxy == 0:
        return math.nan
    return (syy - sxx + math.hypot(syy - sxx, 2 * sxy)) / (2 * sxy)


def _deming(x: _Numbers, y: _Numbers, level: float, caveats: tuple[Caveat, ...]) -> Result:
    n, slope = len(x), _slope(x, y)
    without = np.array([_slope(np.delete(x, i), np.delete(y, i)) for i in range(n)])
    if not (math.isfinite(slope) and np.isfinite(without).all()):
        return NotEstimable(Reason.NO_VARIATION, Population.PAIRS, n)
    pseudo = n * slope - (n - 1) * without
    half = float(stats.t.isf((1 - level) / 2, n - 2)) * float(pseudo.std(ddof=1)) / math.sqrt(n)
    interval = Interval(slope - half, slope + half, level, Method.DEMING)
    return Estimate(slope, Population.PAIRS, n, Method.DEMING, interval, caveats)


def _passing_bablok(x: _Numbers, y: _Numbers, level: float, caveats: tuple[Caveat, ...]) -> Result:
    n = len(x)
    i, j = np.triu_indices(n, 1)
    dx, dy = x[j] - x[i], y[j] - y[i]
    moved = (dx != 0) | (dy != 0)
    dx, dy = dx[moved], dy[moved]
    with np.errstate(divide="ignore"):
        slopes = np.where(dx == 0, np.copysign(math.inf, dy), dy / np.where(dx == 0, 1.0, dx))
    slopes = np.sort(slopes[slopes != -1])
    count, shift = len(slopes), int((slopes < -1).sum())
    if not count or count + 2 * shift > 2 * count:
        return NotEstimable(Reason.NO_VARIATION, Population.PAIRS, n)

    def ranked(place: float) -> float:
        return float(slopes[min(max(round(place), 1), count) - 1])

    middle = (count + 1) // 2 + shift
    value = ranked(middle) if count % 2 else (ranked(middle) + ranked(middle + 1)) / 2
    spread = float(stats.norm.isf((1 - level) / 2)) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = round((count - spread) / 2)
    limits = ranked(low + shift), ranked(count - low + 1 + shift)
    if not all(map(math.isfinite, (value, *limits))):
        return NotEstimable(Reason.NO_VARIATION, Population.PAIRS, n)
    interval = Interval(*limits, level, Method.PASSING_BABLOK)
    return Estimate(value, Population.PAIRS, n, Method.PASSING_BABLOK, interval, caveats)


def _concordance(x: _Numbers, y: _Numbers, level: float, caveats: tuple[Caveat, ...]) -> Result:
    n = len(x)
    sxy = float(np.mean((x - x.mean()) * (y - y.mean())))
    bias = float(x.mean() - y.mean())
    value = 2 * sxy / (float(np.var(x)) + float(np.var(y)) + bias**2)
    r = sxy / math.sqrt(float(np.var(x)) * float(np.var(y)))
    if not 0 < abs(value) < 1 or r == 0:
        return Estimate(value, Population.PAIRS, n, Method.CONCORDANCE, None, caveats)
    u2 = bias**2 / math.sqrt(float(np.var(x)) * float(np.var(y)))
    square = value**2
    variance = (
        (1 - r**2) * square / ((1 - square) * r**2)
        + 2 * value**3 * (1 - value) * u2 / (r * (1 - square) ** 2)
        - value**4 * u2**2 / (2 * r**2 * (1 - square) ** 2)
    ) / (n - 2)
    half = float(stats.norm.isf((1 - level) / 2)) * math.sqrt(max(variance, 0.0))
    centre = math.atanh(value)
    interval = Interval(math.tanh(centre - half), math.tanh(centre + half), level, Method.CONCORDANCE)
    return Estimate(value, Population.PAIRS, n, Method.CONCORDANCE, interval, caveats)
