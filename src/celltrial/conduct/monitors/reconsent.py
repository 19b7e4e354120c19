"""A consent on a form that now counts settles what amendments asked of that subject."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, subject_stream
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import TaskClosed
from celltrial.conduct.gates.consent import valid_forms
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.views.affected import reconsent_task
from celltrial.conduct.vocabulary import ConsentKind
from celltrial.core.dates import Instant
from celltrial.core.values import Identifier, message


def close_reconsent_task(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the end of the subject's open tasks once the main form signed is one that counts."""
    if fact.kind is not ConsentKind.MAIN or fact.version not in valid_forms(state, ConsentKind.MAIN):
        return
    about = subject_stream(fact.subject)
    for version in state.versions:
        task = state.tasks.get(reconsent_task(version.version, fact.subject))
        if task is not None and task.about == about and task.kind == Code.TASK_RECONSENT:
            yield TRIAL, TaskClosed(task.task, message("done.consented", version=Identifier(fact.version)))
