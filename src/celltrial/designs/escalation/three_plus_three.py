"""3+3: cohorts of three, the same dose at most twice.

0 DLT in 3: escalate. 1 in 3: three more at the dose; at most 1 in 6: escalate.
2 or more at a dose: too toxic, no dose at or above it is given again.
Storer (1989), doi:10.2307/2531693.

Three rules for the MTD are in use and give different answers; the protocol must name one.
`previous`: the dose below the one that was too toxic (the top dose if none was).
`expand`: as `previous`, but a dose with fewer than six subjects is first filled to six
and must show at most 1 DLT in 6, else the next lower one is tried; the top dose too.
`expand_not_top`: as `expand`, but 0 in 3 at the top dose is accepted.

Some protocols keep a dose with 2 DLTs in 6 as the MTD (at most a third) and give up only what is above it:
`tolerated_in_six` 2. Nothing escalates from there, 2 in the first 3 is too toxic as before, and so is 3 in 6.

Differences from other software: escalation 0.2.3 follows `previous`, or with
`allow_deescalate` `expand_not_top`. On true rates .05/.50 the selection of the top dose
differs by 6 points between the rules.

>>> from celltrial.designs.policy import Counts
>>> policy = build(ThreePlusThreeParams(mtd_rule="previous"), n_doses=3)
>>> policy.decide(Counts(n=(3, 3, 0), dlt=(0, 2, 0), current=1)).recommended
0
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation.move_table import doses_at_or_above
from celltrial.designs.policy import Bools, Decisions, Ints, Message, Policy, Reason, States, check_frame

MtdRule = Literal["previous", "expand", "expand_not_top"]
_COHORT: Final = 3
_FULL: Final = 6


@dataclass(frozen=True, slots=True)
class ThreePlusThreeParams:
    """What the protocol must state for 3+3.

    mtd_rule:         `previous`, `expand` or `expand_not_top`; see above. There is no default.
    tolerated_in_six: DLTs in six subjects with which a dose can still be the MTD, 1 or 2.
    """

    mtd_rule: MtdRule
    tolerated_in_six: int = 1

    def __post_init__(self) -> None:
        """Refuse an MTD rule that is not one of the three."""
        if self.mtd_rule not in get_args(MtdRule):
            raise UserError(fault("DSG-020", expected=" | ".join(get_args(MtdRule)), found=str(self.mtd_rule)))
        if self.tolerated_in_six not in {1, 2}:
            raise UserError(fault("DSG-021", expected="1 | 2", found=str(self.tolerated_in_six)))


def probability_of_escalation(dlt_rate: float) -> float:
    """Return the chance that 3+3 passes a dose with this true DLT rate.

    (1-p)^3 + 3p(1-p)^2 (1-p)^3. Checked against AC-P5.1.

    >>> [round(100 * probability_of_escalation(p), 1) for p in (0.1, 0.2, 0.3)]
    [90.6, 70.9, 49.4]
    """
    q = 1 - dlt_rate
    return q**3 + 3 * dlt_rate * q**2 * q**3


def build(params: ThreePlusThreeParams, n_doses: int, start: int = 0) -> ThreePlusThree:
    """Return the 3+3 policy on a grid of `n_doses` doses."""
    check_frame(n_doses, start)
    return ThreePlusThree(params, n_doses, start)


@dataclass(frozen=True, slots=True)
class ThreePlusThree(Policy):
    """The 3+3 policy."""

    params: ThreePlusThreeParams
    n_doses: int
    start: int = 0

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Six at every dose."""
        return _FULL * self.n_doses

    @property
    def most_at_dose(self) -> int:
        """Six."""
        return _FULL

    def describe(self) -> tuple[Message, ...]:
        """Return the rule and the MTD rule."""
        values = {"tolerated": self.params.tolerated_in_six, "toxic": self.params.tolerated_in_six + 1}
        return (Message("design.3+3.rule", values), Message(f"design.3+3.mtd.{self.params.mtd_rule}", values))

    def _toxic(self, states: States) -> Bools:
        """Return the doses at or above the lowest that is too toxic."""
        kept = (states.n > _COHORT) & (states.dlt <= self.params.tolerated_in_six)
        return doses_at_or_above((states.dlt >= 2) & ~kept)

    def _accepted(self, states: States) -> Bools:
        """Return the doses that could be the MTD as they are."""
        n, dlt = states.n, states.dlt
        full: Bools = (n >= _FULL) & (dlt <= self.params.tolerated_in_six)
        passed: Bools = ((n >= _COHORT) & (dlt == 0)) | full
        if self.params.mtd_rule == "previous":
            return passed
        if self.params.mtd_rule == "expand_not_top":
            full[:, -1] = passed[:, -1]
        return full

    def decide_states(self, states: States) -> Decisions:
        """Return the 3+3 moves."""
        n, dlt, rows = states.n.astype(np.int64), states.dlt, states.rows
        toxic = self._toxic(states)
        # where the dose is too toxic, the question is about the dose below the lowest such one
        highest = np.where(toxic.any(axis=1), toxic.argmax(axis=1) - 1, self.n_doses - 1)
        here = np.minimum(states.current, np.maximum(highest, 0))
        at, events = n[rows, here], dlt[rows, here]
        passed = ((at >= _COHORT) & (events == 0)) | ((at >= _FULL) & (events <= 1))
        may_rise = passed & (here < highest)
        kept = (at >= _FULL) & (events <= self.params.tolerated_in_six)  # 2 in 6 where that is tolerated: no way up
        ends = (passed | kept) & ~may_rise & self._accepted(states)[rows, here]
        goal = np.where(at < _COHORT, _COHORT, _FULL)
        following = np.where(may_rise, here + 1, here)
        size = np.where(may_rise, np.maximum(_COHORT - n[rows, np.minimum(here + 1, self.n_doses - 1)], 0), goal - at)
        reason = np.select(
            [highest < 0, ends, following > states.current, following < states.current, at == 0],
            [
                Reason.STOP_LOWEST_TOO_TOXIC,
                Reason.STOP_DOSE_FOUND,
                Reason.ESCALATE,
                Reason.DE_ESCALATE,
                Reason.START,
            ],
            Reason.STAY,
        )
        # a dose above that is already full needs no subjects: look again from there
        again = may_rise & (size == 0) & (reason < Reason.STOP_MAX_SUBJECTS)
        if again.any():
            deeper = self.decide_states(replace(states.take(again), current=following[again]))
            following[again], size[again], reason[again] = deeper.next, deeper.size, deeper.reason
        stops = reason >= Reason.STOP_MAX_SUBJECTS
        return Decisions(np.where(stops, -1, following), np.where(stops, 0, size), reason, toxic)

    def select_states(self, states: States) -> Ints:
        """Return the highest dose that the MTD rule accepts below the lowest toxic one."""
        fit = self._accepted(states) & ~self._toxic(states)
        top = self.n_doses - 1 - fit[:, ::-1].argmax(axis=1)
        return np.where(fit.any(axis=1), top, -1)
