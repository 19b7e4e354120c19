"""Decisions on custody: shipping, hand-overs, receipt, thaw, quarantine, recall, the end of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.batch import commands
from celltrial.conduct.acts.batch.making import check_move, check_state
from celltrial.conduct.acts.checks import Decider, answer, check_signatures, check_text
from celltrial.conduct.acts.subject.mismatch import confirmed_scan, refuse_scan
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role, batch_stream
from celltrial.conduct.facts.batch import events
from celltrial.conduct.facts.batch.state import UNUSED, BatchState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.gates.identity import check_scan
from celltrial.conduct.gates.witness import check_witness
from celltrial.conduct.ruling import Condition, Ruling, fail
from celltrial.conduct.timing import after
from celltrial.conduct.vocabulary import BatchStatus, Severity
from celltrial.core.quantities import Quantity
from celltrial.core.values import (
    ABSENT,
    UNKNOWN,
    Duration,
    Identifier,
    Value,
    all_of,
    as_written,
    at_least,
    at_most,
    message,
    more_than,
    one_of,
)
from celltrial.protocol.model.manufacturing import Custody


def _ship(state: TrialState, request: Request[commands.ShipBatch], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_move(batch, BatchStatus.SHIPPED), *check_text(c.courier, "courier", about, "courier")]
    if not batch.is_released:
        failed.append(fail(Code.BATCH_STATE, BatchStatus.RELEASED, batch.status, about, "2.1.3-g"))
    home = state.subjects[batch.subject].site
    if c.to_site != home:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                message("site_of_the_subject", site=Identifier(home)),
                as_written(c.to_site),
                about,
                "2.1.3-a",
                input="to_site",
            )
        )
    return answer(request, failed, (about, events.BatchShipped(c.batch, c.to_site, c.courier, c.shipment, c.freezer)))


#: States in which there is something to hand over.
_HELD: Final = tuple(
    item
    for item in BatchStatus
    if item not in {BatchStatus.PLANNED, BatchStatus.IN_PROCESS, BatchStatus.INFUSED, BatchStatus.DESTROYED}
)


def _custody_limits(state: TrialState) -> Custody | None:
    manufacturing = state.protocol.manufacturing if state.protocol is not None else None
    return manufacturing.custody if manufacturing is not None else None


def custody_breaks(state: TrialState, c: commands.HandOverBatch | events.CustodyHandedOver) -> list[Value]:
    """Return what breaks the chain of custody at this hand-over: a gap in time, or a temperature out of range."""
    limits = _custody_limits(state)
    found: list[Value] = []
    if limits is None:
        return found
    gap = limits.maximum_handover_gap
    if gap is not None and c.taken.utc > after(c.given, gap):
        minutes = int((c.taken.utc - c.given.utc).total_seconds() // 60)
        found.append(message("custody_gap", found=Duration(minutes, "min"), needed=at_most(gap.as_value())))
    low, high = limits.temperature_low_c, limits.temperature_high_c
    if low is not None and c.low_celsius is not None and c.low_celsius < Decimal(str(low)):
        found.append(message("custody_temperature", found=_celsius(c.low_celsius), needed=at_least(_celsius(low))))
    if high is not None and c.high_celsius is not None and c.high_celsius > Decimal(str(high)):
        found.append(message("custody_temperature", found=_celsius(c.high_celsius), needed=at_most(_celsius(high))))
    if (low is not None or high is not None) and (c.low_celsius is None or c.high_celsius is None):
        found.append(message("custody_temperature_unknown"))
    return found


def _celsius(degrees: Decimal | float) -> Quantity:
    return Quantity(Decimal(str(degrees)), "Cel")


def _handed_to(batch: BatchState, site: str) -> bool:
    """Tell whether the chain of custody since shipping ends with this site."""
    last = batch.custody[-1] if batch.custody else None
    return (
        last is not None and last.to_holder == site and (batch.shipped is None or last.taken.utc >= batch.shipped.utc)
    )


def _hand_over(state: TrialState, request: Request[commands.HandOverBatch], now: datetime) -> Ruling:
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_state(batch, *_HELD), *_check_hand_over(batch, c, now, about)]
    fact = events.CustodyHandedOver(
        c.batch, c.from_holder, c.to_holder, c.given, c.taken, c.low_celsius, c.high_celsius, c.signer
    )
    facts: list[tuple[str, Any]] = [(about, fact)]
    breaks = custody_breaks(state, c)
    if breaks and batch.can_move(BatchStatus.QUARANTINED):
        facts.extend(_quarantine_facts(batch, "custody", all_of(*breaks), request))
    return answer(request, failed, *facts)


def _check_hand_over(batch: BatchState, c: commands.HandOverBatch, now: datetime, about: str) -> Conditions:
    if c.taken.utc < c.given.utc:
        yield fail(Code.ORDER_WRONG, at_least(c.given), c.taken, about, input="taken")
    if c.signer is None or c.signer.signed.utc > now:
        found = ABSENT if c.signer is None else message("signed", when=c.signer.signed)
        yield fail(
            Code.SIGNATURE_MISSING, message("signature_for", holder=Identifier(c.to_holder)), found, about, "2.1.3-a"
        )
    if c.taken.utc > now:
        yield fail(Code.TIME_IN_FUTURE, at_most(now), c.taken, about, input="taken")
    if batch.custody:
        last = batch.custody[-1]
        if c.from_holder != last.to_holder:
            yield fail(
                Code.ORDER_WRONG,
                message("given_by", holder=Identifier(last.to_holder)),
                as_written(c.from_holder),
                about,
                "2.1.3-a",
                input="from_holder",
            )
        if c.given.utc < last.taken.utc:
            yield fail(Code.ORDER_WRONG, at_least(last.taken), c.given, about, input="given")


def _quarantine_facts(batch: BatchState, cause: str, detail: Value, request: Request[Any]) -> list[tuple[str, Any]]:
    about = batch_stream(batch.batch)
    key = f"{cause}/{batch.batch}/{request.occurred.utc.isoformat()}"
    alert = AlertRaised(key, Severity.CRITICAL, Code.ALERT_CUSTODY, about, detail, Role.QUALITY_ASSURANCE)
    return [(about, events.BatchQuarantined(batch.batch, cause, ABSENT, detail)), (TRIAL, alert)]


def _receive_material(state: TrialState, request: Request[commands.ReceiveMaterial], now: datetime) -> Ruling:
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [
        *check_state(batch, BatchStatus.COLLECTED),
        *check_text(c.facility, "facility", about, "facility"),
        *check_witness("material_receipt", c.witness, request, now, about),
    ]
    mismatch = [*check_scan(batch, c.identity, c.label)]
    if mismatch:
        return refuse_scan(request, (*failed, *mismatch), batch, batch.subject, "material_receipt")
    facts: list[tuple[str, Any]] = [(about, events.MaterialReceived(c.batch, c.facility, c.intact))]
    facts += confirmed_scan("material_receipt", batch, c.witness)
    if not c.intact:
        facts.extend(_quarantine_facts(batch, "receipt", message("not_intact"), request))
    return answer(request, failed, *facts)


def _receive(state: TrialState, request: Request[commands.ReceiveBatch], now: datetime) -> Ruling:
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_move(batch, BatchStatus.RECEIVED)]
    home = state.subjects[batch.subject].site
    if c.site != home:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                message("site_of_the_subject", site=Identifier(home)),
                as_written(c.site),
                about,
                "2.1.3-a",
                input="site",
            )
        )
    failed.extend(check_witness("receipt", c.witness, request, now, about))
    mismatch = [*check_scan(batch, c.identity, c.label)]
    if mismatch:
        return refuse_scan(request, (*failed, *mismatch), batch, batch.subject, "receipt")
    facts: list[tuple[str, Any]] = [(about, events.BatchReceived(c.batch, c.site, c.identity, c.intact))]
    facts += confirmed_scan("receipt", batch, c.witness)
    broken: list[Value] = [] if c.intact else [message("not_intact")]
    if _custody_limits(state) is not None and not _handed_to(batch, c.site):
        broken.append(message("custody_not_handed_to", site=Identifier(c.site)))
    if broken:
        facts.extend(_quarantine_facts(batch, "receipt", all_of(*broken), request))
    return answer(request, failed, *facts)


def _thaw(state: TrialState, request: Request[commands.ThawBatch], now: datetime) -> Ruling:
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_move(batch, BatchStatus.THAWED)]
    if batch.expires is not None and batch.expires.utc <= request.occurred.utc:
        failed.append(fail(Code.BATCH_EXPIRED, message("unexpired_batch"), batch.expires, about))
    if c.use_by.utc <= request.occurred.utc:
        failed.append(fail(Code.VALUE_NOT_USABLE, more_than(request.occurred), c.use_by, about, input="use_by"))
    failed.extend(check_witness("thaw", c.witness, request, now, about))
    failed.extend(_check_thawed_bags(batch, c.bags, about))
    mismatch = [*check_scan(batch, c.identity, c.label)]
    if mismatch:
        return refuse_scan(request, (*failed, *mismatch), batch, batch.subject, "thaw")
    seen = confirmed_scan("thaw", batch, c.witness)
    return answer(request, failed, (about, events.BatchThawed(c.batch, c.identity, c.use_by, c.bags)), *seen)


def _check_thawed_bags(batch: BatchState, bags: tuple[str, ...], about: str) -> Conditions:
    """Yield bags to be thawed that are not left in the batch; of a batch in bags those that are thawed must be named."""
    if bool(bags) is not bool(batch.bags):
        needed = message("bags_named") if batch.bags else message("no_bags")
        yield fail(Code.BAG_NOT_USABLE, needed, as_written(", ".join(bags)) if bags else ABSENT, about, input="bags")
    left = [bag.bag for bag in batch.left if bag.bag not in batch.thawed_bags]
    for name in bags if batch.bags else ():
        if name not in left:
            known = one_of(*map(Identifier, left)) if left else ABSENT
            yield fail(Code.BAG_NOT_USABLE, known, as_written(name), about, input="bags")


def _quarantine(state: TrialState, request: Request[commands.QuarantineBatch], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_move(batch, BatchStatus.QUARANTINED), *check_text(c.cause, "cause", about, "cause")]
    return answer(request, failed, (about, events.BatchQuarantined(c.batch, c.cause, ABSENT, as_written(c.detail))))


def _lift(state: TrialState, request: Request[commands.LiftQuarantine], now: datetime) -> Ruling:
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed: list[Condition] = [*check_signatures(c.signatures, [Role.QUALITY_ASSURANCE], now, about)]
    failed.extend(check_text(c.evidence, "evidence", about, "evidence"))
    if batch.status is not BatchStatus.QUARANTINED or batch.before_quarantine is None:
        failed.append(fail(Code.BATCH_STATE, BatchStatus.QUARANTINED, batch.status, about))
        return answer(request, failed)
    if batch.recalled:
        failed.append(fail(Code.BATCH_RECALLED, message("batch_not_recalled"), message("recalled"), about))
    fact = events.QuarantineLifted(c.batch, batch.before_quarantine, c.evidence, c.signatures)
    return answer(request, failed, (about, fact))


def _recall(state: TrialState, request: Request[commands.RecallBatch], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_text(c.cause, "cause", about, "cause")]
    if not batch.is_released or batch.status not in {*UNUSED, BatchStatus.RETURNED}:
        failed.append(fail(Code.BATCH_STATE, message("released_and_not_infused"), batch.status, about))
    facts: list[tuple[str, Any]] = [(about, events.BatchRecalled(c.batch, batch.subject, c.cause))]
    if batch.can_move(BatchStatus.QUARANTINED):
        facts.append((about, events.BatchQuarantined(c.batch, "recall", ABSENT, as_written(c.cause))))
    return answer(request, failed, *facts)


def _expire(state: TrialState, request: Request[commands.ExpireBatch], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_move(batch, BatchStatus.EXPIRED)]
    if batch.expires is None or batch.expires.utc > request.occurred.utc:
        found = UNKNOWN if batch.expires is None else batch.expires
        failed.append(fail(Code.ORDER_WRONG, at_most(request.occurred), found, about))
    return answer(request, failed, (about, events.BatchExpired(c.batch)))


def _return(state: TrialState, request: Request[commands.ReturnBatch], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_move(batch, BatchStatus.RETURNED), *check_text(c.why, "reason", about, "why")]
    return answer(request, failed, (about, events.BatchReturned(c.batch, c.why)))


def _destroy(state: TrialState, request: Request[commands.DestroyBatch], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_move(batch, BatchStatus.DESTROYED), *check_text(c.why, "reason", about, "why")]
    return answer(request, failed, (about, events.BatchDestroyed(c.batch, c.why)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.ShipBatch: _ship,
        commands.HandOverBatch: _hand_over,
        commands.ReceiveMaterial: _receive_material,
        commands.ReceiveBatch: _receive,
        commands.ThawBatch: _thaw,
        commands.QuarantineBatch: _quarantine,
        commands.LiftQuarantine: _lift,
        commands.RecallBatch: _recall,
        commands.ExpireBatch: _expire,
        commands.ReturnBatch: _return,
        commands.DestroyBatch: _destroy,
    }
)
"""Command type to its decider."""
