"""F1: a longer follow-up reaches everybody it concerns in one act: never shorter, nothing a second time (AC-F1.5, 3.1-i)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from rehearsal import with_fields

from celltrial.conduct.acts.follow_up.commands import CompleteFollowUp, ExtendFollowUp
from celltrial.conduct.acts.subject.commands import RecordDeath, WithdrawConsent
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.follow_up.events import (
    ClassYears,
    FollowUpCompleted,
    FollowUpLengthened,
    FollowUpRescheduled,
)
from celltrial.conduct.facts.trial.events import TaskOpened
from celltrial.conduct.ruling import Refused
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import ConsentKind

FIFTEEN, TWENTY = date(2040, 3, 1), date(2045, 3, 1)
REGISTER = ExtendFollowUp("register of 2027", "reg-2027", (ClassYears("integrating", Decimal(20)),))


def found(answer, kind):
    return [draft.fact for draft in answer.drafts if isinstance(draft.fact, kind)]


def ends(trip):
    return {name: item.follow_up.ends for name, item in trip.state.subjects.items() if item.follow_up is not None}


@pytest.fixture
def treated(journey):
    """A trial with P1 to P4 in follow-up to 2040-03-01; each is P1's record under another name, as a fold would hold it."""
    trip = journey({}, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", replace(trip.moment, utc=datetime(2025, 3, 1, 2, tzinfo=UTC), zone="Asia/Shanghai"))
    trip.infuse("P1", "B1")
    one = trip.state.subjects["P1"]
    others = {f"P{i}": one.changed(subject=f"P{i}") for i in (2, 3, 4)}
    trip.state = trip.state.changed(subjects={**trip.state.subjects, **others})
    trip.now = datetime(2027, 6, 1, 2, tzinfo=UTC)
    assert set(ends(trip).values()) == {FIFTEEN}
    return trip


def amend(trip, **fields):
    """Put a version in force, as an amendment would."""
    version = trip.state.in_force
    protocol = with_fields(version.plan.protocol, {f"follow_up.{name}": value for name, value in fields.items()})
    trip.state = trip.state.changed(versions=(replace(version, plan=replace(version.plan, protocol=protocol)),))


def test_a_register_of_20_years_extends_everybody_at_once_and_lists_them(treated):
    """AC-F1.5: register change 15 to 20: active schedules extended, re-consent tasks."""
    done = treated.do(REGISTER)
    assert found(done, FollowUpLengthened) == [
        FollowUpLengthened("register of 2027", "reg-2027", REGISTER.minimum_years, ("P1", "P2", "P3", "P4"))
    ]
    assert ends(treated) == dict.fromkeys(("P1", "P2", "P3", "P4"), TWENTY)
    assert {item.previous_end for item in found(done, FollowUpRescheduled)} == {FIFTEEN}
    tasks = [(item.kind, item.about) for item in found(done, TaskOpened)]
    assert tasks == [(Code.TASK_RECONSENT, f"subject/P{i}") for i in (1, 2, 3, 4)]
    assert treated.state.subjects["P1"].follow_up.visits[-1].due == TWENTY


def test_the_same_act_again_extends_nobody(treated):
    treated.do(REGISTER)
    state = treated.state
    again = treated.do(REGISTER)
    assert [item.subjects for item in found(again, FollowUpLengthened)] == [()]
    assert len(again.drafts) == 1
    assert treated.state.changed(position=state.position) == state


def test_what_an_amendment_lengthens_is_due_until_it_is_done(treated):
    def due_items():
        return [(item.key, item.about, item.owner) for item in worklist(treated.state, treated.moment)
                if item.kind is Due.FOLLOW_UP_EXTENSION]  # fmt: skip

    assert due_items() == []
    amend(treated, years=10)
    assert due_items() == []
    amend(treated, years=20)
    assert due_items() == [(treated.state.version, "trial", "data_manager")]
    treated.do(ExtendFollowUp("amendment 2"))
    assert due_items() == []


def test_an_amendment_of_20_years_needs_no_register_and_one_of_10_shortens_nobody(treated):
    amend(treated, years=20)
    assert found(treated.do(ExtendFollowUp("amendment 2")), FollowUpLengthened)[0].subjects == ("P1", "P2", "P3", "P4")
    amend(treated, years=10)
    assert found(treated.do(ExtendFollowUp("amendment 3")), FollowUpLengthened)[0].subjects == ()
    assert set(ends(treated).values()) == {TWENTY}


def test_a_register_that_asks_for_less_changes_nothing(treated):
    treated.do(REGISTER)
    less = ExtendFollowUp("register of 2030", "reg-2030", (ClassYears("integrating", Decimal(10)),))
    assert found(treated.do(less), FollowUpLengthened)[0].subjects == ()
    assert treated.state.minimum_years == {"integrating": Decimal(20)}
    assert set(ends(treated).values()) == {TWENTY}


def test_only_the_class_of_the_product_counts(treated):
    other = ExtendFollowUp("register", "reg", (ClassYears("no_foreign_gene", Decimal(12)),))
    assert found(treated.do(other), FollowUpLengthened)[0].subjects == ()


def test_who_is_infused_later_is_followed_as_long(journey):
    trip = journey({}, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
    assert found(trip.do(REGISTER), FollowUpLengthened)[0].subjects == ()
    trip.treat("P1", "B1")
    known = trip.state.subjects["P1"].follow_up
    assert known.ends.year - known.starts.year == 20
    assert fold(trip.events) == trip.state


def test_the_dead_the_completed_and_the_withdrawn_are_left_alone_and_the_others_are_not(treated):
    treated.do(RecordDeath("P1", treated.moment.local_date))
    withdrawal = WithdrawConsent("P2", ConsentKind.FOLLOW_UP)
    treated.do(withdrawal)
    over = treated.state.subjects["P3"].follow_up
    gone = treated.state.subjects["P3"].changed(follow_up=replace(over, completed_on=treated.moment.local_date))
    treated.state = treated.state.changed(subjects={**treated.state.subjects, "P3": gone})
    assert found(treated.do(REGISTER), FollowUpLengthened)[0].subjects == ("P4",)
    assert ends(treated) == {"P1": FIFTEEN, "P2": FIFTEEN, "P3": FIFTEEN, "P4": TWENTY}


def test_after_the_extension_follow_up_is_not_complete_on_the_old_last_day(treated):
    treated.do(REGISTER)
    treated.now = datetime(2040, 3, 2, 2, tzinfo=UTC) + timedelta(hours=2)
    answer = treated.ask(CompleteFollowUp(FollowUpCompleted("P1", FIFTEEN, "end")))
    assert [item.code for item in answer.conditions] == [Code.FOLLOW_UP_RUNNING]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ExtendFollowUp(" "), Code.VALUE_NOT_USABLE),
        (ExtendFollowUp("c", "reg", (ClassYears("integrating", Decimal(0)),)), Code.VALUE_NOT_USABLE),
        (ExtendFollowUp("c", "reg", (ClassYears("integrating", Decimal(151)),)), Code.VALUE_NOT_USABLE),
        (ExtendFollowUp("c", "", REGISTER.minimum_years), Code.VALUE_NOT_USABLE),
        (ExtendFollowUp("c", "reg", (ClassYears("unclassified", Decimal(20)),)), Code.NOT_KNOWN),
    ],
)
def test_what_cannot_be_judged_extends_nobody(treated, command, code):
    answer = treated.ask(command)
    assert isinstance(answer, Refused)
    assert [item.code for item in answer.conditions] == [code]
    assert set(ends(treated).values()) == {FIFTEEN}
