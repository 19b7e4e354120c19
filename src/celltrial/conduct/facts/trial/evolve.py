"""How facts about the whole trial change its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, put, unchanged, without
from celltrial.conduct.facts.state import Alert, Change, ProtocolVersion, Task, TrialState
from celltrial.conduct.facts.trial import events
from celltrial.conduct.facts.trial.corrections import apply_correction
from celltrial.conduct.plan import compile_plan


def _registered(state: TrialState, event: Event[events.TrialRegistered]) -> TrialState:
    fact = event.fact
    persons, installation = fact.persons_known, fact.installation
    return state.changed(trial=fact.trial, origin=fact.origin, persons=persons, installation=installation)


def _source(state: TrialState, event: Event[events.HistoricalSourceRegistered]) -> TrialState:
    return state.changed(sources=put(state.sources, event.fact.source, event.fact.sha256))


def _protocol(state: TrialState, event: Event[Any]) -> TrialState:
    fact: events.ProtocolApproved | events.ProtocolAmended = event.fact
    plan = compile_plan(fact.document)
    reconsent = fact.reconsent if isinstance(fact, events.ProtocolAmended) else True
    version = ProtocolVersion(fact.version, fact.sha256, event.occurred, reconsent, plan)
    stage = state.stage or plan.protocol.trial.phase
    return state.changed(versions=(*state.versions, version), stage=stage)


def _alert(state: TrialState, event: Event[events.AlertRaised]) -> TrialState:
    fact = event.fact
    alert = Alert(fact.alert, fact.severity, fact.code, fact.about, fact.for_role)
    return state.changed(alerts=put(state.alerts, fact.alert, alert))


def _acknowledged(state: TrialState, event: Event[events.AlertAcknowledged]) -> TrialState:
    alert = replace(state.alerts[event.fact.alert], acknowledged=True)
    return state.changed(alerts=put(state.alerts, alert.alert, alert))


def _task(state: TrialState, event: Event[events.TaskOpened]) -> TrialState:
    fact = event.fact
    return state.changed(
        tasks=put(state.tasks, fact.task, Task(fact.task, fact.kind, fact.about, fact.owner, fact.due))
    )


def _task_closed(state: TrialState, event: Event[events.TaskClosed]) -> TrialState:
    return state.changed(tasks=without(state.tasks, event.fact.task))


def _evidence(state: TrialState, event: Event[events.EvidenceReviewed]) -> TrialState:
    known = state.evidence_reviewed
    return state.changed(evidence_reviewed=event.fact.on if known is None else max(known, event.fact.on))


def _adults(state: TrialState, event: Event[events.AdultReviewSigned]) -> TrialState:
    return state.changed(adults_reviewed=event.fact.on)


def _cut(state: TrialState, event: Event[events.DataCutTaken]) -> TrialState:
    return state.changed(cuts=put(state.cuts, event.fact.cut, (event.fact.position, event.fact.sha256)))


def _transition(state: TrialState, event: Event[events.TransitionSigned]) -> TrialState:
    return state.changed(stage=event.fact.to_stage)


def _change(state: TrialState, event: Event[events.ManufacturingChangeRecorded]) -> TrialState:
    return state.changed(changes=put(state.changes, event.fact.change, Change(event.fact)))


def _comparability(state: TrialState, event: Event[events.ComparabilityConcluded]) -> TrialState:
    change = replace(state.changes[event.fact.change], conclusion=event.fact.conclusion)
    return state.changed(changes=put(state.changes, event.fact.change, change))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.TrialRegistered: _registered,
        events.HistoricalSourceRegistered: _source,
        events.ProtocolApproved: _protocol,
        events.ProtocolAmended: _protocol,
        events.AlertRaised: _alert,
        events.AlertAcknowledged: _acknowledged,
        events.TaskOpened: _task,
        events.TaskClosed: _task_closed,
        events.DeviationRecorded: unchanged,
        events.EvidenceReviewed: _evidence,
        events.AdultReviewSigned: _adults,
        events.DataCutTaken: _cut,
        events.MonitoringReportIssued: unchanged,
        events.TransitionSigned: _transition,
        events.ManufacturingChangeRecorded: _change,
        events.ComparabilityConcluded: _comparability,
        events.ValueVerified: unchanged,
        events.FactCorrected: apply_correction,
    }
)
"""Fact type to its evolver."""
