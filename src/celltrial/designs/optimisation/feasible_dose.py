"""Tolerated and feasible dose: BOIN on toxicity, with the share of doses that can be made as a second endpoint.

A subject whose product falls short of the assigned dose is not DLT-evaluable there, but tells about
feasibility. Toxicity is followed as in BOIN. A dose is infeasible, with all above it, when with at least `min_attempts`
attempts P(feasible share < min_feasible | Beta(1, 1)) > `infeasible_certainty`; the next dose is lowered to the
highest feasible one, and the trial stops when the lowest dose is infeasible. The recommended dose is the
isotonic choice among tolerated and feasible doses.
After N. Wages and co-workers' maximum tolerated and feasible dose; PMC3501341 gives a trial of T cells
with safety and feasibility gates.

Differences from other software: none found that has it. Attempts count towards `max_subjects`.

>>> params = FeasibleDoseParams(target_dlt_rate=0.30, cohort_size=3, max_subjects=24, min_feasible=0.70)
>>> from celltrial.designs.policy import Counts
>>> policy = build(params, n_doses=3)
>>> decision = policy.decide(Counts((3, 1, 0), (0, 0, 0), 1, infeasible=(0, 5, 0)))
>>> decision.next_dose, decision.eliminated
(0, (1, 2))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.isotonic import choose_nearest, isotonic_rates
from celltrial.designs.escalation.move_table import TablePolicy, doses_at_or_above
from celltrial.designs.observation import DLT_FEASIBILITY, Channel, Observation
from celltrial.designs.policy import Bools, Decisions, Ints, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class FeasibleDoseParams:
    """What the protocol must state.

    target_dlt_rate, cohort_size, max_subjects, elimination_certainty: as in BOIN; attempts count as subjects.
    min_feasible:         least acceptable share of doses that can be made, in (0, 1).
    infeasible_certainty: certainty above which a dose is infeasible, in (0.5, 1).
    min_attempts:         no judgement on feasibility with fewer attempts at the dose, >= 1.
    """

    target_dlt_rate: float
    cohort_size: int
    max_subjects: int
    min_feasible: float
    elimination_certainty: float = 0.95
    infeasible_certainty: float = 0.90
    min_attempts: int = 3

    def __post_init__(self) -> None:
        """Refuse what BOIN refuses, and a share or certainty that is none."""
        self.boin()
        if not (0 < self.min_feasible < 1 and 0.5 < self.infeasible_certainty < 1 and self.min_attempts >= 1):
            found = f"{self.min_feasible}, {self.infeasible_certainty}, {self.min_attempts}"
            expected = "0 < min_feasible < 1, 0.5 < infeasible_certainty < 1, min_attempts >= 1"
            raise UserError(fault("DSG-063", expected=expected, found=found))

    def boin(self) -> boin.BoinParams:
        """Return the parameters of BOIN."""
        return boin.BoinParams(
            self.target_dlt_rate,
            self.cohort_size,
            self.max_subjects,
            elimination_certainty=self.elimination_certainty,
        )


def build(params: FeasibleDoseParams, n_doses: int, start: int = 0) -> FeasibleDose:
    """Return the policy on a grid of `n_doses` doses."""
    return FeasibleDose(params, boin.build(params.boin(), n_doses, start))


@dataclass(frozen=True, slots=True)
class FeasibleDose(Policy):
    """The policy."""

    params: FeasibleDoseParams
    toxicity: TablePolicy

    @property
    def observation(self) -> Observation:  # type: ignore[override]
        """What is counted per subject."""
        return DLT_FEASIBILITY

    @property
    def n_doses(self) -> int:  # type: ignore[override]
        """Size of the grid."""
        return self.toxicity.n_doses

    @property
    def start(self) -> int:  # type: ignore[override]
        """Starting dose."""
        return self.toxicity.start

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Attempts in all."""
        return self.params.max_subjects

    @property
    def cohort_size(self) -> int:
        """Attempts per cohort."""
        return self.params.cohort_size

    def _infeasible(self, states: States) -> Bools:
        p = self.params
        made, failed = states.n.astype(np.int64), states.channel(Channel.INFEASIBLE).astype(np.int64)
        below = special.betainc(1 + made, 1 + failed, p.min_feasible) > p.infeasible_certainty
        return doses_at_or_above(below & (made + failed >= p.min_attempts))

    def decide_states(self, states: States) -> Decisions:
        """Return the BOIN moves, not above the highest feasible dose."""
        decided = self.toxicity.decide_states(states)
        infeasible = self._infeasible(states)
        highest = self.n_doses - 1 - infeasible.sum(axis=1)
        goes = (decided.next >= 0) & (highest >= 0)
        following = np.where(goes, np.minimum(decided.next, highest), -1)
        reason = np.select(
            [
                (highest < 0) & (decided.reason != Reason.STOP_LOWEST_TOO_TOXIC),
                goes & (following < states.current),
                goes & (following == states.current) & (decided.reason == Reason.ESCALATE),
            ],
            [Reason.STOP_NO_ADMISSIBLE_DOSE, Reason.DE_ESCALATE, Reason.STAY],
            decided.reason,
        )
        return Decisions(following, np.where(goes, decided.size, 0), reason, decided.eliminated | infeasible)

    def select_states(self, states: States) -> Ints:
        """Return the isotonic choice among tolerated and feasible treated doses."""
        eliminated = self.toxicity.decide_states(states).eliminated | self._infeasible(states)
        rates = isotonic_rates(states.n, states.dlt, (states.n > 0) & ~eliminated)
        return choose_nearest(rates, self.params.target_dlt_rate)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences of BOIN and of feasibility."""
        p = self.params
        details = {"share": p.min_feasible, "certainty": p.infeasible_certainty, "attempts": p.min_attempts}
        return (*self.toxicity.describe(), Message("design.feasible_dose.rule", details))
