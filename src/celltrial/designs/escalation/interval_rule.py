"""What the interval designs share: an equivalence interval around the target, and elimination.

mTPI, mTPI-2, keyboard and i3+3 state the same parameters and differ only in the move
that n subjects with y DLTs call for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation.boin import elimination_limit
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy, check_cohorts, table_of
from celltrial.designs.policy import Message


@dataclass(frozen=True, slots=True)
class IntervalParams:
    """What the protocol must state for an interval design.

    target_dlt_rate: DLT probability aimed at, in (0, 1).
    cohort_size, max_subjects: subjects per cohort and in all.
    below, above:    the equivalence interval is [target - below, target + above] within (0, 1).
    elimination_certainty: a dose is eliminated, with all above it, when P(rate > target | Beta(1, 1)) exceeds it.
    elimination_min_n: no elimination with fewer subjects at the dose.
    """

    target_dlt_rate: float
    cohort_size: int
    max_subjects: int
    below: float = 0.05
    above: float = 0.05
    elimination_certainty: float = 0.95
    elimination_min_n: int = 1

    def __post_init__(self) -> None:
        """Refuse an interval outside (0, 1), certainties that are none, cohorts without subjects."""
        if not (self.below > 0 and self.above > 0 and 0 < self.low < self.target_dlt_rate < self.high < 1):
            found = f"target={self.target_dlt_rate:g}, below={self.below:g}, above={self.above:g}"
            raise UserError(fault("DSG-013", expected="0 < target - below < target < target + above < 1", found=found))
        if not 0.5 < self.elimination_certainty <= 1 or self.elimination_min_n < 1:
            found = f"elimination_certainty={self.elimination_certainty}, elimination_min_n={self.elimination_min_n}"
            raise UserError(fault("DSG-011", expected="0.5 < certainty <= 1, min_n >= 1", found=found))
        check_cohorts(self.cohort_size, self.max_subjects)

    @property
    def low(self) -> float:
        """Lower end of the equivalence interval."""
        return self.target_dlt_rate - self.below

    @property
    def high(self) -> float:
        """Upper end of the equivalence interval."""
        return self.target_dlt_rate + self.above


def interval_table(params: IntervalParams, rule: Callable[[int, int], Move]) -> MoveTable:
    """Return the move table of `rule` with elimination laid over it."""
    limits = [
        elimination_limit(n, params.target_dlt_rate, params.elimination_certainty)
        if n >= params.elimination_min_n
        else n + 1
        for n in range(params.max_subjects + 1)
    ]
    return table_of(params.max_subjects, lambda n, y: Move.ELIMINATE if y >= limits[n] else rule(n, y))


def build_interval(key: str, params: IntervalParams, table: MoveTable, n_doses: int, start: int) -> TablePolicy:
    """Return the policy that follows `table`."""
    sentence = Message(
        f"design.{key}.rule",
        {
            "target": params.target_dlt_rate,
            "low": params.low,
            "high": params.high,
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
        table=table,
        target=params.target_dlt_rate,
        sentences=(sentence,),
    )
