"""What every dose-finding design is: a policy from what has been seen to what to do next.

A policy does not know the truth. It sees counts per dose and the dose last
given, and answers with the next dose and cohort size, or with a stop and the
recommended dose. Planner, exact engine, simulation and the running trial ask the
same object. `decide_states` answers for a whole frontier of states at once;
`decide` is the same answer for one state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Count, Identifier, message
from celltrial.designs.observation import DLT_ONLY, Channel, Observation

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MAX_DOSES: Final = 12


class Reason(IntEnum):
    """Why a policy decides as it does; texts are under `design.reason.<name>`."""

    ESCALATE = 0
    STAY = 1
    DE_ESCALATE = 2
    START = 3
    HOLD_FOR_PENDING = 4
    STOP_MAX_SUBJECTS = 10
    STOP_LOWEST_TOO_TOXIC = 11
    STOP_DOSE_FOUND = 12
    STOP_ENOUGH_AT_DOSE = 13
    STOP_NO_ADMISSIBLE_DOSE = 14
    STOP_RULE_CROSSED = 15

    @property
    def code(self) -> str:
        """Message key of this reason."""
        return f"design.reason.{self.name.lower()}"

    @property
    def is_stop(self) -> bool:
        """Whether the trial ends with it."""
        return self >= Reason.STOP_MAX_SUBJECTS


@dataclass(frozen=True, slots=True)
class Message:
    """A text for people as key and parameters; the edges translate it."""

    id: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PendingSubject:
    """A treated subject whose DLT window is still open.

    dose:            0-based dose index.
    window_fraction: share of the DLT window already passed without DLT, in [0, 1).
    """

    dose: int
    window_fraction: float

    def __post_init__(self) -> None:
        """Refuse a fraction outside [0, 1)."""
        if self.dose < 0 or not 0 <= self.window_fraction < 1:
            raise UserError(
                fault(
                    "DSG-004",
                    expected=message("dose_and_window_fraction"),
                    found=f"dose={self.dose}, window_fraction={self.window_fraction}",
                )
            )


@dataclass(frozen=True, slots=True)
class Counts:
    """What has been seen so far, per dose; index 0 is the lowest dose.

    n:          DLT-evaluable subjects.
    dlt:        of these, with dose-limiting toxicity.
    current:    dose last given (before the first subject: the starting dose).
    response, both, moderate, infeasible: counts of the designs that look at them: responders,
                responders with DLT, moderate toxicity without DLT, subjects whose dose could not be made.
    pending:    treated subjects whose window is open; they are not in n.
    last:       (evaluable subjects, DLTs) of the last cohort; None where it was not recorded, which designs that
                remember it refuse (`Policy.needs_last`).
    """

    n: tuple[int, ...]
    dlt: tuple[int, ...]
    current: int = 0
    response: tuple[int, ...] = ()
    both: tuple[int, ...] = ()
    moderate: tuple[int, ...] = ()
    infeasible: tuple[int, ...] = ()
    pending: tuple[PendingSubject, ...] = ()
    last: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse counts that cannot be: more events than subjects, lengths that differ, a dose off the grid."""
        doses = len(self.n)
        if not 1 <= doses <= MAX_DOSES or len(self.dlt) != doses:
            raise UserError(
                fault(
                    "DSG-002",
                    expected=message("doses_up_to_with_counts", max_doses=MAX_DOSES),
                    found=f"{self.n} {self.dlt}",
                )
            )
        if not 0 <= self.current < doses or any(s.dose >= doses for s in self.pending):
            raise UserError(
                fault("DSG-003", expected=message("dose_index_in_0", doses=doses - 1), found=str(self.current))
            )
        for name in ("dlt", "response", "moderate", "both"):
            values = getattr(self, name)
            if values and (len(values) != doses or any(not 0 <= v <= n for v, n in zip(values, self.n, strict=True))):
                raise UserError(
                    fault(
                        "DSG-001",
                        expected=message("counts_at_every_dose", name=Identifier(name)),
                        found=message("out_of", counts=Identifier(str(values)), subjects=Identifier(str(self.n))),
                    )
                )
        if self.last is not None and not 0 <= self.last[1] <= self.last[0]:
            raise UserError(fault("DSG-001", expected=message("dlt_in_the_last_cohort"), found=str(self.last)))
        if self.infeasible and (len(self.infeasible) != doses or min(self.infeasible) < 0):
            raise UserError(fault("DSG-001", expected=message("infeasible_at_every_dose"), found=str(self.infeasible)))

    @staticmethod
    def before(n_doses: int, start: int = 0) -> Counts:
        """Return the counts before the first subject.

        >>> Counts.before(3)
        Counts(n=(0, 0, 0), dlt=(0, 0, 0), current=0, response=(), both=(), moderate=(), infeasible=(), pending=(), last=None)
        """
        zero = (0,) * n_doses
        return Counts(zero, zero, start)

    def channel(self, channel: Channel) -> tuple[int, ...]:
        """Return the counts of one channel; zeros where none were given."""
        values: tuple[int, ...] = getattr(self, channel.value)
        return values or (0,) * len(self.n)


@dataclass(frozen=True, slots=True)
class States:
    """Many states at once.

    counts:  int array [state, dose, channel]; channel 0 is n, the others as the observation lists them.
    current: int array [state], dose last given.
    memory:  int array [state], what the policy keeps of the last cohort (`Policy.memory_of`).
    """

    counts: NDArray[np.int16]
    current: NDArray[np.int64]
    memory: NDArray[np.int64]
    observation: Observation = DLT_ONLY

    def take(self, rows: Ints | Bools) -> States:
        """Return some of the states."""
        return States(self.counts[rows], self.current[rows], self.memory[rows], self.observation)

    @staticmethod
    def first(policy: Policy) -> States:
        """Return the one state before the first subject."""
        shape = (1, policy.n_doses, len(policy.observation.channels))
        return States(np.zeros(shape, np.int16), np.array([policy.start]), np.array([0]), policy.observation)

    @property
    def n(self) -> NDArray[np.int16]:
        """DLT-evaluable subjects [state, dose]."""
        return self.counts[:, :, 0]

    @property
    def dlt(self) -> NDArray[np.int16]:
        """Subjects with DLT [state, dose]."""
        return self.counts[:, :, 1]

    def at(self, dose: Ints, channel: int = 0) -> NDArray[np.int16]:
        """Return one count per state, at the dose given for it [state]."""
        doses, channels = self.counts.shape[1:]
        cell = np.arange(0, self.counts.size, doses * channels, dtype=np.int64)
        cell += dose * channels + channel
        return self.counts.ravel().take(cell)

    @property
    def rows(self) -> Ints:
        """Indices of the states."""
        return np.arange(len(self.current))

    def channel(self, channel: Channel) -> NDArray[np.int16]:
        """Return the counts of a channel [state, dose]."""
        return self.counts[:, :, self.observation.index(channel)]

    def enrolled(self) -> Ints:
        """Return all subjects of each state, those whose dose could not be made included."""
        counted = [self.n]
        if Channel.INFEASIBLE in self.observation.channels:
            counted.append(self.channel(Channel.INFEASIBLE))
        total = np.zeros(len(self.current), np.int64)
        for counts in counted:
            for j in range(counts.shape[1]):  # a few doses, many states: column by column
                total += counts[:, j]
        return total

    @staticmethod
    def of(items: Iterable[Counts], policy: Policy) -> States:
        """Return the states of scalar counts."""
        rows, observation = tuple(items), policy.observation
        table = np.array([[c.channel(ch) for ch in observation.channels] for c in rows], dtype=np.int16)
        memory = np.array([policy.memory_of(*(c.last or (0, 0))) for c in rows], np.int64)
        return States(
            np.ascontiguousarray(table.transpose(0, 2, 1)),
            np.array([c.current for c in rows], np.int64),
            memory,
            observation,
        )


@dataclass(frozen=True, slots=True)
class Decisions:
    """The answers for many states.

    next:       dose to give next, -1 to stop or hold.
    size:       how many subjects to treat there, 0 to stop or hold.
    reason:     value of `Reason`.
    eliminated: [state, dose] doses that may not be given again.
    """

    next: Ints
    size: Ints
    reason: Ints
    eliminated: Bools


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one state.

    next_dose:   0-based dose for the next cohort; None to stop or to hold.
    cohort_size: how many subjects.
    reason:      why; `reason.code` is its message key.
    eliminated:  doses that may not be given again.
    recommended: the recommended dose when the trial stops; None if there is none or the trial goes on.
    """

    next_dose: int | None
    cohort_size: int
    reason: Reason
    eliminated: tuple[int, ...] = ()
    recommended: int | None = None

    @property
    def stops(self) -> bool:
        """Whether the trial ends here."""
        return self.reason.is_stop


class Policy(ABC):
    """A dose-finding design over a grid of doses; immutable, without chance, clock or truth.

    n_doses:      size of the grid.
    start:        0-based starting dose.
    max_subjects: no more subjects than these.
    observation:  what is counted per subject.
    uses_pending: decides with subjects whose window is open.
    costly:       a decision is a model fit: simulation asks once per distinct state.
    memory_levels: how many different values `memory_of` can take; 1 for a policy of the counts alone.
    """

    observation: Observation = DLT_ONLY
    uses_pending: ClassVar[bool] = False
    costly: ClassVar[bool] = False
    memory_levels: ClassVar[int] = 1
    n_doses: int
    start: int
    max_subjects: int

    @abstractmethod
    def decide_states(self, states: States) -> Decisions:
        """Return what to do next in each state."""

    @abstractmethod
    def select_states(self, states: States) -> Ints:
        """Return the dose to recommend were the trial to end in each state; -1 for none."""

    @abstractmethod
    def describe(self) -> tuple[Message, ...]:
        """Return the sentences for the protocol as message keys and parameters."""

    @property
    def most_at_dose(self) -> int:
        """Most subjects that one dose can get."""
        return self.max_subjects

    @property
    def needs_last(self) -> bool:
        """Whether it decides by the last cohort too."""
        return self.memory_levels > 1

    def memory_of(self, n: int, dlt: int) -> int:  # noqa: ARG002 - designs with a memory override it
        """Return what is kept of a cohort with `dlt` DLTs in `n` evaluable subjects, in 0..memory_levels-1."""
        return 0

    def backfill_doses(self, counts: Counts) -> tuple[int, ...]:  # noqa: ARG002 - only backfill opens doses
        """Return the lower doses open to further subjects while the design waits, the one to fill first in front."""
        return ()

    def decide(self, counts: Counts) -> Decision:
        """Return what to do next after these counts."""
        self._check_grid(counts, deciding=True)
        states = States.of([counts], self)
        many = self.decide_pending(counts, states) if counts.pending else self.decide_states(states)
        reason = Reason(int(many.reason[0]))
        return Decision(
            next_dose=int(many.next[0]) if many.next[0] >= 0 else None,
            cohort_size=int(many.size[0]),
            reason=reason,
            eliminated=tuple(int(j) for j in np.flatnonzero(many.eliminated[0])),
            recommended=self.select(counts) if reason.is_stop else None,
        )

    def decide_pending(self, counts: Counts, states: States) -> Decisions:  # noqa: ARG002 - TITE designs read the counts
        """Return what to do while windows are open: wait, unless the evaluable subjects alone end the trial for toxicity.

        counts: the counts with their pending subjects; states: the same as one state, without them. Designs with
        `uses_pending` decide here from partial follow-up.
        """
        many = self.decide_states(states)
        if many.reason[0] == Reason.STOP_LOWEST_TOO_TOXIC:
            return many
        return Decisions(np.array([-1]), np.array([0]), np.array([int(Reason.HOLD_FOR_PENDING)]), many.eliminated)

    def select(self, counts: Counts) -> int | None:
        """Return the dose to recommend were the trial to end with these counts; None for none."""
        self._check_grid(counts, deciding=False)
        chosen = int(self.select_states(States.of([counts], self))[0])
        return chosen if chosen >= 0 else None

    def _check_grid(self, counts: Counts, *, deciding: bool) -> None:
        if len(counts.n) != self.n_doses:
            raise UserError(
                fault(
                    "DSG-002",
                    expected=message("counts_at_doses", n_doses=self.n_doses),
                    found=Count(len(counts.n), "dose_item"),
                )
            )
        if not any(counts.n):
            return
        # what the design looks at and nobody recorded is unknown, not zero
        missing = [c.value for c in self.observation.channels if not getattr(counts, c.value)]
        if deciding and self.needs_last and counts.last is None:
            missing.append("last")
        if missing:
            raise UserError(
                *(fault("DSG-016", expected=message("counts_of", name=Identifier(name)), found="-") for name in missing)
            )


def check_frame(n_doses: int, start: int) -> None:
    """Refuse a dose grid that is empty, too long, or does not hold the starting dose."""
    if not 1 <= n_doses <= MAX_DOSES:
        raise UserError(
            fault("DSG-005", expected=message("doses_up_to", max_doses=MAX_DOSES), found=Count(n_doses, "dose_item"))
        )
    if not 0 <= start < n_doses:
        raise UserError(
            fault("DSG-003", expected=message("starting_dose_index_in_0", n_doses=n_doses - 1), found=str(start))
        )
