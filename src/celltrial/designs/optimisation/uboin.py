"""U-BOIN: two stages, escalation by toxicity, then allocation by utility.

Stage 1 escalates as BOIN by the DLT rate alone until some dose has `stage_1_n` subjects. Stage 2: where
the rate at the highest dose tried is at or below the lower BOIN cut-off, the next dose above is tried
(unless too toxic); otherwise the admissible tried dose with the greatest posterior mean utility follows.
The outcomes of a dose are multinomial with a Dirichlet prior of total weight one, spread evenly. The
admissible treated dose with the greatest mean utility is recommended.
Zhou, Lee & Yuan (2019), doi:10.1002/sim.8361.

Differences from other software: the paper also offers adaptive randomisation in stage 2; here the
best dose is picked. Admissibility uses Beta(1, 1) priors (`utility.admissible_doses`).

>>> params = UBoinParams(max_dlt_rate=0.30, min_response_rate=0.25, cohort_size=3, max_subjects=24, stage_1_n=6)
>>> from celltrial.designs.policy import Counts
>>> build(params, n_doses=3).decide(Counts((3, 6, 3), (0, 1, 2), 1, response=(0, 4, 2))).next_dose
1
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.move_table import Move, MoveTable, check_cohorts
from celltrial.designs.observation import Observation
from celltrial.designs.optimisation.utility import Utilities, admissible_doses, score
from celltrial.designs.policy import Decisions, Ints, Message, Policy, Reason, States, check_frame


@dataclass(frozen=True, slots=True)
class UBoinParams:
    """What the protocol must state for U-BOIN.

    max_dlt_rate, min_response_rate: the two limits, in (0, 1).
    cohort_size, max_subjects: subjects per cohort and in all.
    stage_1_n: stage 2 begins when a dose has this many subjects, 1 to max_subjects.
    utility_response, utility_neither, utility_both, utility_dlt: utilities in [0, 100].
    toxic_certainty, futile_certainty: certainties of the admissibility rules, in (0.5, 1).
    """

    max_dlt_rate: float
    min_response_rate: float
    cohort_size: int
    max_subjects: int
    stage_1_n: int
    utility_response: float = 100.0
    utility_neither: float = 40.0
    utility_both: float = 60.0
    utility_dlt: float = 0.0
    toxic_certainty: float = 0.95
    futile_certainty: float = 0.90

    def __post_init__(self) -> None:
        """Refuse limits outside (0, 1), certainties that are none, utilities out of order."""
        if not (0 < self.max_dlt_rate < 1 / 1.4 and 0 < self.min_response_rate < 1):
            expected = "0 < max_dlt_rate < 0.714, 0 < min_response_rate < 1"
            found = f"max_dlt_rate={self.max_dlt_rate}, min_response_rate={self.min_response_rate}"
            raise UserError(fault("DSG-061", expected=expected, found=found))
        if not 1 <= self.stage_1_n <= self.max_subjects:
            found = f"stage_1_n={self.stage_1_n}, max_subjects={self.max_subjects}"
            raise UserError(fault("DSG-061", expected="1 <= stage_1_n <= max_subjects", found=found))
        if not (0.5 < self.toxic_certainty < 1 and 0.5 < self.futile_certainty < 1):
            found = f"toxic_certainty={self.toxic_certainty}, futile_certainty={self.futile_certainty}"
            raise UserError(fault("DSG-011", expected="0.5 < certainties < 1", found=found))
        check_cohorts(self.cohort_size, self.max_subjects)
        self.utilities()

    def utilities(self) -> Utilities:
        """Return the utilities."""
        return Utilities(self.utility_response, self.utility_neither, self.utility_both, self.utility_dlt)


def mean_utility(states: States, utilities: Utilities) -> NDArray[np.float64]:
    """Return the posterior mean utility [state, dose] under a Dirichlet(1/4, 1/4, 1/4, 1/4) prior, from 0 to 100."""
    u = utilities
    prior = (u.response + u.neither + u.both + u.dlt) / 4
    return np.asarray((prior + 100 * score(states, u)) / (1 + states.n))


def build(params: UBoinParams, n_doses: int, start: int = 0) -> UBoin:
    """Return the U-BOIN policy on a grid of `n_doses` doses."""
    check_frame(n_doses, start)
    return UBoin(params, n_doses, start)


@dataclass(frozen=True, slots=True)
class UBoin(Policy):
    """The U-BOIN policy."""

    params: UBoinParams
    n_doses: int
    start: int
    table: MoveTable = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out the moves of stage 1."""
        p = self.params
        table = boin.decision_table(boin.BoinParams(p.max_dlt_rate, p.cohort_size, p.max_subjects))
        object.__setattr__(self, "table", table)

    @property
    def observation(self) -> Observation:  # type: ignore[override]
        """What is counted per subject."""
        return self.params.utilities().observation

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Subjects in all."""
        return self.params.max_subjects

    @property
    def cohort_size(self) -> int:
        """Subjects per cohort."""
        return self.params.cohort_size

    def _moves(self, states: States, dose: Ints) -> NDArray[np.int8]:
        n = np.minimum(states.n[states.rows, dose], self.max_subjects)
        moves: NDArray[np.int8] = self.table.moves[n, np.minimum(states.dlt[states.rows, dose], self.max_subjects)]
        return moves

    def _judge(self, states: States) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        p = self.params
        return admissible_doses(states, p.max_dlt_rate, p.toxic_certainty, p.min_response_rate, p.futile_certainty)

    def decide_states(self, states: States) -> Decisions:
        """Return the BOIN moves in stage 1, the best dose in stage 2."""
        rows, levels, last = states.rows, np.arange(self.n_doses), self.n_doses - 1
        tolerable, effective = self._judge(states)
        highest_fit = tolerable.sum(axis=1) - 1
        move = self._moves(states, states.current)
        step = np.where(move == Move.ESCALATE, 1, np.where(move >= Move.DE_ESCALATE, -1, 0))
        first = np.clip(states.current + step, 0, np.maximum(np.minimum(highest_fit, last), 0))
        tried = np.where(states.n > 0, levels, -1).max(axis=1)
        above = np.minimum(tried + 1, last)
        climb = (self._moves(states, np.maximum(tried, 0)) == Move.ESCALATE) & (tried < last) & tolerable[rows, above]
        fit = tolerable & effective & (states.n > 0)
        value = np.where(fit, mean_utility(states, self.params.utilities()), -1.0)
        second = np.where(climb, above, np.where(fit.any(axis=1), value.argmax(axis=1), -1))
        following = np.where(states.n.max(axis=1) >= self.params.stage_1_n, second, first)
        started, remaining = states.enrolled() > 0, self.max_subjects - states.enrolled()
        following = np.where(started, following, states.current)
        reason = np.select(
            [
                ~tolerable[:, 0],
                following < 0,
                remaining <= 0,
                ~started,
                following > states.current,
                following < states.current,
            ],
            [
                Reason.STOP_LOWEST_TOO_TOXIC,
                Reason.STOP_NO_ADMISSIBLE_DOSE,
                Reason.STOP_MAX_SUBJECTS,
                Reason.START,
                Reason.ESCALATE,
                Reason.DE_ESCALATE,
            ],
            Reason.STAY,
        )
        stops = reason >= Reason.STOP_MAX_SUBJECTS
        size = np.where(stops, 0, np.minimum(self.cohort_size, remaining))
        return Decisions(np.where(stops, -1, following), size, reason, ~tolerable)

    def select_states(self, states: States) -> Ints:
        """Return the admissible treated dose with the greatest mean utility."""
        tolerable, effective = self._judge(states)
        fit = tolerable & effective & (states.n > 0)
        value = np.where(fit, mean_utility(states, self.params.utilities()), -1.0)
        return np.where(fit.any(axis=1), value.argmax(axis=1), -1)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        p = self.params
        details = {
            "toxicity": p.max_dlt_rate,
            "response": p.min_response_rate,
            "stage_1_n": p.stage_1_n,
            "u1": p.utility_response,
            "u2": p.utility_neither,
            "u3": p.utility_both,
            "u4": p.utility_dlt,
            "cohort_size": p.cohort_size,
            "max_subjects": p.max_subjects,
        }
        return (Message("design.uboin.rule", details),)
