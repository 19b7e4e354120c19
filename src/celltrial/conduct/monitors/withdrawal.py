"""A subject on the way to the infusion withdraws consent: the reserved moment is free again, and somebody sees to the rest."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, cohort_stream, subject_stream
from celltrial.conduct.facts.cohort.events import StaggerSlotReleased
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised, TaskClosed, TaskOpened
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.vocabulary import ConsentKind, Severity
from celltrial.core.dates import Instant
from celltrial.core.values import as_value, message


def _task(subject: str) -> str:
    return f"withdrawal/{subject}"


def watch_withdrawal(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield what follows from a withdrawn main consent of a subject enrolled and not yet infused.

    The moment reserved for the infusion goes back to the others. What is still to be done (care after lymphodepletion,
    the end of treatment, what becomes of the cells) is the investigator's task, due the same day; for a subject
    already lymphodepleted the medical monitor is alerted.
    """
    subject = state.subjects[fact.subject]
    if fact.kind is not ConsentKind.MAIN or not subject.is_active or subject.enrolled is None or subject.infusions:
        return
    about = subject_stream(subject.subject)
    if any(slot.subject == subject.subject and not slot.infused for slot in state.slots):
        yield cohort_stream(subject.cohort), StaggerSlotReleased(subject.subject, message("slot_for_withdrawn_consent"))
    yield (
        TRIAL,
        TaskOpened(_task(subject.subject), Code.TASK_WITHDRAWAL, about, Role.INVESTIGATOR, at.local_date),
    )
    if subject.is_lymphodepleted:
        key, detail = f"withdrawal/{subject.subject}/{at.utc.isoformat()}", as_value(subject.stage)
        alert = AlertRaised(key, Severity.CRITICAL, Code.ALERT_WITHDRAWN_DEPLETED, about, detail, Role.MEDICAL_MONITOR)
        yield TRIAL, alert


def close_withdrawal_task(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the end of the task once the subject's treatment has ended."""
    if _task(fact.subject) in state.tasks:
        yield TRIAL, TaskClosed(_task(fact.subject), message("done.treatment_ended"))
