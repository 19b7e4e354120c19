"""A suspected product-quality cause of an adverse event halts the whole trial and quarantines by genealogy (C8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import TRIAL, batch_stream
from celltrial.conduct.facts.batch.events import BatchQuarantined
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.scope.events import TrialHalted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.vocabulary import BatchStatus, Origin, QualityCause
from celltrial.core.dates import Instant
from celltrial.core.values import Duration, Identifier, Term, Value, all_of, as_written, message

_COURIER_DAYS: Final = timedelta(days=7)
Link = Callable[[BatchState, BatchState], Value | None]


def _run(one: BatchState, other: BatchState) -> Value | None:
    same = one.process_run and one.process_run == other.process_run
    return message("same.process_run", run=Identifier(one.process_run)) if same else None


def _lots(one: BatchState, other: BatchState) -> Value | None:
    shared = sorted(set(one.lots) & set(other.lots), key=lambda item: (item.kind, item.lot))
    lots = [message("same.lot", kind=Term("material", item.kind), lot=Identifier(item.lot)) for item in shared]
    return all_of(*lots) if lots else None


def _transport(one: BatchState, other: BatchState) -> Value | None:
    if one.shipment and one.shipment == other.shipment:
        return message("same.shipment", shipment=Identifier(one.shipment))
    if one.shipped is None or other.shipped is None or one.courier != other.courier:
        return None
    near = abs(one.shipped.utc - other.shipped.utc) <= _COURIER_DAYS
    return (
        message("same.courier", courier=as_written(one.courier), within=Duration(_COURIER_DAYS.days)) if near else None
    )


def _freezer(one: BatchState, other: BatchState) -> Value | None:
    same = one.freezer and one.freezer == other.freezer
    return message("same.freezer", freezer=Identifier(one.freezer)) if same else None


LINKS: Final[Mapping[QualityCause, tuple[Link, ...]]] = MappingProxyType(
    {
        QualityCause.RELEASE: (_run, _lots),
        QualityCause.QUALITY_CONTROL: (_run, _lots),
        QualityCause.TRANSPORT: (_transport,),
        QualityCause.STORAGE: (_freezer, _transport),
        QualityCause.PRE_INFUSION_TEST: (_run, _lots, _transport, _freezer),
    }
)
"""Cause of a halt to what makes another batch a sibling of the implicated one."""


def linked_batches(state: TrialState, cause: QualityCause, batch_id: str) -> list[tuple[BatchState, Value]]:
    """Return the batches that share with the implicated one what the cause is about, and what they share."""
    source = state.batches.get(batch_id)
    if source is None:
        return []
    found = []
    for other in state.batches.values():
        shared = [item for link in LINKS[cause] if (item := link(source, other)) is not None]
        if other.batch == batch_id or shared:
            found.append((other, all_of(*shared) if shared else message("implicated")))
    return found


def watch_quality_cause(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield a halt where an adverse event is suspected to come from release, testing, transport or storage.

    Each cause suspected of an event halts once, also after the halt for another cause was lifted: its batches are others.
    """
    if fact.quality_cause is None or state.origin is Origin.RETROSPECTIVE:
        return
    known = [item for item in state.halts.values() if item.event == fact.event]
    if any(item.cause is fact.quality_cause for item in known):
        return
    key = f"halt/{fact.event}/{fact.quality_cause}" if known else f"halt/{fact.event}"
    yield TRIAL, TrialHalted(key, fact.quality_cause, _implicated(state, fact.subject, fact.event), fact.event)


def _implicated(state: TrialState, subject_id: str, event: str) -> str:
    """Return the batch given last before an event may have begun; the first where none was, "" before any infusion."""
    subject = state.subjects[subject_id]
    onset = subject.adverse_events[event].latest
    given = [item.batch for item in subject.infusions if item.at.local_date <= onset]
    return (given or [item.batch for item in subject.infusions[:1]] or [""])[-1]


def watch_halt(state: TrialState, fact: TrialHalted, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the quarantine of every batch linked to the implicated one that could still be given."""
    for batch, shared in linked_batches(state, fact.cause, fact.batch):
        if batch.status is not BatchStatus.QUARANTINED and batch.can_move(BatchStatus.QUARANTINED):
            yield batch_stream(batch.batch), BatchQuarantined(batch.batch, "halt", shared, Identifier(fact.halt))


def watch_genealogy(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the quarantine of a batch that comes to share with an implicated one what a halt in force is about."""
    for halt in state.halts.values():
        if halt.lifted or halt.ruled_out:
            continue
        for batch, shared in linked_batches(state, halt.cause, halt.batch):
            if batch.batch == fact.batch and batch.can_move(BatchStatus.QUARANTINED):
                yield batch_stream(batch.batch), BatchQuarantined(batch.batch, "halt", shared, Identifier(halt.halt))
                return
