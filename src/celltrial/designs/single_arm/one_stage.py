"""One stage, exact: a single-arm trial judged by the number of responders.

Reject "rate <= null_rate" when at least r of n respond, r being the smallest number with
P(X >= r | n, null_rate) <= alpha. Power is a saw-tooth in n: a larger trial can have less of it. Three sizes are
therefore distinguished:
  smallest  the smallest n that reaches the power;
  safe      the smallest n from which every larger n reaches it too, so that a few extra subjects never hurt;
  A'Hern    A'Hern's tables list the smallest n, which is what `a_hern` returns; see there.
Checked against AC-P8.1 (20 % against 40 %, 2.5 %, 90 %: n=56, r=18, alpha .0219, power .911; safe n=59) and the
`ph2single` lines of clinfun 1.1.5 (design_reference.json), which names r as "at most" and so prints r-1.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import optimize, special
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.sizing.ranges import between, demand, that, whole


@dataclass(frozen=True, slots=True)
class OneStage:
    """What the protocol must state for one exact stage.

    null_rate:        highest rate of no interest, in (0, 1); p0.
    alternative_rate: rate worth finding, in (null_rate, 1); p1.
    alpha:            one-sided error, in (0, 1).
    power:            wanted power at the alternative, in (alpha, 1).
    n_max:            largest size considered.
    """

    null_rate: float
    alternative_rate: float
    alpha: float = 0.025
    power: float = 0.90
    n_max: int = 1000

    def __post_init__(self) -> None:
        rates = f"null_rate={self.null_rate}, alternative_rate={self.alternative_rate}"
        demand(
            that(
                0 < self.null_rate < self.alternative_rate < 1,
                "DSG-201",
                expected="0 < null_rate < alternative_rate < 1",
                found=rates,
            ),
            between("DSG-202", 0, 1, alpha=self.alpha, power=self.power),
            whole("DSG-203", 2, 20_000, n_max=self.n_max),
        )


@dataclass(frozen=True, slots=True)
class OneStageDesign:
    """A size with its criterion: reject when at least `reject_from` of n respond; both errors as attained."""

    n: int
    reject_from: int
    alpha: float
    power: float


@dataclass(frozen=True, slots=True)
class OneStageSizes:
    """The smallest design that reaches the power, and the one from which no larger size falls below it."""

    smallest: OneStageDesign
    safe: OneStageDesign


def critical_count(n: int, rate: float, alpha: float) -> int:
    """Return the smallest r with P(X >= r | n, rate) <= alpha; n + 1 where even n of n do not suffice.

    >>> critical_count(56, 0.20, 0.025)
    18
    """
    demand(whole("DSG-203", 1, n=n), between("DSG-201", 0, 1, rate=rate), between("DSG-202", 0, 1, alpha=alpha))
    return bisect_left(range(n + 1), 1, lo=1, key=lambda r: int(_tail(n, r, rate) <= alpha))


def _tail(n: int, r: int, rate: float) -> float:
    return float(special.betainc(r, n - r + 1, rate)) if 0 < r <= n else float(r <= 0)


def one_stage_at(params: OneStage, n: int) -> OneStageDesign:
    """Return the criterion and the attained errors of this size.

    >>> d = one_stage_at(OneStage(0.20, 0.40), 57)
    >>> d.reject_from, round(d.power, 3)
    (19, 0.878)
    """
    r = critical_count(n, params.null_rate, params.alpha)
    return OneStageDesign(n, r, _tail(n, r, params.null_rate), _tail(n, r, params.alternative_rate))


def one_stage_sizes(params: OneStage) -> OneStageSizes:
    """Return the smallest and the saw-tooth-safe design.

    "Safe" is proved, not guessed. With K the relative entropy of two Bernoulli rates, Chernoff's bound puts the criterion at
    most at the share a where n K(a, p0) = ln(1/alpha), and the power above 1 - beta where n K(a, p1) >= ln(1/beta). Both hold
    for every n from some n on, found by one root; all smaller n are computed. Raises UserError (DSG-204) where no size up to
    `n_max` reaches the power.

    >>> s = one_stage_sizes(OneStage(0.20, 0.40))
    >>> s.smallest.n, s.smallest.reject_from, round(s.smallest.alpha, 4), round(s.smallest.power, 3), s.safe.n
    (56, 18, 0.0219, 0.911, 59)
    """
    smallest, below, r = None, 0, 1
    proved = _proved(params)
    for n in range(1, proved + 1):
        # one more subject raises the criterion by one or not at all
        if _tail(n, r, params.null_rate) > params.alpha:
            r += 1
        power = _tail(n, r, params.alternative_rate)
        if power < params.power:
            below = n
        elif smallest is None:
            smallest = n
        if smallest is None and n >= params.n_max:
            break
    if smallest is None or smallest > params.n_max:
        raise UserError(fault("DSG-204", expected=message("size_up_to_n_max", n_max=params.n_max), found=f"{params}"))
    return OneStageSizes(one_stage_at(params, smallest), one_stage_at(params, below + 1))


def _proved(params: OneStage) -> int:
    """Return a size from which Chernoff's bounds prove the power of every size."""
    p0, p1 = params.null_rate, params.alternative_rate
    error, miss = -math.log(params.alpha), -math.log1p(-params.power)
    share = optimize.brentq(lambda a: error * _entropy(a, p1) - miss * _entropy(a, p0), p0, p1, xtol=1e-15)
    return math.ceil(error / max(_entropy(share, p0), 1e-12)) + 1


def _entropy(a: float, p: float) -> float:
    """Return the relative entropy of Bernoulli(a) against Bernoulli(p)."""
    return float(special.rel_entr(a, p) + special.rel_entr(1 - a, 1 - p))


def describe(params: OneStage, result: OneStageSizes) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.one_stage",
        {
            "null_rate": 100 * params.null_rate,
            "alternative_rate": 100 * params.alternative_rate,
            "n": result.smallest.n,
            "reject_from": result.smallest.reject_from,
            "alpha": 100 * result.smallest.alpha,
            "power": 100 * result.smallest.power,
            "safe_n": result.safe.n,
            "safe_reject_from": result.safe.reject_from,
        },
    )
