"""What every request must pass first."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rehearsal import Journey, signature, with_fields

from celltrial.conduct.acts.site.commands import CountResource
from celltrial.conduct.acts.subject.commands import RecordDeath, ScreenSubject
from celltrial.conduct.acts.trial.commands import (
    AcknowledgeAlert,
    AmendProtocol,
    ApproveProtocol,
    CloseTask,
    CorrectFact,
    OpenTask,
    RaiseAlert,
    RegisterTrial,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.state import EMPTY
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import ReviewEvidence, Severity
from celltrial.core.dates import Instant
from celltrial.protocol import canonical_json, read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.fixture(scope="module")
def protocol():
    return read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)


@pytest.fixture
def trip(protocol):
    journey = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC))
    journey.open_trial(protocol, {"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    return journey


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def test_nothing_happens_before_the_trial_is_registered():
    fresh = Journey(datetime(2025, 1, 6, tzinfo=UTC))
    assert Code.TRIAL_NOT_REGISTERED in codes(fresh.ask(ScreenSubject("P1", "S1", "ID")))
    fresh.do(RegisterTrial("T", "", "", rehearsal=True))
    assert codes(fresh.ask(RegisterTrial("T2", "", "", rehearsal=True))) == [Code.TRIAL_REGISTERED]
    assert codes(fresh.ask(ScreenSubject("P1", "S1", "ID"))) == [Code.NO_PROTOCOL]


def test_a_person_of_one_site_cannot_act_for_another(trip):
    trip.do(ScreenSubject("P1", "S1", "ID-P1"))
    stranger = Actor("dr-b", Role.INVESTIGATOR, "S2")
    assert codes(trip.ask(RecordDeath("P1", trip.moment.local_date), actor=stranger)) == [Code.ACTOR_OF_OTHER_SITE]
    assert codes(trip.ask(CountResource("S1", "tocilizumab", 3), actor=stranger)) == [Code.ACTOR_OF_OTHER_SITE]


def test_all_that_is_wrong_with_a_request_is_told_at_once(trip):
    trip.do(ScreenSubject("P1", "S1", "ID-P1"))
    wrong = Actor("b", Role.STATISTICIAN, "S2")
    decision = trip.ask(
        RecordDeath("P1", trip.moment.local_date), actor=wrong, at=Instant(trip.now + timedelta(days=1))
    )
    assert codes(decision) == [Code.ROLE_NOT_ALLOWED, Code.ACTOR_OF_OTHER_SITE, Code.TIME_IN_FUTURE]


def test_a_protocol_whose_hash_or_form_does_not_fit_is_not_approved(protocol):
    fresh = Journey(datetime(2025, 1, 6, tzinfo=UTC))
    fresh.do(RegisterTrial("T", "", "", rehearsal=True))
    document = canonical_json(protocol)
    digest = hashlib.sha256(document.encode()).hexdigest()
    signed = (signature("sponsor", fresh.moment),)
    for version, text, given, signatures in (
        ("1.0", document, "0" * 64, signed),
        ("1.0", document + " ", hashlib.sha256((document + " ").encode()).hexdigest(), signed),
        ("9.9", document, digest, signed),
        ("1.0", "{", hashlib.sha256(b"{").hexdigest(), signed),
    ):
        assert set(codes(fresh.ask(ApproveProtocol(version, text, given, signatures)))) == {Code.PROTOCOL_NOT_USABLE}
    assert codes(fresh.ask(ApproveProtocol("1.0", document, digest, ()))) == [Code.SIGNATURE_MISSING]
    late = (signature("sponsor", Instant(fresh.now + timedelta(hours=1))),)
    assert codes(fresh.ask(ApproveProtocol("1.0", document, digest, late))) == [Code.SIGNATURE_MISSING]
    assert isinstance(
        fresh.ask(ApproveProtocol("1.0", document, digest, signed, ReviewEvidence("register", "1"))), Accepted
    )
    assert codes(fresh.ask(ApproveProtocol("1.0", document, digest, signed))) == [Code.VERSION_NOT_NEW]


def test_an_amendment_needs_a_new_version_and_a_reason(trip):
    document = canonical_json(trip.state.protocol)
    digest = hashlib.sha256(document.encode()).hexdigest()
    signed = (signature("sponsor", trip.moment),)
    refused = trip.ask(AmendProtocol("1.0", document, digest, False, signed))
    assert codes(refused) == [Code.REASON_MISSING, Code.VERSION_NOT_NEW]


def test_alerts_and_tasks_are_taken_on_once(trip):
    trip.do(RaiseAlert("a1", Severity.MAJOR, "CND-206", "batch/B1", "detail", "quality_assurance"))
    assert codes(trip.ask(AcknowledgeAlert("a1"), role=Role.DATA_MANAGER)) == [Code.ROLE_NOT_ALLOWED]
    trip.do(AcknowledgeAlert("a1"), role=Role.QUALITY_ASSURANCE)
    assert codes(trip.ask(AcknowledgeAlert("a1"), role=Role.QUALITY_ASSURANCE)) == [Code.ALREADY_DONE]
    trip.do(OpenTask("t1", "CND-301", "subject/P1", "investigator"))
    assert codes(trip.ask(OpenTask("t1", "CND-301", "subject/P1", "investigator"))) == [Code.ID_TAKEN]
    assert codes(trip.ask(CloseTask("t1", " "), role=Role.INVESTIGATOR)) == [Code.VALUE_NOT_USABLE]
    assert codes(trip.ask(CloseTask("t1", "done"), role=Role.COORDINATOR)) == [Code.ROLE_NOT_ALLOWED]
    trip.do(CloseTask("t1", "done"), role=Role.INVESTIGATOR)
    assert codes(trip.ask(CloseTask("t1", "done"))) == [Code.NOT_KNOWN]


def test_a_correction_keeps_old_value_new_value_reason_and_person(trip):
    trip.treat("P1", "B1")
    infused = trip.state.subjects["P1"].infused_at
    position = trip.state.subjects["P1"].infusions[0].position
    earlier = (infused.utc - timedelta(hours=2)).isoformat()
    correction = CorrectFact(position, "infusion/P1", "occurred", infused.utc.isoformat(), earlier)
    assert codes(trip.ask(correction)) == [Code.REASON_MISSING]
    trip.do(correction, reason="clock of the ward was wrong")
    event = trip.events[-1]
    assert (event.fact.old, event.fact.new) == (infused.utc.isoformat(), earlier)
    assert (event.reason, event.actor.role) == ("clock of the ward was wrong", Role.COORDINATOR)
    assert trip.state.subjects["P1"].infused_at.utc == infused.utc - timedelta(hours=2)
    assert trip.state.slots[0].infusion.utc == infused.utc - timedelta(hours=2)


@pytest.mark.parametrize(
    ("record", "field", "new", "code"),
    [
        ("infusion/P9", "occurred", "2025-01-01T00:00:00+00:00", Code.NOT_KNOWN),
        ("infusion/P1", "occurred", "yesterday", Code.VALUE_NOT_USABLE),
        ("adverse_event/none", "onset", "2025-01-01", Code.NOT_KNOWN),
        ("death/P1", "died_on", "2025-01-01", Code.NOT_KNOWN),
        ("subject/P1", "born", "2025-13-01", Code.VALUE_NOT_USABLE),
        ("subject/P1", "born", "2099-01-01", Code.TIME_IN_FUTURE),
        ("evidence/P1/none", "value", "1", Code.NOT_KNOWN),
    ],
)
def test_a_correction_of_what_is_not_there_or_cannot_be_is_refused(trip, record, field, new, code):
    trip.treat("P1", "B1")
    assert codes(trip.ask(CorrectFact(1, record, field, "old", new), reason="because")) == [code]


def test_refusals_change_nothing_and_replay_gives_the_same_state(trip):
    before = trip.state
    trip.ask(RecordDeath("nobody", trip.moment.local_date))
    assert trip.state is before
    assert fold(trip.events) == trip.state


def test_decide_reads_only_its_arguments(trip):
    request = trip.request(ScreenSubject("P7", "S1", "ID-P7"))
    first = decide(trip.state, request, now=trip.now)
    assert decide(trip.state, request, now=trip.now) == first
    assert EMPTY.trial == ""


def test_an_identity_is_never_given_twice(trip, protocol):
    trip.do(ScreenSubject("P1", "S1", "ID-1"))
    assert codes(trip.ask(ScreenSubject("P2", "S2", "ID-1"))) == [Code.ID_TAKEN]
    assert codes(trip.ask(ScreenSubject("P1", "S2", "ID-2"))) == [Code.ID_TAKEN]
    assert with_fields(protocol, {"dose.band_low": 0.1}).dose.band_low == 0.1
