"""C8: a suspected product fault halts the whole trial; only validated measures, or a signed exclusion, lift it."""

from __future__ import annotations

from datetime import date, timedelta

from rehearsal import signature

from celltrial.conduct.acts.batch.commands import ShipBatch, StartManufacture
from celltrial.conduct.acts.safety.commands import ReassessAdverseEvent, ReportAdverseEvent
from celltrial.conduct.acts.scope.commands import (
    HaltTrial,
    ImplementCorrectiveAction,
    LiftHalt,
    RuleOutHaltCause,
    SignInFlightException,
    SuspendScope,
    ValidateCorrectiveAction,
)
from celltrial.conduct.acts.subject.commands import EnrolSubject, StartLymphodepletion
from celltrial.conduct.acts.trial.commands import OpenTask, RaiseAlert
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.batch.events import BatchQuarantined
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.safety.events import AdverseEventReassessed, AdverseEventReported
from celltrial.conduct.facts.scope.events import TrialHalted
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import BatchStatus, Lot, QualityCause, Relatedness, ScopeKind, Severity
from celltrial.core.dates import Instant
from celltrial.core.values import Count, Identifier, as_value, at_least, message


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def bacteraemia(trip, name, cause=QualityCause.TRANSPORT):
    fact = AdverseEventReported(
        name, f"AE-{name}", "Bacteraemia", "10003997", "infection", 3, "CTCAE-5.0", trip.local(name).local_date,
        Precision.DAY, (), Relatedness.PROBABLE, True, trip.moment, cause,
    )  # fmt: skip
    return trip.do(ReportAdverseEvent(fact))


def two_sites(journey):
    """B17 infused at S1; B18 by the same courier that week; B19 by another one; all three made apart."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    for name, batch, site in (("P17", "B17", "S1"), ("P18", "B18", "S2"), ("P19", "B19", "S2")):
        trip.enrol(name, at_site=site)
        trip.collect(name, batch)
        trip.make(batch)
        trip.release(batch)
    for batch, courier in (("B17", "swift"), ("B18", "swift"), ("B19", "other")):
        trip.deliver(batch, courier)
    trip.deplete("P17", "B17")
    trip.infuse("P17", "B17")
    return trip


def test_a_transport_fault_halts_every_site_and_quarantines_by_courier_and_dates(journey):
    """AC-C8.1: bacteraemia linked to batch B17."""
    trip = two_sites(journey)
    done = bacteraemia(trip, "P17")
    assert facts(done, TrialHalted)[0].batch == "B17"
    assert trip.state.batches["B18"].status is BatchStatus.QUARANTINED
    assert trip.state.batches["B19"].status is BatchStatus.RECEIVED
    trip.wait(days=35)
    infusion = Instant(trip.now + timedelta(days=5))
    trip.refresh("P19")
    assert codes(trip.ask(StartLymphodepletion("P19", "B19", infusion))) == [Code.HALTED]
    trip.screen("P20", "S2")
    refused = trip.ask(EnrolSubject("P20", "C1"))
    assert [item.clause for item in refused.conditions if item.code is Code.HALTED] == ["2.1.3-m"]


def test_a_release_fault_quarantines_by_run_and_lot(journey):
    trip = journey()
    for name, batch, run in (("P1", "B1", "run-7"), ("P2", "B2", "run-7"), ("P3", "B3", "run-8")):
        trip.enrol(name)
        trip.collect(name, batch)
        trip.make(batch, run)
        trip.release(batch)
    trip.do(HaltTrial("H1", QualityCause.RELEASE, "B1"))
    states = [trip.state.batches[name].status for name in ("B1", "B2", "B3")]
    assert states == [BatchStatus.QUARANTINED, BatchStatus.QUARANTINED, BatchStatus.RELEASED]


def halted(journey):
    trip = journey()
    trip.screen("P1")
    trip.do(HaltTrial("H1", QualityCause.STORAGE, ""))
    return trip


def lift(trip):
    return trip.ask(LiftHalt("H1", tuple(signature(role, trip.moment) for role in ("quality_assurance", "sponsor"))))


def test_an_action_put_in_place_but_not_validated_does_not_lift(journey):
    """AC-C8.2: validation pending."""
    trip = halted(journey)
    assert codes(lift(trip)) == [Code.VALIDATION_MISSING]
    trip.do(ImplementCorrectiveAction("H1", "new shipper", trip.moment.local_date, 5))
    refused = lift(trip)
    assert codes(refused) == [Code.VALIDATION_MISSING]
    assert refused.conditions[0].found == message("pending")


def test_three_of_three_where_five_are_needed_does_not_lift(journey):
    """AC-C8.2: 3 of 3 shipments, 5 needed."""
    trip = halted(journey)
    trip.do(ImplementCorrectiveAction("H1", "new shipper", trip.moment.local_date, 5))
    trip.do(ValidateCorrectiveAction("H1", "new shipper", trip.moment.local_date, 3, 3))
    refused = lift(trip)
    assert codes(refused) == [Code.VALIDATION_SHORT]
    assert (refused.conditions[0].needed, refused.conditions[0].found) == (
        message("all_passed", runs=at_least(Count(5, "run"))),
        message("passed_of", passed=3, tested=3),
    )
    trip.do(ValidateCorrectiveAction("H1", "new shipper", trip.moment.local_date, 5, 6))
    assert codes(lift(trip)) == [Code.VALIDATION_SHORT]
    trip.do(ValidateCorrectiveAction("H1", "new shipper", trip.moment.local_date, 5, 5))
    assert isinstance(lift(trip), Accepted)
    assert isinstance(trip.ask(EnrolSubject("P1", "C1")), Accepted)


def test_fewer_runs_than_the_protocol_asks_for_are_refused_at_once(journey):
    trip = halted(journey)
    assert codes(trip.ask(ImplementCorrectiveAction("H1", "new shipper", trip.moment.local_date, 3))) == [
        Code.VALIDATION_SHORT
    ]


def test_a_validation_older_than_the_action_does_not_lift(journey):
    """AC-C8.2: validated 2025-05-02, implemented 2025-05-06."""
    trip = halted(journey)
    trip.wait(days=130)
    trip.do(ImplementCorrectiveAction("H1", "new shipper", date(2025, 5, 6), 5))
    trip.do(ValidateCorrectiveAction("H1", "new shipper", date(2025, 5, 2), 5, 5))
    refused = lift(trip)
    assert codes(refused) == [Code.VALIDATION_EARLY]
    assert (refused.conditions[0].needed, refused.conditions[0].found) == (
        at_least(date(2025, 5, 6)),
        as_value(date(2025, 5, 2)),
    )


def test_a_suspension_and_a_halt_must_both_clear(journey):
    """AC-C8.3."""
    trip = halted(journey)
    trip.do(SuspendScope("S1", ScopeKind.TRIAL, "", "two deaths"))
    assert codes(trip.ask(EnrolSubject("P1", "C1"))) == [Code.SUSPENDED, Code.HALTED]
    signed = tuple(signature(role, trip.moment) for role in ("quality_assurance", "medical_monitor"))
    trip.do(RuleOutHaltCause("H1", "culture: skin flora of the line", signed))
    assert isinstance(lift(trip), Accepted)
    assert codes(trip.ask(EnrolSubject("P1", "C1"))) == [Code.SUSPENDED]


def test_ruling_the_product_out_needs_evidence_and_two_signatures(journey):
    trip = halted(journey)
    assert codes(trip.ask(RuleOutHaltCause("H1", "", ()))) == [Code.VALUE_NOT_USABLE, *[Code.SIGNATURE_MISSING] * 2]


def test_an_exception_in_flight_never_covers_the_implicated_batch_of_a_halt(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.do(HaltTrial("H1", QualityCause.STORAGE, "B1"))
    both = tuple(signature(role, trip.moment) for role in ("medical_monitor", "investigator"))
    trip.do(SignInFlightException("H1", "P1", both))
    trip.check("P1")
    assert {Code.HALTED, Code.IN_FLIGHT_RULE} <= set(codes(trip.ask(trip.infusion("P1", "B1"))))


def suspect(trip, name, cause):
    fact = AdverseEventReassessed(name, f"AE-{name}", Relatedness.PROBABLE, (), True, cause)
    return trip.do(ReassessAdverseEvent(fact), reason="looked at again")


def test_each_cause_suspected_of_an_event_halts_also_after_another_was_ruled_out(journey):
    """C8: suspected is enough. Transport is ruled out and lifted; then the release of the same batch is suspected."""
    trip = two_sites(journey)
    bacteraemia(trip, "P17")
    qa = (signature("quality_assurance", trip.moment), signature("medical_monitor", trip.moment))
    trip.do(RuleOutHaltCause("halt/AE-P17", "logger data", qa))
    lift = (signature("quality_assurance", trip.moment), signature("sponsor", trip.moment))
    trip.do(LiftHalt("halt/AE-P17", lift))
    assert not facts(suspect(trip, "P17", QualityCause.TRANSPORT), TrialHalted)
    again = facts(suspect(trip, "P17", QualityCause.RELEASE), TrialHalted)
    assert [(item.halt, item.cause, item.batch) for item in again] == [
        ("halt/AE-P17/release", QualityCause.RELEASE, "B17")
    ]
    trip.screen("P20", "S2")
    assert Code.HALTED in codes(trip.ask(EnrolSubject("P20", "C1")))
    assert not facts(suspect(trip, "P17", QualityCause.RELEASE), TrialHalted)


def test_the_batch_implicated_is_the_one_given_before_the_event(journey):
    """An event that began after the first dose and is reported after the second implicates the first batch."""
    trip = journey({"dose.repeat": {"doses": 2, "interval": "28 d"}, "stopping.rules": []})
    trip.treat("P1", "B1")
    onset = trip.local("P1").local_date + timedelta(days=3)
    trip.complete_window("P1")
    trip.collect_again("P1", "B2")
    trip.make("B2")
    trip.release("B2")
    trip.deliver("B2")
    trip.deplete("P1", "B2")
    assert isinstance(trip.infuse("P1", "B2"), Accepted)
    fact = AdverseEventReported(
        "P1", "AE-1", "Bacteraemia", "10003997", "infection", 3, "CTCAE-5.0", onset, Precision.DAY, (),
        Relatedness.PROBABLE, True, trip.moment, QualityCause.RELEASE,
    )  # fmt: skip
    assert facts(trip.do(ReportAdverseEvent(fact)), TrialHalted)[0].batch == "B1"


def test_a_batch_that_becomes_a_sibling_during_the_halt_is_quarantined_then(journey):
    """AC-C8.1: the same run or lot, begun after the halt; the same courier, shipped after it."""
    trip = two_sites(journey)
    lot = Lot("vector", "V-7")
    trip.do(HaltTrial("H", QualityCause.RELEASE, "B17"))
    trip.do(HaltTrial("T", QualityCause.TRANSPORT, "B17"))
    run = trip.state.batches["B17"].process_run
    version = trip.state.batches["B17"].process_version
    trip.state = trip.state.changed(
        batches={**trip.state.batches, "B21": BatchState("B21", "P19", "ID-P19", 1, BatchStatus.MATERIAL_RECEIVED)}
    )
    begun = trip.do(StartManufacture("B21", version, run, (lot,)))
    assert [item.linked_to for item in facts(begun, BatchQuarantined)] == [
        message("same.process_run", run=Identifier(run))
    ]
    released = BatchState("B22", "P19", "ID-P19", 1, BatchStatus.RELEASED, is_released=True)
    trip.state = trip.state.changed(batches={**trip.state.batches, "B22": released})
    sent = trip.do(ShipBatch("B22", "S2", "swift", "shipment-22"))
    assert [(item.cause, item.detail) for item in facts(sent, BatchQuarantined)] == [("halt", Identifier("T"))]
    other = BatchState("B23", "P19", "ID-P19", 1, BatchStatus.RELEASED, is_released=True)
    trip.state = trip.state.changed(batches={**trip.state.batches, "B23": other})
    assert not facts(trip.do(ShipBatch("B23", "S2", "other", "shipment-23")), BatchQuarantined)


def test_nobody_gives_a_halt_or_suspension_the_name_that_a_monitor_gives(journey):
    """A name taken by hand would keep the monitor from halting for that event."""
    trip = journey()
    assert codes(trip.ask(HaltTrial("halt/AE-1", QualityCause.STORAGE, ""))) == [Code.VALUE_NOT_USABLE]
    assert codes(trip.ask(SuspendScope("S-1/1", ScopeKind.TRIAL, "", "signal"))) == [Code.VALUE_NOT_USABLE]
    alert = RaiseAlert("fatal/AE-1", Severity.NOTE, "CND-205", "trial", "", "sponsor")
    assert codes(trip.ask(alert)) == [Code.VALUE_NOT_USABLE]
    assert codes(trip.ask(OpenTask("dlt/AE-1", "CND-308", "subject/P1", "sponsor"))) == [Code.VALUE_NOT_USABLE]
