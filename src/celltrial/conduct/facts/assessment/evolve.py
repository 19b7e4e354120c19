"""How measurements change the state; most are kept for analysis only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.assessment import events
from celltrial.conduct.facts.folding import Evolver, change_subject, is_watched, observe, put, unchanged
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.evolve import NEUTROPHILS
from celltrial.conduct.vocabulary import AssessmentSource, Finding
from celltrial.core.quantities import concept_code


def _progressed(state: TrialState, event: Event[events.DiseaseProgressed]) -> TrialState:
    known = state.subjects[event.fact.subject].progressed_on
    day = event.fact.on if known is None else min(known, event.fact.on)
    return change_subject(state, event.fact.subject, progressed_on=day)


def _new_therapy(state: TrialState, event: Event[events.NewTherapyStarted]) -> TrialState:
    """Keep the first new therapy after the cells; one before them says nothing of their effects."""
    fact, subject = event.fact, state.subjects[event.fact.subject]
    known = [day for day in (subject.new_therapy_on, fact.on) if day is not None]
    return change_subject(state, fact.subject, new_therapy_on=min(known)) if subject.infusions else state


def _responded(state: TrialState, event: Event[events.ResponseAssessed]) -> TrialState:
    fact, subject = event.fact, state.subjects[event.fact.subject]
    if fact.reader:
        read = put(subject.reads, (fact.reader, fact.criteria, fact.visit), fact.category)
        state = change_subject(state, fact.subject, reads=read, read_at=subject.read_at | {event.position})
    if event.fact.source is AssessmentSource.DERIVED or event.fact.category in subject.response_categories:
        return state
    known = (*subject.response_categories, event.fact.category)
    return change_subject(state, subject.subject, response_categories=known)


def _measured(state: TrialState, event: Event[events.LaboratoryMeasured]) -> TrialState:
    fact = event.fact
    concept = concept_code(fact.test)
    if fact.value is not None and is_watched(state, fact.subject, concept):  # the day is worked out for few
        state = observe(state, fact.subject, concept, event.occurred.local_date)
    if concept != NEUTROPHILS or not state.subjects[fact.subject].is_lymphodepleted:
        return state
    value = str(fact.value) if fact.value is not None else fact.raw
    found = Finding(concept, value, fact.unit, event.occurred.local_date)
    return change_subject(state, fact.subject, neutrophils=(*state.subjects[fact.subject].neutrophils, found))


def _reader(state: TrialState, event: Event[events.ReaderAssigned]) -> TrialState:
    subject = state.subjects[event.fact.subject]
    return change_subject(state, subject.subject, readers=(*subject.readers, event.fact))


def _locked(state: TrialState, event: Event[events.ReadLocked]) -> TrialState:
    subject = state.subjects[event.fact.subject]
    return change_subject(state, subject.subject, locked_readers=(*subject.locked_readers, event.fact.reader))


def _analysis(state: TrialState, event: Event[events.PrimaryAnalysisStarted]) -> TrialState:
    return state.changed(primary_analysis=event.fact)


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.ResponseAssessed: _responded,
        events.KineticsSampled: unchanged,
        events.LaboratoryMeasured: _measured,
        events.DiseaseProgressed: _progressed,
        events.NewTherapyStarted: _new_therapy,
        events.ConcomitantMedicationGiven: unchanged,
        events.ReaderAssigned: _reader,
        events.ReadLocked: _locked,
        events.PrimaryAnalysisStarted: _analysis,
    }
)
"""Fact type to its evolver."""
