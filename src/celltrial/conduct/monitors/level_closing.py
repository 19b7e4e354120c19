"""A dose level closes at once when no outcome of the subjects still open could let the design stay (AC-C5.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, cohort_stream, subject_stream
from celltrial.conduct.facts.cohort.events import CohortClosed, LevelClosed, RecommendedDoseReopened
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.views.counting import count_levels, counts_for_policy
from celltrial.conduct.views.in_flight import in_flight
from celltrial.conduct.vocabulary import CohortKind, Origin, Severity
from celltrial.core.dates import Instant
from celltrial.core.values import message


def is_lost(state: TrialState, level: int, at: Instant) -> bool:
    """Tell whether the design would eliminate or leave a level downwards even if all who may still be infused end without DLT.

    Enrolled subjects who wait for their product count among them: one DLT in the first subject of three
    does not close a level at which one in three would stay.
    """
    plan = state.plan
    if plan is None or plan.policy is None:
        return False
    counts = counts_for_policy(state, at)
    row = count_levels(state)[level - 1]
    open_places = sum(
        max(item.size - sum(bool(state.subjects[name].infusions) for name in item.subjects), 0)
        for item in state.cohorts.values()
        if item.level == level and item.is_open and item.kind is CohortKind.ESCALATION
    )
    index = level - 1
    best = replace(
        counts,
        n=tuple(n + (row.pending + open_places if dose == index else 0) for dose, n in enumerate(counts.n)),
        current=index,
        pending=(),
    )
    decision = plan.policy.decide(best)
    if index in decision.eliminated:
        return True
    if decision.stops:
        return decision.recommended is None or decision.recommended < index
    return decision.next_dose is not None and decision.next_dose < index


def watch_levels(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield the closing of a level and those above it, of their open cohorts, and a task per subject in flight there."""
    level = fact.level
    rows = count_levels(state)
    if state.origin is Origin.RETROSPECTIVE or not 1 <= level <= len(rows) or level in state.closed_levels:
        return
    row = rows[level - 1]
    if not row.dlt or not is_lost(state, level, at):
        return
    reason = message("dlt_among", dlt=row.dlt, evaluable=row.evaluable)
    for above in range(level, len(rows) + 1):
        if above not in state.closed_levels:
            yield TRIAL, LevelClosed(above, reason, row.dlt, row.evaluable)
    for cohort in state.cohorts.values():
        if cohort.level >= level and cohort.is_open:
            yield cohort_stream(cohort.cohort), CohortClosed(cohort.cohort, reason)
    for item in in_flight(state, at):
        subject = state.subjects[item.subject]
        if subject.is_lymphodepleted and (subject.level or 0) >= level:
            key, about = f"in_flight/level-{level}/{item.subject}", subject_stream(item.subject)
            yield TRIAL, TaskOpened(key, Code.TASK_IN_FLIGHT, about, Role.MEDICAL_MONITOR, at.local_date)
    if state.recommended_level is not None and state.recommended_level >= level:
        yield TRIAL, RecommendedDoseReopened(state.recommended_level, reason)
    alert = f"level/{level}/{state.position}"
    yield TRIAL, AlertRaised(alert, Severity.CRITICAL, Code.ALERT_LEVEL_CLOSED, TRIAL, reason, Role.MEDICAL_MONITOR)
