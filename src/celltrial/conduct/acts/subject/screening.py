"""Decisions from screening to enrolment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_free, check_text
from celltrial.conduct.acts.document.naming import PREFIX, named_document
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Draft, Request, subject_stream
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.facts.subject.state import Stage, SubjectState
from celltrial.conduct.facts.trial.events import DeviationRecorded
from celltrial.conduct.gates.act import Act, Conditions, act_of, check_alive
from celltrial.conduct.gates.assignment import check_arm_known, randomisation_of
from celltrial.conduct.gates.consent import check_form
from celltrial.conduct.gates.eligibility import all_criteria
from celltrial.conduct.gates.enrolment import check_eligible, check_enrolment
from celltrial.conduct.gates.observed import check_observed, concept_of
from celltrial.conduct.gates.witness import check_witness
from celltrial.conduct.ruling import Refused, Ruling, fail
from celltrial.conduct.vocabulary import ConsentKind, DocumentKind
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    UNKNOWN,
    Protected,
    Term,
    as_value,
    as_written,
    at_most,
    message,
    names,
)


def _screen(state: TrialState, request: Request[commands.ScreenSubject], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    failed = [*check_free(about, c.subject, state.subjects), *check_free("identity", c.identity, state.identities)]
    site = state.sites.get(c.site)
    if site is None or not site.is_open:
        failed.append(
            fail(
                Code.SITE_NOT_OPEN,
                message("open_site"),
                UNKNOWN if site is None else message("closed"),
                f"site/{c.site}",
            )
        )
    if c.born is not None and c.born > request.occurred.local_date:
        failed.append(fail(Code.VALUE_NOT_USABLE, message("date_of_birth_in_the_past"), c.born, about, input="born"))
    return answer(request, failed, (about, events.SubjectScreened(c.subject, c.site, c.identity, c.sex, c.born)))


def _consent(state: TrialState, request: Request[commands.SignConsent], now: datetime) -> Ruling:
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = [*check_text(c.version, "version_of_the_form", about, "version")]
    if c.signed_on > act.today:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(act.today), c.signed_on, about, input="signed_on"))
    failed.extend(check_alive(act, c.signed_on))
    if not failed:
        failed.extend(check_form(state, act.site, c.kind, c.version, c.signed_on))
    if c.read_out or c.witness is not None:
        failed.extend(check_witness("consent", c.witness, request, now, about))
    failed.extend(_check_scan(state, c, about))
    collected, plan = act.subject.collected, act.subject.follow_up
    given_anew = plan is not None and plan.withdrawn_on is not None
    late = (
        c.kind is ConsentKind.FOLLOW_UP
        and not given_anew
        and collected is not None
        and c.signed_on > collected.local_date
        and not any(item.reconsent and item.since.utc > collected.utc for item in state.versions)
    )
    if late and collected is not None:
        needed = message("consent_by", kind=c.kind, day=collected.local_date)
        late_consent = fail(
            Code.CONSENT_LATE,
            needed,
            c.signed_on,
            about,
            "3.1-k",
            "population.consents.follow_up_version",
            input="signed_on",
        )
        late_fact = DeviationRecorded(
            f"consent/{c.subject}/{c.kind}", about, Code.DEVIATION_CONSENT_LATE, as_value(c.signed_on)
        )
        return Refused((*failed, late_consent), (Draft(TRIAL, late_fact, request.occurred, request.precision),))
    fact = events.ConsentSigned(c.subject, c.kind, c.version, c.signed_on, c.read_out, c.witness, c.scan)
    return answer(request, failed, (about, fact))


def _check_scan(state: TrialState, c: commands.SignConsent, about: str) -> Conditions:
    """Yield a scan that is no signed form of this subject and day."""
    found = named_document(state, c.scan)
    if found is None:
        if c.scan and not c.scan.startswith(PREFIX):
            yield fail(Code.NOT_KNOWN, message("document_on_record"), as_written(c.scan), about, input="scan")
        return
    filed = found.filed
    if (filed.kind, filed.about) != (DocumentKind.CONSENT_FORM, subject_stream(c.subject)):
        needed = message("signed_form_of_the_subject")
        yield fail(Code.DOCUMENT_UNSUITABLE, needed, as_value(filed.kind), about, input="scan")
    if filed.on != c.signed_on:
        yield fail(Code.DOCUMENT_UNSUITABLE, as_value(c.signed_on), filed.on, about, input="scan")


def _withdraw(state: TrialState, request: Request[commands.WithdrawConsent], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    subject = state.subjects.get(c.subject)
    failed = []
    if subject is None or c.kind not in subject.consents:
        failed.append(fail(Code.CONSENT_MISSING, message("consent", kind=c.kind), ABSENT, about))
    return answer(request, failed, (about, events.ConsentWithdrawn(c.subject, c.kind)))


def _evidence(state: TrialState, request: Request[commands.RecordEvidence], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = [*check_text(c.concept, "concept", about, "concept"), *check_text(c.source, "source", about, "source")]
    if c.on > act.today:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(act.today), c.on, about, input="on"))
    failed.extend(check_alive(act, c.on))
    if ConsentKind.MAIN not in act.subject.consents:
        failed.append(fail(Code.CONSENT_MISSING, message("consent", kind=ConsentKind.MAIN), ABSENT, about))
    if c.concept.strip():
        failed.extend(check_observed(act.plan, c.concept, c.value, c.unit, about))
    concept = concept_of(act.plan, c.concept)
    fact = events.EvidenceRecorded(c.subject, concept, c.value, c.unit, c.on, c.source, c.assessor)
    return answer(request, failed, (about, fact))


def _confirm(state: TrialState, request: Request[commands.ConfirmEligibility], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    fact = events.EligibilityConfirmed(c.subject, state.version, tuple(item.id for _, item in all_criteria(act)))
    return answer(request, [*check_eligible(act)], (about, fact))


def _enrol(state: TrialState, request: Request[commands.EnrolSubject], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    cohort = state.cohorts[c.cohort]
    fact = events.SubjectEnrolled(c.subject, act.site.site, cohort.level, c.cohort, c.arm)
    confirmed = events.EligibilityConfirmed(c.subject, state.version, tuple(item.id for _, item in all_criteria(act)))
    facts: list[tuple[str, Any]] = [(about, fact)]
    if act.subject.eligible_version != state.version:
        facts.insert(0, (about, confirmed))
    return answer(request, [*check_enrolment(act, cohort), *_check_arm(act, c.arm)], *facts)


def _check_arm(act: Act, arm: str) -> Conditions:
    """Yield an arm given at enrolment that the protocol does not name, or leaves to randomisation."""
    if not arm:
        return
    yield from check_arm_known(act.protocol, arm, act.about)
    if randomisation_of(act.protocol) is not None:
        found, field = Protected("arm", as_written(arm)), "confirmatory.randomisation"
        yield fail(
            Code.NOT_RANDOMISED, message("arm_from_randomisation"), found, act.about, "2.3.1-a", field, input="arm"
        )


def _check_point(state: TrialState, subject: SubjectState, about: str) -> Conditions:
    """Yield a randomisation before or after the point on the way that the protocol declares."""
    confirmatory = state.protocol.confirmatory if state.protocol is not None else None
    plan = confirmatory.randomisation if confirmatory is not None else None
    field = "confirmatory.randomisation"
    if plan is None or plan.point is None:
        yield fail(
            Code.PROTOCOL_SILENT,
            message("point_of_randomisation"),
            NOT_STATED,
            about,
            "2.3.1-a",
            f"{field}.point",
        )
        return
    released = any(state.batches[item].is_released for item in subject.batches)
    reached = {
        "before_collection": subject.collected is None,
        "after_collection": subject.collected is not None and not released,
        "after_release": released,
    }
    if not reached[plan.point] or subject.infusions:
        yield fail(
            Code.SUBJECT_STAGE,
            Term("point", plan.point),
            subject.stage,
            about,
            "2.3.1-a",
            f"{field}.point",
        )


def _randomise(state: TrialState, request: Request[commands.RandomiseSubject], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    subject = state.subjects.get(c.subject)
    if subject is None or subject.enrolled is None:
        found = ABSENT if subject is None else subject.stage
        return answer(request, [fail(Code.SUBJECT_STAGE, Stage.ENROLLED, found, about)])
    failed = [*_check_point(state, subject, about), *check_text(c.arm, "arm", about, "arm")]
    failed.extend(check_arm_known(state.protocol, c.arm, about))
    confirmatory = state.protocol.confirmatory if state.protocol is not None else None
    plan = confirmatory.randomisation if confirmatory is not None else None
    if plan is not None and plan.strata and not c.stratum.strip():
        field = "confirmatory.randomisation.strata"
        failed.append(fail(Code.VALUE_NOT_USABLE, names(plan.strata), ABSENT, about, "2.3.1-a", field, input="stratum"))
    if subject.arm:
        failed.append(fail(Code.ALREADY_DONE, message("not_yet_randomised"), message("randomised"), about))
    if not subject.is_active:
        failed.append(fail(Code.SUBJECT_LEFT, message("active_subject"), subject.stage, about))
    return answer(request, failed, (about, events.SubjectRandomised(c.subject, c.arm, c.stratum, c.number)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.ScreenSubject: _screen,
        commands.SignConsent: _consent,
        commands.WithdrawConsent: _withdraw,
        commands.RecordEvidence: _evidence,
        commands.ConfirmEligibility: _confirm,
        commands.EnrolSubject: _enrol,
        commands.RandomiseSubject: _randomise,
    }
)
"""Command type to its decider."""
