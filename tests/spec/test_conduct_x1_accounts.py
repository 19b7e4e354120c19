"""X1: whose account it is, what it may do and since when, who must be another, what left the system, who read the trail.

AC-X1.2 for permissions: every change says who, what, when, why, and what stood before.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from rehearsal import signature

from celltrial.conduct.acts.access import check_access
from celltrial.conduct.acts.account.blinding import without_closed_values
from celltrial.conduct.acts.account.commands import GrantAccess, RecordCopy, ReviewAuditTrail, RevokeAccess
from celltrial.conduct.acts.batch.commands import HandOverBatch, ReceiveMaterial, ReleaseBatch, StartManufacture
from celltrial.conduct.acts.checks import check_signatures
from celltrial.conduct.acts.roles import BLINDED, ROLES
from celltrial.conduct.acts.safety.commands import AnswerQuery, CloseQuery, OpenQuery, ReopenQuery
from celltrial.conduct.acts.scope.commands import SuspendScope
from celltrial.conduct.acts.site.commands import CountResource
from celltrial.conduct.acts.subject.commands import (
    RandomiseSubject,
    RecordEvidence,
    ScreenSubject,
    StartLymphodepletion,
)
from celltrial.conduct.acts.trial.commands import CloseTask, IssueMonitoringReport, RaiseAlert, TakeDataCut
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.account.events import AccessGranted, AccessRevoked, AuditTrailReviewed, CopyKind, CopyMade
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.safety.events import QueryAnswered, QueryClosed, QueryOpened, QueryReopened
from celltrial.conduct.gates.dose import check_enough_cells
from celltrial.conduct.gates.suspension import check_open
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import ScopeKind, Severity, Signature
from celltrial.core.quantities import Quantity
from celltrial.core.values import REDACTED, Identifier, Relation, Term, as_data, message
from celltrial.locale.wording import in_words

LEAD = Actor("lead", Role.SPONSOR, None, "Lead Office")
PI = Actor("pi", Role.INVESTIGATOR, "S1", "Ward One")
WHY = "delegation log of the site, signed"


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


@pytest.fixture
def guarded(journey):
    """A trial that keeps accesses: the sponsor's lead and one investigator of site S1."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    trip.do(GrantAccess("lead", "Lead Office", Role.SPONSOR), actor=LEAD, reason="set up")
    trip.do(GrantAccess("pi", "Ward One", Role.INVESTIGATOR, "S1"), actor=LEAD, reason=WHY)
    return trip


def test_a_grant_says_who_what_when_and_why(guarded):
    event = guarded.events[-1]
    assert event.fact == AccessGranted("pi", "Ward One", Role.INVESTIGATOR, "S1")
    assert (event.actor, event.reason, event.recorded, event.stream) == (LEAD, WHY, guarded.now, "account/pi")


def test_an_act_by_an_account_without_the_role_is_refused_and_says_what_it_holds(guarded):
    assert isinstance(guarded.ask(ScreenSubject("P1", "S1", "ID-1"), actor=PI), Accepted)
    stranger = guarded.ask(ScreenSubject("P2", "S1", "ID-2"), actor=Actor("eve", Role.INVESTIGATOR, "S1"))
    assert codes(stranger) == [Code.ACCESS_NOT_GRANTED]
    other_role = guarded.ask(ScreenSubject("P2", "S1", "ID-2"), actor=Actor("pi", Role.COORDINATOR, "S1"))
    assert codes(other_role) == [Code.ACCESS_NOT_GRANTED]
    assert (other_role.conditions[0].needed, other_role.conditions[0].found) == (
        message("role_at_site", role=Role.COORDINATOR, site=Identifier("S1")),
        message("role_at_site", role=Role.INVESTIGATOR, site=Identifier("S1")),
    )


@pytest.mark.parametrize("site", ["S2", None])
def test_a_grant_for_one_site_opens_no_other_and_not_all(guarded, site):
    refused = guarded.ask(CountResource("S2", "tocilizumab", 3), actor=Actor("pi", Role.INVESTIGATOR, site))
    assert codes(refused) == [Code.ACCESS_NOT_GRANTED]


def test_a_revoked_role_ends_at_once_and_what_was_done_stays(guarded):
    guarded.do(ScreenSubject("P1", "S1", "ID-1"), actor=PI)
    guarded.wait(days=1)
    revoke = RevokeAccess("pi", Role.INVESTIGATOR, "S1")
    assert codes(guarded.ask(revoke, actor=LEAD)) == [Code.REASON_MISSING]
    guarded.do(revoke, actor=LEAD, reason="left the hospital")
    assert guarded.events[-1].fact == AccessRevoked("pi", Role.INVESTIGATOR, "S1")
    assert codes(guarded.ask(ScreenSubject("P2", "S1", "ID-2"), actor=PI)) == [Code.ACCESS_NOT_GRANTED]
    assert codes(guarded.ask(revoke, actor=LEAD, reason="again")) == [Code.NOT_KNOWN]
    assert "P1" in guarded.state.subjects
    guarded.do(GrantAccess("pi", "Ward One", Role.INVESTIGATOR, "S1"), actor=LEAD, reason="came back")
    assert isinstance(guarded.ask(ScreenSubject("P2", "S1", "ID-2"), actor=PI), Accepted)
    assert fold(guarded.events) == guarded.state


def test_an_account_is_one_persons_for_ever(guarded):
    shared = guarded.ask(GrantAccess("pi", "Ward Two", Role.COORDINATOR, "S1"), actor=LEAD, reason="holiday cover")
    assert codes(shared) == [Code.ACCOUNT_OF_ANOTHER]
    lent = Actor("pi", Role.INVESTIGATOR, "S1", "Ward Two")
    assert codes(guarded.ask(ScreenSubject("P1", "S1", "ID-1"), actor=lent)) == [Code.ACCOUNT_OF_ANOTHER]
    guarded.do(RevokeAccess("pi", Role.INVESTIGATOR, "S1"), actor=LEAD, reason="left")
    reused = guarded.ask(GrantAccess("pi", "Ward Two", Role.COORDINATOR, "S1"), actor=LEAD, reason="new person")
    assert codes(reused) == [Code.ACCOUNT_OF_ANOTHER]


def test_nobody_changes_their_own_access(guarded):
    own = guarded.ask(GrantAccess("lead", "Lead Office", Role.QUALITY_ASSURANCE), actor=LEAD, reason="handy")
    assert codes(own) == [Code.OWN_ACCESS]
    last = guarded.ask(RevokeAccess("lead", Role.SPONSOR), actor=LEAD, reason="goodbye")
    assert codes(last) == [Code.OWN_ACCESS]


def test_the_first_grant_is_the_sponsors_own(journey):
    trip = journey()
    first = trip.ask(GrantAccess("pi", "Ward One", Role.INVESTIGATOR, "S1"), actor=LEAD, reason=WHY)
    assert codes(first) == [Code.OWN_ACCESS]
    assert trip.state.accounts == {}


def test_a_grant_needs_a_reason_a_person_and_a_known_site(guarded):
    assert codes(guarded.ask(GrantAccess("x", " ", Role.COORDINATOR, "S9"), actor=LEAD)) == [Code.NOT_KNOWN]
    bad = guarded.ask(GrantAccess("x", " ", Role.COORDINATOR, "S1"), actor=LEAD)
    assert codes(bad) == [Code.REASON_MISSING, Code.VALUE_NOT_USABLE]
    again = guarded.ask(GrantAccess("pi", "Ward One", Role.INVESTIGATOR, "S1"), actor=LEAD, reason=WHY)
    assert codes(again) == [Code.ALREADY_DONE]


@pytest.mark.parametrize("kind", ROLES, ids=lambda kind: kind.__name__)
def test_every_command_is_refused_to_every_role_that_the_table_does_not_name(journey, kind):
    """Role checks on the server, for every command and every role; only the table decides."""
    trip = journey()
    for role in Role:
        request = trip.request(object.__new__(kind), role=role)
        found = [item.code for item in check_access(trip.state, request, trip.now)]
        assert (Code.ROLE_NOT_ALLOWED in found) == (role not in ROLES[kind]), (kind, role)


def test_who_released_a_batch_does_not_infuse_it_under_another_role_either(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    both = Actor("quality_assurance-signer", Role.INVESTIGATOR)  # signed the release
    refused = trip.ask(trip.infusion("P1", "B1"), actor=both)
    assert codes(refused) == [Code.DUTIES_NOT_SEPARATE]
    assert (refused.conditions[0].needed, refused.conditions[0].about) == (
        message("another_than_who", duty=Term("duty", "released")),
        "batch/B1",
    )
    assert isinstance(trip.infuse("P1", "B1"), Accepted)


def test_who_made_a_batch_does_not_release_it_under_another_role_either(journey):
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.receive_material("B1")
    trip.do(StartManufacture("B1", "P1", "run"), actor=Actor("maker", Role.CELL_PROCESSING))
    signed = (Signature("maker", "Maker", "quality_assurance", "approval", trip.moment),)
    command = ReleaseBatch("B1", Decimal(1), trip.state.protocol.dose.basis, trip.moment, signed)
    assert Code.DUTIES_NOT_SEPARATE in codes(trip.ask(command))


def test_one_person_gives_one_of_two_signatures(journey):
    """A dual signature by one account under two roles is one signature."""
    trip = journey()
    one = Signature("dr", "Dr", "quality_assurance", "approval", trip.moment)
    two = Signature("dr", "Dr", "medical_monitor", "approval", trip.moment)
    wanted = ["quality_assurance", "medical_monitor"]
    assert [c.code for c in check_signatures((one, two), wanted, trip.now, "batch/B1")] == [Code.SIGNATURE_MISSING]
    other = signature("medical_monitor", trip.moment)
    assert not [*check_signatures((one, other), wanted, trip.now, "batch/B1")]


def test_a_signature_of_an_account_without_the_role_does_not_count(guarded):
    guarded.do(GrantAccess("qa", "QA Office", Role.QUALITY_ASSURANCE), actor=LEAD, reason=WHY)
    forged = (Signature("pi", "Ward One", "quality_assurance", "approval", guarded.moment),)
    command = ReleaseBatch("B1", Decimal(1), guarded.state.protocol.dose.basis, guarded.moment, forged)
    refused = guarded.ask(command, actor=Actor("qa", Role.QUALITY_ASSURANCE))
    assert codes(refused) == [Code.ACCESS_NOT_GRANTED]
    assert refused.conditions[0].about == "account/pi"


@pytest.mark.parametrize("field", ["witness", "signer"])
def test_a_witness_or_receiver_signs_only_for_a_role_that_the_account_holds(guarded, field):
    guarded.do(GrantAccess("cp", "Cell Lab", Role.CELL_PROCESSING), actor=LEAD, reason=WHY)
    forged = Signature("pi", "Ward One", "quality_assurance", "witness", guarded.moment)
    now = guarded.moment
    asked = {
        "witness": ReceiveMaterial("B1", "plant", "ID-P1", "B1", intact=True, witness=forged),
        "signer": HandOverBatch("B1", "plant", "courier", now, now, signer=forged),
    }
    refused = guarded.ask(asked[field], actor=Actor("cp", Role.CELL_PROCESSING))
    assert codes(refused) == [Code.ACCESS_NOT_GRANTED]
    assert refused.conditions[0].about == "account/pi"


def test_a_query_lives_open_answered_closed_reopened_and_each_step_has_its_people(journey):
    trip = journey()
    monitor, site = Actor("dm", Role.DATA_MANAGER), Actor("sc", Role.COORDINATOR, "S1")
    opened = OpenQuery(QueryOpened("q1", "adverse_event/AE-1", "CND-451", Identifier("grade or term?")))
    answered, closed = AnswerQuery(QueryAnswered("q1", "the term")), CloseQuery(QueryClosed("q1"))
    reopened = ReopenQuery(QueryReopened("q1"))
    assert codes(trip.ask(opened, actor=site)) == [Code.ROLE_NOT_ALLOWED]
    trip.do(opened, actor=monitor)
    assert codes(trip.ask(closed, actor=monitor)) == [Code.NOT_KNOWN], "an open query is answered first"
    assert codes(trip.ask(answered, actor=monitor)) == [Code.ROLE_NOT_ALLOWED]
    trip.do(answered, actor=site)
    assert codes(trip.ask(closed, actor=site)) == [Code.ROLE_NOT_ALLOWED]
    both = Actor("sc", Role.DATA_MANAGER)
    assert codes(trip.ask(closed, actor=both)) == [Code.DUTIES_NOT_SEPARATE], "who answered does not close"
    trip.do(closed, actor=monitor)
    assert codes(trip.ask(answered, actor=site)) == [Code.NOT_KNOWN]
    assert codes(trip.ask(reopened, actor=monitor)) == [Code.REASON_MISSING]
    assert codes(trip.ask(reopened, actor=site, reason="x")) == [Code.ROLE_NOT_ALLOWED]
    trip.do(reopened, actor=monitor, reason="answer names another event")
    assert trip.state.queries["q1"].status == "open"
    texts = [event.fact for event in trip.events if event.stream == "trial"][-4:]
    assert [type(fact).__name__ for fact in texts] == ["QueryOpened", "QueryAnswered", "QueryClosed", "QueryReopened"]
    assert (str(texts[0].detail), texts[1].answer) == ("grade or term?", "the term")


def test_a_copy_and_a_review_of_the_trail_are_facts(journey):
    trip = journey()
    last, reader = trip.state.position, Actor("inspector", Role.AUDITOR)
    trip.do(RecordCopy(CopyMade(CopyKind.AUDIT_TRAIL, "trial", last, "ab" * 32, arms_shown=True)), actor=reader)
    trip.do(ReviewAuditTrail("rev-1", "trial", last, "no finding"), actor=reader)
    assert trip.events[-1].fact == AuditTrailReviewed("rev-1", "trial", last, "no finding")
    assert trip.state.reviews == {"rev-1": last}
    later = ReviewAuditTrail("rev-1", "trial", 10_000, " ")
    assert codes(trip.ask(later, actor=reader)) == [Code.ID_TAKEN, Code.NOT_KNOWN, Code.VALUE_NOT_USABLE]
    beyond = RecordCopy(CopyMade(CopyKind.PRINT, "subject/P1", 0, "", arms_shown=False))
    assert codes(trip.ask(beyond, actor=reader)) == [Code.NOT_KNOWN, Code.VALUE_NOT_USABLE]


BLIND = {"trial.blinding": {"level": "double", "unblinded_roles": {}}}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_in_a_blinded_trial_arms_are_handed_to_nobody_who_may_not_know_them(journey, role):
    trip = journey(BLIND)
    copy = RecordCopy(CopyMade(CopyKind.REPORT, "trial", 1, "ab" * 32, arms_shown=True))
    found = codes(trip.ask(copy, role=role))
    assert found == ([Code.CLOSED_DATA] if role in BLINDED["double"] else [])


def test_a_blinded_statistician_neither_randomises_nor_issues_a_closed_report(journey):
    trip = journey(BLIND)
    trip.enrol("P1")
    trip.do(TakeDataCut("cut-1", "ab" * 32))
    drawn = RandomiseSubject("P1", "A", "stratum", 1)
    assert Code.CLOSED_DATA in codes(trip.ask(drawn, role=Role.STATISTICIAN))
    assert Code.CLOSED_DATA not in codes(trip.ask(drawn, role=Role.SYSTEM))
    closed = IssueMonitoringReport("r1", "cut-1", closed=True, sha256="ab" * 32)
    assert codes(trip.ask(closed, role=Role.STATISTICIAN)) == [Code.CLOSED_DATA]
    opened = IssueMonitoringReport("r2", "cut-1", closed=False, sha256="ab" * 32)
    assert isinstance(trip.ask(opened, role=Role.STATISTICIAN), Accepted)


def test_the_system_account_needs_its_grant_too(guarded):
    alert = RaiseAlert("a1", Severity.NOTE, "CND-206", "trial", "", "sponsor")
    assert codes(guarded.ask(alert, actor=Actor("system", Role.SYSTEM))) == [Code.ACCESS_NOT_GRANTED]
    guarded.do(GrantAccess("system", "Scheduler", Role.SYSTEM), actor=LEAD, reason="nightly jobs")
    assert isinstance(guarded.ask(alert, actor=Actor("system", Role.SYSTEM)), Accepted)


def test_a_refusal_hides_what_a_batch_holds_from_a_blinded_role(journey):
    """2.3.2-j: the dose that a batch can give, and what it holds, are in a refusal as redacted values; a dose that was typed does not."""
    trip = journey({**BLIND, "dose.shortfall": "not_infused"})
    trip.prepare("P1", "B1")
    trip.refresh("P1")
    batch = trip.state.batches["B1"]
    scarce = replace(batch, cells=Decimal("1.0e3"), basis=trip.state.protocol.dose.basis)
    today = trip.local("P1").local_date
    trip.do(RecordEvidence("P1", "body_weight", "70", "kg", today, "scale"))
    trip.state = trip.state.changed(batches={**trip.state.batches, "B1": scarce})
    start = StartLymphodepletion("P1", "B1", trip.next_infusion("P1"))
    refused = trip.ask(start)
    (short,) = [item for item in refused.conditions if item.code is Code.DOSE_BELOW_BAND]
    assert dict(short.found.params)["dose"] == REDACTED
    assert "1000" not in json.dumps(as_data(short.found))
    assert (short.needed.relation, short.needed.value.unit) == (Relation.AT_LEAST, "")
    kept = tuple(check_enough_cells(trip.act("P1"), scarce))
    for role, dose in ((Role.INVESTIGATOR, REDACTED), (Role.CELL_PROCESSING, Quantity(Decimal("1.0e3"), ""))):
        (shown,) = without_closed_values(trip.state, trip.request(start, role=role), kept)
        assert dict(shown.found.params)["dose"] == dose


def test_a_refusal_hides_which_arm_is_suspended_from_a_blinded_role(journey):
    trip = journey(BLIND)
    trip.enrol("P1")
    trip.do(SuspendScope("X", ScopeKind.ARM, "secret", "signal"), role=Role.SAFETY_BOARD)
    arms = replace(trip.state.subjects["P1"], arm="secret")
    trip.state = trip.state.changed(subjects={**trip.state.subjects, "P1": arms})
    kept = tuple(item for item in check_open(trip.act("P1"), None) if item.code is Code.SUSPENDED)
    command = CloseTask("t", "done")
    for role, arm in ((Role.INVESTIGATOR, REDACTED), (Role.SAFETY_BOARD, Identifier("secret"))):
        (shown,) = without_closed_values(trip.state, trip.request(command, role=role), kept)
        assert dict(shown.found.params)["scope"] == message("arm_named", arm=arm)
        assert ("secret" in in_words(shown.found, "zh")) is (arm is not REDACTED)
