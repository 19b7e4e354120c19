"""Handlers that look at designs: competing designs on one protocol, the audit of a design, its pathways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from celltrial.app.planning import Computed, compute_characteristics, dlt_limit, scenarios_of
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs import Policy, build_policy
from celltrial.designs.in_use import designs_in_use
from celltrial.protocol import Protocol
from celltrial.protocol.policies import dose_policy

if TYPE_CHECKING:
    from celltrial.core.progress import Progress
    from celltrial.simulation.audit import AuditFinding
    from celltrial.simulation.characteristics import OperatingCharacteristics
    from celltrial.simulation.pathways import PathwayStep


_TARGETS = ("target_dlt_rate", "max_dlt_rate")
#: Of a design that states none, such as 3+3.
_TARGET = 0.30


@dataclass(frozen=True, slots=True)
class Competitor:
    """One design on a protocol's ladder and scenarios, with the parameters that were used."""

    kind: str
    params: Mapping[str, Any]
    policy: Policy
    computed: Computed

    @property
    def characteristics(self) -> tuple[OperatingCharacteristics, ...]:
        """The operating characteristics under the protocol's scenarios, in their order."""
        return self.computed.characteristics


def _own(protocol: Protocol, where: str) -> tuple[Policy, str, Mapping[str, Any]]:
    policy, plan = dose_policy(protocol), protocol.escalation
    if policy is None or plan is None:
        raise UserError(fault("APP-010", where, expected="escalation"))
    return policy, plan.design.kind, plan.design.params


def peer_params(kind: str, protocol: Protocol, *, cohort_size: int, max_subjects: int, target: float) -> dict[str, Any]:
    """Return parameters of another design on the protocol's ladder: its own example, with this trial's size and target.

    The skeleton of a CRM comes from the indifference interval target +- 0.05 around the middle dose; the BLRM gets the
    protocol's doses with the highest as reference. They are shown beside every result.
    """
    table = designs_in_use()
    if kind not in table:
        raise UserError(fault("DSG-009", expected=", ".join(sorted(table)), found=kind))
    row = table[kind]
    names = {item.name for item in fields(row.params)}
    params = dict(row.example)
    params.update(
        {name: value for name, value in (("cohort_size", cohort_size), ("max_subjects", max_subjects)) if name in names}
    )
    params.update({name: target for name in _TARGETS if name in names})
    doses = len(protocol.dose.levels)
    if "skeleton" in names:
        from celltrial.designs.escalation.crm_model import skeleton_from_interval

        params["skeleton"] = skeleton_from_interval(target, min(0.05, target / 2), (doses - 1) // 2, doses)
    if "doses" in names:
        cells = [float(level.most) for level in protocol.dose.levels]
        params.update(doses=cells, reference_dose=cells[-1])
    return params


def compare_designs(
    protocol: Protocol, kinds: Sequence[str], where: str, *, trials: int, seed: int, progress: Progress | None = None
) -> list[Competitor]:
    """Return the operating characteristics of several designs under the protocol's scenarios.

    The protocol's own design keeps its own parameters. Exact where the states fit, else simulated on the same
    virtual subjects. Doses above the DLT rate that the protocol aims at or limits (30 % where it states none) are overdoses for all.
    """
    policy, own_kind, own_params = _own(protocol, where)
    size = int(own_params.get("cohort_size", 3))
    target = dlt_limit(own_params) or _TARGET
    found = []
    for kind in kinds:
        params = own_params
        rival = policy
        if kind != own_kind:
            params = peer_params(kind, protocol, cohort_size=size, max_subjects=policy.max_subjects, target=target)
            rival = build_policy(kind, params, n_doses=policy.n_doses, start=policy.start)
        scenarios = scenarios_of(protocol, overdose_above=target)
        found.append(
            Competitor(
                kind,
                params,
                rival,
                compute_characteristics(rival, protocol, scenarios, trials=trials, seed=seed, progress=progress),
            )
        )
    return found


def audit_design(protocol: Protocol, where: str) -> tuple[AuditFinding, ...]:
    """Return what the audit of the protocol's design finds; SIM-104 where its graph does not fit."""
    from celltrial.simulation.audit import audit
    from celltrial.simulation.exact_graph import TooManyStates, compile_graph

    graph = compile_graph(_own(protocol, where)[0])
    if isinstance(graph, TooManyStates):
        raise UserError(
            fault(
                "SIM-104", where, expected=message("graph_that_fits"), found=message("states", number=graph.projected)
            )
        )
    return audit(graph)


def design_pathways(
    protocol: Protocol, where: str, *, treated: str | None, scenario: str | None, cohorts: int
) -> tuple[PathwayStep, ...]:
    """Return the pathways of the next cohorts from counts such as `0/3,1/3` (DLTs/subjects per dose, lowest first)."""
    from celltrial.designs import Counts
    from celltrial.simulation.pathways import pathways

    policy = _own(protocol, where)[0]
    chosen = None
    if scenario is not None:
        known = {item.name: item for item in scenarios_of(protocol)}
        if scenario not in known:
            raise UserError(fault("SIM-201", expected=", ".join(known), found=scenario))
        chosen = known[scenario]
    counts = Counts.before(policy.n_doses, policy.start)
    if treated:
        pairs = [_pair(item, where) for item in treated.split(",")]
        pairs += [(0, 0)] * (policy.n_doses - len(pairs))
        current = max((dose for dose, (_, n) in enumerate(pairs) if n), default=policy.start)
        counts = Counts(tuple(n for _, n in pairs), tuple(y for y, _ in pairs), current)
    return pathways(policy, counts, cohorts=cohorts, scenario=chosen)


def _pair(text: str, where: str) -> tuple[int, int]:
    dlt, slash, n = text.strip().partition("/")
    if not (slash and dlt.isdigit() and n.isdigit()):
        raise UserError(fault("APP-060", where, expected=message("dlt_counts_per_dose"), found=text))
    return int(dlt), int(n)
