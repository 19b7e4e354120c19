"""How facts about documents change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.document.events import DocumentFiled, DocumentWithdrawn
from celltrial.conduct.facts.document.state import DocumentState
from celltrial.conduct.facts.folding import Evolver, put
from celltrial.conduct.facts.state import TrialState


def _filed(state: TrialState, event: Event[DocumentFiled]) -> TrialState:
    made = DocumentState(event.fact, event.occurred, event.actor.id)
    return state.changed(documents=put(state.documents, event.fact.document, made))


def _withdrawn(state: TrialState, event: Event[DocumentWithdrawn]) -> TrialState:
    known = replace(state.documents[event.fact.document], withdrawn=event.fact.why)
    return state.changed(documents=put(state.documents, event.fact.document, known))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType({DocumentFiled: _filed, DocumentWithdrawn: _withdrawn})
"""Fact type to its evolver."""
