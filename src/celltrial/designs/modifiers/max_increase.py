"""Half-log ladder: no step up may raise the dose by more than a ratio.

A half-log ladder multiplies by the square root of ten (3.16) from level to level; rounded
doses such as 1, 3, 10, 30 give 3.0 and 3.33. Steps between 2.8 and 3.6 are taken as half a log.
`half_log_steps` judges a ladder; the modifier allows the next dose only up to `max_ratio` times the
highest dose given so far, even if the level is the next one.

>>> [step.accepted for step in half_log_steps((1e6, 3e6, 1e7, 1e8))]
[True, True, False]
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Count, message
from celltrial.designs.modifiers.wrapped import Wrapped, moved
from celltrial.designs.policy import Decisions, Message, Policy, States

#: Ratios that count as half a log.
HALF_LOG: Final = (2.8, 3.6)
#: A greater ratio brakes nothing that a ladder of doses could hold.
MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class LadderStep:
    """A step of a ladder: its 0-based lower level, the ratio, and whether that is half a log."""

    level: int
    ratio: float
    accepted: bool


def half_log_steps(doses: tuple[float, ...]) -> tuple[LadderStep, ...]:
    """Return every step of a ladder of doses, all > 0 and strictly increasing."""
    _check(doses)
    low, high = HALF_LOG
    ratios = [b / a for a, b in itertools.pairwise(doses)]
    return tuple(LadderStep(i, r, low - 1e-9 <= r <= high + 1e-9) for i, r in enumerate(ratios))


def _check(doses: tuple[float, ...]) -> None:
    if not doses or min(doses) <= 0 or any(b <= a for a, b in itertools.pairwise(doses)):
        raise UserError(fault("DSG-045", expected=message("doses_increasing"), found=str(doses)))


@dataclass(frozen=True, slots=True)
class MaxIncreaseParams:
    """What the protocol must state.

    doses:     the ladder, one dose per level.
    max_ratio: greatest ratio of the next dose to the highest dose given, > 1, at most `MOST`.
    """

    doses: tuple[float, ...]
    max_ratio: float = HALF_LOG[1]

    def __post_init__(self) -> None:
        """Refuse a ladder out of order and a ratio that allows no step."""
        _check(self.doses)
        if not 1 < self.max_ratio <= MOST:
            raise UserError(fault("DSG-050", expected=f"1 < max_ratio <= {MOST}", found=str(self.max_ratio)))


def build(params: MaxIncreaseParams, policy: Policy) -> MaxIncrease:
    """Return the policy with the brake; the ladder must have as many doses as the grid."""
    if len(params.doses) != policy.n_doses:
        raise UserError(
            fault("DSG-045", expected=Count(policy.n_doses, "dose_item"), found=Count(len(params.doses), "dose_item"))
        )
    return MaxIncrease(policy, params)


@dataclass(frozen=True, slots=True)
class MaxIncrease(Wrapped):
    """The brake."""

    params: MaxIncreaseParams

    def adjust(self, decided: Decisions, states: States) -> Decisions:
        """Return the decisions, not above the ratio."""
        doses = np.array(self.params.doses)
        given = np.where(states.n > 0, np.arange(self.n_doses), -1).max(axis=1)
        reachable = (doses[None, :] <= doses[np.maximum(given, 0)][:, None] * self.params.max_ratio * (1 + 1e-9)).sum(
            axis=1
        )
        limit = np.where(given >= 0, reachable - 1, self.start)
        return moved(decided, states, np.minimum(decided.next, limit))

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        return Message("design.modifier.max_increase", {"ratio": self.params.max_ratio})
