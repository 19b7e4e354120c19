"""Scores that add points up: what is known at least, and what a missing item leaves open.

The class is given only where no missing item could change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from celltrial.clinical.derivation import NE, Comparison, Derivation, Rule
from celltrial.clinical.queries import Caveat


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its points, None where not known, and the most it can bring."""

    name: str
    points: int | None
    most: int
    trace: tuple[Comparison, ...] = ()


def total(
    rule: Rule,
    items: Iterable[Item],
    *,
    high_from: int,
    inputs: Mapping[str, str],
    caveats: tuple[Caveat, ...] = (),
) -> Derivation:
    """Return HIGH from `high_from` points on, LOW below, NE where missing items leave it open."""
    rows = tuple(items)
    least = sum(row.points or 0 for row in rows)
    most = sum(row.most if row.points is None else row.points for row in rows)
    category = NE
    if least >= high_from:
        category = "HIGH"
    elif most < high_from:
        category = "LOW"
    return Derivation(
        rule,
        category=category,
        score=least,
        deciding=tuple(row.name for row in rows if row.points),
        inputs=inputs,
        trace=tuple(line for row in rows for line in row.trace),
        incomplete=least != most,
        caveats=caveats,
    )
