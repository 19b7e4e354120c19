"""Decisions on making a batch: plan, attempts, failure, tests, release, the out-of-specification path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.batch import commands
from celltrial.conduct.acts.checks import Decider, answer, check_free, check_reason, check_signatures, check_text
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role, batch_stream, subject_stream
from celltrial.conduct.facts.batch import events
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import DeviationRecorded
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.gates.release import check_release_tests
from celltrial.conduct.ruling import Ruling, fail
from celltrial.conduct.timing import after
from celltrial.conduct.views.rescue import rescue_due, rescue_task
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind
from celltrial.core.dates import Instant
from celltrial.core.terms import same_term
from celltrial.core.truth import Truth
from celltrial.core.units import is_unit
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Count,
    Identifier,
    Protected,
    Term,
    as_value,
    as_written,
    at_most,
    between,
    less_than,
    message,
    more_than,
    names,
    one_of,
)
from celltrial.protocol.model.manufacturing import Manufacturing
from celltrial.protocol.regimen import regimen_of

#: Who signs the use of a batch out of specification; the protocol may ask for more and never for less.
_OOS_ROLES: Final = (Role.INVESTIGATOR, Role.MEDICAL_MONITOR, Role.QUALITY_ASSURANCE)


def check_move(batch: BatchState, to: BatchStatus) -> Conditions:
    """Yield an illegal move of a batch."""
    if not batch.can_move(to):
        yield fail(Code.BATCH_STATE, message("state_that_may_become", to=to), batch.status, batch_stream(batch.batch))


def check_state(batch: BatchState, *allowed: BatchStatus) -> Conditions:
    """Yield a batch that is in none of the states in which an act is possible."""
    if batch.status not in allowed:
        yield fail(Code.BATCH_STATE, names(allowed), batch.status, batch_stream(batch.batch))


def _manufacturing(state: TrialState) -> Manufacturing | None:
    return state.protocol.manufacturing if state.protocol is not None else None


def _plan(state: TrialState, request: Request[commands.PlanBatch], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    subject = state.subjects[c.subject]
    failed = [*check_free(about, c.batch, state.batches)]
    if subject.enrolled is None or not subject.is_active:
        failed.append(
            fail(Code.SUBJECT_STAGE, message("enrolled_and_active"), subject.stage, subject_stream(c.subject))
        )
    regimen = regimen_of(state.protocol) if state.protocol is not None else None
    if regimen is not None and regimen.following(subject.done) is None:
        given, doses = len(subject.infusions), len(regimen.rounds)
        needed = message("administration_of_the_plan") if regimen.is_stated else less_than(Count(doses, "dose"))
        field = "treatment.courses" if regimen.is_stated else "dose.repeat.doses"
        failed.append(fail(Code.DOSES_EXHAUSTED, needed, given, subject_stream(c.subject), "2.2.2.3-f", field))
    attempt = subject.manufacture_attempts + 1
    failed.extend(_check_attempts(state, attempt, about))
    return answer(request, failed, (about, events.BatchPlanned(c.batch, c.subject, subject.identity, attempt)))


def _check_attempts(state: TrialState, attempt: int, about: str) -> Conditions:
    manufacturing = _manufacturing(state)
    plan = manufacturing.failure_plan if manufacturing is not None else None
    field = "manufacturing.failure_plan.maximum_attempts"
    if plan is None and attempt > 1:
        yield fail(Code.PROTOCOL_SILENT, message("number_of_attempts"), NOT_STATED, about, "2.1.3-h", field)
    elif plan is not None and attempt > plan.maximum_attempts:
        yield fail(
            Code.ATTEMPTS_EXHAUSTED, at_most(Count(plan.maximum_attempts, "attempt")), attempt, about, "2.1.3-h", field
        )


def _check_process(state: TrialState, version: str, about: str) -> Conditions:
    """Yield a process version that is neither the protocol's nor that of a recorded change (2.3.2-m)."""
    plans = [item.plan.protocol.manufacturing for item in state.versions]
    stated = [plan.process_version for plan in plans if plan is not None]
    changed = [item.fact.to_version for item in state.changes.values()]
    known = tuple(dict.fromkeys((*stated, *changed)))
    if stated and version.strip() and version not in known:
        field = "manufacturing.process_version"
        yield fail(Code.PROCESS_NOT_CONTROLLED, names(known), as_written(version), about, "2.3.2-m", field)


def _start(state: TrialState, request: Request[commands.StartManufacture], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    subject = state.subjects[batch.subject]
    attempt = subject.manufacture_attempts + 1
    failed = [
        *_check_attempts(state, attempt, about),
        *check_text(c.process_version, "process_version", about, "process_version"),
    ]
    failed.extend(_check_process(state, c.process_version, about))
    failed.extend(check_state(batch, BatchStatus.MATERIAL_RECEIVED))
    if not subject.is_active:
        failed.append(fail(Code.SUBJECT_LEFT, message("active_subject"), subject.stage, subject_stream(batch.subject)))
    fact = events.ManufactureStarted(c.batch, batch.subject, attempt, c.process_version, c.process_run, c.lots)
    return answer(request, failed, (about, fact))


def _fail(state: TrialState, request: Request[commands.RecordManufactureFailure], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    due = rescue_due(state, request.occurred.local_date)
    fact = events.ManufactureFailed(c.batch, batch.subject, batch.attempt, c.step, c.cause, due)
    failed = [*check_move(batch, BatchStatus.FAILED), *check_text(c.cause, "cause", about, "cause")]
    return answer(request, failed, (about, fact), (TRIAL, rescue_task(batch, due)))


def _reject(state: TrialState, request: Request[commands.RejectBatch], now: datetime) -> Ruling:
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [
        *check_state(batch, BatchStatus.QC, BatchStatus.OOS),
        *check_text(c.cause, "cause", about, "cause"),
        *check_signatures(c.signatures, [Role.QUALITY_ASSURANCE], now, about),
    ]
    due = rescue_due(state, request.occurred.local_date)
    fact = events.BatchRejected(c.batch, batch.subject, c.cause, due, c.signatures)
    return answer(request, failed, (about, fact), (TRIAL, rescue_task(batch, due)))


def _complete(state: TrialState, request: Request[commands.CompleteManufacture], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_state(batch, BatchStatus.IN_PROCESS)]
    if not (c.total_cells.is_finite() and c.total_cells > 0):
        failed.append(fail(Code.VALUE_NOT_USABLE, more_than(0), c.total_cells, about, input="total_cells"))
    return answer(request, failed, (about, events.ManufactureCompleted(c.batch, c.total_cells)))


def _test(state: TrialState, request: Request[commands.RecordQualityTest], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_state(batch, BatchStatus.IN_PROCESS, BatchStatus.QC, BatchStatus.QUARANTINED)]
    if not is_unit(c.unit):
        failed.append(fail(Code.VALUE_NOT_USABLE, message("a_unit"), as_written(c.unit), about, input="unit"))
    within = _within(c)
    if within is not None and c.passed is not None and within is not c.passed:
        limits = f"{c.low}..{c.high}"
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                message("passed_as_the_limits_say", limits=Identifier(limits)),
                c.passed,
                about,
                input="passed",
            )
        )
    fact = events.QualityTested(
        c.batch, c.attribute, c.value, c.unit, c.low, c.high, c.passed if within is None else within
    )
    facts: list[tuple[str, Any]] = [(about, fact)]
    earlier = next(
        (done for done in batch.tests.values() if same_term(done.attribute, c.attribute, "release_test")), None
    )
    if earlier is not None and earlier.passed is False and fact.passed is not False:
        failed.extend(check_reason(request, about))  # testing until it passes is seen by whoever releases
        detail = message("repeated_because", test=Term("release_test", c.attribute), reason=as_written(request.reason))
        key = f"retest/{c.batch}/{c.attribute}/{state.position}"
        facts.append((TRIAL, DeviationRecorded(key, about, Code.DEVIATION_RETEST, detail)))
    return answer(request, failed, *facts)


def _within(c: commands.RecordQualityTest) -> bool | None:
    """Return whether a value lies within stated limits; None where there is nothing to compare, or a limit leaves it open."""
    if c.value is None or c.value.number is None or (c.low is None and c.high is None):
        return None
    above = Truth.TRUE if c.low is None else c.value.compare(">=", c.low)
    below = Truth.TRUE if c.high is None else c.value.compare("<=", c.high)
    if Truth.FALSE in {above, below}:
        return False
    return True if above is below is Truth.TRUE else None


def _release(state: TrialState, request: Request[commands.ReleaseBatch], now: datetime) -> Ruling:
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    manufacturing = _manufacturing(state)
    tests = manufacturing.release_tests if manufacturing is not None else ()
    failed = [*check_release_tests(tests, batch), *check_signatures(c.signatures, [Role.QUALITY_ASSURANCE], now, about)]
    failed.extend(check_state(batch, BatchStatus.QC))
    if not (c.cells.is_finite() and c.cells > 0):
        failed.append(fail(Code.VALUE_NOT_USABLE, more_than(0), c.cells, about, input="cells"))
    failed.extend(_check_dates(c.expires, request, about, manufacturing))
    failed.extend(_check_made(batch, c.cells, about))
    failed.extend(_check_shares(c, about))
    fact = events.BatchReleased(
        c.batch,
        batch.subject,
        c.cells,
        c.basis,
        c.viability,
        c.positivity,
        c.vector_copy_number,
        c.expires,
        c.signatures,
        c.bags,
    )
    return answer(request, [*failed, *_check_bags(state, c, about)], (about, fact))


def _check_bags(state: TrialState, c: commands.ReleaseBatch, about: str) -> Conditions:
    """Yield bags that are named twice, hold nothing, more or less than the batch, or a component that the product has not."""
    if not c.bags:
        return
    known = [one.id for one in state.protocol.product.components] if state.protocol is not None else []
    names = [bag.bag for bag in c.bags]
    if len(set(names)) < len(names) or not all(names):
        yield fail(Code.BAG_NOT_USABLE, message("each_id_once"), as_written(", ".join(names)), about, input="bags")
    for bag in c.bags:
        if not (bag.cells.is_finite() and bag.cells > 0):
            yield fail(Code.VALUE_NOT_USABLE, more_than(0), bag.cells, about, input="bags")
            return
        if bag.component and bag.component not in known:
            needed = one_of(*map(Identifier, known)) if known else ABSENT
            yield fail(
                Code.BAG_NOT_USABLE, needed, as_written(bag.component), about, "", "product.components", input="bags"
            )
    total = sum((bag.cells for bag in c.bags), Decimal(0))
    if total != c.cells:
        yield fail(Code.BAG_NOT_USABLE, message("together", value=c.cells), total, about, input="bags")


def _check_dates(expires: Instant, request: Request[Any], about: str, making: Manufacturing | None) -> Conditions:
    """Yield an expiry that is past, or later than the protocol's shelf life from now on."""
    if expires.utc <= request.occurred.utc:
        yield fail(Code.ORDER_WRONG, more_than(request.occurred), expires, about)
    latest = after(request.occurred, making.shelf_life) if making is not None else None
    if latest is not None and expires.utc > latest:
        needed = at_most(Instant(latest, request.occurred.zone))
        yield fail(
            Code.VALUE_NOT_USABLE, needed, expires, about, "2.1.3-g", "manufacturing.shelf_life", input="expires"
        )


def _check_made(batch: BatchState, cells: Decimal, about: str) -> Conditions:
    """Yield more cells than the manufacture of the batch ended with."""
    if batch.made is not None and cells.is_finite() and cells > batch.made:
        most = at_most(Protected("product", as_value(batch.made)))
        yield fail(Code.VALUE_NOT_USABLE, most, cells, about, "2.2.2.2-a", input="cells")


def _check_shares(c: commands.ReleaseBatch, about: str) -> Conditions:
    """Yield a share of cells, or copies of a vector, that nothing can have."""
    for name, value, most in (
        ("viability", c.viability, 100),
        ("positivity", c.positivity, 100),
        ("vector_copy_number", c.vector_copy_number, 1000),
    ):
        if value is not None and not (value.is_finite() and 0 <= value <= most):
            yield fail(Code.VALUE_NOT_USABLE, between(0, most), value, about, input=name)


def _declare(state: TrialState, request: Request[commands.DeclareOutOfSpecification], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, batch_stream(request.command.batch)
    batch = state.batches[c.batch]
    failed = [*check_state(batch, BatchStatus.QC)]
    failed.extend(_check_dates(c.expires, request, about, _manufacturing(state)))
    failed.extend(_check_made(batch, c.cells, about))
    if not (c.cells.is_finite() and c.cells > 0):
        failed.append(fail(Code.VALUE_NOT_USABLE, more_than(0), c.cells, about, input="cells"))
    if not c.attributes:
        failed.append(fail(Code.VALUE_NOT_USABLE, message("attributes_missed"), ABSENT, about))
    fact = events.BatchOutOfSpecification(c.batch, c.attributes, c.cells, c.basis, c.expires)
    return answer(request, failed, (about, fact))


def _approve(state: TrialState, request: Request[commands.ApproveOutOfSpecificationUse], now: datetime) -> Ruling:
    c, about, field = request.command, batch_stream(request.command.batch), "manufacturing.out_of_specification"
    batch = state.batches[c.batch]
    manufacturing = _manufacturing(state)
    rule = manufacturing.out_of_specification if manufacturing is not None else None
    failed = []
    if rule is None or not rule.allowed:
        found = NOT_STATED if rule is None else message("not_allowed")
        failed.append(fail(Code.OOS_NOT_ALLOWED, message("allowed_by_the_protocol"), found, about, "2.1.3-h", field))
        return answer(request, failed)
    failed.extend(check_state(batch, BatchStatus.OOS))
    failed.extend(check_signatures(c.signatures, _OOS_ROLES, now, about, field))
    failed.extend(check_text(c.allowance, "allowance_of_regulator_and_ethics_committee", about, "allowance"))
    if "ethics" in rule.approvals and not c.ethics_allowance.strip():
        needed = message("allowance_of", whose=Term("approvals", "ethics"))
        asked = f"{field}.approvals"
        failed.append(fail(Code.VALUE_NOT_USABLE, needed, ABSENT, about, "2.1.3-h", asked, input="ethics_allowance"))
    if ConsentKind.OUT_OF_SPECIFICATION not in state.subjects[batch.subject].consents:
        wanted = message("consent", kind=ConsentKind.OUT_OF_SPECIFICATION)
        failed.append(fail(Code.CONSENT_MISSING, wanted, ABSENT, subject_stream(batch.subject), "2.1.3-h", field))
    fact = events.OutOfSpecificationUseApproved(c.batch, batch.subject, c.allowance, c.signatures, c.ethics_allowance)
    return answer(request, failed, (about, fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.PlanBatch: _plan,
        commands.StartManufacture: _start,
        commands.RecordManufactureFailure: _fail,
        commands.CompleteManufacture: _complete,
        commands.RecordQualityTest: _test,
        commands.ReleaseBatch: _release,
        commands.RejectBatch: _reject,
        commands.DeclareOutOfSpecification: _declare,
        commands.ApproveOutOfSpecificationUse: _approve,
    }
)
"""Command type to its decider."""
