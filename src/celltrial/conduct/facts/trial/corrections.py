"""What a correction changes in the state: a visible table of record kinds and fields.

A correction of a field that no gate asks about is remembered and changes no
state; the analysis tables read it from the ledger. A correction never takes back
what an earlier value had caused: a suspension stays until it is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event, Precision
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.folding import change_batch, change_subject, put
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.facts.tumour.state import LONGEST_MM
from celltrial.conduct.vocabulary import Answer
from celltrial.core.dates import Instant, parse_instant

Corrector = Callable[[TrialState, str, str, int], TrialState]
"""(state, key of the record, new value, position of the corrected event) to the state after it."""


def _onset_precision(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    subject = state.subjects[state.subject_of_event(key)]
    event = replace(subject.adverse_events[key], precision=Precision(new))
    return change_subject(state, subject.subject, adverse_events=put(subject.adverse_events, key, event))


def _event_onset(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    subject = state.subjects[state.subject_of_event(key)]
    event = replace(subject.adverse_events[key], onset=date.fromisoformat(new), precision=Precision.DAY)
    return change_subject(state, subject.subject, adverse_events=put(subject.adverse_events, key, event))


def _infusion_moment(state: TrialState, key: str, new: str, position: int) -> TrialState:
    subject = state.subjects[key]
    index = _infusion_of(subject, position)
    known = subject.infusions[index]
    moment = Instant(parse_instant(new), known.at.zone)
    moved = (*subject.infusions[:index], replace(known, at=moment), *subject.infusions[index + 1 :])
    slots = tuple(
        replace(slot, infusion=moment) if slot.subject == key and slot.infusion == known.at else slot
        for slot in state.slots
    )
    return change_subject(state, key, infusions=moved).changed(slots=slots)


def _infusion_of(subject: SubjectState, position: int) -> int:
    """Return the index of the infusion recorded at a position; of the last one where none was."""
    found = [index for index, item in enumerate(subject.infusions) if item.position == position]
    return found[0] if found else len(subject.infusions) - 1


def _death_day(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    return change_subject(state, key, died_on=date.fromisoformat(new))


def _birth_day(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    return change_subject(state, key, born=date.fromisoformat(new))


def _evidence(**changed: Callable[[str], Any]) -> Corrector:
    """Return the corrector of a field of an observation; an observation that a later one replaced changes no state."""
    [(field, read)] = changed.items()

    def corrected(state: TrialState, key: str, new: str, position: int) -> TrialState:
        subject_id, _, concept = key.partition("/")
        subject = state.subjects[subject_id]
        known, value = subject.evidence[concept], read(new)
        if subject.evidence_at.get(concept, position) != position:
            return state
        fact = replace(known, **{field: value})
        return change_subject(state, subject_id, evidence=put(subject.evidence, concept, fact))

    return corrected


def _last_day(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    """Correct the last day of the lymphodepletion under way, from which the days to the infusion are counted."""
    for subject in state.subjects.values():
        course = subject.lymphodepletion
        if course is not None and course.started is not None and course.ended_at == position:
            day, first = date.fromisoformat(new), Instant(course.started.utc, state.zone_of(subject.site)).local_date
            if day < first:
                raise ValueError(new)
            return change_subject(state, subject.subject, lymphodepletion=replace(course, ended_on=day))
    return state


def stated_batch(state: TrialState, position: int) -> BatchState | None:
    """Return the batch whose cells and expiry were stated by the fact at a position."""
    return next((item for item in state.batches.values() if item.stated_at == position), None)


def _batch_cells(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    known, cells = stated_batch(state, position), Decimal(new)
    if not (cells.is_finite() and cells > 0):
        raise ValueError(new)
    return state if known is None else change_batch(state, known.batch, cells=cells)


def _follow_up_answer(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    """Correct the answer to an item of a follow-up visit, at subject/visit/item."""
    subject, visit, item = (*key.split("/", 2), "", "")[:3]
    known = state.subjects[subject].follow_up
    if known is None:
        raise KeyError(key)
    on, _ = known.answers[visit, item]
    answers = put(known.answers, (visit, item), (on, Answer(new)))
    return change_subject(state, subject, follow_up=replace(known, answers=answers))


def _lesion_diameter(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    """Correct the diameter at subject/lesion (baseline), subject/lesion/visit or subject/lesion/visit/reader."""
    subject, lesion, *rest = key.split("/", 3)
    visit, reader = rest[0] if rest else "", rest[1] if len(rest) > 1 else ""
    tumour = state.tumours[subject]
    diameter = Decimal(new) if new.isascii() and new.replace(".", "", 1).isdigit() else None
    if diameter is None or diameter > LONGEST_MM:
        raise ValueError(new)
    if not visit:
        lesions = put(tumour.lesions, (reader, lesion), replace(tumour.lesions[reader, lesion], diameter_mm=diameter))
        changed = replace(tumour, lesions=lesions)
    else:
        at = (reader, visit, lesion)
        changed = replace(
            tumour,
            measures=put(tumour.measures, at, replace(tumour.measures[at], diameter_mm=diameter, too_small=False)),
        )
    return state.changed(tumours=put(state.tumours, subject, changed))


CORRECTABLE: Final[Mapping[tuple[str, str], Corrector]] = MappingProxyType(
    {
        ("adverse_event", "onset"): _event_onset,
        ("adverse_event", "onset_precision"): _onset_precision,
        ("infusion", "occurred"): _infusion_moment,
        ("death", "died_on"): _death_day,
        ("subject", "born"): _birth_day,
        ("evidence", "value"): _evidence(value=str),
        ("evidence", "unit"): _evidence(unit=str),
        ("evidence", "on"): _evidence(on=date.fromisoformat),
        ("record", "cells"): _batch_cells,
        ("record", "ended_on"): _last_day,
        ("follow_up_item", "answer"): _follow_up_answer,
        ("lesion", "diameter_mm"): _lesion_diameter,
    }
)
"""(record kind, field) to what it changes in the state."""


def apply_correction(state: TrialState, event: Event[Any]) -> TrialState:
    """Return the state after a correction."""
    fact: FactCorrected = event.fact
    kind, _, key = fact.record.partition("/")
    corrector = CORRECTABLE.get((kind, fact.field))
    return state if corrector is None else corrector(state, key, fact.new, fact.position)
