"""A batch is lost: critical alert and rescue task at once where its subject is lymphodepleted (AC-C4.4); a rescue task
by the protocol's deadline, and the reserved moment given back, where the subject waits for it (2.1.3-h).
"""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, cohort_stream, subject_stream
from celltrial.conduct.facts.batch.events import BatchQuarantined, QuarantineLifted
from celltrial.conduct.facts.batch.state import UNUSED, BatchState
from celltrial.conduct.facts.cohort.events import StaggerSlotReleased
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.events import CellsInfused, SubjectDied
from celltrial.conduct.facts.subject.state import LymphodepletionState, SubjectState
from celltrial.conduct.facts.trial.events import AlertRaised, TaskClosed
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.views.rescue import rescue_due, rescue_key, rescue_task
from celltrial.conduct.vocabulary import Severity
from celltrial.core.dates import Instant
from celltrial.core.values import Identifier, Value, message
from celltrial.protocol.regimen import regimen_of


def watch_batch_loss(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield what the loss of a batch puts on somebody's list.

    A quarantine may still be lifted, so that it is a loss only for a subject who cannot wait for the answer.
    """
    batch = state.batches[fact.batch]
    subject = state.subjects[batch.subject]
    course = subject.lymphodepletion
    if course is not None and course.started is not None:
        if course.batch == batch.batch:
            yield from _depleted(state, batch, course, at)
    elif not isinstance(fact, BatchQuarantined):
        yield from _waiting(state, batch, subject, at)


def _depleted(state: TrialState, batch: BatchState, course: LymphodepletionState, at: Instant) -> Facts:
    started, task = course.started, rescue_task(batch, at.local_date)
    if task.task in state.tasks or started is None:
        return
    before = f"lost/{batch.batch}/{course.course}"
    times = sum(key == before or key.startswith(f"{before}/") for key in state.alerts)
    key = f"{before}/{times + 1}" if times else before
    days = (at.local_date - started.local_date).days
    about, lost = subject_stream(batch.subject), Identifier(batch.batch)
    detail = message("batch_lost_on_day", batch=lost, status=batch.status, day=days + 1)
    yield (
        TRIAL,
        AlertRaised(key, Severity.CRITICAL, Code.ALERT_BATCH_LOST_IN_FLIGHT, about, detail, Role.MEDICAL_MONITOR),
    )
    yield TRIAL, task


def _waiting(state: TrialState, batch: BatchState, subject: SubjectState, at: Instant) -> Facts:
    """Yield the rescue task of a subject on the way who has no other batch that could still be given."""
    left = regimen_of(state.protocol).following(subject.done) if state.protocol is not None else None
    if subject.enrolled is None or not subject.is_active or (left is None and subject.infusions):
        return
    course = subject.lymphodepletion
    if course is not None and course.batch == batch.batch:
        yield cohort_stream(subject.cohort), StaggerSlotReleased(subject.subject, message("slot_for_lost_batch"))
    others = (state.batches[key] for key in subject.batches if key != batch.batch)
    has_another = any(other.status in UNUSED and not other.recalled for other in others)
    task = rescue_task(batch, rescue_due(state, at.local_date))
    if not has_another and task.task not in state.tasks:
        yield TRIAL, task


def close_rescue_task(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the end of the rescue tasks that a fact settles.

    A further attempt that is released, or allowed out of specification, settles the loss of every other batch of the
    subject; a quarantine lifted settles that of its own. Cells given, or a death, leave nothing to rescue.
    """
    ended: tuple[str, ...]
    outcome: Value
    if isinstance(fact, CellsInfused | SubjectDied):
        about = subject_stream(fact.subject)
        ended = tuple(t.task for t in state.tasks.values() if t.kind == Code.TASK_RESCUE and t.about == about)
        outcome = message("done.cells_given" if isinstance(fact, CellsInfused) else "done.died")
    elif isinstance(fact, QuarantineLifted):
        ended, outcome = (rescue_key(fact.batch),), message("done.quarantine_lifted", batch=Identifier(fact.batch))
    else:
        others = state.subjects[state.batches[fact.batch].subject].batches
        ended = tuple(rescue_key(other) for other in others if other != fact.batch)
        outcome = message("done.released", batch=Identifier(fact.batch))
    for key in ended:
        if key in state.tasks:
            yield TRIAL, TaskClosed(key, outcome)
