"""C7: a stopping rule acts in the transaction that writes the event, and only an evaluation undoes it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from rehearsal import signature, with_fields

from celltrial.conduct.acts.batch.commands import PlanBatch, QuarantineBatch
from celltrial.conduct.acts.cohort.commands import OpenCohort
from celltrial.conduct.acts.safety.commands import GradeAdverseEvent, ReportAdverseEvent, ResolveAdverseEvent
from celltrial.conduct.acts.scope.commands import (
    HaltTrial,
    LiftHalt,
    OpenEvaluation,
    ResumeScope,
    RuleOutHaltCause,
    SignEvaluation,
    SignInFlightException,
    SuspendScope,
    TerminateScope,
)
from celltrial.conduct.acts.scope.suspension import SIGNERS
from celltrial.conduct.acts.site.commands import AcceptVersion
from celltrial.conduct.acts.subject.commands import (
    EnrolSubject,
    RecordDeath,
    RecordLymphodepletionDose,
    StartLymphodepletion,
)
from celltrial.conduct.acts.trial.commands import AmendProtocol, CorrectFact
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.safety.events import AdverseEventGraded, AdverseEventReported, AdverseEventResolved
from celltrial.conduct.facts.scope.events import ResumeItemRecorded, ScopeSuspended, StoppingBoundaryCrossed
from celltrial.conduct.facts.trial.events import TaskOpened
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.in_flight import in_flight
from celltrial.conduct.vocabulary import (
    GradeSource,
    Outcome,
    QualityCause,
    Relatedness,
    ResumeItem,
    ScopeKind,
    ScopeStatus,
    Signature,
)
from celltrial.core.dates import Instant
from celltrial.core.values import Count, Identifier, as_value
from celltrial.protocol import canonical_json

RULE = {
    "id": "S-1",
    "text": {"en": "Severe related toxicity", "zh": "严重相关毒性"},
    "event": {"terms": ["CRS"], "grade_at_least": 4, "related_only": True, "window": "28 d"},
    "boundary": "beta_binomial",
    "params": {"threshold": 0.30, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3},
    "denominator": "exposed",
    "scope": "trial",
}


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


def event(trip, name, key, *, grade=4, onset=None, category="CRS"):
    day = onset or trip.local(name).local_date
    return ReportAdverseEvent(
        AdverseEventReported(
            name, key, category, "", category, grade, "ASTCT-2019", day, Precision.DAY, (), Relatedness.PROBABLE, True,
            trip.moment,
        )
    )  # fmt: skip


def twelve_treated(journey, sites=None, **fields):
    """Twelve treated in one cohort of a design that takes twelve at a time."""
    settings = {
        "stopping.rules": [RULE],
        "escalation.staggering.after_first_of_level": "1 d",
        "escalation.staggering.between_later": "1 d",
        "escalation.design.kind": "boin",
        "escalation.design.params": {"target_dlt_rate": 0.3, "cohort_size": 14, "max_subjects": 42},
    }
    trip = journey({**settings, **fields}, sites=sites)
    for number in range(1, 13):
        trip.treat(f"P{number}", f"B{number}")
    return trip


def day_after(trip, name, days=1):
    return trip.state.subjects[name].infused_at.local_date + timedelta(days=days)


def report_seven(trip):
    """Report six events among the last seven treated, none of which crosses, then a seventh."""
    for number in range(12, 6, -1):
        done = trip.do(event(trip, f"P{number}", f"AE-{number}", onset=day_after(trip, f"P{number}")))
        assert not facts(done, ScopeSuspended)
    trip.wait(seconds=1)
    return trip.do(event(trip, "P6", "AE-6", onset=day_after(trip, "P6")))


def only_suspension(trip):
    assert len(trip.state.suspensions) == 1
    return next(iter(trip.state.suspensions))


def test_the_seventh_event_at_twelve_suspends_in_the_same_transaction(journey):
    """AC-C7.1: 7 of 12."""
    trip = twelve_treated(journey)
    trip.wait(days=30)
    trip.screen("P13")
    done = report_seven(trip)
    crossed = facts(done, StoppingBoundaryCrossed)[0]
    assert (crossed.rule, crossed.events, crossed.evaluable, crossed.boundary) == ("S-1", 7, 12, 7)
    assert facts(done, ScopeSuspended)[0].crossing == crossed
    saved = trip.now
    trip.wait(seconds=1)
    refused = trip.ask(EnrolSubject("P13", "C1"))
    assert codes(refused) == [Code.SUSPENDED]
    found = dict(refused.conditions[0].found.params)
    assert found["cause"] == Identifier("S-1")
    assert (found["events"], found["evaluable"], found["boundary"]) == (Count(7), Count(12), Count(7))
    assert found["since"].at == saved


def test_a_later_downgrade_leaves_it_suspended(journey):
    """AC-C7.2: downgraded to 6 of 12."""
    trip = twelve_treated(journey)
    trip.wait(days=30)
    trip.screen("P13")
    report_seven(trip)
    trip.do(
        GradeAdverseEvent(AdverseEventGraded("P6", "AE-6", GradeSource.ADJUDICATED, 2, "ASTCT-2019")),
        role=Role.MEDICAL_MONITOR,
        reason="adjudicated on the source",
    )
    assert codes(trip.ask(EnrolSubject("P13", "C1"))) == [Code.SUSPENDED]
    refused = trip.ask(ResumeScope(only_suspension(trip)))
    assert Code.RESUME_ITEM_MISSING in codes(refused)
    assert refused.conditions[1].needed == as_value(ResumeItem.EVALUATION)


def amend(trip, version="2.0"):
    protocol = with_fields(trip.state.protocol, {"identification.version": version, "population.criteria.3.value": 4})
    document = canonical_json(protocol)
    digest = hashlib.sha256(document.encode()).hexdigest()
    trip.do(AmendProtocol(version, document, digest, False, (signature("sponsor", trip.moment),)), reason="risk")


def test_a_resume_needs_every_item_dated_after_the_suspension(journey):
    """AC-C7.3: without re-consent refused; site A accepted, site B not."""
    trip = twelve_treated(journey, sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    trip.wait(days=30)
    trip.screen("P13")
    trip.screen("P14", "S2")
    report_seven(trip)
    key, today = only_suspension(trip), trip.moment.local_date
    trip.wait(days=1)
    trip.do(OpenEvaluation(key))
    assert trip.state.suspensions[key].status is ScopeStatus.UNDER_EVALUATION
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "sponsor"))
    old = trip.ask(SignEvaluation(key, today - timedelta(days=1), "report 3", signed))
    assert codes(old) == [Code.ITEM_BEFORE_SUSPENSION]
    trip.do(SignEvaluation(key, trip.moment.local_date, "report 3", signed))
    assert codes(trip.ask(trip.resume_item(key, ResumeItem.AMENDMENT, trip.moment.local_date, "2.0"))) == [
        Code.NOT_KNOWN
    ]
    amend(trip)
    trip.do(AcceptVersion("S1", "2.0"))
    given = trip.moment.local_date
    items = [ResumeItem.BENEFIT_RISK, ResumeItem.AMENDMENT, ResumeItem.ETHICS_APPROVAL, ResumeItem.AGENCY_APPROVAL]
    for item in items:
        trip.do(trip.resume_item(key, item, given, "2.0"))
    trip.do(trip.resume_item(key, ResumeItem.SITE_ACCEPTANCE, given, "letter", site="S1"))
    refused = trip.ask(ResumeScope(key))
    assert [(item.code, item.needed) for item in refused.conditions] == [
        (Code.RESUME_ITEM_MISSING, as_value(ResumeItem.RECONSENT))
    ]
    trip.do(trip.resume_item(key, ResumeItem.RECONSENT, given, "letters to subjects"))
    trip.do(ResumeScope(key))
    # site A accepted, site B not: A open, B closed
    for name in ("P13", "P14"):
        trip.renew(name)
    assert isinstance(trip.ask(EnrolSubject("P13", "C1")), Accepted)
    trip.do(AcceptVersion("S2", "2.0"))
    assert codes(trip.ask(EnrolSubject("P14", "C1"))) == [Code.SUSPENDED]
    trip.do(trip.resume_item(key, ResumeItem.SITE_ACCEPTANCE, given, "letter", site="S2"))
    assert isinstance(trip.ask(EnrolSubject("P14", "C1")), Accepted)
    # the same count does not suspend again; one more event does
    trip.do(
        GradeAdverseEvent(AdverseEventGraded("P6", "AE-6", GradeSource.ADJUDICATED, 4, "ASTCT-2019")),
        role=Role.MEDICAL_MONITOR,
        reason="adjudicated on the source",
    )
    assert len(trip.state.suspensions) == 1
    trip.do(event(trip, "P5", "AE-5", onset=day_after(trip, "P5")))
    assert len(trip.state.suspensions) == 2


def test_an_event_entered_late_is_counted_at_its_onset(journey):
    """Three of twelve do not cross; but they are the first three, so the rule was met when the third began."""
    trip = twelve_treated(journey)
    for number in (1, 2):
        trip.do(event(trip, f"P{number}", f"AE-{number}", onset=day_after(trip, f"P{number}", 0)))
    assert not trip.state.suspensions
    done = trip.do(event(trip, "P3", "AE-3", onset=day_after(trip, "P3", 0)))
    crossed = facts(done, StoppingBoundaryCrossed)[0]
    assert (crossed.as_known, crossed.as_occurred) == (False, day_after(trip, "P3", 0))
    assert (crossed.events, crossed.evaluable, crossed.boundary) == (3, 3, 3)
    assert trip.state.suspensions


def test_a_correction_of_the_onset_is_judged_too(journey):
    trip = twelve_treated(journey)
    for number in (1, 2):
        trip.do(event(trip, f"P{number}", f"AE-{number}", onset=day_after(trip, f"P{number}", 0)))
    trip.wait(days=30)
    outside, inside = day_after(trip, "P3", 29), day_after(trip, "P3", 0)
    trip.do(event(trip, "P3", "AE-3", onset=outside))
    assert not trip.state.suspensions
    position = next(item.position for item in trip.events if getattr(item.fact, "event", "") == "AE-3")
    correction = CorrectFact(position, "adverse_event/AE-3", "onset", str(outside), str(inside))
    assert codes(trip.ask(correction)) == [Code.REASON_MISSING]
    trip.do(correction, reason="transcription")
    assert trip.state.suspensions


def test_an_unknown_grade_counts_at_its_worst_until_it_is_known(journey):
    trip = journey({"stopping.rules": [RULE]})
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")
        trip.do(event(trip, f"P{number}", f"AE-{number}", grade=None, onset=day_after(trip, f"P{number}", 0)))
    assert trip.state.suspensions


def test_a_death_counts_whatever_its_cause_where_the_rule_says_so(journey):
    trip = journey({"stopping.rules": [RULE]})
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")
        trip.do(RecordDeath(f"P{number}", trip.local(f"P{number}").local_date, "road accident"))
    assert trip.state.suspensions


def test_a_fatal_outcome_recorded_later_counts(journey):
    trip = journey({"stopping.rules": [RULE]})
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")
        trip.do(
            event(
                trip, f"P{number}", f"AE-{number}", grade=3, category="sepsis", onset=day_after(trip, f"P{number}", 0)
            )
        )
    assert not trip.state.suspensions
    for number in (1, 2, 3):
        fact = AdverseEventResolved(f"P{number}", f"AE-{number}", trip.local("P1").local_date, Outcome.FATAL)
        trip.do(ResolveAdverseEvent(fact))
    assert trip.state.suspensions


def suspended(trip, key="stop-1"):
    trip.do(SuspendScope(key, ScopeKind.TRIAL, "", "two deaths with like findings in the lung"))
    return key


def test_while_suspended_nothing_that_adds_risk_goes_on_and_care_does(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.enrol("P2")
    trip.do(PlanBatch("B2", "P2"))
    trip.screen("P3")
    trip.refresh("P1")
    suspended(trip)
    infusion = Instant(trip.now + timedelta(days=5))
    assert codes(trip.ask(EnrolSubject("P3", "C1"))) == [Code.SUSPENDED]
    trip.do(event(trip, "P1", "AE-1", grade=1))
    assert codes(trip.ask(StartLymphodepletion("P1", "B1", infusion))) == [Code.SUSPENDED]
    assert Code.SUSPENDED in codes(trip.ask(trip.collection("P2", "B2")))
    assert Code.SUSPENDED in codes(trip.ask(OpenCohort("C2", 1, 3)))


def test_collection_goes_on_where_the_protocol_says_so(journey):
    trip = journey({"stopping.suspension_refuses_collection": False})
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    suspended(trip)
    collect = trip.collection("P1", "B1")
    trip.do(HaltTrial("H1", QualityCause.STORAGE, ""))
    assert codes(trip.ask(collect)) == [Code.HALTED]
    signed = tuple(signature(role, trip.moment) for role in ("quality_assurance", "medical_monitor", "sponsor"))
    trip.do(RuleOutHaltCause("H1", "stability data", signed))
    trip.do(LiftHalt("H1", signed))
    assert isinstance(trip.ask(collect), Accepted)


def test_a_suspended_level_closes_the_levels_above_it_only(journey):
    trip = journey()
    trip.screen("P1")
    trip.do(SuspendScope("stop-2", ScopeKind.LEVEL, "2", "liver findings"))
    assert isinstance(trip.ask(EnrolSubject("P1", "C1")), Accepted)
    trip.do(SuspendScope("stop-1", ScopeKind.LEVEL, "1", "liver findings"))
    trip.screen("P2")
    assert codes(trip.ask(EnrolSubject("P2", "C1"))) == [Code.SUSPENDED]


def in_flight_when_stopped(journey, **fields):
    trip = journey(fields)
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    key = suspended(trip)
    trip.check("P1")
    return trip, key


def test_subjects_in_flight_are_listed_and_put_on_the_monitors_list(journey):
    trip, key = in_flight_when_stopped(journey)
    assert [(row.subject, row.days_since_lymphodepletion) for row in in_flight(trip.state, trip.moment)] == [("P1", 3)]
    assert f"in_flight/{key}/P1" in trip.state.tasks
    assert trip.state.tasks[f"in_flight/{key}/P1"].kind == Code.TASK_IN_FLIGHT
    assert facts(trip.ask(SuspendScope("again", ScopeKind.TRIAL, "", "more")), TaskOpened)


def test_in_flight_without_a_rule_in_the_protocol_is_refused(journey):
    trip, key = in_flight_when_stopped(journey, **{"stopping.in_flight": None})
    assert set(codes(trip.ask(trip.infusion("P1", "B1")))) == {Code.SUSPENDED, Code.PROTOCOL_SILENT}
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "investigator"))
    assert codes(trip.ask(SignInFlightException(key, "P1", signed))) == [Code.PROTOCOL_SILENT]


def test_in_flight_under_two_signatures_is_infused(journey):
    trip, key = in_flight_when_stopped(journey)
    assert set(codes(trip.ask(trip.infusion("P1", "B1")))) == {Code.SUSPENDED, Code.IN_FLIGHT_RULE}
    one = (signature("medical_monitor", trip.moment),)
    assert codes(trip.ask(SignInFlightException(key, "P1", one))) == [Code.SIGNATURE_MISSING]
    both = (*one, signature("investigator", trip.moment))
    trip.do(SignInFlightException(key, "P1", both))
    assert isinstance(trip.ask(trip.infusion("P1", "B1")), Accepted)


def test_in_flight_never_from_an_implicated_batch(journey):
    trip, key = in_flight_when_stopped(journey)
    both = tuple(signature(role, trip.moment) for role in ("medical_monitor", "investigator"))
    trip.do(SignInFlightException(key, "P1", both))
    trip.do(QuarantineBatch("B1", "visible particles"))
    refused = trip.ask(trip.infusion("P1", "B1"))
    assert {Code.BATCH_STATE, Code.SUSPENDED, Code.IN_FLIGHT_RULE} <= set(codes(refused))


def test_no_dose_of_lymphodepletion_is_given_while_suspended(journey):
    """AC-C7.2: a course under way stops, unless the signed exception covers its subject; a dose of before is recorded."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.start_depletion("P1", "B1")
    first = trip.local("P1").local_date
    dose = RecordLymphodepletionDose("P1", "fludarabine", Decimal(30), "mg/m2", first)
    trip.do(dose)
    trip.wait(days=1)
    second = replace(dose, on=trip.local("P1").local_date)
    before = trip.local("P1")
    trip.wait(hours=1)
    key = suspended(trip)
    assert Code.SUSPENDED in codes(trip.ask(second))
    assert isinstance(trip.ask(dose), Accepted)
    assert isinstance(trip.ask(second, at=before), Accepted)
    trip.wait(days=1)
    third = replace(dose, on=trip.local("P1").local_date)
    assert Code.SUSPENDED in codes(trip.ask(third))
    assert Code.SUSPENDED in codes(trip.ask(second))
    both = tuple(signature(role, trip.moment) for role in ("medical_monitor", "investigator"))
    trip.do(SignInFlightException(key, "P1", both))
    assert isinstance(trip.ask(third), Accepted)


def test_the_exception_does_not_let_anybody_else_through(journey):
    trip = journey({"escalation.staggering.after_first_of_level": "1 h"})
    for number in (1, 2):
        trip.prepare(f"P{number}", f"B{number}")
    first = trip.start_depletion("P1", "B1")
    key = suspended(trip)
    both = tuple(signature(role, trip.moment) for role in ("medical_monitor", "investigator"))
    trip.do(SignInFlightException(key, "P1", both))
    assert codes(trip.ask(SignInFlightException(key, "P2", both))) == [Code.SUBJECT_STAGE]
    trip.refresh("P2")
    assert Code.SUSPENDED in codes(trip.ask(StartLymphodepletion("P2", "B2", Instant(first.utc + timedelta(days=2)))))


def test_what_is_terminated_stays_closed(journey):
    trip = journey()
    trip.screen("P1")
    key = suspended(trip)
    trip.do(TerminateScope(key, "no dose is tolerated"))
    assert codes(trip.ask(EnrolSubject("P1", "C1"))) == [Code.SUSPENDED]
    assert Code.SCOPE_STATUS in codes(trip.ask(ResumeScope(key)))
    assert Code.SUSPENDED in codes(trip.ask(OpenCohort("C2", 1, 3)))


def resume(trip, key):
    trip.do(OpenEvaluation(key))
    today = trip.moment.local_date
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "sponsor"))
    trip.do(SignEvaluation(key, today, "report", signed))
    items = [item for item in ResumeItem if item not in {ResumeItem.EVALUATION, ResumeItem.AMENDMENT}]
    for item in items:
        trip.do(trip.resume_item(key, item, today, "document", site="S1" if item is ResumeItem.SITE_ACCEPTANCE else ""))
    trip.do(ResumeScope(key))


def test_events_that_came_during_the_suspension_were_weighed_by_its_evaluation(journey):
    trip = twelve_treated(journey)
    trip.wait(days=30)
    report_seven(trip)
    trip.do(event(trip, "P5", "AE-5", onset=day_after(trip, "P5")))
    trip.do(event(trip, "P4", "AE-4", onset=day_after(trip, "P4")))
    assert len(trip.state.suspensions) == 1
    resume(trip, only_suspension(trip))
    trip.do(event(trip, "P5", "AE-5b", onset=day_after(trip, "P5")))
    assert len(trip.state.suspensions) == 1
    trip.do(event(trip, "P3", "AE-3", onset=day_after(trip, "P3")))
    assert len(trip.state.suspensions) == 2


@pytest.mark.parametrize("item", [item for item in ResumeItem if SIGNERS[item] and item is not ResumeItem.EVALUATION])
def test_an_item_of_a_resume_is_signed_by_the_right_person_since_the_suspension(journey, item):
    """A typed line closes nothing: no signature, another role's, one for two roles, and one given before are refused."""
    trip = journey()
    early = tuple(signature(role, trip.moment) for role in SIGNERS[item])
    trip.wait(days=1)
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    whole = trip.resume_item("X", item, trip.moment.local_date, site="S1")
    roles = set(SIGNERS[item])
    wrong = tuple(signature("coordinator", trip.moment) for _ in roles)
    one = Signature("one", "One", str(min(roles)), "approval", trip.moment)
    ahead = Instant(trip.now + timedelta(days=1))
    for signatures in ((), wrong, early, tuple(signature(role, ahead) for role in roles)):
        assert codes(trip.ask(replace(whole, signatures=signatures))) == [Code.SIGNATURE_MISSING] * len(roles)
    if len(roles) > 1:
        both = tuple(replace(one, role=str(role)) for role in roles)
        assert codes(trip.ask(replace(whole, signatures=both))) == [Code.SIGNATURE_MISSING]
    assert not trip.state.suspensions["X"].items
    recorded = facts(trip.do(whole), ResumeItemRecorded)
    assert [{one.role for one in fact.signatures} for fact in recorded] == [roles]


def test_the_tasks_of_a_suspension_end_with_it(journey):
    """The task to evaluate ends with the signed evaluation; what is to be decided on subjects in flight, with the resume."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    assert {"evaluate/X", "in_flight/X/P1"} <= set(trip.state.tasks)
    resume(trip, "X")
    assert not {"evaluate/X", "in_flight/X/P1"} & set(trip.state.tasks)
    trip.do(SuspendScope("Y", ScopeKind.TRIAL, "", "signal"))
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "investigator"))
    trip.do(SignInFlightException("Y", "P1", signed))
    assert "evaluate/Y" in trip.state.tasks
    assert "in_flight/Y/P1" not in trip.state.tasks
    trip.do(TerminateScope("Y", "risk"))
    assert "evaluate/Y" not in trip.state.tasks


def order_of(trip, days):
    """Evaluate, amend on day 5, and record each item so many days after the suspension; return what keeps it closed."""
    start = trip.moment.local_date
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    trip.do(OpenEvaluation("X"))
    trip.wait(days=5)
    amend(trip)
    trip.wait(days=20)
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "sponsor"))
    trip.do(SignEvaluation("X", start, "report", signed))
    for item in ResumeItem:
        if item not in {ResumeItem.EVALUATION, ResumeItem.NO_AMENDMENT_NEEDED}:
            on = start + timedelta(days=days.get(item, 10))
            trip.do(trip.resume_item("X", item, on, "2.0", "S1" if item is ResumeItem.SITE_ACCEPTANCE else ""))
    return [(item.code, item.needed.params[2][1].code) for item in trip.ask(ResumeScope("X")).conditions]


def test_approvals_follow_the_amendment_and_consent_anew_follows_the_approval(journey):
    """What was approved or signed before the amendment was approved, or signed, for something else."""
    wrong = Code.ITEM_OUT_OF_ORDER
    early = {ResumeItem.ETHICS_APPROVAL: 4, ResumeItem.AGENCY_APPROVAL: 4}
    assert order_of(journey(), early) == [(wrong, "amendment"), (wrong, "amendment")]
    before = {ResumeItem.RECONSENT: 8, ResumeItem.ETHICS_APPROVAL: 9}
    assert order_of(journey(), before) == [(wrong, "ethics_approval")]
    trip = journey()
    assert order_of(trip, {ResumeItem.RECONSENT: 1})[0] == (wrong, "amendment")
    trip.do(trip.resume_item("X", ResumeItem.RECONSENT, trip.moment.local_date, "letters"))
    assert isinstance(trip.ask(ResumeScope("X")), Accepted)


def test_items_of_one_day_are_in_order(journey):
    trip = journey()
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    resume(trip, "X")
    assert trip.state.suspensions["X"].is_lifted


def test_a_site_that_accepted_before_the_amendment_has_not_accepted_it(journey):
    """It stays closed after the resume until it accepts anew; where no other site did, nothing resumes."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Asia/Shanghai"})
    start = trip.moment.local_date
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    trip.do(OpenEvaluation("X"))
    for site in ("S1", "S2"):
        trip.do(trip.resume_item("X", ResumeItem.SITE_ACCEPTANCE, start, "letter", site))
    trip.wait(days=5)
    amend(trip)
    trip.wait(days=5)
    today = trip.moment.local_date
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "sponsor"))
    trip.do(SignEvaluation("X", today, "report", signed))
    for item in set(ResumeItem) - {ResumeItem.EVALUATION, ResumeItem.NO_AMENDMENT_NEEDED, ResumeItem.SITE_ACCEPTANCE}:
        trip.do(trip.resume_item("X", item, today, "2.0"))
    assert codes(trip.ask(ResumeScope("X"))) == [Code.RESUME_ITEM_MISSING]
    early = trip.resume_item("X", ResumeItem.SITE_ACCEPTANCE, start, "letter", "S1")
    assert codes(trip.ask(early)) == [Code.ITEM_OUT_OF_ORDER]
    trip.do(replace(early, on=today))
    trip.do(ResumeScope("X"))
    assert trip.state.suspensions["X"].sites == ("S1",)
