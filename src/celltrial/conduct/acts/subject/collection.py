"""Decisions on collection and bridging therapy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.acts.subject.despite import changed_since, check_told, happened_anyway, told
from celltrial.conduct.acts.subject.mismatch import confirmed_scan, is_another, mismatch_facts, refuse_scan
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, batch_stream, subject_stream
from celltrial.conduct.facts.batch.events import BatchCollected
from celltrial.conduct.facts.permit.events import Permitted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import act_of
from celltrial.conduct.gates.collection import check_collection
from celltrial.conduct.gates.identity import check_scan
from celltrial.conduct.gates.permit import permit_at
from celltrial.conduct.gates.witness import check_witness
from celltrial.conduct.ruling import Ruling, fail
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.values import at_least, one_of


def _collect(state: TrialState, request: Request[commands.PerformLeukapheresis], now: datetime) -> Ruling:
    c = request.command
    act = act_of(state, c.subject, request.occurred)
    batch = state.batches[c.batch]
    about = batch_stream(c.batch)
    gate, seen = (
        [*check_collection(act, batch, c.operator)],
        [*check_witness("collection", c.witness, request, now, about)],
    )
    mismatch = [*check_scan(batch, c.identity, c.label)]
    fact = events.LeukapheresisPerformed(c.subject, act.site.site, c.batch, c.identity, c.operator, c.collected_cells)
    facts = [(subject_stream(c.subject), fact), (about, BatchCollected(c.batch, c.subject, request.occurred))]
    wrong = is_another(request, batch, c.subject)
    confirmed = [] if wrong else confirmed_scan("collection", batch, c.witness)
    if happened_anyway(c):
        unmet = [*gate, *seen, *mismatch]
        told_of = [
            *(mismatch_facts(request, batch, c.subject, "collection") if wrong else []),
            *told(request, unmet, "collection", act.about),
        ]
        return answer(request, check_told(request, now, about), *facts, *confirmed, *told_of)
    if wrong:
        return refuse_scan(request, (*gate, *seen, *mismatch), batch, c.subject, "collection")
    if batch.status is BatchStatus.PLANNED and permit_at(state, Permitted.COLLECTION, c, request.occurred) is not None:
        since = changed_since(request, gate, "collection", act.about)
        return answer(request, seen, *facts, *confirmed, *since)
    return answer(request, [*gate, *seen], *facts, *confirmed)


def _bridge(state: TrialState, request: Request[commands.RecordBridgingTherapy], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = []
    if act.subject.stage not in {Stage.ENROLLED, Stage.COLLECTED, Stage.READY}:
        failed.append(fail(Code.SUBJECT_STAGE, one_of(Stage.ENROLLED, Stage.COLLECTED), act.subject.stage, about))
    if c.ended is not None and c.ended < c.started:
        failed.append(fail(Code.ORDER_WRONG, at_least(c.started), c.ended, about, input="ended"))
    return answer(request, failed, (about, events.BridgingTherapyGiven(c.subject, c.therapy, c.started, c.ended)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {commands.PerformLeukapheresis: _collect, commands.RecordBridgingTherapy: _bridge}
)
"""Command type to its decider."""
