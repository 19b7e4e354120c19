"""BOIN: Bayesian optimal interval design.

The observed DLT rate at the current dose is held against two fixed cut-offs: at or
below the lower one escalate, at or above the upper one de-escalate, otherwise stay.
With at least three subjects a dose is eliminated, with all above it, when
P(rate > target | Beta(1, 1) prior) exceeds `elimination_certainty`; the trial stops
when the lowest dose is eliminated. The recommended dose is chosen by isotonic
regression. Liu & Yuan (2015), doi:10.1111/rssc.12089.

    lower = log((1-p1)/(1-p)) / log(p(1-p1)/(p1(1-p)))
    upper = log((1-p)/(1-p2)) / log(p2(1-p)/(p(1-p2)))

with p the target and p1 < p < p2 the rates judged clearly too low and too high.

Differences from other software. BOIN 2.7.2 prints the upper cut-off 0.3585 as 0.358 or
0.359: we compare integer tables. Its `get.oc` lets a dose stay open when it is
eliminated without reaching the de-escalation boundary (possible with unusual
cut-offs only); here an eliminated dose is never given again. Its titration fills up
the first cohort in the first simulated trial only (a flag is not reset): see
`modifiers.lead_in`.

>>> policy = build(BoinParams(target_dlt_rate=0.30, cohort_size=3, max_subjects=36), n_doses=6)
>>> from celltrial.designs.policy import Counts
>>> policy.decide(Counts(n=(3, 3, 0, 0, 0, 0), dlt=(0, 2, 0, 0, 0, 0), current=1)).next_dose
0
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.core.incomplete_beta import incomplete_beta
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy, check_cohorts, table_of
from celltrial.designs.policy import Message


@dataclass(frozen=True, slots=True)
class BoinParams:
    """What the protocol must state for BOIN.

    target_dlt_rate:       DLT probability aimed at, in (0, 1).
    cohort_size:           subjects per cohort, >= 1.
    max_subjects:          subjects in all, >= cohort_size.
    low_dlt_rate:          highest rate judged clearly too low; 0.6 of the target unless given.
    high_dlt_rate:         lowest rate judged clearly too high; 1.4 of the target unless given.
    elimination_certainty: certainty above which a dose is eliminated, in (0.5, 1).
    extra_safety_offset:   where given, the trial also stops when the lowest dose has at least 3
                           subjects and P(rate > target) > elimination_certainty - offset.
    mtd_below_upper:       recommend only a dose whose pooled rate is not above the upper cut-off.
    """

    target_dlt_rate: float
    cohort_size: int
    max_subjects: int
    low_dlt_rate: float | None = None
    high_dlt_rate: float | None = None
    elimination_certainty: float = 0.95
    extra_safety_offset: float | None = None
    mtd_below_upper: bool = False

    def __post_init__(self) -> None:
        """Refuse rates out of order, certainties that are none, cohorts without subjects."""
        if not 0 < self.low < self.target_dlt_rate < self.high < 1:
            found = f"low={self.low:g}, target={self.target_dlt_rate:g}, high={self.high:g}"
            raise UserError(fault("DSG-010", expected="0 < low < target < high < 1", found=found))
        check_cohorts(self.cohort_size, self.max_subjects)
        if not 0.5 < self.elimination_certainty < 1:
            raise UserError(
                fault("DSG-011", expected="0.5 < elimination_certainty < 1", found=str(self.elimination_certainty))
            )
        if self.extra_safety_offset is not None and not 0 < self.extra_safety_offset < 0.5:
            raise UserError(
                fault("DSG-011", expected="0 < extra_safety_offset < 0.5", found=str(self.extra_safety_offset))
            )

    @property
    def low(self) -> float:
        """Highest rate judged clearly too low."""
        return 0.6 * self.target_dlt_rate if self.low_dlt_rate is None else self.low_dlt_rate

    @property
    def high(self) -> float:
        """Lowest rate judged clearly too high."""
        return 1.4 * self.target_dlt_rate if self.high_dlt_rate is None else self.high_dlt_rate


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The two cut-offs on the observed DLT rate."""

    escalate_at_most: float
    de_escalate_at_least: float


def boundaries(params: BoinParams) -> Boundaries:
    """Return the two cut-offs on the observed DLT rate (formula above; checked against BOIN 2.7.2).

    >>> b = boundaries(BoinParams(0.30, 3, 36))
    >>> round(b.escalate_at_most, 4), round(b.de_escalate_at_least, 4)
    (0.2365, 0.3585)
    """
    p, p1, p2 = params.target_dlt_rate, params.low, params.high
    lower = math.log((1 - p1) / (1 - p)) / math.log(p * (1 - p1) / (p1 * (1 - p)))
    upper = math.log((1 - p) / (1 - p2)) / math.log(p2 * (1 - p) / (p * (1 - p2)))
    return Boundaries(lower, upper)


def elimination_limit(n: int, target: float, certainty: float) -> int:
    """Return the least y with P(rate > target | Beta(1 + y, 1 + n - y)) > certainty; n + 1 if there is none.

    >>> [elimination_limit(n, 0.30, 0.95) for n in (3, 6, 9)]
    [3, 4, 5]
    """

    def is_above(y: int) -> bool:
        return incomplete_beta(n - y + 1, y + 1, 1 - target) > certainty

    return bisect_left(range(n + 1), 1, key=is_above)  # it grows with y


def decision_table(params: BoinParams) -> MoveTable:
    """Return the moves for every n and y (identical to BOIN 2.7.2 `get.boundary`)."""
    cut = boundaries(params)
    target, certainty = params.target_dlt_rate, params.elimination_certainty
    limits = [elimination_limit(n, target, certainty) if n >= 3 else n + 1 for n in range(params.max_subjects + 1)]

    def rule(n: int, y: int) -> Move:
        if y >= limits[n]:
            return Move.ELIMINATE
        if y <= math.floor(n * cut.escalate_at_most):
            return Move.ESCALATE
        return Move.DE_ESCALATE if y >= math.floor(n * cut.de_escalate_at_least) + 1 else Move.STAY

    return table_of(params.max_subjects, rule)


def build(params: BoinParams, n_doses: int, start: int = 0) -> TablePolicy:
    """Return the BOIN policy on a grid of `n_doses` doses that starts at the 0-based dose `start`."""
    cut = boundaries(params)
    offset = params.extra_safety_offset
    limits: tuple[int, ...] | None = None
    if offset is not None:
        certainty = params.elimination_certainty - offset
        limits = tuple(
            elimination_limit(n, params.target_dlt_rate, certainty) if n >= 3 else n + 1
            for n in range(params.max_subjects + 1)
        )
    sentence = Message(
        "design.boin.rule",
        {
            "target": params.target_dlt_rate,
            "lower": cut.escalate_at_most,
            "upper": cut.de_escalate_at_least,
            "certainty": params.elimination_certainty,
            "cohort_size": params.cohort_size,
            "max_subjects": params.max_subjects,
        },
    )
    return TablePolicy(
        n_doses=n_doses,
        start=start,
        max_subjects=params.max_subjects,
        cohort_size=params.cohort_size,
        table=decision_table(params),
        target=params.target_dlt_rate,
        sentences=(sentence,),
        lowest_limit=limits,
        choose_at_most=cut.de_escalate_at_least if params.mtd_below_upper else None,
    )
