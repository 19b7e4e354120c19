"""When a scope is suspended or the trial halted: alert, evaluation task, and one task per subject in flight."""

from __future__ import annotations

from datetime import date
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, subject_stream
from celltrial.conduct.facts.scope.events import ScopeSuspended, TrialHalted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.timing import closing_day
from celltrial.conduct.views.in_flight import in_flight
from celltrial.conduct.vocabulary import Severity
from celltrial.core.dates import Instant


def _evaluate_by(state: TrialState, at: Instant) -> date | None:
    stopping = state.protocol.stopping if state.protocol is not None else None
    longest = stopping.longest_evaluation if stopping is not None else None
    return None if longest is None else closing_day(at.local_date, longest)


def watch_suspension(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield what a suspension or halt puts on somebody's list."""
    if isinstance(fact, ScopeSuspended):
        key, code, detail = fact.suspension, Code.ALERT_SUSPENDED, fact.cause
    elif isinstance(fact, TrialHalted):
        key, code, detail = fact.halt, Code.ALERT_HALTED, f"{fact.cause}: {fact.batch}"
    else:
        return
    yield TRIAL, AlertRaised(f"stop/{key}", Severity.CRITICAL, code, TRIAL, detail, Role.MEDICAL_MONITOR)
    task, decider = Code.TASK_EVALUATE, Role.MEDICAL_MONITOR
    yield TRIAL, TaskOpened(f"evaluate/{key}", task, TRIAL, decider, _evaluate_by(state, at))
    for item in in_flight(state, at):
        if item.days_since_lymphodepletion is not None or item.is_lymphodepleting:
            about = subject_stream(item.subject)
            yield (
                TRIAL,
                TaskOpened(f"in_flight/{key}/{item.subject}", Code.TASK_IN_FLIGHT, about, decider, at.local_date),
            )
