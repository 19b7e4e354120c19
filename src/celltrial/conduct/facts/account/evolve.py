"""How facts about accounts change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.account import events
from celltrial.conduct.facts.account.state import Account, Grant
from celltrial.conduct.facts.folding import Evolver, put, unchanged
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.vocabulary import ArmAccess


def _granted(state: TrialState, event: Event[events.AccessGranted]) -> TrialState:
    fact = event.fact
    known = state.accounts.get(fact.account, Account(fact.account, fact.printed_name))
    changed = replace(
        known,
        grants=(*known.grants, Grant(fact.role, fact.site, fact.arms)),
        was_unblinded=known.was_unblinded or fact.arms is ArmAccess.UNBLINDED,
    )
    return state.changed(accounts=put(state.accounts, fact.account, changed))


def _revoked(state: TrialState, event: Event[events.AccessRevoked]) -> TrialState:
    fact = event.fact
    known = state.accounts[fact.account]
    kept = tuple(grant for grant in known.grants if (grant.role, grant.site) != (fact.role, fact.site))
    return state.changed(accounts=put(state.accounts, fact.account, replace(known, grants=kept)))


def _reviewed(state: TrialState, event: Event[events.AuditTrailReviewed]) -> TrialState:
    return state.changed(reviews=put(state.reviews, event.fact.review, event.fact.position))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.AccessGranted: _granted,
        events.AccessRevoked: _revoked,
        events.CopyMade: unchanged,
        events.AuditTrailReviewed: _reviewed,
    }
)
"""Fact type to its evolver."""
