"""Single-subject lead-in: one subject per level until the first DLT or the top dose.

Then the design inside takes over with a full cohort at the same dose.

Differences from other software: `titration = TRUE` of BOIN 2.7.2 fills up the first cohort at the
lower dose in the first simulated trial only (a flag is not reset between trials); from the second
trial on it behaves as here.

>>> from celltrial.designs import Counts, build_policy
>>> boin = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 36}
>>> policy = build_policy("boin", boin, n_doses=3, modifiers=[{"kind": "lead_in"}])
>>> [(d.next_dose, d.cohort_size) for d in (policy.decide(Counts((1, 0, 0), (y, 0, 0))) for y in (0, 1))]
[(1, 1), (0, 3)]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.designs.modifiers.wrapped import Wrapped
from celltrial.designs.policy import Decisions, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class LeadInParams:
    """Nothing to state."""


def build(params: LeadInParams, policy: Policy) -> LeadIn:  # noqa: ARG001 - one signature for all modifiers
    """Return the policy with the lead-in."""
    return LeadIn(policy)


@dataclass(frozen=True, slots=True)
class LeadIn(Wrapped):
    """The lead-in."""

    def adjust(self, decided: Decisions, states: States) -> Decisions:
        """Return single subjects upwards while no DLT was seen, then the decisions of the design."""
        n, total = states.n, states.enrolled()
        single = (n.max(axis=1) <= 1) & (total < self.max_subjects)
        clean = single & (states.dlt.sum(axis=1) == 0)
        at_top = states.current == self.n_doses - 1
        climbing = clean & ~(at_top & (n[:, -1] == 1))
        filling = single & ~climbing
        following = np.where(climbing & (total > 0), np.minimum(states.current + 1, self.n_doses - 1), states.current)
        full = np.minimum(self.cohort_size, self.max_subjects - total)
        size = np.where(climbing, 1, np.where(filling, full, decided.size))
        reason = np.where(climbing, np.where(total > 0, Reason.ESCALATE, Reason.START), decided.reason)
        reason = np.where(filling, Reason.STAY, reason)
        return Decisions(np.where(climbing | filling, following, decided.next), size, reason, decided.eliminated)

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        return Message("design.modifier.lead_in")
