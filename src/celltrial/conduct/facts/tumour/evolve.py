"""How facts about lesions, and responses assessed beside them, change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.assessment.events import ResponseAssessed
from celltrial.conduct.facts.folding import Evolver, put
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.tumour import events
from celltrial.conduct.facts.tumour.state import Tumour
from celltrial.conduct.vocabulary import AssessmentSource


def _changed(state: TrialState, subject: str, **fields: Any) -> TrialState:
    tumour = replace(state.tumours.get(subject, Tumour()), **fields)
    return state.changed(tumours=put(state.tumours, subject, tumour))


def _of(state: TrialState, subject: str) -> Tumour:
    return state.tumours.get(subject, Tumour())


def _identified(state: TrialState, event: Event[events.LesionIdentified]) -> TrialState:
    fact = event.fact
    lesions = put(_of(state, fact.subject).lesions, (fact.reader, fact.lesion), fact)
    return _changed(state, fact.subject, lesions=lesions)


def _measured(state: TrialState, event: Event[events.LesionMeasured]) -> TrialState:
    fact = event.fact
    measures = put(_of(state, fact.subject).measures, (fact.reader, fact.visit, fact.lesion), fact)
    return _changed(state, fact.subject, measures=measures)


def _completed(state: TrialState, event: Event[events.TumourVisitCompleted]) -> TrialState:
    fact = event.fact
    return _changed(state, fact.subject, visits=put(_of(state, fact.subject).visits, (fact.reader, fact.visit), fact))


def beside_lesions(evolver: Evolver) -> Evolver:
    """Return the evolver of a response with the category kept beside the lesions, where there are any."""

    def changed(state: TrialState, event: Event[ResponseAssessed]) -> TrialState:
        fact, state = event.fact, evolver(state, event)
        tumour = state.tumours.get(fact.subject)
        if tumour is None:
            return state
        name = "derived" if fact.source is AssessmentSource.DERIVED else "reported"
        known = put(getattr(tumour, name), (fact.reader, fact.visit), fact.category)
        return _changed(state, fact.subject, **{name: known})

    return changed


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.LesionIdentified: _identified,
        events.LesionMeasured: _measured,
        events.TumourVisitCompleted: _completed,
    }
)
"""Fact type to its evolver."""
