"""How facts about suspensions and halts change the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import Evolver, put
from celltrial.conduct.facts.scope import events
from celltrial.conduct.facts.scope.state import HaltState, SuspensionState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.vocabulary import ResumeItem, ScopeStatus


def _suspension(state: TrialState, suspension: SuspensionState) -> TrialState:
    return state.changed(suspensions=put(state.suspensions, suspension.suspension, suspension))


def _halt(state: TrialState, halt: HaltState) -> TrialState:
    return state.changed(halts=put(state.halts, halt.halt, halt))


def _crossed(state: TrialState, event: Event[events.StoppingBoundaryCrossed]) -> TrialState:
    fact = event.fact
    return state.changed(crossed=put(state.crossed, (fact.rule, fact.target), fact.on_record))


def _suspended(state: TrialState, event: Event[events.ScopeSuspended]) -> TrialState:
    fact = event.fact
    return _suspension(
        state,
        SuspensionState(fact.suspension, fact.scope, fact.target, fact.cause, event.occurred, crossing=fact.crossing),
    )


def _evaluation(state: TrialState, event: Event[events.EvaluationOpened]) -> TrialState:
    return _suspension(state, replace(state.suspensions[event.fact.suspension], status=ScopeStatus.UNDER_EVALUATION))


def _item(state: TrialState, event: Event[events.ResumeItemRecorded]) -> TrialState:
    fact, suspension = event.fact, state.suspensions[event.fact.suspension]
    suspension = replace(suspension, items=(*suspension.items, fact))
    if fact.item is ResumeItem.SITE_ACCEPTANCE and suspension.is_lifted:
        opened = put(suspension.opened, fact.site, event.occurred)
        suspension = replace(suspension, sites=(*suspension.sites, fact.site), opened=opened)
    return _suspension(state, suspension)


def _resumed(state: TrialState, event: Event[events.ScopeResumed]) -> TrialState:
    suspension = state.suspensions[event.fact.suspension]
    if suspension.crossing is not None:
        key = (suspension.crossing.rule, suspension.target)
        state = state.changed(crossed=put(state.crossed, key, event.fact.on_record))
    opened = dict.fromkeys(event.fact.sites or ("",), event.occurred)
    return _suspension(state, replace(suspension, status=ScopeStatus.RESUMED, sites=event.fact.sites, opened=opened))


def _terminated(state: TrialState, event: Event[events.ScopeTerminated]) -> TrialState:
    return _suspension(state, replace(state.suspensions[event.fact.suspension], status=ScopeStatus.TERMINATED))


def _exception(state: TrialState, event: Event[events.InFlightExceptionSigned]) -> TrialState:
    key, subject = event.fact.suspension, event.fact.subject
    if key in state.halts:
        halt = state.halts[key]
        return _halt(state, replace(halt, exceptions=(*halt.exceptions, subject)))
    suspension = state.suspensions[key]
    return _suspension(state, replace(suspension, exceptions=(*suspension.exceptions, subject)))


def _halted(state: TrialState, event: Event[events.TrialHalted]) -> TrialState:
    fact = event.fact
    return _halt(state, HaltState(fact.halt, fact.cause, fact.batch, fact.event, event.occurred))


def _ruled_out(state: TrialState, event: Event[events.HaltCauseRuledOut]) -> TrialState:
    return _halt(state, replace(state.halts[event.fact.halt], ruled_out=True))


def _implemented(state: TrialState, event: Event[events.CorrectiveActionImplemented]) -> TrialState:
    halt = state.halts[event.fact.halt]
    return _halt(state, replace(halt, implemented=(*halt.implemented, event.fact)))


def _validated(state: TrialState, event: Event[events.CorrectiveActionValidated]) -> TrialState:
    halt = state.halts[event.fact.halt]
    return _halt(state, replace(halt, validated=(*halt.validated, event.fact)))


def _lifted(state: TrialState, event: Event[events.HaltLifted]) -> TrialState:
    return _halt(state, replace(state.halts[event.fact.halt], lifted=True, lifted_at=event.occurred))


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.StoppingBoundaryCrossed: _crossed,
        events.ScopeSuspended: _suspended,
        events.EvaluationOpened: _evaluation,
        events.ResumeItemRecorded: _item,
        events.ScopeResumed: _resumed,
        events.ScopeTerminated: _terminated,
        events.InFlightExceptionSigned: _exception,
        events.TrialHalted: _halted,
        events.HaltCauseRuledOut: _ruled_out,
        events.CorrectiveActionImplemented: _implemented,
        events.CorrectiveActionValidated: _validated,
        events.HaltLifted: _lifted,
    }
)
"""Fact type to its evolver."""
