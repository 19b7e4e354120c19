"""Signatures: an act of its own in the signer's session, over the hash of what was read, judged again with the last one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from rehearsal import Journey, with_fields
from tests.spec import test_conduct_whole_trial

from celltrial.conduct.acts.batch.commands import QuarantineBatch, RecallBatch, ReleaseBatch
from celltrial.conduct.acts.scope.commands import OpenEvaluation, RecordResumeItem, SignEvaluation, SuspendScope
from celltrial.conduct.acts.signing.commands import DeclineSignature, GiveSignature, WithdrawSignature
from celltrial.conduct.acts.signing.content import unsigned
from celltrial.conduct.acts.signing.deciders import may_read
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import decide, project
from celltrial.conduct.envelope import Actor, LogIn, Request, Role
from celltrial.conduct.facts.batch.events import BatchReleased
from celltrial.conduct.facts.scope.events import ResumeItemRecorded
from celltrial.conduct.facts.signing.events import SignatureGiven, SignatureRequested, SignedActCarriedOut
from celltrial.conduct.facts.subject.events import CellsInfused
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.granted import proves_signing, signatures_in
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import Persons, ResumeItem, ScopeKind, ScopeStatus
from celltrial.core.dates import Instant
from celltrial.core.values import redacted


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


@dataclass
class Person:
    """A logged-in person of one role."""

    trip: object
    account: str
    role: Role
    site: str | None = None

    @property
    def actor(self):
        return Actor(self.account, self.role, self.site, self.account.title())

    def asks(self, command, *, signing=False, proved=0, **options):
        """Ask in the own session; `signing`: components were proved anew so many seconds ago."""
        then = self.trip.now - timedelta(seconds=proved)
        log_in = LogIn(self.account, self.actor.printed_name, "", f"s-{self.account}", ("code",), then, signing)
        return self.trip.ask(command, actor=self.actor, log_in=log_in, **options)

    def signs(self, key=None, *, sha256=None, **options):
        act = self.trip.state.pending[key or next(iter(self.trip.state.pending))]
        command = GiveSignature(act.asked.signing, sha256 or act.asked.sha256)
        return self.asks(command, signing=True, **options)


def team(trip):
    names = {"pi": Role.INVESTIGATOR, "nurse": Role.COORDINATOR, "qa": Role.QUALITY_ASSURANCE,
             "mm": Role.MEDICAL_MONITOR, "lead": Role.SPONSOR, "dm": Role.DATA_MANAGER}  # fmt: skip
    return {name: Person(trip, name, role) for name, role in names.items()}


@pytest.fixture
def suspended(journey):
    trip = journey()
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    trip.do(OpenEvaluation("X"))
    return trip, team(trip)


def evaluation(trip, reference="report 3"):
    return SignEvaluation("X", trip.moment.local_date, reference, ())


@pytest.fixture
def bedside(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    return trip, team(trip)


def infusion(trip):
    return replace(trip.infusion("P1", "B1"), witness=None)


def test_an_act_that_lacks_other_persons_waits_and_takes_effect_with_the_last_signature(suspended):
    trip, who = suspended
    done = who["mm"].asks(evaluation(trip), reason="seven events")
    [asked] = facts(done, SignatureRequested)
    assert (asked.command, [item.roles for item in asked.needed]) == (
        "SignEvaluation", [("medical_monitor",), ("sponsor",)],
    )  # fmt: skip
    assert not trip.state.suspensions["X"].items
    first = who["mm"].signs()
    assert [type(item.fact) for item in first.drafts] == [SignatureGiven]
    assert not trip.state.suspensions["X"].items
    trip.wait(hours=5)
    last = who["lead"].signs()
    assert [type(item.fact) for item in last.drafts][:2] == [SignatureGiven, SignedActCarriedOut]
    [item] = facts(last, ResumeItemRecorded)
    assert [(one.account, one.role, one.printed_name) for one in item.signatures] == [
        ("mm", "medical_monitor", "Mm"), ("lead", "sponsor", "Lead"),
    ]  # fmt: skip
    assert not trip.state.pending
    recorded = next(event for event in trip.events if event.fact is item)
    assert (recorded.actor.id, recorded.reason) == ("mm", "seven events"), "it is the act of whoever began it"
    assert recorded.occurred.utc == trip.now, "a decision takes effect with its last signature"


def test_nobody_types_the_signature_of_another(suspended, bedside):
    trip, who = suspended
    typed = trip.witness("sponsor")
    command = replace(evaluation(trip), signatures=(typed,))
    assert set(codes(who["mm"].asks(command, signing=True))) == {Code.SIGNATURE_NOT_PROVED}
    assert not trip.state.pending
    trip, who = bedside
    seen = replace(infusion(trip), witness=trip.witness("coordinator"))
    assert set(codes(who["pi"].asks(seen, signing=True))) == {Code.SIGNATURE_NOT_PROVED}
    own_name = replace(seen.witness, account="pi", printed_name="Pi", role="coordinator")
    assert codes(who["pi"].asks(replace(seen, witness=own_name), signing=True)) == [Code.SIGNATURE_NOT_PROVED]


def test_ones_own_signature_stands_with_the_act_where_it_was_proved_to_sign(suspended):
    trip, who = suspended
    mm = who["mm"].actor
    own = replace(trip.witness("medical_monitor"), account=mm.id, printed_name=mm.printed_name)
    command = replace(evaluation(trip), signatures=(own,))
    assert codes(who["mm"].asks(command)) == [Code.SIGNATURE_NOT_PROVED], "a log-in is no intention to sign"
    assert isinstance(who["mm"].asks(command, signing=True), Accepted)
    [act] = trip.state.pending.values()
    assert [item.roles for item in act.open] == [("sponsor",)]
    assert facts(who["lead"].signs(), ResumeItemRecorded)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("dm", Code.ROLE_NOT_ALLOWED), ("pi", Code.ROLE_NOT_ALLOWED), ("lead", None)],
)
def test_only_a_role_that_is_needed_signs(suspended, name, expected):
    trip, who = suspended
    who["mm"].asks(evaluation(trip))
    assert codes(who[name].signs()) == ([expected] if expected else [])


def test_what_was_read_must_be_what_waits_and_the_signature_be_proved(suspended):
    trip, who = suspended
    who["mm"].asks(evaluation(trip))
    assert codes(who["lead"].signs(sha256="0" * 64)) == [Code.CONTENT_DIFFERS]
    [act] = trip.state.pending.values()
    plain = GiveSignature(act.asked.signing, act.asked.sha256)
    assert codes(who["lead"].asks(plain)) == [Code.SIGNATURE_NOT_PROVED]
    assert codes(who["lead"].asks(GiveSignature("nothing", "0" * 64), signing=True)) == [Code.NOT_KNOWN]
    assert not act.given


def test_every_field_changes_the_hash_and_the_same_act_is_asked_once(suspended):
    trip, who = suspended
    for command in (evaluation(trip), evaluation(trip, "report 4"), replace(evaluation(trip), suspension="X")):
        who["mm"].asks(command)
    assert len(trip.state.pending) == 2
    assert codes(who["mm"].asks(evaluation(trip))) == [Code.ALREADY_DONE]
    who["mm"].asks(evaluation(trip), reason="another")
    who["lead"].asks(evaluation(trip))
    assert len({act.asked.sha256 for act in trip.state.pending.values()}) == 4


def test_one_person_signs_once_even_in_two_roles(suspended):
    trip, who = suspended
    who["mm"].asks(evaluation(trip))
    who["mm"].signs()
    twice = Person(trip, "mm", Role.SPONSOR)
    assert codes(twice.signs()) == [Code.ALREADY_DONE]


def test_an_act_with_another_fault_does_not_wait(suspended):
    """Nobody is asked to sign what the core would refuse anyway."""
    trip, who = suspended
    early = replace(evaluation(trip), on=trip.moment.local_date - timedelta(days=1))
    assert Code.ITEM_BEFORE_SUSPENSION in codes(who["mm"].asks(early))
    assert Code.VALUE_NOT_USABLE in codes(who["mm"].asks(evaluation(trip, " ")))
    assert not trip.state.pending


def test_a_declined_or_withdrawn_act_is_over_with_its_reason(suspended):
    trip, who = suspended
    who["mm"].asks(evaluation(trip))
    key = next(iter(trip.state.pending))
    assert codes(who["lead"].asks(DeclineSignature(key, " "))) == [Code.VALUE_NOT_USABLE]
    assert codes(who["dm"].asks(DeclineSignature(key, "no"))) == [Code.ROLE_NOT_ALLOWED]
    assert codes(who["lead"].asks(WithdrawSignature(key, "not mine"))) == [Code.ACCOUNT_OF_ANOTHER]
    assert isinstance(who["lead"].asks(DeclineSignature(key, "two events are missing")), Accepted)
    assert not trip.state.pending
    assert codes(who["lead"].asks(GiveSignature(key, "0" * 64), signing=True)) == [Code.NOT_KNOWN]
    who["mm"].asks(evaluation(trip, "report 4"))
    assert isinstance(who["mm"].asks(WithdrawSignature(next(iter(trip.state.pending)), "typing error")), Accepted)
    assert not trip.state.pending
    assert not trip.state.suspensions["X"].items


def test_an_act_waits_a_week_and_what_was_seen_a_day(suspended, bedside):
    for (trip, who), command, name, days in (
        (suspended, evaluation, "lead", 7), (bedside, infusion, "nurse", 1),
    ):  # fmt: skip
        who["mm" if name == "lead" else "pi"].asks(command(trip))
        trip.wait(days=days)
        assert codes(who[name].signs()) == [Code.SIGNING_OVER]
        [item] = [item for item in worklist(trip.state, trip.moment) if item.kind is Due.SIGNATURE]
        assert item.owner == next(iter(trip.state.pending.values())).initiator.role, "it is not forgotten"
        beginner = who["mm" if name == "lead" else "pi"]
        assert isinstance(beginner.asks(WithdrawSignature(next(iter(trip.state.pending)), "too late")), Accepted)
        assert not [item for item in worklist(trip.state, trip.moment) if item.kind is Due.SIGNATURE]


def test_a_signature_due_is_on_the_list_of_who_may_give_it(suspended, bedside):
    def owners(trip):
        return {item.owner for item in worklist(trip.state, trip.moment) if item.kind is Due.SIGNATURE}

    trip, who = suspended
    who["mm"].asks(evaluation(trip))
    assert owners(trip) == {"medical_monitor", "sponsor"}
    who["mm"].signs()
    assert owners(trip) == {"sponsor"}
    who["lead"].signs()
    assert owners(trip) == set()
    trip, who = bedside
    who["pi"].asks(infusion(trip))
    assert owners(trip) == {"investigator", "coordinator", "nurse", "cell_processing"}


def test_a_witness_at_the_bedside_signs_in_the_own_session_and_the_moment_is_that_of_the_act(bedside):
    trip, who = bedside
    given = trip.moment
    who["pi"].asks(infusion(trip))
    assert not trip.state.subjects["P1"].infusions
    assert codes(who["pi"].signs()) == [Code.WITNESS_MISSING], "nobody witnesses what they do themselves"
    trip.wait(minutes=20)
    done = who["nurse"].signs()
    [fact] = facts(done, CellsInfused)
    recorded = next(event for event in trip.events if event.fact is fact)
    assert (recorded.occurred.utc, recorded.actor.id) == (given.utc, "pi")
    assert trip.state.subjects["P1"].infused_at.utc == given.utc


def test_the_act_is_judged_again_on_the_state_at_the_last_signature(journey):
    trip = journey()
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    who = team(trip)
    release = ReleaseBatch("B1", trip.state.protocol.dose.level(1).cells, trip.state.protocol.dose.basis,
                           Instant(trip.now + timedelta(days=100)), ())  # fmt: skip
    who["qa"].asks(release)
    trip.do(QuarantineBatch("B1", "particles"))
    refused = who["qa"].signs()
    assert codes(refused) == [Code.BATCH_STATE]
    assert [type(item.fact) for item in refused.drafts] == [SignatureGiven], "the signature stays with the act"
    assert not facts(refused, BatchReleased)
    due = [item for item in worklist(trip.state, trip.moment) if item.kind is Due.SIGNATURE]
    assert [item.owner for item in due] == [Role.QUALITY_ASSURANCE], "to be tried again by who began it"
    [act] = trip.state.pending.values()
    assert not act.open


def test_a_completely_signed_act_that_was_refused_is_tried_again_without_signing_anew(suspended):
    trip, who = suspended
    trip.do(SuspendScope("Y", ScopeKind.TRIAL, "", "signal"))
    trip.do(OpenEvaluation("Y"))
    command = RecordResumeItem("X", ResumeItem.ETHICS_APPROVAL, trip.moment.local_date, "letter")
    who["mm"].asks(command)
    held = trip.state
    closed = replace(held.suspensions["X"], status=ScopeStatus.TERMINATED)
    trip.state = held.changed(suspensions={**held.suspensions, "X": closed})
    assert codes(who["lead"].signs()) == [Code.SCOPE_STATUS]
    trip.state = trip.state.changed(suspensions=held.suspensions)
    done = who["lead"].signs()
    assert not facts(done, SignatureGiven)
    assert facts(done, ResumeItemRecorded)


def test_a_recalled_batch_keeps_the_witness_from_completing_an_infusion_that_had_not_been_given(bedside):
    trip, who = bedside
    who["pi"].asks(infusion(trip))
    trip.do(RecallBatch("B1", "sterility"))
    assert Code.BATCH_RECALLED in codes(who["nurse"].signs())
    assert not trip.state.subjects["P1"].infusions


def test_in_a_rehearsal_of_typed_identities_signatures_are_typed_as_before(suspended):
    trip, _ = suspended
    refused = trip.ask(evaluation(trip))
    assert codes(refused) == [Code.SIGNATURE_MISSING, Code.SIGNATURE_MISSING]
    assert not trip.state.pending


@pytest.mark.parametrize(("signing", "proved", "counts"), [(True, 0, True), (True, 300, True), (True, 301, False), (True, -1, False), (False, 0, False)])  # fmt: skip
def test_what_was_proved_to_sign_counts_for_minutes_in_a_real_trial(journey, signing, proved, counts):
    trip = journey()
    log_in = LogIn("pi", "Pi", "", "s", ("code",), trip.now - timedelta(seconds=proved), signing)
    real = trip.state.changed(persons=Persons.LOGGED_IN)
    assert proves_signing(real, log_in, trip.now) is counts
    assert proves_signing(trip.state, log_in, trip.now) is signing, "the clock of a rehearsal is its script's"


class Signing(Journey):
    """A rehearsal of typed signatures that has every signed act done over by logged-in persons, on the same state."""

    seen: ClassVar[set[str]] = set()

    def ask(self, command, **options):
        before, request = self.state, self.request(command, **options)
        decision = super().ask(command, **options)
        if isinstance(decision, Accepted) and signatures_in(command):
            self.seen.add(type(command).__name__)
            waits, done = self._by_persons(before, request)
            assert waits == [SignatureRequested], command
            again = [type(item.fact) for item in done.drafts if item.fact.__class__.__module__ != SIGNING]
            assert again == [type(item.fact) for item in decision.drafts], (command, done)
        return decision

    def _by_persons(self, state, request):
        """Return what asking without signatures leaves, and the decision with the last of the signatures."""
        actor = replace(request.actor, printed_name="N. N.")
        asked = replace(request, command=unsigned(request.command), actor=actor, log_in=proved(actor, self.now))
        answer = decide(state, asked, now=self.now)
        kinds = [type(item.fact) for item in answer.drafts]
        for item in answer.drafts:
            state = project(state, item, asked, self.now)
        for signature in signatures_in(request.command):
            [act] = state.pending.values()
            who = Actor(signature.account, Role(signature.role), None, "S. S.")
            command = GiveSignature(act.asked.signing, act.asked.sha256)
            given = Request(command, who, request.occurred, log_in=proved(who, self.now))
            answer = decide(state, given, now=self.now)
            for item in answer.drafts:
                state = project(state, item, given, self.now)
        assert not state.pending
        return kinds, answer


SIGNING = SignatureGiven.__module__


def proved(actor, now):
    return LogIn(actor.id, actor.printed_name, "", "s", ("password", "code"), now, signing=True)


def test_every_signed_act_of_a_whole_trial_waits_and_comes_to_the_same(escalation_protocol):
    """Whatever a decider asks two persons for can be given by two persons: no act is asked for in a form that none can give."""

    def journey(fields=None, *, sites=None, start=datetime(2025, 1, 6, 2, tzinfo=UTC)):
        trip = Signing(start, "Asia/Shanghai")
        trip.open_trial(with_fields(escalation_protocol, fields or {}), sites)
        return trip

    test_conduct_whole_trial.test_a_whole_trial_goes_its_way(journey)
    assert Signing.seen >= {
        "ApproveProtocol", "AmendProtocol", "PerformLeukapheresis", "ReceiveMaterial", "ReleaseBatch", "HandOverBatch",
        "ReceiveBatch", "ThawBatch", "RecordInfusion", "SignDoseDecision", "SignEvaluation", "RecordResumeItem",
    }  # fmt: skip


def test_a_blinded_signer_learns_nothing_of_the_product_from_a_refusal_or_from_what_waits(journey):
    trip = journey({"trial.blinding": {"level": "double"}})
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")
    who = team(trip)
    who["pi"].asks(infusion(trip))
    trip.do(RecallBatch("B1", "sterility"))
    for item in who["nurse"].signs().conditions:
        assert redacted(item.needed, {"product", "arm"}) == item.needed
        assert redacted(item.found, {"product", "arm"}) == item.found
    [act] = trip.state.pending.values()
    assert may_read(trip.state, act, Actor("sc", Role.COORDINATOR, "S1"))
    assert not may_read(trip.state, act, Actor("dm", Role.DATA_MANAGER)), "blinded, and not asked to sign"
    assert may_read(trip.state, act, Actor("sb", Role.SAFETY_BOARD))
    assert may_read(trip.state, act, None)
