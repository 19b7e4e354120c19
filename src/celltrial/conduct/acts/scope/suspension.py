"""Decisions on suspensions: by hand, evaluation, what a resume needs, resume, termination (C7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_given, check_signatures, check_text
from celltrial.conduct.acts.document.naming import named_document
from celltrial.conduct.acts.scope import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role
from celltrial.conduct.facts.scope import events
from celltrial.conduct.facts.scope.state import SuspensionState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Condition, Ruling, fail
from celltrial.conduct.views.stopping import on_record
from celltrial.conduct.vocabulary import ResumeItem, ScopeKind, ScopeStatus, Signature
from celltrial.core.dates import Instant
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    UNKNOWN,
    as_value,
    as_written,
    at_least,
    at_most,
    between,
    message,
    one_of,
)
from celltrial.protocol.model.stopping import ResumeRequirements

#: A resume item (or alternatives) and the protocol field that asks for it.
REQUIREMENTS: Final[tuple[tuple[str, tuple[ResumeItem, ...]], ...]] = (
    ("evaluation", (ResumeItem.EVALUATION,)),
    ("benefit_risk_update", (ResumeItem.BENEFIT_RISK,)),
    ("amendment_or_reason", (ResumeItem.AMENDMENT, ResumeItem.NO_AMENDMENT_NEEDED)),
    ("ethics_approval", (ResumeItem.ETHICS_APPROVAL,)),
    ("agency_approval", (ResumeItem.AGENCY_APPROVAL,)),
    ("reconsent", (ResumeItem.RECONSENT,)),
    ("site_acceptance", (ResumeItem.SITE_ACCEPTANCE,)),
)

#: Who signs each item of a resume. The evaluation has an act of its own; a version of the protocol was signed when it was approved.
SIGNERS: Final[Mapping[ResumeItem, tuple[Role, ...]]] = MappingProxyType(
    {
        ResumeItem.EVALUATION: (Role.MEDICAL_MONITOR, Role.SPONSOR),
        ResumeItem.BENEFIT_RISK: (Role.MEDICAL_MONITOR,),
        ResumeItem.AMENDMENT: (),
        ResumeItem.NO_AMENDMENT_NEEDED: (Role.MEDICAL_MONITOR, Role.SPONSOR),
        ResumeItem.ETHICS_APPROVAL: (Role.SPONSOR,),
        ResumeItem.AGENCY_APPROVAL: (Role.SPONSOR,),
        ResumeItem.RECONSENT: (Role.INVESTIGATOR,),
        ResumeItem.SITE_ACCEPTANCE: (Role.INVESTIGATOR,),
    }
)

#: What each item of a resume rests on, and therefore follows.
ORDER: Final[Mapping[ResumeItem, tuple[ResumeItem, ...]]] = MappingProxyType(
    {
        ResumeItem.ETHICS_APPROVAL: (ResumeItem.AMENDMENT,),
        ResumeItem.AGENCY_APPROVAL: (ResumeItem.AMENDMENT,),
        ResumeItem.RECONSENT: (ResumeItem.AMENDMENT, ResumeItem.ETHICS_APPROVAL),
    }
)


def _about(suspension: str) -> str:
    return f"suspension/{suspension}"


def _suspend(state: TrialState, request: Request[commands.SuspendScope], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _about(request.command.suspension)
    failed = [
        *check_given(about, c.suspension, {*state.suspensions, *state.halts}),
        *check_text(c.why, "reason", about, "why"),
    ]
    failed.extend(_check_target(state, c, about))
    return answer(request, failed, (TRIAL, events.ScopeSuspended(c.suspension, c.scope, c.target, "by_hand")))


def _check_target(state: TrialState, c: commands.SuspendScope, about: str) -> Conditions:
    """Yield a target that closes nothing: no level of the protocol, no arm, a part of the whole trial."""
    levels = len(state.protocol.dose.levels) if state.protocol is not None else 0
    is_level = c.target.isascii() and c.target.isdigit() and 1 <= int(c.target) <= levels
    if c.scope is ScopeKind.LEVEL and not is_level:
        yield fail(
            Code.VALUE_NOT_USABLE,
            message("level", level=between(1, levels)),
            as_written(c.target),
            about,
            input="target",
        )
    elif c.scope is ScopeKind.ARM:
        yield from check_text(c.target, "arm", about, "target")
    elif c.scope is ScopeKind.TRIAL and c.target:
        yield fail(Code.VALUE_NOT_USABLE, message("no_target"), as_written(c.target), about, input="target")


def _open_evaluation(state: TrialState, request: Request[commands.OpenEvaluation], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    found = state.suspensions[c.suspension]
    failed = _check_status(found, ScopeStatus.SUSPENDED)
    return answer(request, failed, (TRIAL, events.EvaluationOpened(c.suspension)))


def _check_status(found: SuspensionState, *wanted: ScopeStatus) -> Conditions:
    if found.status not in wanted:
        yield fail(Code.SCOPE_STATUS, one_of(*wanted), found.status, _about(found.suspension), "2.1.2.4-c")


def _check_dated(found: SuspensionState, on: Any, request: Request[Any]) -> Conditions:
    since = Instant(found.since.utc, found.since.zone).local_date
    if on < since:
        yield fail(
            Code.ITEM_BEFORE_SUSPENSION,
            at_least(since),
            on,
            _about(found.suspension),
            "2.1.2.4-c",
            "stopping.resume",
        )
    if on > request.occurred.local_date:
        yield fail(Code.TIME_IN_FUTURE, at_most(request.occurred.local_date), on, _about(found.suspension))


def _check_document(state: TrialState, reference: str, on: date, suspension: str) -> Conditions:
    """Yield a document that bears another day than the item that rests on it: all that follows by date holds for both."""
    found = named_document(state, reference)
    if found is not None and found.filed.on != on:
        about = _about(suspension)
        yield fail(Code.DOCUMENT_UNSUITABLE, as_value(on), found.filed.on, about, "2.1.2.4-c", input="reference")


def _evaluate(state: TrialState, request: Request[commands.SignEvaluation], now: datetime) -> Ruling:
    c = request.command
    found = state.suspensions[c.suspension]
    failed = [
        *_check_status(found, ScopeStatus.UNDER_EVALUATION),
        *_check_dated(found, c.on, request),
        *check_text(c.reference, "document", _about(c.suspension), "reference"),
        *_check_document(state, c.reference, c.on, c.suspension),
        *_check_signed(found, ResumeItem.EVALUATION, c.signatures, now),
    ]
    fact = events.ResumeItemRecorded(c.suspension, ResumeItem.EVALUATION, c.on, c.reference, signatures=c.signatures)
    return answer(request, failed, (TRIAL, fact))


def _check_signed(
    found: SuspensionState, item: ResumeItem, signatures: tuple[Signature, ...], now: datetime
) -> Conditions:
    """Yield each signature that an item needs and that nobody gave since the suspension."""
    since = tuple(one for one in signatures if one.signed.utc >= found.since.utc)
    yield from check_signatures(since, SIGNERS[item], now, _about(found.suspension), "stopping.resume")


def _item(state: TrialState, request: Request[commands.RecordResumeItem], now: datetime) -> Ruling:
    c = request.command
    found = state.suspensions[c.suspension]
    about = _about(c.suspension)
    failed = [*_check_dated(found, c.on, request), *check_text(c.reference, "document_or_reason", about, "reference")]
    failed.extend(_check_document(state, c.reference, c.on, c.suspension))
    if c.item is ResumeItem.EVALUATION:
        failed.append(fail(Code.SIGNATURE_MISSING, message("signed_evaluation"), message("unsigned_item"), about))
    else:
        failed.extend(_check_signed(found, c.item, c.signatures, now))
    if found.status is ScopeStatus.TERMINATED:
        failed.extend(_check_status(found, ScopeStatus.SUSPENDED, ScopeStatus.UNDER_EVALUATION))
    if c.item is ResumeItem.SITE_ACCEPTANCE and c.site not in state.sites:
        failed.append(fail(Code.NOT_KNOWN, message("activated_site"), as_written(c.site), about, input="site"))
    if c.item is ResumeItem.AMENDMENT and not _amended_since(state, found, c.reference):
        failed.append(
            fail(
                Code.NOT_KNOWN,
                message("version_in_force_since_the_suspension"),
                as_written(c.reference),
                about,
                input="reference",
            )
        )
    amended = _amended(state, found)
    if c.item is ResumeItem.SITE_ACCEPTANCE and amended is not None and c.on < amended.local_date:
        needed = message("item_follows", item=c.item, day=amended.local_date, earlier=ResumeItem.AMENDMENT)
        failed.append(fail(Code.ITEM_OUT_OF_ORDER, needed, as_value(c.on), about, "2.1.2.4-c", input="on"))
    fact = events.ResumeItemRecorded(c.suspension, c.item, c.on, c.reference, c.site, c.subject, c.signatures)
    return answer(request, failed, (TRIAL, fact))


def _amended_since(state: TrialState, found: SuspensionState, version: str) -> bool:
    return any(item.version == version and item.since.utc >= found.since.utc for item in state.versions)


def needed_items(resume: ResumeRequirements) -> list[tuple[str, tuple[ResumeItem, ...]]]:
    """Return what the protocol asks for: field and the items any one of which serves; an evaluation always (2.1.2.4-d)."""
    return [(field, items) for field, items in REQUIREMENTS if field == "evaluation" or getattr(resume, field)]


def _amended(state: TrialState, found: SuspensionState) -> Instant | None:
    """Return when the last amendment that the resume rests on came into force; None where it rests on none."""
    named = {item.reference for item in found.items if item.item is ResumeItem.AMENDMENT}
    return max((item.since for item in state.versions if item.version in named), key=lambda at: at.utc, default=None)


def accepted(state: TrialState, found: SuspensionState) -> list[events.ResumeItemRecorded]:
    """Return the acceptances of sites that count: what a site accepted before the amendment was something else."""
    amended = _amended(state, found)
    return [
        item
        for item in found.items
        if item.item is ResumeItem.SITE_ACCEPTANCE and (amended is None or item.on >= amended.local_date)
    ]


def _check_order(state: TrialState, found: SuspensionState) -> Conditions:
    """Yield what rests on something that came later: an approval before the amendment, a consent before its approval."""
    last = {item.item: item.on for item in found.items if item.item is not ResumeItem.SITE_ACCEPTANCE}
    amended = _amended(state, found)
    if amended is not None:
        last[ResumeItem.AMENDMENT] = amended.local_date
    for item, follows in ORDER.items():
        for earlier in follows:
            if item in last and earlier in last and last[item] < last[earlier]:
                needed = message("item_follows", item=item, day=last[earlier], earlier=earlier)
                yield fail(
                    Code.ITEM_OUT_OF_ORDER,
                    needed,
                    as_value(last[item]),
                    _about(found.suspension),
                    "2.1.2.4-c",
                    "stopping.resume",
                )


def check_resume(state: TrialState, found: SuspensionState) -> Conditions:
    """Yield everything that a resume still needs."""
    stopping = state.protocol.stopping if state.protocol is not None else None
    resume = stopping.resume if stopping is not None else ResumeRequirements()
    for field, items in needed_items(resume):
        by_site = items == (ResumeItem.SITE_ACCEPTANCE,)
        if not (accepted(state, found) if by_site else any(found.has(item) for item in items)):
            yield fail(
                Code.RESUME_ITEM_MISSING,
                one_of(*items),
                ABSENT,
                _about(found.suspension),
                "2.1.2.4-c",
                f"stopping.resume.{field}",
            )
    yield from _check_order(state, found)


def _resume(state: TrialState, request: Request[commands.ResumeScope], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    found = state.suspensions[c.suspension]
    failed = [*_check_status(found, ScopeStatus.UNDER_EVALUATION), *check_resume(state, found)]
    sites = tuple(dict.fromkeys(item.site for item in accepted(state, found)))
    known = on_record(state, found.crossing.rule, found.target) if found.crossing is not None else 0
    return answer(request, failed, (TRIAL, events.ScopeResumed(c.suspension, sites, known)))


def _terminate(state: TrialState, request: Request[commands.TerminateScope], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    found = state.suspensions[c.suspension]
    failed = [
        *_check_status(found, ScopeStatus.SUSPENDED, ScopeStatus.UNDER_EVALUATION),
        *check_text(c.why, "reason", _about(c.suspension), "why"),
    ]
    return answer(request, failed, (TRIAL, events.ScopeTerminated(c.suspension, c.why)))


def _exception(state: TrialState, request: Request[commands.SignInFlightException], now: datetime) -> Ruling:
    c, about = request.command, _about(request.command.suspension)
    field = "stopping.in_flight"
    failed: list[Condition] = []
    if c.suspension not in state.suspensions and c.suspension not in state.halts:
        failed.append(
            fail(Code.NOT_KNOWN, message("suspension_or_halt"), as_written(c.suspension), about, input="suspension")
        )
    subject = state.subjects.get(c.subject)
    if subject is None or not subject.is_lymphodepleted:
        found = UNKNOWN if subject is None else subject.stage
        failed.append(fail(Code.SUBJECT_STAGE, Stage.LYMPHODEPLETED, found, f"subject/{c.subject}", "2.1.2.4-c", field))
    stopping = state.protocol.stopping if state.protocol is not None else None
    rule = stopping.in_flight if stopping is not None else None
    if rule is None:
        failed.append(
            fail(
                Code.PROTOCOL_SILENT,
                message("rule_for_subjects_in_flight"),
                NOT_STATED,
                about,
                "2.1.2.4-c",
                field,
            )
        )
    elif not rule.lymphodepleted_may_be_infused:
        failed.append(
            fail(
                Code.IN_FLIGHT_RULE,
                message("rule_that_allows_infusion"),
                message("forbids_it"),
                about,
                "2.1.2.4-c",
                field,
            )
        )
    else:
        roles = rule.signatures if len(rule.signatures) > 1 else (Role.MEDICAL_MONITOR, Role.INVESTIGATOR)
        failed.extend(check_signatures(c.signatures, roles, now, about, field))
    return answer(request, failed, (TRIAL, events.InFlightExceptionSigned(c.suspension, c.subject, c.signatures)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.SuspendScope: _suspend,
        commands.OpenEvaluation: _open_evaluation,
        commands.SignEvaluation: _evaluate,
        commands.RecordResumeItem: _item,
        commands.ResumeScope: _resume,
        commands.TerminateScope: _terminate,
        commands.SignInFlightException: _exception,
    }
)
"""Command type to its decider."""
