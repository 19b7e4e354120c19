"""C3: one batch, one subject; legal moves only; custody without gaps; attempts counted; the out-of-specification path."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from rehearsal import signature

from celltrial.conduct.acts.batch.commands import (
    ApproveOutOfSpecificationUse,
    CompleteManufacture,
    DeclareOutOfSpecification,
    HandOverBatch,
    LiftQuarantine,
    PlanBatch,
    ReceiveMaterial,
    RecordManufactureFailure,
    RecordQualityTest,
    RejectBatch,
    ReleaseBatch,
    ShipBatch,
    StartManufacture,
    ThawBatch,
)
from celltrial.conduct.acts.subject.commands import SignConsent
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.batch.events import (
    BatchQuarantined,
    IdentityConfirmed,
    IdentityMismatchFound,
    ManufactureFailed,
)
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind, Severity
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.measured import Measured
from celltrial.core.values import ABSENT, Count, Identifier, at_most, message


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def test_a_scan_of_one_subject_against_the_batch_of_another_is_refused_with_an_alert_and_nothing_else(journey):
    """AC-C3.1: scan of subject 012 against the batch of 021."""
    trip = journey()
    for name, batch in (("012", "B12"), ("021", "B21")):
        trip.prepare(name, batch)
    trip.deplete("012", "B12")
    trip.check("012")
    trip.thaw("B21")
    before = trip.state
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
    """Clause 2.1.2.3-d: identity is checked and recorded at the act itself."""
    trip = journey()
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    refused = trip.ask(replace(trip.collection("P1", "B1"), identity="ID-P2"))
    assert codes(refused) == [Code.IDENTITY_MISMATCH]
    assert trip.state.batches["B1"].status is BatchStatus.PLANNED


def test_a_third_start_is_refused_after_two_attempts(journey):
    """AC-C3.2: at most two attempts."""
    trip = journey()
    trip.enrol("P1")
    for attempt in (1, 2):
        batch = f"B{attempt}"
        trip.collect("P1", batch)
        trip.receive_material(batch)
        trip.do(StartManufacture(batch, "P1", f"run-{batch}"))
        failed = trip.do(RecordManufactureFailure(batch, "expansion", "no growth"))
        assert facts(failed, ManufactureFailed)[0].attempt == attempt
        task = facts(failed, TaskOpened)[0]
        assert task.kind == Code.TASK_RESCUE
        assert task.due == trip.moment.local_date + timedelta(days=7)
    refused = trip.ask(PlanBatch("B3", "P1"))
    assert codes(refused) == [Code.ATTEMPTS_EXHAUSTED]
    assert refused.conditions[0].needed == at_most(Count(2, "attempt"))


def test_a_start_beyond_the_attempts_is_refused_even_for_a_batch_planned_before(journey):
    trip = journey({"manufacturing.failure_plan.maximum_attempts": 1})
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.collect("P1", "B2")
    trip.receive_material("B1")
    trip.do(StartManufacture("B1", "P1", "run-1"))
    trip.do(RecordManufactureFailure("B1", "expansion", "no growth"))
    trip.receive_material("B2")
    assert codes(trip.ask(StartManufacture("B2", "P1", "run-2"))) == [Code.ATTEMPTS_EXHAUSTED]


def test_a_second_collection_waits_for_a_protocol_that_allows_it(journey):
    """Clause 2.1.3-h: a failed product is made again from a new collection only where the protocol says so."""
    for allowed, expected in ((True, []), (False, [Code.COLLECTION_REPEATED])):
        trip = journey({"manufacturing.failure_plan.repeat_collection_allowed": allowed})
        trip.enrol("P1")
        trip.collect("P1", "B1")
        trip.receive_material("B1")
        trip.do(StartManufacture("B1", "P1", "run-1"))
        trip.do(RecordManufactureFailure("B1", "expansion", "no growth"))
        trip.do(PlanBatch("B2", "P1"))
        answer = trip.ask(trip.collection("P1", "B2"))
        assert codes(answer) == expected
    assert answer.conditions[0].field == "manufacturing.failure_plan.repeat_collection_allowed"


def test_a_collection_for_a_further_dose_is_no_repeat_of_the_first(journey):
    fields = {
        "manufacturing.failure_plan.repeat_collection_allowed": False,
        "dose.repeat": {"doses": 2, "interval": "28 d"},
    }
    trip = journey(fields)
    trip.treat("P1", "B1")
    trip.complete_window("P1")
    trip.renew("P1")
    trip.do(PlanBatch("B2", "P1"))
    assert codes(trip.ask(trip.collection("P1", "B2"))) == []


def handed(trip, batch, minutes, **temperature):
    given = Instant(trip.now - timedelta(hours=2))
    taken = Instant(given.utc + timedelta(minutes=minutes))
    cold = {"low_celsius": Decimal(-160), "high_celsius": Decimal(-150)} | temperature
    return HandOverBatch(batch, "plant", "courier", given, taken, **cold, signer=signature("coordinator", trip.moment))


def shipped(trip):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    trip.release("B1")
    trip.do(ShipBatch("B1", "S1", "courier", "sh-1"))
    trip.wait(days=1)


def test_a_gap_of_35_minutes_breaks_custody_and_quarantines(journey):
    """AC-C3.3: 35 min between two hand-over records; the example allows 30 min, in that unit."""
    trip = journey()
    assert str(trip.state.protocol.manufacturing.custody.maximum_handover_gap) == "30 min"
    shipped(trip)
    done = trip.do(handed(trip, "B1", 35))
    assert str(facts(done, BatchQuarantined)[0].detail).startswith("custody_gap(found=35 min, needed=at_most ")
    assert trip.state.batches["B1"].status is BatchStatus.QUARANTINED
    assert trip.state.batches["B1"].before_quarantine is BatchStatus.SHIPPED


@pytest.mark.parametrize("allowed", ["30 min", "0.5 h"])
def test_a_gap_of_30_minutes_does_not(journey, allowed):
    trip = journey({"manufacturing.custody.maximum_handover_gap": allowed})
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
        HandOverBatch(
            "B1",
            "stranger",
            "pharmacy",
            trip.moment,
            trip.moment,
            Decimal(-160),
            Decimal(-150),
            signature("coordinator", trip.moment),
        )
    )
    assert codes(refused) == [Code.ORDER_WRONG]
    assert (refused.conditions[0].needed, refused.conditions[0].found) == (
        message("given_by", holder=Identifier("courier")),
        Identifier("stranger"),
    )


def test_a_batch_that_arrives_without_a_hand_over_to_the_site_is_quarantined(journey):
    trip = journey()
    shipped(trip)
    trip.do(handed(trip, "B1", 5))
    done = trip.do(trip.receipt("B1"))
    assert facts(done, BatchQuarantined)[0].detail == message("custody_not_handed_to", site=Identifier("S1"))


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
    trip.receive_material("B1")
    trip.do(StartManufacture("B1", "P1", "run-1"), actor=Actor("qa-1", Role.CELL_PROCESSING))
    trip.do(CompleteManufacture("B1", Decimal("1e9")))
    tests = trip.state.protocol.manufacturing.release_tests
    for name in tests[:-2]:
        trip.do(RecordQualityTest("B1", name, None, "", passed=True))
    trip.do(RecordQualityTest("B1", tests[-2], Measured.read("5"), "%", low=Decimal(70)))
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
    assert codes(refused) == [*[Code.SIGNATURE_MISSING] * 3, *[Code.VALUE_NOT_USABLE] * 2, Code.CONSENT_MISSING]
    trip.do(SignConsent("P1", ConsentKind.OUT_OF_SPECIFICATION, "1.0", trip.local("P1").local_date))
    signed = tuple(signature(role, trip.moment) for role in ("investigator", "medical_monitor", "quality_assurance"))
    trip.do(ApproveOutOfSpecificationUse("B1", "letter 7", signed, "letter 8"))
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


def test_a_rejected_batch_is_lost_with_a_rescue_task(journey):
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    assert Code.SIGNATURE_MISSING in codes(trip.ask(RejectBatch("B1", "sterility", ())))
    done = trip.do(RejectBatch("B1", "sterility", (signature("quality_assurance", trip.moment),)))
    assert trip.state.batches["B1"].status is BatchStatus.REJECTED
    assert facts(done, TaskOpened)[0].due == trip.moment.local_date + timedelta(days=7)
    trip.collect("P1", "B2")
    trip.receive_material("B2")
    trip.do(StartManufacture("B2", "P1", "run-2"))
    assert trip.state.batches["B2"].attempt == 2


def at_collection(trip):
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    return trip.collection("P1", "B1"), "investigator"


def at_material_receipt(trip):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    seen = trip.witness("quality_assurance")
    return ReceiveMaterial("B1", "plant", "ID-P1", "B1", intact=True, witness=seen), "quality_assurance"


def at_receipt(trip):
    shipped(trip)
    for command in trip.hand_overs("B1"):
        trip.do(command)
    return trip.receipt("B1"), "investigator"


def at_thaw(trip):
    trip.prepare("P1", "B1")
    return ThawBatch("B1", "ID-P1", "B1", Instant(trip.now + timedelta(hours=2)), trip.witness("investigator")), (
        "investigator"
    )


def at_bedside(trip):
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    return trip.infusion("P1", "B1"), "coordinator"


TWO_PERSON_ACTS = [at_collection, at_material_receipt, at_receipt, at_thaw, at_bedside]


@pytest.mark.parametrize("at", TWO_PERSON_ACTS)
def test_each_act_on_cells_names_a_second_person_of_another_account_and_a_fitting_role(at, journey):
    trip = journey()
    command, role = at(trip)
    actor = trip.request(command).actor
    found = {
        ABSENT: None,
        message("same_person", account=Identifier(actor.id)): replace(command.witness, account=actor.id),
        message("as", account=Identifier("sponsor-signer"), role=Role.SPONSOR): signature("sponsor", trip.moment),
        message("signed", when=trip.now + timedelta(hours=1)): signature(role, Instant(trip.now + timedelta(hours=1))),
        message("signed", when=trip.now - timedelta(hours=25)): signature(
            role, Instant(trip.now - timedelta(hours=25))
        ),
    }
    for said, witness in found.items():
        refused = trip.ask(replace(command, witness=witness))
        assert [(item.code, item.found) for item in refused.conditions] == [(Code.WITNESS_MISSING, said)]
        assert not refused.drafts
    seen = facts(trip.do(command), IdentityConfirmed)
    assert [(item.identity, item.label, item.witness) for item in seen] == [("ID-P1", "B1", command.witness)]


@pytest.mark.parametrize("at", TWO_PERSON_ACTS)
@pytest.mark.parametrize(("scan", "wrong"), [("identity", "ID-P2"), ("label", "B2")])
def test_each_act_on_cells_scans_subject_and_batch(at, scan, wrong, journey):
    trip = journey()
    command, _ = at(trip)
    status = trip.state.batches["B1"].status
    refused = trip.ask(replace(command, **{scan: wrong}))
    assert [(item.code, item.found) for item in refused.conditions] == [(Code.IDENTITY_MISMATCH, Identifier(wrong))]
    mismatch, alert = (item.fact for item in refused.drafts)
    assert (mismatch.scanned, mismatch.expected) == (wrong, {"ID-P2": "ID-P1", "B2": "B1"}[wrong])
    assert alert.severity is Severity.CRITICAL
    assert trip.state.batches["B1"].status is status


def test_a_hand_over_is_signed_by_who_takes_the_batch(journey):
    trip = journey()
    shipped(trip)
    hand = handed(trip, "B1", 5)
    for signer in (None, signature("coordinator", Instant(trip.now + timedelta(hours=1)))):
        refused = trip.ask(replace(hand, signer=signer))
        assert [(item.code, item.needed) for item in refused.conditions] == [
            (Code.SIGNATURE_MISSING, message("signature_for", holder=Identifier("courier")))
        ]
    trip.do(hand)
    assert trip.state.batches["B1"].custody[0].signer == hand.signer


@pytest.fixture
def made(journey):
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.receive_material("B1")
    trip.do(StartManufacture("B1", "P1", "run-1"))
    trip.do(CompleteManufacture("B1", Decimal("1e9")))
    return trip


@pytest.mark.parametrize(
    ("value", "low", "high", "said", "expected"),
    [
        ("92", 70, None, None, True),
        ("<0.5", None, 5, None, True),
        ("<0.5", None, "0.2", None, None),
        ("<0.5", None, "0.2", True, True),
        ("> 95", 95, None, None, True),
        ("< 70", 70, None, None, False),
        ("negative", None, None, True, True),
        ("未检出", None, None, None, None),
        (None, None, None, False, False),
    ],
)
def test_a_release_test_is_a_number_a_limit_or_words(made, value, low, high, said, expected):
    given = None if value is None else Measured.read(value)
    limits = [None if item is None else Decimal(item) for item in (low, high)]
    made.do(RecordQualityTest("B1", "sterility", given, "", *limits, said))
    assert made.state.batches["B1"].tests["sterility"].passed is expected
    assert made.state.batches["B1"].tests["sterility"].value == given


def test_the_unit_of_a_release_test_is_a_unit_and_its_verdict_what_the_limits_say(made):
    wrong = RecordQualityTest("B1", "endotoxin", Measured.read("0.3"), "EUs per mL of it", high=Decimal(5), passed=True)
    [item] = made.ask(wrong).conditions
    assert (item.code, item.input) == (Code.VALUE_NOT_USABLE, "unit")
    [item] = made.ask(replace(wrong, unit="EU/mL", passed=False)).conditions
    assert (item.code, item.input) == (Code.VALUE_NOT_USABLE, "passed")
    made.do(replace(wrong, unit="EU/mL"))
