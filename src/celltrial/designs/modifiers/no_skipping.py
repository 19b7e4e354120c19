"""No skipping: never more than one level above the highest dose given so far.

>>> from celltrial.designs import Counts, build_policy
>>> free = {"skeleton": [0.05, 0.1, 0.2, 0.3], "target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 24,
...         "no_skipping": False, "coherent": False}
>>> braked = build_policy("crm", free, n_doses=4, modifiers=[{"kind": "no_skipping"}])
>>> braked.inner.decide(Counts((3, 0, 0, 0), (0, 0, 0, 0))).next_dose, braked.decide(Counts((3, 0, 0, 0), (0, 0, 0, 0))).next_dose
(3, 1)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.designs.modifiers.wrapped import Wrapped, moved
from celltrial.designs.policy import Decisions, Message, Policy, States


@dataclass(frozen=True, slots=True)
class NoSkippingParams:
    """Nothing to state."""


def build(params: NoSkippingParams, policy: Policy) -> NoSkipping:  # noqa: ARG001 - one signature for all modifiers
    """Return the policy with the brake."""
    return NoSkipping(policy)


@dataclass(frozen=True, slots=True)
class NoSkipping(Wrapped):
    """The brake."""

    def adjust(self, decided: Decisions, states: States) -> Decisions:
        """Return the decisions, at most one level above the highest dose given (or at the starting dose)."""
        given = np.where(states.n > 0, np.arange(self.n_doses), -1).max(axis=1)
        limit = np.where(given >= 0, given + 1, self.start)
        return moved(decided, states, np.minimum(decided.next, limit))

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        return Message("design.modifier.no_skipping")
