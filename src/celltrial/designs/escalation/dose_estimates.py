"""What the data say about each treated dose: pooled DLT rate, interval, probability to exceed the target.

The rates are the isotonic ones from which the recommended dose is chosen, over all treated doses, eliminated
ones included. The interval is the equal-tailed posterior one of the dose's own counts under Beta(0.05, 0.05); the
probability to exceed the target comes from the same posterior.

Differences from other software: BOIN 2.7.2 `select.mtd` gives the same rates; where a lower dose is untreated it
prints each interval beside the wrong dose. Here a dose without subjects has no estimate and no other dose shifts.

>>> [None if e is None else round(e.rate, 3) for e in dose_estimates((0, 3, 9), (0, 0, 3), target=0.30)]
[None, 0.016, 0.335]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.results import Interval
from celltrial.designs.escalation.isotonic import PRIOR, isotonic_rates
from celltrial.designs.policy import Counts


@dataclass(frozen=True, slots=True)
class DoseEstimate:
    """Of one treated dose: 0-based index, subjects, DLTs, pooled rate, interval, P(rate > target)."""

    dose: int
    n: int
    dlt: int
    rate: float
    interval: Interval
    prob_above_target: float


def dose_estimates(
    n: Sequence[int], dlt: Sequence[int], *, target: float, level: float = 0.95
) -> tuple[DoseEstimate | None, ...]:
    """Return the estimate of each dose, None where nobody was treated; target and level in (0, 1)."""
    Counts(tuple(n), tuple(dlt))
    if not (0 < target < 1 and 0 < level < 1):
        raise UserError(fault("DSG-014", expected="0 < target, level < 1", found=f"target={target}, level={level}"))
    size, events = np.array([n]), np.array([dlt])
    rates = isotonic_rates(size, events, size > 0)[0]
    return tuple(None if n[j] == 0 else _one(j, n[j], dlt[j], float(rates[j]), target, level) for j in range(len(n)))


def _one(dose: int, n: int, dlt: int, rate: float, target: float, level: float) -> DoseEstimate:
    a, b, tail = PRIOR + dlt, PRIOR + n - dlt, (1 - level) / 2
    low, high = float(special.betaincinv(a, b, tail)), 1 - float(special.betaincinv(b, a, tail))
    above = float(special.betainc(b, a, 1 - target))
    return DoseEstimate(dose, n, dlt, rate, Interval(low, high, level, "beta_posterior"), above)
