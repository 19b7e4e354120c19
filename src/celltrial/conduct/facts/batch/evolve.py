"""How facts about a batch change the state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.batch import events
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.folding import Evolver, change_batch, change_subject, put, unchanged
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.vocabulary import BatchStatus


def _moved(to: BatchStatus) -> Evolver:
    def moved(state: TrialState, event: Event[Any]) -> TrialState:
        return change_batch(state, event.fact.batch, status=to, since=event.occurred)

    return moved


def _planned(state: TrialState, event: Event[events.BatchPlanned]) -> TrialState:
    fact, subject = event.fact, state.subjects[event.fact.subject]
    batch = BatchState(fact.batch, fact.subject, fact.identity, fact.attempt)
    changed = state.changed(batches=put(state.batches, fact.batch, batch))
    return change_subject(changed, fact.subject, batches=(*subject.batches, fact.batch))


def _started(state: TrialState, event: Event[events.ManufactureStarted]) -> TrialState:
    fact = event.fact
    changed = change_batch(
        state, fact.batch, status=BatchStatus.IN_PROCESS, process_version=fact.process_version,
        process_run=fact.process_run, lots=fact.lots, attempt=fact.attempt,
    )  # fmt: skip
    return change_subject(changed, fact.subject, manufacture_attempts=fact.attempt)


def _completed(state: TrialState, event: Event[events.ManufactureCompleted]) -> TrialState:
    fact = event.fact
    return change_batch(state, fact.batch, status=BatchStatus.QC, since=event.occurred, made=fact.total_cells)


def _tested(state: TrialState, event: Event[events.QualityTested]) -> TrialState:
    tests = put(state.batches[event.fact.batch].tests, event.fact.attribute, event.fact)
    return change_batch(state, event.fact.batch, tests=tests)


def _preservation(state: TrialState) -> str:
    """Return how the protocol in force says the product is kept, "" where it does not."""
    manufacturing = state.protocol.manufacturing if state.protocol is not None else None
    return manufacturing.preservation or "" if manufacturing is not None else ""


def _released(state: TrialState, event: Event[events.BatchReleased]) -> TrialState:
    fact = event.fact
    return change_batch(
        state, fact.batch, status=BatchStatus.RELEASED, is_released=True, cells=fact.cells, basis=fact.basis,
        expires=fact.expires, stated_at=event.position, since=event.occurred, preservation=_preservation(state),
        bags=fact.bags,
    )  # fmt: skip


def _rejected(state: TrialState, event: Event[events.BatchRejected]) -> TrialState:
    return change_batch(state, event.fact.batch, status=BatchStatus.REJECTED, is_released=False)


def _out_of_specification(state: TrialState, event: Event[events.BatchOutOfSpecification]) -> TrialState:
    fact = event.fact
    return change_batch(
        state, fact.batch, status=BatchStatus.OOS, is_out_of_specification=True, cells=fact.cells, basis=fact.basis,
        expires=fact.expires, stated_at=event.position, preservation=_preservation(state),
    )  # fmt: skip


def _use_approved(state: TrialState, event: Event[events.OutOfSpecificationUseApproved]) -> TrialState:
    return change_batch(state, event.fact.batch, oos_use_approved=True, is_released=True, since=event.occurred)


def _quarantined(state: TrialState, event: Event[events.BatchQuarantined]) -> TrialState:
    status = state.batches[event.fact.batch].status
    again = status is BatchStatus.QUARANTINED
    aside = state.batches[event.fact.batch].set_aside if again else event.occurred
    before = state.batches[event.fact.batch].before_quarantine if status is BatchStatus.QUARANTINED else status
    return change_batch(
        state, event.fact.batch, status=BatchStatus.QUARANTINED, before_quarantine=before, set_aside=aside
    )


def _lifted(state: TrialState, event: Event[events.QuarantineLifted]) -> TrialState:
    return change_batch(
        state, event.fact.batch, status=event.fact.returns_to, before_quarantine=None, since=event.occurred
    )


def _recalled(state: TrialState, event: Event[events.BatchRecalled]) -> TrialState:
    return change_batch(state, event.fact.batch, recalled=True, is_released=False, recalled_at=event.occurred)


def _shipped(state: TrialState, event: Event[events.BatchShipped]) -> TrialState:
    fact = event.fact
    return change_batch(
        state, fact.batch, status=BatchStatus.SHIPPED, courier=fact.courier, shipment=fact.shipment,
        freezer=fact.freezer, shipped=event.occurred, since=event.occurred,
    )  # fmt: skip


def _handed_over(state: TrialState, event: Event[events.CustodyHandedOver]) -> TrialState:
    custody = (*state.batches[event.fact.batch].custody, event.fact)
    return change_batch(state, event.fact.batch, custody=custody)


def _received(state: TrialState, event: Event[events.BatchReceived]) -> TrialState:
    fact = event.fact
    return change_batch(
        state,
        fact.batch,
        status=BatchStatus.RECEIVED,
        received_intact=fact.intact,
        received_at_site=fact.site,
        since=event.occurred,
    )


def _thawed(state: TrialState, event: Event[events.BatchThawed]) -> TrialState:
    batch, fact = state.batches[event.fact.batch], event.fact
    use_by = fact.use_by if batch.expires is None or fact.use_by.utc < batch.expires.utc else batch.expires
    return change_batch(
        state, fact.batch, status=BatchStatus.THAWED, expires=use_by, since=event.occurred, thawed=event.occurred,
        thawed_bags=(*batch.thawed_bags, *fact.bags), frozen_until=batch.frozen_until or batch.expires,
    )  # fmt: skip


def _infused(state: TrialState, event: Event[events.BatchInfused]) -> TrialState:
    """A batch is used when its bags are; what is left of one that was thawed in part is as frozen as it was."""
    batch, fact = state.batches[event.fact.batch], event.fact
    used = batch.changed(used_bags=(*batch.used_bags, *fact.bags))
    if not used.left:
        return change_batch(
            state, fact.batch, status=BatchStatus.INFUSED, since=event.occurred, used_bags=used.used_bags
        )
    waiting = [bag.bag for bag in used.left if bag.bag in batch.thawed_bags]
    if waiting or batch.status is not BatchStatus.THAWED:
        return change_batch(state, fact.batch, used_bags=used.used_bags)
    return change_batch(
        state, fact.batch, status=BatchStatus.RECEIVED, since=event.occurred, used_bags=used.used_bags,
        expires=batch.frozen_until or batch.expires, frozen_until=None, thawed=None,
    )  # fmt: skip


EVOLVERS: Final[Mapping[type[Any], Evolver]] = MappingProxyType(
    {
        events.BatchPlanned: _planned,
        events.BatchCollected: _moved(BatchStatus.COLLECTED),
        events.MaterialReceived: _moved(BatchStatus.MATERIAL_RECEIVED),
        events.ManufactureStarted: _started,
        events.ManufactureFailed: _moved(BatchStatus.FAILED),
        events.ManufactureCompleted: _completed,
        events.QualityTested: _tested,
        events.BatchReleased: _released,
        events.BatchRejected: _rejected,
        events.BatchOutOfSpecification: _out_of_specification,
        events.OutOfSpecificationUseApproved: _use_approved,
        events.BatchQuarantined: _quarantined,
        events.QuarantineLifted: _lifted,
        events.BatchRecalled: _recalled,
        events.BatchShipped: _shipped,
        events.CustodyHandedOver: _handed_over,
        events.BatchReceived: _received,
        events.BatchThawed: _thawed,
        events.BatchExpired: _moved(BatchStatus.EXPIRED),
        events.BatchInfused: _infused,
        events.BatchReturned: _moved(BatchStatus.RETURNED),
        events.BatchDestroyed: _moved(BatchStatus.DESTROYED),
        events.IdentityConfirmed: unchanged,
        events.IdentityMismatchFound: unchanged,
    }
)
"""Fact type to its evolver."""
