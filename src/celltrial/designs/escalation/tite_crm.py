"""TITE-CRM: the CRM with subjects whose DLT window is still open.

A subject without DLT so far enters the likelihood as 1 - w p, w being the passed fraction of the window
(linear weights); all else is the CRM. Accrual need not wait; `max_pending` limits how many windows may
be open at once. Cheung & Chappell (2000), doi:10.1111/j.0006-341X.2000.01177.x.

Differences from other software: fits are those of dfcrm 0.2-2.1 `titecrm` with linear weights; its
adaptive weights can be given to `crm_model.fit_bayes`. dfcrm's adaptive weights turn NA where two DLTs have the same
follow-up; such fits raise an error there.

>>> from celltrial.designs.policy import Counts, PendingSubject
>>> params = TiteCrmParams((0.05, 0.10, 0.20, 0.35), target_dlt_rate=0.25, cohort_size=1, max_subjects=24, max_pending=3)
>>> waiting = (PendingSubject(1, 0.2), PendingSubject(1, 0.1))
>>> build(params, n_doses=4).decide(Counts((3, 1, 0, 0), (0, 0, 0, 0), 1, pending=waiting, last=(1, 0))).next_dose
2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation.crm import Crm, CrmParams, nearest_dose
from celltrial.designs.escalation.crm import build as build_crm
from celltrial.designs.escalation.crm_model import ModelName
from celltrial.designs.policy import Counts, Decisions, Ints, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class TiteCrmParams:
    """What the protocol must state for the TITE-CRM: the parameters of the CRM, and

    max_pending: no further subject while so many windows are open, >= 1.
    """

    skeleton: tuple[float, ...]
    target_dlt_rate: float
    cohort_size: int
    max_subjects: int
    max_pending: int
    model: ModelName = "power"
    intercept: float = 3.0
    prior_sd: float = 1.34**0.5
    no_skipping: bool = True
    coherent: bool = True

    def __post_init__(self) -> None:
        """Refuse what the CRM refuses, and a limit below one."""
        self.crm()
        if self.max_pending < 1:
            raise UserError(fault("DSG-014", expected="max_pending >= 1", found=str(self.max_pending)))

    def crm(self) -> CrmParams:
        """Return the parameters of the CRM."""
        return CrmParams(
            self.skeleton,
            self.target_dlt_rate,
            self.cohort_size,
            self.max_subjects,
            self.model,
            self.intercept,
            self.prior_sd,
            self.no_skipping,
            self.coherent,
        )


def build(params: TiteCrmParams, n_doses: int, start: int = 0) -> TiteCrm:
    """Return the TITE-CRM policy; the skeleton must have `n_doses` values."""
    return TiteCrm(params, build_crm(params.crm(), n_doses, start))


@dataclass(frozen=True, slots=True)
class TiteCrm(Policy):
    """The TITE-CRM policy."""

    uses_pending: ClassVar[bool] = True
    costly: ClassVar[bool] = True
    memory_levels: ClassVar[int] = 2
    params: TiteCrmParams
    complete: Crm

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

    @property
    def needs_last(self) -> bool:
        """Whether the last cohort matters: only for coherence."""
        return self.params.coherent

    def memory_of(self, n: int, dlt: int) -> int:
        """Return 1 where the share of DLTs in the last cohort reached the target."""
        return self.complete.memory_of(n, dlt)

    def decide_states(self, states: States) -> Decisions:
        """Return the CRM decisions: all windows are closed."""
        return self.complete.decide_states(states)

    def estimate(self, counts: Counts) -> float:
        """Return the posterior mean of the parameter with open windows weighted."""
        model, grid = self.params.crm().working_model(), self.complete.grid
        log_p, log_q = model.log_odds_parts(grid)
        log_post = -0.5 * (grid / model.prior_sd) ** 2
        log_post = log_post + log_p @ np.array(counts.dlt) + log_q @ (np.array(counts.n) - np.array(counts.dlt))
        for subject in counts.pending:
            log_post = log_post + np.log1p(-subject.window_fraction * np.exp(log_p[:, subject.dose]))
        weight = np.exp(log_post - log_post.max())
        return float(weight @ grid / weight.sum())

    def decide_pending(self, counts: Counts, states: States) -> Decisions:
        """Return the decision with open windows."""
        p, current = self.params, counts.current
        rates = p.crm().working_model().rates(np.array([self.estimate(counts)]))
        following = int(nearest_dose(rates, p.target_dlt_rate)[0])
        if p.no_skipping:
            following = min(following, current + 1)
        if states.memory[0] == 1:
            following = min(following, current)
        remaining = self.max_subjects - sum(counts.n) - len(counts.pending)
        if len(counts.pending) >= p.max_pending or remaining <= 0:
            reason = Reason.HOLD_FOR_PENDING
        else:
            reason = (Reason.STAY, Reason.ESCALATE, Reason.DE_ESCALATE)[(following > current) - (following < current)]
        holds = reason is Reason.HOLD_FOR_PENDING
        return Decisions(
            np.array([-1 if holds else following]),
            np.array([0 if holds else min(self.cohort_size, remaining, p.max_pending - len(counts.pending))]),
            np.array([int(reason)]),
            np.zeros(states.n.shape, np.bool_),
        )

    def select_states(self, states: States) -> Ints:
        """Return the CRM choice."""
        return self.complete.select_states(states)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences of the CRM and of the open windows."""
        return (*self.complete.describe(), Message("design.tite_crm.rule", {"max_pending": self.params.max_pending}))
