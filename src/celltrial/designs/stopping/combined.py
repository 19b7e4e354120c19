"""Rules combined: stop when any, or only when all of them are crossed.

The parts look at the same events among the same subjects. A boundary at n is the least
number of the parts (any) or the greatest (all; none where a part has none).

>>> parts = [{"kind": "listed", "params": {"looks": [5, 10], "limits": [3, 6]}},
...          {"kind": "listed", "params": {"looks": [10], "limits": [5]}}]
>>> from celltrial.designs import build_stopping_rule
>>> [build_stopping_rule("combined", {"how": how, "parts": parts}).boundaries(10) for how in ("any", "all")]
[{5: 3, 10: 5}, {10: 6}]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Formula, message
from celltrial.designs.policy import Message
from celltrial.designs.stopping.boundary import BoundaryRule


@dataclass(frozen=True, slots=True)
class CombinedParams:
    """What the protocol must state: `any` or `all`, and the parts as {"kind": ..., "params": {...}}."""

    how: Literal["any", "all"]
    parts: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        """Refuse an unknown word and fewer than two parts."""
        if self.how not in {"any", "all"} or len(self.parts) < 2:
            found = message("how_parts", how=Formula(self.how), parts=len(self.parts))
            raise UserError(fault("DSG-035", expected=message("how_any_all_at_least_two_parts"), found=found))


def build(params: CombinedParams, build_part: Callable[[str, Mapping[str, Any]], BoundaryRule]) -> CombinedRule:
    """Return the rule; parts that count another denominator than subjects are refused.

    build_part: kind and parameters of a part -> the part.
    """
    parts = tuple(build_part(str(part.get("kind")), part.get("params", {})) for part in params.parts)
    for part in parts:
        if part.denominator != "subjects":
            raise UserError(fault("DSG-035", expected=message("parts_that_count_subjects"), found=part.denominator))
    return CombinedRule(params.how, parts)


@dataclass(frozen=True, slots=True)
class CombinedRule(BoundaryRule):
    """The rule; see the module."""

    how: Literal["any", "all"]
    parts: tuple[BoundaryRule, ...]

    @property
    def min_n(self) -> int:  # type: ignore[override]
        """First look of any part."""
        return min(part.min_n for part in self.parts)

    def boundary(self, n: int) -> int | None:
        """Return the least number of events that stops n subjects."""
        limits = [part.boundary(n) for part in self.parts]
        stated = [limit for limit in limits if limit is not None]
        if self.how == "any":
            return min(stated, default=None)
        return max(stated) if len(stated) == len(limits) else None

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences of the parts and how they combine."""
        own = Message(f"design.stopping.combined.{self.how}", {"parts": len(self.parts)})
        return (own, *(message for part in self.parts for message in part.describe()))
