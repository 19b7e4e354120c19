"""F3: a child who grows up in follow-up is handed over to adult care, once, with an own consent where one is due."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from celltrial.conduct.acts.follow_up.commands import CompleteFollowUp, RecordLateSafetyTest, TransitionToAdultCare
from celltrial.conduct.acts.subject.commands import RecordDeath, SignConsent
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.follow_up.events import CareTransitioned, FollowUpCompleted, LateSafetyTested
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.readiness import retention
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import Answer, ConsentKind
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.values import at_least

BORN = date(2010, 9, 1)
GROWN = date(2028, 9, 1)
FIELD = "follow_up.paediatric.adult_care_age"


@pytest.fixture
def child(journey):
    """Return a maker of a trial with one subject, infused on 2025-03-01."""

    def make(born=BORN, fields=None):
        start = datetime(2025, 1, 20, 2, tzinfo=UTC)
        trip = journey({"population.criteria.0.value": 1} | (fields or {}), start=start)
        trip.prepare("P1", "B1", born=born)
        trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
        trip.infuse("P1", "B1")
        return trip

    return make


def noon(trip, day):
    trip.now = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def move(trip, on, *, clinic="Adult haematology, S1", summary="Summary 1.0", actor=None):
    return trip.ask(TransitionToAdultCare(CareTransitioned("P1", on, clinic, summary)), actor=actor)


def codes(answer):
    assert isinstance(answer, Refused)
    return [item.code for item in answer.conditions]


def due_items(trip, kind=Due.ADULT_CARE):
    return [(item.key, item.owner, item.due) for item in worklist(trip.state, trip.moment) if item.kind is kind]


def consent(trip):
    trip.do(SignConsent("P1", ConsentKind.MAJORITY, "1.0", trip.local("P1").local_date))


@pytest.mark.parametrize(
    ("today", "owner"),
    [
        (date(2028, 3, 2), None),
        (date(2028, 3, 3), "coordinator"),
        (GROWN, "coordinator"),
        (date(2028, 10, 1), "investigator"),
        (date(2028, 10, 31), "medical_monitor"),
        (date(2028, 11, 30), "sponsor"),
    ],
)
def test_the_move_is_announced_182_days_ahead_and_climbs_at_30_60_and_90_days_overdue(child, today, owner):
    trip = child()
    noon(trip, today)
    assert due_items(trip) == ([] if owner is None else [("P1", owner, GROWN)])


def test_the_move_waits_for_the_birthday_and_for_the_own_consent(child):
    trip = child()
    noon(trip, date(2028, 8, 31))
    early = move(trip, date(2028, 8, 31))
    assert [(item.code, item.clause, item.field, item.needed) for item in early.conditions] == [
        (Code.ORDER_WRONG, "3.1-n", FIELD, at_least(date(2028, 9, 1)))
    ]
    noon(trip, GROWN)
    assert codes(move(trip, GROWN)) == [Code.MAJORITY_CONSENT]
    consent(trip)
    assert isinstance(move(trip, GROWN), Accepted)
    assert trip.state.subjects["P1"].follow_up.adult_care.clinic == "Adult haematology, S1"
    assert not due_items(trip)
    assert codes(move(trip, GROWN)) == [Code.ALREADY_DONE]


def test_follow_up_goes_on_in_adult_care(child):
    trip = child()
    before = trip.state.subjects["P1"].follow_up
    noon(trip, GROWN)
    consent(trip)
    move(trip, GROWN)
    after = trip.state.subjects["P1"].follow_up
    assert (after.ends, after.visits, after.is_closed) == (before.ends, before.visits, False)
    test = LateSafetyTested("P1", "persistence", GROWN, Answer.NO)
    assert isinstance(trip.ask(RecordLateSafetyTest(test)), Accepted)


def test_the_protocol_states_the_age_and_before_majority_no_own_consent_is_due(child):
    trip = child(fields={"follow_up.paediatric": {"growth_monitoring": True, "adult_care_age": 16}})
    noon(trip, date(2026, 9, 1))
    assert due_items(trip) == [("P1", "coordinator", date(2026, 9, 1))]
    assert isinstance(move(trip, date(2026, 9, 1)), Accepted)


@pytest.mark.parametrize("born", [date(2007, 1, 20), date(1970, 1, 1)])
def test_who_had_the_age_at_the_infusion_needs_nothing(child, born):
    trip = child(born)
    noon(trip, date(2026, 3, 1))
    assert not due_items(trip)
    assert codes(move(trip, date(2026, 3, 1))) == [Code.ORDER_WRONG]


def test_a_move_is_dated_names_who_takes_over_and_what_was_handed_over(child):
    trip = child()
    noon(trip, GROWN)
    consent(trip)
    assert codes(move(trip, date(2028, 9, 2))) == [Code.TIME_IN_FUTURE]
    assert codes(move(trip, GROWN, clinic=" ", summary="")) == [Code.VALUE_NOT_USABLE] * 2


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.COORDINATOR])
def test_the_site_records_the_move(child, role):
    trip = child()
    noon(trip, GROWN)
    consent(trip)
    assert isinstance(move(trip, GROWN, actor=Actor("a-1", role, "S1")), Accepted)


@pytest.mark.parametrize("role", [Role.SPONSOR, Role.DATA_MANAGER, Role.STATISTICIAN, Role.AUDITOR])
def test_nobody_else_does(child, role):
    trip = child()
    noon(trip, GROWN)
    consent(trip)
    assert Code.ROLE_NOT_ALLOWED in codes(move(trip, GROWN, actor=Actor("a-1", role)))


def test_after_death_nothing_is_due_and_nothing_is_moved(child):
    trip = child()
    noon(trip, GROWN)
    consent(trip)
    trip.do(RecordDeath("P1", GROWN))
    assert not due_items(trip)
    noon(trip, date(2028, 9, 2))
    assert codes(move(trip, date(2028, 9, 2))) == [Code.ORDER_WRONG]


def test_after_the_end_of_follow_up_nothing_is_moved(child):
    trip = child()
    noon(trip, date(2040, 3, 1))
    consent(trip)
    trip.do(CompleteFollowUp(FollowUpCompleted("P1", date(2040, 3, 1), "end")))
    assert not due_items(trip)
    assert codes(move(trip, date(2040, 3, 1))) == [Code.SUBJECT_LEFT]


def test_the_standing_counts_who_grew_up_and_who_was_handed_over(child):
    trip = child()
    assert (retention(trip.state, date(2028, 8, 31)).grown_up, retention(trip.state, GROWN).grown_up) == (0, 1)
    noon(trip, GROWN)
    consent(trip)
    move(trip, GROWN)
    kept = retention(trip.state, GROWN)
    assert (kept.grown_up, kept.in_adult_care) == (1, 1)
