"""Rolling six: 3+3 that lets two to six subjects be under observation at once.

Before every subject the dose follows from those enrolled at the current one: DLTs, no DLTs, and open
windows.

2 or more DLTs                                          too toxic: the dose below
fewer than 3 enrolled                                   same dose
all enrolled (3 to 5) without DLT, none pending         escalate
6 enrolled, no DLT, at most 1 pending                   escalate
6 enrolled, 1 DLT, none pending                         escalate
6 enrolled otherwise                                    wait
3 to 5 enrolled otherwise                               same dose

The MTD is the highest dose with at most 1 DLT in 6; a dose below a toxic one is first filled to six.
Skolnik, Barrett, Jayaraman, Patel & Adamson (2008), doi:10.1200/JCO.2007.12.7712, table 2.

Differences from other software: none found to compare with. With all windows closed it treats one subject
at a time; its operating characteristics in calendar time need simulation.

>>> from celltrial.designs.policy import Counts, PendingSubject
>>> waiting = PendingSubject(0, 0.5)
>>> policy = build(RollingSixParams(), n_doses=3)
>>> [policy.decide(Counts((n, 0, 0), (0, 0, 0), 0, pending=(waiting,) * (m - n))).next_dose
...  for n, m in ((3, 3), (3, 4), (5, 6), (4, 6))]
[1, 0, 1, None]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from celltrial.designs.escalation.move_table import doses_at_or_above
from celltrial.designs.policy import Counts, Decisions, Ints, Message, Policy, Reason, States, check_frame

_FULL: Final = 6


@dataclass(frozen=True, slots=True)
class RollingSixParams:
    """Nothing to state."""


def build(params: RollingSixParams, n_doses: int, start: int = 0) -> RollingSix:  # noqa: ARG001 - one signature for all
    """Return the rolling six policy on a grid of `n_doses` doses."""
    check_frame(n_doses, start)
    return RollingSix(n_doses, start)


@dataclass(frozen=True, slots=True)
class RollingSix(Policy):
    """The rolling six policy."""

    uses_pending: ClassVar[bool] = True
    n_doses: int
    start: int

    @property
    def max_subjects(self) -> int:  # type: ignore[override]
        """Six at every dose."""
        return _FULL * self.n_doses

    @property
    def most_at_dose(self) -> int:
        """Six."""
        return _FULL

    @property
    def cohort_size(self) -> int:
        """One subject at a time."""
        return 1

    def decide_states(self, states: States) -> Decisions:
        """Return the moves with all windows closed."""
        return self._decide(states, np.zeros(states.n.shape, np.int64))

    def decide_pending(self, counts: Counts, states: States) -> Decisions:
        """Return the move with open windows."""
        pending = np.bincount([s.dose for s in counts.pending], minlength=self.n_doses)
        return self._decide(states, pending[None, :])

    def _decide(self, states: States, pending: Ints) -> Decisions:
        rows, top = states.rows, self.n_doses - 1
        toxic = doses_at_or_above(states.dlt >= 2)
        highest = np.where(toxic[:, -1], toxic.argmax(axis=1) - 1, top)
        here = np.clip(states.current, 0, np.maximum(highest, 0))
        n, dlt, open_ = states.n[rows, here].astype(np.int64), states.dlt[rows, here], pending[rows, here]
        enrolled = n + open_
        clear = (enrolled >= 3) & (enrolled < _FULL) & (dlt == 0) & (open_ == 0)
        clear |= (enrolled >= _FULL) & (((dlt == 0) & (open_ <= 1)) | ((dlt == 1) & (open_ == 0)))
        room = enrolled < _FULL
        up = clear & (here < highest)
        above = np.minimum(here + 1, top)
        # a dose above that is already full is judged in its turn, not given again
        up &= (states.n[rows, above] + pending[rows, above]) < _FULL
        final = clear & ~up & (enrolled >= _FULL) & (open_ == 0)
        waits = ~up & ~final & ~room
        following = np.where(up, above, here)
        reason = np.select(
            [highest < 0, final, waits, following > states.current, following < states.current, enrolled == 0],
            [
                Reason.STOP_LOWEST_TOO_TOXIC,
                Reason.STOP_DOSE_FOUND,
                Reason.HOLD_FOR_PENDING,
                Reason.ESCALATE,
                Reason.DE_ESCALATE,
                Reason.START,
            ],
            Reason.STAY,
        )
        goes = (reason < Reason.STOP_MAX_SUBJECTS) & (reason != Reason.HOLD_FOR_PENDING)
        return Decisions(np.where(goes, following, -1), np.where(goes, 1, 0), reason, toxic)

    def select_states(self, states: States) -> Ints:
        """Return the highest dose with at most 1 DLT in 6 below the lowest toxic one."""
        fit = (states.n >= _FULL) & (states.dlt <= 1) & ~doses_at_or_above(states.dlt >= 2)
        return np.where(fit.any(axis=1), self.n_doses - 1 - fit[:, ::-1].argmax(axis=1), -1)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        return (Message("design.rolling_six.rule"),)
