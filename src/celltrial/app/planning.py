"""Handlers of planning: read a protocol, compute what its design and its stopping rules will do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from celltrial.app.files import read_text
from celltrial.app.installed_designs import wire_installed_designs
from celltrial.core.errors import UserError, fault
from celltrial.protocol import Protocol, read_protocol
from celltrial.protocol.policies import boundary_of, dose_policy

if TYPE_CHECKING:
    from celltrial.designs import Policy
    from celltrial.designs.stopping.boundary import BoundaryRule
    from celltrial.simulation.characteristics import OperatingCharacteristics
    from celltrial.simulation.scenario import Scenario

__all__ = ["DesignSheet", "open_protocol", "plan_design", "scenarios_of"]


def open_protocol(path: Path) -> Protocol:
    """Return the protocol of a YAML file; every fault names file, line and column."""
    wire_installed_designs()
    return read_protocol(read_text(path), str(path))


@dataclass(frozen=True, slots=True)
class DesignSheet:
    """What a protocol's design will do: the policy, its operating characteristics, its stopping rules."""

    protocol: Protocol
    policy: Policy
    characteristics: tuple[OperatingCharacteristics, ...]
    rules: tuple[BoundaryRule, ...]


def scenarios_of(protocol: Protocol, *, overdose_above: float | None = None) -> tuple[Scenario, ...]:
    """Return the protocol's scenarios for the engine.

    overdose_above: doses with a higher true DLT rate are overdoses; the design's own target unless given.
    """
    from celltrial.simulation.scenario import Scenario

    plan = protocol.escalation
    if plan is None:
        return ()
    target = plan.design.params.get("target_dlt_rate") if overdose_above is None else overdose_above
    return tuple(
        Scenario(item.id, item.dlt_rates, item.response_rates, overdose_above=target) for item in plan.scenarios
    )


def plan_design(protocol: Protocol, where: str) -> DesignSheet:
    """Return the sheet of a protocol with a dose-finding part (APP-010 where it has none)."""
    from celltrial.simulation.exact import operating_characteristics

    policy = dose_policy(protocol)
    if policy is None or protocol.escalation is None:
        raise UserError(fault("APP-010", where, expected="escalation"))
    outcomes = operating_characteristics(policy, scenarios_of(protocol))
    rules = tuple(boundary_of(rule) for rule in protocol.stopping.rules) if protocol.stopping else ()
    return DesignSheet(protocol, policy, outcomes, rules)
