"""How permits change the state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, put
from celltrial.conduct.facts.permit.events import ActPermitted
from celltrial.conduct.facts.permit.state import Permit
from celltrial.conduct.facts.state import TrialState


def _permitted(state: TrialState, event: Event[ActPermitted]) -> TrialState:
    fact = event.fact
    key = (fact.act, fact.subject, fact.batch)
    held = (*state.permits.get(key, ()), Permit(fact, event.occurred))
    return state.changed(permits=put(state.permits, key, held))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType({ActPermitted: _permitted})
"""Fact type to its evolver."""
