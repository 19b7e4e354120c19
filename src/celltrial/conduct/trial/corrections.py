"""What a correction changes in the state: a visible table of record kinds and fields.

A correction of a field that no gate asks about is remembered and changes no
state; the analysis tables read it from the ledger. A correction never takes back
what an earlier value had caused: a suspension stays until it is evaluated. A
corrected day is as little in the future, and as little out of order, as a first
entry may be. That the old value is the one on record, and that the corrected event
has the field, is asked where the ledger is at hand (`check_target`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.batch.state import BatchState
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Event, Role
from celltrial.conduct.folding import change_batch, change_subject, put
from celltrial.conduct.gates.act import Conditions, fail
from celltrial.conduct.state import TrialState
from celltrial.conduct.subject.state import SubjectState
from celltrial.conduct.trial.events import FactCorrected
from celltrial.conduct.tumour.state import LONGEST_MM
from celltrial.conduct.vocabulary import Answer
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import UserError

__all__ = ["CORRECTABLE", "IDENTIFIERS", "apply_correction", "check_correction", "check_corrector", "check_target"]

Corrector = Callable[[TrialState, str, str, int], TrialState]
"""(state, key of the record, new value, position of the corrected event) to the state after it."""


def _event_onset(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    subject = state.subjects[state.subject_of_event(key)]
    event = replace(subject.adverse_events[key], onset=date.fromisoformat(new))
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
            day, first = date.fromisoformat(new), Instant(course.started.utc, state.sites[subject.site].zone).local_date
            if day < first:
                raise ValueError(new)
            return change_subject(state, subject.subject, lymphodepletion=replace(course, ended_on=day))
    return state


def _stated_batch(state: TrialState, position: int) -> BatchState | None:
    """Return the batch whose cells and expiry were stated by the fact at a position."""
    return next((item for item in state.batches.values() if item.stated_at == position), None)


def _batch_cells(state: TrialState, key: str, new: str, position: int) -> TrialState:  # noqa: ARG001
    known, cells = _stated_batch(state, position), Decimal(new)
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

#: Parts after the kind of a lesion's record at a visit; a further one names an independent reader.
LESION_OF_VISIT: Final = 3

IDENTIFIERS: Final = frozenset(
    {"subject", "identity", "batch", "event", "lesion", "sample", "cohort", "account", "query", "trial", "cut"}
)
"""Fields that say whose record it is: nobody corrects them, because that would give a record to another."""


def check_correction(state: TrialState, record: str, field: str, new: str, *, position: int, at: Instant) -> Conditions:
    """Yield a correction that names no known record, or a value that the field cannot hold.

    position: of the corrected event. at: the moment of the correction; what it corrects lies before.
    """
    if field.rpartition(".")[2] in IDENTIFIERS:
        yield fail(Code.VALUE_NOT_USABLE, "a field that is no identifier", field, record)
    yield from _check_read(state, record, position)
    kind, _, key = record.partition("/")
    corrector = CORRECTABLE.get((kind, field))
    if corrector is None:
        return
    if kind == "death" and key in state.subjects and state.subjects[key].died_on is None:
        yield fail(Code.NOT_KNOWN, f"a record of kind {kind}", key, record)
        return
    try:
        after = corrector(state, key, new, position)
    except (KeyError, IndexError):
        yield fail(Code.NOT_KNOWN, f"a record of kind {kind}", key, record)
    except (ValueError, ArithmeticError, UserError):
        yield fail(Code.VALUE_NOT_USABLE, f"a value for {field}", new, record)
    else:
        yield from _check_order(after, kind, key, record, at)


def _check_read(state: TrialState, record: str, position: int) -> Conditions:
    """Yield the correction of an independent read by somebody else: its reader reads again, until it is locked (2.3.1-f)."""
    is_reading = record.startswith("lesion/") and record.count("/") > LESION_OF_VISIT
    if is_reading or any(position in item.read_at for item in state.subjects.values()):
        yield fail(Code.READER_NOT_INDEPENDENT, "the reader's own read", "a correction", record, "2.3.1-f")


def check_corrector(state: TrialState, role: Role, record: str, position: int) -> Conditions:
    """Yield a role that may not correct this: what a batch was released with is quality assurance's, and nothing else is."""
    released = _stated_batch(state, position) is not None
    if released and role is not Role.QUALITY_ASSURANCE:
        yield fail(Code.ROLE_NOT_ALLOWED, Role.QUALITY_ASSURANCE, role, record)
    if not released and role is Role.QUALITY_ASSURANCE:
        yield fail(Code.ROLE_NOT_ALLOWED, "what a batch was released with", role, record)


def check_target(correction: FactCorrected, names: Iterable[str], *, can_hold: bool, stands: bool) -> Conditions:
    """Yield why the event that a correction names cannot be corrected so.

    names:    those of the event's record; one of them is the correction's, or the correction's begins with it.
    can_hold: the event has the field, and it can hold the new value; stands: the old value is the one on record.
    """
    about, whole = correction.record, [name for name in names if "#" not in name]
    if not any(about == name or about.startswith(f"{name}/") for name in whole):
        yield fail(Code.NOT_KNOWN, " or ".join(whole), about, f"record/{correction.position}")
    elif not can_hold:
        yield fail(Code.VALUE_NOT_USABLE, f"a value for {correction.field}", correction.new, about)
    elif not stands:
        yield fail(Code.OLD_VALUE_DIFFERS, "the value on record", correction.old, about)


def _check_order(after: TrialState, kind: str, key: str, record: str, at: Instant) -> Conditions:
    """Yield a moment that would lie in the future, or before or after what it cannot, once corrected."""
    if kind == "record":
        yield from _check_last_days(after, record, at)
        return
    if kind == "adverse_event":
        subject = after.subjects[after.subject_of_event(key)]
        days = [subject.adverse_events[key].onset]
    else:
        subject = after.subjects[key.partition("/")[0]]
        days = [day for day in ({"death": subject.died_on, "subject": subject.born}.get(kind),) if day is not None]
    if kind == "evidence":
        days = [subject.evidence[key.partition("/")[2]].on]
    today = Instant(at.utc, after.sites[subject.site].zone).local_date
    yield from (fail(Code.TIME_IN_FUTURE, f"by {today}", day, record) for day in days if day > today)
    if kind in {"infusion", "death"}:
        yield from _check_infusions(subject, record, at)


def _check_last_days(after: TrialState, record: str, at: Instant) -> Conditions:
    """Yield a lymphodepletion that would end in the future."""
    for subject in after.subjects.values():
        course, today = subject.lymphodepletion, Instant(at.utc, after.sites[subject.site].zone).local_date
        if course is not None and course.ended_on is not None and course.ended_on > today:
            yield fail(Code.TIME_IN_FUTURE, f"by {today}", course.ended_on, record)


def _check_infusions(subject: SubjectState, record: str, at: Instant) -> Conditions:
    """Yield infusions before enrolment, out of their order, in the future or after death."""
    known = [subject.enrolled, *(item.at for item in subject.infusions)]
    moments = [item for item in known if item is not None]
    for before, moment in pairwise(moments):
        if moment.utc < before.utc:
            yield fail(Code.ORDER_WRONG, f"from {before.utc.isoformat()} on", moment.utc.isoformat(), record)
    for item in subject.infusions[-1:]:
        if item.at.utc > at.utc:
            yield fail(Code.TIME_IN_FUTURE, f"by {at.utc.isoformat()}", item.at.utc.isoformat(), record)
        if subject.died_on is not None and subject.died_on < item.at.local_date:
            yield fail(Code.ORDER_WRONG, f"from {item.at.local_date} on", subject.died_on, record)


def apply_correction(state: TrialState, event: Event[Any]) -> TrialState:
    """Return the state after a correction."""
    fact: FactCorrected = event.fact
    kind, _, key = fact.record.partition("/")
    corrector = CORRECTABLE.get((kind, fact.field))
    return state if corrector is None else corrector(state, key, fact.new, fact.position)
