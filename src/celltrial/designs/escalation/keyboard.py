"""Keyboard: the strongest key of equal width.

The range of the DLT rate is cut into keys as wide as the target key [target - below,
target + above]; what is left at the two ends makes no key. The key with the greatest
posterior probability under a Beta(1, 1) prior says escalate (left of the target key), stay
or de-escalate (right of it). Yan, Mandrekar & Yuan (2017), doi:10.1158/1078-0432.CCR-17-0220.

Differences from other software: the decision table is that of Keyboard 0.1.3.

>>> table = decision_table(IntervalParams(0.30, cohort_size=3, max_subjects=12))
>>> [table.move(6, y).letter for y in range(7)]
['E', 'E', 'S', 'D', 'DU', 'DU', 'DU']
"""

from __future__ import annotations

from celltrial.designs.escalation.interval_rule import IntervalParams, build_interval, interval_table
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy
from celltrial.designs.escalation.mtpi import unit_masses
from celltrial.designs.escalation.mtpi2 import interval_cuts


def decision_table(params: IntervalParams) -> MoveTable:
    """Return the moves for every n and y."""
    cuts, target = interval_cuts(params.low, params.high, with_ends=False)

    def rule(n: int, dlt: int) -> Move:
        masses = unit_masses(n, dlt, cuts)
        strongest = masses.index(max(masses))
        if strongest == target:
            return Move.STAY
        return Move.ESCALATE if strongest < target else Move.DE_ESCALATE

    return interval_table(params, rule)


def build(params: IntervalParams, n_doses: int, start: int = 0) -> TablePolicy:
    """Return the keyboard policy on a grid of `n_doses` doses."""
    return build_interval("keyboard", params, decision_table(params), n_doses, start)
