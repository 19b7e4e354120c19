"""TITE-BOIN: BOIN that does not wait for every DLT window to close.

At the current dose there are n subjects, y of them with a DLT, c with an open window. Their follow-up, each as the passed
share of its window, adds up to the STFT. An open window is imputed with its chance of a DLT still to come:

    estimated rate = (y + p / (1 - p) (c - STFT)) / n,   p = (y + target / 2) / (n - c + 1),

held against the BOIN cut-offs. While y / n is below the target the open windows can keep from escalation but never
de-escalate; from the target on they can de-escalate but never escalate. y / n at the upper cut-off de-escalates at once,
whatever is open; otherwise accrual waits while more than `max_pending_share` of the subjects at the dose are pending. Elimination
counts pending subjects in full. With all windows closed it is BOIN.
Yuan, Lin, Li, Nie & Warren (2018), doi:10.1158/1078-0432.CCR-18-0246: every row of their table 1 is reproduced, with the
follow-up from which it escalates or up to which it de-escalates.

`tite_boin_ess` is the rule of Lin & Yuan (2020), doi:10.1093/biostatistics/kxz007, which counts subjects instead: the
effective number is the evaluable subjects plus the passed shares of the open windows. Nothing escalates before
`min_completed` subjects at the dose have completed their window.

Differences from other software: TITEgBOIN 0.4.0 `next_TITE_QuasiBOIN` decides as `tite_boin_ess` with `min_completed` 0, and not
as the paper of 2018.
Exact operating characteristics are those without pending subjects; with them, simulate in calendar time.

>>> from celltrial.designs.policy import Counts, PendingSubject
>>> params = TiteBoinParams(target_dlt_rate=0.20, cohort_size=3, max_subjects=36)
>>> policy = build(params, n_doses=3)
>>> waiting = (PendingSubject(1, 0.5),) * 4
>>> policy.decide(Counts((3, 5, 0), (0, 1, 0), 1, pending=waiting)).reason.name  # 1 DLT in 9, follow-up 2.0: table 1 asks for 2.15
'STAY'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.move_table import Move, TablePolicy, doses_at_or_above
from celltrial.designs.policy import Counts, Decisions, Ints, Message, Policy, Reason, States

#: A rate is at a cut-off, and a number at its limit, within this relative error of floating point.
_TOLERANCE = 1e-12


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

    def step(self, n: int, dlt: int, pending: int, follow_up: float) -> int:
        """Return 1 to escalate, 0 to stay, -1 to de-escalate, by imputation.

        n:         subjects at the dose, those with an open window among them.
        follow_up: passed shares of the open windows, added up; 0 to `pending`.
        """
        cut = boin.boundaries(self.boin())
        observed = dlt / n
        if observed >= cut.de_escalate_at_least:
            return -1
        rate = observed + _odds(self.target_dlt_rate, n, dlt, pending) * (pending - follow_up) / n
        if observed < self.target_dlt_rate - _TOLERANCE:
            return int(rate <= cut.escalate_at_most + _TOLERANCE)
        return -int(rate >= cut.de_escalate_at_least - _TOLERANCE)

    def waits(self, n: int, dlt: int, pending: int) -> bool:
        """Tell whether accrual waits at a dose: too many are pending, and what is seen does not de-escalate at once."""
        certain = dlt / n >= boin.boundaries(self.boin()).de_escalate_at_least
        return not certain and pending > self.max_pending_share * n


@dataclass(frozen=True, slots=True)
class TiteBoinEssParams(TiteBoinParams):
    """What the protocol must state for TITE-BOIN by the effective sample size: as for TITE-BOIN, and

    min_completed: subjects at the dose who have completed their window before anything escalates, >= 0.
    """

    min_completed: int = 2

    def __post_init__(self) -> None:
        """Refuse what TITE-BOIN refuses, and a negative number of completed subjects."""
        TiteBoinParams.__post_init__(self)
        if self.min_completed < 0:
            raise UserError(fault("DSG-014", expected="min_completed >= 0", found=str(self.min_completed)))

    def step(self, n: int, dlt: int, pending: int, follow_up: float) -> int:
        """Return 1 to escalate, 0 to stay, -1 to de-escalate, by the effective number of subjects."""
        cut = boin.boundaries(self.boin())
        rate = dlt / max(n - pending + follow_up, _TOLERANCE)
        if rate <= cut.escalate_at_most:
            return int(n - pending >= self.min_completed)
        return -int(rate >= cut.de_escalate_at_least)

    def waits(self, n: int, dlt: int, pending: int) -> bool:  # noqa: ARG002 - what was seen does not matter here
        """Tell whether accrual waits at a dose: too many are pending."""
        return pending > self.max_pending_share * n


def _odds(target: float, n: int, dlt: int, pending: int) -> float:
    """Return p / (1 - p), p the mean of the DLT rate after the evaluable subjects, by a prior worth one subject at half the target."""
    p = (dlt + target / 2) / (n - pending + 1)
    return p / (1 - p)


class PendingRow(NamedTuple):
    """One row of the printable table: what to do with this many subjects, DLTs and open windows at a dose.

    decision:   E, S, D, DE (de-escalate and eliminate) or SUS (accrual waits); ES and SD where the follow-up decides.
    follow_up:  sum of passed shares of the windows: ES escalates from it on, SD de-escalates up to it; else None.
    """

    n: int
    dlt: int
    pending: int
    decision: str
    follow_up: float | None


def pending_table(params: TiteBoinParams, max_n: int | None = None) -> Iterator[PendingRow]:
    """Yield the decision for every number of subjects (by whole cohorts), DLTs and open windows at a dose.

    Checked row by row against table 1 of Yuan et al. (2018).

    >>> [row] = [r for r in pending_table(TiteBoinParams(0.2, 3, 15)) if r[:3] == (9, 1, 4)]
    >>> row.decision, round(row.follow_up, 2)
    ('ES', 2.15)
    """
    table = boin.decision_table(params.boin())
    for n in range(params.cohort_size, (max_n or params.max_subjects) + 1, params.cohort_size):
        for dlt in range(n + 1):
            for pending in range(n - dlt + 1):
                eliminated = table.move(min(n, table.max_n), dlt) is Move.ELIMINATE
                yield PendingRow(n, dlt, pending, *_decided(params, n, dlt, pending, eliminated=eliminated))


def _decided(params: TiteBoinParams, n: int, dlt: int, pending: int, *, eliminated: bool) -> tuple[str, float | None]:
    if eliminated:
        return "DE", None
    if params.waits(n, dlt, pending):
        return "SUS", None
    least, most = params.step(n, dlt, pending, 0.0), params.step(n, dlt, pending, float(pending))
    if least == most:
        return {1: "E", 0: "S", -1: "D"}[least], None
    low, high = (
        0.0,
        float(pending),
    )  # more follow-up without a DLT never lowers the dose: the change is found by halving
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if params.step(n, dlt, pending, middle) == least else (low, middle)
    return ("SD" if least < 0 else "ES"), high


def build(params: TiteBoinParams, n_doses: int, start: int = 0) -> TiteBoin:
    """Return the TITE-BOIN policy on a grid of `n_doses` doses, by the rule that its parameters name."""
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
        here = (total[current], counts.dlt[current], pending[current])
        step = self.params.step(*here, passed) if total[current] else 0
        following = min(max(current + step, 0), last, max(highest, 0))
        if highest < 0:
            reason = Reason.STOP_LOWEST_TOO_TOXIC
        elif current <= highest and total[current] and self.params.waits(*here):
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
        values: dict[str, object] = {"share": self.params.max_pending_share}
        key = "design.tite_boin.rule"
        if isinstance(self.params, TiteBoinEssParams):
            key, values["completed"] = "design.tite_boin_ess.rule", self.params.min_completed
        return (*self.complete.describe(), Message(key, values))
