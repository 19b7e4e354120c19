"""Accelerated titration: one subject per level first, then 3+3.

Single subjects are escalated level by level until the first DLT or the `moderate_limit`-th moderate
toxicity in the trial (or the top dose); from then on 3+3 with its named MTD rule goes on at the dose, counting those
already treated there. Simon, Freidlin, Rubinstein, Arbuck, Collins & Christian (1997), doi:10.1093/jnci/89.15.1138.

Differences from other software: none found to compare with. Of the paper's designs this is number 2 on a
given ladder, without escalation within a subject.

>>> from celltrial.designs.policy import Counts
>>> policy = build(AcceleratedTitrationParams(mtd_rule="previous"), n_doses=3)
>>> calm = policy.decide(Counts((1, 0, 0), (0, 0, 0), 0, moderate=(1, 0, 0)))
>>> warned = policy.decide(Counts((1, 1, 0), (0, 0, 0), 1, moderate=(1, 1, 0)))
>>> (calm.next_dose, calm.cohort_size), (warned.next_dose, warned.cohort_size)
((1, 1), (1, 2))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation.three_plus_three import MtdRule, ThreePlusThree, ThreePlusThreeParams
from celltrial.designs.escalation.three_plus_three import build as build_three_plus_three
from celltrial.designs.observation import DLT_MODERATE, Channel, Observation
from celltrial.designs.policy import Decisions, Ints, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class AcceleratedTitrationParams:
    """What the protocol must state.

    mtd_rule:       of the 3+3 that follows: `previous`, `expand` or `expand_not_top`.
    moderate_limit: this moderate toxicity in the trial ends the single-subject phase, >= 1.
    """

    mtd_rule: MtdRule
    moderate_limit: int = 2

    def __post_init__(self) -> None:
        """Refuse an unknown MTD rule and a limit below one."""
        ThreePlusThreeParams(self.mtd_rule)
        if self.moderate_limit < 1:
            raise UserError(fault("DSG-014", expected="moderate_limit >= 1", found=str(self.moderate_limit)))


def build(params: AcceleratedTitrationParams, n_doses: int, start: int = 0) -> AcceleratedTitration:
    """Return the policy on a grid of `n_doses` doses."""
    return AcceleratedTitration(params, build_three_plus_three(ThreePlusThreeParams(params.mtd_rule), n_doses, start))


@dataclass(frozen=True, slots=True)
class AcceleratedTitration(Policy):
    """The policy."""

    params: AcceleratedTitrationParams
    standard: ThreePlusThree

    @property
    def observation(self) -> Observation:  # type: ignore[override]
        """What is counted per subject."""
        return DLT_MODERATE

    @property
    def n_doses(self) -> int:  # type: ignore[override]
        """Size of the grid."""
        return self.standard.n_doses

    @property
    def start(self) -> int:  # type: ignore[override]
        """Starting dose."""
        return self.standard.start

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Six at every dose."""
        return self.standard.max_subjects

    @property
    def most_at_dose(self) -> int:
        """Six."""
        return self.standard.most_at_dose

    def decide_states(self, states: States) -> Decisions:
        """Return single subjects upwards, then the 3+3 moves."""
        decided = self.standard.decide_states(states)
        n = states.n
        quiet = (states.dlt.sum(axis=1) == 0) & (
            states.channel(Channel.MODERATE).sum(axis=1) < self.params.moderate_limit
        )
        at_top = (states.current == self.n_doses - 1) & (n[states.rows, states.current] > 0)
        titrates = quiet & (n.max(axis=1) <= 1) & ~at_top
        following = np.minimum(states.current + (n[states.rows, states.current] > 0), self.n_doses - 1)
        reason = np.where(following > states.current, Reason.ESCALATE, Reason.START)
        return Decisions(
            np.where(titrates, following, decided.next),
            np.where(titrates, 1, decided.size),
            np.where(titrates, reason, decided.reason),
            decided.eliminated,
        )

    def select_states(self, states: States) -> Ints:
        """Return the 3+3 choice."""
        return self.standard.select_states(states)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences for the protocol."""
        own = Message("design.accelerated_titration.rule", {"limit": self.params.moderate_limit})
        return (own, *self.standard.describe())
