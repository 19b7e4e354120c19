"""Documents on record: filing, withdrawing, and what an act may name; each refusal once with what makes it false."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from celltrial.conduct.acts.document.commands import FileDocument, WithdrawDocument
from celltrial.conduct.acts.scope.commands import RecordResumeItem, SuspendScope
from celltrial.conduct.acts.subject.commands import RecordEvidence, SignConsent
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.document.events import DocumentFiled
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.subject.events import ConsentSigned
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import ConsentKind, DocumentKind, ResumeItem, ScopeKind

HASH = "ab" * 32
SC1, SC2 = Actor("sc1", Role.COORDINATOR, "S1", "Desk One"), Actor("sc2", Role.COORDINATOR, "S2", "Desk Two")


def codes(answer):
    return [item.code for item in answer.conditions] if isinstance(answer, Refused) else []


@pytest.fixture
def trip(journey):
    made = journey(sites={"S1": "Asia/Shanghai", "S2": "Asia/Shanghai"})
    made.screen("P1")
    made.screen("P2")
    return made


def scan(trip, about="subject/P1", document="D-1", **changes):
    made = FileDocument(
        document, DocumentKind.CONSENT_FORM, about, trip.moment.local_date, HASH, 1200, "form.pdf", "application/pdf", 3
    )
    return replace(made, **changes)


def test_a_document_is_filed_on_the_stream_of_what_it_is_about(trip):
    trip.do(scan(trip), actor=SC1)
    event = trip.events[-1]
    assert (event.stream, event.actor) == ("subject/P1", SC1)
    assert event.fact == DocumentFiled(
        "D-1",
        DocumentKind.CONSENT_FORM,
        "subject/P1",
        trip.moment.local_date,
        HASH,
        1200,
        "form.pdf",
        "application/pdf",
        3,
    )
    assert fold(trip.events) == trip.state
    assert trip.state.documents["D-1"].by == "sc1"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sha256": "AB" * 32}, Code.VALUE_NOT_USABLE),
        ({"sha256": "ab" * 31}, Code.VALUE_NOT_USABLE),
        ({"size": 0}, Code.VALUE_NOT_USABLE),
        ({"pages": 0}, Code.VALUE_NOT_USABLE),
        ({"name": "../form.pdf"}, Code.VALUE_NOT_USABLE),
        ({"name": " "}, Code.VALUE_NOT_USABLE),
        ({"name": "form\u202efdp.exe"}, Code.VALUE_NOT_USABLE),
        ({"document": "a/b"}, Code.VALUE_NOT_USABLE),
        ({"about": "subject/P9"}, Code.NOT_KNOWN),
        ({"about": "P1"}, Code.NOT_KNOWN),
        ({"about": "adverse_event/AE-9"}, Code.NOT_KNOWN),
    ],
)
def test_what_cannot_be_said_of_a_file_is_refused(trip, changes, code):
    assert codes(trip.ask(scan(trip, **changes), actor=SC1)) == [code]


def test_a_document_of_tomorrow_is_refused(trip):
    tomorrow = trip.moment.local_date + timedelta(days=1)
    assert codes(trip.ask(scan(trip, on=tomorrow), actor=SC1)) == [Code.TIME_IN_FUTURE]


def test_the_same_bytes_about_the_same_are_filed_once_unless_withdrawn(trip):
    trip.do(scan(trip), actor=SC1)
    assert codes(trip.ask(scan(trip, document="D-2"), actor=SC1)) == [Code.ALREADY_DONE]
    assert codes(trip.ask(scan(trip), actor=SC1)) == [Code.ID_TAKEN, Code.ALREADY_DONE]
    assert isinstance(trip.fork().ask(scan(trip, "subject/P2", "D-2"), actor=SC1), Accepted), "of another subject"
    trip.do(WithdrawDocument("D-1", "wrong page"), actor=SC1)
    assert codes(trip.ask(WithdrawDocument("D-1", "again"), actor=SC1)) == [Code.NOT_KNOWN]
    assert isinstance(trip.ask(scan(trip, document="D-2"), actor=SC1), Accepted)


def test_another_sites_person_files_and_withdraws_nothing_here(trip):
    assert codes(trip.ask(scan(trip), actor=SC2)) == [Code.ACTOR_OF_OTHER_SITE]
    trip.do(scan(trip), actor=SC1)
    assert codes(trip.ask(WithdrawDocument("D-1", "not mine"), actor=SC2)) == [Code.ACTOR_OF_OTHER_SITE]


def consent(trip, text, **changes):
    protocol = trip.state.protocol
    version = protocol.population.consents.main_version
    return replace(SignConsent("P1", ConsentKind.MAIN, version, trip.moment.local_date, scan=text), **changes)


def test_a_consent_names_its_scan(trip):
    trip.do(scan(trip), actor=SC1)
    trip.do(consent(trip, "document/D-1"), actor=SC1)
    signed = [event.fact for event in trip.events if isinstance(event.fact, ConsentSigned)]
    assert signed[-1].scan == "document/D-1"


def test_a_scan_that_is_none_of_this_subject_day_and_kind_is_refused(trip):
    trip.do(scan(trip), actor=SC1)
    trip.do(scan(trip, "subject/P2", "D-2"), actor=SC1)
    trip.do(scan(trip, document="D-3", kind=DocumentKind.OTHER), actor=SC1)
    trip.do(scan(trip, document="D-4", sha256="cd" * 32, on=trip.moment.local_date - timedelta(days=9)), actor=SC1)
    assert codes(trip.ask(consent(trip, "D-1"), actor=SC1)) == [Code.NOT_KNOWN]
    assert codes(trip.ask(consent(trip, "document/D-9"), actor=SC1)) == [Code.NOT_KNOWN]
    assert Code.DOCUMENT_OF_ANOTHER in codes(trip.ask(consent(trip, "document/D-2"), actor=SC1))
    assert codes(trip.ask(consent(trip, "document/D-3"), actor=SC1)) == [Code.DOCUMENT_UNSUITABLE]
    assert codes(trip.ask(consent(trip, "document/D-4"), actor=SC1)) == [Code.DOCUMENT_UNSUITABLE]
    trip.do(WithdrawDocument("D-1", "wrong page"), actor=SC1)
    assert codes(trip.ask(consent(trip, "document/D-1"), actor=SC1)) == [Code.NOT_KNOWN]


def test_evidence_names_its_source_among_the_documents_of_its_subject(trip):
    report = {"kind": DocumentKind.LABORATORY_REPORT}
    trip.do(scan(trip, "subject/P1", "L-1", **report), actor=SC1)
    trip.do(scan(trip, "subject/P2", "L-2", **report), actor=SC1)
    concept = trip.state.protocol.population.criteria[0].concept
    made = RecordEvidence("P1", concept, "yes", "", trip.moment.local_date, "document/L-2", "pi")
    assert Code.DOCUMENT_OF_ANOTHER in codes(trip.ask(made, actor=SC1))
    assert Code.DOCUMENT_OF_ANOTHER not in codes(trip.ask(replace(made, source="document/L-1"), actor=SC1))
    assert Code.NOT_KNOWN not in codes(trip.ask(replace(made, source="letter 17/2026"), actor=SC1)), "words stay words"


def test_a_resume_item_bears_the_day_of_the_document_it_rests_on(trip):
    """So that an approval of before the suspension or the amendment cannot serve under a later date."""
    before = trip.moment.local_date
    approval = {"kind": DocumentKind.ETHICS_APPROVAL}
    trip.do(scan(trip, "site/S1", "E-1", **approval), role=Role.SPONSOR)
    trip.wait(days=3)
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"), role=Role.MEDICAL_MONITOR)
    trip.wait(days=2)
    today = trip.moment.local_date
    trip.do(scan(trip, "site/S1", "E-2", sha256="cd" * 32, **approval), role=Role.SPONSOR)

    def item(text, on):
        made: RecordResumeItem = trip.resume_item("X", ResumeItem.ETHICS_APPROVAL, on, text, site="S1")
        return trip.ask(made, role=Role.SPONSOR)

    assert codes(item("document/E-1", today)) == [Code.DOCUMENT_UNSUITABLE]
    assert codes(item("document/E-1", before)) == [Code.ITEM_BEFORE_SUSPENSION]
    assert isinstance(item("document/E-2", today), Accepted)


def test_a_blinded_person_files_nothing_that_tells_arms_apart(journey):
    made = journey({"trial.blinding": {"level": "double", "unblinded_roles": {}}})
    made.screen("P1")
    certificate = scan(made, kind=DocumentKind.CERTIFICATE_OF_ANALYSIS)
    assert codes(made.ask(certificate, actor=SC1)) == [Code.CLOSED_DATA]
    assert codes(made.ask(scan(made, closed=True), actor=SC1))[:1] == [Code.CLOSED_DATA]
    made.do(certificate, role=Role.QUALITY_ASSURANCE)
    assert made.events[-1].fact.closed, "whatever was said, a certificate reveals a product"
