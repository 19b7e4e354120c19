"""The null rate of a single-arm trial, derived from evidence instead of taste.

Earlier studies of the standard (x responders of n) are pooled on the logit scale with a variance between studies:
y = ln(x / (n - x)), v = 1/x + 1/(n - x) (0.5 added to both counts of a study in which nobody or everybody responded), weights 1/(v + tau^2).
tau^2 by Paule & Mandel (1982) or DerSimonian & Laird (1986), doi:10.1016/0197-2456(86)90046-2. The interval of the mean is
Hartung and Knapp's (2001), doi:10.1002/sim.1009, with t on k - 1 degrees; the prediction interval for the rate of a further study, t on k - 2:
Higgins, Thompson & Spiegelhalter (2009), doi:10.1111/j.1467-985X.2008.00552.x, with that same error. Three candidates for the null come out: pooled
mean, its upper bound, and the upper prediction bound; a trial population is a new "study", so the cautious null is the last.
Checked against statsmodels 0.15.0 `combine_effects` (tau^2 by both methods, mean, both standard errors).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from celltrial.core.lazy_scipy import optimize, special
from celltrial.core.results import Interval, NotEstimable
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.sizing.ranges import between, demand, that

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Study:
    """One earlier study: a label, responders and subjects."""

    label: str
    responders: int
    subjects: int


@dataclass(frozen=True, slots=True)
class NullEvidence:
    """What the protocol must state.

    studies: two or more, with different labels; level: of the intervals, in (0, 1); method of tau^2.
    """

    studies: tuple[Study, ...]
    level: float = 0.95
    method: Literal["paule_mandel", "dersimonian_laird"] = "paule_mandel"

    def __post_init__(self) -> None:
        wrong = [s for s in self.studies if s.subjects < 1 or not 0 <= s.responders <= s.subjects]
        labels = {s.label for s in self.studies}
        demand(
            that(
                len(self.studies) >= 2 and len(labels) == len(self.studies),
                "DSG-210",
                expected=message("two_or_more_studies_with_different_labels"),
                found=f"{len(self.studies)} studies, {len(labels)} labels",
            ),
            that(not wrong, "DSG-210", expected="0 <= responders <= n, n >= 1", found=f"{wrong}"),
            between("DSG-210", 0, 1, level=self.level),
            that(
                self.method in {"paule_mandel", "dersimonian_laird"},
                "DSG-210",
                expected=message("method_paule_mandel_or_dersimonian_laird"),
                found=f"method={self.method}",
            ),
        )


@dataclass(frozen=True, slots=True)
class NullRate:
    """The pooled evidence.

    pooled: mean rate (inverse logit of the mean logit), with its interval.
    prediction: interval for the rate of a further study; not estimable from two.
    tau_squared, i_squared: variance between studies on the logit scale; its share of all variance.
    logit, logit_error: mean on the logit scale and Hartung-Knapp standard error.
    """

    pooled: float
    interval: Interval
    prediction: Interval | NotEstimable
    tau_squared: float
    i_squared: float
    logit: float
    logit_error: float


def null_rate(params: NullEvidence) -> NullRate:
    """Return the pooled rate, its upper bound and the upper prediction bound.

    >>> studies = (Study("A", 12, 40), Study("B", 9, 30), Study("C", 20, 45), Study("D", 5, 32), Study("E", 14, 38))
    >>> r = null_rate(NullEvidence(studies))
    >>> round(r.pooled, 3), round(r.interval.high, 3), round(r.prediction.high, 3)
    (0.321, 0.47, 0.641)
    """
    x = np.array([s.responders for s in params.studies], dtype=float)
    n = np.array([s.subjects for s in params.studies], dtype=float)
    add = np.where((x == 0) | (x == n), 0.5, 0.0)
    yes, no = x + add, n - x + add
    y, v = np.log(yes / no), 1 / yes + 1 / no
    k = len(y)
    heterogeneity = _q(y, v, 0.0)
    tau = _tau_paule_mandel(y, v) if params.method == "paule_mandel" else _tau_dersimonian_laird(y, v)
    weights = 1 / (v + tau)
    mean = float(weights @ y / weights.sum())
    error = math.sqrt(float(weights @ (y - mean) ** 2) / ((k - 1) * float(weights.sum())))
    tail = (1 + params.level) / 2
    half = float(special.stdtrit(k - 1, tail)) * error
    interval = Interval(*_rates(mean, half), params.level, "hartung_knapp")
    prediction: Interval | NotEstimable
    if k < 3:
        prediction = NotEstimable("design.prediction_needs_three_studies", "studies", k)
    else:
        wide = float(special.stdtrit(k - 2, tail)) * math.sqrt(tau + error**2)
        prediction = Interval(*_rates(mean, wide), params.level, "higgins_prediction")
    share = max(0.0, 1 - (k - 1) / heterogeneity) if heterogeneity > 0 else 0.0
    return NullRate(float(special.expit(mean)), interval, prediction, tau, share, mean, error)


def _rates(mean: float, half: float) -> tuple[float, float]:
    return float(special.expit(mean - half)), float(special.expit(mean + half))


def _q(y: Array, v: Array, tau: float) -> float:
    """Return the generalised Q statistic."""
    w = 1 / (v + tau)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def _tau_dersimonian_laird(y: Array, v: Array) -> float:
    w = 1 / v
    excess = _q(y, v, 0.0) - (len(y) - 1)
    return max(0.0, excess / float(w.sum() - (w**2).sum() / w.sum()))


def _tau_paule_mandel(y: Array, v: Array) -> float:
    """Return the tau^2 at which the generalised Q equals its expectation; 0 where it is below already."""
    target = len(y) - 1
    if _q(y, v, 0.0) <= target:
        return 0.0
    high = 1.0
    while _q(y, v, high) > target:
        high *= 2
    return float(optimize.brentq(lambda tau: _q(y, v, tau) - target, 0.0, high, xtol=1e-14))


def describe(params: NullEvidence, result: NullRate) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.null_rate",
        {
            "studies": len(params.studies),
            "pooled": 100 * result.pooled,
            "upper": 100 * result.interval.high,
            "level": 100 * params.level,
            "tau": result.tau_squared**0.5,
        },
    )
