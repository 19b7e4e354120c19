"""An adverse event that meets a DLT rule within an open window is put on the medical monitor's list."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, subject_stream
from celltrial.conduct.facts.cohort.events import DoseLimitingToxicityConfirmed
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import TaskClosed, TaskOpened
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.views.dlt import dlt_task, is_dlt_of
from celltrial.conduct.vocabulary import Origin
from celltrial.core.dates import Instant
from celltrial.core.values import message


def watch_dlt(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield the task to adjudicate, once per event."""
    plan = state.plan
    if plan is None or plan.protocol.escalation is None or state.origin is Origin.RETROSPECTIVE:
        return
    subject = state.subjects[fact.subject]
    event, key = subject.adverse_events[fact.event], dlt_task(fact.event)
    if subject.dlt_window is None or key in state.tasks or event.event in subject.dlts:
        return
    if is_dlt_of(plan.protocol.escalation.dlt, event, subject, at.local_date):
        about = subject_stream(subject.subject)
        yield TRIAL, TaskOpened(key, Code.TASK_ADJUDICATE_DLT, about, Role.MEDICAL_MONITOR, at.local_date)


def close_dlt_task(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the end of the task once the event is adjudicated, whichever way."""
    key = dlt_task(fact.event)
    if key in state.tasks:
        yield (
            TRIAL,
            TaskClosed(
                key, message("done.confirmed" if isinstance(fact, DoseLimitingToxicityConfirmed) else "done.ruled_out")
            ),
        )
