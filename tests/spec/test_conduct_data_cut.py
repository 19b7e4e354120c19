"""C11: a data cut names the last record of the trial by its hash, and any other hash is refused with the right one."""

from __future__ import annotations

import pytest

from celltrial.app.session import TrialSession, codec
from celltrial.conduct.acts.trial.commands import OpenTask, TakeDataCut
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Draft, Precision, Request, Role
from celltrial.conduct.facts.trial.events import DataCutTaken
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant
from celltrial.ledger import Clock, Journal, MemoryLedger

MANAGER = Actor("dm", Role.DATA_MANAGER)
TASK = OpenTask("task-1", "CND-301", "trial", "investigator")


@pytest.fixture
def session(journey):
    """A rehearsal with its protocol approved, recorded in a ledger."""
    trip = journey()
    ledger = MemoryLedger(clock=Clock("test", lambda: trip.now))
    journal = Journal(ledger, codec())
    for event in trip.events:
        draft = Draft(event.stream, event.fact, event.occurred, event.precision)
        journal.append("T", event.position - 1, [draft], actor=event.actor)
    return TrialSession(ledger, "T", lambda: trip.now, lambda _: None)


def request(session, command, actor=MANAGER, name=""):
    return Request(command, actor, Instant(session.now()), Precision.SECOND, id=name)


def cuts(session):
    return [event for event in session.events() if isinstance(event.fact, DataCutTaken)]


def test_a_cut_names_the_last_record(session):
    head = session.ledger.head("T")
    assert isinstance(session.submit(request(session, TakeDataCut("cut-1", head.hash))), Accepted)
    [cut] = cuts(session)
    assert (cut.fact.position, cut.fact.sha256) == (head.position, head.hash)
    assert cut.position == head.position + 1


@pytest.mark.parametrize("typed", ["0" * 64, "x", ""])
def test_a_hash_that_is_not_the_last_records_is_refused_and_the_right_one_said(session, typed):
    answer = session.submit(request(session, TakeDataCut("cut-1", typed)))
    assert isinstance(answer, Refused)
    [condition] = answer.conditions
    assert (condition.code, condition.input) == (Code.VALUE_NOT_USABLE, "sha256")
    assert session.head in repr(condition.needed)
    assert cuts(session) == []


def test_the_hash_of_an_earlier_record_is_refused(session):
    earlier = session.head
    assert session.accept(request(session, TASK, Actor("sp", Role.SPONSOR)))
    assert isinstance(session.submit(request(session, TakeDataCut("cut-1", earlier))), Refused)
    assert cuts(session) == []


def test_a_cut_after_another_act_of_the_same_request_has_no_known_hash(session):
    sponsor = Actor("sp", Role.SPONSOR)
    asked = [request(session, TASK, sponsor), request(session, TakeDataCut("cut-1", session.head))]
    task, cut = session.submit_together(asked, "both")
    assert isinstance(task, Accepted)
    assert isinstance(cut, Refused)
    assert cuts(session) == []


def test_a_repeated_request_for_a_cut_is_answered_as_the_first_time(session):
    asked = request(session, TakeDataCut("cut-1", session.head), name="once")
    assert isinstance(session.submit(asked), Accepted)
    assert isinstance(session.submit(asked), Accepted)
    assert len(cuts(session)) == 1
