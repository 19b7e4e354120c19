"""Designs in calendar time: accrual, open DLT windows, waiting, and how long the trial takes.

What a design with late-onset weights or a rolling enrolment does depends on when subjects come and when
toxicity shows. Here subjects arrive one after the other, are treated at the dose the policy names at
that moment from closed and open windows, and wait while it says so. The policy is the same object as in the
exact engine; with all windows closed before the next cohort the two agree.

A scenario's DLT rates are probabilities within the window; a DLT shows at a time spread evenly over each
half of the window, `late_share` of them in the second half; a response shows when the window closes.

A design with backfill (`Policy.backfill_doses`) treats subjects who come while it waits at the lower doses it opens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.progress import Progress, Silent
from celltrial.core.random_streams import stream
from celltrial.core.values import message
from celltrial.designs.policy import Counts, Decision, PendingSubject, Policy, Reason
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.monte_carlo import Finished, characteristics_of
from celltrial.simulation.scenario import Scenario

_EPSILON: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Calendar:
    """When subjects come and how long they are watched, in one unit of time.

    window:        DLT window, > 0.
    arrival_gap:   mean time between arrivals, exponential, > 0.
    late_share:    share of DLTs in the second half of the window, in [0, 1].
    first_is_ready: whether the next subject is waiting as soon as a cohort is full; else it comes after a gap, and
                   the dose is decided when it comes.
    """

    window: float
    arrival_gap: float
    late_share: float = 0.5
    first_is_ready: bool = True

    def __post_init__(self) -> None:
        """Refuse times that are none and a share outside [0, 1]."""
        if not (self.window > 0 and self.arrival_gap > 0 and 0 <= self.late_share <= 1):
            found = f"window={self.window}, arrival_gap={self.arrival_gap}, late_share={self.late_share}"
            raise UserError(fault("SIM-105", expected="window > 0, arrival_gap > 0, 0 <= late_share <= 1", found=found))


@dataclass(frozen=True, slots=True)
class CalendarCharacteristics:
    """Operating characteristics with the mean duration of the trial, its standard deviation and standard error."""

    characteristics: OperatingCharacteristics
    mean_duration: float
    sd_duration: float
    duration_error: float


@dataclass(slots=True)
class _Trial:
    """One running trial."""

    now: float = 0.0
    doses: list[int] = field(default_factory=list)
    entered: list[float] = field(default_factory=list)
    toxic_at: list[float] = field(default_factory=list)
    cohort: list[int] = field(default_factory=list)
    responds: list[bool] = field(default_factory=list)
    current: int | None = None
    cohorts: int = 0

    def treat(self, dose: int, onset: float, *, responds: bool, cohort: int) -> None:
        """Treat a subject now; `onset` is the time to its DLT, infinite for none; cohort 0 is backfill."""
        self.doses.append(dose)
        self.entered.append(self.now)
        self.toxic_at.append(self.now + onset)
        self.responds.append(responds)
        self.cohort.append(cohort)

    def known(self, n_doses: int, start: int, window: float) -> Counts:
        """Return what is known now."""
        n, dlt, response = [0] * n_doses, [0] * n_doses, [0] * n_doses
        pending: list[PendingSubject] = []
        last = [0, 0]
        for i, dose in enumerate(self.doses):
            toxic = self.toxic_at[i] <= self.now + _EPSILON
            if toxic or self.entered[i] + window <= self.now + _EPSILON:
                n[dose] += 1
                dlt[dose] += int(toxic)
                response[dose] += int(self.responds[i])
                if self.cohort[i] == self.cohorts:
                    last[0] += 1
                    last[1] += int(toxic)
            else:
                pending.append(PendingSubject(dose, min((self.now - self.entered[i]) / window, 1 - _EPSILON)))
        current = start if self.current is None else self.current
        seen = tuple(response) if any(response) else ()
        return Counts(tuple(n), tuple(dlt), current, response=seen, pending=tuple(pending), last=(last[0], last[1]))

    def next_change(self, window: float) -> float:
        """Return when the next open window closes or shows a DLT."""
        ends = [min(t, e + window) for t, e in zip(self.toxic_at, self.entered, strict=True)]
        return min(end for end in ends if end > self.now + _EPSILON)


def simulate_calendar(
    policy: Policy,
    scenarios: Sequence[Scenario],
    calendar: Calendar,
    *,
    trials: int = 1_000,
    seed: int = 1,
    progress: Progress | None = None,
) -> tuple[CalendarCharacteristics, ...]:
    """Return simulated characteristics in calendar time, for designs that look at DLT alone.

    trials >= 2; seed: root seed. A subject's arrival, luck and time of DLT do not depend on the design.
    """
    if trials < 2 or len(policy.observation.categories) != 2:
        found = f"trials={trials}, observation={policy.observation.name}"
        raise UserError(fault("SIM-105", expected=message("trials_and_dlt_design"), found=found))
    listener = Silent() if progress is None else progress
    listener.start("simulation.calendar", trials * len(scenarios))
    found_all = tuple(_one(policy, scenario, calendar, trials, seed, listener) for scenario in scenarios)
    listener.finish()
    return found_all


def _one(
    policy: Policy, scenario: Scenario, calendar: Calendar, trials: int, seed: int, progress: Progress
) -> CalendarCharacteristics:
    if len(scenario.dlt_rates) != policy.n_doses:
        expected, found = message("dlt_rates", n_doses=policy.n_doses), str(len(scenario.dlt_rates))
        raise UserError(fault("SIM-101", where=scenario.name, expected=expected, found=found))
    counts = np.zeros((trials, policy.n_doses, 2), np.int16)
    recommended, reason, enrolled = (np.zeros(trials, np.int64) for _ in range(3))
    duration = np.zeros(trials)
    known: dict[Counts, Decision] = {}
    backfills = opens_doses(policy)
    for trial in range(trials):
        draws = stream(seed, "calendar", scenario.name, trial).random((policy.max_subjects, 3))
        waiting = stream(seed, "calendar_backfill", scenario.name, trial) if backfills else None
        run, decision = _run(policy, scenario, calendar, draws, known, waiting)
        final = run.known(policy.n_doses, policy.start, calendar.window)
        counts[trial, :, 0], counts[trial, :, 1] = final.n, final.dlt
        recommended[trial] = -1 if decision.recommended is None else decision.recommended
        reason[trial], enrolled[trial], duration[trial] = decision.reason, len(run.doses), run.now
        progress.advance()
    finished = Finished(counts, recommended, reason, enrolled)
    oc = characteristics_of(policy, scenario, finished, trials=trials, seed=seed)
    spread = float(duration.std(ddof=1))
    return CalendarCharacteristics(oc, float(duration.mean()), spread, spread / math.sqrt(trials))


def _run(
    policy: Policy,
    scenario: Scenario,
    calendar: Calendar,
    draws: NDArray[np.float64],
    known: dict[Counts, Decision],
    waiting: np.random.Generator | None,
) -> tuple[_Trial, Decision]:
    run = _Trial()
    while True:
        decision = _ask(policy, run.known(policy.n_doses, policy.start, calendar.window), known)
        if decision.reason is Reason.HOLD_FOR_PENDING:
            if waiting is not None:
                _backfill(run, policy, scenario, calendar, draws, waiting)
            run.now = run.next_change(calendar.window)
            continue
        if decision.next_dose is None:
            if _open(run, calendar.window):
                run.now = run.next_change(calendar.window)  # the last windows close before the dose is chosen
                continue
            ends = [min(t, e + calendar.window) for t, e in zip(run.toxic_at, run.entered, strict=True)]
            run.now = max(ends, default=0.0)
            return run, decision
        run.cohorts += 1
        run.current = decision.next_dose
        for k in range(decision.cohort_size):
            luck = draws[len(run.doses)].tolist()
            if k:
                run.now += -math.log1p(-luck[0]) * calendar.arrival_gap
            _treat(run, decision.next_dose, scenario, calendar, luck, waiting, cohort=run.cohorts)
        if not calendar.first_is_ready and len(run.doses) < policy.max_subjects:
            run.now += -math.log1p(-draws[len(run.doses), 0]) * calendar.arrival_gap


def _treat(
    run: _Trial,
    dose: int,
    scenario: Scenario,
    calendar: Calendar,
    luck: list[float],
    waiting: np.random.Generator | None,
    *,
    cohort: int,
) -> None:
    onset = _onset(luck[2], calendar) if luck[1] < scenario.dlt_rates[dose] else math.inf
    responds = (
        waiting is not None and bool(scenario.response_rates) and waiting.random() < scenario.response_rates[dose]
    )
    run.treat(dose, onset, responds=responds, cohort=cohort)


def _backfill(
    run: _Trial,
    policy: Policy,
    scenario: Scenario,
    calendar: Calendar,
    draws: NDArray[np.float64],
    waiting: np.random.Generator,
) -> None:
    """Treat those who come before anything else changes at the doses that are open."""
    while len(run.doses) < policy.max_subjects:
        came = run.now - math.log1p(-waiting.random()) * calendar.arrival_gap
        if came >= run.next_change(calendar.window) - _EPSILON:
            return
        run.now = came
        doses = policy.backfill_doses(run.known(policy.n_doses, policy.start, calendar.window))
        if doses:
            _treat(run, doses[0], scenario, calendar, draws[len(run.doses)].tolist(), waiting, cohort=0)


def opens_doses(policy: Policy) -> bool:
    """Tell whether a policy backfills at all."""
    from celltrial.designs.modifiers.backfill import Backfill
    from celltrial.designs.modifiers.wrapped import Wrapped

    return isinstance(policy, Backfill) or (isinstance(policy, Wrapped) and opens_doses(policy.inner))


def _onset(luck: float, calendar: Calendar) -> float:
    """Return the time from infusion to the DLT: evenly spread over each half of the window."""
    early = 1 - calendar.late_share
    share = 0.5 * luck / early if luck < early else 1 - 0.5 * (1 - luck) / max(calendar.late_share, _EPSILON)
    return max(share, _EPSILON) * calendar.window


def _open(run: _Trial, window: float) -> bool:
    """Tell whether a window is open: neither passed nor ended by a DLT."""
    return any(min(t, e + window) > run.now + _EPSILON for t, e in zip(run.toxic_at, run.entered, strict=True))


def _ask(policy: Policy, counts: Counts, known: dict[Counts, Decision]) -> Decision:
    if counts.pending and policy.uses_pending:
        return policy.decide(counts)
    closed = replace(counts, pending=())
    if closed not in known:
        known[closed] = policy.decide(closed)
    decision = known[closed]
    if counts.pending and decision.reason is not Reason.STOP_LOWEST_TOO_TOXIC:
        return Decision(None, 0, Reason.HOLD_FOR_PENDING, decision.eliminated)
    return decision
