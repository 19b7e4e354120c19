"""Whatever must happen next is on somebody's list: every kind of obligation appears there, and goes when it is met."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from rehearsal import signature

from celltrial.conduct.acts.assessment.commands import AssignReader, LockRead, RecordProgression, RecordResponse
from celltrial.conduct.acts.batch.commands import LiftQuarantine, QuarantineBatch, ShipBatch
from celltrial.conduct.acts.cohort.commands import RecommendDose, SignDoseDecision
from celltrial.conduct.acts.safety.commands import OpenQuery, ReportAdverseEvent
from celltrial.conduct.acts.scope.commands import (
    HaltTrial,
    LiftHalt,
    OpenEvaluation,
    ResumeScope,
    RuleOutHaltCause,
    SignEvaluation,
    SuspendScope,
)
from celltrial.conduct.acts.subject.commands import SignConsent
from celltrial.conduct.acts.trial.commands import (
    ConcludeComparability,
    RecordEvidenceReview,
    RecordManufacturingChange,
)
from celltrial.conduct.envelope import Actor, Precision, Role
from celltrial.conduct.facts.assessment.events import DiseaseProgressed, ReaderAssigned, ReadLocked, ResponseAssessed
from celltrial.conduct.facts.safety.events import AdverseEventReported, QueryOpened
from celltrial.conduct.ruling import Refused
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import (
    AssessmentSource,
    ConsentKind,
    QualityCause,
    Relatedness,
    ResumeItem,
    ScopeKind,
    Seriousness,
)
from celltrial.core.dates import Instant
from celltrial.core.values import Identifier


def due_items(trip, kind):
    return [
        (item.key, item.about, item.owner, item.due) for item in worklist(trip.state, trip.moment) if item.kind is kind
    ]


def signed(trip, *roles):
    return tuple(signature(role, trip.moment) for role in roles)


def test_a_suspension_stands_on_the_list_until_every_site_may_go_on(journey):
    trip = journey({"stopping.longest_evaluation": "30 d"}, sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    today = trip.moment.local_date
    due = today + timedelta(days=30)
    assert due_items(trip, Due.SUSPENSION) == [("X", "suspension/X", Role.MEDICAL_MONITOR, due)]
    assert trip.state.tasks["evaluate/X"].due == due
    trip.do(OpenEvaluation("X"))
    trip.do(SignEvaluation("X", today, "report", signed(trip, "medical_monitor", "sponsor")))
    for item in set(ResumeItem) - {ResumeItem.EVALUATION, ResumeItem.AMENDMENT}:
        trip.do(trip.resume_item("X", item, today, "document", site="S1"))
    assert due_items(trip, Due.SUSPENSION)
    trip.do(ResumeScope("X"))
    assert not due_items(trip, Due.SUSPENSION)
    assert due_items(trip, Due.SITE_ACCEPTANCE) == [("X", "site/S2", Role.INVESTIGATOR, None)]
    trip.do(trip.resume_item("X", ResumeItem.SITE_ACCEPTANCE, today, "letter", site="S2"))
    assert not due_items(trip, Due.SITE_ACCEPTANCE)


def test_a_halt_and_a_quarantine_are_quality_assurances(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.do(QuarantineBatch("B1", "particles"))
    trip.do(HaltTrial("H", QualityCause.STORAGE, ""))
    assert due_items(trip, Due.QUARANTINE) == [("B1", "batch/B1", Role.QUALITY_ASSURANCE, None)]
    assert due_items(trip, Due.HALT) == [("H", "halt/H", Role.QUALITY_ASSURANCE, None)]
    trip.do(LiftQuarantine("B1", "evidence", signed(trip, "quality_assurance")))
    trip.do(RuleOutHaltCause("H", "culture negative", signed(trip, "quality_assurance", "medical_monitor")))
    trip.do(LiftHalt("H", signed(trip, "quality_assurance", "sponsor")))
    assert not due_items(trip, Due.QUARANTINE) + due_items(trip, Due.HALT)


def test_a_batch_on_its_way_waits_for_receipt_and_a_sentinel_for_the_assessments_due(journey):
    watched = [{"concept": "body_temperature", "days": [1, 7]}]
    trip = journey({"escalation.staggering.sentinel_assessments": watched})
    trip.treat("P1", "B1")
    trip.wait(days=2)
    due = trip.state.subjects["P1"].infusions[0].at.local_date + timedelta(days=1)
    assert due_items(trip, Due.SENTINEL) == [("body_temperature/1", "subject/P1", Role.INVESTIGATOR, due)]
    trip.watch_sentinels()
    assert not due_items(trip, Due.SENTINEL)
    trip.enrol("P2")
    trip.collect("P2", "B2")
    trip.make("B2")
    trip.release("B2")
    trip.do(ShipBatch("B2", "S1", "courier", "sh-2"))
    assert due_items(trip, Due.RECEIPT) == [("B2", "batch/B2", Role.COORDINATOR, None)]
    for command in (*trip.hand_overs("B2"), trip.receipt("B2")):
        trip.do(command)
    assert not due_items(trip, Due.RECEIPT)


def test_who_is_depleted_waits_for_the_cells_until_the_last_day_allowed(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    ended = trip.state.subjects["P1"].lymphodepletion.ended_on
    assert due_items(trip, Due.INFUSION) == [("B1", "subject/P1", Role.INVESTIGATOR, ended + timedelta(days=7))]
    trip.infuse("P1", "B1")
    assert not due_items(trip, Due.INFUSION)


def test_a_recommendation_waits_for_the_board(journey):
    trip = journey()
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")
        trip.complete_window(f"P{number}")
    trip.do(RecommendDose("R1"))
    assert due_items(trip, Due.DOSE_DECISION) == [("R1", "recommendation/R1", Role.SAFETY_BOARD, None)]
    fact = trip.state.recommendations["R1"].fact
    trip.do(SignDoseDecision("D1", "R1", fact.move, fact.next_level, signed(trip, "safety_board")))
    assert not due_items(trip, Due.DOSE_DECISION)


def test_a_process_change_waits_for_its_conclusion(journey):
    trip = journey()
    trip.do(RecordManufacturingChange("C1", "major", "vector", "P1", "P2"))
    assert due_items(trip, Due.COMPARABILITY) == [("C1", "change/C1", Role.QUALITY_ASSURANCE, None)]
    trip.do(ConcludeComparability("C1", "comparable", "report", signed(trip, "quality_assurance")))
    assert not due_items(trip, Due.COMPARABILITY)


def test_an_assigned_reader_needs_the_read_until_it_is_locked(journey):
    trip = journey()
    trip.treat("P1", "B1")
    trip.do(AssignReader(ReaderAssigned("P1", "reader-a", "independent_reviewer", "reader_1")))
    assert due_items(trip, Due.READ) == [("reader-a", "subject/P1", Role.INDEPENDENT_REVIEWER, None)]
    reader, today = Actor("reader-a", Role.INDEPENDENT_REVIEWER), trip.local("P1").local_date
    source = AssessmentSource.INDEPENDENT_READER
    trip.do(RecordResponse(ResponseAssessed("P1", "IMWG-2016", "M1", "PR", source, today, "reader-a")), actor=reader)
    trip.do(LockRead(ReadLocked("P1", "reader-a")), actor=reader)
    assert not due_items(trip, Due.READ)


def test_who_comes_of_age_needs_an_own_consent(journey):
    trip = journey()
    trip.screen("P1", born=date(2007, 2, 1))
    assert not due_items(trip, Due.MAJORITY_CONSENT)
    trip.wait(days=60)
    assert due_items(trip, Due.MAJORITY_CONSENT) == [("P1", "subject/P1", Role.INVESTIGATOR, None)]
    trip.do(SignConsent("P1", ConsentKind.MAJORITY, "1.0", trip.local("P1").local_date))
    assert not due_items(trip, Due.MAJORITY_CONSENT)


@pytest.mark.parametrize(
    ("day", "owner", "overdue"),
    [
        (date(2025, 5, 31), None, 0),
        (date(2025, 6, 1), Role.MEDICAL_MONITOR, 0),
        (date(2025, 7, 1), Role.MEDICAL_MONITOR, 0),
        (date(2025, 7, 2), Role.SPONSOR, 1),
    ],
)
def test_ac_x3_1_a_review_of_the_evidence_due_on_1_july_and_missing_on_2_july_is_the_sponsors(
    journey, day, owner, overdue
):
    """AC-X3.1: review due 2025-07-01, none by 07-02: alert."""
    trip = journey({"governance.evidence_review_interval": "6 mo", "governance.last_evidence_review": "2025-01-01"})
    trip.now = Instant(trip.now).utc.replace(year=day.year, month=day.month, day=day.day)
    found = [item for item in worklist(trip.state, trip.moment) if item.kind is Due.EVIDENCE_REVIEW]
    assert [(item.owner, item.due, item.days_overdue(day)) for item in found] == (
        [] if owner is None else [(owner, date(2025, 7, 1), overdue)]
    )
    if owner is not None:
        assert isinstance(trip.ask(RecordEvidenceReview(day, "report", ())), Refused)
        trip.do(RecordEvidenceReview(day, "report", signed(trip, "medical_monitor")))
        assert not due_items(trip, Due.EVIDENCE_REVIEW)


def progress(trip):
    on = trip.local("P1").local_date
    fact = DiseaseProgressed("P1", on, "IMWG-2016", AssessmentSource.INVESTIGATOR)
    trip.do(RecordProgression(fact))
    return on


def test_progression_while_waiting_opens_the_rescue_plan_and_climbs_when_it_is_late(journey):
    """Clause 2.1.2.1-d: the example starts rescue within three days of the progression."""
    trip = journey()
    trip.enrol("P1")
    on = progress(trip)
    due = on + timedelta(days=3)
    assert due_items(trip, Due.TASK) == [(f"rescue/P1/{on}", "subject/P1", "investigator", due)]
    trip.now += timedelta(days=4)
    assert due_items(trip, Due.TASK) == [(f"rescue/P1/{on}", "subject/P1", "medical_monitor", due)]


def test_progression_after_the_cells_or_without_a_rescue_plan_opens_none(journey):
    trip = journey()
    trip.treat("P1", "B1")
    progress(trip)
    assert not due_items(trip, Due.TASK)
    trip = journey({"risk_plan.rescue_plan": None})
    trip.enrol("P1")
    progress(trip)
    assert not due_items(trip, Due.TASK)


def test_every_kind_of_obligation_is_shown_somewhere(journey):
    """The kinds not shown above: task, alert, window, report, query, expiry, visit, adjudication (C9)."""
    trip = journey()
    trip.prepare("P2", "B2")
    trip.treat("P1", "B1")
    trip.do(
        ReportAdverseEvent(
            AdverseEventReported(
                "P1", "AE-1", "CRS", "", "CRS", 4, "ASTCT-2019", trip.local("P1").local_date, Precision.DAY,
                (Seriousness.LIFE_THREATENING,), Relatedness.PROBABLE, False, trip.moment,
            )
        )
    )  # fmt: skip
    trip.do(OpenQuery(QueryOpened("q1", "subject/P1", "CND-451", Identifier("which day?"))))
    trip.do(HaltTrial("H", QualityCause.STORAGE, ""))
    trip.wait(days=200)
    kinds = {item.kind for item in worklist(trip.state, trip.moment)}
    rest = {Due.TASK, Due.ALERT, Due.DLT_WINDOW, Due.EXPEDITED_REPORT, Due.QUERY, Due.BATCH_EXPIRY}
    assert kinds >= rest | {Due.FOLLOW_UP_VISIT}
    above = {
        Due.SUSPENSION, Due.SITE_ACCEPTANCE, Due.HALT, Due.QUARANTINE, Due.INFUSION, Due.DOSE_DECISION,
        Due.COMPARABILITY, Due.READ, Due.MAJORITY_CONSENT, Due.EVIDENCE_REVIEW, Due.SENTINEL, Due.RECEIPT,
    }  # fmt: skip
    of_follow_up = {Due.FOLLOW_UP_VISIT, Due.FOLLOW_UP_TEST, Due.FOLLOW_UP_ANSWER}  # in test_conduct_f_late_effects
    of_doses = {Due.DLT_ADJUDICATION}  # in test_conduct_c05_decisions
    grown_up = {Due.ADULT_CARE, Due.FOLLOW_UP_EXTENSION}  # in test_conduct_f_adult_care, test_conduct_f_extension
    signed = {Due.SIGNATURE}  # in test_conduct_signing
    drafts = {Due.ADVERSE_EVENT_DRAFT}  # in test_conduct_c06_drafts
    assert set(Due) == rest | above | of_follow_up | of_doses | grown_up | signed | drafts | {Due.ADJUDICATION}
