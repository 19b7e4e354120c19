"""Decisions about the record of the trial: registration, protocol, alerts, tasks, cuts, corrections."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import (
    Decider,
    answer,
    check_free,
    check_given,
    check_reason,
    check_signatures,
    check_text,
)
from celltrial.conduct.acts.trial import commands
from celltrial.conduct.acts.trial.corrections import check_correction, check_corrector
from celltrial.conduct.acts.trial.process import DECIDERS as PROCESS
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role, subject_stream
from celltrial.conduct.facts.account.events import AccessGranted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial import events
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.plan import compile_plan
from celltrial.conduct.ruling import Ruling, fail, refusal
from celltrial.conduct.views.affected import affected_subjects, is_consent_due, reconsent_task
from celltrial.conduct.vocabulary import FieldChange, Origin, Persons, ReviewEvidence
from celltrial.core.errors import UserError
from celltrial.core.values import ABSENT, Identifier, Term, as_written, at_least, at_most, between, from_fault, message
from celltrial.protocol import Protocol, canonical_json, load_canonical
from celltrial.protocol.consistency import check_consistency
from celltrial.protocol.differences import differences


def _register(state: TrialState, request: Request[commands.RegisterTrial], now: datetime) -> Ruling:  # noqa: ARG001
    command = request.command
    if state.trial:
        return refusal(Code.TRIAL_REGISTERED, message("new_record"), as_written(state.trial), about=TRIAL)
    log_in = request.log_in
    rehearsed = command.rehearsal or command.origin is not Origin.PROSPECTIVE
    fact = events.TrialRegistered(
        command.trial,
        command.title,
        command.sponsor,
        command.origin,
        Persons.REHEARSED if rehearsed else Persons.LOGGED_IN,
        "" if log_in is None else log_in.installation,
    )
    return answer(request, check_text(command.trial, "trial_id", TRIAL, "trial"), (TRIAL, fact), *_first_grant(request))


def _first_grant(request: Request[commands.RegisterTrial]) -> Iterator[tuple[str, Any]]:
    """Yield the first grant of a trial: whoever registers it logged in is its sponsor's officer from then on."""
    log_in, actor = request.log_in, request.actor
    if log_in is not None:
        yield f"account/{actor.id}", AccessGranted(actor.id, log_in.printed_name, actor.role, None)


def _source(state: TrialState, request: Request[commands.RegisterHistoricalSource], now: datetime) -> Ruling:  # noqa: ARG001
    command = request.command
    failed = [
        *check_free(TRIAL, command.source, state.sources),
        *check_text(command.name, "name_of_the_file", TRIAL, "name"),
    ]
    if state.origin is not Origin.RETROSPECTIVE:
        failed.append(fail(Code.ORIGIN_WRONG, Origin.RETROSPECTIVE, state.origin or ABSENT, TRIAL))
    fact = events.HistoricalSourceRegistered(
        command.source,
        command.name,
        command.sha256,
        command.citation,
        command.anchor,
        command.collected,
        command.analysis,
    )
    return answer(request, failed, (TRIAL, fact))


def _check_document(version: str, document: str, sha256: str) -> Conditions:
    code, about = Code.PROTOCOL_NOT_USABLE, "protocol"
    found = hashlib.sha256(document.encode()).hexdigest()
    if found != sha256:
        yield fail(code, message("sha256", hash=Identifier(sha256)), Identifier(found), about)
    try:
        plan = compile_plan(document)
        protocol = plan.protocol
        _ = plan.policy, [rule.boundary for rule in plan.rules]  # a design that cannot be built is not approved
    except (ValueError, UserError) as error:
        yield fail(code, message("protocol_in_canonical_json"), as_written(str(error).splitlines()[0]), about)
        return
    if canonical_json(protocol) != document:
        yield fail(code, message("canonical_form_of_the_document"), message("another_form"), about)
    if protocol.identification.version != version:
        yield fail(
            code, as_written(version), as_written(protocol.identification.version), about, "", "identification.version"
        )
    for fault in check_consistency(protocol):
        yield fail(
            code,
            from_fault(fault.params.get("expected", "")),
            message("of", what=Identifier(fault.id), value=from_fault(fault.params.get("found", ""))),
            about,
            "",
            fault.where,
        )


def _check_review(state: TrialState, review: ReviewEvidence | None) -> Conditions:
    """Yield every clause that keeps a version of a prospective trial from approval: comply, or sign why not."""
    if state.origin is not Origin.PROSPECTIVE:
        return
    if review is None:
        yield fail(Code.REVIEW_MISSING, message("review_against_the_guideline"), ABSENT, "protocol")
        return
    for clause in review.open:
        yield fail(Code.CLAUSE_OPEN, message("fixed_or_justified_with_evidence"), message("open"), clause, clause)


def _signers(state: TrialState, review: ReviewEvidence | None) -> list[Role]:
    """Return whose signatures bring a version into force: nobody alone departs from what should be done.

    In a rehearsal nobody need be who they say, and it never becomes a real trial: one typed signature is enough to go on.
    """
    alone = review is None or not review.second or state.persons is not Persons.LOGGED_IN
    return [Role.SPONSOR] if alone else [Role.SPONSOR, Role.MEDICAL_MONITOR]


def _approve(state: TrialState, request: Request[commands.ApproveProtocol], now: datetime) -> Ruling:
    command = request.command
    if state.versions:
        return refusal(
            Code.VERSION_NOT_NEW, message("no_version_in_force"), as_written(state.version), about="protocol"
        )
    failed = [
        *_check_document(command.version, command.document, command.sha256),
        *check_signatures(command.signatures, _signers(state, command.review), now, "protocol"),
    ]
    failed = failed or [*_check_review(state, command.review)]
    fact = events.ProtocolApproved(
        command.version, command.document, command.sha256, command.signatures, command.review
    )
    return answer(request, failed, (TRIAL, fact))


def _check_new_form(old: Protocol, new: Protocol) -> Conditions:
    """Yield an amendment that asks for consent again on the same form: nobody could tell who has consented to it."""
    known, field = old.population.consents.main_version, "population.consents.main_version"
    if new.population.consents.main_version == known:
        yield fail(
            Code.PROTOCOL_NOT_USABLE,
            message("new_version_of_the_consent_form"),
            as_written(known),
            "protocol",
            "",
            field,
        )


def _amend(state: TrialState, request: Request[commands.AmendProtocol], now: datetime) -> Ruling:
    command = request.command
    if state.in_force is None or state.protocol is None:
        return refusal(Code.NO_PROTOCOL, message("version_to_amend"), ABSENT, about="protocol")
    failed = [
        *_check_document(command.version, command.document, command.sha256),
        *check_signatures(command.signatures, _signers(state, command.review), now, "protocol"),
        *check_reason(request, "protocol"),
    ]
    if command.version in {item.version for item in state.versions}:
        failed.append(
            fail(Code.VERSION_NOT_NEW, message("new_version"), as_written(command.version), "protocol", input="version")
        )
    if request.occurred.utc < state.in_force.since.utc:
        failed.append(fail(Code.ORDER_WRONG, at_least(state.in_force.since), request.occurred, "protocol"))
    failed = failed or [*_check_review(state, command.review)]
    if command.reconsent and not failed:
        failed.extend(_check_new_form(state.protocol, load_canonical(command.document)))
    if failed:
        return answer(request, failed)
    return answer(request, (), (TRIAL, _amendment(state, state.protocol, command)), *_reconsents(state, command))


def _amendment(state: TrialState, old: Protocol, command: commands.AmendProtocol) -> events.ProtocolAmended:
    changes = differences(old, load_canonical(command.document))
    return events.ProtocolAmended(
        command.version,
        state.version,
        command.document,
        command.sha256,
        tuple(FieldChange(item.path, item.before, item.after) for item in changes),
        command.reconsent,
        command.signatures,
        command.review,
        tuple(item.subject for item in affected_subjects(state, changes)),
    )


def _reconsents(state: TrialState, command: commands.AmendProtocol) -> Iterator[tuple[str, Any]]:
    """Yield a task for everybody still on study who consented to an earlier version."""
    if not command.reconsent:
        return
    for subject in state.subjects.values():
        if is_consent_due(subject):
            task, about = reconsent_task(command.version, subject.subject), subject_stream(subject.subject)
            yield TRIAL, events.TaskOpened(task, Code.TASK_RECONSENT, about, Role.INVESTIGATOR, None)


def _alert(state: TrialState, request: Request[commands.RaiseAlert], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    fact = events.AlertRaised(c.alert, c.severity, c.code, c.about, as_written(c.detail), c.for_role)
    return answer(request, check_given("alert", c.alert, state.alerts), (TRIAL, fact))


def _acknowledge(state: TrialState, request: Request[commands.AcknowledgeAlert], now: datetime) -> Ruling:  # noqa: ARG001
    alert = state.alerts[request.command.alert]
    failed = [*_check_owner(request, alert.for_role, f"alert/{alert.alert}")]
    if alert.acknowledged:
        failed.append(fail(Code.ALREADY_DONE, message("open_alert"), message("acknowledged"), f"alert/{alert.alert}"))
    return answer(request, failed, (TRIAL, events.AlertAcknowledged(request.command.alert)))


def _open_task(state: TrialState, request: Request[commands.OpenTask], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    fact = events.TaskOpened(c.task, c.kind, c.about, c.owner, c.due)
    return answer(request, check_given("task", c.task, state.tasks), (TRIAL, fact))


def _check_owner(request: Request[Any], owner: str, about: str) -> Conditions:
    """Yield somebody who takes from another's list: only the owner does, or who oversees the trial."""
    if request.actor.role not in {owner, Role.MEDICAL_MONITOR, Role.SPONSOR}:
        yield fail(Code.ROLE_NOT_ALLOWED, Term("role", owner), request.actor.role, about)


def _close_task(state: TrialState, request: Request[commands.CloseTask], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed, about = [*check_text(c.outcome, "outcome", f"task/{c.task}", "outcome")], f"task/{c.task}"
    task = state.tasks[c.task]
    failed.extend(_check_owner(request, task.owner, about))
    if task.kind == Code.TASK_ADJUDICATE_DLT:
        failed.append(fail(Code.ADJUDICATION_DUE, message("closed_by_its_adjudication"), ABSENT, about, "2.2.3-a"))
    return answer(request, failed, (TRIAL, events.TaskClosed(c.task, as_written(c.outcome))))


def _deviation(state: TrialState, request: Request[commands.RecordDeviation], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    fact = events.DeviationRecorded(c.deviation, c.about, c.code, as_written(c.detail))
    return answer(request, check_text(c.deviation, "identifier", "deviation", "deviation"), (TRIAL, fact))


def _review(request: Request[Any], now: datetime, field: str, fact: Any) -> Ruling:
    """Return the answer to a review of what is known, signed by the medical monitor."""
    c = request.command
    failed = [
        *check_text(c.reference, "document", TRIAL, "reference"),
        *check_signatures(c.signatures, [Role.MEDICAL_MONITOR], now, TRIAL, field),
    ]
    if c.on > request.occurred.local_date:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(request.occurred.local_date), c.on, TRIAL, input="on"))
    return answer(request, failed, (TRIAL, fact))


def _evidence(state: TrialState, request: Request[commands.RecordEvidenceReview], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    fact = events.EvidenceReviewed(c.on, c.reference, c.signatures)
    return _review(request, now, "governance.evidence_review_interval", fact)


def _adults(state: TrialState, request: Request[commands.SignAdultReview], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    fact = events.AdultReviewSigned(c.on, c.reference, c.signatures)
    return _review(request, now, "population.paediatric.cohort_opens_after_adult_review", fact)


def _cut(state: TrialState, request: Request[commands.TakeDataCut], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    fact = events.DataCutTaken(c.cut, request.occurred, state.position, c.sha256)
    return answer(request, check_free("cut", c.cut, state.cuts), (TRIAL, fact))


def _report(state: TrialState, request: Request[commands.IssueMonitoringReport], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    return answer(request, (), (TRIAL, events.MonitoringReportIssued(c.report, c.cut, c.closed, c.sha256)))


def _check_position(state: TrialState, c: commands.CorrectFact | commands.VerifyValue) -> Conditions:
    if not 1 <= c.position <= state.position:
        needed = message("record", number=between(1, state.position))
        yield fail(Code.NOT_KNOWN, needed, c.position, c.record, input="position")


def _verify(state: TrialState, request: Request[commands.VerifyValue], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed = [*check_text(c.field, "field", c.record, "field"), *check_text(c.source, "source", c.record, "source")]
    failed.extend(_check_position(state, c))
    return answer(request, failed, (TRIAL, events.ValueVerified(c.position, c.record, c.field, c.value, c.source)))


def _correct(state: TrialState, request: Request[commands.CorrectFact], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed = [*check_reason(request, c.record), *check_text(c.field, "field", c.record, "field")]
    failed.extend(_check_position(state, c))
    if c.old == c.new:
        failed.append(
            fail(Code.VALUE_NOT_USABLE, message("value_that_differs"), as_written(c.new), c.record, input="new")
        )
    failed.extend(check_corrector(state, request.actor.role, c.record, c.position))
    failed.extend(check_correction(state, c.record, c.field, c.new, position=c.position, at=request.occurred))
    return answer(request, failed, (TRIAL, events.FactCorrected(c.position, c.record, c.field, c.old, c.new)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.RegisterTrial: _register,
        commands.RegisterHistoricalSource: _source,
        commands.ApproveProtocol: _approve,
        commands.AmendProtocol: _amend,
        commands.RaiseAlert: _alert,
        commands.AcknowledgeAlert: _acknowledge,
        commands.OpenTask: _open_task,
        commands.CloseTask: _close_task,
        commands.RecordDeviation: _deviation,
        commands.RecordEvidenceReview: _evidence,
        commands.SignAdultReview: _adults,
        commands.TakeDataCut: _cut,
        commands.IssueMonitoringReport: _report,
        commands.CorrectFact: _correct,
        commands.VerifyValue: _verify,
        **PROCESS,
    }
)
"""Command type to its decider."""
