"""Enrolment with assurance: how many to enrol so that enough are infused.

Of N enrolled, the number infused is Binomial(N, p). The expectation alone, ceil(needed/p), reaches the
number needed in only about half of the trials; the size with assurance is the smallest N with
P(infused >= needed) >= assurance. Reporting the expectation alone is refused by construction: the result holds
both. Where p was estimated from a history of x infused among m, its uncertainty belongs in the answer:
then p ~ Beta(x + a, m - x + b) and the number infused is beta-binomial; a history without a failure is not p = 1.
Checked against AC-P3.2 (49 at 74.2 %: 67 and 74; at 85 %: 58, 60, 63).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.rounding import whole_up
from celltrial.designs.sizing.ranges import between, demand, positive, that, whole

#: The largest enrolment considered.
LIMIT = 2_000_000


@dataclass(frozen=True, slots=True)
class InfusedHistory:
    """Earlier experience of who reached infusion.

    infused, enrolled: counts; prior: the beta prior's two numbers, Jeffreys (0.5, 0.5) unless stated.
    """

    infused: int
    enrolled: int
    prior: tuple[float, float] = (0.5, 0.5)

    def __post_init__(self) -> None:
        demand(
            whole("DSG-402", 0, infused=self.infused),
            whole("DSG-402", max(1, self.infused), enrolled=self.enrolled),
            positive("DSG-404", prior_a=self.prior[0], prior_b=self.prior[1]),
        )

    @property
    def beta(self) -> tuple[float, float]:
        """The posterior Beta(a, b) of the infusion probability."""
        return self.infused + self.prior[0], self.enrolled - self.infused + self.prior[1]


@dataclass(frozen=True, slots=True)
class EnrolmentNeed:
    """What the protocol must state to size enrolment.

    infused_needed: subjects who must be infused, 1 to 100,000.
    infused_rate:   probability that an enrolled subject is infused, in (0, 1], or the history it comes from.
    assurance:      wanted probability that enough are infused, in (0, 1).
    """

    infused_needed: int
    infused_rate: float | InfusedHistory
    assurance: float = 0.95

    def __post_init__(self) -> None:
        rate = self.infused_rate
        demand(
            whole("DSG-402", 1, 100_000, infused_needed=self.infused_needed),
            between("DSG-401", 0, 1, assurance=self.assurance),
            None
            if isinstance(rate, InfusedHistory)
            else that(0 < rate <= 1, "DSG-401", expected="0 < infused_rate <= 1", found=f"infused_rate={rate}"),
        )


@dataclass(frozen=True, slots=True)
class EnrolmentSize:
    """How many to enrol.

    by_expectation: smallest n whose expected number infused is enough.
    with_assurance: smallest n that is enough with the wanted probability.
    reached_by_expectation, reached: what each of the two really attains.
    """

    by_expectation: int
    with_assurance: int
    reached_by_expectation: float
    reached: float


def chance_enough_infused(n: int, need: EnrolmentNeed) -> float:
    """Return P(at least `infused_needed` of n enrolled are infused).

    n >= 0 whole. Binomial tail for a stated rate, beta-binomial tail for a history.

    >>> round(chance_enough_infused(67, EnrolmentNeed(49, 0.742)), 3)
    0.64
    """
    demand(whole("DSG-402", 0, n=n))
    needed, rate = need.infused_needed, need.infused_rate
    if n < needed:
        return 0.0
    if isinstance(rate, InfusedHistory):
        a, b = rate.beta
        y = np.arange(needed, n + 1)
        ways = special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)
        weights = special.betaln(a + y, b + n - y) - special.betaln(a, b)
        return float(min(1.0, np.exp(ways + weights).sum()))
    return float(special.betainc(needed, n - needed + 1, rate))


def enrolment_size(need: EnrolmentNeed) -> EnrolmentSize:
    """Return how many to enrol: by expectation and with assurance.

    >>> s = enrolment_size(EnrolmentNeed(49, 0.742))
    >>> s.by_expectation, s.with_assurance
    (67, 74)
    >>> [enrolment_size(EnrolmentNeed(49, 0.85, a)).with_assurance for a in (0.80, 0.95)]
    [60, 63]
    """
    rate = need.infused_rate
    mean = rate.beta[0] / sum(rate.beta) if isinstance(rate, InfusedHistory) else rate
    expected = need.infused_needed / mean
    if not expected <= LIMIT:
        raise UserError(
            fault("DSG-403", expected=message("size_up_to_that_reaches_the_assurance", limit=LIMIT), found=f"{need}")
        )
    by_mean = whole_up(expected)
    # the tail increases with n: bracket, then bisect
    low, high = need.infused_needed - 1, by_mean
    while high <= LIMIT and chance_enough_infused(high, need) < need.assurance:
        low, high = high, 2 * high
    if high > LIMIT:
        raise UserError(
            fault("DSG-403", expected=message("size_up_to_that_reaches_the_assurance", limit=LIMIT), found=f"{need}")
        )
    while high - low > 1:
        middle = (low + high) // 2
        if chance_enough_infused(middle, need) >= need.assurance:
            high = middle
        else:
            low = middle
    return EnrolmentSize(by_mean, high, chance_enough_infused(by_mean, need), chance_enough_infused(high, need))


def describe(params: EnrolmentNeed, result: EnrolmentSize) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.enrolment",
        {
            "needed": params.infused_needed,
            "expectation": result.by_expectation,
            "reached_by_expectation": 100 * result.reached_by_expectation,
            "n": result.with_assurance,
            "assurance": 100 * params.assurance,
        },
    )
