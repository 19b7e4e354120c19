"""C9 to C11: independent reads, data cuts for the safety board, and control of process changes."""

from __future__ import annotations

import hashlib

import pytest
from rehearsal import signature, with_fields

from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.acts.assessment.commands import AssignReader, LockRead, RecordResponse, StartPrimaryAnalysis
from celltrial.conduct.acts.batch.commands import PlanBatch, StartManufacture
from celltrial.conduct.acts.cohort.commands import OpenCohort
from celltrial.conduct.acts.roles import may_see_arm
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.subject.commands import EnrolSubject, RandomiseSubject, UnblindSubject
from celltrial.conduct.acts.trial.commands import (
    ConcludeComparability,
    IssueMonitoringReport,
    RecordManufacturingChange,
    SignTransition,
    TakeDataCut,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Precision, Role
from celltrial.conduct.facts.assessment.events import (
    PrimaryAnalysisStarted,
    ReaderAssigned,
    ReadLocked,
    ResponseAssessed,
)
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.trial.events import AlertRaised, DataCutTaken
from celltrial.conduct.monitors.monitoring import probability_of_at_least, risk_counts
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import AssessmentSource, CohortKind, Relatedness, Severity
from celltrial.core.values import Count, Identifier, Term, message, names


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def facts(decision, kind):
    return [item.fact for item in decision.drafts if isinstance(item.fact, kind)]


@pytest.fixture
def treated(journey):
    trip = journey()
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")
    return trip


def test_a_site_investigator_is_no_independent_reader(treated):
    """AC-C9.1."""
    assert codes(treated.ask(AssignReader(ReaderAssigned("P1", "dr-wu", "investigator", "reader_1")))) == [
        Code.READER_NOT_INDEPENDENT
    ]
    staff = ReaderAssigned("P1", "operator-S1", "independent_reviewer", "reader_1")
    refused = treated.ask(AssignReader(staff))
    assert codes(refused) == [Code.READER_NOT_INDEPENDENT]
    assert refused.conditions[0].found.code == "site_staff_as"


def test_an_account_with_another_role_is_no_independent_reader_and_a_reader_gets_none(treated):
    """AC-C9.1: whatever role the assignment claims, the account's own roles decide, before and after."""
    sponsor, keeper = Actor("sp-1", Role.SPONSOR), Actor("dm-1", Role.DATA_MANAGER)

    def grant(account, role, site=None):
        return treated.ask(GrantAccess(account, account, role, site), actor=sponsor, reason="delegated")

    for account, role, site in (
        ("sp-1", Role.SPONSOR, None), ("dm-1", Role.DATA_MANAGER, None), ("dr-wu", Role.INVESTIGATOR, "S1"),
        ("irc-1", Role.INDEPENDENT_REVIEWER, None),
    ):  # fmt: skip
        assert isinstance(grant(account, role, site), Accepted)
    claimed = AssignReader(ReaderAssigned("P1", "dr-wu", "independent_reviewer", "reader_1"))
    refused = treated.ask(claimed, actor=keeper)
    assert [(item.code, item.found) for item in refused.conditions] == [
        (Code.READER_NOT_INDEPENDENT, message("as", account=Identifier("dr-wu"), role=Role.INVESTIGATOR))
    ]
    treated.do(AssignReader(ReaderAssigned("P1", "irc-1", "independent_reviewer", "reader_1")), actor=keeper)
    assert codes(grant("irc-1", Role.COORDINATOR, "S1")) == [Code.READER_NOT_INDEPENDENT]


def assign(trip, name, reader, slot):
    trip.do(AssignReader(ReaderAssigned(name, reader, "independent_reviewer", slot)))


def read(trip, name, reader, category="VGPR", by=""):
    fact = ResponseAssessed(
        name, "IMWG-2016", "Month 1", category, AssessmentSource.INDEPENDENT_READER, trip.local(name).local_date, reader
    )
    return trip.ask(RecordResponse(fact), actor=Actor(by or reader, Role.INDEPENDENT_REVIEWER))


def lock(trip, name, reader):
    return trip.ask(LockRead(ReadLocked(name, reader)), actor=Actor(reader, Role.INDEPENDENT_REVIEWER))


def test_reads_are_made_by_assigned_readers_and_never_after_locking(treated):
    assert codes(read(treated, "P1", "reader-a")) == [Code.READER_NOT_INDEPENDENT]
    assign(treated, "P1", "reader-a", "reader_1")
    again = treated.ask(AssignReader(ReaderAssigned("P1", "reader-a", "independent_reviewer", "reader_2")))
    assert codes(again) == [Code.READER_NOT_INDEPENDENT]
    assert isinstance(read(treated, "P1", "reader-a"), Accepted)
    assert isinstance(lock(treated, "P1", "reader-a"), Accepted)
    assert codes(read(treated, "P1", "reader-a")) == [Code.ALREADY_DONE]


def test_a_primary_analysis_with_unread_subjects_is_refused_and_lists_them(treated):
    """AC-C9.2: two subjects unread."""
    for reader, slot in (("reader-a", "reader_1"), ("reader-b", "reader_2")):
        assign(treated, "P1", reader, slot)
        assert codes(lock(treated, "P1", reader)) == [Code.READS_OPEN]
        read(treated, "P1", reader)
        assert isinstance(lock(treated, "P1", reader), Accepted)
    treated.do(TakeDataCut("cut-1", "0" * 64))
    refused = treated.ask(StartPrimaryAnalysis(PrimaryAnalysisStarted("cut-1", ())))
    assert codes(refused) == [Code.READS_OPEN]
    assert refused.conditions[0].found == names(["P2", "P3"])
    done = treated.ask(StartPrimaryAnalysis(PrimaryAnalysisStarted("cut-1", ("P2", "P3"))))
    assert isinstance(done, Accepted)


def test_a_read_is_the_readers_own(treated):
    assign(treated, "P1", "reader-a", "reader_1")
    assert codes(read(treated, "P1", "reader-a", by="reader-b")) == [Code.READER_NOT_INDEPENDENT]
    other = treated.ask(LockRead(ReadLocked("P1", "reader-a")), actor=Actor("reader-b", Role.INDEPENDENT_REVIEWER))
    assert Code.READER_NOT_INDEPENDENT in codes(other)


def test_readers_who_differ_are_adjudicated_after_both_have_locked_and_before_the_primary_analysis(treated):
    """C9: sequestered reads, adjudication, lock."""
    for reader, slot in (("reader-a", "reader_1"), ("reader-b", "reader_2"), ("reader-c", "adjudicator")):
        assign(treated, "P1", reader, slot)
    for reader, category in (("reader-a", "VGPR"), ("reader-b", "PR")):
        assert codes(read(treated, "P1", "reader-c")) == [Code.ORDER_WRONG]
        read(treated, "P1", reader, category)
        lock(treated, "P1", reader)
    treated.do(TakeDataCut("cut-1", "0" * 64))
    analysis = StartPrimaryAnalysis(PrimaryAnalysisStarted("cut-1", ("P2", "P3")))
    refused = treated.ask(analysis)
    assert [(item.code, item.found, item.field) for item in refused.conditions] == [
        (Code.READS_OPEN, Identifier("P1"), "efficacy.independent_review.adjudication")
    ]
    due = [item.key for item in worklist(treated.state, treated.moment) if item.kind is Due.ADJUDICATION]
    assert due == ["reader-c"]
    settled = read(treated, "P1", "reader-c", "PR")
    assert [item.fact.source for item in settled.drafts] == [AssessmentSource.ADJUDICATED]
    lock(treated, "P1", "reader-c")
    assert isinstance(treated.ask(analysis), Accepted)


@pytest.mark.parametrize("reader", ["", "reader-a"])
def test_nobody_but_the_adjudicator_settles_what_readers_differ_on(treated, reader):
    """C9: neither the site nor one of the readers may enter a read as adjudicated."""
    assign(treated, "P1", "reader-a", "reader_1")
    seen = ResponseAssessed(
        "P1", "IMWG-2016", "Month 1", "CR", AssessmentSource.ADJUDICATED, treated.local("P1").local_date, reader
    )
    by = Actor(reader, Role.INDEPENDENT_REVIEWER) if reader else None
    asked = treated.ask(RecordResponse(seen), **({"actor": by} if by else {}))
    assert Code.READER_NOT_INDEPENDENT in codes(asked)


def test_the_rule_for_unreadable_subjects_must_be_stated(journey):
    """AC-C9.2: the rule is explicit, not implicit."""
    trip = journey({"efficacy.independent_review.unreadable_rule": None})
    trip.treat("P1", "B1")
    trip.do(TakeDataCut("cut-1", "0" * 64))
    refused = trip.ask(StartPrimaryAnalysis(PrimaryAnalysisStarted("cut-1", ("P1",))))
    assert [(item.code, item.field) for item in refused.conditions] == [
        (Code.PROTOCOL_SILENT, "efficacy.independent_review.unreadable_rule")
    ]


def test_unblinding_is_logged_with_a_reason(treated):
    assert codes(treated.ask(UnblindSubject("P1", "dr-wu"))) == [Code.REASON_MISSING]
    treated.do(UnblindSubject("P1", "dr-wu"), reason="emergency surgery")
    assert treated.state.subjects["P1"].unblinded_to == ("dr-wu",)
    assert treated.events[-1].reason == "emergency surgery"


def test_who_may_see_arms_and_closed_reports(escalation_protocol):
    """AC-C10.1: a closed report is not visible to blinded roles."""
    blind = with_fields(escalation_protocol, {"trial.blinding.level": "double", "trial.blinding.unblinded_roles": {}})
    assert may_see_arm(blind, Role.SAFETY_BOARD)
    assert not may_see_arm(blind, Role.STATISTICIAN)
    assert not may_see_arm(blind, Role.INVESTIGATOR)
    named = with_fields(
        escalation_protocol,
        {
            "trial.blinding.level": "double",
            "trial.blinding.unblinded_roles": {"statistician": {"en": "closed report", "zh": "闭门报告"}},
        },
    )
    assert may_see_arm(named, Role.STATISTICIAN)
    assert may_see_arm(escalation_protocol, Role.INVESTIGATOR)


def test_a_cut_fixes_a_position_and_a_report_names_its_cut(treated):
    before = len(treated.events)
    done = treated.do(TakeDataCut("cut-1", hashlib.sha256(b"chain").hexdigest()))
    assert facts(done, DataCutTaken)[0].position == before
    assert codes(treated.ask(TakeDataCut("cut-1", "1" * 64))) == [Code.ID_TAKEN]
    assert codes(treated.ask(IssueMonitoringReport("R1", "cut-9", True, "2" * 64))) == [Code.NOT_KNOWN]
    assert isinstance(treated.ask(IssueMonitoringReport("R1", "cut-1", True, "2" * 64)), Accepted)


def major(trip):
    return trip.do(RecordManufacturingChange("CH-1", "major", "vector supplier", "P1", "P2"))


def recommended(trip):
    """Level 1 is the recommended dose, as a signed record would have it."""
    trip.state = trip.state.changed(recommended_level=1)


def test_the_confirmatory_stage_does_not_begin_while_comparability_is_open(treated):
    """AC-C11.1."""
    trip = treated
    recommended(trip)
    for number in (1, 2, 3):
        trip.complete_window(f"P{number}")
    trip.do(TakeDataCut("cut-1", "0" * 64))
    major(trip)
    signed = (signature("safety_board", trip.moment),)
    refused = trip.ask(SignTransition("confirmatory", signed))
    assert codes(refused) == [Code.COMPARABILITY_OPEN, Code.TRANSITION_CRITERION]
    assert refused.conditions[1].found == Count(3)
    qa = (signature("quality_assurance", trip.moment),)
    trip.do(ConcludeComparability("CH-1", "inconclusive", "report 9", qa))
    assert Code.COMPARABILITY_OPEN in codes(trip.ask(SignTransition("confirmatory", signed)))
    trip.do(ConcludeComparability("CH-1", "comparable", "report 10", qa))
    assert Code.COMPARABILITY_OPEN not in codes(trip.ask(SignTransition("confirmatory", signed)))
    assert Code.TRANSITION_CRITERION in codes(trip.ask(OpenCohort("K1", 1, 50, CohortKind.CONFIRMATORY)))


def test_a_transition_without_computable_criteria_is_refused(journey):
    trip = journey({"escalation.transition.criteria": []})
    refused = trip.ask(SignTransition("confirmatory", (signature("safety_board", trip.moment),)))
    assert [(item.code, item.clause) for item in refused.conditions] == [(Code.PROTOCOL_SILENT, "2.2.5-j")]


def test_a_transition_on_met_criteria_and_a_cut_opens_confirmatory_cohorts(journey):
    rules = [
        {"quantity": "dlt_evaluable_at_dose", "operator": ">=", "value": 3},
        {"quantity": "dlt_rate_at_dose", "operator": "<=", "value": 0.33},
        {"quantity": "follow_up_days_last_subject", "operator": ">=", "value": 28, "unit": "d"},
    ]
    trip = journey({"escalation.transition.criteria": rules})
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")
        trip.complete_window(f"P{number}")
    recommended(trip)
    signed = (signature("safety_board", trip.moment),)
    assert codes(trip.ask(SignTransition("confirmatory", signed))) == [Code.TRANSITION_CRITERION]
    trip.do(TakeDataCut("cut-1", "0" * 64))
    assert isinstance(trip.ask(SignTransition("confirmatory", signed)), Accepted)
    assert isinstance(trip.ask(OpenCohort("K1", 1, 50, CohortKind.CONFIRMATORY)), Accepted)


@pytest.fixture
def confirmatory(journey):
    """A confirmatory trial with its cohort open, and P1 ready to be enrolled."""
    trip = journey({"trial.phase": "confirmatory"})
    trip.do(OpenCohort("K1", 1, 50, CohortKind.CONFIRMATORY))
    return trip


def test_nobody_begins_the_confirmatory_stage_while_comparability_is_open(confirmatory):
    """AC-C11.1: the cohort was open before the change of the vector supplier; its first subject waits all the same."""
    trip = confirmatory
    trip.screen("P1")
    assert not facts(major(trip), AlertRaised)
    refused = trip.ask(EnrolSubject("P1", "K1"))
    assert [(item.code, item.needed, item.found, item.clause) for item in refused.conditions] == [
        (Code.COMPARABILITY_OPEN, Term("conclusion", "comparable"), Term("conclusion", "open"), "2.3.2-m")
    ]
    trip.do(ConcludeComparability("CH-1", "comparable", "report 10", (signature("quality_assurance", trip.moment),)))
    assert isinstance(trip.ask(EnrolSubject("P1", "K1")), Accepted)


def test_a_major_change_after_the_first_confirmatory_infusion_is_a_critical_finding(confirmatory):
    """AC-C11.2: and only after it; an infusion of the exploratory stage is none."""
    trip = confirmatory
    trip.treat("P0", "B0")
    assert not facts(major(trip), AlertRaised)
    trip.do(ConcludeComparability("CH-1", "comparable", "report 10", (signature("quality_assurance", trip.moment),)))
    trip.treat("P1", "B1", into="K1")
    done = trip.do(RecordManufacturingChange("CH-2", "major", "vector supplier", "P2", "P3"))
    alert = facts(done, AlertRaised)[0]
    assert (alert.severity, alert.code, alert.for_role) == (
        Severity.CRITICAL, Code.ALERT_PROCESS_CHANGED_LATE, "sponsor",
    )  # fmt: skip


def test_a_process_version_enters_only_by_a_recorded_change(journey):
    """C11: what is made by another process than the protocol's is a change, and is on record first."""
    trip = journey()
    stated = trip.state.protocol.manufacturing.process_version
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.receive_material("B1")
    refused = trip.ask(StartManufacture("B1", "P2", "run-1"))
    assert [(item.code, item.needed, item.found, item.clause) for item in refused.conditions] == [
        (Code.PROCESS_NOT_CONTROLLED, Identifier(stated), Identifier("P2"), "2.3.2-m")
    ]
    trip.do(RecordManufacturingChange("CH-1", "minor", "wash buffer", stated, "P2"))
    assert isinstance(trip.ask(StartManufacture("B1", "P2", "run-1")), Accepted)


def test_randomisation_happens_at_the_declared_point_and_once(journey):
    plan = {"comparator": "active", "randomisation": {"method": "permuted_blocks", "point": "after_collection"}}
    trip = journey({"confirmatory": plan})
    trip.enrol("P1")
    draw = RandomiseSubject("P1", "A", "S1/ISS-II", "R-001")
    assert codes(trip.ask(draw)) == [Code.SUBJECT_STAGE]
    trip.do(PlanBatch("B1", "P1"))
    trip.do(trip.collection("P1", "B1"))
    assert isinstance(trip.ask(draw), Accepted)
    assert codes(trip.ask(draw)) == [Code.ALREADY_DONE]
    other = journey({"confirmatory": {"comparator": "active", "randomisation": {"method": "permuted_blocks"}}})
    other.enrol("P1")
    assert [(item.code, item.field) for item in other.ask(draw).conditions] == [
        (Code.PROTOCOL_SILENT, "confirmatory.randomisation.point")
    ]


def test_risks_are_counted_against_what_was_expected_and_by_site(journey):
    trip = journey({"stopping.rules": []}, sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin"})
    for number, site in ((1, "S1"), (2, "S1"), (3, "S2")):
        trip.treat(f"P{number}", f"B{number}", at_site=site)
    for name, grade in (("P1", 1), ("P3", 3)):
        fact = AdverseEventReported(
            name, f"AE-{name}", "CRS", "", "CRS", grade, "ASTCT-2019", trip.local(name).local_date, Precision.DAY, (),
            Relatedness.PROBABLE, True, trip.moment,
        )  # fmt: skip
        trip.do(ReportAdverseEvent(fact))
    crs = next(item for item in risk_counts(trip.state) if item.term == "CRS")
    assert (crs.infused, crs.with_event, crs.severe) == (3, 2, 1)
    assert crs.expected == pytest.approx(2.82)
    assert crs.exceeded
    assert [(item.site, item.infused, item.with_event, item.is_outlier) for item in crs.sites] == [
        ("S1", 2, 1, False),
        ("S2", 1, 1, False),
    ]
    assert not next(item for item in risk_counts(trip.state) if item.term == "ICANS").exceeded


def test_an_outlying_site_is_marked_only_on_enough_subjects():
    assert probability_of_at_least(5, 5, 0.2) < 0.01
    assert probability_of_at_least(1, 1, 0.2) == pytest.approx(0.2)
    assert probability_of_at_least(0, 4, 0.2) == pytest.approx(1.0)
