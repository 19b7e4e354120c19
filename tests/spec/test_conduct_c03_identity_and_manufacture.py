"""C3: one batch, one subject; legal moves only; custody without gaps; attempts counted; the out-of-specification path."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest

from celltrial.conduct.batch.commands import (
    ApproveOutOfSpecificationUse,
    CompleteManufacture,
    DeclareOutOfSpecification,
    HandOverBatch,
    LiftQuarantine,
    PlanBatch,
    RecordManufactureFailure,
    RecordQualityTest,
    ReleaseBatch,
    ShipBatch,
    StartManufacture,
)
from celltrial.conduct.batch.events import BatchQuarantined, IdentityMismatchFound, ManufactureFailed
from celltrial.conduct.batch.state import MOVES
from celltrial.conduct.codes import Code
from celltrial.conduct.decision import Accepted, Refused
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.rehearsal import signature
from celltrial.conduct.subject.commands import PerformLeukapheresis, SignConsent
from celltrial.conduct.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind, Severity
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def test_a_scan_of_one_subject_against_the_batch_of_another_is_refused_with_an_alert_and_nothing_else(journey):
    trip = journey()
    for name, batch in (("012", "B12"), ("021", "B21")):
        trip.prepare(name, batch)
    trip.deplete("012", "B12")
    before = trip.state
    trip.check("012")
    length = len(trip.events)
    refused = trip.ask(trip.infusion("012", "B21"))
    assert isinstance(refused, Refused)
    assert {Code.IDENTITY_MISMATCH, Code.BATCH_OF_OTHER_SUBJECT} <= set(codes(refused))
    assert [type(item.fact) for item in refused.drafts] == [IdentityMismatchFound, AlertRaised]
    assert facts(refused, AlertRaised)[0].severity is Severity.CRITICAL
    assert len(trip.events) == length + 2
    assert trip.state.batches == before.batches
    assert not trip.state.subjects["012"].infusions


def test_a_scan_at_the_chair_is_checked_too(journey):
    trip = journey()
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    refused = trip.ask(PerformLeukapheresis("P1", "B1", "ID-P2", "operator-S1"))
    assert codes(refused) == [Code.IDENTITY_MISMATCH]
    assert trip.state.batches["B1"].status is BatchStatus.PLANNED


def test_a_third_start_is_refused_after_two_attempts(journey):
    trip = journey()
    trip.enrol("P1")
    for attempt in (1, 2):
        batch = f"B{attempt}"
        trip.collect("P1", batch)
        trip.do(StartManufacture(batch, "P1", f"run-{batch}"))
        failed = trip.do(RecordManufactureFailure(batch, "expansion", "no growth"))
        assert facts(failed, ManufactureFailed)[0].attempt == attempt
        task = facts(failed, TaskOpened)[0]
        assert task.kind == Code.TASK_RESCUE
        assert task.due == trip.moment.local_date + timedelta(days=7)
    refused = trip.ask(PlanBatch("B3", "P1"))
    assert codes(refused) == [Code.ATTEMPTS_EXHAUSTED]
    assert refused.conditions[0].needed == "<= 2 attempts"


def test_a_start_beyond_the_attempts_is_refused_even_for_a_batch_planned_before(journey):
    trip = journey({"manufacturing.failure_plan.maximum_attempts": 1})
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.collect("P1", "B2")
    trip.do(StartManufacture("B1", "P1", "run-1"))
    trip.do(RecordManufactureFailure("B1", "expansion", "no growth"))
    assert codes(trip.ask(StartManufacture("B2", "P1", "run-2"))) == [Code.ATTEMPTS_EXHAUSTED]


def handed(trip, batch, minutes, **temperature):
    given = Instant(trip.now - timedelta(hours=2))
    taken = Instant(given.utc + timedelta(minutes=minutes))
    cold = {"low_celsius": Decimal(-160), "high_celsius": Decimal(-150)} | temperature
    return HandOverBatch(batch, "plant", "courier", given, taken, **cold)


def shipped(trip):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    trip.release("B1")
    trip.do(ShipBatch("B1", "S1", "courier", "sh-1"))
    trip.wait(days=1)


def test_a_gap_of_35_minutes_breaks_custody_and_quarantines(journey):
    trip = journey({"manufacturing.custody.maximum_handover_gap": "0.5 h"})
    shipped(trip)
    done = trip.do(handed(trip, "B1", 35))
    assert facts(done, BatchQuarantined)[0].detail.startswith("gap 35 min")
    assert trip.state.batches["B1"].status is BatchStatus.QUARANTINED
    assert trip.state.batches["B1"].before_quarantine is BatchStatus.SHIPPED


def test_a_gap_of_30_minutes_does_not(journey):
    trip = journey({"manufacturing.custody.maximum_handover_gap": "0.5 h"})
    shipped(trip)
    assert not facts(trip.do(handed(trip, "B1", 30)), BatchQuarantined)


@pytest.mark.parametrize(
    "temperature", [{"high_celsius": Decimal(-100)}, {"low_celsius": Decimal(-200)}, {"high_celsius": None}]
)
def test_a_temperature_out_of_range_or_unknown_quarantines(journey, temperature):
    trip = journey()
    shipped(trip)
    assert facts(trip.do(handed(trip, "B1", 5, **temperature)), BatchQuarantined)


def test_hand_overs_are_contiguous(journey):
    trip = journey()
    shipped(trip)
    trip.do(handed(trip, "B1", 5))
    refused = trip.ask(
        HandOverBatch("B1", "stranger", "pharmacy", trip.moment, trip.moment, Decimal(-160), Decimal(-150))
    )
    assert codes(refused) == [Code.ORDER_WRONG]
    assert (refused.conditions[0].needed, refused.conditions[0].found) == ("from courier", "stranger")


def test_a_quarantine_ends_only_on_signed_evidence_and_returns_the_state_it_had(journey):
    trip = journey()
    shipped(trip)
    trip.do(handed(trip, "B1", 5, high_celsius=Decimal(-100)))
    assert Code.SIGNATURE_MISSING in codes(trip.ask(LiftQuarantine("B1", "stability data", ())))
    signed = (signature("quality_assurance", trip.moment),)
    trip.do(LiftQuarantine("B1", "stability data", signed))
    assert trip.state.batches["B1"].status is BatchStatus.SHIPPED


def test_release_needs_every_test_passed_and_another_person_than_who_made_it(journey):
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.do(StartManufacture("B1", "P1", "run-1"), actor=Actor("qa-1", Role.CELL_PROCESSING))
    trip.do(CompleteManufacture("B1", Decimal("1e9")))
    tests = trip.state.protocol.manufacturing.release_tests
    for name in tests[:-2]:
        trip.do(RecordQualityTest("B1", name, None, "", passed=True))
    trip.do(RecordQualityTest("B1", tests[-2], Decimal(5), "%", low=Decimal(70)))
    signed = (signature("quality_assurance", trip.moment),)
    release = ReleaseBatch(
        "B1", Decimal("1e8"), DoseBasis.TARGET_POSITIVE_VIABLE, Instant(trip.now + timedelta(days=30)), signed
    )
    refused = trip.ask(release, actor=Actor("qa-1", Role.QUALITY_ASSURANCE))
    assert codes(refused) == [Code.TEST_MISSING, Code.TEST_FAILED, Code.DUTIES_NOT_SEPARATE]


def test_out_of_specification_use_needs_protocol_letter_consent_and_three_signatures(journey):
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    cells, basis = Decimal("4.8e7"), DoseBasis.TARGET_POSITIVE_VIABLE
    trip.do(DeclareOutOfSpecification("B1", ("viability",), cells, basis, Instant(trip.now + timedelta(days=90))))
    refused = trip.ask(ApproveOutOfSpecificationUse("B1", "", ()))
    assert codes(refused) == [*[Code.SIGNATURE_MISSING] * 3, Code.VALUE_NOT_USABLE, Code.CONSENT_MISSING]
    trip.do(SignConsent("P1", ConsentKind.OUT_OF_SPECIFICATION, "1.0", trip.local("P1").local_date))
    signed = tuple(signature(role, trip.moment) for role in ("investigator", "medical_monitor", "quality_assurance"))
    trip.do(ApproveOutOfSpecificationUse("B1", "letter 7", signed))
    trip.deliver("B1")
    trip.deplete("P1", "B1")
    assert isinstance(trip.infuse("P1", "B1", cells=cells), Accepted)
    infusion = trip.state.subjects["P1"].infusions[0]
    assert not infusion.conforming


def test_out_of_specification_use_is_refused_where_the_protocol_does_not_allow_it(journey):
    trip = journey({"manufacturing.out_of_specification": None})
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    expires = Instant(trip.now + timedelta(days=90))
    trip.do(DeclareOutOfSpecification("B1", ("viability",), Decimal(1), DoseBasis.TARGET_POSITIVE_VIABLE, expires))
    assert codes(trip.ask(ApproveOutOfSpecificationUse("B1", "letter", ()))) == [Code.OOS_NOT_ALLOWED]


def test_the_table_of_moves_lets_nothing_leave_its_end(journey):
    assert set(MOVES) == set(BatchStatus)
    assert MOVES[BatchStatus.INFUSED] == MOVES[BatchStatus.DESTROYED] == frozenset()
    for before, after in product(BatchStatus, BatchStatus):
        if after is BatchStatus.INFUSED and after in MOVES[before]:
            assert before in {BatchStatus.RELEASED, BatchStatus.OOS, BatchStatus.RECEIVED, BatchStatus.THAWED}
        if after is BatchStatus.RELEASED and before is not BatchStatus.QUARANTINED:
            assert (after in MOVES[before]) is (before is BatchStatus.QC)
