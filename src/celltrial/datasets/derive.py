"""From events to every analysis table: the one entry of this room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.trial.events import (
    HistoricalSourceRegistered,
    ProtocolAmended,
    ProtocolApproved,
    TrialRegistered,
)
from celltrial.datasets.adae import derive_adae
from celltrial.datasets.adcm import derive_adcm
from celltrial.datasets.adex import derive_adex
from celltrial.datasets.adfu import derive_adfu
from celltrial.datasets.adlt import derive_adlt
from celltrial.datasets.admanu import derive_admanu
from celltrial.datasets.adpc import derive_adlb, derive_adpc
from celltrial.datasets.adrs import derive_adrs
from celltrial.datasets.adsl import derive_adsl
from celltrial.datasets.adtte import derive_adtte
from celltrial.datasets.analysis_plan import AnalysisPlan, plan_from_mapping, plan_from_protocol
from celltrial.datasets.derive_collection import derive_collection
from celltrial.datasets.event_log import EventLog, cut_events
from celltrial.datasets.milestones import milestones
from celltrial.datasets.trial_data import DataCut, TrialData
from celltrial.datasets.trial_level import derive_dose_decisions, derive_dose_levels, derive_suspensions
from celltrial.protocol import Protocol, load_canonical


def derive(
    events: Iterable[Event[Any]],
    protocol: Protocol | None = None,
    cut: DataCut | None = None,
    *,
    response_source: str | None = None,
) -> TrialData:
    """Return every table of a trial at a data cut.

    events:          in order of position, from any ledger.
    protocol:        for doses; None reads the version that was in force at the cut from the events.
    response_source: the reader of record; None takes the one of the protocol, or of the mapping of an import.
    Raises DAT-006 for a correction that does not fit the fact it corrects.

    >>> derive([]).adsl.height
    0
    """
    cut = cut or DataCut()
    log = cut_events(events, cut)
    plan = protocol or protocol_in_force(log)
    choices = analysis_plan(log, plan)
    if response_source is not None:
        choices = replace(choices, reader=response_source)
    steps = milestones(log)
    adrs = derive_adrs(log, steps)
    admanu = derive_admanu(log)
    last_date = log.last_date
    data = TrialData(
        trial=log.trial,
        cut=cut,
        last_date=last_date,
        plan=choices,
        facts=_facts(log),
        adsl=derive_adsl(log, steps, plan),
        adae=derive_adae(log, steps),
        adrs=adrs,
        adtte=derive_adtte(adrs, steps, source=choices.reader, rule=choices.course),
        adpc=derive_adpc(log, steps),
        adlb=derive_adlb(log, steps),
        adcm=derive_adcm(log, steps),
        adex=derive_adex(log, steps, plan),
        admanu=admanu,
        adfu=derive_adfu(log, plan, last_date),
        adlt=derive_adlt(steps, admanu, last_date),
        dose_levels=derive_dose_levels(plan),
        dose_decisions=derive_dose_decisions(log),
        suspensions=derive_suspensions(log),
    )
    return replace(data, collected=derive_collection(log, plan, data.tables()))


def analysis_plan(log: EventLog, protocol: Protocol | None) -> AnalysisPlan:
    """Return the plan of the protocol; for records without one, what the mapping of their import states."""
    if protocol is not None:
        return plan_from_protocol(protocol)
    stated = (fact.analysis for fact in log.facts(HistoricalSourceRegistered))
    return plan_from_mapping(next((each for each in stated if each is not None), None))


def protocol_in_force(log: EventLog) -> Protocol | None:
    """Return the last protocol approved or amended in the log; None before the first."""
    versions = _versions(log)
    return load_canonical(versions[-1].fact.document) if versions else None


def _versions(log: EventLog) -> list[Event[Any]]:
    kinds: tuple[type[Any], ...] = (ProtocolApproved, ProtocolAmended)
    return sorted((event for kind in kinds for event in log.of(kind)), key=lambda event: event.position)


def _facts(log: EventLog) -> MappingProxyType[str, object]:
    registered = next(iter(log.facts(TrialRegistered)), None)
    return MappingProxyType(
        {
            "events": len(log.events),
            "last_position": log.events[-1].position if log.events else 0,
            "title": registered.title if registered else "",
            "sponsor": registered.sponsor if registered else "",
            "origin": registered.origin.value if registered else "",
            "protocol_versions": tuple(event.fact.version for event in _versions(log)),
            "sources": tuple(fact.citation for fact in log.facts(HistoricalSourceRegistered)),
        }
    )
