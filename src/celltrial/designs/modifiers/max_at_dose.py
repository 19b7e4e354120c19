"""Maximum per level: no dose is given to more than so many subjects.

A cohort is cut to what is left at its dose; where nothing is left the trial ends and
recommends from what was seen.

>>> from celltrial.designs import Counts, build_policy
>>> boin = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 36}
>>> policy = build_policy("boin", boin, n_doses=3, modifiers=[{"kind": "max_at_dose", "params": {"max_n": 8}}])
>>> policy.decide(Counts((6, 0, 0), (2, 0, 0))).cohort_size
2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.designs.modifiers.wrapped import Wrapped, ended
from celltrial.designs.policy import Decisions, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class MaxAtDoseParams:
    """What the protocol must state: max_n, the most subjects at one dose, >= 1."""

    max_n: int

    def __post_init__(self) -> None:
        """Refuse a level without subjects."""
        if self.max_n < 1:
            raise UserError(fault("DSG-050", expected="max_n >= 1", found=str(self.max_n)))


def build(params: MaxAtDoseParams, policy: Policy) -> MaxAtDose:
    """Return the policy with the limit."""
    return MaxAtDose(policy, params)


@dataclass(frozen=True, slots=True)
class MaxAtDose(Wrapped):
    """The limit."""

    params: MaxAtDoseParams

    @property
    def most_at_dose(self) -> int:
        """Most subjects that one dose can get."""
        return min(self.params.max_n, self.inner.most_at_dose)

    def adjust(self, decided: Decisions, states: States) -> Decisions:
        """Return the decisions with cohorts cut to the limit."""
        left = self.params.max_n - states.n[states.rows, np.maximum(decided.next, 0)].astype(np.int64)
        goes = decided.next >= 0
        cut = Decisions(
            decided.next, np.where(goes, np.minimum(decided.size, left), 0), decided.reason, decided.eliminated
        )
        return ended(cut, goes & (left <= 0), Reason.STOP_ENOUGH_AT_DOSE)

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        return Message("design.modifier.max_at_dose", {"max_n": self.params.max_n})
