"""Decisions on permits: the whole gate of an act, before it happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer
from celltrial.conduct.acts.permit import commands
from celltrial.conduct.envelope import Request, subject_stream
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.permit.events import ActPermitted, Permitted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, act_of
from celltrial.conduct.gates.collection import check_collection
from celltrial.conduct.gates.infusion import check_infusion
from celltrial.conduct.gates.lymphodepletion import check_lymphodepletion
from celltrial.conduct.ruling import Condition, Ruling
from celltrial.conduct.timing import start_of_day
from celltrial.core.dates import Instant

#: How long cells may be given after the whole gate was found open.
INFUSION_LASTS: Final = timedelta(minutes=60)


def _judged(state: TrialState, request: Request[Any]) -> tuple[Act, BatchState]:
    c = request.command
    return act_of(state, c.subject, request.occurred), state.batches[c.batch]


def _end_of_day(act: Act) -> Instant:
    return Instant(start_of_day(act.today + timedelta(days=1), act.site.zone).utc - timedelta(seconds=1), act.site.zone)


def _permit(
    state: TrialState, request: Request[Any], kind: Permitted, until: Instant, failed: Iterable[Condition]
) -> Ruling:
    c = request.command
    fact = ActPermitted(kind, c.subject, c.batch, until, state.position)
    return answer(request, failed, (subject_stream(c.subject), fact))


def _collection(state: TrialState, request: Request[commands.PermitCollection], now: datetime) -> Ruling:  # noqa: ARG001
    act, batch = _judged(state, request)
    failed = check_collection(act, batch, request.command.operator)
    return _permit(state, request, Permitted.COLLECTION, _end_of_day(act), failed)


def _lymphodepletion(state: TrialState, request: Request[commands.PermitLymphodepletion], now: datetime) -> Ruling:  # noqa: ARG001
    act, batch = _judged(state, request)
    failed = check_lymphodepletion(act, batch, request.command.infusion)
    return _permit(state, request, Permitted.LYMPHODEPLETION, _end_of_day(act), failed)


def _infusion(state: TrialState, request: Request[commands.PermitInfusion], now: datetime) -> Ruling:  # noqa: ARG001
    act, batch = _judged(state, request)
    c, until = request.command, Instant(request.occurred.utc + INFUSION_LASTS, act.site.zone)
    return _permit(state, request, Permitted.INFUSION, until, check_infusion(act, batch, c.operator, c.route))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.PermitCollection: _collection,
        commands.PermitLymphodepletion: _lymphodepletion,
        commands.PermitInfusion: _infusion,
    }
)
"""Command type to its decider."""
