"""Exact intervals for a proportion and the sizes that follow from them."""

from __future__ import annotations

import math

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.results import Interval


def _check(x: int, n: int, level: float) -> None:
    if n < 1 or not 0 <= x <= n:
        raise UserError(fault("COR-020", expected="0 <= x <= n, n >= 1", found=f"x={x}, n={n}"))
    if not 0 < level < 1:
        raise UserError(fault("COR-021", expected="0 < level < 1", found=str(level)))


def clopper_pearson(x: int, n: int, *, level: float = 0.95) -> Interval:
    """Return the exact (Clopper-Pearson) interval of a proportion.

    x events among n subjects; level in (0, 1). The ends are quantiles of Beta(x, n-x+1) and
    Beta(x+1, n-x). Clopper & Pearson (1934), doi:10.1093/biomet/26.4.404. Checked against R 4.2.2
    `binom.test` (analysis_reference.json) and the printed JULIET and ELIANA intervals (AC-A6.5).

    >>> i = clopper_pearson(27, 34)
    >>> round(i.low, 3), round(i.high, 3)
    (0.621, 0.913)
    """
    _check(x, n, level)
    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(special.betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(special.betainccinv(x + 1, n - x, tail))
    return Interval(low, high, level, "clopper_pearson")


def wilson(x: int, n: int, *, level: float = 0.95) -> Interval:
    """Return Wilson's score interval of a proportion (no continuity correction)."""
    _check(x, n, level)
    z = float(-special.ndtri((1 - level) / 2))
    centre = (x + z * z / 2) / (n + z * z)
    half = z * math.sqrt(x * (n - x) / n + z * z / 4) / (n + z * z)
    return Interval(max(0.0, centre - half), min(1.0, centre + half), level, "wilson")


def upper_bound_zero_events(n: int, *, level: float = 0.95) -> float:
    """Return the one-sided exact upper bound of a rate after zero events in n subjects.

    1 - (1 - level)^(1/n). Checked against AC-P7.3.

    >>> [round(100 * upper_bound_zero_events(n), 2) for n in (20, 100, 300)]
    [13.91, 2.95, 0.99]
    """
    _check(0, n, level)
    return float(-math.expm1(math.log1p(-level) / n))
