"""From what the protocol stores to the policy that plans and runs the trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celltrial.designs.design import Design, params_from, row_of
from celltrial.designs.policy import Policy


def build_policy(
    design: str,
    params: Mapping[str, Any],
    *,
    n_doses: int,
    start: int = 0,
    modifiers: Sequence[Mapping[str, Any]] = (),
    designs: Mapping[str, Design] | None = None,
) -> Policy:
    """Return the policy of a stored design.

    design:    key of the table.
    params:    its parameters by name.
    n_doses:   size of the dose grid.
    start:     0-based starting dose.
    modifiers: from the inside out, each {"kind": key of MODIFIERS, "params": {...}}.
    designs:   the table; the one in use unless given (`celltrial.designs.in_use`).

    Raises UserError that names what is unknown, missing or out of range.

    >>> build_policy("3+3", {"mtd_rule": "previous"}, n_doses=3).max_subjects
    18
    """
    from celltrial.designs.in_use import designs_in_use
    from celltrial.designs.tables import MODIFIERS

    row = row_of(designs_in_use() if designs is None else designs, design)
    policy: Policy = row.build(params_from(design, row.params, params), n_doses, start)
    for item in modifiers:
        wrap = row_of(MODIFIERS, str(item.get("kind")))
        policy = wrap.build(params_from(str(item["kind"]), wrap.params, item.get("params", {})), policy)
    return policy
