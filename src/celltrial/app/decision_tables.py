"""Handlers of decision tables as files: export a design's table, read one, compare two, score one on a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from celltrial.app.files import read_text
from celltrial.app.planning import Computed, compute_characteristics, open_protocol, scenarios_of
from celltrial.core.errors import UserError, fault
from celltrial.designs import DESIGNS, build_policy
from celltrial.designs.escalation.decision_table import Change, differences
from celltrial.designs.escalation.move_table import MoveTable, TablePolicy
from celltrial.designs.escalation.table_text import parse_table
from celltrial.designs.escalation.table_warnings import TableWarning, check_table
from celltrial.protocol.policies import dose_policy

if TYPE_CHECKING:
    from celltrial.designs import Policy
    from celltrial.protocol import Protocol


_PROTOCOLS: Final = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read, with what a committee should look at again."""

    table: MoveTable
    warnings: tuple[TableWarning, ...]


@dataclass(frozen=True, slots=True)
class ScoredTable:
    """A table on a protocol, beside the protocol's own design.

    params:           of the design `decision_table` that was scored.
    changes:          cells that differ from the protocol's own table; None where its design has none.
    original, edited: operating characteristics under the protocol's scenarios, in their order.
    """

    params: Mapping[str, Any]
    warnings: tuple[TableWarning, ...]
    changes: tuple[Change, ...] | None
    original: Computed
    edited: Computed


def read_table(path: Path, *, protocol: Protocol | None = None) -> ReadTable:
    """Return the table of a text file, checked; DSG-015 names line and column of every fault.

    protocol: the trial it is for, so that a table too short for it is told.
    """
    table = parse_table(read_text(path), str(path))
    policy = None if protocol is None else dose_policy(protocol)
    return ReadTable(table, check_table(table, max_subjects=None if policy is None else policy.max_subjects))


def table_of_protocol(protocol: Protocol, where: str) -> MoveTable:
    """Return the table of the protocol's design without its modifiers; APP-130 where it decides by more than a table."""
    policy = _bare(protocol, where)
    if isinstance(policy, TablePolicy):
        return policy.table
    plan = protocol.escalation
    assert plan is not None
    raise UserError(fault("APP-130", where, expected=", ".join(_with_table()), found=plan.design.kind))


def _bare(protocol: Protocol, where: str) -> Policy:
    plan = protocol.escalation
    if plan is None:
        raise UserError(fault("APP-010", where, expected="escalation"))
    start = protocol.dose.start_level - 1
    return build_policy(plan.design.kind, plan.design.params, n_doses=len(protocol.dose.levels), start=start)


def _with_table() -> list[str]:
    return [key for key, row in DESIGNS.items() if isinstance(row.build(_example(key), 3, 0), TablePolicy)]


def _example(key: str) -> Any:
    from celltrial.designs.design import params_from

    return params_from(key, DESIGNS[key].params, DESIGNS[key].example)


def table_changes(first: Path, second: Path) -> tuple[Change, ...]:
    """Return the cells in which two tables differ; each is a table file or a protocol (.yaml, .yml)."""
    return differences(_table_at(first), _table_at(second))


def _table_at(path: Path) -> MoveTable:
    if path.suffix.lower() in _PROTOCOLS:
        return table_of_protocol(open_protocol(path), str(path))
    return parse_table(read_text(path), str(path))


def table_design(table: MoveTable, protocol: Protocol, where: str, *, target: float | None = None) -> dict[str, Any]:
    """Return the parameters of the design `decision_table` on a protocol: its target, cohorts and size.

    target: needed where the protocol's design has none of its own (APP-131).
    """
    policy = _bare(protocol, where)
    plan = protocol.escalation
    assert plan is not None
    wanted = plan.design.params.get("target_dlt_rate") if target is None else target
    if wanted is None:
        raise UserError(fault("APP-131", where, expected="--target", found=plan.design.kind))
    return {
        "rows": [list(letters) for letters in table.rows().values()],
        "target_dlt_rate": float(wanted),
        "cohort_size": int(getattr(policy, "cohort_size", plan.design.params.get("cohort_size", 3))),
        "max_subjects": policy.max_subjects,
    }


def score_table(
    path: Path, protocol: Protocol, where: str, *, target: float | None, trials: int, seed: int
) -> ScoredTable:
    """Return what a table does on a protocol's ladder and scenarios, beside what the protocol's own design does.

    Exact where the states fit, else simulated on the same virtual subjects. The protocol's modifiers hold for both.
    """
    read = read_table(path, protocol=protocol)
    params = table_design(read.table, protocol, where, target=target)
    own, plan = dose_policy(protocol), protocol.escalation
    assert own is not None
    assert plan is not None
    modifiers = [{"kind": item.kind, "params": item.params} for item in plan.design.modifiers]
    rival = build_policy("decision_table", params, n_doses=own.n_doses, start=own.start, modifiers=modifiers)
    bare = _bare(protocol, where)
    scenarios = scenarios_of(protocol, overdose_above=params["target_dlt_rate"])
    original, edited = (
        compute_characteristics(policy, protocol, scenarios, trials=trials, seed=seed) for policy in (own, rival)
    )
    changes = differences(bare.table, read.table) if isinstance(bare, TablePolicy) else None
    return ScoredTable(params, read.warnings, changes, original, edited)
