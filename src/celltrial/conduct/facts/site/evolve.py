"""How facts about a site change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, put
from celltrial.conduct.facts.site import events
from celltrial.conduct.facts.site.state import SiteState
from celltrial.conduct.facts.state import TrialState


def _set(state: TrialState, site: SiteState) -> TrialState:
    return state.changed(sites=put(state.sites, site.site, site))


def _activated(state: TrialState, event: Event[events.SiteActivated]) -> TrialState:
    fact = event.fact
    resources = {item.name: item.quantity for item in fact.resources}
    return _set(
        state,
        SiteState(fact.site, fact.zone, fact.protocol_version, resources=resources, since={"version": event.occurred}),
    )


def _counted(state: TrialState, event: Event[events.ResourceCounted]) -> TrialState:
    site, fact = state.sites[event.fact.site], event.fact
    rose = fact.quantity > site.resources.get(fact.resource, 0)
    since = put(site.since, f"stock/{fact.resource}", event.occurred) if rose else site.since
    return _set(state, replace(site, resources=put(site.resources, fact.resource, fact.quantity), since=since))


def _qualified(state: TrialState, event: Event[events.OperatorQualified]) -> TrialState:
    site, fact = state.sites[event.fact.site], event.fact
    kept = tuple(
        item for item in site.qualifications if (item.operator, item.procedure) != (fact.operator, fact.procedure)
    )
    since = put(site.since, f"training/{fact.operator}/{fact.procedure}", event.occurred)
    return _set(state, replace(site, qualifications=(*kept, fact), since=since))


def _instruction(state: TrialState, event: Event[events.InstructionIssued]) -> TrialState:
    return state.changed(instructions=put(state.instructions, event.fact.procedure, event.fact.instruction))


def _accepted(state: TrialState, event: Event[events.VersionAccepted]) -> TrialState:
    site = state.sites[event.fact.site]
    return _set(state, replace(site, version=event.fact.version, since=put(site.since, "version", event.occurred)))


def _closed(state: TrialState, event: Event[events.SiteClosed]) -> TrialState:
    return _set(state, replace(state.sites[event.fact.site], is_open=False))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.SiteActivated: _activated,
        events.ResourceCounted: _counted,
        events.OperatorQualified: _qualified,
        events.InstructionIssued: _instruction,
        events.VersionAccepted: _accepted,
        events.SiteClosed: _closed,
    }
)
"""Fact type to its evolver."""
