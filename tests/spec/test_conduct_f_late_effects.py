"""F2 and F3: what late samples, open answers and a subject found again put on somebody's list."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from celltrial.conduct.acts.follow_up.commands import (
    DeclareLostToFollowUp,
    RecordContactAttempt,
    RecordFollowUpVisit,
    RecordLateSafetyTest,
)
from celltrial.conduct.acts.trial.commands import CorrectFact
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.follow_up.events import (
    ContactAttempted,
    FollowUpItem,
    FollowUpVisitRecorded,
    LateSafetyTested,
    SubjectLostToFollowUp,
)
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.ruling import Refused
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import Answer
from celltrial.core.dates import Instant, parse_instant

INFUSED = date(2025, 3, 1)
PERSISTENCE = "persistence: CAR transgene"


def found(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def tasks(decision):
    return [(item.kind, item.due) for item in found(decision, TaskOpened)]


def alerts(decision):
    return [(item.code, str(item.detail)) for item in found(decision, AlertRaised)]


def due_items(trip, kind):
    return [item for item in worklist(trip.state, trip.moment) if item.kind is kind]


@pytest.fixture
def treated(journey):
    """Return a maker of a trial with one subject, infused on 2025-03-01."""

    def make(fields=None):
        trip = journey(fields or {}, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
        trip.prepare("P1", "B1")
        trip.deplete("P1", "B1", Instant(parse_instant(f"{INFUSED}T10:00:00+08:00"), "Asia/Shanghai"))
        trip.infuse("P1", "B1")
        return trip

    return make


def sample(trip, test, day, answer=Answer.UNKNOWN, share=None):
    trip.now = max(trip.now, datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12))
    return trip.ask(RecordLateSafetyTest(LateSafetyTested("P1", test, day, answer, share)))


def visit(trip, name, **answers):
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == name)
    trip.now = max(trip.now, datetime.combine(planned.due, trip.now.time(), UTC))
    items = tuple(FollowUpItem(item, answers.get(item.replace(" ", "_"), Answer.NO)) for item in planned.items)
    return trip.do(RecordFollowUpVisit(FollowUpVisitRecorded("P1", name, planned.due, items)))


@pytest.mark.parametrize("negatives", [2, 3])
def test_a_transgene_returns_after_as_many_negatives_as_the_protocol_states(treated, negatives):
    """AC-F2.2: negative, negative, positive where two negatives stop the tests; one more where three do."""
    trip = treated({"follow_up.assays.0.stop_after_negatives": negatives})
    for month in (9, 12):
        assert not alerts(sample(trip, "persistence", date(2025, month, 1), Answer.NO))
    third = sample(trip, "persistence", date(2026, 3, 1), Answer.YES)
    assert bool(alerts(third)) is (negatives == 2)
    for month in (6, 9, 12):
        assert not alerts(sample(trip, "persistence", date(2026, month, 1), Answer.NO))
    back = sample(trip, "persistence", date(2027, 6, 1), Answer.YES)
    assert alerts(back) == [(Code.ALERT_PERSISTENCE_RETURNED, f"negatives_then_positive(n={negatives})")]
    again = sample(trip, "persistence", date(2027, 7, 1), Answer.YES)
    assert not alerts(again)


def test_negatives_entered_late_show_that_a_later_positive_was_a_return(treated):
    """AC-F2.2 whatever the order of entry: the samples are read in the order in which they were taken."""
    trip = treated()
    assert not alerts(sample(trip, "persistence", date(2026, 3, 1), Answer.YES))
    assert not alerts(sample(trip, "persistence", date(2025, 9, 1), Answer.NO))
    late = sample(trip, "persistence", date(2025, 12, 1), Answer.NO)
    assert alerts(late) == [(Code.ALERT_PERSISTENCE_RETURNED, "negatives_then_positive(n=2)")]
    assert tasks(late) == [(Code.TASK_REPEAT_TEST, date(2026, 3, 29)), (Code.TASK_CLONALITY, date(2026, 3, 29))]
    assert not alerts(sample(trip, "persistence", date(2025, 10, 1), Answer.NO)), "told once"


def test_a_test_is_due_at_its_visits_until_the_stated_negatives_and_again_after_a_positive(treated):
    trip = treated({"follow_up.assays.0.stop_after_negatives": 3})

    def missing():
        return [item.key for item in due_items(trip, Due.FOLLOW_UP_TEST) if item.key.endswith(PERSISTENCE)]

    days = {"M006": date(2025, 9, 1), "M012": date(2026, 3, 1), "M024": date(2027, 3, 1), "M036": date(2028, 3, 1)}
    for name, day in list(days.items())[:3]:
        visit(trip, name)
        assert missing() == [f"{name}/{PERSISTENCE}"]
        sample(trip, "persistence", day, Answer.NO)
        assert missing() == []
    visit(trip, "M036")
    assert missing() == []
    sample(trip, "persistence", date(2028, 1, 1), Answer.YES)
    assert missing() == [f"M036/{PERSISTENCE}"]


def test_a_visit_made_only_for_a_test_is_due_until_the_test_stopped(treated):
    only = {"analyte": "CAR transgene", "kind": "persistence", "every": ["4 mo"], "stop_after_negatives": 2}
    trip = treated({"follow_up.assays": [only]})
    sample(trip, "persistence", date(2025, 4, 1), Answer.NO)
    trip.now = datetime(2025, 7, 2, tzinfo=UTC)
    assert "M004" in [item.key for item in due_items(trip, Due.FOLLOW_UP_VISIT)]
    sample(trip, "persistence", date(2025, 7, 1), Answer.NO)
    keys = [item.key for item in due_items(trip, Due.FOLLOW_UP_VISIT)]
    assert "M004" not in keys
    assert "M003" in keys


@pytest.mark.parametrize(("share", "ordered"), [("0.0099", False), ("0.01", True), ("0.25", True)])
def test_one_percent_of_cells_with_the_vector_orders_the_integration_sites(treated, share, ordered):
    trip = treated()
    answer = sample(trip, "persistence", date(2025, 9, 1), Answer.YES, Decimal(share))
    expected = [(Code.TASK_INTEGRATION_SITES, date(2025, 9, 29))] if ordered else []
    assert tasks(answer) == expected
    assert not alerts(answer)


def test_the_first_predominant_clone_is_told_and_every_one_is_repeated_within_three_months(treated):
    """AC-F2.3 in its steps: 31 % at first sight, then not grown, then grown."""
    trip = treated()
    first = sample(trip, "clonality", date(2025, 9, 1), share=Decimal("0.31"))
    assert alerts(first) == [(Code.ALERT_CLONE, "31 %")]
    assert tasks(first) == [(Code.TASK_REPEAT_TEST, date(2025, 12, 1))]
    same = sample(trip, "clonality", date(2025, 11, 30), share=Decimal("0.31"))
    assert not alerts(same)
    assert tasks(same) == [(Code.TASK_REPEAT_TEST, date(2026, 2, 28))]
    grown = sample(trip, "clonality", date(2026, 2, 1), share=Decimal("0.40"))
    assert alerts(grown) == [(Code.ALERT_CLONE, "changed(before=31 %, after=40 %)")]
    fallen = sample(trip, "clonality", date(2026, 5, 1), share=Decimal("0.12"))
    assert not fallen.drafts[1:]


def test_a_share_is_between_0_and_1(treated):
    refused = sample(treated(), "clonality", date(2025, 9, 1), share=Decimal(31))
    assert isinstance(refused, Refused)
    assert [item.code for item in refused.conditions] == [Code.VALUE_NOT_USABLE]


@pytest.mark.parametrize("test", ["rcl", "rcr"])
def test_replication_competent_virus_is_told_and_repeated(treated, test):
    trip = treated()
    assert not alerts(sample(trip, test, date(2025, 6, 1), Answer.NO))
    answer = sample(trip, test, date(2025, 9, 1), Answer.YES)
    assert alerts(answer) == [(Code.ALERT_VIRUS, f"of(what=assay {test}, value=2025-09-01)")]
    assert tasks(answer) == [(Code.TASK_REPEAT_TEST, date(2025, 9, 29))]


def test_an_unknown_answer_is_open_until_a_later_contact_tells(treated):
    trip = treated()
    visit(trip, "M003", new_malignancy=Answer.UNKNOWN, survival=Answer.YES)
    [item] = due_items(trip, Due.FOLLOW_UP_ANSWER)
    assert (item.key, item.about, item.owner) == ("M003/new malignancy", "subject/P1", "coordinator")
    visit(trip, "M006", new_malignancy=Answer.UNKNOWN, infection=Answer.UNKNOWN)
    keys = [item.key for item in due_items(trip, Due.FOLLOW_UP_ANSWER)]
    assert keys == ["M003/new malignancy", "M006/infection", "M006/new malignancy"]
    visit(trip, "M009", infection=Answer.YES)
    assert not due_items(trip, Due.FOLLOW_UP_ANSWER)


def correct(trip, new, record="follow_up_item/P1/M003/new malignancy", old="unknown"):
    position = next(event.position for event in trip.events if isinstance(event.fact, FollowUpVisitRecorded))
    return trip.ask(CorrectFact(position, record, "answer", old, new), reason="the letter of the clinic came")


def test_an_unknown_answer_is_open_until_it_is_corrected(treated):
    trip = treated()
    visit(trip, "M003", new_malignancy=Answer.UNKNOWN)
    assert not alerts(correct(trip, "no"))
    assert not due_items(trip, Due.FOLLOW_UP_ANSWER)
    assert not alerts(correct(trip, "unknown", old="no"))
    assert [item.key for item in due_items(trip, Due.FOLLOW_UP_ANSWER)] == ["M003/new malignancy"]
    told = correct(trip, "yes")
    assert alerts(told) == [(Code.ALERT_NEW_MALIGNANCY, "M003")]
    assert [kind for kind, _ in tasks(told)] == [Code.TASK_MALIGNANCY_WORK_UP]
    assert not due_items(trip, Due.FOLLOW_UP_ANSWER)


@pytest.mark.parametrize(
    ("record", "new", "code"),
    [
        ("follow_up_item/P1/M003/new malignancy", "perhaps", Code.VALUE_NOT_USABLE),
        ("follow_up_item/P1/M006/new malignancy", "no", Code.NOT_KNOWN),
        ("follow_up_item/P1/M003", "no", Code.NOT_KNOWN),
        ("follow_up_item/P9/M003/new malignancy", "no", Code.NOT_KNOWN),
    ],
)
def test_a_correction_of_an_answer_names_an_answer_and_a_word_for_it(treated, record, new, code):
    trip = treated()
    visit(trip, "M003", new_malignancy=Answer.UNKNOWN)
    assert [item.code for item in correct(trip, new, record).conditions] == [code]


@pytest.fixture
def lost(treated):
    """A subject last seen on the day of infusion, declared lost after three attempts in September 2025."""
    trip = treated()
    trip.now = datetime(2025, 9, 10, 2, tzinfo=UTC)
    for _ in range(3):
        trip.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    trip.do(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", INFUSED)))
    assert not due_items(trip, Due.FOLLOW_UP_VISIT)
    assert trip.state.subjects["P1"].stage is Stage.CLOSED
    return trip


def test_a_lost_subject_who_is_reached_is_followed_again_and_the_loss_stays_on_record(lost):
    lost.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    assert lost.state.subjects["P1"].follow_up.is_closed
    lost.do(RecordContactAttempt(ContactAttempted("P1", "letter", reached=True)))
    known = lost.state.subjects["P1"].follow_up
    assert (known.is_closed, known.last_contact) == (False, date(2025, 9, 10))
    assert "M006" in [item.key for item in due_items(lost, Due.FOLLOW_UP_VISIT)]
    assert [event.fact.last_contact for event in lost.events if isinstance(event.fact, SubjectLostToFollowUp)] == [
        INFUSED
    ]


def test_a_visit_brings_a_lost_subject_back_and_the_next_loss_needs_its_own_attempts(lost):
    visit(lost, "M006")
    assert lost.state.subjects["P1"].stage is not Stage.CLOSED
    assert "M003" in [item.key for item in due_items(lost, Due.FOLLOW_UP_VISIT)]
    again = lost.ask(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", date(2025, 9, 1))))
    assert [item.code for item in again.conditions] == [Code.ATTEMPTS_TOO_FEW]


def test_a_visit_before_the_last_contact_entered_late_does_not_undo_the_loss(treated):
    trip = treated()
    trip.now = datetime(2025, 9, 10, 2, tzinfo=UTC)
    for _ in range(3):
        trip.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    trip.do(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", date(2025, 6, 1))))
    visit(trip, "M003")
    assert trip.state.subjects["P1"].follow_up.is_closed
