"""mTPI-2: the toxicity probability interval design blunted by Ockham's razor.

The range of the DLT rate is cut into intervals as long as the equivalence interval (what is
left at the two ends is shorter); the one with the greatest unit probability mass under a
Beta(1, 1) prior says escalate (below the equivalence interval), stay (it itself) or
de-escalate (above). Guo, Wang, Yang, Lynn & Ji (2017), doi:10.1016/j.cct.2017.04.006.

Differences from other software: the decision table is that of escalation 0.2.3. The keyboard
design leaves out the shorter ends; see `keyboard`.

>>> table = decision_table(IntervalParams(0.30, cohort_size=3, max_subjects=12))
>>> [table.move(6, y).letter for y in range(7)]
['E', 'E', 'S', 'D', 'DU', 'DU', 'DU']
"""

from __future__ import annotations

from celltrial.designs.escalation.interval_rule import IntervalParams, build_interval, interval_table
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy
from celltrial.designs.escalation.mtpi import unit_masses

_EPSILON = 1e-9


def interval_cuts(low: float, high: float, *, with_ends: bool) -> tuple[tuple[float, ...], int]:
    """Return the cuts between equal intervals and the position of [low, high] among the intervals.

    with_ends: whether the shorter intervals left at 0 and 1 are intervals too.

    >>> cuts, position = interval_cuts(0.25, 0.35, with_ends=True)
    >>> [round(c, 2) for c in cuts], position
    ([0.0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.0], 3)
    """
    width = high - low
    down = int((low + _EPSILON) / width)
    up = int((1 - high + _EPSILON) / width)
    cuts = [low + i * width for i in range(-down, up + 2)]
    cuts[down], cuts[down + 1] = low, high
    cuts[0], cuts[-1] = max(cuts[0], 0.0), min(cuts[-1], 1.0)
    if with_ends and cuts[0] > _EPSILON:
        cuts, down = [0.0, *cuts], down + 1
    if with_ends and cuts[-1] < 1 - _EPSILON:
        cuts = [*cuts, 1.0]
    return tuple(cuts), down


def decision_table(params: IntervalParams) -> MoveTable:
    """Return the moves for every n and y."""
    cuts, target = interval_cuts(params.low, params.high, with_ends=True)

    def rule(n: int, dlt: int) -> Move:
        masses = unit_masses(n, dlt, cuts)
        strongest = masses.index(max(masses))
        if strongest == target:
            return Move.STAY
        return Move.ESCALATE if strongest < target else Move.DE_ESCALATE

    return interval_table(params, rule)


def build(params: IntervalParams, n_doses: int, start: int = 0) -> TablePolicy:
    """Return the mTPI-2 policy on a grid of `n_doses` doses."""
    return build_interval("mtpi2", params, decision_table(params), n_doses, start)
