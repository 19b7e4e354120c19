"""What the fields of commands refer to: asked once, before the decider of a command, so that no decider asks again.

A field is found by its name, in the command or in the fact that it carries; `NEW` lists those that bring a new
identifier. What must be known besides (an open cohort, a report that is due) is asked by the decider.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import fail
from celltrial.core.values import as_written, message


class Reference(NamedTuple):
    """Field of the state that holds what is known, "" where the subject does; what is needed; the kind of the stream."""

    held: str
    needed: str
    stream: str


REFERENCES: Final[Mapping[str, Reference]] = MappingProxyType(
    {
        "subject": Reference("subjects", "screened_subject", "subject"),
        "batch": Reference("batches", "batch", "batch"),
        "site": Reference("sites", "activated_site", "site"),
        "cohort": Reference("cohorts", "cohort", "cohort"),
        "halt": Reference("halts", "halt_in_force", "halt"),
        "recommendation": Reference("recommendations", "recommendation", "recommendation"),
        "change": Reference("changes", "recorded_change", "change"),
        "cut": Reference("cuts", "data_cut", "cut"),
        "alert": Reference("alerts", "alert", "alert"),
        "task": Reference("tasks", "open_task", "task"),
        "suspension": Reference("suspensions", "suspension", "suspension"),
        "event": Reference("", "adverse_event_of_this_subject", "adverse_event"),
    }
)
"""Name of a field to what it refers to."""

NEW: Final = frozenset(
    {
        "ScreenSubject.subject", "RecordHistorical.subject", "PlanBatch.batch", "ActivateSite.site", "OpenCohort.cohort",
        "HaltTrial.halt", "SuspendScope.suspension", "RecommendDose.recommendation", "RecordManufacturingChange.change",
        "ReportAdverseEvent.event", "DraftAdverseEvent.event", "WithdrawAdverseEventDraft.event", "HaltTrial.event",
        "SubmitExpeditedReport.event", "ConfirmDoseLimitingToxicity.event", "RuleOutDoseLimitingToxicity.event",
        "RaiseAlert.alert", "TakeDataCut.cut", "RecordCopy.cut", "OpenTask.task", "DraftAdverseEvent.subject", "SignInFlightException.suspension",
    }
)  # fmt: skip
"""Fields that bring a new identifier, or one of which the decider asks more than whether it is known:
a draft, a DLT, a halt or suspension; the cut of a copy is its time in words."""


def references(command: Any) -> Iterator[tuple[str, str, Reference]]:
    """Yield path, identifier and reference of each field of a command that refers to something; one left out refers to none."""
    target = getattr(command, "fact", command)
    place = "" if target is command else "fact."
    for name, reference in REFERENCES.items():
        key = getattr(target, name, None)
        if key and f"{type(command).__name__}.{name}" not in NEW:
            yield place + name, key, reference


def _known(state: TrialState, command: Any, reference: Reference) -> Container[str]:
    if reference.held:
        known: Container[str] = getattr(state, reference.held)
        return known
    subject = state.subjects.get(getattr(command, "fact", command).subject)
    return () if subject is None else subject.adverse_events


def check_references(state: TrialState, command: Any) -> Conditions:
    """Yield each field of a command that refers to something unknown, the same condition whatever the command."""
    for path, key, reference in references(command):
        if key not in _known(state, command, reference):
            about = f"{reference.stream}/{key}"
            yield fail(Code.NOT_KNOWN, message(reference.needed), as_written(key), about, input=path)
