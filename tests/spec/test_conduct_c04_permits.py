"""C4: what has not happened yet is permitted first; what happened is always recorded, and never as if nothing were."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from rehearsal import signature

from celltrial.conduct.acts.batch.commands import PlanBatch, QuarantineBatch, RecallBatch
from celltrial.conduct.acts.permit.commands import PermitCollection, PermitInfusion, PermitLymphodepletion
from celltrial.conduct.acts.scope.commands import SuspendScope
from celltrial.conduct.acts.signing.commands import GiveSignature
from celltrial.conduct.acts.subject.commands import (
    CancelInfusion,
    DiscontinueSubject,
    EnrolSubject,
    StartLymphodepletion,
    WithdrawConsent,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, LogIn, Role
from celltrial.conduct.facts.batch.events import IdentityMismatchFound
from celltrial.conduct.facts.permit.events import ActPermitted
from celltrial.conduct.facts.subject.events import CellsInfused, LeukapheresisPerformed, LymphodepletionStarted
from celltrial.conduct.facts.trial.events import AlertRaised, DeviationRecorded
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind, ExitReason, ScopeKind
from celltrial.core.dates import Instant


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


@pytest.fixture
def bedside(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    trip.thaw("B1")
    return trip


def permit(trip):
    return PermitInfusion("P1", "B1", "operator-S1", trip.state.protocol.treatment.infusion.route)


def given(trip, at=None, **changes):
    return trip.ask(replace(trip.infusion("P1", "B1"), **changes), at=at)


def told(trip, command, at=None, roles=("investigator", "medical_monitor")):
    """Record what took place anyway, with two signatures."""
    signed = tuple(signature(role, trip.moment) for role in roles)
    return trip.ask(replace(command, despite="given before anybody knew", signatures=signed), at=at)


def test_a_permit_asks_the_whole_gate_and_keeps_what_it_found(bedside):
    done = bedside.do(permit(bedside))
    [fact] = facts(done, ActPermitted)
    assert fact.until.utc == bedside.now + timedelta(minutes=60)
    assert fact.position == bedside.state.position - 1
    bedside.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    assert Code.SUSPENDED in codes(bedside.ask(permit(bedside)))


def test_cells_given_before_a_recall_are_recorded_after_it(bedside):
    """Given at t, recalled a minute later, entered five minutes after: as things stood at t."""
    at = bedside.moment
    bedside.wait(minutes=1)
    bedside.do(RecallBatch("B1", "sterility"))
    bedside.wait(minutes=4)
    done = given(bedside, at=at)
    assert isinstance(done, Accepted)
    assert not facts(done, DeviationRecorded)
    assert bedside.state.batches["B1"].status is BatchStatus.INFUSED


def test_cells_given_before_a_quarantine_are_recorded_after_it_and_none_given_during_it(bedside):
    at = bedside.moment
    bedside.wait(minutes=1)
    bedside.do(QuarantineBatch("B1", "alarm"))
    bedside.wait(minutes=4)
    assert codes(given(bedside)) == [Code.BATCH_STATE]
    assert isinstance(given(bedside, at=at), Accepted)


def test_what_was_done_under_a_permit_is_recorded_however_late(bedside):
    bedside.do(permit(bedside))
    bedside.wait(minutes=30)
    at = bedside.moment
    command = replace(bedside.infusion("P1", "B1"), witness=bedside.witness("coordinator"))
    bedside.wait(days=3)
    late = bedside.ask(command, at=at)
    assert isinstance(late, Accepted)
    assert bedside.state.subjects["P1"].infused_at.utc == at.utc
    assert codes(bedside.ask(command, at=at)), "a permit is for one infusion"
    assert len(bedside.state.subjects["P1"].infusions) == 1


def test_without_a_permit_an_act_of_days_ago_is_told_with_its_lateness(bedside):
    at = bedside.moment
    command = bedside.infusion("P1", "B1")
    bedside.wait(days=3)
    assert codes(bedside.ask(command, at=at)) == [Code.RECORDED_TOO_LATE]
    assert isinstance(told(bedside, command, at=at), Accepted)


def test_cells_given_under_a_permit_after_a_recall_are_recorded_with_an_alert(bedside):
    bedside.do(permit(bedside))
    bedside.wait(minutes=1)
    bedside.do(RecallBatch("B1", "sterility"))
    bedside.wait(minutes=1)
    done = given(bedside)
    [alert] = [item for item in facts(done, AlertRaised) if item.code == Code.ALERT_CHANGED_SINCE_PERMIT]
    assert Code.BATCH_RECALLED in str(alert.detail)
    assert facts(done, CellsInfused)


@pytest.mark.parametrize("minutes", [-1, 61])
def test_a_permit_holds_from_its_moment_for_an_hour_for_its_subject_and_batch(bedside, minutes):
    before = bedside.moment
    bedside.wait(minutes=1)
    bedside.do(permit(bedside))
    at = before if minutes < 0 else Instant(bedside.now + timedelta(minutes=minutes), "Asia/Shanghai")
    bedside.wait(minutes=70)
    bedside.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    bedside.wait(days=2)
    assert codes(given(bedside, at=at)) == [Code.RECORDED_TOO_LATE]


def suspended(trip):
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))


def recalled(trip):
    trip.do(RecallBatch("B1", "sterility"))


def withdrawn(trip):
    trip.do(WithdrawConsent("P1", ConsentKind.MAIN))


def cancelled(trip):
    trip.do(CancelInfusion("P1", "operator ill"))


def left(trip):
    trip.do(DiscontinueSubject("P1", ExitReason.OTHER))


def expired(trip):
    trip.wait(days=200)


NOT_PERMITTED = [
    (suspended, {}, Code.SUSPENDED),
    (recalled, {}, Code.BATCH_RECALLED),
    (withdrawn, {}, Code.CONSENT_MISSING),
    (cancelled, {}, Code.SLOT_MISSING),
    (left, {}, Code.SUBJECT_LEFT),
    (expired, {}, Code.BATCH_EXPIRED),
    (None, {"route": "intrathecal"}, Code.VALUE_NOT_USABLE),
    (None, {"operator": "somebody"}, Code.OPERATOR_NOT_QUALIFIED),
    (None, {"delivered_cells": Decimal("9e9")}, Code.DOSE_ABOVE_BAND),
    (None, {"witness": None}, Code.WITNESS_MISSING),
    (None, {"label": "B9"}, Code.IDENTITY_MISMATCH),
    (None, {"identity": "ID-P9"}, Code.IDENTITY_MISMATCH),
]


@pytest.mark.parametrize(("before", "changes", "code"), NOT_PERMITTED)
def test_what_took_place_is_recorded_whatever_was_wrong_with_deviation_alert_and_two_signatures(
    bedside, before, changes, code
):
    command = replace(bedside.infusion("P1", "B1"), **changes)
    if before is not None:
        before(bedside)
    refused = bedside.ask(command)
    assert code in codes(refused), "what has not happened is refused"
    assert not bedside.state.subjects["P1"].infusions
    bedside.wait(minutes=1)
    for roles in ((), ("investigator",), ("medical_monitor", "coordinator")):
        assert Code.SIGNATURE_MISSING in codes(told(bedside, command, roles=roles))
    assert not bedside.state.subjects["P1"].infusions
    done = told(bedside, command)
    [fact] = facts(done, CellsInfused)
    assert not fact.conforming
    [deviation] = [item for item in facts(done, DeviationRecorded) if item.code == Code.DEVIATION_NOT_PERMITTED]
    assert code in str(deviation.detail)
    assert str(deviation.detail).endswith("why=given before anybody knew)")
    assert Code.ALERT_NOT_PERMITTED in [item.code for item in facts(done, AlertRaised)]
    assert bool(facts(done, IdentityMismatchFound)) is (code is Code.IDENTITY_MISMATCH)
    assert (Code.ALERT_IDENTITY in [item.code for item in facts(done, AlertRaised)]) is (code is Code.IDENTITY_MISMATCH)
    assert codes(told(bedside, command, at=bedside.moment)) == [Code.ALREADY_DONE]


def test_the_bag_of_another_subject_that_was_given_is_what_is_recorded(bedside):
    bedside.prepare("P2", "B2")
    command = replace(bedside.infusion("P1", "B2", thawed=False), label="B2", identity="ID-P1")
    assert Code.BATCH_OF_OTHER_SUBJECT in codes(bedside.ask(command))
    bedside.wait(minutes=1)
    done = told(bedside, command)
    [fact] = facts(done, CellsInfused)
    assert (fact.subject, fact.batch) == ("P1", "B2")
    assert facts(done, IdentityMismatchFound)
    assert bedside.state.batches["B2"].status is BatchStatus.INFUSED


def test_cells_given_to_somebody_never_enrolled_are_recorded_and_followed(journey):
    trip = journey()
    trip.screen("P1")
    trip.enrol("P2")
    trip.do(PlanBatch("B2", "P2"))
    trip.wait(minutes=1)
    command = replace(trip.infusion("P2", "B2", thawed=False), subject="P1", identity="ID-P1")
    done = told(trip, command)
    assert facts(done, CellsInfused)
    assert trip.state.subjects["P1"].follow_up is not None
    assert trip.state.subjects["P1"].dlt_window is None


def test_an_infusion_outside_its_slot_counts_for_the_interval_to_the_next(bedside):
    cancelled(bedside)
    bedside.wait(minutes=1)
    told(bedside, bedside.infusion("P1", "B1"))
    assert [(slot.subject, slot.infused) for slot in bedside.state.slots] == [("P1", True)]


def test_what_cannot_have_happened_is_refused_all_the_same(bedside):
    command = bedside.infusion("P1", "B1")
    ahead = Instant(bedside.now + timedelta(hours=1), "Asia/Shanghai")
    assert codes(told(bedside, command, at=ahead)) == [Code.TIME_IN_FUTURE]
    assert codes(told(bedside, replace(command, subject="P9"))) == [Code.NOT_KNOWN]
    assert codes(told(bedside, replace(command, batch="B9"))) == [Code.NOT_KNOWN]
    for cells in (Decimal(0), Decimal(-1), Decimal("NaN")):
        assert codes(told(bedside, replace(command, delivered_cells=cells))) == [Code.VALUE_NOT_USABLE]


def test_two_logged_in_persons_sign_what_took_place_and_its_moment_stays(bedside):
    bedside.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    at = bedside.moment
    command = replace(bedside.infusion("P1", "B1"), despite="the pump was running", witness=None)
    people = {"pi": Role.INVESTIGATOR, "mm": Role.MEDICAL_MONITOR}

    def ask(name, what, **options):
        log_in = LogIn(name, name.title(), "", "s", ("code",), bedside.now, signing=True)
        return bedside.ask(what, actor=Actor(name, people[name], None, name.title()), log_in=log_in, **options)

    ask("pi", command, at=at)
    bedside.wait(days=2)
    for name in people:
        [act] = bedside.state.pending.values()
        done = ask(name, GiveSignature(act.asked.signing, act.asked.sha256))
    assert facts(done, CellsInfused)
    assert bedside.state.subjects["P1"].infused_at.utc == at.utc


def test_collection_and_lymphodepletion_are_permitted_for_the_day_and_told_like_an_infusion(journey):
    trip = journey()
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    trip.do(PermitCollection("P1", "B1", "operator-S1"))
    at, command = trip.moment, trip.collection("P1", "B1")
    trip.wait(days=2)
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    done = trip.ask(replace(command, witness=command.witness), at=at)
    assert facts(done, LeukapheresisPerformed)
    assert codes(trip.ask(command, at=at)), "one collection"
    trip = journey()
    trip.prepare("P1", "B1")
    moment = trip.next_infusion("P1")
    trip.now = moment.utc - timedelta(days=5)
    trip.refresh("P1")
    trip.do(PermitLymphodepletion("P1", "B1", moment))
    at, start = trip.moment, StartLymphodepletion("P1", "B1", moment)
    trip.wait(hours=2)
    recalled(trip)
    trip.wait(days=2)
    assert facts(trip.ask(start, at=at), LymphodepletionStarted)
    assert codes(trip.ask(start, at=at)), "one course"


@pytest.mark.parametrize("act", ["collection", "lymphodepletion"])
def test_a_collection_or_course_that_took_place_under_a_suspension_is_told(journey, act):
    trip = journey()
    if act == "collection":
        trip.enrol("P1")
        trip.do(PlanBatch("B1", "P1"))
        command, kind = trip.collection("P1", "B1"), LeukapheresisPerformed
    else:
        trip.prepare("P1", "B1")
        command, kind = StartLymphodepletion("P1", "B1", trip.next_infusion("P1")), LymphodepletionStarted
    suspended(trip)
    trip.wait(minutes=1)
    assert Code.SUSPENDED in codes(trip.ask(command))
    assert Code.SIGNATURE_MISSING in codes(told(trip, command, roles=()))
    done = told(trip, command)
    assert facts(done, kind)
    assert Code.SUSPENDED in str(facts(done, DeviationRecorded)[0].detail)


def test_nobody_is_enrolled_despite_anything(bedside):
    """An enrolment is a decision, not something that happened to somebody: it has no way round."""
    assert not hasattr(EnrolSubject("P9", "C1"), "despite")
