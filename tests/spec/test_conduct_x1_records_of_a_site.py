"""X1, C2, C9: what is corrected counts at the gate, and only those correct, answer or close it whose record it is."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import inspect
import pkgutil
from datetime import timedelta

import pytest
from rehearsal import signature, with_fields

import celltrial.conduct
from celltrial.conduct.acts.assessment.commands import AssignReader, LockRead, RecordResponse
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.safety.commands import AnswerQuery, OpenQuery
from celltrial.conduct.acts.scope.commands import SuspendScope
from celltrial.conduct.acts.signing.commands import GiveSignature
from celltrial.conduct.acts.site.commands import AcceptVersion
from celltrial.conduct.acts.subject.commands import CompleteLymphodepletion, EnrolSubject, HistoricalFact, SignConsent
from celltrial.conduct.acts.trial.commands import AmendProtocol, CloseTask, CorrectFact, OpenTask
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import DECIDERS
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.assessment.events import ReaderAssigned, ReadLocked, ResponseAssessed
from celltrial.conduct.facts.safety.events import QueryAnswered, QueryOpened
from celltrial.conduct.facts.subject.events import EvidenceRecorded, LymphodepletionCompleted
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import AssessmentSource, ConsentKind, ScopeKind
from celltrial.core.values import Duration, Identifier, Term, message
from celltrial.protocol import canonical_json

HERE, THERE = Actor("coordinator-1", Role.COORDINATOR, "S1"), Actor("coordinator-2", Role.COORDINATOR, "S2")


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


@pytest.fixture
def screened(journey):
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    trip.screen("P1")
    return trip


def recorded(trip, concept="serum_creatinine"):
    found = [item for item in trip.events if isinstance(item.fact, EvidenceRecorded) and item.fact.concept == concept]
    return found[-1]


def corrected(trip, field, new, *, event=None, actor=HERE):
    event = event or recorded(trip)
    record = f"evidence/{event.fact.subject}/{event.fact.concept}"
    command = CorrectFact(event.position, record, field, str(getattr(event.fact, field)), new)
    return trip.ask(command, actor=actor, reason="read from the wrong line")


def test_a_corrected_day_of_an_observation_is_its_age_at_the_gate(screened):
    """AC-C2.1: the creatinine was drawn 15 days ago, not today; the window is 14 days."""
    day = recorded(screened).fact.on - timedelta(days=15)
    assert isinstance(corrected(screened, "on", str(day)), Accepted)
    refused = screened.ask(EnrolSubject("P1", "C1"))
    assert [(item.code, item.found) for item in refused.conditions] == [
        (
            Code.EVIDENCE_TOO_OLD,
            message("of", what=Term("concept", "serum_creatinine"), value=message("age", value=Duration(15))),
        )
    ]
    later = recorded(screened).fact.on + timedelta(days=1)
    assert codes(corrected(screened, "on", str(later))) == [Code.TIME_IN_FUTURE]
    assert codes(corrected(screened, "on", "last week")) == [Code.VALUE_NOT_USABLE]


def test_a_corrected_unit_is_the_unit_at_the_gate(screened):
    """What was read as mg/dL was umol/L: far below the limit of the criterion, and far above it the other way round."""
    assert isinstance(corrected(screened, "value", "90"), Accepted)
    assert codes(screened.ask(EnrolSubject("P1", "C1"))) == [Code.CRITERION_NOT_MET]
    assert isinstance(corrected(screened, "unit", "umol/L"), Accepted)
    assert isinstance(screened.ask(EnrolSubject("P1", "C1")), Accepted)


@pytest.mark.parametrize(
    ("field", "new", "code"),
    [
        ("unit", "10^9/L", Code.UNIT_MISMATCH),
        ("unit", "", Code.UNIT_MISMATCH),
        ("value", "high", Code.VALUE_NOT_USABLE),
        ("value", "", Code.VALUE_NOT_USABLE),
        ("value", "0.9 umol/L", Code.UNIT_MISMATCH),
    ],
)
def test_a_correction_is_asked_what_an_entry_is_asked(screened, field, new, code):
    assert codes(corrected(screened, field, new)) == [code]


def test_the_correction_of_a_replaced_observation_leaves_the_one_that_counts(screened):
    first = recorded(screened)
    screened.wait(days=1)
    screened.renew("P1")
    before = screened.state.subjects["P1"].evidence["serum_creatinine"]
    assert isinstance(corrected(screened, "value", "99", event=first), Accepted)
    assert screened.state.subjects["P1"].evidence["serum_creatinine"] == before
    assert isinstance(screened.ask(EnrolSubject("P1", "C1")), Accepted)


def test_a_corrected_last_day_of_lymphodepletion_is_the_one_the_days_are_counted_from(journey):
    """AC-C4.5: it ended 8 days ago and not 3; the window is 2-7 days."""
    trip = journey({"treatment.lymphodepletion.maximum_days_to_infusion": 7})
    trip.prepare("P1", "B1")
    trip.start_depletion("P1", "B1")
    trip.wait(days=5)
    trip.do(CompleteLymphodepletion("P1", trip.local("P1").local_date))
    trip.wait(days=3)
    ended = next(item for item in trip.events if isinstance(item.fact, LymphodepletionCompleted))
    day, record = ended.fact.ended_on, f"record/{ended.position}"

    def change(new):
        return trip.ask(CorrectFact(ended.position, record, "ended_on", str(day), str(new)), reason="chart read again")

    assert codes(change(day + timedelta(days=4))) == [Code.TIME_IN_FUTURE]
    assert codes(change(day - timedelta(days=6))) == [Code.VALUE_NOT_USABLE]
    assert isinstance(change(day - timedelta(days=5)), Accepted)
    refused = trip.infuse("P1", "B1")
    assert [(item.code, item.found) for item in refused.conditions] == [(Code.DAYS_SINCE_LYMPHODEPLETION, Duration(8))]


def test_an_older_form_entered_late_does_not_replace_the_newer_one(screened):
    day = screened.local("P1").local_date
    screened.wait(days=3)
    fields = {"identification.version": "2.0", "population.consents.main_version": "2.0"}
    document = canonical_json(with_fields(screened.state.protocol, fields))
    digest = hashlib.sha256(document.encode()).hexdigest()
    signed = (signature("sponsor", screened.moment),)
    screened.do(AmendProtocol("2.0", document, digest, True, signed), reason="risk")
    screened.do(AcceptVersion("S1", "2.0"))
    screened.renew("P1")
    screened.do(SignConsent("P1", ConsentKind.MAIN, "2.0", screened.local("P1").local_date))
    screened.do(SignConsent("P1", ConsentKind.MAIN, "1.0", day))
    assert isinstance(screened.ask(EnrolSubject("P1", "C1")), Accepted)


def test_nobody_of_another_site_corrects_answers_or_closes(screened):
    """X1: a record belongs to the site of its subject, whichever name a command gives it."""
    assert codes(corrected(screened, "value", "9", actor=THERE)) == [Code.ACTOR_OF_OTHER_SITE]
    screened.do(OpenQuery(QueryOpened("q1", "subject/P1", "CND-451", Identifier("which day?"))))
    answer = AnswerQuery(QueryAnswered("q1", "day 3"))
    assert codes(screened.ask(answer, actor=THERE)) == [Code.ACTOR_OF_OTHER_SITE]
    assert isinstance(screened.ask(answer, actor=HERE), Accepted)
    screened.do(OpenTask("t1", "CND-301", "subject/P1", "coordinator"))
    close = CloseTask("t1", "done")
    assert codes(screened.ask(close, actor=THERE)) == [Code.ACTOR_OF_OTHER_SITE]
    assert isinstance(screened.ask(close, actor=HERE), Accepted)


def test_nobody_corrects_an_independent_read(journey):
    """C9: its reader reads again until the read is locked; a site or a data manager never does."""
    trip = journey()
    trip.treat("P1", "B1")
    reader = Actor("irc-1", Role.INDEPENDENT_REVIEWER)
    trip.do(AssignReader(ReaderAssigned("P1", "irc-1", "independent_reviewer", "reader_1")))
    day = trip.local("P1").local_date
    read = ResponseAssessed("P1", "IMWG-2016", "Month 1", "PR", AssessmentSource.INDEPENDENT_READER, day, "irc-1")
    trip.do(RecordResponse(read), actor=reader)
    position = next(item.position for item in trip.events if item.fact == read)
    change = CorrectFact(position, f"record/{position}", "category", "PR", "CR")
    for locked in (False, True):
        for role in (Role.INVESTIGATOR, Role.DATA_MANAGER):
            assert codes(trip.ask(change, role=role, reason="x")) == [Code.READER_NOT_INDEPENDENT]
        if not locked:
            trip.do(LockRead(ReadLocked("P1", "irc-1")), actor=reader)
    assert trip.state.subjects["P1"].reads == {("irc-1", "IMWG-2016", "Month 1"): "PR"}


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        (ScopeKind.LEVEL, "99"),
        (ScopeKind.LEVEL, "0"),
        (ScopeKind.LEVEL, "two"),
        (ScopeKind.ARM, " "),
        (ScopeKind.TRIAL, "1"),
    ],
)
def test_a_suspension_that_would_close_nothing_is_refused(screened, scope, target):
    """C7: whoever suspends is told at once when the target is none, instead of believing something closed."""
    assert codes(screened.ask(SuspendScope("X", scope, target, "signal"))) == [Code.VALUE_NOT_USABLE]
    assert not screened.state.suspensions


def commands():
    for module in pkgutil.walk_packages(celltrial.conduct.__path__, "celltrial.conduct."):
        if module.name.endswith(".commands") and module.name.count(".") > 2:
            for kind in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(kind) and dataclasses.is_dataclass(kind) and kind.__module__ == module.name:
                    yield kind


def test_every_command_of_every_area_stands_in_the_table_of_roles_and_has_its_rule():
    """The table of roles is whole: no command is written that the table, and so the check of roles, does not know."""
    found = {*commands()} - {HistoricalFact}
    assert len(found) > 100
    judged_again = {GiveSignature}  # lets another act be decided, and has no decider of its own
    assert found == set(ROLES) == set(DECIDERS) | judged_again
    assert all(roles for roles in ROLES.values())
