"""How facts about signatures change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, put, without
from celltrial.conduct.facts.signing import events
from celltrial.conduct.facts.signing.state import PendingAct
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.vocabulary import Signature


def _requested(state: TrialState, event: Event[events.SignatureRequested]) -> TrialState:
    act = PendingAct(event.fact, event.actor, event.occurred, event.precision, event.reason)
    return state.changed(pending=put(state.pending, event.fact.signing, act))


def _given(state: TrialState, event: Event[events.SignatureGiven]) -> TrialState:
    act, who, fact = state.pending[event.fact.signing], event.actor, event.fact
    signature = Signature(who.id, who.printed_name, who.role, fact.meaning, event.occurred)
    return state.changed(
        pending=put(state.pending, fact.signing, replace(act, given=(*act.given, (fact.part, signature))))
    )


def _over(state: TrialState, event: Event[Any]) -> TrialState:
    return state.changed(pending=without(state.pending, event.fact.signing))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.SignatureRequested: _requested,
        events.SignatureGiven: _given,
        events.SignatureDeclined: _over,
        events.SignatureWithdrawn: _over,
        events.SignedActCarriedOut: _over,
    }
)
"""Fact type to its evolver."""
