"""mTPI: modified toxicity probability interval design.

With y DLTs in n subjects and a Beta(1, 1) prior, the unit probability mass (posterior
probability divided by length) of the intervals below, within and above the equivalence
interval is compared; the greatest one says escalate, stay or de-escalate.
Ji, Liu, Li & Bekele (2010), doi:10.1177/1740774510382799.

Differences from other software: the decision table is that of escalation 0.2.3; the
recommended dose is pooled with the 0.05 prior of BOIN, not 0.005 as in the paper's spreadsheet.

>>> table = decision_table(IntervalParams(0.30, cohort_size=3, max_subjects=12))
>>> [table.move(6, y).letter for y in range(7)]
['E', 'E', 'S', 'S', 'DU', 'DU', 'DU']
"""

from __future__ import annotations

from celltrial.core.lazy_scipy import special
from celltrial.designs.escalation.interval_rule import IntervalParams, build_interval, interval_table
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy


def unit_masses(n: int, dlt: int, cuts: tuple[float, ...]) -> list[float]:
    """Return the posterior mass per length of the intervals between successive cuts."""
    mass = special.betainc(1 + dlt, 1 + n - dlt, cuts)
    return [float((mass[i + 1] - mass[i]) / (cuts[i + 1] - cuts[i])) for i in range(len(cuts) - 1)]


def decision_table(params: IntervalParams) -> MoveTable:
    """Return the moves for every n and y."""

    def rule(n: int, dlt: int) -> Move:
        masses = unit_masses(n, dlt, (0.0, params.low, params.high, 1.0))
        return (Move.ESCALATE, Move.STAY, Move.DE_ESCALATE)[masses.index(max(masses))]

    return interval_table(params, rule)


def build(params: IntervalParams, n_doses: int, start: int = 0) -> TablePolicy:
    """Return the mTPI policy on a grid of `n_doses` doses."""
    return build_interval("mtpi", params, decision_table(params), n_doses, start)
