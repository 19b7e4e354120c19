"""The fold: `evolve(state, event) -> state`, one visible table from fact type to evolver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.account.duties import REMEMBERED, remembering
from celltrial.conduct.facts.account.evolve import EVOLVERS as ACCOUNT
from celltrial.conduct.facts.assessment.events import ResponseAssessed
from celltrial.conduct.facts.assessment.evolve import EVOLVERS as ASSESSMENT
from celltrial.conduct.facts.batch.evolve import EVOLVERS as BATCH
from celltrial.conduct.facts.cohort.evolve import EVOLVERS as COHORT
from celltrial.conduct.facts.document.evolve import EVOLVERS as DOCUMENT
from celltrial.conduct.facts.folding import Evolver
from celltrial.conduct.facts.follow_up.evolve import EVOLVERS as FOLLOW_UP
from celltrial.conduct.facts.permit.evolve import EVOLVERS as PERMIT
from celltrial.conduct.facts.safety.evolve import EVOLVERS as SAFETY
from celltrial.conduct.facts.scope.evolve import EVOLVERS as SCOPE
from celltrial.conduct.facts.signing.evolve import EVOLVERS as SIGNING
from celltrial.conduct.facts.site.evolve import EVOLVERS as SITE
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.facts.subject.evolve import EVOLVERS as SUBJECT
from celltrial.conduct.facts.trial.evolve import EVOLVERS as TRIAL
from celltrial.conduct.facts.tumour.evolve import EVOLVERS as TUMOUR
from celltrial.conduct.facts.tumour.evolve import beside_lesions

_AREAS: Final[Mapping[type[Any], Evolver]] = {
    **TRIAL, **ACCOUNT, **SIGNING, **PERMIT, **DOCUMENT, **SITE, **SUBJECT, **BATCH, **COHORT, **SCOPE, **SAFETY, **ASSESSMENT, **TUMOUR, **FOLLOW_UP,
}  # fmt: skip

EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        **_AREAS,
        **{kind: remembering(kind, _AREAS[kind]) for kind in REMEMBERED},
        ResponseAssessed: beside_lesions(_AREAS[ResponseAssessed]),
    }
)
"""Fact type to evolver; holds every type of `events.EVENTS`."""


def evolve(state: TrialState, event: Event[Any]) -> TrialState:
    """Return the state after one event.

    Total over `events.EVENTS`; an event that the ledger holds was accepted by `decide` on the state before it.
    """
    changed = EVOLVERS[type(event.fact)](state, event)
    return changed.changed(position=event.position)


def fold(events: Iterable[Event[Any]], state: TrialState = EMPTY) -> TrialState:
    """Return the state after these events, in order: `evolve` of each, with the position written once at the end.

    No evolver reads the position of the state, and copying the state for it would be a third of the work.
    """
    position = state.position
    for event in events:
        state = EVOLVERS[type(event.fact)](state, event)
        position = event.position
    return state.changed(position=position)
