"""The state machines of batch, subject and scope, as tables: every command in every state, asked and judged.

A pair that is in a table is accepted and leads where the table says; every
other pair is refused and changes nothing. The states are reached by the usual
commands, never by writing them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from rehearsal import Journey, signature

from celltrial.conduct.acts.batch import commands as make
from celltrial.conduct.acts.cohort.commands import CompleteDltWindow
from celltrial.conduct.acts.follow_up.commands import CompleteFollowUp, RecordMissedVisit
from celltrial.conduct.acts.scope import commands as scope
from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.facts.batch.state import MOVES
from celltrial.conduct.facts.follow_up.events import FollowUpCompleted, FollowUpVisitMissed
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import BatchStatus as B
from celltrial.conduct.vocabulary import ExitReason, Finding, QualityCause, ResumeItem, ScopeKind
from celltrial.conduct.vocabulary import ScopeStatus as C
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.measured import Measured

BASIS = DoseBasis.TARGET_POSITIVE_VIABLE
LOST = {make.QuarantineBatch: B.QUARANTINED, make.DestroyBatch: B.DESTROYED}
GONE_BAD = {make.ExpireBatch: B.EXPIRED, make.RecallBatch: B.QUARANTINED}

#: State to command to the state it leads to: all that is legal.
LEGAL: Mapping[B, Mapping[type[Any], B]] = {
    B.PLANNED: {ask.PerformLeukapheresis: B.COLLECTED, **LOST},
    B.COLLECTED: {
        make.ReceiveMaterial: B.MATERIAL_RECEIVED,
        make.RecordManufactureFailure: B.FAILED,
        make.HandOverBatch: B.COLLECTED,
        **LOST,
    },
    B.MATERIAL_RECEIVED: {
        make.StartManufacture: B.IN_PROCESS,
        make.RecordManufactureFailure: B.FAILED,
        make.HandOverBatch: B.MATERIAL_RECEIVED,
        **LOST,
    },
    B.IN_PROCESS: {
        make.CompleteManufacture: B.QC,
        make.RecordQualityTest: B.IN_PROCESS,
        make.RecordManufactureFailure: B.FAILED,
        **LOST,
    },
    B.QC: {
        make.ReleaseBatch: B.RELEASED,
        make.RejectBatch: B.REJECTED,
        make.DeclareOutOfSpecification: B.OOS,
        make.RecordQualityTest: B.QC,
        make.RecordManufactureFailure: B.FAILED,
        make.HandOverBatch: B.QC,
        **LOST,
    },
    B.RELEASED: {make.ShipBatch: B.SHIPPED, make.HandOverBatch: B.RELEASED, **GONE_BAD, **LOST},
    B.OOS: {
        make.ApproveOutOfSpecificationUse: B.OOS,
        make.RejectBatch: B.REJECTED,
        make.HandOverBatch: B.OOS,
        make.ExpireBatch: B.EXPIRED,
        **LOST,
    },
    B.REJECTED: {make.HandOverBatch: B.REJECTED, make.DestroyBatch: B.DESTROYED},
    B.QUARANTINED: {
        make.LiftQuarantine: B.RECEIVED,
        make.RecallBatch: B.QUARANTINED,
        make.RecordQualityTest: B.QUARANTINED,
        make.RecordManufactureFailure: B.FAILED,
        make.HandOverBatch: B.QUARANTINED,
        make.ExpireBatch: B.EXPIRED,
        make.ReturnBatch: B.RETURNED,
        make.DestroyBatch: B.DESTROYED,
    },
    B.FAILED: {make.HandOverBatch: B.FAILED, make.DestroyBatch: B.DESTROYED},
    B.SHIPPED: {
        make.ReceiveBatch: B.RECEIVED,
        make.HandOverBatch: B.SHIPPED,
        make.ReturnBatch: B.RETURNED,
        **GONE_BAD,
        **LOST,
    },
    B.RECEIVED: {
        make.ThawBatch: B.THAWED,
        ask.RecordInfusion: B.INFUSED,
        make.HandOverBatch: B.RECEIVED,
        make.ReturnBatch: B.RETURNED,
        **GONE_BAD,
        **LOST,
    },
    B.THAWED: {ask.RecordInfusion: B.INFUSED, make.HandOverBatch: B.THAWED, **GONE_BAD, **LOST},
    B.EXPIRED: {make.HandOverBatch: B.EXPIRED, make.ReturnBatch: B.RETURNED, make.DestroyBatch: B.DESTROYED},
    B.RETURNED: {make.HandOverBatch: B.RETURNED, make.RecallBatch: B.QUARANTINED, **LOST},
    B.INFUSED: {},
    B.DESTROYED: {},
}


def commands(trip: Journey) -> Mapping[type[Any], Any]:
    """Return every command about batch B1 of P1, each as right as it can be but for the batch's state."""
    soon, seen = Instant(trip.now + timedelta(days=90)), trip.witness("investigator")
    qa = signature("quality_assurance", trip.moment)
    approvals = (qa, *(signature(role, trip.moment) for role in ("investigator", "medical_monitor")))
    custody = trip.state.batches["B1"].custody
    holder = custody[-1].to_holder if custody else "plant"
    handed = trip.moment, trip.moment, Decimal(-160), Decimal(-150), qa
    listed = (
        make.PlanBatch("B1", "P1"),
        make.ReceiveMaterial("B1", "plant", "ID-P1", "B1", True, trip.witness("quality_assurance")),
        make.StartManufacture("B1", "P1", "run-1"),
        make.RecordManufactureFailure("B1", "expansion", "no growth"),
        make.CompleteManufacture("B1", Decimal("1e9")),
        make.RecordQualityTest("B1", "viability", Measured.read("90"), "%", low=Decimal(70)),
        make.ReleaseBatch("B1", Decimal("1e9"), BASIS, soon, (qa,)),
        make.RejectBatch("B1", "sterility", (qa,)),
        make.DeclareOutOfSpecification("B1", ("viability",), Decimal("1e9"), BASIS, soon),
        make.ApproveOutOfSpecificationUse("B1", "letter 7", approvals, "letter 8"),
        make.QuarantineBatch("B1", "particles"),
        make.LiftQuarantine("B1", "evidence", (qa,)),
        make.RecallBatch("B1", "signal"),
        make.ShipBatch("B1", "S1", "courier", "sh-1"),
        make.HandOverBatch("B1", holder, "pharmacy", *handed),
        trip.receipt("B1"),
        make.ThawBatch("B1", "ID-P1", "B1", soon, seen),
        make.ExpireBatch("B1"),
        make.ReturnBatch("B1", "unused"),
        make.DestroyBatch("B1", "unused"),
        trip.collection("P1", "B1"),
        trip.infusion("P1", "B1"),
    )
    return {type(item): item for item in listed}


def in_quality_control(trip: Journey) -> None:
    trip.enrol("P1")
    trip.collect("P1", "B1")
    trip.make("B1")


def at_the_bedside(trip: Journey) -> None:
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    trip.check("P1")


def after(before: B, *kinds: type[Any]) -> Callable[[Journey], None]:
    def reached(trip: Journey) -> None:
        REACH[before](trip)
        for kind in kinds:
            trip.do(commands(trip)[kind])

    return reached


def planned(trip: Journey) -> None:
    trip.enrol("P1")
    trip.do(make.PlanBatch("B1", "P1"))


def shipped(trip: Journey) -> None:
    REACH[B.RELEASED](trip)
    trip.do(commands(trip)[make.ShipBatch])
    for command in trip.hand_overs("B1"):
        trip.do(command)


def out_of_specification(trip: Journey) -> None:
    in_quality_control(trip)
    trip.do(ask.SignConsent("P1", ask.ConsentKind.OUT_OF_SPECIFICATION, "1.0", trip.local("P1").local_date))
    trip.do(commands(trip)[make.DeclareOutOfSpecification])


def expired(trip: Journey) -> None:
    REACH[B.RELEASED](trip)
    trip.wait(days=91)
    trip.do(make.ExpireBatch("B1"))


REACH: dict[B, Callable[[Journey], None]] = {
    B.PLANNED: planned,
    B.COLLECTED: after(B.PLANNED, ask.PerformLeukapheresis),
    B.MATERIAL_RECEIVED: after(B.COLLECTED, make.ReceiveMaterial),
    B.IN_PROCESS: after(B.MATERIAL_RECEIVED, make.StartManufacture),
    B.QC: in_quality_control,
    B.RELEASED: after(B.QC, make.ReleaseBatch),
    B.OOS: out_of_specification,
    B.REJECTED: after(B.QC, make.RejectBatch),
    B.QUARANTINED: after(B.RECEIVED, make.QuarantineBatch),
    B.FAILED: after(B.IN_PROCESS, make.RecordManufactureFailure),
    B.SHIPPED: shipped,
    B.RECEIVED: at_the_bedside,
    B.THAWED: after(B.RECEIVED, make.ThawBatch),
    B.EXPIRED: expired,
    B.INFUSED: after(B.RECEIVED, ask.RecordInfusion),
    B.RETURNED: after(B.RECEIVED, make.ReturnBatch),
    B.DESTROYED: after(B.RECEIVED, make.DestroyBatch),
}


def another(trip: Journey) -> Journey:
    """Return the same trial, to be led on separately."""
    other = copy(trip)
    other.events, other._versions = list(trip.events), dict(trip._versions)
    return other


@pytest.mark.parametrize("state", list(B))
def test_every_command_about_a_batch_in_every_state(state: B, journey: Callable[..., Journey]) -> None:
    trip = journey({"manufacturing.preservation": "fresh"})
    REACH[state](trip)
    assert trip.state.batches["B1"].status is state
    for kind, command in commands(trip).items():
        asked = another(trip)
        if kind is make.ExpireBatch:
            asked.now += timedelta(days=400)
        decision = asked.ask(command)
        expected = LEGAL[state].get(kind)
        assert isinstance(decision, Accepted) is (expected is not None), (state, kind, decision)
        assert asked.state.batches["B1"].status is (expected or state), (state, kind)
        assert (asked.state.batches["B1"].subject, asked.state.batches["B1"].identity) == ("P1", "ID-P1")


def test_the_table_of_batches_is_complete() -> None:
    every = {item for item in vars(make).values() if isinstance(item, type) and item.__module__ == make.__name__}
    named = {kind for row in LEGAL.values() for kind in row}
    assert set(LEGAL) == set(REACH) == set(MOVES) == set(B)
    assert named == (every | {ask.PerformLeukapheresis, ask.RecordInfusion}) - {make.PlanBatch}
    for state, row in LEGAL.items():
        lifted = {B.RECEIVED} if state is B.QUARANTINED else set()
        assert {after for after in row.values() if after is not state} - lifted <= MOVES[state]


#: Acts that are possible in more than one stage.
LEAVE = {ask.DiscontinueSubject: Stage.DISCONTINUED, ask.RecordDeath: Stage.DEAD}
AFTER = {ask.RecordDeath: Stage.DEAD}

#: Stage to command to the stage it leads to: all that is legal. Enrolment judges every criterion itself, so that it is
#: open to whoever would be found eligible at that moment. After an infusion, an exit ends treatment and not follow-up.
STAGES: Mapping[Stage, Mapping[type[Any], Stage]] = {
    Stage.SCREENING: {ask.ConfirmEligibility: Stage.ELIGIBLE, ask.EnrolSubject: Stage.ENROLLED, **LEAVE},
    Stage.ELIGIBLE: {ask.ConfirmEligibility: Stage.ELIGIBLE, ask.EnrolSubject: Stage.ENROLLED, **LEAVE},
    Stage.ENROLLED: {
        ask.ConfirmEligibility: Stage.ENROLLED,
        make.PlanBatch: Stage.ENROLLED,
        ask.PerformLeukapheresis: Stage.COLLECTED,
        ask.RecordBridgingTherapy: Stage.ENROLLED,
        **LEAVE,
    },
    Stage.COLLECTED: {
        make.PlanBatch: Stage.COLLECTED,
        ask.RecordBridgingTherapy: Stage.COLLECTED,
        ask.PlanLymphodepletion: Stage.READY,
        ask.StartLymphodepletion: Stage.LYMPHODEPLETING,
        ask.RecordPreInfusionCheck: Stage.COLLECTED,
        **LEAVE,
    },
    Stage.READY: {
        make.PlanBatch: Stage.READY,
        ask.RecordBridgingTherapy: Stage.READY,
        ask.PlanLymphodepletion: Stage.READY,
        ask.StartLymphodepletion: Stage.LYMPHODEPLETING,
        ask.CancelInfusion: Stage.COLLECTED,
        ask.RecordPreInfusionCheck: Stage.READY,
        **LEAVE,
    },
    Stage.LYMPHODEPLETING: {
        make.PlanBatch: Stage.LYMPHODEPLETING,
        ask.CancelInfusion: Stage.LYMPHODEPLETING,
        ask.RecordLymphodepletionDose: Stage.LYMPHODEPLETING,
        ask.CompleteLymphodepletion: Stage.LYMPHODEPLETED,
        ask.RecordPreInfusionCheck: Stage.LYMPHODEPLETING,
        **LEAVE,
    },
    Stage.LYMPHODEPLETED: {
        make.PlanBatch: Stage.LYMPHODEPLETED,
        ask.BookInfusion: Stage.LYMPHODEPLETED,
        ask.CancelInfusion: Stage.LYMPHODEPLETED,
        ask.DecideLymphodepletionRepeat: Stage.LYMPHODEPLETED,
        ask.RecordPreInfusionCheck: Stage.LYMPHODEPLETED,
        ask.RecordInfusion: Stage.INFUSED,
        **LEAVE,
    },
    Stage.INFUSED: {CompleteDltWindow: Stage.FOLLOW_UP, ask.DiscontinueSubject: Stage.INFUSED, **AFTER},
    Stage.FOLLOW_UP: {ask.DiscontinueSubject: Stage.FOLLOW_UP, **AFTER},
    Stage.LONG_TERM_FOLLOW_UP: {
        ask.DiscontinueSubject: Stage.LONG_TERM_FOLLOW_UP,
        CompleteFollowUp: Stage.CLOSED,
        **AFTER,
    },
    Stage.CLOSED: {ask.DiscontinueSubject: Stage.CLOSED, **AFTER},
    Stage.DISCONTINUED: {**AFTER},
    Stage.DEAD: {ask.DiscontinueSubject: Stage.DEAD},
}


def acts(trip: Journey) -> Mapping[type[Any], Any]:
    """Return every command that moves P1, each as right as it can be but for the stage."""
    today, soon = trip.local("P1").local_date, Instant(trip.now + timedelta(days=5))
    monitor = (signature("medical_monitor", trip.moment),)
    listed = (
        ask.ConfirmEligibility("P1"),
        ask.EnrolSubject("P1", "C1"),
        make.PlanBatch("B9", "P1"),
        trip.collection("P1", "B1"),
        ask.RecordBridgingTherapy("P1", "radiotherapy", today),
        ask.PlanLymphodepletion("P1", "B1", today, soon),
        ask.StartLymphodepletion("P1", "B1", soon),
        ask.BookInfusion("P1", "B1", soon),
        ask.CancelInfusion("P1", "unwell"),
        ask.RecordLymphodepletionDose("P1", "cyclophosphamide", Decimal(500), "mg/m2", today),
        ask.CompleteLymphodepletion("P1", today),
        ask.DecideLymphodepletionRepeat("P1", repeat=True, signatures=monitor),
        ask.RecordPreInfusionCheck("P1", (Finding("body_temperature", "36.6", "degC", today),)),
        trip.infusion("P1", "B1"),
        CompleteDltWindow("P1"),
        CompleteFollowUp(FollowUpCompleted("P1", today, "end")),
        ask.DiscontinueSubject("P1", ExitReason.WITHDRAWAL),
        ask.RecordDeath("P1", today),
    )
    return {type(item): item for item in listed}


def stood_at(stage: Stage, trip: Journey) -> None:
    """Lead P1 to a stage in the usual way."""
    if stage in {Stage.SCREENING, Stage.ELIGIBLE}:
        trip.screen("P1")
        if stage is Stage.ELIGIBLE:
            trip.do(ask.ConfirmEligibility("P1"))
        return
    if stage is Stage.ENROLLED:
        planned(trip)
        return
    trip.prepare("P1", "B1")
    trip.refresh("P1")
    on_the_way = {
        Stage.READY: ask.PlanLymphodepletion,
        Stage.DISCONTINUED: ask.DiscontinueSubject,
        Stage.DEAD: ask.RecordDeath,
    }
    if stage in on_the_way:
        trip.do(acts(trip)[on_the_way[stage]])
    elif stage is Stage.LYMPHODEPLETING:
        trip.start_depletion("P1", "B1")
    elif stage is not Stage.COLLECTED:
        trip.deplete("P1", "B1")
        trip.check("P1")
        after_depletion(stage, trip)


def after_depletion(stage: Stage, trip: Journey) -> None:
    if stage is Stage.LYMPHODEPLETED:
        return
    trip.do(trip.infusion("P1", "B1"))
    if stage is Stage.INFUSED:
        return
    trip.complete_window("P1")
    if stage is Stage.FOLLOW_UP:
        return
    trip.wait(days=500)
    trip.do(RecordMissedVisit(FollowUpVisitMissed("P1", "M012", "away")))
    if stage is Stage.CLOSED:
        trip.wait(days=15 * 366)
        trip.do(acts(trip)[CompleteFollowUp])


@pytest.mark.parametrize("stage", list(Stage))
def test_every_command_about_a_subject_in_every_stage(stage: Stage, journey: Callable[..., Journey]) -> None:
    trip = journey({"treatment.lymphodepletion.repeat_allowed": True})
    stood_at(stage, trip)
    assert trip.state.subjects["P1"].stage is stage
    if stage is Stage.LONG_TERM_FOLLOW_UP:
        trip.wait(days=15 * 366)
    for kind, command in acts(trip).items():
        asked = another(trip)
        if kind is CompleteDltWindow:
            asked.wait(days=60)
        decision = asked.ask(command)
        expected = STAGES[stage].get(kind)
        assert isinstance(decision, Accepted) is (expected is not None), (stage, kind, decision)
        assert asked.state.subjects["P1"].stage is (expected or stage), (stage, kind)


def test_the_table_of_subjects_is_complete(journey: Callable[..., Journey]) -> None:
    trip = journey()
    planned(trip)
    assert set(STAGES) == set(Stage)
    assert {kind for row in STAGES.values() for kind in row} == set(acts(trip))


def test_an_exit_has_one_primary_reason(journey: Callable[..., Journey]) -> None:
    trip = journey()
    stood_at(Stage.DISCONTINUED, trip)
    assert isinstance(trip.ask(ask.DiscontinueSubject("P1", ExitReason.OTHER)), Refused)
    assert trip.state.subjects["P1"].exit_reason is ExitReason.WITHDRAWAL


#: Status of a suspension to command to the status it leads to.
SCOPES: Mapping[C, Mapping[type[Any], C]] = {
    C.SUSPENDED: {
        scope.OpenEvaluation: C.UNDER_EVALUATION,
        scope.RecordResumeItem: C.SUSPENDED,
        scope.TerminateScope: C.TERMINATED,
    },
    C.UNDER_EVALUATION: {
        scope.SignEvaluation: C.UNDER_EVALUATION,
        scope.RecordResumeItem: C.UNDER_EVALUATION,
        scope.ResumeScope: C.RESUMED,
        scope.TerminateScope: C.TERMINATED,
    },
    C.RESUMED: {scope.RecordResumeItem: C.RESUMED},
    C.TERMINATED: {},
}


def about_scope(trip: Journey) -> Mapping[type[Any], Any]:
    today = trip.moment.local_date
    both = (signature("medical_monitor", trip.moment), signature("sponsor", trip.moment))
    listed = (
        scope.OpenEvaluation("X"),
        scope.SignEvaluation("X", today, "report", both),
        trip.resume_item("X", ResumeItem.SITE_ACCEPTANCE, today, "letter", site="S1"),
        scope.ResumeScope("X"),
        scope.TerminateScope("X", "risk"),
        scope.SuspendScope("X", ScopeKind.TRIAL, "", "again"),
    )
    return {type(item): item for item in listed}


def evaluated(trip: Journey) -> None:
    trip.do(scope.OpenEvaluation("X"))
    trip.do(about_scope(trip)[scope.SignEvaluation])
    for item in set(ResumeItem) - {ResumeItem.EVALUATION, ResumeItem.AMENDMENT}:
        trip.do(trip.resume_item("X", item, trip.moment.local_date, "document", site="S1"))


@pytest.mark.parametrize("status", list(C))
@pytest.mark.parametrize("kind", list(ScopeKind))
def test_every_command_about_a_suspension_in_every_status(
    status: C, kind: ScopeKind, journey: Callable[..., Journey]
) -> None:
    trip = journey()
    trip.do(scope.SuspendScope("X", kind, {"level": "1", "arm": "A"}.get(kind.value, ""), "signal"))
    if status in {C.UNDER_EVALUATION, C.RESUMED}:
        evaluated(trip)
    moved = {C.RESUMED: scope.ResumeScope, C.TERMINATED: scope.TerminateScope}
    if status in moved:
        trip.do(about_scope(trip)[moved[status]])
    assert trip.state.suspensions["X"].status is status
    for command, asked_for in about_scope(trip).items():
        asked = another(trip)
        decision = asked.ask(asked_for)
        expected = SCOPES[status].get(command)
        assert isinstance(decision, Accepted) is (expected is not None), (status, command, decision)
        assert asked.state.suspensions["X"].status is (expected or status), (status, command)


def test_the_table_of_scopes_is_complete(journey: Callable[..., Journey]) -> None:
    assert set(SCOPES) == set(C)
    assert {item for row in SCOPES.values() for item in row} == set(about_scope(journey())) - {scope.SuspendScope}


def in_force(trip: Journey) -> tuple[bool, ...]:
    return tuple(halt.lifted for halt in trip.state.halts.values())


def test_every_command_about_a_halt_before_and_after_its_measures(journey: Callable[..., Journey]) -> None:
    trip = journey()
    trip.do(scope.HaltTrial("H", QualityCause.RELEASE, ""))
    today = trip.moment.local_date
    two = (signature("quality_assurance", trip.moment), signature("medical_monitor", trip.moment))
    lift = scope.LiftHalt("H", (two[0], signature("sponsor", trip.moment)))
    implement = scope.ImplementCorrectiveAction("H", "new filter", today, 5)
    validate = scope.ValidateCorrectiveAction("H", "new filter", today, 5, 5)
    rule_out = scope.RuleOutHaltCause("H", "culture negative", two)
    halted = [(validate, False), (lift, False), (implement, True), (rule_out, True)]
    implemented = [(lift, False), (implement, True), (validate, True), (rule_out, True)]
    validated = [(lift, True)]
    for before, expected in (((), halted), ((implement,), implemented), ((implement, validate), validated)):
        stood = another(trip)
        for command in before:
            stood.do(command)
        for command, allowed in expected:
            asked = another(stood)
            assert isinstance(asked.ask(command), Accepted) is allowed, (before, command)
            assert in_force(asked) == (command is lift and allowed,)
    for command in (implement, validate, lift):
        trip.do(command)
    for command in (implement, validate, lift, rule_out, scope.HaltTrial("H", QualityCause.RELEASE, "")):
        assert isinstance(trip.ask(command), Refused)
