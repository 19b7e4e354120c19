"""Exact Pocock-type boundary: the same significance level at every look, or a tilted one.

At looks n_1 < ... < n_K the trial stops when the events exceed r_i, the least number with
P(X > r_i | n_i, acceptable_rate) <= level_i. With shape 0 all levels are equal (Pocock type);
with shape d > 0 the normal quantile of level_i is z (n_K / n_i)^d, so that early looks
need more (shape 0.5: O'Brien-Fleming type). Boundaries of one shape are nested, so there is a
last one that crosses with probability below `prob_stop_acceptable` at the acceptable rate, and a
first one that crosses with at least `prob_stop_unacceptable` at the unacceptable rate; `hold` says
which of the two conditions is kept. Ivanova, Qaqish & Schell (2005), doi:10.1111/j.1541-0420.2005.00311.x.

Differences from other software: clinfun 1.1.5 `toxbdry` brackets the solution by bisection and prints
a low and a high boundary, which need not be neighbours; all levels at which any r_i changes
are tried here, so `neighbours` is always the exact pair. clinfun prints r_i and stops when events
exceed it; the boundary here is the least number that stops, r_i + 1.

>>> rule = build(PocockParams((5, 10, 15, 20), 0.2, 0.4, prob_stop_acceptable=0.1))
>>> rule.boundaries(20)
{5: 3, 10: 5, 15: 7, 20: 8}
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import Count, at_most, message
from celltrial.designs.policy import Message
from celltrial.designs.stopping.boundary import BoundaryRule
from celltrial.designs.stopping.listed import ListedParams, ListedRule


@dataclass(frozen=True, slots=True)
class PocockParams:
    """What the protocol must state.

    looks:             numbers of subjects at which is looked, strictly increasing, >= 1.
    acceptable_rate, unacceptable_rate: event rates, 0 < acceptable < unacceptable < 1.
    prob_stop_acceptable, prob_stop_unacceptable: wanted crossing probabilities at them.
    shape:             0 for equal levels, up to 1.
    hold:              `acceptable` keeps the first condition, `unacceptable` the second.
    """

    looks: tuple[int, ...]
    acceptable_rate: float
    unacceptable_rate: float
    prob_stop_acceptable: float = 0.1
    prob_stop_unacceptable: float = 0.9
    shape: float = 0.0
    hold: Literal["acceptable", "unacceptable"] = "acceptable"

    def __post_init__(self) -> None:
        """Refuse looks out of order, rates out of order, probabilities that are none."""
        looks = self.looks
        if not looks or looks[0] < 1 or any(b <= a for a, b in itertools.pairwise(looks)):
            raise UserError(fault("DSG-033", expected=message("looks_increasing"), found=str(looks)))
        if not 0 < self.acceptable_rate < self.unacceptable_rate < 1:
            found = f"acceptable_rate={self.acceptable_rate}, unacceptable_rate={self.unacceptable_rate}"
            raise UserError(fault("DSG-030", expected="0 < acceptable_rate < unacceptable_rate < 1", found=found))
        probabilities = (self.prob_stop_acceptable, self.prob_stop_unacceptable)
        if any(not 0 < p < 1 for p in probabilities) or not 0 <= self.shape <= 1:
            expected = "0 < probabilities < 1, 0 <= shape <= 1"
            raise UserError(fault("DSG-030", expected=expected, found=f"{probabilities}, shape={self.shape}"))
        if self.hold not in {"acceptable", "unacceptable"}:
            raise UserError(fault("DSG-030", expected="hold = acceptable | unacceptable", found=str(self.hold)))


def _limits(params: PocockParams, quantile: float) -> tuple[int, ...]:
    """Return the least numbers that stop for a quantile of the last look's level."""
    out = []
    for n in params.looks:
        level = special.ndtr(-quantile * (params.looks[-1] / n) ** params.shape)
        tail = special.bdtrc(np.arange(n + 1), n, params.acceptable_rate)
        out.append(int((tail <= level * (1 + 1e-12)).argmax()) + 1)
    return tuple(out)


def _quantiles(params: PocockParams) -> NDArray[np.float64]:
    """Return every quantile at which some limit changes, from strict to lax."""
    found = []
    for n in params.looks:
        tail = special.bdtrc(np.arange(n), n, params.acceptable_rate)
        found.append(-special.ndtri(tail[tail > 0]) / (params.looks[-1] / n) ** params.shape)
    return np.unique(np.concatenate(found))[::-1]


def neighbours(params: PocockParams) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the strictest-but-enough pair: the last boundary below the wanted probability and the first not below.

    The probability is that of crossing at the rate which `hold` names. Raises UserError where even
    stopping at the first event is not enough.
    """
    rate, wanted = (
        (params.acceptable_rate, params.prob_stop_acceptable)
        if params.hold == "acceptable"
        else (params.unacceptable_rate, params.prob_stop_unacceptable)
    )

    def crossing(limits: tuple[int, ...]) -> float:
        return ListedRule(ListedParams(params.looks, limits)).characteristics([rate], params.looks[-1])[0].prob_stop

    quantiles = _quantiles(params)
    low, high = 0, len(quantiles) - 1
    if crossing(_limits(params, quantiles[high])) < wanted:
        expected = message("boundary_that_crosses_with_probability_at_rate", wanted=wanted, rate=rate)
        raise UserError(fault("DSG-034", expected=expected, found=at_most(Count(params.looks[-1], "subject"))))
    while low < high:
        middle = (low + high) // 2
        if crossing(_limits(params, quantiles[middle])) < wanted:
            low = middle + 1
        else:
            high = middle
    return _limits(params, quantiles[low - 1] if low else quantiles[0] + 1), _limits(params, quantiles[low])


def build(params: PocockParams) -> PocockRule:
    """Return the rule: below the wanted probability at the acceptable rate, or not below it at the unacceptable."""
    below, reached = neighbours(params)
    return PocockRule(params, below if params.hold == "acceptable" else reached)


@dataclass(frozen=True, slots=True)
class PocockRule(BoundaryRule):
    """The rule; see the module."""

    params: PocockParams
    limits: tuple[int, ...]

    @property
    def min_n(self) -> int:  # type: ignore[override]
        """First look."""
        return self.params.looks[0]

    def boundary(self, n: int) -> int | None:
        """Return the least number of events that stops at look n; None between looks."""
        if n not in self.params.looks:
            return None
        limit = self.limits[self.params.looks.index(n)]
        return limit if limit <= n else None

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        table = ", ".join(f"{x}/{n}" for n, x in self.boundaries(self.params.looks[-1]).items())
        details = {"table": table, "low": self.params.acceptable_rate, "high": self.params.unacceptable_rate}
        return (Message("design.stopping.pocock.rule", details),)
