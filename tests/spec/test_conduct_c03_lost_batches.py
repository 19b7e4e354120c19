"""C3: a subject whose product is lost, or who withdraws, is on somebody's list; the way out of specification has no short cut."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from rehearsal import signature

from celltrial.conduct.acts.assessment.commands import RecordProgression
from celltrial.conduct.acts.batch.commands import (
    ApproveOutOfSpecificationUse,
    DeclareOutOfSpecification,
    DestroyBatch,
    ExpireBatch,
    LiftQuarantine,
    PlanBatch,
    QuarantineBatch,
    RecallBatch,
    RecordManufactureFailure,
    RejectBatch,
    StartManufacture,
)
from celltrial.conduct.acts.scope.commands import OpenEvaluation, ResumeScope, SuspendScope
from celltrial.conduct.acts.subject.commands import (
    DiscontinueSubject,
    PlanLymphodepletion,
    RecordDeath,
    SignConsent,
    StartLymphodepletion,
    WithdrawConsent,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.assessment.events import DiseaseProgressed
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import AssessmentSource, ConsentKind, ExitReason, ResumeItem, ScopeKind
from celltrial.core.dates import Instant
from celltrial.core.values import as_value, message


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def signed(trip, *roles):
    return tuple(signature(role, trip.moment) for role in roles)


def due_items(trip, kind):
    return [(item.key, item.owner, item.due) for item in worklist(trip.state, trip.moment) if item.kind is kind]


def planned(trip, name, batch):
    """Take the earliest moment for a prepared subject."""
    moment = trip.next_infusion(name)
    trip.refresh(name)
    trip.do(PlanLymphodepletion(name, batch, moment.local_date - timedelta(days=5), moment))
    return moment


@pytest.mark.parametrize("loss", ["recalled", "destroyed", "expired"])
def test_a_batch_lost_to_a_waiting_subject_opens_the_rescue_task_and_frees_the_moment(journey, loss):
    """2.1.3-h: due by the protocol's deadline; the moment reserved for it goes back to the others."""
    trip = journey({"manufacturing.failure_plan.rescue_deadline": "14 d"})
    trip.prepare("P1", "B1")
    planned(trip, "P1", "B1")
    if loss == "expired":
        trip.wait(days=200)
    today = trip.local("P1").local_date
    commands = {
        "recalled": RecallBatch("B1", "sterility"),
        "destroyed": DestroyBatch("B1", "bag broken"),
        "expired": ExpireBatch("B1"),
    }
    trip.do(commands[loss])
    assert ("rescue/B1", Role.INVESTIGATOR, today + timedelta(days=14)) in due_items(trip, Due.TASK)
    assert not [slot for slot in trip.state.slots if slot.subject == "P1"]


def test_a_quarantine_and_a_loss_beside_another_batch_are_no_loss_of_the_subject(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.do(QuarantineBatch("B1", "alarm"))
    assert not due_items(trip, Due.TASK)
    trip.do(PlanBatch("B2", "P1"))
    trip.do(DestroyBatch("B1", "bag broken"))
    assert not due_items(trip, Due.TASK)


def failed_once(trip):
    """Enrol, collect, and lose the first attempt in manufacture; return the rescue task."""
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.receive_material("B1")
    trip.do(StartManufacture("B1", trip.state.protocol.manufacturing.process_version, "run-1"))
    trip.do(RecordManufactureFailure("B1", "expansion", "no growth"))
    assert "rescue/B1" in trip.state.tasks
    trip.collect_again("P1", "B2")


def test_a_rescue_task_ends_with_the_successful_second_attempt(journey):
    """Nothing short of the release is a success; a second batch that is lost in turn has a task of its own."""
    trip = journey()
    failed_once(trip)
    trip.make("B2")
    assert "rescue/B1" in trip.state.tasks
    trip.release("B2")
    assert not due_items(trip, Due.TASK)
    trip.do(DestroyBatch("B2", "bag broken"))
    assert [key for key, _, _ in due_items(trip, Due.TASK)] == ["rescue/B2"]


def test_a_second_attempt_that_fails_or_is_of_another_subject_ends_no_rescue_task(journey):
    trip = journey()
    failed_once(trip)
    trip.make("B2")
    trip.do(RejectBatch("B2", "sterility", signed(trip, "quality_assurance")))
    trip.prepare("P2", "B9")
    assert {"rescue/B1", "rescue/B2"} <= set(trip.state.tasks)


def test_an_approved_use_out_of_specification_ends_the_rescue_task(journey):
    trip = journey()
    failed_once(trip)
    trip.make("B2")
    expires = Instant(trip.now + timedelta(days=100))
    trip.do(DeclareOutOfSpecification("B2", ("viability",), Decimal("1e9"), trip.state.protocol.dose.basis, expires))
    assert "rescue/B1" in trip.state.tasks
    form = trip.state.protocol.population.consents.main_version
    trip.do(SignConsent("P1", ConsentKind.OUT_OF_SPECIFICATION, form, trip.local("P1").local_date))
    approvals = signed(trip, "investigator", "medical_monitor", "quality_assurance")
    trip.do(ApproveOutOfSpecificationUse("B2", "letter 7", approvals, "letter 8"))
    assert "rescue/B1" not in trip.state.tasks


def test_a_quarantine_lifted_ends_the_rescue_of_a_lymphodepleted_subject_and_a_second_loss_is_told_again(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.do(QuarantineBatch("B1", "alarm"))
    assert "rescue/B1" in trip.state.tasks
    trip.do(LiftQuarantine("B1", "probe was broken", signed(trip, "quality_assurance")))
    assert "rescue/B1" not in trip.state.tasks
    told = len(trip.state.alerts)
    trip.do(RecallBatch("B1", "sterility"))
    assert "rescue/B1" in trip.state.tasks
    assert len(trip.state.alerts) == told + 1


@pytest.mark.parametrize("end", ["infused", "died"])
def test_nothing_is_left_to_rescue_once_cells_are_given_or_the_subject_died(journey, end):
    trip = journey()
    trip.prepare("P1", "B1")
    on = trip.local("P1").local_date
    trip.do(RecordProgression(DiseaseProgressed("P1", on, "IMWG-2016", AssessmentSource.INVESTIGATOR)))
    assert f"rescue/P1/{on}" in trip.state.tasks
    trip.deplete("P1", "B1")
    if end == "infused":
        assert isinstance(trip.infuse("P1", "B1"), Accepted)
    else:
        trip.do(RecordDeath("P1", trip.local("P1").local_date, "progression"))
    assert f"rescue/P1/{on}" not in trip.state.tasks


def test_a_withdrawn_consent_frees_the_moment_and_is_the_investigators_task(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    planned(trip, "P1", "B1")
    today = trip.local("P1").local_date
    trip.do(WithdrawConsent("P1", ConsentKind.MAIN))
    assert not trip.state.slots
    assert due_items(trip, Due.TASK) == [("withdrawal/P1", Role.INVESTIGATOR, today)]
    assert not trip.state.alerts
    trip.do(DiscontinueSubject("P1", ExitReason.WITHDRAWAL))
    assert not due_items(trip, Due.TASK)


def test_a_lymphodepleted_subject_who_withdraws_is_told_to_the_monitor_at_once(journey):
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.do(WithdrawConsent("P1", ConsentKind.MAIN))
    assert [(item.code, item.for_role) for item in trip.state.alerts.values()] == [
        (Code.ALERT_WITHDRAWN_DEPLETED, Role.MEDICAL_MONITOR)
    ]
    assert {Code.CONSENT_MISSING, Code.SLOT_MISSING} <= set(codes(trip.ask(trip.infusion("P1", "B1"))))


def test_lymphodepletion_too_long_ago_is_the_monitors_question(journey):
    """AC-C4.5: past the last day allowed the repeat is the medical monitor's decision, and on that list."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    due = trip.state.subjects["P1"].lymphodepletion.ended_on + timedelta(
        days=trip.state.protocol.treatment.lymphodepletion.maximum_days_to_infusion
    )
    assert due_items(trip, Due.INFUSION) == [("B1", Role.INVESTIGATOR, due)]
    trip.wait(days=20)
    assert due_items(trip, Due.INFUSION) == [("B1", Role.MEDICAL_MONITOR, due)]


def out_of_specification(trip):
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")
    expires = Instant(trip.now + timedelta(days=100))
    basis = trip.state.protocol.dose.basis
    trip.do(DeclareOutOfSpecification("B1", ("viability",), Decimal("1e9"), basis, expires))


def test_no_protocol_asks_less_for_a_batch_out_of_specification(journey):
    """C3: allowance, treating physician, medical monitor, quality assurance and the subject, whatever the list says."""
    trip = journey({"manufacturing.out_of_specification": {"allowed": True, "approvals": []}})
    out_of_specification(trip)
    refused = trip.ask(ApproveOutOfSpecificationUse("B1", "", ()))
    assert [(item.code, item.needed) for item in refused.conditions] == [
        (Code.SIGNATURE_MISSING, message("signature_of", role=Role.INVESTIGATOR)),
        (Code.SIGNATURE_MISSING, message("signature_of", role=Role.MEDICAL_MONITOR)),
        (Code.SIGNATURE_MISSING, message("signature_of", role=Role.QUALITY_ASSURANCE)),
        (Code.VALUE_NOT_USABLE, message("allowance_of_regulator_and_ethics_committee")),
        (Code.CONSENT_MISSING, message("consent", kind=ConsentKind.OUT_OF_SPECIFICATION)),
    ]


def test_the_subject_may_take_back_the_consent_to_a_batch_out_of_specification(journey):
    trip = journey()
    out_of_specification(trip)
    trip.do(SignConsent("P1", ConsentKind.OUT_OF_SPECIFICATION, "1", trip.local("P1").local_date))
    approvals = signed(trip, "investigator", "medical_monitor", "quality_assurance")
    trip.do(ApproveOutOfSpecificationUse("B1", "letter 7", approvals, "letter 8"))
    trip.deliver("B1")
    trip.refresh("P1")
    start = StartLymphodepletion("P1", "B1", Instant(trip.now + timedelta(days=5)))
    trip.do(WithdrawConsent("P1", ConsentKind.OUT_OF_SPECIFICATION))
    refused = trip.ask(start)
    assert [(item.code, item.needed, item.clause) for item in refused.conditions] == [
        (Code.CONSENT_MISSING, message("consent", kind=ConsentKind.OUT_OF_SPECIFICATION), "2.1.3-h")
    ]
    trip.do(SignConsent("P1", ConsentKind.OUT_OF_SPECIFICATION, "1", trip.local("P1").local_date))
    assert isinstance(trip.ask(start), Accepted)


def test_no_protocol_resumes_without_a_signed_evaluation(journey):
    """AC-C7.2: whatever else a protocol leaves out, the evaluation is required."""
    items = ("evaluation", "benefit_risk_update", "amendment_or_reason", "ethics_approval", "agency_approval")
    trip = journey({"stopping.resume": dict.fromkeys((*items, "reconsent", "site_acceptance"), False)})
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    trip.do(OpenEvaluation("X"))
    refused = trip.ask(ResumeScope("X"))
    assert [(item.code, item.needed) for item in refused.conditions] == [
        (Code.RESUME_ITEM_MISSING, as_value(ResumeItem.EVALUATION))
    ]


def test_every_approval_that_the_protocol_lists_is_asked_for(journey):
    """The ethics committee beside the regulator: a letter of each."""
    rule = {"allowed": True, "approvals": ["regulator", "ethics"]}
    trip = journey({"manufacturing.out_of_specification": rule})
    out_of_specification(trip)
    form = trip.state.protocol.population.consents.main_version
    trip.do(SignConsent("P1", ConsentKind.OUT_OF_SPECIFICATION, form, trip.local("P1").local_date))
    whole = signed(trip, "investigator", "medical_monitor", "quality_assurance")
    refused = trip.ask(ApproveOutOfSpecificationUse("B1", "agency 7", whole))
    assert [(item.code, item.input) for item in refused.conditions] == [(Code.VALUE_NOT_USABLE, "ethics_allowance")]
    done = trip.do(ApproveOutOfSpecificationUse("B1", "agency 7", whole, "committee 12"))
    fact = done.drafts[0].fact
    assert (fact.allowance, fact.ethics_allowance) == ("agency 7", "committee 12")
