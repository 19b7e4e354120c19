"""A subject who progresses while waiting for the cells: the protocol's rescue plan begins, with its latest start."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, subject_stream
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import TaskOpened
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.timing import closing_day
from celltrial.conduct.vocabulary import Origin
from celltrial.core.dates import Instant


def watch_waiting(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the rescue task of a subject enrolled, not yet infused, whose disease progressed (2.1.2.1-d).

    Due `risk_plan.rescue_deadline` after the day of progression; without `risk_plan.rescue_plan` there is none.
    """
    subject = state.subjects[fact.subject]
    plan = state.protocol.risk_plan if state.protocol is not None else None
    waits = subject.enrolled is not None and subject.is_active and not subject.infusions
    if plan is None or plan.rescue_plan is None or not waits or state.origin is Origin.RETROSPECTIVE:
        return
    due = None if plan.rescue_deadline is None else closing_day(fact.on, plan.rescue_deadline)
    key, about = f"rescue/{subject.subject}/{fact.on}", subject_stream(subject.subject)
    if key not in state.tasks:
        yield TRIAL, TaskOpened(key, Code.TASK_RESCUE, about, Role.INVESTIGATOR, due)
