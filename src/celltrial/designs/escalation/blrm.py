"""BLRM with EWOC: two-parameter Bayesian logistic regression, escalation with overdose control.

logit p(d) = a + exp(b) log(d / reference), (a, b) bivariate normal. After every cohort a dose is
admissible where P(p(d) > overdose_from) is at most `max_overdose_probability` (and, without
skipping, at most one level above the last dose). Among these the dose with the greatest
probability of the target interval is next; the lower of two equal ones. No admissible dose: stop without a
recommendation. Neuenschwander, Branson & Gsponer (2008), doi:10.1002/sim.3230; Babb, Rogatko & Zacks (1998).

The posterior is a sum on a grid, see `blrm_model`; 41 x 41 points agree with 121 x 121 to 1e-8.

Differences from other software: crmPack 2.2.1 draws from the posterior, so its decisions carry
simulation noise (its `NextBestNCRM` is the rule used here) and a trial in which no dose is eligible
ends in an assertion unless a stopping rule is added; here that is an ordinary stop.

>>> params = BlrmParams(doses=(1.0, 3.0, 10.0), reference_dose=10.0, prior_mean=(-0.85, 1.0),
...                     prior_sd=(1.0, 1.0), prior_correlation=-0.5, cohort_size=3, max_subjects=18)
>>> from celltrial.designs.policy import Counts
>>> build(params, n_doses=3).decide(Counts((3, 0, 0), (0, 0, 0), 0)).next_dose
1
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Count, message
from celltrial.designs.escalation.blrm_model import BlrmGrid, BlrmPrior
from celltrial.designs.escalation.move_table import check_cohorts
from celltrial.designs.policy import Bools, Decisions, Ints, Message, Policy, Reason, States, check_frame


@dataclass(frozen=True, slots=True)
class BlrmParams:
    """What the protocol must state for the BLRM.

    doses:          the doses, strictly increasing, > 0, one per level.
    reference_dose: dose at which the intercept is the log odds.
    prior_mean, prior_sd, prior_correlation: of (a, b), b being the log slope.
    cohort_size, max_subjects: subjects per cohort and in all.
    target_from, target_to: the target interval of the DLT rate.
    overdose_from:  DLT rates above this are overdoses; the end of the target interval unless given.
    max_overdose_probability: the EWOC limit, in (0, 1).
    no_skipping:    never more than one level above the last dose.
    mtd_among_treated: recommend only a dose that was given.
    grid_points:    points per axis, odd, 21 to 401.
    """

    doses: tuple[float, ...]
    reference_dose: float
    prior_mean: tuple[float, float]
    prior_sd: tuple[float, float]
    prior_correlation: float
    cohort_size: int
    max_subjects: int
    target_from: float = 0.16
    target_to: float = 0.33
    overdose_from: float | None = None
    max_overdose_probability: float = 0.25
    no_skipping: bool = True
    mtd_among_treated: bool = True
    grid_points: int = 41

    def __post_init__(self) -> None:
        """Refuse intervals out of order, a limit that is no probability, a grid too coarse."""
        if not 0 < self.target_from < self.target_to <= self.overdose <= 1:
            found = f"target_from={self.target_from}, target_to={self.target_to}, overdose_from={self.overdose}"
            raise UserError(fault("DSG-044", expected="0 < target_from < target_to <= overdose_from <= 1", found=found))
        if not 0 < self.max_overdose_probability < 1 or not 21 <= self.grid_points <= 401 or self.grid_points % 2 == 0:
            found = f"max_overdose_probability={self.max_overdose_probability}, grid_points={self.grid_points}"
            expected = message("overdose_and_grid")
            raise UserError(fault("DSG-044", expected=expected, found=found))
        check_cohorts(self.cohort_size, self.max_subjects)
        self.prior()

    @property
    def overdose(self) -> float:
        """DLT rate from which a dose is an overdose."""
        return self.target_to if self.overdose_from is None else self.overdose_from

    def prior(self) -> BlrmPrior:
        """Return the model and its prior."""
        return BlrmPrior(self.doses, self.reference_dose, self.prior_mean, self.prior_sd, self.prior_correlation)


def build(params: BlrmParams, n_doses: int, start: int = 0) -> Blrm:
    """Return the BLRM policy; there must be `n_doses` doses."""
    check_frame(n_doses, start)
    if len(params.doses) != n_doses:
        raise UserError(
            fault("DSG-045", expected=Count(n_doses, "dose_item"), found=Count(len(params.doses), "dose_item"))
        )
    grid = BlrmGrid.of(params.prior(), params.grid_points, (params.target_from, params.target_to, params.overdose))
    return Blrm(params, n_doses, start, grid)


@dataclass(frozen=True, slots=True)
class Blrm(Policy):
    """The BLRM policy."""

    costly: ClassVar[bool] = True
    params: BlrmParams
    n_doses: int
    start: int
    grid: BlrmGrid = field(repr=False, compare=False)

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Subjects in all."""
        return self.params.max_subjects

    @property
    def cohort_size(self) -> int:
        """Subjects per cohort."""
        return self.params.cohort_size

    def _judge(self, states: States) -> tuple[NDArray[np.float64], Bools]:
        """Return P(target interval) and whether overdose control admits each dose [state, dose]."""
        above = self.grid.exceedance(states.n, states.dlt)
        return above[0] - above[1], above[2] <= self.params.max_overdose_probability

    @staticmethod
    def _best(target: NDArray[np.float64], allowed: Bools) -> Ints:
        return np.where(allowed.any(axis=1), np.where(allowed, target, -1.0).argmax(axis=1), -1)

    def decide_states(self, states: States) -> Decisions:
        """Return the admissible dose most likely in the target interval."""
        started, remaining = states.enrolled() > 0, self.max_subjects - states.enrolled()
        following = states.current.copy()
        eliminated = np.zeros(states.n.shape, np.bool_)
        asked = np.flatnonzero(started)
        if len(asked):
            some = states.take(asked)
            target, allowed = self._judge(some)
            eliminated[asked] = ~allowed
            if self.params.no_skipping:
                allowed = allowed & (np.arange(self.n_doses) <= some.current[:, None] + 1)
            following[asked] = self._best(target, allowed)
        reason = np.select(
            [following < 0, remaining <= 0, ~started, following > states.current, following < states.current],
            [
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
        return Decisions(np.where(stops, -1, following), size, reason, eliminated)

    def select_states(self, states: States) -> Ints:
        """Return the admissible treated dose most likely in the target interval; none where no dose is admissible."""
        target, allowed = self._judge(states)
        if self.params.mtd_among_treated:
            return self._best(target, allowed & (states.n > 0))
        if self.params.no_skipping:
            allowed = allowed & (np.arange(self.n_doses) <= states.current[:, None] + 1)
        return self._best(target, allowed)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        p = self.params
        details = {
            "low": p.target_from,
            "high": p.target_to,
            "overdose": p.overdose,
            "limit": p.max_overdose_probability,
            "reference": p.reference_dose,
            "cohort_size": p.cohort_size,
            "max_subjects": p.max_subjects,
        }
        return (Message("design.blrm.rule", details),)
