"""F2: what death, withdrawal, loss and unusable entries mean for follow-up, and the roads of late findings to somebody's list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from celltrial.conduct.acts.assessment.commands import RecordNewTherapy, RecordProgression
from celltrial.conduct.acts.follow_up.commands import (
    DeclareLostToFollowUp,
    RecordContactAttempt,
    RecordFollowUpVisit,
    RecordLateSafetyTest,
    RecordMissedVisit,
    RescheduleFollowUp,
)
from celltrial.conduct.acts.safety.commands import RecodeAdverseEvent, ReportAdverseEvent
from celltrial.conduct.acts.subject.commands import RecordDeath, SignConsent, WithdrawConsent
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.assessment.events import DiseaseProgressed, NewTherapyStarted
from celltrial.conduct.facts.follow_up.events import (
    ContactAttempted,
    FollowUpItem,
    FollowUpVisitMissed,
    FollowUpVisitRecorded,
    LateSafetyTested,
    SubjectLostToFollowUp,
)
from celltrial.conduct.facts.safety.events import AdverseEventRecoded, AdverseEventReported
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.readiness import submission_readiness
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import Answer, AssessmentSource, ConsentKind, Relatedness
from celltrial.core.dates import Instant, parse_instant


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def found(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def due_items(trip, kind):
    return [item.key for item in worklist(trip.state, trip.moment) if item.kind is kind]


@pytest.fixture
def treated(journey):
    """Return a maker of a trial with one subject, infused on a day."""

    def make(fields=None, day="2025-03-01"):
        infusion = Instant(parse_instant(f"{day}T10:00:00+08:00"), "Asia/Shanghai")
        trip = journey(fields or {}, start=infusion.utc - timedelta(days=40))
        trip.prepare("P1", "B1")
        trip.deplete("P1", "B1", infusion)
        trip.infuse("P1", "B1")
        return trip

    return make


def on_day(trip, day):
    trip.now = max(trip.now, datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=4))


def visit(trip, name, on=None, **answers):
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == name)
    on_day(trip, on or planned.due)
    items = tuple(FollowUpItem(item, answers.get(item.replace(" ", "_"), Answer.NO)) for item in planned.items)
    return trip.ask(RecordFollowUpVisit(FollowUpVisitRecorded("P1", name, on or planned.due, items)))


def sample(trip, test, on, answer=Answer.NO, share=None):
    on_day(trip, on)
    return trip.ask(RecordLateSafetyTest(LateSafetyTested("P1", test, on, answer, share)))


def attempt(trip, *, reached=False):
    return trip.ask(RecordContactAttempt(ContactAttempted("P1", "telephone", reached)))


def lost(trip, last):
    return trip.ask(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", last)))


# --- death -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def dead(treated):
    """A subject who died on 2025-07-10, after the window of month 3, inside no other."""
    trip = treated()
    on_day(trip, date(2025, 7, 20))
    trip.do(RecordDeath("P1", date(2025, 7, 10)))
    return trip


def test_nobody_is_seen_after_death(dead):
    assert codes(visit(dead, "M006")) == [Code.ORDER_WRONG]
    assert codes(attempt(dead, reached=True)) == [Code.ORDER_WRONG]


@pytest.mark.parametrize(("day", "possible"), [(date(2025, 7, 10), True), (date(2025, 7, 11), False)])
def test_nothing_begins_after_death(dead, day, possible):
    event_then = replace(event(dead, "Fever"), onset=day)
    progressed = DiseaseProgressed("P1", day, "RECIST 1.1", AssessmentSource.INVESTIGATOR)
    therapy = NewTherapyStarted("P1", "steroids", "systemic", day)
    for command in (ReportAdverseEvent(event_then), RecordProgression(progressed), RecordNewTherapy(therapy)):
        assert codes(dead.ask(command)) == ([] if possible else [Code.ORDER_WRONG])


def test_what_happened_before_death_is_entered_after_it(dead):
    assert isinstance(visit(dead, "M003"), Accepted)
    assert isinstance(sample(dead, "persistence", date(2025, 7, 10)), Accepted)


def test_a_sample_of_the_autopsy_is_later_than_death(dead):
    told = sample(dead, "transgene_in_tumour", date(2025, 7, 12), Answer.YES)
    assert [item.code for item in found(told, AlertRaised)] == [Code.ALERT_TRANSGENE_IN_TUMOUR]


def test_only_a_window_that_closed_before_death_was_missed(dead):
    on_day(dead, date(2026, 1, 1))
    assert codes(dead.ask(RecordMissedVisit(FollowUpVisitMissed("P1", "M006", "died")))) == [Code.NOT_KNOWN]
    assert isinstance(dead.ask(RecordMissedVisit(FollowUpVisitMissed("P1", "M003", "away"))), Accepted)


def test_the_dead_are_not_lost(dead):
    for _ in range(3):
        assert isinstance(attempt(dead), Accepted)
    assert codes(lost(dead, date(2025, 7, 10))) == [Code.ALREADY_DONE]
    assert dead.state.subjects["P1"].stage is Stage.DEAD


def test_death_of_a_lost_subject_is_recorded_and_ends_the_years_seen(treated):
    """Vital status from elsewhere: the loss stays on record, the day of death is known."""
    trip = treated()
    on_day(trip, date(2025, 9, 10))
    for _ in range(3):
        attempt(trip)
    assert isinstance(lost(trip, date(2025, 3, 1)), Accepted)
    trip.do(RecordDeath("P1", date(2025, 8, 1)))
    assert trip.state.subjects["P1"].stage is Stage.DEAD
    assert trip.state.subjects["P1"].follow_up.lost_on == date(2025, 3, 1)
    assert submission_readiness(trip.state, date(2027, 3, 1)).person_years == 0


# --- loss ------------------------------------------------------------------------------------------------------------


def test_the_last_contact_of_a_lost_subject_is_not_before_one_on_record(treated):
    trip = treated()
    visit(trip, "M006")
    visit(trip, "M003", date(2025, 6, 1))
    assert trip.state.subjects["P1"].follow_up.last_contact == date(2025, 9, 1)
    on_day(trip, date(2026, 1, 1))
    for _ in range(3):
        attempt(trip)
    assert codes(lost(trip, date(2025, 6, 1))) == [Code.ORDER_WRONG]
    assert isinstance(lost(trip, date(2025, 9, 1)), Accepted)


def test_nobody_was_last_seen_before_the_infusion_that_is_followed(treated):
    trip = treated()
    on_day(trip, date(2026, 1, 1))
    for _ in range(3):
        attempt(trip)
    assert codes(lost(trip, date(2025, 2, 28))) == [Code.ORDER_WRONG]


# --- withdrawal ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrangement", "kind", "ends"),
    [
        ("separate", ConsentKind.FOLLOW_UP, True),
        ("separate", ConsentKind.MAIN, False),
        ("part", ConsentKind.MAIN, True),
    ],
)
def test_withdrawal_ends_what_the_consent_allowed_and_keeps_what_is_held(treated, arrangement, kind, ends):
    trip = treated({"follow_up.arrangement": arrangement})
    assert isinstance(visit(trip, "M003"), Accepted)
    on_day(trip, date(2025, 7, 15))
    trip.do(WithdrawConsent("P1", kind))
    known = trip.state.subjects["P1"].follow_up
    assert (known.withdrawn_on, known.done) == (date(2025, 7, 15) if ends else None, ("M003",))
    assert (trip.state.subjects["P1"].stage is Stage.CLOSED) is ends
    refused = [Code.CONSENT_MISSING] if ends else []
    assert codes(visit(trip, "M006")) == refused
    assert codes(sample(trip, "rcr", date(2025, 9, 2))) == refused
    assert codes(attempt(trip)) == refused
    assert ("M009" in due_items(trip, Due.FOLLOW_UP_VISIT)) is False
    on_day(trip, date(2026, 1, 1))
    assert ("M009" in due_items(trip, Due.FOLLOW_UP_VISIT)) is not ends


@pytest.fixture
def withdrawn(treated):
    """A subject who withdrew the consent to follow-up on 2025-07-15."""
    trip = treated()
    on_day(trip, date(2025, 7, 15))
    trip.do(WithdrawConsent("P1", ConsentKind.FOLLOW_UP))
    return trip


def test_what_was_done_before_the_withdrawal_is_entered_after_it(withdrawn):
    assert isinstance(visit(withdrawn, "M003"), Accepted)
    assert isinstance(sample(withdrawn, "rcr", date(2025, 7, 15)), Accepted)


def test_who_withdrew_is_neither_lost_nor_missed_and_death_is_still_recorded(withdrawn):
    on_day(withdrawn, date(2026, 1, 1))
    assert Code.ALREADY_DONE in codes(lost(withdrawn, date(2025, 7, 15)))
    assert codes(withdrawn.ask(RecordMissedVisit(FollowUpVisitMissed("P1", "M006", "-")))) == [Code.NOT_KNOWN]
    assert not submission_readiness(withdrawn.state, date(2026, 1, 1)).commitments
    assert round(submission_readiness(withdrawn.state, date(2026, 1, 1)).person_years * 365.25) == 136
    withdrawn.do(RecordDeath("P1", date(2025, 12, 1)))


def test_a_consent_given_anew_takes_follow_up_up_again(withdrawn):
    on_day(withdrawn, date(2025, 8, 20))
    version = withdrawn.state.protocol.population.consents.follow_up_version
    withdrawn.do(SignConsent("P1", ConsentKind.FOLLOW_UP, version, date(2025, 8, 20)))
    assert withdrawn.state.subjects["P1"].follow_up.withdrawn_on is None
    assert isinstance(visit(withdrawn, "M006"), Accepted)


def test_the_day_of_a_withdrawal_is_the_sites(treated):
    trip = treated()
    trip.now = datetime(2025, 7, 14, 20, tzinfo=UTC)
    trip.do(WithdrawConsent("P1", ConsentKind.FOLLOW_UP), at=Instant(trip.now, "UTC"))
    assert trip.state.subjects["P1"].follow_up.withdrawn_on == date(2025, 7, 15)


# --- entries that cannot be used -------------------------------------------------------------------------------------


def test_an_item_is_answered_once(treated):
    trip = treated()
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == "M003")
    on_day(trip, planned.due)
    items = tuple(FollowUpItem(item, Answer.NO) for item in planned.items)
    both = (*items, FollowUpItem("new malignancy", Answer.YES))
    refused = trip.ask(RecordFollowUpVisit(FollowUpVisitRecorded("P1", "M003", planned.due, both)))
    assert [(item.code, item.about) for item in refused.conditions] == [
        (Code.VALUE_NOT_USABLE, "subject/P1/new malignancy")
    ]


@pytest.mark.parametrize("test", ["RCL", "rcl ", "persistense", ""])
def test_a_test_that_nothing_would_follow_is_refused(treated, test):
    """A positive virus test under another spelling would alarm nobody."""
    assert codes(sample(treated(), test, date(2025, 9, 1), Answer.YES)) == [Code.NOT_KNOWN]


def test_an_assay_of_the_protocol_is_a_test(treated):
    trip = treated()
    assert isinstance(sample(trip, "immunogenicity", date(2025, 9, 1)), Accepted)
    only = {"analyte": "CAR transgene", "kind": "persistence", "every": ["4 mo"]}
    trip = treated({"follow_up.assays": [only]})
    assert codes(sample(trip, "immunogenicity", date(2025, 9, 1))) == [Code.NOT_KNOWN]


def test_a_positive_clonality_says_how_large_the_clone_is(treated):
    trip = treated()
    assert codes(sample(trip, "clonality", date(2025, 9, 1), Answer.YES)) == [Code.VALUE_NOT_USABLE]
    assert isinstance(sample(trip, "clonality", date(2025, 9, 1), Answer.YES, Decimal("0.3")), Accepted)


# --- the schedule ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2024-02-29", "2024-08-31", "2025-03-01", "2025-12-31"])
def test_no_two_visits_fall_on_one_day_and_the_last_is_the_end(treated, day):
    known = treated(day=day).state.subjects["P1"].follow_up
    days = [item.due for item in known.visits]
    assert len(days) == len(set(days))
    assert days == sorted(days)
    assert (known.visits[-1].visit, days[-1]) == ("M180", known.ends)


def test_the_baseline_sample_is_taken_before_the_infusion(treated):
    trip = treated()
    name = "M000/rcr: replication-competent lentivirus"
    visit(trip, "M000")
    assert name in due_items(trip, Due.FOLLOW_UP_TEST)
    sample(trip, "rcr", date(2024, 11, 1))
    assert name in due_items(trip, Due.FOLLOW_UP_TEST)
    sample(trip, "rcr", date(2025, 2, 20))
    assert name not in due_items(trip, Due.FOLLOW_UP_TEST)


def test_a_schedule_counted_again_from_the_same_infusion_keeps_what_was_done(treated):
    trip = treated()
    visit(trip, "M003")
    trip.do(RescheduleFollowUp("P1", "register"))
    assert trip.state.subjects["P1"].follow_up.done == ("M003",)


# --- roads of late findings ------------------------------------------------------------------------------------------


def event(trip, term, category=""):
    day = trip.local("P1").local_date
    return AdverseEventReported(
        "P1", "AE-1", term, "", category, 3, "CTCAE 5.0", day, Precision.DAY, (),
        Relatedness.POSSIBLE, None, trip.local("P1"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("term", "category"), [("Second malignancy", ""), ("Acute myeloid leukaemia", "second_malignancy")]
)
def test_a_new_malignancy_reported_as_an_adverse_event_orders_the_same_work_up(treated, term, category):
    trip = treated()
    trip.wait(days=900)
    told = trip.do(ReportAdverseEvent(event(trip, term, category)))
    assert [(item.code, str(item.detail)) for item in found(told, AlertRaised)] == [(Code.ALERT_NEW_MALIGNANCY, "AE-1")]
    assert [item.kind for item in found(told, TaskOpened)] == [Code.TASK_MALIGNANCY_WORK_UP]


def test_a_malignancy_recognised_when_the_event_is_coded_orders_the_work_up_once(treated):
    trip = treated()
    trip.wait(days=900)
    assert not found(trip.do(ReportAdverseEvent(event(trip, "Pancytopenia"))), AlertRaised)
    coded = RecodeAdverseEvent(AdverseEventRecoded("P1", "AE-1", "10000001", "new malignancy"))
    told = trip.do(coded, reason="marrow report")
    assert [item.code for item in found(told, AlertRaised)] == [Code.ALERT_NEW_MALIGNANCY]
    again = RecodeAdverseEvent(AdverseEventRecoded("P1", "AE-1", "10000002", "new malignancy"))
    assert not found(trip.do(again, reason="code corrected"), AlertRaised)


def test_a_malignancy_before_the_cells_is_no_late_effect(journey):
    trip = journey()
    trip.enrol("P1")
    assert not found(trip.do(ReportAdverseEvent(event(trip, "Second malignancy"))), TaskOpened)


def test_a_pregnancy_is_followed_to_its_outcome(treated):
    told = visit(treated(), "M006", pregnancy=Answer.YES)
    assert [(item.kind, item.due) for item in found(told, TaskOpened)] == [
        (Code.TASK_PREGNANCY_OUTCOME, date(2025, 9, 1) + timedelta(weeks=40))
    ]


@pytest.mark.parametrize("answer", [Answer.NO, Answer.UNKNOWN])
def test_a_tumour_without_the_transgene_alarms_nobody(treated, answer):
    told = sample(treated(), "transgene_in_tumour", date(2027, 1, 1), answer)
    assert not found(told, AlertRaised)
