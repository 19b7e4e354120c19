"""i3+3: an interval design that needs no model.

Observed rate y/n below the equivalence interval: escalate. Inside: stay. Above: de-escalate,
but stay if (y - 1)/n lies below it, for then one DLT alone makes the difference.
Liu, Wang & Ji (2020), doi:10.1080/10543406.2019.1636811.

Differences from other software: none from the R package FIND, whose tables for targets 0.25 and 0.30 are ours; the ends
of the interval belong to it, as in the paper.

>>> table = decision_table(IntervalParams(0.20, cohort_size=3, max_subjects=12))
>>> [table.move(3, y).letter for y in range(4)]
['E', 'S', 'DU', 'DU']
"""

from __future__ import annotations

from celltrial.designs.escalation.interval_rule import IntervalParams, build_interval, interval_table
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy

_EPSILON = 1e-9


def decision_table(params: IntervalParams) -> MoveTable:
    """Return the moves for every n and y."""

    def rule(n: int, dlt: int) -> Move:
        if dlt / n < params.low - _EPSILON:
            return Move.ESCALATE
        if dlt / n <= params.high + _EPSILON:
            return Move.STAY
        return Move.STAY if (dlt - 1) / n < params.low - _EPSILON else Move.DE_ESCALATE

    return interval_table(params, rule)


def build(params: IntervalParams, n_doses: int, start: int = 0) -> TablePolicy:
    """Return the i3+3 policy on a grid of `n_doses` doses."""
    return build_interval("i3plus3", params, decision_table(params), n_doses, start)
