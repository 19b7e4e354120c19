"""TITE-BOIN: BOIN that does not wait for every DLT window to close.

A subject whose window is open counts in part: the effective number at the current dose is the
evaluable subjects plus the passed fractions of the open windows, and DLTs over it is held against the BOIN
cut-offs. Accrual waits while more than `max_pending_share` of the subjects at the dose are pending. Elimination
counts pending subjects in full. With all windows closed it is BOIN.
Yuan, Lin, Li, Nie & Warren (2018), doi:10.1158/1078-0432.CCR-18-0246; Lin & Yuan (2020), doi:10.1093/biostatistics/kxz007.

Differences from other software: the decisions are those of TITEgBOIN 0.4.0 `next_TITE_QuasiBOIN`.
Exact operating characteristics are those without pending subjects; with them, simulate in calendar time.

>>> from celltrial.designs.policy import Counts, PendingSubject
>>> params = TiteBoinParams(target_dlt_rate=0.20, cohort_size=3, max_subjects=36)
>>> pending = (PendingSubject(1, 0.75), PendingSubject(1, 0.75))
>>> policy = build(params, n_doses=3)
>>> [policy.decide(Counts((3, 4, 0), (0, 1, 0), 1, pending=p)).reason.name for p in (pending, pending * 3)]
['STAY', 'HOLD_FOR_PENDING']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.move_table import Move, TablePolicy, doses_at_or_above
from celltrial.designs.policy import Counts, Decisions, Ints, Message, Policy, Reason, States

__all__ = ["TiteBoin", "TiteBoinParams", "build"]


@dataclass(frozen=True, slots=True)
class TiteBoinParams:
    """What the protocol must state for TITE-BOIN: the parameters of BOIN, and

    max_pending_share: accrual waits while more than this share of the subjects at the dose is pending, in (0, 1].
    """

    target_dlt_rate: float
    cohort_size: int
    max_subjects: int
    low_dlt_rate: float | None = None
    high_dlt_rate: float | None = None
    elimination_certainty: float = 0.95
    max_pending_share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what BOIN refuses, and a share outside (0, 1]."""
        self.boin()
        if not 0 < self.max_pending_share <= 1:
            raise UserError(fault("DSG-014", expected="0 < max_pending_share <= 1", found=str(self.max_pending_share)))

    def boin(self) -> boin.BoinParams:
        """Return the parameters of BOIN."""
        return boin.BoinParams(
            self.target_dlt_rate,
            self.cohort_size,
            self.max_subjects,
            self.low_dlt_rate,
            self.high_dlt_rate,
            self.elimination_certainty,
        )


def build(params: TiteBoinParams, n_doses: int, start: int = 0) -> TiteBoin:
    """Return the TITE-BOIN policy on a grid of `n_doses` doses."""
    return TiteBoin(params, boin.build(params.boin(), n_doses, start))


@dataclass(frozen=True, slots=True)
class TiteBoin(Policy):
    """The TITE-BOIN policy."""

    uses_pending: ClassVar[bool] = True
    params: TiteBoinParams
    complete: TablePolicy

    @property
    def n_doses(self) -> int:  # type: ignore[override]
        """Size of the grid."""
        return self.complete.n_doses

    @property
    def start(self) -> int:  # type: ignore[override]
        """Starting dose."""
        return self.complete.start

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Subjects in all."""
        return self.params.max_subjects

    @property
    def cohort_size(self) -> int:
        """Subjects per cohort."""
        return self.params.cohort_size

    def decide_states(self, states: States) -> Decisions:
        """Return the BOIN decisions: all windows are closed."""
        return self.complete.decide_states(states)

    def decide_pending(self, counts: Counts, states: States) -> Decisions:  # noqa: ARG002 - the counts say it all
        """Return the decision with open windows."""
        table, current, last = self.complete.table, counts.current, self.n_doses - 1
        pending = [0] * self.n_doses
        passed = 0.0
        for subject in counts.pending:
            pending[subject.dose] += 1
            passed += subject.window_fraction if subject.dose == current else 0.0
        total = [n + p for n, p in zip(counts.n, pending, strict=True)]
        moves = [table.move(min(n, table.max_n), y) for n, y in zip(total, counts.dlt, strict=True)]
        gone = doses_at_or_above(np.array([[n > 0 and m is Move.ELIMINATE for n, m in zip(total, moves, strict=True)]]))
        highest = int(last - gone.sum())
        remaining = self.max_subjects - sum(total)
        cut = boin.boundaries(self.params.boin())
        rate = counts.dlt[current] / max(counts.n[current] + passed, 1e-12)
        step = int(rate <= cut.escalate_at_most) - int(rate >= cut.de_escalate_at_least)
        following = min(max(current + step, 0), last, max(highest, 0))
        if highest < 0:
            reason = Reason.STOP_LOWEST_TOO_TOXIC
        elif current <= highest and pending[current] > self.params.max_pending_share * total[current]:
            reason = Reason.HOLD_FOR_PENDING
        elif remaining <= 0:
            reason = Reason.HOLD_FOR_PENDING  # all are treated: wait for the last windows
        else:
            moved = (following > current) - (following < current)
            reason = (Reason.STAY, Reason.ESCALATE, Reason.DE_ESCALATE)[moved]
        holds = reason.is_stop or reason is Reason.HOLD_FOR_PENDING
        return Decisions(
            np.array([-1 if holds else following]),
            np.array([0 if holds else min(self.cohort_size, remaining)]),
            np.array([int(reason)]),
            gone,
        )

    def select_states(self, states: States) -> Ints:
        """Return the BOIN choice."""
        return self.complete.select_states(states)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences of BOIN and of the open windows."""
        own = Message("design.tite_boin.rule", {"share": self.params.max_pending_share})
        return (*self.complete.describe(), own)
