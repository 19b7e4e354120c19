"""Handlers of planning: read a protocol, compute what its design and its stopping rules will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from celltrial.app.files import read_text
from celltrial.app.installed_designs import wire_installed_designs
from celltrial.core.errors import UserError, fault
from celltrial.protocol import Protocol, read_protocol
from celltrial.protocol.policies import boundary_of, dose_policy

if TYPE_CHECKING:
    from celltrial.core.progress import Progress
    from celltrial.designs import Policy
    from celltrial.designs.stopping.boundary import BoundaryRule
    from celltrial.simulation.characteristics import OperatingCharacteristics
    from celltrial.simulation.monte_carlo_calendar import Calendar
    from celltrial.simulation.scenario import Scenario


#: Most trials simulated in calendar time where nobody says otherwise.
CALENDAR_TRIALS: Final = 1_000


def open_protocol(path: Path) -> Protocol:
    """Return the protocol of a YAML file; every fault names file, line and column."""
    wire_installed_designs()
    return read_protocol(read_text(path), str(path))


@dataclass(frozen=True, slots=True)
class Computed:
    """Operating characteristics under the protocol's scenarios, and how time came into them.

    calendar:  accrual and window of the simulation, for designs that decide with open windows; None where the
               characteristics do not depend on time.
    durations: mean duration in days with its standard error, per scenario; empty without a calendar.
    needs_time: the design does depend on time, but the protocol plans no enrolment; windows are taken as closed.
    """

    characteristics: tuple[OperatingCharacteristics, ...]
    calendar: Calendar | None = None
    durations: tuple[tuple[float, float], ...] = ()
    needs_time: bool = False


@dataclass(frozen=True, slots=True)
class DesignSheet:
    """What a protocol's design will do: the policy, its operating characteristics, its stopping rules."""

    protocol: Protocol
    policy: Policy
    computed: Computed
    rules: tuple[BoundaryRule, ...]

    @property
    def characteristics(self) -> tuple[OperatingCharacteristics, ...]:
        """The operating characteristics under the protocol's scenarios, in their order."""
        return self.computed.characteristics


def dlt_limit(params: Mapping[str, Any]) -> float | None:
    """Return the DLT rate that a design aims at or does not want to exceed; None where it states none (3+3)."""
    for name in ("target_dlt_rate", "max_dlt_rate", "overdose_from", "target_to"):
        if params.get(name) is not None:
            return float(params[name])
    return None


def scenarios_of(protocol: Protocol, *, overdose_above: float | None = None) -> tuple[Scenario, ...]:
    """Return the protocol's scenarios for the engine.

    overdose_above: doses with a higher true DLT rate are overdoses; the design's own limit unless given.
    """
    from celltrial.simulation.scenario import Scenario

    plan = protocol.escalation
    if plan is None:
        return ()
    target = dlt_limit(plan.design.params) if overdose_above is None else overdose_above
    return tuple(
        Scenario(
            item.id,
            item.dlt_rates,
            item.response_rates,
            item.odds_ratio,
            item.moderate_rates,
            item.feasible_rates,
            target,
        )
        for item in plan.scenarios
    )


def unstated_rates(protocol: Protocol, policy: Policy) -> str | None:
    """Return the field that the design looks at and the scenarios leave at its default; None where nothing is."""
    from celltrial.designs.observation import Channel

    looked_at = {Channel.MODERATE: "moderate_rates", Channel.INFEASIBLE: "feasible_rates"}
    for channel in policy.observation.channels:
        name = looked_at.get(channel)
        if name and protocol.escalation and not all(getattr(item, name) for item in protocol.escalation.scenarios):
            return name
    return None


def compute_characteristics(
    policy: Policy,
    protocol: Protocol,
    scenarios: Sequence[Scenario],
    *,
    trials: int = 10_000,
    seed: int = 1,
    progress: Progress | None = None,
) -> Computed:
    """Return what a policy does under the scenarios.

    Exact where the policy decides from counts and its states fit; else `trials` simulated trials. A policy that decides
    with open windows, or backfills while they are open, is simulated in calendar time, with the protocol's DLT window and planned enrolment, at most
    `CALENDAR_TRIALS` trials: subject by subject is slow.
    """
    from celltrial.simulation.exact import operating_characteristics
    from celltrial.simulation.monte_carlo_calendar import opens_doses

    calendar = calendar_of(protocol)
    timed = policy.uses_pending or opens_doses(policy)
    if calendar is None or not timed:
        found = operating_characteristics(policy, scenarios, trials=trials, seed=seed)
        return Computed(found, needs_time=timed)
    from celltrial.simulation.monte_carlo_calendar import simulate_calendar

    many = min(trials, CALENDAR_TRIALS)
    runs = simulate_calendar(policy, scenarios, calendar, trials=many, seed=seed, progress=progress)
    durations = tuple((item.mean_duration, item.duration_error) for item in runs)
    return Computed(tuple(item.characteristics for item in runs), calendar, durations)


def calendar_of(protocol: Protocol) -> Calendar | None:
    """Return the protocol's DLT window and the mean time between infusions, in days; None where it plans neither.

    Of the subjects enrolled per month, the planned shares are collected, manufactured for and infused.
    """
    from celltrial.protocol.model.base import DAYS_PER
    from celltrial.simulation.monte_carlo_calendar import Calendar

    if protocol.escalation is None or protocol.assumptions is None:
        return None
    plan = protocol.assumptions
    infused = plan.collection_success * plan.manufacturing_success * plan.pre_infusion_success
    if infused <= 0:
        return None
    gap = DAYS_PER["mo"] / (plan.enrolment_per_month * infused)
    return Calendar(protocol.escalation.dlt.window.days, gap, first_is_ready=False)


def plan_design(protocol: Protocol, where: str, *, seed: int = 1, progress: Progress | None = None) -> DesignSheet:
    """Return the sheet of a protocol with a dose-finding part (APP-010 where it has none)."""
    policy = dose_policy(protocol)
    if policy is None or protocol.escalation is None:
        raise UserError(fault("APP-010", where, expected="escalation"))
    computed = compute_characteristics(policy, protocol, scenarios_of(protocol), seed=seed, progress=progress)
    rules = tuple(boundary_of(rule) for rule in protocol.stopping.rules) if protocol.stopping else ()
    return DesignSheet(protocol, policy, computed, rules)
