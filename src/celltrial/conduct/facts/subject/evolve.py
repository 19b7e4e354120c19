"""How facts about a subject change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, change_subject, observe, put, unchanged, without
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.facts.subject.state import Infusion, LymphodepletionState, SubjectState
from celltrial.conduct.plan import follow_up_consents
from celltrial.conduct.vocabulary import ConsentKind, Finding
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.core.quantities import concept_code
from celltrial.protocol.regimen import Given, regimen_of

NEUTROPHILS: Final = "absolute_neutrophil_count"


def _screened(state: TrialState, event: Event[events.SubjectScreened]) -> TrialState:
    fact = event.fact
    subject = SubjectState(fact.subject, fact.site, fact.identity, fact.sex, fact.born)
    return state.changed(
        subjects=put(state.subjects, fact.subject, subject),
        identities=put(state.identities, fact.identity, fact.subject),
    )


def _consent(state: TrialState, event: Event[events.ConsentSigned]) -> TrialState:
    subject, fact = state.subjects[event.fact.subject], event.fact
    known = subject.consents.get(fact.kind)
    if known is not None:
        same = known.version == fact.version
        if (same and known.signed_on <= fact.signed_on) or (not same and fact.signed_on < known.signed_on):
            return state
    state = change_subject(state, subject.subject, consents=put(subject.consents, fact.kind, fact))
    return _follow_up_allowed(state, fact.subject, fact.kind, None)


def _withdrawn(state: TrialState, event: Event[events.ConsentWithdrawn]) -> TrialState:
    subject = state.subjects[event.fact.subject]
    on = Instant(event.occurred.utc, state.zone_of(subject.site)).local_date
    state = change_subject(state, subject.subject, consents=without(subject.consents, event.fact.kind))
    return _follow_up_allowed(state, subject.subject, event.fact.kind, on)


def _follow_up_allowed(state: TrialState, subject_id: str, kind: ConsentKind, until: date | None) -> TrialState:
    """End follow-up with the consent that allows it, or take it up again with a new one."""
    known, protocol = state.subjects[subject_id].follow_up, state.protocol
    if known is None or protocol is None or kind not in follow_up_consents(protocol):
        return state
    return change_subject(state, subject_id, follow_up=replace(known, withdrawn_on=until))


def _evidence(state: TrialState, event: Event[events.EvidenceRecorded]) -> TrialState:
    fact, subject = event.fact, state.subjects[event.fact.subject]
    concept = concept_code(fact.concept)
    if concept == NEUTROPHILS and subject.is_lymphodepleted:
        counted = (*subject.neutrophils, Finding(concept, fact.value, fact.unit, fact.on))
        state = change_subject(state, fact.subject, neutrophils=counted)
    if Measured.read(fact.value).is_known:
        state = observe(state, fact.subject, concept, fact.on)
    known = subject.evidence.get(fact.concept)
    if known is not None and known.on > fact.on:
        return state
    return change_subject(
        state,
        fact.subject,
        evidence=put(subject.evidence, fact.concept, fact),
        evidence_at=put(subject.evidence_at, fact.concept, event.position),
    )


def _eligible(state: TrialState, event: Event[events.EligibilityConfirmed]) -> TrialState:
    return change_subject(state, event.fact.subject, eligible_version=event.fact.version)


def _enrolled(state: TrialState, event: Event[events.SubjectEnrolled]) -> TrialState:
    fact = event.fact
    changed = change_subject(
        state, fact.subject, level=fact.level, cohort=fact.cohort, arm=fact.arm, enrolled=event.occurred
    )
    cohort = state.cohorts.get(fact.cohort)
    if cohort is None:
        return changed
    cohort = replace(cohort, subjects=(*cohort.subjects, fact.subject))
    return changed.changed(cohorts=put(state.cohorts, fact.cohort, cohort))


def _randomised(state: TrialState, event: Event[events.SubjectRandomised]) -> TrialState:
    return change_subject(state, event.fact.subject, arm=event.fact.arm)


def _collected(state: TrialState, event: Event[events.LeukapheresisPerformed]) -> TrialState:
    return change_subject(state, event.fact.subject, collected=event.occurred)


def _planned(state: TrialState, event: Event[events.LymphodepletionPlanned]) -> TrialState:
    fact, subject = event.fact, state.subjects[event.fact.subject]
    course = subject.lymphodepletion
    if course is not None and course.started is not None:
        planned = replace(course, batch=fact.batch, infusion=fact.infusion)
    else:
        planned = LymphodepletionState(fact.batch, fact.infusion)
    return change_subject(state, fact.subject, lymphodepletion=planned)


def _started(state: TrialState, event: Event[events.LymphodepletionStarted]) -> TrialState:
    fact = event.fact
    course = LymphodepletionState(fact.batch, fact.infusion, started=event.occurred, course=fact.course)
    return change_subject(state, fact.subject, lymphodepletion=course, neutrophils=())


def _completed(state: TrialState, event: Event[events.LymphodepletionCompleted]) -> TrialState:
    course = state.subjects[event.fact.subject].lymphodepletion
    if course is None:
        return state
    ended = replace(course, ended_on=event.fact.ended_on, ended_at=event.position)
    return change_subject(state, event.fact.subject, lymphodepletion=ended)


def _repeat(state: TrialState, event: Event[events.LymphodepletionRepeatDecided]) -> TrialState:
    course = state.subjects[event.fact.subject].lymphodepletion
    if course is None:
        return state
    return change_subject(state, event.fact.subject, lymphodepletion=replace(course, repeat=event.fact.repeat))


def _checked(state: TrialState, event: Event[events.PreInfusionChecked]) -> TrialState:
    return change_subject(state, event.fact.subject, last_check=event.fact, last_check_at=event.occurred)


def _infused(state: TrialState, event: Event[events.CellsInfused]) -> TrialState:
    fact, subject = event.fact, state.subjects[event.fact.subject]
    place = Given(fact.round or fact.number, fact.course, fact.administration)
    infusion = Infusion(
        fact.number, fact.batch, event.occurred, fact.level_assigned, fact.level_delivered,
        fact.delivered_cells, fact.conforming, event.position, *place,
    )  # fmt: skip
    changed = change_subject(
        state, fact.subject, infusions=(*subject.infusions, infusion), lymphodepletion=None, manufacture_attempts=0,
        done=(*subject.done, place),
    )  # fmt: skip
    slots = tuple(
        replace(slot, infusion=event.occurred, infused=True)
        if slot.subject == fact.subject and not slot.infused
        else slot
        for slot in state.slots
    )
    return _course_end(changed.changed(slots=slots), fact.subject)


def _course_end(state: TrialState, subject_id: str) -> TrialState:
    """Keep with the moment of a subject's first infusion when the last administration of that course was given, or is planned."""
    subject, protocol = state.subjects[subject_id], state.protocol
    first = subject.infusions_of(1)
    if protocol is None or not first or subject.done[-1].round > 1:
        return state
    regimen = regimen_of(protocol)
    course, last = regimen.course(first[-1].course), first[-1].at
    if course is None or len(course.administrations) == 1:
        return state
    following = regimen.following(subject.done)
    if following is not None and following[0].number == 1:
        planned = first[0].at.utc + timedelta(days=course.administrations[-1].day)
        last = Instant(max(planned, last.utc), last.zone)
    slots = tuple(
        replace(slot, ends=last) if slot.subject == subject_id and slot.infusion == first[0].at else slot
        for slot in state.slots
    )
    return state.changed(slots=slots)


def _omitted(state: TrialState, event: Event[events.AdministrationOmitted]) -> TrialState:
    fact = event.fact
    left_out = tuple(Given(fact.round, fact.course, name) for name in fact.omitted)
    changed = change_subject(state, fact.subject, done=(*state.subjects[fact.subject].done, *left_out))
    return _course_end(changed, fact.subject)


def _reassigned(state: TrialState, event: Event[events.LevelReassigned]) -> TrialState:
    fact = event.fact
    slots = tuple(
        replace(slot, level=fact.to_level) if slot.subject == fact.subject and not slot.infused else slot
        for slot in state.slots
    )
    return change_subject(state.changed(slots=slots), fact.subject, level=fact.to_level)


def _discontinued(state: TrialState, event: Event[events.SubjectDiscontinued]) -> TrialState:
    return change_subject(state, event.fact.subject, exit_reason=event.fact.reason, exit_stage=event.fact.stage)


def _died(state: TrialState, event: Event[events.SubjectDied]) -> TrialState:
    return change_subject(state, event.fact.subject, died_on=event.fact.died_on)


def _historical(state: TrialState, event: Event[events.HistoricalRecordTaken]) -> TrialState:
    if event.fact.subject not in state.subjects or state.subjects[event.fact.subject].historical:
        return state
    return change_subject(state, event.fact.subject, historical=True)


def _unblinded(state: TrialState, event: Event[events.TreatmentUnblinded]) -> TrialState:
    subject = state.subjects[event.fact.subject]
    return change_subject(state, subject.subject, unblinded_to=(*subject.unblinded_to, event.fact.to_account))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.SubjectScreened: _screened,
        events.ConsentSigned: _consent,
        events.ConsentWithdrawn: _withdrawn,
        events.EvidenceRecorded: _evidence,
        events.EligibilityConfirmed: _eligible,
        events.SubjectEnrolled: _enrolled,
        events.SubjectRandomised: _randomised,
        events.LeukapheresisPerformed: _collected,
        events.BridgingTherapyGiven: unchanged,
        events.LymphodepletionPlanned: _planned,
        events.LymphodepletionStarted: _started,
        events.LymphodepletionAdministered: unchanged,
        events.LymphodepletionCompleted: _completed,
        events.LymphodepletionRepeatDecided: _repeat,
        events.PreInfusionChecked: _checked,
        events.CellsInfused: _infused,
        events.AdministrationOmitted: _omitted,
        events.LevelReassigned: _reassigned,
        events.SubjectDiscontinued: _discontinued,
        events.SubjectDied: _died,
        events.HistoricalRecordTaken: _historical,
        events.TreatmentUnblinded: _unblinded,
    }
)
"""Fact type to its evolver."""
