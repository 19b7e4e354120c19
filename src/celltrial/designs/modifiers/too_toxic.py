"""Too toxic: eliminate doses, whatever the design inside thinks of them.

A dose with at least `min_n` subjects is eliminated, with all above it, when
P(rate > threshold | Beta(a + y, b + n - y)) > certainty. The design's choice is lowered to the
highest dose left; the trial stops when the lowest dose is eliminated; an eliminated dose is
never recommended. This is the hard safety stop that model-based designs lack.

>>> from celltrial.designs import Counts, build_policy
>>> crm = {"skeleton": [0.1, 0.2, 0.3], "target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 24}
>>> rule = {"kind": "too_toxic", "params": {"threshold": 0.3, "certainty": 0.95}}
>>> build_policy("crm", crm, n_doses=3, modifiers=[rule]).decide(Counts((3, 0, 0), (3, 0, 0), last=(3, 3))).reason.name
'STOP_LOWEST_TOO_TOXIC'
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.escalation.move_table import doses_at_or_above
from celltrial.designs.modifiers.wrapped import Wrapped, ended, moved
from celltrial.designs.policy import Bools, Decisions, Ints, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class TooToxicParams:
    """What the protocol must state.

    threshold, certainty: both in (0, 1); prior_a, prior_b: > 0; min_n: subjects needed at the dose, >= 1.
    """

    threshold: float
    certainty: float
    prior_a: float = 1.0
    prior_b: float = 1.0
    min_n: int = 3

    def __post_init__(self) -> None:
        """Refuse probabilities outside (0, 1) and an improper prior."""
        if not (0 < self.threshold < 1 and 0 < self.certainty < 1):
            found = f"threshold={self.threshold}, certainty={self.certainty}"
            raise UserError(fault("DSG-030", expected=message("threshold_and_certainty_below_1"), found=found))
        if not (self.prior_a > 0 and self.prior_b > 0 and self.min_n >= 1):
            found = f"prior_a={self.prior_a}, prior_b={self.prior_b}, min_n={self.min_n}"
            raise UserError(fault("DSG-031", expected="prior_a > 0, prior_b > 0, min_n >= 1", found=found))


def build(params: TooToxicParams, policy: Policy) -> TooToxic:
    """Return the policy with the elimination rule."""
    return TooToxic(policy, params)


@dataclass(frozen=True, slots=True)
class TooToxic(Wrapped):
    """The elimination rule."""

    params: TooToxicParams

    def _eliminated(self, states: States) -> Bools:
        p, n, y = self.params, states.n.astype(np.int64), states.dlt.astype(np.int64)
        above = special.betainc(p.prior_b + n - y, p.prior_a + y, 1 - p.threshold)
        return doses_at_or_above((above > p.certainty) & (n >= p.min_n))

    def adjust(self, decided: Decisions, states: States) -> Decisions:
        """Return the decisions on the doses that are left."""
        gone = self._eliminated(states)
        highest = self.n_doses - 1 - gone.sum(axis=1)
        lowered = moved(decided, states, np.minimum(decided.next, np.maximum(highest, 0)))
        merged = Decisions(lowered.next, lowered.size, lowered.reason, lowered.eliminated | gone)
        return ended(merged, highest < 0, Reason.STOP_LOWEST_TOO_TOXIC)

    def select_states(self, states: States) -> Ints:
        """Return the design's recommendation, or the highest treated dose below it that is left."""
        chosen, gone = self.inner.select_states(states), self._eliminated(states)
        levels = np.arange(self.n_doses)
        fit = (states.n > 0) & ~gone & (levels <= chosen[:, None])
        lower = np.where(fit, levels, -1).max(axis=1)
        taken = (chosen >= 0) & gone[states.rows, np.maximum(chosen, 0)]
        return np.where(taken, lower, chosen)

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        p = self.params
        details = {"threshold": p.threshold, "certainty": p.certainty, "a": p.prior_a, "b": p.prior_b, "min_n": p.min_n}
        return Message("design.modifier.too_toxic", details)
