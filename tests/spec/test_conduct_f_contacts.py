"""F2: every planned contact has a state, and its answers are read by the class of delayed events that each item asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from rehearsal import with_fields

from celltrial.clinical.annual_contact import ContactState, DelayedEvent
from celltrial.conduct.acts.follow_up.commands import (
    DeclareLostToFollowUp,
    RecordContactAttempt,
    RecordFollowUpVisit,
    RecordMissedVisit,
)
from celltrial.conduct.acts.subject.commands import RecordDeath, WithdrawConsent
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.follow_up.events import (
    ContactAttempted,
    FollowUpItem,
    FollowUpVisitMissed,
    FollowUpVisitRecorded,
    SubjectLostToFollowUp,
)
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.views.contacts import contacts, count_contacts
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import Answer, ConsentKind
from celltrial.core.dates import Instant, parse_instant
from celltrial.protocol.consistency import check_consistency
from celltrial.protocol.model.follow_up import DelayedEventClass

CLEAR = {"survival": Answer.YES}


@pytest.fixture
def treated(journey):
    """Return a maker of a trial with one subject, infused on 2025-03-01."""

    def make(fields=None):
        trip = journey(fields or {}, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
        trip.prepare("P1", "B1")
        trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
        trip.infuse("P1", "B1")
        return trip

    return make


def planned(trip, name):
    return next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == name)


def noon(trip, day):
    trip.now = max(trip.now, datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


def visit(trip, name, **answers):
    """Record a visit on its due day; what is not told is answered no, survival yes."""
    due = planned(trip, name)
    noon(trip, due.due)
    told = CLEAR | {item.replace("_", " "): answer for item, answer in answers.items()}
    items = tuple(FollowUpItem(item, told.get(item, Answer.NO)) for item in due.items)
    return trip.do(RecordFollowUpVisit(FollowUpVisitRecorded("P1", name, due.due, items)))


def contact(trip, name):
    return next(item for item in contacts(trip.state, trip.moment) if item.visit.visit == name)


def due_items(trip):
    return [item.key for item in worklist(trip.state, trip.moment) if item.kind is Due.FOLLOW_UP_VISIT]


def test_the_classes_of_the_protocol_are_those_of_the_rule():
    assert set(get_args(DelayedEventClass)) == {item.value for item in DelayedEvent}


def test_a_contact_is_due_in_its_window_overdue_and_then_made_or_missed(treated):
    trip = treated()
    due = planned(trip, "M003")
    for day, state in (
        (due.opens - timedelta(days=1), ContactState.DUE),
        (due.opens, ContactState.IN_WINDOW),
        (due.closes, ContactState.IN_WINDOW),
        (due.closes + timedelta(days=1), ContactState.OVERDUE),
    ):
        noon(trip, day)
        assert contact(trip, "M003").state is state
        assert ("M003" in due_items(trip)) is (state is not ContactState.DUE)
    trip.do(RecordMissedVisit(FollowUpVisitMissed("P1", "M003", "away")))
    assert contact(trip, "M003").state is ContactState.MISSED
    visit(trip, "M006")
    assert contact(trip, "M006").state is ContactState.CONTACTED
    assert not {"M003", "M006"} & set(due_items(trip))


def lose(trip):
    for _ in range(3):
        trip.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    last = trip.state.subjects["P1"].follow_up.last_contact or date(2025, 3, 1)
    trip.do(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", last)))


@pytest.mark.parametrize(
    ("leave", "state"),
    [
        (lose, ContactState.LOST),
        (lambda trip: trip.do(RecordDeath("P1", trip.moment.local_date)), ContactState.DEAD),
        (lambda trip: trip.do(WithdrawConsent("P1", ConsentKind.FOLLOW_UP)), ContactState.WITHDRAWN),
    ],
)
def test_who_left_needs_no_contact_and_what_was_made_stays_made(treated, leave, state):
    trip = treated()
    visit(trip, "M003")
    leave(trip)
    noon(trip, date(2026, 3, 1))
    assert (contact(trip, "M003").state, contact(trip, "M012").state) == (ContactState.CONTACTED, state)
    assert not due_items(trip)


def test_a_subject_found_again_needs_the_contacts_again(treated):
    trip = treated()
    noon(trip, date(2025, 9, 1))
    lose(trip)
    trip.do(RecordContactAttempt(ContactAttempted("P1", "letter", reached=True)))
    assert contact(trip, "M006").state is ContactState.IN_WINDOW


@pytest.mark.parametrize(
    ("answers", "label", "deciding"),
    [
        ({}, "CLEAR", tuple(item.value for item in DelayedEvent)),
        ({"haematologic_disorder": Answer.UNKNOWN}, "OPEN", ("haematologic",)),
        ({"infection": Answer.YES, "pregnancy": Answer.UNKNOWN}, "EVENT", ("product_related_infection",)),
        ({"immune_function": Answer.YES}, "CLEAR", tuple(item.value for item in DelayedEvent)),
    ],
)
def test_the_answers_are_read_by_class(treated, answers, label, deciding):
    trip = treated()
    assert contact(trip, "M003").found is None
    visit(trip, "M003", **answers)
    found = contact(trip, "M003").found
    assert (found.label, found.deciding) == (label, deciding)


def test_a_class_that_no_item_asks_for_makes_no_whole_contact(treated):
    trip = treated({"follow_up.item_classes": {"new malignancy": "new_malignancy", "infection": "neurologic"}})
    visit(trip, "M003")
    found = contact(trip, "M003").found
    assert found.label == "NE"
    assert "haematologic" in found.deciding
    assert "neurologic" not in found.deciding


def test_several_items_of_a_class_count_as_yes_then_unknown_then_no(treated):
    trip = treated({"follow_up.item_classes.survival": "neurologic"})
    visit(trip, "M003", survival=Answer.NO, neurologic_disorder=Answer.UNKNOWN)
    assert contact(trip, "M003").found.inputs["neurologic"] == "unknown"
    visit(trip, "M006", survival=Answer.UNKNOWN, neurologic_disorder=Answer.YES)
    assert contact(trip, "M006").found.inputs["neurologic"] == "yes"


def test_an_item_of_any_name_that_asks_for_malignancy_starts_the_work_up(treated):
    items = ["生存", "新发恶性肿瘤", "感染", "免疫功能", "迟发反应"]
    trip = treated({"follow_up.items": items, "follow_up.item_classes": {"新发恶性肿瘤": "new_malignancy"}})
    done = visit(trip, "M003", 新发恶性肿瘤=Answer.YES)
    facts = [draft.fact for draft in done.drafts]
    assert [item.code for item in facts if isinstance(item, AlertRaised)] == [Code.ALERT_NEW_MALIGNANCY]
    assert [item.kind for item in facts if isinstance(item, TaskOpened)] == [Code.TASK_MALIGNANCY_WORK_UP]


def test_contacts_are_counted_by_state_answer_and_class(treated):
    trip = treated()
    visit(trip, "M003", infection=Answer.YES)
    visit(trip, "M006", infection=Answer.YES, pregnancy=Answer.UNKNOWN)
    visit(trip, "M009")
    counts = count_contacts(contacts(trip.state, trip.moment))
    assert counts.by_state[ContactState.CONTACTED] == 3
    assert counts.by_answer == {"CLEAR": 1, "EVENT": 2}
    assert counts.subjects == {DelayedEvent.PRODUCT_RELATED_INFECTION: 1}


def test_a_class_of_an_item_that_is_not_asked_contradicts_the_items(escalation_protocol):
    protocol = with_fields(escalation_protocol, {"follow_up.item_classes": {"gait": "neurologic"}})
    [fault] = check_consistency(protocol)
    assert (fault.id, fault.where, fault.params["found"]) == ("PRT-022", "follow_up.item_classes", "gait")
