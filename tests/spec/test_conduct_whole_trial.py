"""A whole first-in-human trial at two sites, with everything that goes wrong, in one story.

Twelve enrolled; a failed manufacture and a second attempt; a recall after lymphodepletion; two DLTs that close the
level and suspend the trial; evaluation, an amendment of eligibility, resumption site by site; a recommended dose; an
expansion at it.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from rehearsal import signature, with_fields

from celltrial.conduct.acts.batch.commands import RecallBatch, RecordManufactureFailure, StartManufacture
from celltrial.conduct.acts.cohort.commands import (
    ConfirmDoseLimitingToxicity,
    DeclareRecommendedDose,
    OpenCohort,
    RecommendDose,
    SignDoseDecision,
)
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.scope.commands import OpenEvaluation, ResumeScope, SignEvaluation
from celltrial.conduct.acts.site.commands import AcceptVersion
from celltrial.conduct.acts.subject.commands import DiscontinueSubject, EnrolSubject
from celltrial.conduct.acts.trial.commands import AmendProtocol
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.scope.events import ScopeSuspended
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.scheduling import check_reconciled
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import CohortKind, DoseMove, ExitReason, Relatedness, ResumeItem, ScopeStatus
from celltrial.protocol import canonical_json

RULE = {
    "id": "S-1",
    "text": {"en": "Severe related toxicity", "zh": "严重相关毒性"},
    "event": {"terms": ["CRS"], "grade_at_least": 4, "related_only": True, "window": "28 d"},
    "boundary": "beta_binomial",
    "params": {"threshold": 0.15, "certainty": 0.9, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3},
    "denominator": "exposed",
    "scope": "trial",
}
SITES = {"S1": "Asia/Shanghai", "S2": "Europe/Berlin"}


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def site_of(number):
    return "S1" if number % 2 else "S2"


def toxicity(trip, name):
    fact = AdverseEventReported(
        name, f"AE-{name}", "CRS", "10052015", "CRS", 4, "ASTCT-2019", trip.local(name).local_date, Precision.DAY, (),
        Relatedness.PROBABLE, True, trip.moment,
    )  # fmt: skip
    done = trip.do(ReportAdverseEvent(fact))
    signed = (signature("medical_monitor", trip.moment),)
    trip.do(ConfirmDoseLimitingToxicity(name, f"AE-{name}", signed))
    return done


def committee(trip, key, expected):
    trip.do(RecommendDose(f"R-{key}"))
    fact = trip.state.recommendations[f"R-{key}"].fact
    assert (fact.move, fact.next_level) == expected
    signed = (signature("safety_board", trip.moment),)
    trip.do(SignDoseDecision(f"D-{key}", f"R-{key}", fact.move, fact.next_level, signed))


def first_level(trip):
    """Three at level 1; the second needs a second attempt at manufacture."""
    trip.treat("P1", "B1", at_site=site_of(1))
    trip.enrol("P2", at_site=site_of(2))
    trip.collect("P2", "B2")
    trip.receive_material("B2")
    trip.do(StartManufacture("B2", "P1", "run-B2"))
    trip.do(RecordManufactureFailure("B2", "expansion", "no growth"))
    trip.collect("P2", "B2b")
    trip.make("B2b")
    trip.release("B2b")
    trip.deliver("B2b")
    trip.deplete("P2", "B2b")
    assert isinstance(trip.infuse("P2", "B2b"), Accepted)
    trip.treat("P3", "B3", at_site=site_of(3))
    for name in ("P1", "P2", "P3"):
        trip.complete_window(name)
    committee(trip, "1", (DoseMove.ESCALATE, 2))
    trip.do(OpenCohort("C2", 2, 3))


def recall_after_depletion(trip):
    trip.prepare("P4", "B4", into="C2", at_site=site_of(4))
    trip.start_depletion("P4", "B4")
    trip.wait(days=1)
    trip.do(RecallBatch("B4", "sterility signal"))
    assert f"lost/B4/{1}" in trip.state.alerts
    assert "rescue/B4" in trip.state.tasks
    trip.do(DiscontinueSubject("P4", ExitReason.MANUFACTURING_FAILURE, "recalled after lymphodepletion"))
    assert not any(slot.subject == "P4" for slot in trip.state.slots)


def two_dlts(trip):
    trip.prepare("P7", "B7", into="C2", at_site=site_of(7))
    trip.screen("P8", site_of(8))
    trip.treat("P5", "B5", into="C2", at_site=site_of(5))
    toxicity(trip, "P5")
    assert not trip.state.suspensions
    trip.treat("P6", "B6", into="C2", at_site=site_of(6))
    done = toxicity(trip, "P6")
    assert any(isinstance(item.fact, ScopeSuspended) for item in done.drafts)
    assert sorted(trip.state.closed_levels) == [2, 3]
    refused = trip.ask(EnrolSubject("P8", "C2"))
    assert {Code.SUSPENDED, Code.COHORT_CLOSED, Code.LEVEL_CLOSED} <= set(codes(refused))
    assert {item.kind for item in worklist(trip.state, trip.moment)} >= {Due.TASK, Due.ALERT}


def evaluate_amend_resume(trip):
    key = next(iter(trip.state.suspensions))
    trip.wait(days=10)
    trip.do(OpenEvaluation(key))
    today = trip.moment.local_date
    both = tuple(signature(role, trip.moment) for role in ("medical_monitor", "sponsor"))
    trip.do(SignEvaluation(key, today, "evaluation 1", both))
    amended = with_fields(
        trip.state.protocol,
        {"identification.version": "2.0", "population.criteria.6.value": 0, "population.consents.main_version": "2.0"},
    )
    document = canonical_json(amended)
    digest = hashlib.sha256(document.encode()).hexdigest()
    trip.do(AmendProtocol("2.0", document, digest, True, (signature("sponsor", trip.moment),)), reason="two DLTs")
    for item in (
        ResumeItem.BENEFIT_RISK, ResumeItem.AMENDMENT, ResumeItem.ETHICS_APPROVAL, ResumeItem.AGENCY_APPROVAL,
        ResumeItem.RECONSENT,
    ):  # fmt: skip
        trip.do(trip.resume_item(key, item, today, "2.0"))
    assert codes(trip.ask(ResumeScope(key))) == [Code.RESUME_ITEM_MISSING]
    for site in SITES:
        trip.do(AcceptVersion(site, "2.0"))
        trip.do(trip.resume_item(key, ResumeItem.SITE_ACCEPTANCE, today, "letter", site=site))
    trip.do(ResumeScope(key))
    assert trip.state.suspensions[key].status is ScopeStatus.RESUMED


def expand(trip):
    for name in ("P5", "P6"):
        trip.complete_window(name)
    committee(trip, "2", (DoseMove.SELECT, 1))
    trip.do(DeclareRecommendedDose(1, (signature("safety_board", trip.moment),)))
    trip.do(OpenCohort("X1", 1, 5, CohortKind.EXPANSION))
    for number in range(9, 14):
        trip.treat(f"P{number}", f"B{number}", into="X1", at_site=site_of(number))


def test_a_whole_trial_goes_its_way(journey):
    trip = journey({"stopping.rules": [RULE]}, sites=SITES)
    first_level(trip)
    recall_after_depletion(trip)
    two_dlts(trip)
    evaluate_amend_resume(trip)
    expand(trip)
    state = trip.state
    enrolled = [item for item in state.subjects.values() if item.enrolled is not None]
    infused = [item for item in enrolled if item.infusions]
    assert (len(enrolled), len(infused)) == (12, 10)
    assert {item.subject for item in enrolled} - {item.subject for item in infused} == {"P4", "P7"}
    assert state.subjects["P4"].exit_reason is ExitReason.MANUFACTURING_FAILURE
    assert state.subjects["P4"].exit_stage == "lymphodepleting"
    assert state.recommended_level == 1
    assert not list(check_reconciled(state))
    assert fold(trip.events) == state
    assert [item.position for item in trip.events] == list(range(1, len(trip.events) + 1))
    late = [item for item in trip.events if item.protocol_version == "2.0"]
    assert late
    assert trip.now - trip.events[0].recorded > timedelta(days=200)
