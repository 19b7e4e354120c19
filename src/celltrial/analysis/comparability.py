"""Clinical comparability of two process versions against a margin set beforehand.

The conclusion follows from the interval and the margin alone: wholly inside is comparable, wholly
outside is not comparable, anything else is inconclusive. Two groups that merely do not differ
significantly are never called comparable; without a margin set beforehand there is no claim at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from celltrial.analysis.terms import Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import optimize, stats
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message


class Conclusion(StrEnum):
    """What the interval says against the margin."""

    COMPARABLE = "comparable"
    NOT_COMPARABLE = "not_comparable"
    INCONCLUSIVE = "inconclusive"
    NO_MARGIN = "no_margin"


@dataclass(frozen=True, slots=True)
class Comparability:
    """One attribute: the contrast new against reference, its margin, and the conclusion.

    contrast: ratio of geometric means, or difference of proportions.
    margin:   (low, high) on the scale of the contrast; None when none was set.
    """

    attribute: str
    contrast: Estimate | NotEstimable
    margin: tuple[float, float] | None
    conclusion: Conclusion


def estimate(
    attribute: str,
    new: Sequence[float],
    reference: Sequence[float],
    *,
    margin: tuple[float, float] | None,
    level: float = 0.90,
) -> Comparability:
    """Return the comparability of a positive attribute by the ratio of geometric means, new / reference.

    margin: such as (0.5, 2.0). level: 0.90 is two one-sided tests at 5 %. The interval is Welch's on
    the log scale. Raises ANL-014 for values that are not positive or a margin that does not hold 1.
    Checked against AC-A8.1 and scipy's `ttest_ind` confidence interval.

    >>> estimate("cmax", [5.0, 7.0, 6.0], [5.5, 6.5, 6.1, 5.8], margin=None).conclusion
    <Conclusion.NO_MARGIN: 'no_margin'>
    """
    if not all(math.isfinite(v) and v > 0 for v in (*new, *reference)):
        raise UserError(
            fault("ANL-014", attribute, expected=message("values_above_0"), found=str(min((*new, *reference))))
        )
    _check(attribute, margin, 1.0)
    if min(len(new), len(reference)) < 2:
        nothing = NotEstimable(Reason.NO_SUBJECTS, Population.INFUSED, len(new) + len(reference))
        return Comparability(attribute, nothing, margin, _conclude(None, margin))
    a, b = np.log(new), np.log(reference)
    parts = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    error = math.sqrt(sum(parts))
    centre = float(a.mean() - b.mean())
    half = 0.0
    if error > 0:
        degrees = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
        half = float(stats.t.isf((1 - level) / 2, degrees)) * error
    interval = Interval(math.exp(centre - half), math.exp(centre + half), level, Method.WELCH)
    detail = MappingProxyType({"n_new": float(len(a)), "n_reference": float(len(b))})
    contrast = Estimate(
        math.exp(centre), Population.INFUSED, len(a) + len(b), Method.GEOMETRIC_MEAN, interval, (), detail
    )
    return Comparability(attribute, contrast, margin, _conclude(interval, margin))


def estimate_difference(
    attribute: str,
    new: tuple[int, int],
    reference: tuple[int, int],
    *,
    margin: tuple[float, float] | None,
    level: float = 0.90,
) -> Comparability:
    """Return the comparability of a proportion by the difference new - reference.

    new, reference: (events, subjects). The interval inverts the score test (Miettinen & Nurminen 1985,
    doi:10.1002/sim.4780040211); checked against the worked examples of Newcombe (1998), Table II. Raises COR-020 for impossible counts and ANL-014 for a margin that does not
    hold 0.
    """
    for x, n in (new, reference):
        if n < 0 or not 0 <= x <= max(n, 0):
            raise UserError(fault("COR-020", expected=message("x_among_n"), found=f"x={x}, n={n}"))
    _check(attribute, margin, 0.0)
    total = new[1] + reference[1]
    if not (new[1] and reference[1]):
        nothing = NotEstimable(Reason.NO_SUBJECTS, Population.INFUSED, total)
        return Comparability(attribute, nothing, margin, _conclude(None, margin))
    value = new[0] / new[1] - reference[0] / reference[1]
    z = float(stats.norm.isf((1 - level) / 2))
    interval = Interval(*_score_limits(new, reference, value, z), level, Method.SCORE)
    contrast = Estimate(value, Population.INFUSED, total, Method.OBSERVED, interval)
    return Comparability(attribute, contrast, margin, _conclude(interval, margin))


def _check(attribute: str, margin: tuple[float, float] | None, neutral: float) -> None:
    if margin is not None and not margin[0] < neutral < margin[1]:
        raise UserError(fault("ANL-014", attribute, expected=f"low < {neutral:g} < high", found=str(margin)))


def _conclude(interval: Interval | None, margin: tuple[float, float] | None) -> Conclusion:
    if margin is None:
        return Conclusion.NO_MARGIN
    if interval is None:
        return Conclusion.INCONCLUSIVE
    if margin[0] <= interval.low and interval.high <= margin[1]:
        return Conclusion.COMPARABLE
    if interval.low > margin[1] or interval.high < margin[0]:
        return Conclusion.NOT_COMPARABLE
    return Conclusion.INCONCLUSIVE


def _score_limits(new: tuple[int, int], reference: tuple[int, int], value: float, z: float) -> tuple[float, float]:
    def score(difference: float) -> float:
        return _score(new, reference, difference)

    edge = 1 - 1e-10
    low = -1.0 if score(-edge) <= z else float(optimize.brentq(lambda d: score(d) - z, -edge, value, xtol=1e-12))
    high = 1.0 if score(edge) >= -z else float(optimize.brentq(lambda d: score(d) + z, value, edge, xtol=1e-12))
    return low, high


def _score(new: tuple[int, int], reference: tuple[int, int], difference: float) -> float:
    """Return the score statistic of a difference, with the variance at the constrained likelihood."""
    (x1, n1), (x0, n0) = new, reference
    n = n1 + n0
    p0 = _constrained(new, reference, difference)
    p1 = p0 + difference
    variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
    gap = x1 / n1 - x0 / n0 - difference
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)


def _constrained(new: tuple[int, int], reference: tuple[int, int], difference: float) -> float:
    (x1, n1), (x0, n0) = new, reference
    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    tiny = 1e-13

    def slope(p0: float) -> float:
        p1 = p0 + difference
        return x0 / p0 - (n0 - x0) / (1 - p0) + x1 / p1 - (n1 - x1) / (1 - p1)

    a, b = low + tiny, high - tiny
    if a >= b:
        return (low + high) / 2
    if slope(a) <= 0:
        return low
    if slope(b) >= 0:
        return high
    return float(optimize.brentq(slope, a, b, xtol=1e-15))
