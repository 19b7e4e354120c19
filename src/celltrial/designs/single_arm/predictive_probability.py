"""Predictive-probability design: stop when the rest of the trial is very unlikely to change the answer.

With a Beta(a, b) prior, the trial succeeds if after all N subjects P(rate > p0 | data) > final_probability (theta_T). After n subjects
with x responders, the predictive probability of that is the sum, over y responders among the N - n to come (beta-binomial), of the
cases that would succeed. Below `futility` (theta_L) the trial stops as hopeless; above `efficacy` (theta_U; 1 for never) as proven.
Both are monotone in x, so the rule is a pair of bounds per look, and its errors follow exactly from the binomial recursion.
Lee & Liu (2008), doi:10.1177/1740774508089279. Checked against their worked example (16 responders of 23, 40 in all, Beta(0.6, 0.4),
60 %, theta_T 0.9: 0.5656) and their design for 20 % / 40 %, 36 subjects, looks after each from the tenth: the bounds
0/10, 1/17, 2/21, 3/24, 4/27, 5/29, 6/31, 7/33, 8/34, 9/35, 10/36, type I error 0.088, power 0.906, early stopping 0.86, mean size 27.67.
Their `theta_T` is any value in an interval that leaves the bounds alone; the search returns the smallest final count instead.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.single_arm.binomial_looks import Looks, LooksOutcome, binomial_pmf, follow_looks
from celltrial.designs.single_arm.one_stage import critical_count
from celltrial.designs.sizing.ranges import ascending, between, demand, positive, that, whole


@dataclass(frozen=True, slots=True)
class PredictiveProbability:
    """What the protocol must state.

    null_rate, alternative_rate: p0 < p1, in (0, 1). looks: subjects seen at each look, increasing, the last is all (at most 1,000).
    final_probability: theta_T in (0, 1); futility: theta_L in [0, 1); efficacy: theta_U in (futility, 1], 1 never stops.
    prior: the two numbers of the beta prior, > 0; None: (p0, 1 - p0), one subject's worth around the null.
    """

    null_rate: float
    alternative_rate: float
    looks: tuple[int, ...]
    final_probability: float = 0.90
    futility: float = 0.001
    efficacy: float = 1.0
    prior: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        a, b = self.beta
        demand(
            that(
                0 < self.null_rate < self.alternative_rate < 1,
                "DSG-201",
                expected="0 < null_rate < alternative_rate < 1",
                found=f"null_rate={self.null_rate}, alternative_rate={self.alternative_rate}",
            ),
            ascending("DSG-205", "looks", self.looks),
            whole("DSG-203", 1, 1000, **{f"looks[{k}]": n for k, n in enumerate(self.looks)}),
            between("DSG-208", 0, 1, final_probability=self.final_probability),
            that(
                0 <= self.futility < self.efficacy <= 1,
                "DSG-208",
                expected="0 <= futility < efficacy <= 1",
                found=f"futility={self.futility}, efficacy={self.efficacy}",
            ),
            positive("DSG-207", prior_a=a, prior_b=b),
        )

    @property
    def beta(self) -> tuple[float, float]:
        """The beta prior in force."""
        return self.prior or (self.null_rate, 1 - self.null_rate)


@dataclass(frozen=True, slots=True)
class PredictiveProbabilityDesign:
    """The bounds of every look, with the exact course under the null and the alternative."""

    params: PredictiveProbability
    looks: Looks
    under_null: LooksOutcome
    under_alternative: LooksOutcome


def _final_count(params: PredictiveProbability) -> int:
    """Return the smallest number of responders that succeeds at the end; n + 1 where none does."""
    a, b = params.beta
    n = params.looks[-1]
    x = np.arange(n + 1)
    wins = special.betaincc(a + x, b + n - x, params.null_rate) > params.final_probability
    return int(wins.argmax()) if wins.any() else n + 1


def predictive_probability(params: PredictiveProbability, n: int, x: int) -> float:
    """Return the probability that the trial will succeed, given x responders among n subjects.

    n from 0 to the last look; x from 0 to n.

    >>> p = PredictiveProbability(0.20, 0.40, tuple(range(10, 37)), 0.90)
    >>> round(predictive_probability(p, 10, 0), 5), round(predictive_probability(p, 10, 4), 3)
    (0.00076, 0.766)
    """
    demand(whole("DSG-203", 0, params.looks[-1], n=n), whole("DSG-203", 0, n, x=x))
    return float(_curve(params, n, _final_count(params))[x])


def _curve(params: PredictiveProbability, n: int, final: int) -> NDArray[np.float64]:
    """Return the predictive probability for every x = 0 .. n."""
    a, b = params.beta
    rest = params.looks[-1] - n
    x, y = np.arange(n + 1)[:, None], np.arange(rest + 1)[None, :]
    ways = special.gammaln(rest + 1) - special.gammaln(y + 1) - special.gammaln(rest - y + 1)
    log = ways + special.betaln(a + x + y, b + params.looks[-1] - x - y) - special.betaln(a + x, b + n - x)
    return np.asarray(np.minimum((np.exp(log) * (x + y >= final)).sum(axis=1), 1.0))


def predictive_probability_design(params: PredictiveProbability) -> PredictiveProbabilityDesign:
    """Return the bounds and their exact operating characteristics.

    >>> d = predictive_probability_design(PredictiveProbability(0.20, 0.40, tuple(range(10, 37)), 0.90))
    >>> round(d.under_null.p_success, 3), round(d.under_alternative.p_success, 3), round(d.under_null.expected_n, 2)
    (0.088, 0.906, 27.67)
    """
    final = _final_count(params)
    low, high = [], []
    for n in params.looks[:-1]:
        curve = _curve(params, n, final)
        low.append(int((curve < params.futility).sum()) - 1)
        above = curve > params.efficacy
        high.append(int(above.argmax()) if above.any() else n + 1)
        high[-1] = max(high[-1], low[-1] + 1)
    looks = Looks(params.looks, (*low, final - 1), (*high, final))
    return PredictiveProbabilityDesign(
        params, looks, follow_looks(looks, params.null_rate), follow_looks(looks, params.alternative_rate)
    )


@dataclass(frozen=True, slots=True)
class PredictiveProbabilitySearch:
    """What the protocol must state to search for the smallest trial.

    null_rate, alternative_rate, futility, efficacy, prior: as above; alpha, beta: largest errors, in (0, 1).
    first_look: subjects at the first look; cohort: further subjects between looks; n_min, n_max: sizes searched.
    """

    null_rate: float
    alternative_rate: float
    alpha: float = 0.10
    beta: float = 0.10
    first_look: int = 10
    cohort: int = 1
    n_min: int = 20
    n_max: int = 60
    futility: float = 0.001
    efficacy: float = 1.0
    prior: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        demand(
            that(
                0 < self.null_rate < self.alternative_rate < 1,
                "DSG-201",
                expected="0 < null_rate < alternative_rate < 1",
                found=f"null_rate={self.null_rate}, alternative_rate={self.alternative_rate}",
            ),
            between("DSG-202", 0, 1, alpha=self.alpha, beta=self.beta),
            whole("DSG-203", 1, 300, first_look=self.first_look, cohort=self.cohort, n_max=self.n_max),
            whole("DSG-203", self.first_look, self.n_max, n_min=self.n_min),
        )

    def at(self, n: int, final_probability: float) -> PredictiveProbability:
        """Return the design of this size."""
        looks = (*range(self.first_look, n, self.cohort), n)
        return PredictiveProbability(
            self.null_rate, self.alternative_rate, looks, final_probability, self.futility, self.efficacy, self.prior
        )


def search_predictive_probability(params: PredictiveProbabilitySearch) -> PredictiveProbabilityDesign:
    """Return the smallest trial that keeps both errors, with the smallest final count that keeps alpha.

    A higher final count shrinks every way to succeed, so the first count that keeps alpha has the most power of its size.
    Every final count stands for an interval of theta_T. A size at which even the most powerful test of this level (Neyman and
    Pearson's, with a randomised edge) falls short is passed over: no stopping rule can do better. Raises UserError (DSG-204) where no size suffices.

    >>> search_predictive_probability(PredictiveProbabilitySearch(0.20, 0.40)).looks.sizes[-1]
    36
    """
    for n in range(params.n_min, params.n_max + 1):
        if _best_power(params, n) < 1 - params.beta:
            continue

        def design(count: int, n: int = n) -> PredictiveProbabilityDesign:
            return predictive_probability_design(params.at(n, _between_counts(params, n, count)))

        def keeps_alpha(count: int) -> int:
            return int(design(count).under_null.p_success <= params.alpha)

        count = bisect_left(range(n + 1), 1, lo=1, key=keeps_alpha)
        if count <= n and (best := design(count)).under_alternative.p_success >= 1 - params.beta:
            return best
    raise UserError(fault("DSG-204", expected=message("size_up_to_n_max", n_max=params.n_max), found=f"{params}"))


def _best_power(params: PredictiveProbabilitySearch, n: int) -> float:
    """Return the power of the most powerful level-alpha test of n subjects."""
    null, other = binomial_pmf(n, params.null_rate), binomial_pmf(n, params.alternative_rate)
    r = critical_count(n, params.null_rate, params.alpha)
    edge = (params.alpha - float(null[r:].sum())) / float(null[r - 1])
    return float(other[r:].sum() + edge * other[r - 1])


def _between_counts(params: PredictiveProbabilitySearch, n: int, count: int) -> float:
    """Return a theta_T for which `count` responders succeed at the end and one fewer does not."""
    a, b = params.prior or (params.null_rate, 1 - params.null_rate)
    ends = [float(special.betaincc(a + x, b + n - x, params.null_rate)) for x in (count - 1, count)]
    return sum(ends) / 2


def describe(params: PredictiveProbabilitySearch, result: PredictiveProbabilityDesign) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.predictive_probability",
        {
            "null_rate": 100 * params.null_rate,
            "alternative_rate": 100 * params.alternative_rate,
            "n": result.looks.sizes[-1],
            "first": result.looks.sizes[0],
            "looks": len(result.looks.sizes),
            "reject_from": result.looks.stop_high[-1],
            "futility": result.params.futility,
            "alpha": 100 * result.under_null.p_success,
            "power": 100 * result.under_alternative.p_success,
            "expected_n": result.under_null.expected_n,
        },
    )
