"""Handlers that search with the exact engine: the worst truth for a design, and the value of a parameter to choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from celltrial.app.planning import dlt_limit, scenarios_of
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs import Policy, build_policy
from celltrial.designs.in_use import designs_in_use
from celltrial.protocol import Protocol
from celltrial.protocol.policies import dose_policy

if TYPE_CHECKING:
    from celltrial.simulation.characteristics import OperatingCharacteristics
    from celltrial.simulation.exact_graph import DecisionGraph
    from celltrial.simulation.exact_region import Calibration, WorstCase


#: DLT rate above which a dose is an overdose where the design states none, as 3+3 does.
_LIMIT: Final = 0.30

#: What may be searched for, by name: the larger, the worse.
CRITERIA: Final[Mapping[str, Callable[[OperatingCharacteristics], float]]] = MappingProxyType(
    {
        "overdose": lambda oc: oc.prob_select_overdose or 0.0,
        "overdosing": lambda oc: oc.prob_overdosing or 0.0,
        "none": lambda oc: oc.prob_none,
        "dlts": lambda oc: oc.expected_total_dlt,
    }
)


def limit_of(protocol: Protocol) -> float:
    """Return the DLT rate above which a dose counts as an overdose."""
    plan = protocol.escalation
    return _LIMIT if plan is None else dlt_limit(plan.design.params) or _LIMIT


def worst_truth(
    protocol: Protocol,
    where: str,
    *,
    criterion: str,
    limit: float,
    region: tuple[Sequence[float], Sequence[float]] | None,
    seed: int,
) -> tuple[WorstCase, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return the worst non-decreasing toxicity curve found in a region, and the region (lowest and highest rates).

    Without a region: from the least to the greatest rate of each dose among the protocol's scenarios. Raises UserError
    where the design looks at more than DLTs or has too many states.
    """
    from celltrial.simulation.exact_region import worst_case

    policy = _policy_of(protocol, where)
    if len(policy.observation.categories) != 2:
        raise UserError(
            fault("SIM-103", where, expected=message("design_that_looks_at_dlt_alone"), found=policy.observation.name)
        )
    rates = [item.dlt_rates for item in scenarios_of(protocol)]
    low, high = region or (_rising([min(column) for column in zip(*rates, strict=True)]),
                           _rising([max(column) for column in zip(*rates, strict=True)]))  # fmt: skip
    found = worst_case(_graph_of(policy, where), low, high, CRITERIA[criterion], overdose_above=limit, seed=seed)
    return found, (tuple(low), tuple(high))


def calibrate_design(
    protocol: Protocol, where: str, *, parameter: str, values: Sequence[float], scenario: str, criterion: str,
    limit: float, at_most: float,
) -> Calibration:  # fmt: skip
    """Return the first value of a parameter with which the criterion keeps its limit under a scenario, exactly.

    Raises UserError where there is no such parameter or scenario, or no value does.
    """
    from celltrial.simulation.exact_region import calibrate

    policy, plan = _policy_of(protocol, where), protocol.escalation
    assert plan is not None
    known = [item.name for item in fields(designs_in_use()[plan.design.kind].params)]
    if parameter not in known:
        raise UserError(fault("DSG-007", where, expected=", ".join(known), found=parameter))
    truths = {item.name: item for item in scenarios_of(protocol, overdose_above=limit)}
    if scenario not in truths:
        raise UserError(fault("SIM-201", where, expected=", ".join(truths), found=scenario))
    modifiers: list[dict[str, Any]] = [{"kind": m.kind, "params": dict(m.params)} for m in plan.design.modifiers]

    def build(value: float) -> Policy:
        params = {**plan.design.params, parameter: int(value) if value == int(value) else value}
        return build_policy(plan.design.kind, params, n_doses=policy.n_doses, start=policy.start, modifiers=modifiers)

    return calibrate(build, values, truths[scenario], CRITERIA[criterion], at_most=at_most)


def _policy_of(protocol: Protocol, where: str) -> Policy:
    policy = dose_policy(protocol)
    if policy is None or protocol.escalation is None:
        raise UserError(fault("APP-010", where, expected="escalation"))
    return policy


def _graph_of(policy: Policy, where: str) -> DecisionGraph:
    from celltrial.simulation.exact_graph import TooManyStates, compile_graph

    graph = compile_graph(policy)
    if isinstance(graph, TooManyStates):
        raise UserError(
            fault(
                "SIM-104", where, expected=message("graph_that_fits"), found=message("states", number=graph.projected)
            )
        )
    return graph


def _rising(rates: Sequence[float]) -> list[float]:
    """Return the rates, each at least as high as those of lower doses."""
    found: list[float] = []
    for rate in rates:
        found.append(max([rate, *found[-1:]]))
    return found
