"""Nurse and monitor: what they may do, who may give which role, a consent read out before a witness, values verified."""

from __future__ import annotations

from dataclasses import replace

import pytest

from celltrial.conduct.acts.account.commands import GrantAccess, RevokeAccess
from celltrial.conduct.acts.roles import DELEGATED, ENTERING, ROLES, may_see_arm
from celltrial.conduct.acts.safety.commands import AnswerQuery, CloseQuery, OpenQuery, ReportAdverseEvent
from celltrial.conduct.acts.signing.commands import GiveSignature
from celltrial.conduct.acts.subject.commands import (
    ConfirmEligibility,
    RecordInfusion,
    ScreenSubject,
    SignConsent,
    StartLymphodepletion,
)
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, LogIn, Role
from celltrial.conduct.facts.safety.events import QueryAnswered, QueryClosed, QueryOpened
from celltrial.conduct.facts.signing.events import SignatureRequested
from celltrial.conduct.facts.subject.events import ConsentSigned
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import ConsentKind, Signature
from celltrial.core.values import Identifier

LEAD = Actor("lead", Role.SPONSOR, None, "Lead Office")
PI = Actor("pi", Role.INVESTIGATOR, "S1", "Ward One")
WHY = "delegation log of the site, signed"


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


@pytest.fixture
def site(journey):
    """A trial that keeps accesses: the sponsor's lead, and an investigator of the first of two sites."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    trip.do(GrantAccess("lead", "Lead Office", Role.SPONSOR), actor=LEAD, reason="set up")
    trip.do(GrantAccess("pi", "Ward One", Role.INVESTIGATOR, "S1"), actor=LEAD, reason=WHY)
    return trip


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_an_investigator_delegates_coordinators_and_nurses_of_the_own_site_and_nobody_else(site, role):
    expected = [] if role in DELEGATED else [Code.ROLE_NOT_ALLOWED]
    assert codes(site.ask(GrantAccess("x", "Person X", role, "S1"), actor=PI, reason=WHY)) == expected
    assert Code.ACTOR_OF_OTHER_SITE in codes(site.ask(GrantAccess("y", "Person Y", role, "S2"), actor=PI, reason=WHY))
    assert Code.ACTOR_OF_OTHER_SITE in codes(site.ask(GrantAccess("z", "Person Z", role), actor=PI, reason=WHY))


def test_what_an_investigator_delegated_is_taken_back_by_investigator_or_sponsor(site):
    site.do(GrantAccess("ann", "Ann Ward", Role.NURSE, "S1"), actor=PI, reason=WHY)
    site.do(GrantAccess("mm", "Med Office", Role.MEDICAL_MONITOR), actor=LEAD, reason=WHY)
    assert codes(site.ask(RevokeAccess("mm", Role.MEDICAL_MONITOR), actor=PI, reason="x"))[0] is Code.ROLE_NOT_ALLOWED
    site.do(RevokeAccess("ann", Role.NURSE, "S1"), actor=PI, reason="left the ward")
    site.do(GrantAccess("ann", "Ann Ward", Role.NURSE, "S1"), actor=LEAD, reason=WHY)


@pytest.mark.parametrize("role", sorted(ENTERING))
def test_nobody_monitors_what_they_enter(site, role):
    at = None if role is Role.CELL_PROCESSING else "S1"
    site.do(GrantAccess("m", "Mon Office", Role.MONITOR), actor=LEAD, reason=WHY)
    site.do(GrantAccess("e", "Ent Office", role, at), actor=LEAD, reason=WHY)
    assert codes(site.ask(GrantAccess("m", "Mon Office", role, at), actor=LEAD, reason=WHY)) == [
        Code.DUTIES_NOT_SEPARATE
    ]
    other = site.ask(GrantAccess("e", "Ent Office", Role.MONITOR), actor=LEAD, reason=WHY)
    assert codes(other) == [Code.DUTIES_NOT_SEPARATE]


def test_a_nurse_decides_nothing_and_a_monitor_enters_nothing():
    decisions = {ConfirmEligibility, StartLymphodepletion, RecordInfusion, ReportAdverseEvent, GrantAccess}
    assert not [kind for kind in decisions if Role.NURSE in ROLES[kind]]
    written = {kind for kind, roles in ROLES.items() if roles & ENTERING and Role.MONITOR in roles}
    names = {kind.__name__ for kind in written}
    assert names == {  # a monitor files the reports of visits, and takes back what was filed in error
        "RaiseAlert", "OpenTask", "RecordDeviation", "RecordCopy", "GiveSignature", "DeclineSignature",
        "WithdrawSignature", "DraftAdverseEvent", "FileDocument", "WithdrawDocument",
    }  # fmt: skip
    assert Role.MONITOR not in ROLES[CorrectFact]


def test_both_are_blinded_where_the_trial_is(journey):
    protocol = journey({"trial.blinding": {"level": "double"}}).state.protocol
    assert not may_see_arm(protocol, Role.NURSE)
    assert not may_see_arm(protocol, Role.MONITOR)


def test_a_monitor_asks_and_closes_what_the_site_answered(journey):
    trip = journey()
    trip.screen("P1", "S1")
    trip.do(
        OpenQuery(QueryOpened("Q1", "subject/P1", "differs", Identifier("birth date differs from the identity card"))),
        role=Role.MONITOR,
    )
    assert codes(trip.ask(AnswerQuery(QueryAnswered("Q1", "corrected")), role=Role.MONITOR)) == [Code.ROLE_NOT_ALLOWED]
    trip.do(AnswerQuery(QueryAnswered("Q1", "corrected")), role=Role.COORDINATOR)
    trip.do(CloseQuery(QueryClosed("Q1")), role=Role.MONITOR)


# --- a consent that was read out ---------------------------------------------------------------------------------------


@pytest.fixture
def screened(journey):
    trip = journey()
    trip.do(ScreenSubject("P1", "S1", "W-0001"))
    return trip, SignConsent("P1", ConsentKind.MAIN, "1.0", trip.local("P1").local_date)


def test_a_consent_that_was_read_out_needs_its_witness(screened):
    trip, consent = screened
    read = replace(consent, read_out=True)
    assert codes(trip.ask(read, role=Role.INVESTIGATOR)) == [Code.WITNESS_MISSING]
    sponsor = replace(read, witness=Signature("so", "Sp Office", "sponsor", "witness", trip.moment))
    assert codes(trip.ask(sponsor, role=Role.INVESTIGATOR)) == [Code.WITNESS_MISSING]
    nurse = Signature("ann", "Ann Ward", "nurse", "witness", trip.moment)
    done = trip.do(replace(read, witness=nurse), role=Role.INVESTIGATOR)
    [fact] = [item.fact for item in done.drafts if isinstance(item.fact, ConsentSigned)]
    assert (fact.read_out, fact.witness) == (True, nurse)
    assert ConsentKind.MAIN in trip.state.subjects["P1"].consents


def test_the_witness_of_a_consent_signs_in_the_own_session_and_is_of_the_site(screened):
    trip, consent = screened

    def asks(account, role, place, command):
        who = Actor(account, role, place, account.title())
        log_in = LogIn(account, who.printed_name, "", f"s-{account}", ("password", "code"), trip.now, True)
        return trip.ask(command, actor=who, log_in=log_in)

    done = asks("pi", Role.INVESTIGATOR, "S1", replace(consent, read_out=True))
    [asked] = [item.fact for item in done.drafts if isinstance(item.fact, SignatureRequested)]
    assert not trip.state.subjects["P1"].consents, "it waits"
    sign = GiveSignature(asked.signing, asked.sha256)
    assert codes(asks("ann", Role.NURSE, "S2", sign)) == [Code.ACTOR_OF_OTHER_SITE]
    assert Code.WITNESS_MISSING in codes(asks("pi", Role.COORDINATOR, "S1", sign))
    asks("ann", Role.NURSE, "S1", sign)
    assert ConsentKind.MAIN in trip.state.subjects["P1"].consents
