"""From the protocol's stored choices to the objects that plan and run the trial.

The planner, the conduct core and the report all obtain the policy and the
stopping rules here, so there is no second implementation of either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.escalation import Escalation
from celltrial.protocol.model.stopping import StoppingRule

if TYPE_CHECKING:
    from celltrial.designs import Policy
    from celltrial.designs.single_arm.binomial_looks import Looks
    from celltrial.designs.stopping.boundary import BoundaryRule


def policy_of(plan: Escalation, *, n_doses: int, start_level: int) -> Policy:
    """Return the dose-finding policy of a plan over a ladder; levels count from 1, dose indices from 0."""
    from celltrial.designs import build_policy

    modifiers = [{"kind": item.kind, "params": item.params} for item in plan.design.modifiers]
    return build_policy(
        plan.design.kind, plan.design.params, n_doses=n_doses, start=start_level - 1, modifiers=modifiers
    )


def dose_policy(protocol: Protocol) -> Policy | None:
    """Return the dose-finding policy of the protocol; None where it finds no dose."""
    if protocol.escalation is None:
        return None
    return policy_of(protocol.escalation, n_doses=len(protocol.dose.levels), start_level=protocol.dose.start_level)


def response_looks(protocol: Protocol) -> Looks | None:
    """Return the looks of a single-arm trial at its responders; None where the protocol states no rule on a count."""
    plan = protocol.confirmatory
    if plan is None or plan.sample_size is None or plan.randomisation is not None:
        return None
    from celltrial.designs.single_arm.planned_looks import planned_looks

    size = plan.sample_size
    return planned_looks(size.method, size.params, size.infused, where="confirmatory.sample_size.params")


def boundary_of(rule: StoppingRule) -> BoundaryRule:
    """Return the boundary of one stopping rule of the protocol."""
    from celltrial.designs import build_stopping_rule

    return build_stopping_rule(rule.boundary, rule.params)
