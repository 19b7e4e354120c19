"""ADFU: planned contacts in the data are where they are in the running trial."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rehearsal import Journey

from celltrial.conduct.acts.follow_up.commands import (
    DeclareLostToFollowUp,
    ExtendFollowUp,
    RecordContactAttempt,
    RecordFollowUpVisit,
    RecordMissedVisit,
)
from celltrial.conduct.acts.subject.commands import RecordDeath, SignConsent, WithdrawConsent
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.facts.follow_up.events import (
    ContactAttempted,
    FollowUpItem,
    FollowUpVisitMissed,
    FollowUpVisitRecorded,
    SubjectLostToFollowUp,
)
from celltrial.conduct.views.contacts import contacts
from celltrial.conduct.vocabulary import Answer, ConsentKind
from celltrial.core.dates import Instant, parse_instant
from celltrial.datasets import derive
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.fixture
def trip():
    """A trial with one subject, infused on 2025-03-01."""
    trip = Journey(datetime(2025, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
    trip.infuse("P1", "B1")
    return trip


def noon(trip, *day):
    trip.now = max(trip.now, datetime(*day, 4, tzinfo=UTC))


def visit(trip, name, **answers):
    due = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == name)
    noon(trip, due.due.year, due.due.month, due.due.day)
    told = {item.replace("_", " "): answer for item, answer in answers.items()}
    items = tuple(FollowUpItem(item, told.get(item, Answer.NO)) for item in due.items)
    trip.do(RecordFollowUpVisit(FollowUpVisitRecorded("P1", name, due.due, items)))


def lose(trip):
    for _ in range(3):
        trip.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    last = trip.state.subjects["P1"].follow_up.last_contact or date(2025, 3, 1)
    trip.do(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", last)))


def reach(trip):
    noon(trip, 2026, 2, 1)
    trip.do(RecordContactAttempt(ContactAttempted("P1", "letter", reached=True)))


def withdraw(trip):
    trip.do(WithdrawConsent("P1", ConsentKind.FOLLOW_UP))


def consent_anew(trip):
    trip.do(SignConsent("P1", ConsentKind.FOLLOW_UP, "1.0", trip.local("P1").local_date))


def die(trip):
    trip.do(RecordDeath("P1", trip.local("P1").local_date))


def correct(trip):
    position = next(event.position for event in trip.events if isinstance(event.fact, FollowUpVisitRecorded))
    trip.do(CorrectFact(position, "follow_up_item/P1/M003/infection", "answer", "yes", "no"), reason="the letter came")


STEPS = {
    "nothing more": (),
    "lost": (lose,),
    "lost and found": (lose, reach),
    "withdrawn": (withdraw,),
    "withdrawn and anew": (withdraw, consent_anew),
    "died": (die,),
    "extended": (lambda trip: trip.do(ExtendFollowUp("nothing asks for more")),),
    "corrected": (correct,),
}


@pytest.mark.parametrize("steps", STEPS)
def test_the_data_and_the_running_trial_agree_on_every_contact(trip, steps):
    visit(trip, "M003", infection=Answer.YES, survival=Answer.YES)
    noon(trip, 2025, 10, 20)
    trip.do(RecordMissedVisit(FollowUpVisitMissed("P1", "M006", "away")))
    visit(trip, "M009", pregnancy=Answer.UNKNOWN, survival=Answer.YES)
    for step in STEPS[steps]:
        step(trip)
    data = derive(trip.events)
    at = Instant(
        datetime(data.last_date.year, data.last_date.month, data.last_date.day, 4, tzinfo=UTC), "Asia/Shanghai"
    )
    live = [
        (item.visit.visit, item.state.value, item.found.label if item.found else None)
        for item in contacts(trip.state, at)
    ]
    assert data.adfu.select("visit", "state", "answers").rows() == live
    assert "contacted" in {state for _, state, _ in live}


def test_a_contact_that_took_place_has_its_day_and_what_was_told(trip):
    visit(trip, "M003", infection=Answer.YES, new_malignancy=Answer.YES, pregnancy=Answer.UNKNOWN)
    row = derive(trip.events).adfu.row(0, named=True)
    assert (row["visit"], row["due_date"], row["contact_date"]) == ("M003", date(2025, 6, 1), date(2025, 6, 1))
    assert (row["answers"], row["events"], row["unknown"]) == (
        "EVENT", "new_malignancy; product_related_infection", "pregnancy"
    )  # fmt: skip


def test_where_nobody_is_followed_there_is_no_contact():
    assert derive([]).adfu.height == 0
