"""A consent on a form that now counts settles what amendments asked of that subject."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.deciding import TRIAL, subject_stream
from celltrial.conduct.gates.consent import valid_forms
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.state import TrialState
from celltrial.conduct.trial.events import TaskClosed
from celltrial.conduct.vocabulary import ConsentKind
from celltrial.core.dates import Instant

__all__ = ["close_reconsent_task", "reconsent_task"]


def reconsent_task(version: str, subject: str) -> str:
    """Return the key of the task that a version opens for a subject."""
    return f"reconsent/{version}/{subject}"


def close_reconsent_task(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the end of the subject's open tasks once the main form signed is one that counts."""
    if fact.kind is not ConsentKind.MAIN or fact.version not in valid_forms(state, ConsentKind.MAIN):
        return
    about = subject_stream(fact.subject)
    for version in state.versions:
        task = state.tasks.get(reconsent_task(version.version, fact.subject))
        if task is not None and task.about == about and task.kind == Code.TASK_RECONSENT:
            yield TRIAL, TaskClosed(task.task, f"form {fact.version}")
