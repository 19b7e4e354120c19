"""Stop when the posterior probability that a rate exceeds a threshold is too high.

With x events in n subjects and a Beta(a, b) prior: stop if

    P(rate > threshold | Beta(a + x, b + n - x)) > certainty,

looked at after every subject from `min_n` on. One object: the planner computes its
operating characteristics, the running trial asks `is_crossed`, the report prints
`boundaries`. Thall & Simon (1994), doi:10.2307/2533377.

Differences from other software: none found; the published table of the rule
P(rate > 30 %) > 95 % with Beta(0.6, 1.4) is reproduced (AC-P7.1, AC-P7.2).

>>> rule = BetaBinomialRule(BetaBinomialParams(threshold=0.30, certainty=0.95, prior_a=0.6, prior_b=1.4, min_n=3))
>>> rule.is_crossed(x=7, n=12), rule.is_crossed(x=6, n=12)
(True, False)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.core.incomplete_beta import incomplete_beta
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.stopping.boundary import BoundaryRule


@dataclass(frozen=True, slots=True)
class BetaBinomialParams:
    """What the protocol must state for this rule.

    threshold: rate that must not be exceeded, in (0, 1).
    certainty: posterior probability above which to stop, in (0, 1).
    prior_a, prior_b: the Beta prior, both > 0.
    min_n:     first look after this many subjects, >= 1.
    """

    threshold: float
    certainty: float
    prior_a: float
    prior_b: float
    min_n: int = 1

    def __post_init__(self) -> None:
        """Refuse probabilities outside (0, 1), an improper prior and a look before the first subject."""
        if not (0 < self.threshold < 1 and 0 < self.certainty < 1):
            found = f"threshold={self.threshold}, certainty={self.certainty}"
            raise UserError(fault("DSG-030", expected=message("threshold_and_certainty_below_1"), found=found))
        if not (self.prior_a > 0 and self.prior_b > 0 and self.min_n >= 1):
            found = f"prior_a={self.prior_a}, prior_b={self.prior_b}, min_n={self.min_n}"
            raise UserError(fault("DSG-031", expected="prior_a > 0, prior_b > 0, min_n >= 1", found=found))


def posterior_exceedance(x: int, n: int, *, threshold: float, prior_a: float, prior_b: float) -> float:
    """Return P(rate > threshold | Beta(a + x, b + n - x)).

    >>> round(posterior_exceedance(3, 3, threshold=0.30, prior_a=0.6, prior_b=1.4), 3)
    0.976
    """
    if not 0 <= x <= n:
        raise UserError(fault("DSG-001", expected="0 <= x <= n", found=f"x={x}, n={n}"))
    return incomplete_beta(prior_b + n - x, prior_a + x, 1 - threshold)


def build(params: BetaBinomialParams) -> BetaBinomialRule:
    """Return the rule."""
    return BetaBinomialRule(params)


@dataclass(frozen=True, slots=True)
class BetaBinomialRule(BoundaryRule):
    """The rule; see the module."""

    params: BetaBinomialParams

    @property
    def min_n(self) -> int:  # type: ignore[override]
        """First look."""
        return self.params.min_n

    def boundary(self, n: int) -> int | None:
        """Return the least x at which n subjects stop the trial; None where none does."""
        p = self.params
        if n < p.min_n:
            return None

        def is_crossed(x: int) -> bool:
            return incomplete_beta(p.prior_b + n - x, p.prior_a + x, 1 - p.threshold) > p.certainty

        first = bisect_left(range(n + 1), 1, key=is_crossed)  # it grows with x
        return first if first <= n else None

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        p = self.params
        details: Mapping[str, object] = {
            "threshold": p.threshold,
            "certainty": p.certainty,
            "a": p.prior_a,
            "b": p.prior_b,
            "min_n": p.min_n,
        }
        return (Message("design.stopping.beta_binomial.rule", details),)
