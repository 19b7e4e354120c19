"""A batch is lost while its subject is lymphodepleted: critical alert and rescue task at once (AC-C4.4)."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.deciding import TRIAL, subject_stream
from celltrial.conduct.envelope import Role
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.state import TrialState
from celltrial.conduct.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.vocabulary import Severity
from celltrial.core.dates import Instant

__all__ = ["watch_batch_loss"]


def watch_batch_loss(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield alert and rescue task where the lost batch was meant for a subject already lymphodepleted."""
    batch = state.batches[fact.batch]
    subject = state.subjects[batch.subject]
    course = subject.lymphodepletion
    if course is None or course.started is None or course.batch != batch.batch:
        return
    key = f"lost/{batch.batch}/{course.course}"
    if key in state.alerts:
        return
    days = (at.local_date - course.started.local_date).days
    about, detail = subject_stream(subject.subject), f"{batch.batch} {batch.status}, lymphodepletion day {days + 1}"
    yield (
        TRIAL,
        AlertRaised(key, Severity.CRITICAL, Code.ALERT_BATCH_LOST_IN_FLIGHT, about, detail, Role.MEDICAL_MONITOR),
    )
    yield TRIAL, TaskOpened(f"rescue/{batch.batch}", Code.TASK_RESCUE, about, Role.INVESTIGATOR, at.local_date)
