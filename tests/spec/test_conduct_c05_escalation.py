"""C5: stagger across sites and levels, DLT adjudication, and dose decisions by the object that planned the trial."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rehearsal import signature

from celltrial.conduct.acts.cohort.commands import (
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
from celltrial.conduct.acts.subject.commands import (
    CompleteLymphodepletion,
    EnrolSubject,
    PlanLymphodepletion,
    ReassignLevel,
    StartLymphodepletion,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.cohort.events import (
    CohortClosed,
    DoseDecisionSigned,
    DoseRecommended,
    LevelClosed,
    RecommendedDoseReopened,
    StaggerSlotReleased,
    StaggerSlotReserved,
)
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.subject.events import LevelReassigned
from celltrial.conduct.gates.stagger import check_stagger, earliest_infusion
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.counting import count_levels
from celltrial.conduct.vocabulary import CohortKind, DoseMove, Relatedness
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.values import ABSENT, NOT_STATED, Duration, Identifier, at_least, message


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def report(trip, name, event, *, grade=4, category="CRS", onset=None, scale="ASTCT-2019"):
    day = onset or trip.local(name).local_date
    fact = AdverseEventReported(
        name,
        event,
        category,
        "",
        category,
        grade,
        scale,
        day,
        Precision.DAY,
        (),
        Relatedness.PROBABLE,
        True,
        trip.moment,
    )
    return trip.do(ReportAdverseEvent(fact))


def confirm(trip, name, event):
    signed = (signature("medical_monitor", trip.moment),)
    return trip.do(ConfirmDoseLimitingToxicity(name, event, signed))


def dlt(trip, name):
    report(trip, name, f"AE-{name}")
    return confirm(trip, name, f"AE-{name}")


def decide_dose(trip, key, *, reason="", **changes):
    recommended = facts(trip.do(RecommendDose(f"R-{key}")), DoseRecommended)[0]
    move = changes.get("move", recommended.move)
    level = changes.get("next_level", recommended.next_level)
    signed = (signature("safety_board", trip.moment),)
    return recommended, trip.ask(SignDoseDecision(f"D-{key}", f"R-{key}", move, level, signed), reason=reason)


def cohort_of_three(trip, first, *, into="C1"):
    names = [f"P{number}" for number in range(first, first + 3)]
    for name in names:
        trip.treat(name, f"B-{name}", into=into)
    return names


def test_the_interval_is_exact_across_sites_and_zones(journey):
    """Infused 2025-03-01 10:00 +08:00, 28 d: refused in Berlin at 02:59 CET, open at 03:00 CET."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"}, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
    assert isinstance(trip.infuse("P1", "B1"), Accepted)
    trip.prepare("P2", "B2", at_site="S2")
    early = Instant(parse_instant("2025-03-29T02:59:00+01:00"), "Europe/Berlin")
    found = list(check_stagger(trip.act("P2"), early))
    assert [item.needed for item in found] == [at_least(parse_instant("2025-03-29T02:00:00+00:00"))]
    assert found[0].found == message("opens_in", moment=early, wait=Duration(60, "s"))
    assert not list(check_stagger(trip.act("P2"), Instant(parse_instant("2025-03-29T03:00:00+01:00"), "Europe/Berlin")))


def test_two_sites_cannot_hold_the_same_moment(journey):
    """AC-C5.2: exactly one of two sites."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    trip.prepare("P1", "B1", at_site="S1")
    trip.prepare("P2", "B2", at_site="S2")
    moment = Instant(trip.now + timedelta(days=5))
    trip.refresh("P1")
    trip.refresh("P2")
    assert isinstance(trip.ask(StartLymphodepletion("P1", "B1", moment)), Accepted)
    refused = trip.ask(StartLymphodepletion("P2", "B2", moment))
    assert codes(refused) == [Code.STAGGER]


def test_the_earliest_moments_of_three_levels_of_three_are_those_of_the_planner(journey):
    """28 d after the first of a level, 14 d between later ones, 28 d between levels (AC-P6.1)."""
    trip = journey()
    for number in range(1, 10):
        trip.enrol(f"P{number}") if number < 4 else trip.screen(f"P{number}")
    begin = trip.moment
    days = []
    for number in range(1, 10):
        act = trip.act(f"P{number}")
        placed = replace(act, subject=replace(act.subject, level=(number + 2) // 3, cohort="C1"))
        moment = earliest_infusion(placed, begin)
        taken = StaggerSlotReserved(f"P{number}", "S1", placed.subject.level, "C1", moment)
        trip.state = evolve(trip.state, trip.event(taken))
        days.append((moment.utc - begin.utc).days)
    assert days == [0, 28, 42, 70, 98, 112, 140, 168, 182]


def test_escalation_goes_level_by_level_with_the_design_of_the_protocol(journey):
    trip = journey()
    for level in (1, 2):
        names = cohort_of_three(trip, 3 * level - 2, into=f"C{level}")
        for name in names:
            trip.complete_window(name)
        recommended, signed = decide_dose(trip, str(level))
        assert (recommended.move, recommended.next_level) == (DoseMove.ESCALATE, level + 1)
        assert recommended.counts[level - 1].evaluable == 3
        assert isinstance(signed, Accepted)
        trip.do(OpenCohort(f"C{level + 1}", level + 1, 3))
    infused = {name: item.infused_at.utc for name, item in trip.state.subjects.items() if item.infusions}
    assert (infused["P2"] - infused["P1"]).days >= 28
    assert (infused["P3"] - infused["P2"]).days >= 14
    assert (infused["P4"] - infused["P3"]).days >= 28


def test_a_delayed_infusion_gives_back_reservations_that_come_too_close(journey):
    trip = journey()
    trip.treat("P1", "B1")
    for number in (2, 3):
        trip.prepare(f"P{number}", f"B{number}")
    second = trip.start_depletion("P2", "B2")
    third = trip.next_infusion("P3")
    trip.refresh("P3")
    trip.do(PlanLymphodepletion("P3", "B3", third.local_date - timedelta(days=5), third))
    assert (third.utc - second.utc).days == 14
    trip.now = second.utc - timedelta(days=3)
    trip.do(CompleteLymphodepletion("P2", trip.local("P2").local_date))
    trip.now = second.utc + timedelta(days=1)
    done = trip.infuse("P2", "B2")
    assert [item.subject for item in facts(done, StaggerSlotReleased)] == ["P3"]
    assert any(alert.code == Code.ALERT_SLOT_DISPLACED for alert in trip.state.alerts.values())


def test_one_dlt_in_three_expands_to_six(journey):
    """AC-C5.3: 3 subjects, 1 DLT."""
    trip = journey()
    names = cohort_of_three(trip, 1)
    dlt(trip, "P3")
    for name in names:
        trip.complete_window(name)
    recommended, signed = decide_dose(trip, "1")
    assert (recommended.move, recommended.next_level, recommended.size) == (DoseMove.STAY, 1, 3)
    assert isinstance(signed, Accepted)
    assert isinstance(trip.ask(ExpandCohort("C1", 6)), Accepted)


def test_two_dlt_in_the_first_two_close_the_level_at_once_and_refuse_the_third(journey):
    """AC-C5.3: 2 of the first 2."""
    trip = journey()
    trip.prepare("P3", "B3")
    trip.screen("P4")
    for number in (1, 2):
        trip.treat(f"P{number}", f"B{number}")
    dlt(trip, "P1")
    assert not trip.state.closed_levels
    done = dlt(trip, "P2")
    assert [item.level for item in facts(done, LevelClosed)] == [1, 2, 3]
    assert facts(done, LevelClosed)[0].reason == message("dlt_among", dlt=2, evaluable=2)
    assert [item.cohort for item in facts(done, CohortClosed)] == ["C1"]
    assert {Code.LEVEL_CLOSED, Code.COHORT_CLOSED} <= set(codes(trip.ask(EnrolSubject("P4", "C1"))))
    trip.refresh("P3")
    refused = trip.ask(StartLymphodepletion("P3", "B3", Instant(trip.now + timedelta(days=40))))
    assert Code.LEVEL_CLOSED in codes(refused)


def test_a_subject_depleted_for_a_level_that_closes_is_refused_and_put_on_the_monitors_list(journey):
    trip = journey()
    trip.prepare("P3", "B3")
    for number in (1, 2):
        trip.treat(f"P{number}", f"B{number}")
    dlt(trip, "P1")
    trip.start_depletion("P3", "B3")
    report(trip, "P2", "AE-P2", onset=trip.state.subjects["P2"].dlt_window.opens)
    confirm(trip, "P2", "AE-P2")
    assert trip.state.tasks["in_flight/level-1/P3"].kind == Code.TASK_IN_FLIGHT
    trip.wait(days=2)
    trip.do(CompleteLymphodepletion("P3", trip.local("P3").local_date))
    trip.wait(days=3)
    assert Code.LEVEL_CLOSED in codes(trip.infuse("P3", "B3"))


def test_a_dlt_must_meet_a_rule_of_the_protocol_within_the_window(journey):
    trip = journey()
    trip.treat("P1", "B1")
    report(trip, "P1", "mild", grade=2)
    signed = (signature("medical_monitor", trip.moment),)
    assert codes(trip.ask(ConfirmDoseLimitingToxicity("P1", "mild", signed))) == [Code.NOT_A_DLT]
    trip.wait(days=29)
    report(trip, "P1", "late", grade=4)
    assert codes(trip.ask(ConfirmDoseLimitingToxicity("P1", "late", signed))) == [Code.NOT_A_DLT]
    report(trip, "P1", "in time", grade=4, onset=trip.local("P1").local_date - timedelta(days=1))
    assert isinstance(trip.ask(ConfirmDoseLimitingToxicity("P1", "in time", signed)), Accepted)


def test_a_grade_on_another_scale_is_not_compared(journey):
    trip = journey()
    trip.treat("P1", "B1")
    report(trip, "P1", "lee", grade=4, scale="Lee 2014")
    refused = trip.ask(ConfirmDoseLimitingToxicity("P1", "lee", (signature("medical_monitor", trip.moment),)))
    assert codes(refused) == [Code.NOT_A_DLT]


def test_grade_three_counts_only_beyond_its_stated_length(journey):
    trip = journey()
    trip.treat("P1", "B1")
    signed = (signature("medical_monitor", trip.moment),)
    report(trip, "P1", "three", grade=3)
    trip.wait(days=3)
    assert codes(trip.ask(ConfirmDoseLimitingToxicity("P1", "three", signed))) == [Code.NOT_A_DLT]
    trip.wait(days=1)
    assert isinstance(trip.ask(ConfirmDoseLimitingToxicity("P1", "three", signed)), Accepted)


def test_a_dlt_ruled_out_by_two_signatures_leaves_the_count_but_not_the_closed_level(journey):
    trip = journey()
    for number in (1, 2):
        trip.treat(f"P{number}", f"B{number}")
        dlt(trip, f"P{number}")
    assert trip.state.closed_levels
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "safety_board"))
    trip.do(RuleOutDoseLimitingToxicity("P2", "AE-P2", signed), reason="adjudicated as infection")
    assert count_levels(trip.state)[0].dlt == 1
    assert trip.state.closed_levels


def test_no_recommendation_while_a_window_is_open_under_a_design_that_cannot_use_it(journey):
    trip = journey()
    names = cohort_of_three(trip, 1)
    for name in names[:2]:
        trip.complete_window(name)
    refused = trip.ask(RecommendDose("R-1"))
    assert codes(refused) == [Code.WINDOW_OPEN]
    assert refused.conditions[0].found == message(
        "until", what=Identifier("P3"), when=trip.state.subjects["P3"].dlt_window.closes
    )
    early = trip.ask(CompleteDltWindow("P3"))
    assert codes(early) == [Code.WINDOW_OPEN]


def test_the_committee_may_deviate_downwards_only_with_a_reason(journey):
    trip = journey()
    for name in cohort_of_three(trip, 1):
        trip.complete_window(name)
    _, refused = decide_dose(trip, "1", move=DoseMove.STAY, next_level=1)
    assert codes(refused) == [Code.REASON_MISSING]
    signed = (signature("safety_board", trip.moment),)
    done = trip.do(SignDoseDecision("D-2", "R-1", DoseMove.STAY, 1, signed), reason="slow recovery of counts")
    assert facts(done, DoseDecisionSigned)[0].deviates
    assert codes(trip.ask(OpenCohort("C2", 2, 3))) == [Code.DECISION_MISSING]


def test_a_decision_on_counts_that_changed_is_stale(journey):
    trip = journey()
    names = cohort_of_three(trip, 1)
    for name in names:
        trip.complete_window(name)
    trip.do(RecommendDose("R-1"))
    report(trip, "P3", "AE", onset=trip.state.subjects["P3"].dlt_window.closes)
    confirm(trip, "P3", "AE")
    signed = (signature("safety_board", trip.moment),)
    assert codes(trip.ask(SignDoseDecision("D-1", "R-1", DoseMove.ESCALATE, 2, signed))) == [Code.RECOMMENDATION_STALE]


def test_a_higher_level_opens_only_on_a_signed_decision(journey):
    trip = journey()
    assert codes(trip.ask(OpenCohort("C2", 2, 3))) == [Code.DECISION_MISSING]
    first = journey()
    assert codes(first.ask(OpenCohort("C9", 9, 3))) == [Code.VALUE_NOT_USABLE, Code.DECISION_MISSING]


def select_level_one(trip):
    """3+3: level 1 passes, level 2 has two DLTs: level 1 is selected."""
    for name in cohort_of_three(trip, 1):
        trip.complete_window(name)
    decide_dose(trip, "1")
    trip.do(OpenCohort("C2", 2, 3))
    for number in (4, 5):
        trip.treat(f"P{number}", f"B-P{number}", into="C2")
        dlt(trip, f"P{number}")
    for number in (4, 5):
        trip.complete_window(f"P{number}")
    recommended, _ = decide_dose(trip, "2")
    assert (recommended.move, recommended.next_level) == (DoseMove.SELECT, 1)


def test_expansion_needs_a_signed_recommended_dose(journey):
    """AC-C5.4: no expansion before a signed record."""
    trip = journey()
    select_level_one(trip)
    opening = OpenCohort("X1", 1, 14, CohortKind.EXPANSION)
    assert codes(trip.ask(opening)) == [Code.RECOMMENDED_DOSE_MISSING]
    assert codes(trip.ask(DeclareRecommendedDose(1, ()))) == [Code.SIGNATURE_MISSING]
    trip.do(DeclareRecommendedDose(1, (signature("safety_board", trip.moment),)))
    assert isinstance(trip.ask(opening), Accepted)


def test_a_fourth_dlt_in_expansion_crosses_the_continuing_rule_and_opens_the_recommended_dose_again(journey):
    """AC-C5.4: a 4th DLT in expansion."""
    rule = {
        "id": "X-1",
        "text": {"en": "Continuing rule", "zh": "持续规则"},
        "event": {"terms": ["CRS"], "grade_at_least": 4, "window": "28 d"},
        "boundary": "beta_binomial",
        "params": {"threshold": 0.2, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3},
        "scope": "level",
        "denominator": "exposed",
    }
    trip = journey({"stopping.rules": [rule]})
    select_level_one(trip)
    trip.do(DeclareRecommendedDose(1, (signature("safety_board", trip.moment),)))
    trip.do(OpenCohort("X1", 1, 14, CohortKind.EXPANSION))
    boundary = trip.state.plan.rules[0].boundary
    assert (boundary.is_crossed(3, 6), boundary.is_crossed(4, 7)) == (False, True)
    for number in range(10, 14):
        trip.treat(f"P{number}", f"B-P{number}", into="X1")
        done = report(trip, f"P{number}", f"AE-{number}")
        reopened = facts(done, RecommendedDoseReopened)
        assert [item.level for item in reopened] == ([1] if number == 13 else [])
    assert trip.state.recommended_level is None
    assert codes(trip.ask(OpenCohort("X2", 1, 3, CohortKind.EXPANSION)))[-1] is Code.RECOMMENDED_DOSE_MISSING


@pytest.mark.parametrize("signer", ["medical_monitor", "sponsor"])
def test_the_body_that_decides_is_the_one_the_protocol_names(journey, signer):
    trip = journey()
    for name in cohort_of_three(trip, 1):
        trip.complete_window(name)
    trip.do(RecommendDose("R-1"))
    refused = trip.ask(SignDoseDecision("D-1", "R-1", DoseMove.ESCALATE, 2, (signature(signer, trip.moment),)))
    assert codes(refused) == [Code.SIGNATURE_MISSING]


def depleted_at_a_level_that_closes(journey, rule):
    """One level is cleared; at the second two of two have a DLT while P9 is depleted for it."""
    trip = journey({"escalation.closed_level": rule, "escalation.staggering.between_levels": "14 d"})
    for name in cohort_of_three(trip, 1):
        trip.complete_window(name)
    decide_dose(trip, "1")
    trip.do(OpenCohort("C2", 2, 3))
    trip.prepare("P9", "B9", into="C2")
    for number in (21, 22):
        trip.treat(f"P{number}", f"B{number}", into="C2")
    dlt(trip, "P21")
    trip.deplete("P9", "B9")
    report(trip, "P22", "AE-P22", onset=trip.state.subjects["P22"].dlt_window.opens)
    confirm(trip, "P22", "AE-P22")
    assert 2 in trip.state.closed_levels
    return trip


def reassignment(trip):
    return ReassignLevel("P9", tuple(signature(role, trip.moment) for role in ("medical_monitor", "investigator")))


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (None, (Code.PROTOCOL_SILENT, NOT_STATED)),
        ({"rule": "not_infused"}, (Code.LEVEL_CLOSED, message("not_infused"))),
    ],
)
def test_without_a_reassignment_rule_who_is_depleted_for_a_closed_level_is_not_infused(journey, rule, found):
    trip = depleted_at_a_level_that_closes(journey, rule)
    for refused in (trip.infuse("P9", "B9"), trip.ask(reassignment(trip))):
        assert found in [(item.code, item.found) for item in refused.conditions]
        assert "escalation.closed_level" in [item.field for item in refused.conditions]


def test_under_the_reassignment_rule_the_subject_is_given_the_highest_open_level_on_two_signatures(journey):
    """AC-P4.3: lower level with reassignment rule."""
    trip = depleted_at_a_level_that_closes(journey, {"rule": "lower_level"})
    refused = trip.infuse("P9", "B9")
    assert (message("signed_reassignment_to_a_lower_level"), ABSENT) in [
        (i.needed, i.found) for i in refused.conditions
    ]
    assert codes(trip.ask(ReassignLevel("P9", ()))) == [Code.SIGNATURE_MISSING] * 2
    done = trip.do(reassignment(trip))
    assert [(i.from_level, i.to_level) for i in facts(done, LevelReassigned)] == [(2, 1)]
    infused = trip.infuse("P9", "B9")
    assert isinstance(infused, Accepted)
    assert trip.state.subjects["P9"].infusions[0].level_assigned == 1
    assert trip.state.subjects["P9"].dlt_window.level == 1
    assert codes(trip.ask(reassignment(trip))) == [Code.SUBJECT_STAGE]
    trip.complete_window("P9")
    recommended = facts(trip.do(RecommendDose("after")), DoseRecommended)[0]
    assert [(row.evaluable, row.dlt) for row in recommended.counts[:2]] == [(4, 0), (2, 2)]


def test_nobody_is_reassigned_while_the_level_is_open_or_no_lower_one_is(journey):
    trip = journey({"escalation.closed_level": {"rule": "lower_level"}})
    trip.prepare("P9", "B9")
    refused = trip.ask(reassignment(trip))
    assert [item.needed for item in refused.conditions] == [
        message("level_closed", level=1),
        message("open_lower_level"),
    ]
