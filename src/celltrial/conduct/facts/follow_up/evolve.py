"""How facts of follow-up change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, change_subject
from celltrial.conduct.facts.follow_up import events
from celltrial.conduct.facts.follow_up.state import FollowUpState, raised
from celltrial.conduct.facts.state import TrialState


def _change(state: TrialState, subject_id: str, **changes: Any) -> TrialState:
    known = state.subjects[subject_id].follow_up
    return state if known is None else change_subject(state, subject_id, follow_up=replace(known, **changes))


def _known(state: TrialState, subject_id: str) -> FollowUpState | None:
    return state.subjects[subject_id].follow_up


def _scheduled(state: TrialState, event: Event[events.FollowUpScheduled]) -> TrialState:
    fact = event.fact
    number = len(state.subjects[fact.subject].infusions)
    return change_subject(
        state, fact.subject, follow_up=FollowUpState(fact.follow_up_class, fact.starts, fact.ends, fact.visits, number)
    )


def _rescheduled(state: TrialState, event: Event[events.FollowUpRescheduled]) -> TrialState:
    """A schedule counted from the same infusion keeps what was done of it; one counted from a further dose begins anew."""
    fact, known = event.fact, _known(state, event.fact.subject)
    number = len(state.subjects[fact.subject].infusions)
    same = known is not None and known.counted_from == number
    anew = {} if same else {"done": (), "missed": (), "counted_from": number}
    return _change(state, fact.subject, starts=fact.starts, ends=fact.ends, visits=fact.visits, **anew)


def _lengthened(state: TrialState, event: Event[events.FollowUpLengthened]) -> TrialState:
    return state.changed(minimum_years=raised(state.minimum_years, event.fact.minimum_years))


def _reached(state: TrialState, subject_id: str, on: date, **changes: Any) -> TrialState:
    """Record a contact; one after the day from which the subject counted as lost brings it back into follow-up."""
    known = state.subjects[subject_id].follow_up
    if known is None:
        return state
    if known.lost_on is not None and on > known.lost_on:
        changes["lost_on"] = None
    return _change(state, subject_id, attempts=0, last_contact=max(on, known.last_contact or on), **changes)


def _visit(state: TrialState, event: Event[events.FollowUpVisitRecorded]) -> TrialState:
    fact, known = event.fact, _known(state, event.fact.subject)
    if known is None:
        return state
    answers = {(fact.visit, item.item): (fact.on, item.answer) for item in fact.items}
    return _reached(
        state,
        fact.subject,
        fact.on,
        done=(*known.done, fact.visit),
        answers=MappingProxyType({**known.answers, **answers}),
    )


def _missed(state: TrialState, event: Event[events.FollowUpVisitMissed]) -> TrialState:
    known = _known(state, event.fact.subject)
    return state if known is None else _change(state, event.fact.subject, missed=(*known.missed, event.fact.visit))


def _contact(state: TrialState, event: Event[events.ContactAttempted]) -> TrialState:
    known = _known(state, event.fact.subject)
    if known is None:
        return state
    if event.fact.reached:
        return _reached(state, event.fact.subject, event.occurred.local_date)
    return _change(state, event.fact.subject, attempts=known.attempts + 1)


def _lost(state: TrialState, event: Event[events.SubjectLostToFollowUp]) -> TrialState:
    return _change(state, event.fact.subject, lost_on=event.fact.last_contact)


def _tested(state: TrialState, event: Event[events.LateSafetyTested]) -> TrialState:
    known = _known(state, event.fact.subject)
    return state if known is None else _change(state, event.fact.subject, tests=(*known.tests, event.fact))


def _grown(state: TrialState, event: Event[events.GrowthMeasured]) -> TrialState:
    known = _known(state, event.fact.subject)
    return state if known is None else _change(state, event.fact.subject, growth=(*known.growth, event.fact))


def _adult(state: TrialState, event: Event[events.CareTransitioned]) -> TrialState:
    return _change(state, event.fact.subject, adult_care=event.fact)


def _transferred(state: TrialState, event: Event[events.SubjectTransferred]) -> TrialState:
    return _change(state, event.fact.subject, transfer=event.fact)


def _completed(state: TrialState, event: Event[events.FollowUpCompleted]) -> TrialState:
    return _change(state, event.fact.subject, completed_on=event.fact.on)


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.FollowUpScheduled: _scheduled,
        events.FollowUpRescheduled: _rescheduled,
        events.FollowUpLengthened: _lengthened,
        events.FollowUpVisitRecorded: _visit,
        events.FollowUpVisitMissed: _missed,
        events.ContactAttempted: _contact,
        events.SubjectLostToFollowUp: _lost,
        events.LateSafetyTested: _tested,
        events.GrowthMeasured: _grown,
        events.CareTransitioned: _adult,
        events.SubjectTransferred: _transferred,
        events.FollowUpCompleted: _completed,
    }
)
"""Fact type to its evolver."""
