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

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Event
from celltrial.conduct.folding import change_subject, put
from celltrial.conduct.gates.act import Conditions, fail
from celltrial.conduct.state import TrialState
from celltrial.conduct.trial.events import FactCorrected
from celltrial.conduct.tumour.state import LONGEST_MM
from celltrial.conduct.vocabulary import Answer
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import UserError

__all__ = ["CORRECTABLE", "IDENTIFIERS", "apply_correction", "check_correction"]

Corrector = Callable[[TrialState, str, str], TrialState]


def _event_onset(state: TrialState, key: str, new: str) -> TrialState:
    subject = state.subjects[state.subject_of_event(key)]
    event = replace(subject.adverse_events[key], onset=date.fromisoformat(new))
    return change_subject(state, subject.subject, adverse_events=put(subject.adverse_events, key, event))


def _infusion_moment(state: TrialState, key: str, new: str) -> TrialState:
    subject = state.subjects[key]
    last = subject.infusions[-1]
    moment = Instant(parse_instant(new), last.at.zone)
    changed = change_subject(state, key, infusions=(*subject.infusions[:-1], replace(last, at=moment)))
    slots = tuple(
        replace(slot, infusion=moment) if slot.subject == key and slot.infusion == last.at else slot
        for slot in state.slots
    )
    return changed.changed(slots=slots)


def _death_day(state: TrialState, key: str, new: str) -> TrialState:
    return change_subject(state, key, died_on=date.fromisoformat(new))


def _birth_day(state: TrialState, key: str, new: str) -> TrialState:
    return change_subject(state, key, born=date.fromisoformat(new))


def _evidence_value(state: TrialState, key: str, new: str) -> TrialState:
    subject_id, _, concept = key.partition("/")
    subject = state.subjects[subject_id]
    fact = replace(subject.evidence[concept], value=new)
    return change_subject(state, subject_id, evidence=put(subject.evidence, concept, fact))


def _follow_up_answer(state: TrialState, key: str, new: str) -> TrialState:
    """Correct the answer to an item of a follow-up visit, at subject/visit/item."""
    subject, visit, item = (*key.split("/", 2), "", "")[:3]
    known = state.subjects[subject].follow_up
    if known is None:
        raise KeyError(key)
    on, _ = known.answers[visit, item]
    answers = put(known.answers, (visit, item), (on, Answer(new)))
    return change_subject(state, subject, follow_up=replace(known, answers=answers))


def _lesion_diameter(state: TrialState, key: str, new: str) -> TrialState:
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
        ("evidence", "value"): _evidence_value,
        ("follow_up_item", "answer"): _follow_up_answer,
        ("lesion", "diameter_mm"): _lesion_diameter,
    }
)
"""(record kind, field) to what it changes in the state."""

IDENTIFIERS: Final = frozenset(
    {"subject", "identity", "batch", "event", "lesion", "sample", "cohort", "account", "query", "trial", "cut"}
)
"""Fields that say whose record it is: nobody corrects them, because that would give a record to another."""


def check_correction(state: TrialState, record: str, field: str, new: str) -> Conditions:
    """Yield a correction that names no known record, or a value that the field cannot hold."""
    if field.rpartition(".")[2] in IDENTIFIERS:
        yield fail(Code.VALUE_NOT_USABLE, "a field that is no identifier", field, record)
    kind, _, key = record.partition("/")
    corrector = CORRECTABLE.get((kind, field))
    if corrector is None:
        return
    try:
        corrector(state, key, new)
    except (KeyError, IndexError):
        yield fail(Code.NOT_KNOWN, f"a record of kind {kind}", key, record)
    except (ValueError, UserError):
        yield fail(Code.VALUE_NOT_USABLE, f"a value for {field}", new, record)


def apply_correction(state: TrialState, event: Event[Any]) -> TrialState:
    """Return the state after a correction."""
    fact: FactCorrected = event.fact
    kind, _, key = fact.record.partition("/")
    corrector = CORRECTABLE.get((kind, fact.field))
    return state if corrector is None else corrector(state, key, fact.new)
