"""How facts about cohorts, levels and doses change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.cohort import events
from celltrial.conduct.facts.cohort.state import CohortState, DoseDecisionState, RecommendationState, Slot
from celltrial.conduct.facts.folding import Evolver, change_subject, put
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import DltWindow
from celltrial.conduct.vocabulary import CohortKind
from celltrial.core.dates import Instant
from celltrial.protocol.regimen import regimen_of


def _opened(state: TrialState, event: Event[events.CohortOpened]) -> TrialState:
    fact = event.fact
    cohort = CohortState(fact.cohort, fact.level, fact.size, fact.kind, opened=event.occurred)
    return _followed(state, cohort).changed(cohorts=put(state.cohorts, fact.cohort, cohort))


def _followed(state: TrialState, cohort: CohortState) -> TrialState:
    """Return the state with the last decision used up by an escalation cohort that was opened or enlarged on it."""
    if cohort.kind is not CohortKind.ESCALATION or not state.decisions:
        return state
    *earlier, last = state.decisions
    return state.changed(decisions=(*earlier, replace(last, followed=True)))


def _expanded(state: TrialState, event: Event[events.CohortExpanded]) -> TrialState:
    cohort = replace(state.cohorts[event.fact.cohort], size=event.fact.size)
    return _followed(state, cohort).changed(cohorts=put(state.cohorts, cohort.cohort, cohort))


def _closed(state: TrialState, event: Event[events.CohortClosed]) -> TrialState:
    cohort = replace(state.cohorts[event.fact.cohort], is_open=False)
    return state.changed(cohorts=put(state.cohorts, cohort.cohort, cohort))


def _level_closed(state: TrialState, event: Event[events.LevelClosed]) -> TrialState:
    return state.changed(
        closed_levels=put(state.closed_levels, event.fact.level, (event.fact.dlt, event.fact.evaluable))
    )


def _reserved(state: TrialState, event: Event[events.StaggerSlotReserved]) -> TrialState:
    fact = event.fact
    kept = tuple(slot for slot in state.slots if slot.infused or slot.subject != fact.subject)
    ends = _planned_end(state, fact.subject, fact.infusion)
    slot = Slot(fact.subject, fact.site, fact.level, fact.cohort, fact.infusion, reserved=event.recorded, ends=ends)
    return state.changed(slots=(*kept, slot))


def _planned_end(state: TrialState, subject_id: str, infusion: Instant) -> Instant | None:
    """Return when the first course of a subject is planned to end; None where it is one infusion, or not the first."""
    subject = state.subjects.get(subject_id)
    if state.protocol is None or subject is None or subject.done:
        return None
    rounds = regimen_of(state.protocol).rounds
    last = max(course.administrations[-1].day for course in rounds[0].courses)
    return Instant(infusion.utc + timedelta(days=last), infusion.zone) if last else None


def _released(state: TrialState, event: Event[events.StaggerSlotReleased]) -> TrialState:
    kept = tuple(slot for slot in state.slots if slot.infused or slot.subject != event.fact.subject)
    subject = state.subjects[event.fact.subject]
    course = subject.lymphodepletion
    if course is not None and course.started is None:
        state = change_subject(state, subject.subject, lymphodepletion=None)
    return state.changed(slots=kept)


def _window(state: TrialState, event: Event[events.DltWindowOpened]) -> TrialState:
    """A window opened again, because the infusion was corrected, keeps the DLTs confirmed in it."""
    fact = event.fact
    if fact.round > 1:
        kept = tuple(one for one in state.subjects[fact.subject].later_windows if one.opens != fact.opens)
        later = DltWindow(fact.level, fact.opens, fact.closes)
        return change_subject(state, fact.subject, later_windows=(*kept, later))
    dlt = bool(state.subjects[fact.subject].dlts)
    return change_subject(state, fact.subject, dlt_window=DltWindow(fact.level, fact.opens, fact.closes, dlt=dlt))


def _window_completed(state: TrialState, event: Event[events.DltWindowCompleted]) -> TrialState:
    fact, window = event.fact, state.subjects[event.fact.subject].dlt_window
    if window is None:
        return state
    window = replace(window, level=fact.level, evaluable=fact.evaluable, dlt=fact.dlt)
    return change_subject(state, fact.subject, dlt_window=window)


def _confirmed(state: TrialState, event: Event[events.DoseLimitingToxicityConfirmed]) -> TrialState:
    subject = state.subjects[event.fact.subject]
    window, later = subject.dlt_window, subject.later_windows
    known = subject.adverse_events.get(event.fact.event)
    of_later = [one for one in later if known is not None and known.began_within(one.opens, one.closes)]
    if of_later:
        later = tuple(replace(one, dlt=True) if one in of_later else one for one in later)
    elif window is not None:
        window = replace(window, dlt=True)
    not_dlts = tuple(item for item in subject.not_dlts if item != event.fact.event)
    dlts = (*subject.dlts, event.fact.event)
    return change_subject(state, subject.subject, dlts=dlts, not_dlts=not_dlts, dlt_window=window, later_windows=later)


def _ruled_out(state: TrialState, event: Event[events.DoseLimitingToxicityRuledOut]) -> TrialState:
    subject = state.subjects[event.fact.subject]
    dlts = tuple(item for item in subject.dlts if item != event.fact.event)
    window = subject.dlt_window
    if window is not None:
        window = replace(window, dlt=bool(dlts))
    not_dlts = tuple(dict.fromkeys((*subject.not_dlts, event.fact.event)))
    return change_subject(state, subject.subject, dlts=dlts, not_dlts=not_dlts, dlt_window=window)


def _recommended(state: TrialState, event: Event[events.DoseRecommended]) -> TrialState:
    known = RecommendationState(event.fact, event.position)
    return state.changed(recommendations=put(state.recommendations, event.fact.recommendation, known))


def _decided(state: TrialState, event: Event[events.DoseDecisionSigned]) -> TrialState:
    """A signed decision to treat at a level opens what a DLT had closed up to that level."""
    fact = event.fact
    decision = DoseDecisionState(fact.decision, fact.recommendation, fact.move, fact.next_level, fact.deviates)
    reopened = fact.next_level or 0
    closed = MappingProxyType({level: counts for level, counts in state.closed_levels.items() if level > reopened})
    return state.changed(decisions=(*state.decisions, decision), closed_levels=closed)


def _declared(state: TrialState, event: Event[events.RecommendedDoseDeclared]) -> TrialState:
    return state.changed(recommended_level=event.fact.level)


def _reopened(state: TrialState, event: Event[events.RecommendedDoseReopened]) -> TrialState:  # noqa: ARG001
    return state.changed(recommended_level=None)


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.CohortOpened: _opened,
        events.CohortExpanded: _expanded,
        events.CohortClosed: _closed,
        events.LevelClosed: _level_closed,
        events.StaggerSlotReserved: _reserved,
        events.StaggerSlotReleased: _released,
        events.DltWindowOpened: _window,
        events.DltWindowCompleted: _window_completed,
        events.DoseLimitingToxicityConfirmed: _confirmed,
        events.DoseLimitingToxicityRuledOut: _ruled_out,
        events.DoseRecommended: _recommended,
        events.DoseDecisionSigned: _decided,
        events.RecommendedDoseDeclared: _declared,
        events.RecommendedDoseReopened: _reopened,
    }
)
"""Fact type to its evolver."""
