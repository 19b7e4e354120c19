"""Assurance: the power one may really expect, when the rate is known from a small trial only.

Nominal power takes the observed rate x/m for the truth. Assurance averages the power over what is believed after x responders among
m: with a Beta(a, b) prior the number of responders of the new trial is beta-binomial, and assurance = P(at least r of n). O'Hagan, Stevens
& Campbell (2005), doi:10.1002/pst.175. Both are printed, because the first flatters. Checked against AC-P8.2 (uniform prior:
9/20 gives 98.2 % and 87.3 %, 8/20 gives 91.1 % and 77.9 % for 18 of 56) and scipy 1.17 `betabinom`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.core.lazy_scipy import special
from celltrial.designs.policy import Message
from celltrial.designs.single_arm.binomial_looks import binomial_pmf
from celltrial.designs.sizing.ranges import demand, positive, whole


@dataclass(frozen=True, slots=True)
class Assurance:
    """What is planned and what is known.

    n, reject_from: size of the new trial (at most 100,000) and its criterion; responders, treated: the earlier result.
    prior: the two numbers of the beta prior, uniform unless stated.
    """

    n: int
    reject_from: int
    responders: int
    treated: int
    prior: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        demand(
            whole("DSG-203", 1, 100_000, n=self.n),
            whole("DSG-203", 0, self.n, reject_from=self.reject_from),
            whole("DSG-203", 1, treated=self.treated),
            whole("DSG-203", 0, self.treated, responders=self.responders),
            positive("DSG-207", prior_a=self.prior[0], prior_b=self.prior[1]),
        )


@dataclass(frozen=True, slots=True)
class AssuranceResult:
    """Power if the observed rate were the truth, and the power to be expected."""

    observed_rate: float
    nominal_power: float
    assurance: float


def assurance(params: Assurance) -> AssuranceResult:
    """Return nominal power and assurance.

    >>> a = assurance(Assurance(56, 18, responders=9, treated=20))
    >>> round(100 * a.nominal_power, 1), round(100 * a.assurance, 1)
    (98.2, 87.3)
    """
    p = params
    rate = p.responders / p.treated
    a, b = p.responders + p.prior[0], p.treated - p.responders + p.prior[1]
    y = np.arange(p.reject_from, p.n + 1)
    ways = special.gammaln(p.n + 1) - special.gammaln(y + 1) - special.gammaln(p.n - y + 1)
    weights = np.exp(ways + special.betaln(a + y, b + p.n - y) - special.betaln(a, b))
    return AssuranceResult(rate, float(binomial_pmf(p.n, rate)[p.reject_from :].sum()), float(min(1.0, weights.sum())))


def describe(params: Assurance, result: AssuranceResult) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.assurance",
        {
            "n": params.n,
            "reject_from": params.reject_from,
            "responders": params.responders,
            "treated": params.treated,
            "nominal": 100 * result.nominal_power,
            "assurance": 100 * result.assurance,
        },
    )
