"""What every modifier is: a policy around a policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from celltrial.designs.observation import Observation
from celltrial.designs.policy import Counts, Decisions, Ints, Message, Policy, Reason, States


@dataclass(frozen=True, slots=True)
class Wrapped(Policy):
    """A policy that passes everything on to the policy inside."""

    inner: Policy

    @property
    def n_doses(self) -> int:  # type: ignore[override]
        """Size of the grid."""
        return self.inner.n_doses

    @property
    def start(self) -> int:  # type: ignore[override]
        """Starting dose."""
        return self.inner.start

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Subjects in all."""
        return self.inner.max_subjects

    @property
    def cohort_size(self) -> int:
        """Subjects per cohort; 3 where the policy inside does not say."""
        size: int = getattr(self.inner, "cohort_size", 3)
        return size

    @property
    def most_at_dose(self) -> int:
        """Most subjects that one dose can get."""
        return self.inner.most_at_dose

    @property
    def observation(self) -> Observation:  # type: ignore[override]
        """What is counted per subject."""
        return self.inner.observation

    @property
    def uses_pending(self) -> bool:  # type: ignore[override]
        """Whether the policy inside decides with open windows."""
        return self.inner.uses_pending

    @property
    def costly(self) -> bool:  # type: ignore[override]
        """Whether a decision is a model fit."""
        return self.inner.costly

    @property
    def memory_levels(self) -> int:  # type: ignore[override]
        """How much of the last cohort is kept."""
        return self.inner.memory_levels

    @property
    def needs_last(self) -> bool:
        """Whether the policy inside decides by the last cohort too."""
        return self.inner.needs_last

    def memory_of(self, n: int, dlt: int) -> int:
        """Return what the policy inside keeps of a cohort."""
        return self.inner.memory_of(n, dlt)

    def backfill_doses(self, counts: Counts) -> tuple[int, ...]:
        """Return what the policy inside opens."""
        return self.inner.backfill_doses(counts)

    def adjust(self, decided: Decisions, states: States) -> Decisions:  # noqa: ARG002 - modifiers override it
        """Return the decisions as this modifier changes them."""
        return decided

    def decide_states(self, states: States) -> Decisions:
        """Return the adjusted decisions of the policy inside."""
        return self.adjust(self.inner.decide_states(states), states)

    def decide_pending(self, counts: Counts, states: States) -> Decisions:
        """Return the adjusted decisions of the policy inside with open windows."""
        return self.adjust(self.inner.decide_pending(counts, states), states)

    def select_states(self, states: States) -> Ints:
        """Return the recommendations of the policy inside."""
        return self.inner.select_states(states)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences of the policy inside and of this modifier."""
        return (*self.inner.describe(), self.sentence())

    def sentence(self) -> Message:
        """Return this modifier's own sentence."""
        raise TypeError(f"{type(self).__name__} must describe itself")


def moved(decisions: Decisions, states: States, following: Ints) -> Decisions:
    """Return the decisions with other next doses (where a trial goes on); reasons follow the move."""
    goes = decisions.next >= 0
    following = np.where(goes, following, -1)
    changed = goes & (following != decisions.next)
    reason = np.select(
        [changed & (following > states.current), changed & (following < states.current), changed],
        [Reason.ESCALATE, Reason.DE_ESCALATE, Reason.STAY],
        decisions.reason,
    )
    return Decisions(following, decisions.size, reason, decisions.eliminated)


def ended(decisions: Decisions, where: np.typing.NDArray[np.bool_], reason: Reason) -> Decisions:
    """Return the decisions with the trial ended in some states; a safety stop is not overwritten."""
    safe = decisions.reason != Reason.STOP_LOWEST_TOO_TOXIC
    where = where & safe
    return Decisions(
        np.where(where, -1, decisions.next),
        np.where(where, 0, decisions.size),
        np.where(where, reason, decisions.reason),
        decisions.eliminated,
    )
