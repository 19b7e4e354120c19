"""Decisions about sites."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_free, check_text
from celltrial.conduct.acts.site import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, site_stream
from celltrial.conduct.facts.site import events
from celltrial.conduct.facts.site.state import SiteState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.gates.site import check_resources
from celltrial.conduct.ruling import Ruling, fail, refusal
from celltrial.core.dates import Instant, zone
from celltrial.core.errors import UserError
from celltrial.core.values import ABSENT, Identifier, as_written, at_least, message


def _activate(state: TrialState, request: Request[commands.ActivateSite], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, site_stream(request.command.site)
    if state.protocol is None:
        return refusal(Code.NO_PROTOCOL, message("approved_protocol"), ABSENT, about=about)
    failed = [*check_free(about, c.site, state.sites)]
    failed.extend(_check_in_force(state, state.version, request.occurred, about))
    try:
        zone(c.zone)
    except UserError:
        failed.append(fail(Code.VALUE_NOT_USABLE, message("iana_time_zone"), as_written(c.zone), about, input="zone"))
    held = SiteState(c.site, c.zone, state.version, resources={item.name: item.quantity for item in c.resources})
    failed.extend(check_resources(state.protocol, held, "activation", request.occurred))
    fact = events.SiteActivated(c.site, c.name, c.country, c.zone, c.resources, state.version)
    return answer(request, failed, (about, fact))


def _count(state: TrialState, request: Request[commands.CountResource], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, site_stream(request.command.site)
    failed = []
    if c.quantity < 0:
        failed.append(fail(Code.VALUE_NOT_USABLE, at_least(0), c.quantity, about, input="quantity"))
    return answer(request, failed, (about, events.ResourceCounted(c.site, c.resource, c.quantity)))


def _qualify(state: TrialState, request: Request[commands.QualifyOperator], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, site_stream(request.command.site)
    failed = [*check_text(c.operator, "person", about, "operator")]
    failed.extend(check_text(c.procedure, "procedure", about, "procedure"))
    if c.supervised is not None and c.supervised < 0:
        failed.append(fail(Code.VALUE_NOT_USABLE, at_least(0), c.supervised, about, input="supervised"))
    fact = events.OperatorQualified(c.site, c.operator, c.procedure, c.instruction, c.expires, c.supervised)
    return answer(request, failed, (about, fact))


def _instruct(state: TrialState, request: Request[commands.IssueInstruction], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed = [
        *check_text(c.procedure, "procedure", TRIAL, "procedure"),
        *check_text(c.instruction, "version", TRIAL, "instruction"),
    ]
    return answer(request, failed, (TRIAL, events.InstructionIssued(c.procedure, c.instruction)))


def _check_in_force(state: TrialState, version: str, at: Instant, about: str) -> Conditions:
    """Yield a version that was not in force at a moment: it came later, or another had come in its place."""
    then = [item.version for item in state.versions if item.since.utc <= at.utc]
    if then[-1:] != [version]:
        needed = message("at_moment", what=Identifier(then[-1]) if then else ABSENT, at=at)
        yield fail(Code.VERSION_NOT_IN_FORCE, needed, as_written(version), about)


def _accept(state: TrialState, request: Request[commands.AcceptVersion], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, site_stream(request.command.site)
    failed = []
    if c.version not in {item.version for item in state.versions}:
        failed.append(fail(Code.NOT_KNOWN, message("approved_version"), as_written(c.version), about, input="version"))
    else:
        failed.extend(_check_in_force(state, c.version, request.occurred, about))
    return answer(request, failed, (about, events.VersionAccepted(c.site, c.version)))


def _close(state: TrialState, request: Request[commands.CloseSite], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, site_stream(request.command.site)
    failed = [*check_text(c.reason, "reason", about, "reason")]
    for subject in state.subjects.values():
        if subject.site == c.site and subject.is_active and subject.is_lymphodepleted:
            needed, found = message("nobody_between_lymphodepletion_and_infusion"), Identifier(subject.subject)
            failed.append(fail(Code.SUBJECT_STAGE, needed, found, about))
    return answer(request, failed, (about, events.SiteClosed(c.site, c.reason)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.ActivateSite: _activate,
        commands.CountResource: _count,
        commands.QualifyOperator: _qualify,
        commands.IssueInstruction: _instruct,
        commands.AcceptVersion: _accept,
        commands.CloseSite: _close,
    }
)
"""Command type to its decider."""
