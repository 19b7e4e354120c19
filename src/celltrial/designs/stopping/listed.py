"""A boundary written down: at these numbers of subjects, stop from so many events on.

For boundaries fixed by a committee or taken from a publication.

>>> rule = build(ListedParams((5, 10), (3, 4)))
>>> rule.is_crossed(3, 5), rule.is_crossed(3, 6), rule.is_crossed(4, 10)
(True, False, True)
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.stopping.boundary import BoundaryRule


@dataclass(frozen=True, slots=True)
class ListedParams:
    """What the protocol must state: looks, strictly increasing, and the least number of events that stops at each."""

    looks: tuple[int, ...]
    limits: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse lists of unequal length, looks out of order and limits below one."""
        out_of_order = any(b <= a for a, b in itertools.pairwise(self.looks))
        if not self.looks or self.looks[0] < 1 or out_of_order or len(self.looks) != len(self.limits):
            found = f"looks={self.looks}, limits={self.limits}"
            raise UserError(
                fault("DSG-033", expected=message("looks_strictly_increasing_one_limit_per_look"), found=found)
            )
        if min(self.limits) < 1:
            raise UserError(fault("DSG-033", expected="limits >= 1", found=str(self.limits)))


def build(params: ListedParams) -> ListedRule:
    """Return the rule."""
    return ListedRule(params)


@dataclass(frozen=True, slots=True)
class ListedRule(BoundaryRule):
    """The rule; see the module."""

    params: ListedParams

    @property
    def min_n(self) -> int:  # type: ignore[override]
        """First look."""
        return self.params.looks[0]

    def boundary(self, n: int) -> int | None:
        """Return the least number of events that stops at look n; None between looks."""
        if n not in self.params.looks:
            return None
        limit = self.params.limits[self.params.looks.index(n)]
        return limit if limit <= n else None

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        table = ", ".join(f"{x}/{n}" for n, x in self.boundaries(self.params.looks[-1]).items())
        return (Message("design.stopping.listed.rule", {"table": table}),)
