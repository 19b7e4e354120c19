"""What the dose rule sees: counts per level, from the state of the running trial."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from celltrial.clinical.response_categories import is_response
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.vocabulary import CohortKind, ExitReason, LevelCount
from celltrial.core.dates import Instant

if TYPE_CHECKING:
    from celltrial.designs import Counts


def is_evaluable(subject: SubjectState) -> bool:
    """Tell whether a subject counts in the DLT denominator now: with a DLT at once, else when the window is complete."""
    window = subject.dlt_window
    return window is not None and (window.dlt or window.evaluable is True)


def count_levels(state: TrialState) -> tuple[LevelCount, ...]:
    """Return the counts per level, from the lowest."""
    protocol = state.protocol
    levels = len(protocol.dose.levels) if protocol is not None else 0
    table = [[0, 0, 0, 0] for _ in range(levels)]
    for subject in state.subjects.values():
        window = subject.dlt_window
        if window is None or not 1 <= window.level <= levels:
            continue
        row = table[window.level - 1]
        row[0] += 1
        row[1] += is_evaluable(subject)
        row[2] += window.dlt
        row[3] += window.evaluable is None and not window.dlt
    return tuple(LevelCount(level, *row) for level, row in enumerate(table, start=1))


def current_level(state: TrialState) -> int:
    """Return the level of the escalation cohort opened last; the starting level before the first."""
    levels = [item.level for item in state.cohorts.values() if item.kind is CohortKind.ESCALATION]
    return levels[-1] if levels else (state.protocol.dose.start_level if state.protocol is not None else 1)


def counts_for_policy(state: TrialState, at: Instant) -> Counts:
    """Return the counts as the design reads them: 0-based doses, pending subjects with their share of the window."""
    from celltrial.designs.policy import Counts, PendingSubject

    rows = count_levels(state)
    pending = []
    for subject in state.subjects.values():
        window = subject.dlt_window
        if window is not None and window.evaluable is None and not window.dlt:
            length = max((window.closes - window.opens).days, 1)
            passed = (at.local_date - window.opens).days / length
            pending.append(PendingSubject(window.level - 1, min(max(passed, 0.0), 1 - 1e-9)))
    responded = _per_level(state, len(rows), lambda item: is_evaluable(item) and has_responded(item))
    both = _per_level(state, len(rows), lambda item: is_evaluable(item) and bool(item.dlts) and has_responded(item))
    return Counts(
        n=tuple(row.evaluable for row in rows),
        dlt=tuple(row.dlt for row in rows),
        current=current_level(state) - 1,
        response=responded,
        both=both,
        infeasible=_per_level(state, len(rows), is_infeasible),
        pending=tuple(pending),
        last=_last_cohort(state),
    )


def has_responded(subject: SubjectState) -> bool:
    """Tell whether a response of any depth was recorded."""
    return any(map(is_response, subject.response_categories))


def is_infeasible(subject: SubjectState) -> bool:
    """Tell whether the assigned dose could not be made for this subject."""
    return not subject.infusions and subject.exit_reason is ExitReason.MANUFACTURING_FAILURE


def _per_level(state: TrialState, levels: int, holds: Callable[[SubjectState], bool]) -> tuple[int, ...]:
    """Return how many subjects of each level hold: the level given, else the level assigned."""
    found = [0] * levels
    for subject in state.subjects.values():
        level = subject.dlt_window.level if subject.dlt_window is not None else subject.level
        if level is not None and 1 <= level <= levels and holds(subject):
            found[level - 1] += 1
    return tuple(found)


def _last_cohort(state: TrialState) -> tuple[int, int] | None:
    """Return (evaluable subjects, DLTs) of the escalation cohort opened last; None before the first."""
    cohorts = [item for item in state.cohorts.values() if item.kind is CohortKind.ESCALATION]
    if not cohorts:
        return None
    windows = [state.subjects[name].dlt_window for name in cohorts[-1].subjects if is_evaluable(state.subjects[name])]
    return len(windows), sum(window is not None and window.dlt for window in windows)
