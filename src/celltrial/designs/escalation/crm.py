"""CRM: continual reassessment method with a one-parameter model.

After every cohort the model is fitted to all subjects; the posterior mean of the parameter is
put into the model, and the dose whose rate is nearest the target is next (the lower of two equally
near). `no_skipping`: never more than one dose above the last. `coherent`: never up when the
share of DLTs in the last cohort reached the target. The recommended dose is the same choice at the end.
O'Quigley, Pepe & Fisher (1990), doi:10.2307/2531628; Cheung (2005), doi:10.1093/biomet/92.4.863.

Differences from other software: the rules are those of dfcrm 0.2-2.1 `crmsim` (`restrict = TRUE`),
which integrates adaptively; we sum on a grid, once per reachable state. dfcrm may recommend a
dose that nobody got (`mtd_among_treated=False` here). An MLE design needs a hand-written first
stage, as in dfcrm, and is not offered.

>>> params = CrmParams((0.05, 0.10, 0.20, 0.30), target_dlt_rate=0.20, cohort_size=3, max_subjects=24)
>>> from celltrial.designs.policy import Counts
>>> build(params, n_doses=4).decide(Counts((3, 0, 0, 0), (0, 0, 0, 0), 0, last=(3, 0))).next_dose
1
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Count
from celltrial.designs.escalation.crm_model import CrmModel, ModelName, posterior_mean
from celltrial.designs.escalation.move_table import check_cohorts
from celltrial.designs.policy import Decisions, Ints, Message, Policy, Reason, States, check_frame


@dataclass(frozen=True, slots=True)
class CrmParams:
    """What the protocol must state for the CRM.

    skeleton:        prior guesses of the DLT rates, one per dose, strictly increasing in (0, 1).
    target_dlt_rate: DLT probability aimed at, in (0, 1).
    cohort_size, max_subjects: subjects per cohort and in all.
    model:           `power` or `logistic`; intercept: of the logistic model.
    prior_sd:        standard deviation of the normal prior.
    no_skipping, coherent: restrictions; see above.
    mtd_among_treated: recommend only a dose that was given: the highest such one up to the model's choice.
    """

    skeleton: tuple[float, ...]
    target_dlt_rate: float
    cohort_size: int
    max_subjects: int
    model: ModelName = "power"
    intercept: float = 3.0
    prior_sd: float = 1.34**0.5
    no_skipping: bool = True
    coherent: bool = True
    mtd_among_treated: bool = True

    def __post_init__(self) -> None:
        """Refuse a target outside (0, 1), a skeleton out of order, cohorts without subjects."""
        if not 0 < self.target_dlt_rate < 1:
            raise UserError(fault("DSG-014", expected="0 < target_dlt_rate < 1", found=str(self.target_dlt_rate)))
        check_cohorts(self.cohort_size, self.max_subjects)
        self.working_model()

    def working_model(self) -> CrmModel:
        """Return the model."""
        return CrmModel(self.skeleton, self.model, self.intercept, self.prior_sd)


def nearest_dose(rates: NDArray[np.float64], target: float) -> Ints:
    """Return the dose with the rate nearest the target [state]; the lower of two equally near."""
    choice = np.abs(rates - target).argmin(axis=1)
    choice = np.where((rates <= target).all(axis=1), rates.shape[1] - 1, choice)
    return np.where((rates >= target).all(axis=1), 0, choice)


def build(params: CrmParams, n_doses: int, start: int = 0) -> Crm:
    """Return the CRM policy; the skeleton must have `n_doses` values."""
    check_frame(n_doses, start)
    if len(params.skeleton) != n_doses:
        raise UserError(
            fault("DSG-040", expected=Count(n_doses, "value_item"), found=Count(len(params.skeleton), "value_item"))
        )
    return Crm(params, n_doses, start)


@dataclass(frozen=True, slots=True)
class Crm(Policy):
    """The CRM policy."""

    costly: ClassVar[bool] = True
    memory_levels: ClassVar[int] = 2
    params: CrmParams
    n_doses: int
    start: int = 0
    grid: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay the grid once."""
        object.__setattr__(self, "grid", self.params.working_model().grid(self.params.max_subjects))

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
        return int(self.params.coherent and n > 0 and dlt / n >= self.params.target_dlt_rate)

    def _model_dose(self, states: States) -> Ints:
        model = self.params.working_model()
        estimate = posterior_mean(model, states.n, states.dlt, self.grid)
        return nearest_dose(model.rates(estimate), self.params.target_dlt_rate)

    def decide_states(self, states: States) -> Decisions:
        """Return the restricted model doses."""
        current, started = states.current, states.enrolled() > 0
        remaining = self.max_subjects - states.enrolled()
        going = remaining > 0
        following = current.copy()
        asked = np.flatnonzero(started & going)
        if len(asked):
            following[asked] = self._model_dose(states.take(asked))
        if self.params.no_skipping:
            following = np.minimum(following, current + 1)
        following = np.where(states.memory == 1, np.minimum(following, current), following)
        reason = np.select(
            [~going, ~started, following > current, following < current],
            [Reason.STOP_MAX_SUBJECTS, Reason.START, Reason.ESCALATE, Reason.DE_ESCALATE],
            Reason.STAY,
        )
        size = np.where(going, np.minimum(self.cohort_size, remaining), 0)
        return Decisions(np.where(going, following, -1), size, reason, np.zeros(states.n.shape, np.bool_))

    def select_states(self, states: States) -> Ints:
        """Return the dose nearest the target; where it was never given, the highest treated dose below it."""
        choice = self._model_dose(states)
        if not self.params.mtd_among_treated:
            return choice
        treated = states.n > 0
        highest = np.where(treated & (np.arange(self.n_doses) <= choice[:, None]), np.arange(self.n_doses), -1).max(
            axis=1
        )
        return np.asarray(highest)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences for the protocol."""
        p = self.params
        skeleton = ", ".join(f"{s:.3g}" for s in p.skeleton)
        details = {
            "target": p.target_dlt_rate,
            "skeleton": skeleton,
            "sd": p.prior_sd,
            "cohort_size": p.cohort_size,
            "max_subjects": p.max_subjects,
        }
        out = [Message(f"design.crm.{p.model}", details)]
        if p.no_skipping:
            out.append(Message("design.crm.no_skipping"))
        if p.coherent:
            out.append(Message("design.crm.coherent"))
        return tuple(out)
