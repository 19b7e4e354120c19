"""C5: what a dose decision rests on, and how often it may be followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rehearsal import signature

from celltrial.conduct.acts.cohort.commands import (
    CloseCohort,
    CompleteDltWindow,
    ConfirmDoseLimitingToxicity,
    DeclareRecommendedDose,
    ExpandCohort,
    OpenCohort,
    RecommendDose,
    RuleOutDoseLimitingToxicity,
    SignDoseDecision,
)
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.scope.commands import (
    OpenEvaluation,
    ResumeScope,
    SignEvaluation,
    SuspendScope,
)
from celltrial.conduct.acts.subject.commands import EnrolSubject
from celltrial.conduct.acts.trial.commands import CloseTask
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.counting import count_levels
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import CohortKind, DoseMove, Relatedness, ResumeItem, ScopeKind
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.values import ABSENT, Count, Duration, Identifier, at_least, at_most, message


def conditions(decision):
    return [(item.code, item.needed, item.found) for item in decision.conditions]


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def report(trip, name, event, *, grade=4, onset=None):
    day = onset or trip.local(name).local_date
    fact = AdverseEventReported(
        name, event, "CRS", "", "CRS", grade, "ASTCT-2019", day, Precision.DAY, (),
        Relatedness.PROBABLE, True, trip.moment,
    )  # fmt: skip
    trip.do(ReportAdverseEvent(fact))


def signed(trip, *roles):
    return tuple(signature(role, trip.moment) for role in roles)


def three_treated(trip):
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")


def decided(trip, key="1"):
    """Ask the engine and sign what it says."""
    trip.do(RecommendDose(f"R-{key}"))
    known = trip.state.recommendations[f"R-{key}"].fact
    trip.do(SignDoseDecision(f"D-{key}", f"R-{key}", known.move, known.next_level, signed(trip, "safety_board")))
    return known


@pytest.fixture
def passed(journey):
    """Level 1: three infused, every window complete without a DLT; the engine goes to level 2 with three."""
    trip = journey()
    three_treated(trip)
    for number in (1, 2, 3):
        trip.complete_window(f"P{number}")
    return trip


def test_the_interval_holds_the_infusion_itself_to_the_second(journey):
    """AC-C5.1: infused 2025-03-01 10:00 +08:00, 28 d; in Berlin 02:59 CET opens in 60 s, 03:00 CET is allowed."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"}, start=datetime(2025, 1, 6, 2, tzinfo=UTC))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
    assert isinstance(trip.infuse("P1", "B1"), Accepted)
    trip.prepare("P2", "B2", at_site="S2")
    opens = Instant(parse_instant("2025-03-29T03:00:00+01:00"), "Europe/Berlin")
    trip.deplete("P2", "B2", opens)
    trip.check("P2")
    trip.now = opens.utc - timedelta(seconds=60)
    trip.check("P2")
    refused = trip.ask(trip.infusion("P2", "B2"), at=Instant(trip.now, "Europe/Berlin"))
    assert conditions(refused) == [
        (
            Code.STAGGER,
            at_least(opens.utc),
            message(
                "opens_in", moment=Instant(opens.utc - timedelta(seconds=60), "Europe/Berlin"), wait=Duration(60, "s")
            ),
        )
    ]
    trip.now = opens.utc
    assert isinstance(trip.ask(trip.infusion("P2", "B2"), at=opens), Accepted)


def test_the_first_cohort_is_no_larger_than_the_design_asks(journey):
    trip = journey()
    trip.state = trip.state.changed(cohorts={})
    refused = trip.ask(OpenCohort("C0", 1, 4))
    assert conditions(refused) == [
        (Code.VALUE_NOT_USABLE, message("as_the_design_asks", size=at_most(Count(3, "subject"))), Count(4))
    ]
    assert isinstance(trip.ask(OpenCohort("C0", 1, 3)), Accepted)


def test_one_decision_opens_or_enlarges_one_cohort_once(passed):
    known = decided(passed)
    assert (known.move, known.next_level, known.size) == (DoseMove.ESCALATE, 2, 3)
    passed.do(OpenCohort("C2", 2, 3))
    again = [
        (
            Code.DECISION_MISSING,
            message("signed_decision_for_level", level=2),
            message("followed_already", decision=Identifier("D-1")),
        )
    ]
    assert conditions(passed.ask(ExpandCohort("C2", 6))) == again
    assert conditions(passed.ask(OpenCohort("C3", 2, 3))) == again
    board = signed(passed, "safety_board")
    refused = passed.ask(SignDoseDecision("D-2", "R-1", DoseMove.ESCALATE, 2, board))
    assert conditions(refused) == [
        (Code.RECOMMENDATION_STALE, message("recommendation_not_yet_followed"), Identifier("R-1"))
    ]


def test_an_expansion_to_six_uses_its_decision_up(journey):
    """AC-C5.3: 1 DLT in 3 expands to 6, and no further."""
    trip = journey()
    three_treated(trip)
    report(trip, "P3", "AE-3")
    trip.do(confirmation(trip, "P3", "AE-3"))
    for number in (1, 2, 3):
        trip.complete_window(f"P{number}")
    known = decided(trip)
    assert (known.move, known.next_level, known.size) == (DoseMove.STAY, 1, 3)
    assert isinstance(trip.ask(ExpandCohort("C1", 6)), Accepted)
    assert codes(trip.ask(ExpandCohort("C1", 9))) == [Code.DECISION_MISSING]


def confirmation(trip, name, event):
    return ConfirmDoseLimitingToxicity(name, event, signed(trip, "medical_monitor"))


def test_the_engine_is_not_asked_while_a_cohort_is_still_being_treated(passed):
    decided(passed)
    passed.do(OpenCohort("C2", 2, 3))
    refused = passed.ask(RecommendDose("R-2"))
    assert conditions(refused) == [
        (Code.COHORT_RUNNING, message("or_cohort_closed", infused=Count(3, "infused")), Count(0, "infused"))
    ]
    passed.treat("P4", "B4", into="C2")
    passed.complete_window("P4")
    assert conditions(passed.ask(RecommendDose("R-2"))) == [
        (Code.COHORT_RUNNING, message("or_cohort_closed", infused=Count(3, "infused")), Count(1, "infused"))
    ]
    passed.do(CloseCohort("C2", "no further subjects"))
    assert isinstance(passed.ask(RecommendDose("R-2")), Accepted)


def test_a_design_that_selected_a_dose_treats_no_further_escalation_cohort(passed):
    board = signed(passed, "safety_board")
    passed.do(RecommendDose("R-1"))
    passed.do(SignDoseDecision("D-1", "R-1", DoseMove.SELECT, 1, board), reason="activity seen at level 1")
    refused = passed.ask(OpenCohort("C2", 1, 3))
    assert conditions(refused) == [
        (
            Code.DECISION_MISSING,
            message("signed_decision_for_level", level=1),
            message("move_to_level", move=DoseMove.SELECT, level=1),
        )
    ]


def test_an_event_nobody_adjudicated_keeps_window_recommendation_and_decision_open(journey):
    trip = journey()
    three_treated(trip)
    report(trip, "P3", "AE-3")
    for number in (1, 2):
        trip.complete_window(f"P{number}")
    due = (Code.ADJUDICATION_DUE, message("confirmed_or_ruled_out"), Identifier("AE-3"))
    closes = trip.state.subjects["P3"].dlt_window.closes
    trip.now = datetime.combine(closes + timedelta(days=2), trip.now.time(), UTC)
    assert conditions(trip.ask(CompleteDltWindow("P3"))) == [due]
    assert conditions(trip.ask(CompleteDltWindow("P3", evaluable=False, why="left"))) == [due]
    assert due in conditions(trip.ask(RecommendDose("R-1")))
    closed = trip.ask(CloseTask("dlt/AE-3", "no DLT"), role=Role.MEDICAL_MONITOR)
    assert codes(closed) == [Code.ADJUDICATION_DUE]
    both = signed(trip, "medical_monitor", "safety_board")
    trip.do(RuleOutDoseLimitingToxicity("P3", "AE-3", both), reason="infection")
    assert "dlt/AE-3" not in trip.state.tasks
    trip.do(CompleteDltWindow("P3"))
    assert (count_levels(trip.state)[0].evaluable, count_levels(trip.state)[0].dlt) == (3, 0)
    assert isinstance(trip.ask(RecommendDose("R-1")), Accepted)


def test_a_suspicion_between_recommendation_and_signature_stops_the_signature(passed):
    passed.do(RecommendDose("R-1"))
    report(passed, "P2", "AE-2", onset=passed.state.subjects["P2"].dlt_window.closes)
    board = signed(passed, "safety_board")
    refused = passed.ask(SignDoseDecision("D-1", "R-1", DoseMove.ESCALATE, 2, board))
    assert conditions(refused) == [(Code.ADJUDICATION_DUE, message("confirmed_or_ruled_out"), Identifier("AE-2"))]


def test_a_grade_that_lasts_too_long_is_due_without_any_write(journey):
    """Grade 3 CRS is a DLT beyond 3 days: on day 4 it is on the medical monitor's list, and the window stays open."""
    trip = journey()
    trip.treat("P1", "B1")
    report(trip, "P1", "AE-1", grade=3)
    assert "dlt/AE-1" not in trip.state.tasks

    def listed():
        items = worklist(trip.state, trip.moment)
        return [(item.key, item.owner, item.due) for item in items if item.kind is Due.DLT_ADJUDICATION]

    trip.wait(days=3)
    assert listed() == []
    trip.wait(days=1)
    assert listed() == [("AE-1", Role.MEDICAL_MONITOR, trip.local("P1").local_date)]
    trip.wait(days=30)
    assert codes(trip.ask(CompleteDltWindow("P1"))) == [Code.ADJUDICATION_DUE]
    trip.do(confirmation(trip, "P1", "AE-1"))
    assert listed() == []
    trip.do(CompleteDltWindow("P1"))
    assert count_levels(trip.state)[0].dlt == 1


def test_a_dlt_ruled_out_leaves_a_subject_who_was_not_evaluable_not_evaluable(journey):
    trip = journey()
    trip.treat("P1", "B1")
    trip.wait(days=30)
    trip.do(CompleteDltWindow("P1", evaluable=False, why="window visits missing"))
    report(trip, "P1", "AE-1", onset=trip.state.subjects["P1"].dlt_window.closes)
    trip.do(confirmation(trip, "P1", "AE-1"))
    assert (count_levels(trip.state)[0].evaluable, count_levels(trip.state)[0].dlt) == (1, 1)
    both = signed(trip, "medical_monitor", "safety_board")
    trip.do(RuleOutDoseLimitingToxicity("P1", "AE-1", both), reason="infection")
    assert (count_levels(trip.state)[0].evaluable, count_levels(trip.state)[0].dlt) == (0, 0)


def test_a_recommended_dose_opened_again_lets_nobody_into_an_open_expansion(passed):
    """AC-C5.4: the expansion waits for the next signed record, also once the suspension is over."""
    trip = passed
    trip.do(RecommendDose("R-1"))
    board = signed(trip, "safety_board")
    trip.do(SignDoseDecision("D-1", "R-1", DoseMove.SELECT, 1, board), reason="activity seen at level 1")
    trip.do(DeclareRecommendedDose(1, board))
    trip.do(OpenCohort("E1", 1, 20, CohortKind.EXPANSION))
    trip.enrol("P4", "E1")
    for number in (1, 2, 3):
        report(trip, f"P{number}", f"AE-{number}", grade=5, onset=trip.state.subjects[f"P{number}"].dlt_window.closes)
    assert trip.state.recommended_level is None
    trip.screen("P5")
    assert Code.RECOMMENDED_DOSE_MISSING in codes(trip.ask(EnrolSubject("P5", "E1")))
    for key in [*trip.state.suspensions]:
        resume(trip, key)
    trip.renew("P5")
    refused = trip.ask(EnrolSubject("P5", "E1"))
    assert conditions(refused) == [
        (Code.RECOMMENDED_DOSE_MISSING, message("signed_record_recommending_level", level=1), ABSENT)
    ]


def resume(trip, key):
    trip.do(OpenEvaluation(key))
    today = trip.moment.local_date
    trip.do(SignEvaluation(key, today, "evaluation 1", signed(trip, "medical_monitor", "sponsor")))
    for item in ResumeItem:
        if item in {ResumeItem.EVALUATION, ResumeItem.AMENDMENT}:
            continue
        trip.do(trip.resume_item(key, item, today, "document", "S1" if item is ResumeItem.SITE_ACCEPTANCE else ""))
    trip.do(ResumeScope(key))


def test_no_cohort_grows_while_its_level_is_suspended_or_after_it_closed(journey):
    trip = journey()
    three_treated(trip)
    report(trip, "P3", "AE-3")
    trip.do(confirmation(trip, "P3", "AE-3"))
    for number in (1, 2, 3):
        trip.complete_window(f"P{number}")
    decided(trip)
    trip.do(SuspendScope("X", ScopeKind.LEVEL, "1", "signal"))
    trip.do(CloseCohort("C1", "full"))
    assert codes(trip.ask(ExpandCohort("C1", 6))) == [Code.SUSPENDED, Code.COHORT_CLOSED]


def test_a_recommendation_under_an_earlier_version_is_stale(passed):
    passed.do(RecommendDose("R-1"))
    version = passed.state.in_force
    passed.state = passed.state.changed(versions=(*passed.state.versions, replace(version, sha256="other")))
    refused = passed.ask(SignDoseDecision("D-1", "R-1", DoseMove.ESCALATE, 2, signed(passed, "safety_board")))
    assert conditions(refused) == [(Code.RECOMMENDATION_STALE, message("by_the_protocol_in_force"), Identifier("R-1"))]
