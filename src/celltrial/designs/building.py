"""From what the protocol stores to the policy that plans and runs the trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celltrial.core.errors import UserError, fault
from celltrial.designs.design import params_from
from celltrial.designs.policy import Policy
from celltrial.designs.stopping.boundary import BoundaryRule

__all__ = ["build_policy", "build_stopping_rule"]


def _row(table: Mapping[str, Any], kind: str) -> Any:
    if kind not in table:
        raise UserError(fault("DSG-009", expected=", ".join(sorted(table)), found=kind))
    return table[kind]


def build_policy(
    design: str,
    params: Mapping[str, Any],
    *,
    n_doses: int,
    start: int = 0,
    modifiers: Sequence[Mapping[str, Any]] = (),
) -> Policy:
    """Return the policy of a stored design.

    design:    key of `DESIGNS`.
    params:    its parameters by name.
    n_doses:   size of the dose grid.
    start:     0-based starting dose.
    modifiers: from the inside out, each {"kind": key of MODIFIERS, "params": {...}}.

    Raises UserError that names what is unknown, missing or out of range.

    >>> build_policy("3+3", {"mtd_rule": "previous"}, n_doses=3).max_subjects
    18
    """
    from celltrial.designs import DESIGNS, MODIFIERS

    row = _row(DESIGNS, design)
    policy: Policy = row.build(params_from(design, row.params, params), n_doses, start)
    for item in modifiers:
        wrap = _row(MODIFIERS, str(item.get("kind")))
        policy = wrap.build(params_from(str(item["kind"]), wrap.params, item.get("params", {})), policy)
    return policy


def build_stopping_rule(kind: str, params: Mapping[str, Any]) -> BoundaryRule:
    """Return the stopping rule of a stored kind and its parameters."""
    from celltrial.designs import STOPPING_RULES

    row = _row(STOPPING_RULES, kind)
    rule: BoundaryRule = row.build(params_from(kind, row.params, params))
    return rule
