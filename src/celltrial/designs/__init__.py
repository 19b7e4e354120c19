"""Designs as pure policies, one file each, in visible tables.

A protocol stores `{design: key, params: {...}, modifiers: [...]}` and builds the
policy through these tables; the planner and the running trial use the same object.

What this package offers is imported when it is first asked for: most acts in a running trial ask for no design, and the
tables name them all.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from celltrial.designs.building import build_policy
    from celltrial.designs.design import Design, Family, Modifier, StoppingRule
    from celltrial.designs.in_use import designs_in_use, use_designs
    from celltrial.designs.policy import Counts, Decision, Policy, Reason
    from celltrial.designs.stopping.table import STOPPING_RULES, build_stopping_rule
    from celltrial.designs.tables import DESIGNS, MODIFIERS

__all__ = [
    "DESIGNS",
    "MODIFIERS",
    "STOPPING_RULES",
    "Counts",
    "Decision",
    "Design",
    "Family",
    "Modifier",
    "Policy",
    "Reason",
    "StoppingRule",
    "build_policy",
    "build_stopping_rule",
    "designs_in_use",
    "use_designs",
]

_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("DESIGNS", "MODIFIERS"), "tables"),
        **dict.fromkeys(("STOPPING_RULES", "build_stopping_rule"), "stopping.table"),
        **dict.fromkeys(("Counts", "Decision", "Policy", "Reason"), "policy"),
        **dict.fromkeys(("Design", "Family", "Modifier", "StoppingRule"), "design"),
        "build_policy": "building",
        **dict.fromkeys(("designs_in_use", "use_designs"), "in_use"),
    }
)


def __getattr__(name: str) -> Any:
    """Return what is offered under a name, and keep it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found
