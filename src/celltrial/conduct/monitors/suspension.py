"""When a scope is suspended or the trial halted: alert, evaluation task, and one task per subject in flight."""

from __future__ import annotations

from datetime import date
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, subject_stream
from celltrial.conduct.facts.scope.events import (
    HaltLifted,
    InFlightExceptionSigned,
    ScopeResumed,
    ScopeSuspended,
    ScopeTerminated,
    TrialHalted,
)
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised, TaskClosed, TaskOpened
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.timing import closing_day
from celltrial.conduct.views.in_flight import in_flight
from celltrial.conduct.vocabulary import ResumeItem, Severity
from celltrial.core.dates import Instant
from celltrial.core.values import Identifier, Term, Value, as_written, message


def _evaluate_by(state: TrialState, at: Instant) -> date | None:
    stopping = state.protocol.stopping if state.protocol is not None else None
    longest = stopping.longest_evaluation if stopping is not None else None
    return None if longest is None else closing_day(at.local_date, longest)


def suspension_cause(cause: str) -> Value:
    """Return what suspended a scope: a rule of the protocol by its id, or somebody by hand."""
    return Term("suspension_cause", cause) if cause == "by_hand" else Identifier(cause)


def watch_suspension(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield what a suspension or halt puts on somebody's list."""
    if isinstance(fact, ScopeSuspended):
        key, code, detail = fact.suspension, Code.ALERT_SUSPENDED, suspension_cause(fact.cause)
    elif isinstance(fact, TrialHalted):
        key, code = fact.halt, Code.ALERT_HALTED
        detail = message("of", what=fact.cause, value=as_written(fact.batch))
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


def close_suspension_tasks(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the end of what a suspension or halt put on somebody's list, once it was done or has no object any more.

    A signed evaluation ends the task to evaluate, a signed exception that of its subject; the end of the suspension
    or halt ends both. What is to become of subjects in flight stays open where a scope is terminated.
    """
    key = fact.halt if isinstance(fact, HaltLifted) else fact.suspension
    ended, outcome = {f"evaluate/{key}"}, message("done.evaluated")
    if isinstance(fact, InFlightExceptionSigned):
        ended, outcome = {f"in_flight/{key}/{fact.subject}"}, message("done.exception_signed")
    elif isinstance(fact, ScopeResumed | HaltLifted):
        ended |= {task for task in state.tasks if task.startswith(f"in_flight/{key}/")}
        outcome = message("done.resumed" if isinstance(fact, ScopeResumed) else "done.lifted")
    elif isinstance(fact, ScopeTerminated):
        outcome = message("done.terminated")
    elif fact.item is not ResumeItem.EVALUATION:
        return
    for task in sorted(ended & set(state.tasks)):
        yield TRIAL, TaskClosed(task, outcome)
