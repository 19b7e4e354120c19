"""Isotonic choice of the recommended dose.

The observed rates (y + 0.05) / (n + 0.1) of the admissible doses are made
non-decreasing by weighted pooling (weights: inverse posterior variances); the dose
whose pooled rate is nearest the target is chosen, the higher of equal rates below
the target and the lower of equal rates above it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

PRIOR: Final = 0.05
_TIE: Final = 1e-10
_MANY: Final = 5_000


def isotonic_rates(
    n: NDArray[np.integer], dlt: NDArray[np.integer], admissible: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return pooled DLT rates [state, dose]; NaN where a dose is not admissible.

    Max-min form of the pool-adjacent-violators solution: the greatest over lower ends i of the
    least over upper ends k of the weighted mean of doses i..k (Robertson, Wright & Dykstra 1988).
    Weights are inverse variances of Beta(y + 0.05, n - y + 0.05), as in BOIN 2.7.2 `select.mtd`,
    against which it is checked. From 5,000 states on a compiled loop pools block by block.

    >>> n, y = np.array([[3, 6, 6]]), np.array([[1, 1, 3]])
    >>> isotonic_rates(n, y, n > 0).round(3).tolist()
    [[0.217, 0.217, 0.5]]
    """
    if len(n) > _MANY:
        from celltrial.designs.escalation.isotonic_kernel import pool

        return np.asarray(pool(n, dlt, admissible, PRIOR))
    # dose-major: every step below reads and writes whole rows
    fit = np.ascontiguousarray(admissible.T)
    a = np.ascontiguousarray(dlt.T) + PRIOR
    total = np.ascontiguousarray(n.T) + 2 * PRIOR
    weight = np.where(fit, total * total * (total + 1) / (a * (total - a)), 0.0)
    sums = np.cumsum(weight * (a / total), axis=0)
    weight = np.cumsum(weight, axis=0)
    doses, states = fit.shape
    out = np.full((doses, states), -np.inf)
    for i in range(doses):
        least = np.full(states, np.inf)
        for k in range(doses - 1, i - 1, -1):
            span, part = (weight[k], sums[k]) if i == 0 else (weight[k] - weight[i - 1], sums[k] - sums[i - 1])
            mean = np.divide(part, span, out=np.full(states, np.inf), where=fit[k] & fit[i])
            np.minimum(least, mean, out=least)
            np.maximum(out[k], least, out=out[k], where=fit[i])
    return np.where(fit, out, np.nan).T


def choose_nearest(rates: NDArray[np.float64], target: float, *, at_most: float | None = None) -> NDArray[np.int64]:
    """Return the dose whose pooled rate is nearest the target [state]; -1 where no dose is admissible.

    rates:   pooled rates, NaN where not admissible.
    at_most: where given, only doses with a pooled rate not above it are chosen.
    """
    gap = np.abs(rates + np.arange(rates.shape[1]) * _TIE - target)
    left_out = np.isnan(rates)
    if at_most is not None:
        left_out |= rates > at_most
    gap[left_out] = np.inf
    return np.where(left_out.all(axis=1), -1, gap.argmin(axis=1))
