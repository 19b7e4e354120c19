"""The plan that a subject needs whose product is lost: a task of the investigator, due as the protocol says (2.1.3-h)."""

from __future__ import annotations

from datetime import date

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role, subject_stream
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import TaskOpened
from celltrial.conduct.timing import closing_day


def rescue_due(state: TrialState, lost_on: date) -> date | None:
    """Return the day by which the rescue plan is due; None where the protocol states no deadline."""
    manufacturing = state.protocol.manufacturing if state.protocol is not None else None
    plan = manufacturing.failure_plan if manufacturing is not None else None
    if plan is None or plan.rescue_deadline is None:
        return None
    return closing_day(lost_on, plan.rescue_deadline)


def rescue_key(batch: str) -> str:
    """Return the identifier of the rescue task of a lost batch."""
    return f"rescue/{batch}"


def rescue_task(batch: BatchState, due: date | None) -> TaskOpened:
    """Return the task that a subject whose batch is lost needs a plan."""
    about = subject_stream(batch.subject)
    return TaskOpened(rescue_key(batch.batch), Code.TASK_RESCUE, about, Role.INVESTIGATOR, due)
