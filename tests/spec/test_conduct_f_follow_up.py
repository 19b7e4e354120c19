"""F1 to F4: follow-up is made with the infusion, outlives everything, and never gets shorter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from rehearsal import with_fields
from scipy import stats

from celltrial.conduct.acts.follow_up.commands import (
    CompleteFollowUp,
    DeclareLostToFollowUp,
    RecordContactAttempt,
    RecordFollowUpVisit,
    RecordGrowth,
    RecordLateSafetyTest,
    RecordMissedVisit,
    RescheduleFollowUp,
    TransferSubject,
)
from celltrial.conduct.acts.subject.commands import DiscontinueSubject, EnrolSubject
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.assessment.events import PrimaryAnalysisStarted
from celltrial.conduct.facts.follow_up.events import (
    ContactAttempted,
    FollowUpCompleted,
    FollowUpItem,
    FollowUpRescheduled,
    FollowUpScheduled,
    FollowUpVisitMissed,
    FollowUpVisitRecorded,
    GrowthMeasured,
    LateSafetyTested,
    SubjectLostToFollowUp,
    SubjectTransferred,
)
from celltrial.conduct.facts.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.readiness import poisson_upper_limit, retention_forecast, submission_readiness
from celltrial.conduct.views.scheduling import check_reconciled, years_due
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import Answer, ExitReason
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.values import Duration


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def treated(journey, fields=None, day="2025-03-01T10:00:00+08:00"):
    trip = journey(
        fields or {},
        start=datetime(2025, 1, 20, 2, tzinfo=UTC) if day >= "2025" else datetime(2024, 1, 20, 2, tzinfo=UTC),
    )
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", Instant(parse_instant(day), "Asia/Shanghai"))
    trip.infuse("P1", "B1")
    return trip


def test_a_lentiviral_product_infused_on_1_march_2025_is_followed_to_1_march_2040(journey):
    """AC-F1.1: end of follow-up 2040-03-01."""
    trip = treated(journey)
    assert trip.state.subjects["P1"].follow_up.ends == date(2040, 3, 1)


def test_a_protocol_that_states_fewer_years_than_the_class_does_not_shorten_it(journey):
    trip = treated(journey, {"follow_up.years": 10})
    known = trip.state.subjects["P1"].follow_up
    assert (known.ends, known.follow_up_class) == (date(2040, 3, 1), "integrating")


@pytest.mark.parametrize(
    ("fields", "years"),
    [
        (
            {
                "product.vector.kind": "mRNA",
                "product.vector.integration": "none",
                "product.persistence_bound": None,
                "product.delayed_event_onset_bound": None,
            },
            5,
        ),
        (
            {
                "product.vector.integration": "none",
                "product.persistence_bound": None,
                "product.delayed_event_onset_bound": "7 y",
            },
            7,
        ),
        (
            {
                "product.vector.integration": "low",
                "product.vector.integration_evidence": [],
                "product.persistence_bound": None,
                "product.delayed_event_onset_bound": None,
            },
            15,
        ),
        (
            {
                "product.vector.integration": "unknown",
                "product.persistence_bound": None,
                "product.delayed_event_onset_bound": None,
            },
            15,
        ),
    ],
)
def test_the_years_due_follow_from_the_product(escalation_protocol, fields, years):
    """AC-F1.1 to AC-F1.4."""
    protocol = with_fields(escalation_protocol, {"follow_up.years": 1, **fields})
    assert years_due(protocol)[1] == years


@pytest.mark.parametrize(
    ("onset", "persists", "years", "found"),
    [(None, None, 2, (2, "protocol")), ("7 y", None, 2, (7, "delayed_event_onset")), ("7 y", "9 y", 2, (9, "persistence")),
     ("7 y", None, 8, (8, "protocol")), ("7 y", None, 7, (7, "protocol"))],
)  # fmt: skip
def test_a_justified_class_replaces_the_class_minimum_and_nothing_else(
    escalation_protocol, onset, persists, years, found
):
    """AC-F1.2 and AC-F1.3: unclassified and justified, late events and persistence still bind."""
    protocol = with_fields(
        escalation_protocol,
        {
            "product.vector.integration": "unknown",
            "product.delayed_event_onset_bound": onset,
            "product.persistence_bound": persists,
            "follow_up.years": years,
            "follow_up.class_justification": {"kind": "expert", "statement": {"en": "reviewed", "zh": "已审阅"}},
        },
    )
    assert years_due(protocol)[1:] == found


def test_an_infusion_on_29_february_is_never_a_day_short(journey):
    """AC-F1.5: 29 February ends on 1 March."""
    trip = treated(journey, day="2024-02-29T10:00:00+08:00")
    assert trip.state.subjects["P1"].follow_up.ends == date(2039, 3, 1)


def test_a_second_infusion_counts_the_schedule_again_from_itself(journey):
    """AC-F1.5: a second infusion on 2026-01-10 moves the end to 2041-01-10."""
    trip = treated(journey, {"dose.repeat": {"doses": 2, "interval": "90 d"}})
    again = Instant(parse_instant("2026-01-10T10:00:00+08:00"), "Asia/Shanghai")
    trip.complete_window("P1")
    trip.now = again.utc - timedelta(days=60)
    trip.collect_again("P1", "B2")
    trip.make("B2")
    trip.release("B2")
    trip.deliver("B2")
    trip.deplete("P1", "B2", again)
    done = trip.infuse("P1", "B2")
    assert [item.number for item in trip.state.subjects["P1"].infusions] == [1, 2]
    schedule = facts(done, FollowUpRescheduled)[0]
    assert (schedule.previous_end, schedule.starts, schedule.ends) == (
        date(2040, 3, 1),
        date(2026, 1, 10),
        date(2041, 1, 10),
    )


def test_a_longer_requirement_extends_and_a_shorter_one_changes_nothing(journey):
    """AC-F1.5: 15 to 20 years extends, never shortens."""
    trip = treated(journey)
    trip.state = trip.state.changed(versions=(changed(trip, {"follow_up.years": 20}),))
    done = trip.do(RescheduleFollowUp("P1", "register: 15 -> 20 years"))
    assert facts(done, FollowUpRescheduled)[0].ends == date(2045, 3, 1)
    assert [item.kind for item in facts(done, TaskOpened)] == [Code.TASK_RECONSENT]
    trip.state = trip.state.changed(versions=(changed(trip, {"follow_up.years": 15}),))
    done = trip.do(RescheduleFollowUp("P1", "register: 20 -> 15 years"))
    assert not facts(done, TaskOpened)
    assert facts(done, FollowUpRescheduled)[0].ends == date(2045, 3, 1)


def changed(trip, fields):
    version = trip.state.in_force
    protocol = with_fields(version.plan.protocol, fields)
    return replace(version, plan=replace(version.plan, protocol=protocol))


def test_everybody_treated_is_scheduled_and_a_gap_is_found(journey):
    """AC-F2.1: treated and not scheduled is an error."""
    trip = treated(journey)
    assert not list(check_reconciled(trip.state))
    lost = replace(trip.state.subjects["P1"], follow_up=None)
    broken = trip.state.changed(subjects={"P1": lost})
    assert [item.code for item in check_reconciled(broken)] == [Code.FOLLOW_UP_MISSING]


def test_34_schedules_for_35_infused_subjects_are_an_error_that_names_the_one(journey):
    """AC-F2.1: treated and scheduled are compared; results are not ready for submission while one is missing."""
    trip = treated(journey)
    one = trip.state.subjects["P1"]
    infused = {f"P{i}": replace(one, subject=f"P{i}") for i in range(1, 36)}
    whole = trip.state.changed(subjects=infused, primary_analysis=PrimaryAnalysisStarted("cut-1", ()))
    assert not list(check_reconciled(whole))
    assert len(submission_readiness(whole, date(2027, 3, 1)).commitments) == 35
    broken = whole.changed(subjects=infused | {"P17": replace(infused["P17"], follow_up=None)})
    assert [(item.code, item.about) for item in check_reconciled(broken)] == [(Code.FOLLOW_UP_MISSING, "subject/P17")]
    found = submission_readiness(broken, date(2027, 3, 1))
    assert (found.is_ready, found.missing, len(found.commitments)) == (False, ("follow_up_schedules",), 34)


def test_a_yearly_loss_of_3_percent_leaves_63_percent_at_15_years():
    """AC-F3.3."""
    assert round(100 * retention_forecast(0.03, 15)) == 63
    assert retention_forecast(0.0, 15) == 1


@pytest.mark.parametrize("events", [0, 1, 2, 7, 40])
def test_the_upper_limit_of_a_count_is_the_exact_one(events):
    """Half the 95 % quantile of chi-square on 2x + 2 degrees of freedom (Garwood 1936), by scipy."""
    assert poisson_upper_limit(events) == pytest.approx(stats.chi2.ppf(0.95, 2 * events + 2) / 2, rel=1e-9)


def test_coming_of_age_without_an_own_consent_stops_procedures_and_keeps_the_data_held(journey):
    """AC-F3.3: infused at 17; from the 18th birthday no test is recorded until the subject consents."""
    trip = journey({"population.criteria.0.value": 1}, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
    trip.prepare("P1", "B1", born=date(2007, 9, 1))
    trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
    trip.infuse("P1", "B1")
    late_test(trip, "persistence", Answer.NO)
    held = trip.state.subjects["P1"].follow_up.tests
    assert len(held) == 1
    trip.now = datetime(2025, 9, 2, 2, tzinfo=UTC)
    test = LateSafetyTested("P1", "persistence", date(2025, 9, 2), Answer.NO)
    assert codes(trip.ask(RecordLateSafetyTest(test))) == [Code.MAJORITY_CONSENT]
    grown = GrowthMeasured("P1", "height_z", Decimal(0), date(2025, 9, 2))
    assert codes(trip.ask(RecordGrowth(grown))) == [Code.MAJORITY_CONSENT]
    assert trip.state.subjects["P1"].follow_up.tests == held
    assert isinstance(visit(trip, "M006"), Accepted)


def test_a_protocol_without_follow_up_treats_nobody(journey):
    trip = journey({"follow_up": None})
    trip.screen("P1")
    refused = trip.ask(EnrolSubject("P1", "C1"))
    assert (Code.PROTOCOL_SILENT, "follow_up") in [(item.code, item.field) for item in refused.conditions]


def test_the_schedule_survives_discontinuation(journey):
    trip = treated(journey)
    trip.do(DiscontinueSubject("P1", ExitReason.PROGRESSION))
    assert trip.state.subjects["P1"].follow_up.ends == date(2040, 3, 1)


def test_replication_competent_virus_is_tested_at_0_3_6_12_months_and_then_yearly(journey):
    trip = treated(journey)
    visits = trip.state.subjects["P1"].follow_up.visits
    months = [int(item.visit[1:]) for item in visits if any(test.startswith("rcr") for test in item.tests)]
    assert months == [0, 3, 6, *range(12, 181, 12)]
    assert visits[-1].due == date(2040, 3, 1)


def visit(trip, name="M003", *, leave_out=(), **answers):
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == name)
    trip.now = max(trip.now, datetime.combine(planned.due, trip.now.time(), UTC))
    items = tuple(
        FollowUpItem(item, answers.get(item.replace(" ", "_"), Answer.NO))
        for item in planned.items
        if item not in leave_out
    )
    return trip.ask(RecordFollowUpVisit(FollowUpVisitRecorded("P1", name, planned.due, items)))


def test_every_item_is_answered_yes_no_or_unknown(journey):
    trip = treated(journey)
    refused = visit(trip, leave_out=("new malignancy",))
    assert [(item.code, item.about) for item in refused.conditions] == [
        (Code.ITEM_NOT_ANSWERED, "subject/P1/new malignancy")
    ]
    assert isinstance(visit(trip, new_malignancy=Answer.UNKNOWN), Accepted)
    assert codes(visit(trip)) == [Code.ALREADY_DONE]


def test_a_new_malignancy_orders_the_work_up(journey):
    trip = treated(journey)
    done = visit(trip, new_malignancy=Answer.YES)
    assert [item.code for item in facts(done, AlertRaised)] == [Code.ALERT_NEW_MALIGNANCY]
    assert [item.kind for item in facts(done, TaskOpened)] == [Code.TASK_MALIGNANCY_WORK_UP]


def late_test(trip, test, answer=Answer.UNKNOWN, share=None):
    trip.wait(days=180)
    fact = LateSafetyTested("P1", test, trip.local("P1").local_date, answer, share)
    return trip.do(RecordLateSafetyTest(fact))


def test_a_transgene_that_comes_back_orders_a_repeat_and_clonality(journey):
    """AC-F2.2: negative, negative, positive."""
    trip = treated(journey)
    assert not facts(late_test(trip, "persistence", Answer.NO), AlertRaised)
    assert not facts(late_test(trip, "persistence", Answer.NO), AlertRaised)
    done = late_test(trip, "persistence", Answer.YES)
    assert [item.code for item in facts(done, AlertRaised)] == [Code.ALERT_PERSISTENCE_RETURNED]
    assert {item.kind for item in facts(done, TaskOpened)} == {Code.TASK_REPEAT_TEST, Code.TASK_CLONALITY}


def test_a_clone_that_grows_from_12_to_31_percent_is_alerted_and_repeated_in_three_months(journey):
    """AC-F2.3: 12 % to 31 %."""
    trip = treated(journey)
    assert not facts(late_test(trip, "clonality", share=Decimal("0.12")), AlertRaised)
    done = late_test(trip, "clonality", share=Decimal("0.31"))
    alert, task = facts(done, AlertRaised)[0], facts(done, TaskOpened)[0]
    assert (alert.code, str(alert.detail)) == (Code.ALERT_CLONE, "changed(before=12 %, after=31 %)")
    assert (task.due - trip.local("P1").local_date).days in range(89, 93)


def test_a_fall_of_height_by_1_1_is_alerted(journey):
    """AC-F3.2: height z from -0.3 to -1.4."""
    trip = treated(journey)
    for value, expected in ((Decimal("-0.3"), []), (Decimal("-0.9"), []), (Decimal("-1.4"), [Code.ALERT_GROWTH])):
        trip.wait(days=180)
        done = trip.do(RecordGrowth(GrowthMeasured("P1", "height_z", value, trip.local("P1").local_date)))
        assert [item.code for item in facts(done, AlertRaised)] == expected
    assert ", fall=1.1 " in str(facts(done, AlertRaised)[0].detail).replace(")", " ")


def test_uncovered_days_between_two_studies_are_alerted(journey):
    """AC-F4.1: 2027-06-30 to 2027-08-15 leaves 45 uncovered days."""
    trip = treated(journey)
    trip.now = datetime(2027, 9, 1, tzinfo=UTC)
    move = SubjectTransferred("P1", "CT-LTFU-01", "L-1", date(2027, 6, 30), date(2027, 8, 15))
    done = trip.do(TransferSubject(move))
    assert facts(done, AlertRaised)[0].detail == Duration(45)


def test_lost_only_after_every_stated_attempt(journey):
    trip = treated(journey)
    last = trip.local("P1").local_date
    trip.wait(days=200)
    declare = DeclareLostToFollowUp(SubjectLostToFollowUp("P1", last))
    for _ in range(2):
        trip.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    assert codes(trip.ask(declare)) == [Code.ATTEMPTS_TOO_FEW]
    trip.do(RecordContactAttempt(ContactAttempted("P1", "letter", reached=True)))
    reached = trip.local("P1").local_date
    for _ in range(3):
        trip.wait(days=7)
        trip.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    assert codes(trip.ask(declare)) == [Code.ORDER_WRONG]
    assert isinstance(trip.ask(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", reached))), Accepted)


def test_a_visit_is_missed_only_when_its_window_has_closed(journey):
    trip = treated(journey)
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == "M003")
    missed = RecordMissedVisit(FollowUpVisitMissed("P1", "M003", "away"))
    trip.now = datetime.combine(planned.closes, trip.now.time(), UTC)
    assert codes(trip.ask(missed)) == [Code.ORDER_WRONG]
    trip.wait(days=1)
    assert codes(trip.ask(RecordMissedVisit(FollowUpVisitMissed("P1", "M003", " ")))) == [Code.VALUE_NOT_USABLE]
    assert isinstance(trip.ask(missed), Accepted)


def test_follow_up_ends_on_its_last_day_and_not_before(journey):
    trip = treated(journey)
    trip.now = datetime(2040, 2, 29, 12, tzinfo=UTC)
    assert codes(trip.ask(CompleteFollowUp(FollowUpCompleted("P1", date(2040, 2, 29), "end")))) == [
        Code.FOLLOW_UP_RUNNING
    ]
    trip.wait(days=1)
    assert isinstance(trip.ask(CompleteFollowUp(FollowUpCompleted("P1", date(2040, 3, 1), "end"))), Accepted)


def test_an_overdue_visit_climbs_after_30_60_and_90_days(journey):
    trip = treated(journey)
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == "M003")
    for days, owner in ((-1, "coordinator"), (30, "investigator"), (60, "medical_monitor"), (90, "sponsor")):
        at = Instant(datetime.combine(planned.closes + timedelta(days=days), datetime.min.time(), UTC), "UTC")
        due = [item for item in worklist(trip.state, at) if item.kind is Due.FOLLOW_UP_VISIT and item.key == "M003"]
        assert [item.owner for item in due] == [owner]
    visit(trip)
    assert not [item for item in worklist(trip.state, trip.moment) if item.key == "M003"]


def test_a_child_is_followed_for_growth_beyond_the_five_years_of_the_class(journey):
    """AC-F3.1: infused at 4 with an mRNA product (5 years): growth and development to 18."""
    fields = {
        "product.vector.kind": "mRNA",
        "product.vector.integration": "none",
        "product.persistence_bound": None,
        "product.delayed_event_onset_bound": None,
        "follow_up.years": 5,
        "follow_up.paediatric": {"growth_monitoring": True, "items": ["puberty", "school"]},
        "population.criteria.0.value": 1,
    }
    trip = journey(fields, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
    trip.prepare("P1", "B1", born=date(2021, 2, 1))
    trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
    schedule = facts(trip.infuse("P1", "B1"), FollowUpScheduled)[0]
    assert schedule.years == 5
    assert schedule.ends == date(2039, 2, 1)
    growth = [item for item in schedule.visits if item.visit.startswith("G")]
    assert (growth[-1].due, growth[-1].items) == (date(2039, 2, 1), ("puberty", "school"))
    assert max(item.due for item in schedule.visits if item.visit.startswith("M")) == date(2030, 3, 1)


def test_submission_never_waits_for_the_end_of_follow_up(journey):
    """AC-F4.2: ready with 2 of 15 years done; the commitment and the person-years are listed."""
    trip = treated(journey)
    day = date(2027, 3, 1)
    assert submission_readiness(trip.state, day).missing == ("primary_analysis",)
    trip.state = trip.state.changed(primary_analysis=PrimaryAnalysisStarted("cut-1", ()))
    ready = submission_readiness(trip.state, day)
    assert ready.is_ready
    assert [(item.subject, item.ends) for item in ready.commitments] == [("P1", date(2040, 3, 1))]
    assert round(ready.person_years, 2) == 2.0


@pytest.mark.parametrize("written", ["新发肿瘤", "secondary malignancy", "New_Malignancy", "ｎｅｗ malignancy"])
def test_an_answer_is_kept_under_the_question_of_the_protocol_whatever_it_was_called(journey, written):
    trip = treated(journey)
    planned = next(item for item in trip.state.subjects["P1"].follow_up.visits if item.visit == "M003")
    trip.now = max(trip.now, datetime.combine(planned.due, trip.now.time(), UTC))
    answers = tuple(FollowUpItem(written if item == "new malignancy" else item, Answer.NO) for item in planned.items)
    done = trip.ask(RecordFollowUpVisit(FollowUpVisitRecorded("P1", "M003", planned.due, answers)))
    (kept,) = facts(done, FollowUpVisitRecorded)
    assert [item.item for item in kept.items] == list(planned.items)
