"""End the escalation when a stopping rule over all subjects is crossed.

The rule looks at all DLTs among all evaluable subjects, whatever their dose; the object is the
one the conduct core enforces.

>>> from celltrial.designs import Counts, build_policy
>>> rule = {"kind": "beta_binomial", "params": {"threshold": 0.3, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4}}
>>> boin = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 36}
>>> policy = build_policy("boin", boin, n_doses=3, modifiers=[{"kind": "stop_by_rule", "params": {"rule": rule}}])
>>> policy.decide(Counts((6, 6, 0), (3, 4, 0), 1)).reason.name
'STOP_RULE_CROSSED'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from celltrial.designs.modifiers.wrapped import Wrapped, ended
from celltrial.designs.policy import Decisions, Message, Policy, Reason, States
from celltrial.designs.stopping.boundary import BoundaryRule
from celltrial.designs.stopping.table import build_stopping_rule


@dataclass(frozen=True, slots=True)
class StopByRuleParams:
    """What the protocol must state: the rule as {"kind": key of STOPPING_RULES, "params": {...}}."""

    rule: Mapping[str, Any]


def build(params: StopByRuleParams, policy: Policy) -> StopByRule:
    """Return the policy with the stop."""
    rule = build_stopping_rule(str(params.rule.get("kind")), params.rule.get("params", {}))
    limits = [limit if (limit := rule.boundary(n)) is not None else n + 1 for n in range(1, policy.max_subjects + 1)]
    return StopByRule(policy, rule, (1, *limits))


@dataclass(frozen=True, slots=True)
class StopByRule(Wrapped):
    """The stop."""

    rule: BoundaryRule
    limits: tuple[int, ...]

    def adjust(self, decided: Decisions, states: States) -> Decisions:
        """Return the decisions, ended where the rule is crossed."""
        limits = np.array(self.limits)
        n, x = states.n.sum(axis=1, dtype=np.int64), states.dlt.sum(axis=1, dtype=np.int64)
        crossed = x >= limits[np.minimum(n, len(limits) - 1)]
        return ended(decided, crossed & (n > 0), Reason.STOP_RULE_CROSSED)

    def sentence(self) -> Message:
        """Return the sentence of the rule."""
        return self.rule.describe()[0]
