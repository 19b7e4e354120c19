"""Planned contacts of long-term follow-up: the status of each, and what its answers say of each class of delayed events.

The protocol states which item asks for which class (`follow_up.item_classes`); the rules are those of
`clinical.annual_contact`. Where several items ask for one class, a yes to any counts, and then an unknown to any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from celltrial.clinical.annual_contact import ContactState, DelayedEvent, contact_state, derive_annual_contact
from celltrial.clinical.derivation import Derivation
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.vocabulary import Answer, PlannedVisit
from celltrial.core.dates import Instant
from celltrial.protocol.model.follow_up import FollowUp

_TICKS: Final = {Answer.YES: True, Answer.NO: False, Answer.UNKNOWN: None}
#: Items that say their class by themselves, where the protocol states none.
_BY_NAME: Final = {"new malignancy": DelayedEvent.NEW_MALIGNANCY, "pregnancy": DelayedEvent.PREGNANCY}


@dataclass(frozen=True, slots=True)
class Contact:
    """One planned contact that asks for something.

    found: what its answers say of the classes; None before it took place.
    """

    subject: str
    visit: PlannedVisit
    state: ContactState
    found: Derivation | None


@dataclass(frozen=True, slots=True)
class ContactCounts:
    """What all planned contacts come to.

    by_state:   contacts per state; only states that occur.
    by_answer:  contacts made, per what their answers say: EVENT, OPEN, CLEAR, or NE where a class was not asked for.
    subjects:   subjects who told of an event, per class.
    """

    by_state: Mapping[ContactState, int]
    by_answer: Mapping[str, int]
    subjects: Mapping[DelayedEvent, int]


def count_contacts(found: Iterable[Contact]) -> ContactCounts:
    """Return the counts of contacts."""
    every = tuple(found)
    states = Counter(item.state for item in every)
    answers = Counter(item.found.label for item in every if item.found is not None)
    told = {
        (group, item.subject)
        for item in every
        for group in DelayedEvent
        if item.found is not None and item.found.inputs.get(group.value) == "yes"
    }
    subjects = Counter(group for group, _ in told)
    return ContactCounts(
        MappingProxyType({state: states[state] for state in ContactState if states[state]}),
        MappingProxyType(dict(sorted(answers.items()))),
        MappingProxyType({group: subjects[group] for group in DelayedEvent if subjects[group]}),
    )


def classes_of(plan: FollowUp | None, items: Iterable[str]) -> frozenset[DelayedEvent]:
    """Return the classes of delayed events for which items ask."""
    stated = plan.item_classes if plan is not None else {}
    named = {item: DelayedEvent(stated[item]) if item in stated else _BY_NAME.get(item) for item in items}
    return frozenset(found for found in named.values() if found is not None)


def state_of(subject: SubjectState, visit: PlannedVisit, today: date) -> ContactState:
    """Return the status of one planned visit of a subject in follow-up on a site-local day."""
    known = subject.follow_up
    assert known is not None
    return contact_state(
        visit.opens,
        visit.closes,
        today,
        contacted=visit.visit in known.done,
        missed=visit.visit in known.missed,
        lost_on=known.lost_on,
        withdrawn_on=known.withdrawn_on,
        died_on=subject.died_on,
    )


def contacts(state: TrialState, at: Instant) -> Iterator[Contact]:
    """Yield every planned contact with questions, subject by subject, as of a moment."""
    plan = state.protocol.follow_up if state.protocol is not None else None
    for subject in state.subjects.values():
        yield from contacts_of(plan, subject, Instant(at.utc, state.zone_of(subject.site)).local_date)


def contacts_of(plan: FollowUp | None, subject: SubjectState, today: date) -> Iterator[Contact]:
    """Yield every planned contact of a subject that asks something, as of a site-local day."""
    known = subject.follow_up
    for visit in known.visits if known is not None else ():
        if known is not None and visit.items:
            found = derive_annual_contact(_ticks(plan, known, visit)) if visit.visit in known.done else None
            yield Contact(subject.subject, visit, state_of(subject, visit, today), found)


def _ticks(plan: FollowUp | None, known: FollowUpState, visit: PlannedVisit) -> Mapping[DelayedEvent, bool | None]:
    told: dict[DelayedEvent, set[bool | None]] = {}
    for (name, item), (_, answer) in known.answers.items():
        if name == visit.visit:
            for group in classes_of(plan, (item,)):
                told.setdefault(group, set()).add(_TICKS[answer])
    return MappingProxyType(
        {group: True if True in ticks else None if None in ticks else False for group, ticks in told.items()}
    )
