"""C2: consents first, then criteria that are met, not met or unknown, on evidence that is fresh by the site's calendar."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from rehearsal import fitting_evidence, signature, with_fields

from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.acts.site.commands import AcceptVersion
from celltrial.conduct.acts.subject.commands import (
    ConfirmEligibility,
    EnrolSubject,
    RecordEvidence,
    ScreenSubject,
    SignConsent,
    WithdrawConsent,
)
from celltrial.conduct.acts.trial.commands import AmendProtocol
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.subject.events import EvidenceRecorded
from celltrial.conduct.facts.trial.events import DeviationRecorded, ProtocolAmended, TaskOpened
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import ConsentKind
from celltrial.core.quantities import Quantity
from celltrial.core.values import UNKNOWN, Duration, Term, message
from celltrial.protocol import canonical_json


def found_of(decision, code):
    return [item.found for item in decision.conditions if item.code is code]


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def amend(trip, fields, *, version="2.0", reconsent=False):
    protocol = with_fields(trip.state.protocol, {"identification.version": version, **fields})
    document = canonical_json(protocol)
    digest = hashlib.sha256(document.encode()).hexdigest()
    signed = (signature("sponsor", trip.moment),)
    return trip.do(AmendProtocol(version, document, digest, reconsent, signed), reason="tightened")


def test_creatinine_of_15_days_ago_with_a_window_of_14_is_refused(journey):
    """AC-C2.1: age 15 d > 14 d."""
    trip = journey()
    trip.do(ScreenSubject("P1", "S1", "ID-P1"))
    today = trip.local("P1").local_date
    for kind in (ConsentKind.MAIN, ConsentKind.FOLLOW_UP):
        trip.do(SignConsent("P1", kind, "1.0", today))
    for command in fitting_evidence("P1", trip.state.protocol.population.criteria, today):
        aged = today - timedelta(days=15) if command.concept == "serum_creatinine" else command.on
        trip.do(RecordEvidence(command.subject, command.concept, command.value, command.unit, aged, command.source))
    refused = trip.ask(EnrolSubject("P1", "C1"))
    assert [(item.code, item.about) for item in refused.conditions] == [(Code.EVIDENCE_TOO_OLD, "E-01")]
    assert refused.conditions[0].found == message(
        "of", what=Term("concept", "serum_creatinine"), value=message("age", value=Duration(15))
    )
    assert refused.conditions[0].field == "population.criteria.10"


def test_a_window_includes_its_last_day(journey):
    trip = journey()
    trip.screen("P1")
    trip.wait(days=7)
    assert isinstance(trip.ask(ConfirmEligibility("P1")), Accepted)
    trip.wait(days=1)
    assert set(codes(trip.ask(ConfirmEligibility("P1")))) == {Code.EVIDENCE_TOO_OLD}


def test_windows_are_counted_in_the_calendar_of_the_site(journey):
    """23:30 on the 20th in Shanghai is still the 20th there, though the 20th began in UTC eight hours later."""
    trip = journey(start=datetime(2025, 1, 6, 2, tzinfo=UTC))
    trip.screen("P1")
    trip.now = datetime(2025, 1, 13, 15, 30, tzinfo=UTC)  # 23:30 on the 13th: day 7
    assert isinstance(trip.ask(ConfirmEligibility("P1")), Accepted)
    trip.now = datetime(2025, 1, 13, 16, 30, tzinfo=UTC)  # 00:30 on the 14th: day 8
    assert set(codes(trip.ask(ConfirmEligibility("P1")))) == {Code.EVIDENCE_TOO_OLD}


def test_unknown_refuses_and_says_that_it_is_unknown(journey):
    trip = journey()
    trip.screen("P1")
    today = trip.local("P1").local_date
    trip.do(RecordEvidence("P1", "ecog", "unknown", "", today, "examination"))
    refused = trip.ask(EnrolSubject("P1", "C1"))
    assert codes(refused) == [Code.CRITERION_UNKNOWN]
    trip.do(RecordEvidence("P1", "ecog", "2", "", today, "examination"))
    assert codes(trip.ask(EnrolSubject("P1", "C1"))) == [Code.CRITERION_NOT_MET]


def test_every_failed_criterion_is_listed_at_once(journey):
    trip = journey()
    trip.do(ScreenSubject("P1", "S1", "ID-P1"))
    refused = trip.ask(EnrolSubject("P1", "C1"))
    n_criteria = len(trip.state.protocol.population.criteria)
    assert codes(refused).count(Code.CRITERION_UNKNOWN) == n_criteria
    assert codes(refused).count(Code.CONSENT_MISSING) == 2


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("80", "umol/L", []),
        ("176", "µmol/L", []),  # 1.99 mg/dL
        ("177", "μmol/L", [Code.CRITERION_NOT_MET]),  # 2.002 mg/dL
        ("20", "mg/L", [Code.CRITERION_NOT_MET]),
        ("19.9", "mg/l", []),
        ("1.2", "mg％", []),
        ("<0.5", "mg/dL", []),
        ("＜ 0.5 mg/dL", "", []),
        (">3", "mg/dL", [Code.CRITERION_NOT_MET]),
        (">1.5", "mg/dL", [Code.CRITERION_UNKNOWN]),
        ("<2.5", "mg/dL", [Code.CRITERION_UNKNOWN]),
        ("<2", "mg/dL", []),
        ("≤2", "mg/dL", [Code.CRITERION_UNKNOWN]),
        ("normal", "mg/dL", [Code.CRITERION_UNKNOWN]),
    ],
)
def test_a_value_in_any_unit_of_the_concept_is_converted_exactly(journey, value, unit, expected):
    """The criterion leaves out a serum creatinine of 2.0 mg/dL (176.8 umol/L) and more."""
    trip = journey()
    trip.screen("P1")
    known = trip.state
    fact = EvidenceRecorded("P1", "serum_creatinine", value, unit, trip.local("P1").local_date, "laboratory")
    subject = replace(known.subjects["P1"], evidence={**known.subjects["P1"].evidence, fact.concept: fact})
    trip.state = known.changed(subjects={**known.subjects, "P1": subject})
    refused = trip.ask(EnrolSubject("P1", "C1"))
    assert (codes(refused) if expected else []) == expected
    assert isinstance(refused, Accepted) is not bool(expected)


@pytest.mark.parametrize("unit", ["10^9/L", "furlong", "xULN", "", "MG/DL"])
def test_a_unit_of_something_else_is_not_converted_by_guess(journey, unit):
    """A fact of an old ledger, entered before units were asked for at entry."""
    trip = journey()
    trip.screen("P1")
    known = trip.state
    fact = EvidenceRecorded("P1", "serum_creatinine", "80", unit, trip.local("P1").local_date, "laboratory")
    subject = replace(known.subjects["P1"], evidence={**known.subjects["P1"].evidence, fact.concept: fact})
    trip.state = known.changed(subjects={**known.subjects, "P1": subject})
    assert codes(trip.ask(EnrolSubject("P1", "C1"))) == [Code.UNIT_MISMATCH]


def test_without_follow_up_consent_where_follow_up_is_separate_nobody_is_enrolled(journey):
    """AC-C2.2: follow-up consent missing where follow-up is separate."""
    trip = journey()
    trip.screen("P1")
    trip.do(WithdrawConsent("P1", ConsentKind.FOLLOW_UP))
    refused = trip.ask(EnrolSubject("P1", "C1"))
    assert [(item.code, item.clause) for item in refused.conditions] == [(Code.CONSENT_MISSING, "3.1-k")]


def test_follow_up_consent_after_collection_is_a_deviation_and_refused(journey):
    """AC-C2.2: signed after apheresis is a deviation and refused."""
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.do(WithdrawConsent("P1", ConsentKind.FOLLOW_UP))
    trip.wait(days=2)
    refused = trip.ask(SignConsent("P1", ConsentKind.FOLLOW_UP, "1.0", trip.local("P1").local_date))
    assert codes(refused) == [Code.CONSENT_LATE]
    assert [type(item.fact) for item in refused.drafts] == [DeviationRecorded]
    assert ConsentKind.FOLLOW_UP not in trip.state.subjects["P1"].consents


def test_malignant_cells_that_cannot_be_separated_refuse_collection(journey):
    """AC-C2.3: T-cell lymphoma, marrow flow 0.4 %, no separation."""
    trip = journey({"product.shared_marker_with_malignancy": True, "product.process_separates_malignant_cells": False})
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    collect = trip.collection("P1", "B1")
    assert found_of(trip.ask(collect), Code.MALIGNANT_CELLS) == [UNKNOWN]
    today = trip.local("P1").local_date
    trip.do(RecordEvidence("P1", "blood_or_marrow_involvement", "0.4", "%", today, "flow cytometry"))
    assert found_of(trip.ask(collect), Code.MALIGNANT_CELLS) == [Quantity(Decimal("0.4"), "%")]
    trip.do(RecordEvidence("P1", "blood_or_marrow_involvement", "0", "%", today, "flow cytometry"))
    assert isinstance(trip.ask(collect), Accepted)


def test_after_an_amendment_a_screened_subject_is_judged_by_the_version_in_force(journey):
    """AC-C2.4: judged again under the version in force."""
    trip = journey()
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    trip.wait(days=1)
    done = amend(trip, {"population.criteria.3.value": 4})
    fact = next(item.fact for item in done.drafts if isinstance(item.fact, ProtocolAmended))
    assert [change.path for change in fact.changes] == ["identification.version", "population.criteria.I-04.value"]
    collect = trip.collection("P1", "B1")
    assert codes(trip.ask(collect)) == [Code.SITE_VERSION, Code.CRITERION_NOT_MET]
    trip.do(AcceptVersion("S1", "2.0"))
    refused = trip.ask(collect)
    assert codes(refused) == [Code.CRITERION_NOT_MET]
    assert refused.conditions[0].about == "I-04"


def test_an_amendment_that_asks_for_consent_again_outdates_older_forms(journey):
    trip = journey()
    trip.enrol("P1")
    trip.wait(days=1)
    done = amend(trip, {"population.consents.main_version": "2.0"}, reconsent=True)
    assert any(isinstance(item.fact, TaskOpened) for item in done.drafts)
    trip.do(AcceptVersion("S1", "2.0"))
    trip.do(PlanBatch("B1", "P1"))
    refused = trip.ask(trip.collection("P1", "B1"))
    assert Code.CONSENT_OUTDATED in codes(refused)
    trip.do(SignConsent("P1", ConsentKind.MAIN, "2.0", trip.local("P1").local_date))
    refused = trip.ask(trip.collection("P1", "B1"))
    assert Code.CONSENT_OUTDATED not in codes(refused)


def test_a_child_that_comes_of_age_needs_an_own_consent_for_procedures(journey):
    trip = journey({"population.criteria.0.value": 16})
    trip.do(ScreenSubject("P1", "S1", "ID-P1", born=date(2007, 1, 8)))
    today = trip.local("P1").local_date
    for kind in (ConsentKind.MAIN, ConsentKind.FOLLOW_UP):
        trip.do(SignConsent("P1", kind, "1.0", today))
    for command in fitting_evidence("P1", trip.state.protocol.population.criteria, today):
        trip.do(command)
    trip.do(EnrolSubject("P1", "C1"))
    trip.do(PlanBatch("B1", "P1"))
    trip.wait(days=2)
    collect = trip.collection("P1", "B1")
    assert codes(trip.ask(collect)) == [Code.MAJORITY_CONSENT]
    trip.do(SignConsent("P1", ConsentKind.MAJORITY, "1.0", trip.local("P1").local_date))
    assert isinstance(trip.ask(collect), Accepted)


@pytest.mark.parametrize("value", ["unknown", "not_done", "未查"])
def test_what_is_not_known_is_unknown_never_false(journey, value):
    trip = journey()
    trip.screen("P1")
    trip.do(RecordEvidence("P1", "serum_creatinine", value, "mg/dL", trip.local("P1").local_date, "laboratory"))
    assert codes(trip.ask(EnrolSubject("P1", "C1"))) == [Code.CRITERION_UNKNOWN]


@pytest.mark.parametrize("value", ["", " ", "about 2", "NaN", "1,5", "<", "Infinity", "一"])
def test_what_cannot_be_read_of_an_old_record_is_unknown_never_false(journey, value):
    trip = journey()
    trip.screen("P1")
    subject = trip.state.subjects["P1"]
    old = replace(subject.evidence["serum_creatinine"], value=value)
    changed = subject.changed(evidence={**subject.evidence, "serum_creatinine": old})
    trip.state = trip.state.changed(subjects={**trip.state.subjects, "P1": changed})
    assert codes(trip.ask(EnrolSubject("P1", "C1"))) == [Code.CRITERION_UNKNOWN]
    again = RecordEvidence("P1", "serum_creatinine", value, "mg/dL", trip.local("P1").local_date, "laboratory")
    assert codes(trip.ask(again)) == [Code.VALUE_NOT_USABLE], "and it is not entered again"


def test_an_amendment_cannot_ask_for_consent_again_on_the_same_form(journey):
    trip = journey()
    protocol = with_fields(trip.state.protocol, {"identification.version": "2.0"})
    document = canonical_json(protocol)
    digest = hashlib.sha256(document.encode()).hexdigest()
    signed = (signature("sponsor", trip.moment),)
    refused = trip.ask(AmendProtocol("2.0", document, digest, True, signed), reason="risk")
    assert [(item.code, item.field) for item in refused.conditions] == [
        (Code.PROTOCOL_NOT_USABLE, "population.consents.main_version")
    ]
