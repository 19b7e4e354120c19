"""Exact course of a single-arm trial that looks at a count several times.

The state is the number of responders among those seen. Between looks the count gains a binomial number; a count at or
below the lower bound stops for futility, at or above the upper bound for success. Forward recursion over the counts:
no Monte Carlo error. Used by Fleming's, the predictive-probability and the BOP2 designs, and checked against
clinfun 1.1.5 `bdrycross.prob` and `toxbdry` (design_reference.json) and, in generative tests, against enumeration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.sizing.ranges import ascending, between, demand, that, whole


@dataclass(frozen=True, slots=True)
class Looks:
    """When a count is looked at and what stops the trial.

    sizes: number of subjects seen at each look, increasing, at most 10,000.
    stop_low:  at each look, the highest count that stops for futility; -1 for none.
    stop_high: at each look, the lowest count that stops for success; n + 1 for none.
    At the last look the two meet: stop_high = stop_low + 1.
    """

    sizes: tuple[int, ...]
    stop_low: tuple[int, ...]
    stop_high: tuple[int, ...]

    def __post_init__(self) -> None:
        bounds = list(zip(self.sizes, self.stop_low, self.stop_high, strict=False))
        same = len(self.sizes) == len(self.stop_low) == len(self.stop_high)
        ordered = all(-1 <= low < high <= n + 1 for n, low, high in bounds)
        meets = same and bool(bounds) and bounds[-1][2] == bounds[-1][1] + 1
        demand(
            ascending("DSG-205", "sizes", tuple(self.sizes)),
            whole("DSG-203", 1, 10_000, **{f"sizes[{k}]": n for k, n in enumerate(self.sizes)}),
            that(
                same and ordered and meets,
                "DSG-206",
                expected=message("stops_at_every_look"),
                found=f"sizes={self.sizes}, stop_low={self.stop_low}, stop_high={self.stop_high}",
            ),
        )


@dataclass(frozen=True, slots=True)
class LooksOutcome:
    """What happens under one true rate, exactly.

    success, futility: probability of ending so at each look (success at the last look is the test's rejection).
    p_success:  probability of success at any look.
    p_early:    probability of stopping before the last look, either way.
    expected_n: mean number of subjects.
    total_error: |sum of all probabilities - 1|.
    """

    rate: float
    success: tuple[float, ...]
    futility: tuple[float, ...]
    p_success: float
    p_early: float
    expected_n: float
    total_error: float


def binomial_pmf(n: int, rate: float) -> NDArray[np.float64]:
    """Return P(X = 0..n) for Binomial(n, rate), an array of n + 1; rate in [0, 1].

    >>> [round(float(x), 3) for x in binomial_pmf(2, 0.5)]
    [0.25, 0.5, 0.25]
    """
    x = np.arange(n + 1)
    log = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    return np.asarray(np.exp(log + special.xlogy(x, rate) + special.xlog1py(n - x, -rate)), dtype=np.float64)


def follow_looks(looks: Looks, rate: float) -> LooksOutcome:
    """Return the exact course under this true rate, in [0, 1].

    >>> simon = Looks((19, 54), (4, 15), (20, 16))
    >>> o = follow_looks(simon, 0.20)
    >>> round(o.p_early, 4), round(o.expected_n, 2), round(o.p_success, 3)
    (0.6733, 30.43, 0.048)
    """
    demand(between("DSG-201", 0, 1, closed=True, rate=rate))
    alive: NDArray[np.float64] = np.ones(1)
    before, expected = 0, 0.0
    success: list[float] = []
    futility: list[float] = []
    for n, low, high in zip(looks.sizes, looks.stop_low, looks.stop_high, strict=True):
        expected += float(alive.sum()) * (n - before)
        alive = np.convolve(alive, binomial_pmf(n - before, rate))
        futility.append(float(alive[: low + 1].sum()))
        success.append(float(alive[high:].sum()))
        alive[: low + 1] = 0
        alive[high:] = 0
        before = n
    early = sum(success[:-1]) + sum(futility[:-1])
    error = abs(sum(success) + sum(futility) - 1)
    return LooksOutcome(rate, tuple(success), tuple(futility), sum(success), early, expected, error)


def follow_many(looks: Looks, rates: Sequence[float]) -> tuple[LooksOutcome, ...]:
    """Return the exact course under each of several true rates.

    >>> [round(o.p_success, 3) for o in follow_many(Looks((56,), (17,), (18,)), (0.2, 0.4))]
    [0.022, 0.911]
    """
    return tuple(follow_looks(looks, rate) for rate in rates)
