"""Decisions about accounts, copies and reviews of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.account import commands
from celltrial.conduct.acts.account.blinding import is_blinded, may_know
from celltrial.conduct.acts.checks import Decider, answer, check_free, check_reason, check_text
from celltrial.conduct.acts.roles import BLINDED, DELEGATED, ENTERING, may_see_arm
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Actor, Request, Role
from celltrial.conduct.facts.account import events
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Condition, Ruling, fail
from celltrial.conduct.vocabulary import ArmAccess
from celltrial.core.values import ABSENT, Identifier, all_of, as_value, as_written, between, message, names, one_of


def _stream(account: str) -> str:
    return f"account/{account}"


def _check_own(state: TrialState, request: Request[Any]) -> Conditions:
    """Yield a change of one's own access; the first grant of a trial is the sponsor's own, or nobody could go on."""
    c, actor = request.command, request.actor
    about = _stream(c.account)
    if state.accounts:
        if c.account == actor.id:
            yield fail(
                Code.OWN_ACCESS, message("another_account_than_ones_own"), as_written(c.account), about, input="account"
            )
    elif (c.account, c.role, c.site) != (actor.id, Role.SPONSOR, None):
        found = message("as", account=Identifier(c.account), role=c.role)
        yield fail(
            Code.OWN_ACCESS, message("first_of_all_as", account=Identifier(actor.id), role=Role.SPONSOR), found, about
        )


def _check_delegated(request: Request[Any], about: str) -> Conditions:
    """Yield a role that is not an investigator's to delegate, or another site than the own."""
    c, actor = request.command, request.actor
    if actor.role is not Role.INVESTIGATOR:
        return
    if c.role not in DELEGATED:
        yield fail(Code.ROLE_NOT_ALLOWED, one_of(*sorted(DELEGATED)), c.role, about, input="role")
    if c.site is None:
        needed = message("activated_site") if actor.site is None else as_written(actor.site)
        yield fail(Code.ACTOR_OF_OTHER_SITE, needed, ABSENT, about, input="site")


def _check_monitor(state: TrialState, account: str, role: Role, about: str) -> Conditions:
    """Yield a monitor who enters data, or who enters data and monitors: nobody holds the own entries against sources."""
    known = state.accounts.get(account)
    held = {grant.role for grant in known.grants} if known is not None else set()
    against = ENTERING if role is Role.MONITOR else {Role.MONITOR} if role in ENTERING else frozenset()
    for other in sorted(held & against):
        yield fail(Code.DUTIES_NOT_SEPARATE, message("role_not_granted"), other, about, input="role")


def _check_arm_access(state: TrialState, c: commands.GrantAccess, about: str) -> Conditions:
    """Yield what a grant says of arms that the role cannot have, or that the same person has otherwise already.

    Whoever once knew the arms is never blinded again; whoever is blinded gives that role up before the arms are opened.
    """
    if c.arms is not ArmAccess.NOT_STATED and c.role not in BLINDED["double"]:
        needed = one_of(*(as_value(role) for role in sorted(BLINDED["double"])))
        yield fail(Code.VALUE_NOT_USABLE, needed, c.role, about, "2.3.2-j", input="arms")
        return
    protocol, known = state.protocol, state.accounts.get(c.account)
    if c.arms is ArmAccess.UNBLINDED and protocol is not None and not may_see_arm(protocol, c.role, c.arms):
        needed = message("role_that_may_see_arms")
        yield fail(Code.CLOSED_DATA, needed, c.role, about, "2.3.2-j", "trial.blinding.unblinded_roles", input="arms")
    for grant in known.grants if known is not None else ():
        said = {grant.arms, c.arms} - {ArmAccess.NOT_STATED, None}
        if said and _knows(state, grant.role, grant.arms) is not _knows(state, c.role, c.arms):
            yield _not_both(grant.role, grant.arms, about)
    if known is not None and known.was_unblinded and not _knows(state, c.role, c.arms):
        yield _not_both(c.role, ArmAccess.UNBLINDED, about)


def _knows(state: TrialState, role: Role, said: ArmAccess | None) -> bool:
    """Tell whether arms are open to a grant; before a protocol is approved, what the grant says is all that is known."""
    if state.protocol is None:
        return said is ArmAccess.UNBLINDED or role not in BLINDED["double"]
    return may_see_arm(state.protocol, role, said)


def _not_both(role: Role, was: ArmAccess | None, about: str) -> Condition:
    """Return that one person would be blinded and know the arms; `was` None stands for what the role alone decides."""
    found = as_value(role) if was is None else all_of(as_value(role), as_value(was))
    return fail(Code.DUTIES_NOT_SEPARATE, message("person_blinded_or_unblinded"), found, about, "2.3.2-j", input="arms")


def _grant(state: TrialState, request: Request[commands.GrantAccess], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _stream(request.command.account)
    failed = [*check_reason(request, about), *check_text(c.account, "account", about, "account")]
    failed.extend(check_text(c.printed_name, "persons_name", about, "printed_name"))
    failed.extend(_check_own(state, request))
    failed.extend(_check_delegated(request, about))
    failed.extend(_check_monitor(state, c.account, c.role, about))
    if c.role is Role.ADMINISTRATOR:
        failed.append(fail(Code.VALUE_NOT_USABLE, message("role_in_a_trial"), c.role, about))
    known = state.accounts.get(c.account)
    if known is not None and known.printed_name != c.printed_name:
        failed.append(
            fail(
                Code.ACCOUNT_OF_ANOTHER,
                as_written(known.printed_name),
                as_written(c.printed_name),
                about,
                input="printed_name",
            )
        )
    failed.extend(_check_arm_access(state, c, about))
    if known is not None and known.holds(c.role, c.site):
        failed.append(fail(Code.ALREADY_DONE, message("role_not_granted"), c.role, about, input="role"))
    reads = any(item.reader == c.account for subject in state.subjects.values() for item in subject.readers)
    if reads and c.role is not Role.INDEPENDENT_REVIEWER:
        failed.append(
            fail(Code.READER_NOT_INDEPENDENT, Role.INDEPENDENT_REVIEWER, c.role, about, "2.3.1-f", input="role")
        )
    fact = events.AccessGranted(c.account, c.printed_name, c.role, c.site, c.arms)
    return answer(request, failed, (about, fact))


def _revoke(state: TrialState, request: Request[commands.RevokeAccess], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _stream(request.command.account)
    known = state.accounts.get(c.account)
    failed = [*check_reason(request, about), *_check_delegated(request, about)]
    if known is None or not known.holds(c.role, c.site):
        failed.append(fail(Code.NOT_KNOWN, message("role_granted"), c.role, about, input="role"))
    elif c.account == request.actor.id:
        failed.append(
            fail(
                Code.OWN_ACCESS, message("another_account_than_ones_own"), as_written(c.account), about, input="account"
            )
        )
    return answer(request, failed, (about, events.AccessRevoked(c.account, c.role, c.site)))


def _check_position(state: TrialState, position: int, about: str) -> Conditions:
    if not 0 < position <= state.position:
        yield fail(Code.NOT_KNOWN, message("record", number=between(1, state.position)), position, about)


def _check_arms(state: TrialState, fact: events.CopyMade, actor: Actor) -> Conditions:
    """Yield arms in the copy of a blinded role, other than those of subjects whose code was broken to its person."""
    if not is_blinded(state, actor):
        return
    closed = [subject for subject in fact.arms_of if not may_know(state, actor, subject)]
    if fact.arms_shown or closed:
        found = message("arms") if fact.arms_shown else message("arms_of", subjects=names(closed))
        yield fail(Code.CLOSED_DATA, message("copy_without_arms"), found, fact.about, "2.3.2-j", "trial.blinding")


def _copy(state: TrialState, request: Request[commands.RecordCopy], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    failed = [
        *_check_position(state, fact.position, fact.about),
        *check_text(fact.sha256, "hash", fact.about, "fact.sha256"),
    ]
    failed.extend(_check_arms(state, fact, request.actor))
    return answer(request, failed, (TRIAL, fact))


def _review(state: TrialState, request: Request[commands.ReviewAuditTrail], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed = [*check_free("review", c.review, state.reviews), *_check_position(state, c.position, c.about)]
    failed.extend(check_text(c.about, "stream_or_the_trial", "review", "about"))
    failed.extend(check_text(c.outcome, "what_was_found", c.about, "outcome"))
    fact = events.AuditTrailReviewed(c.review, c.about, c.position, c.outcome)
    return answer(request, failed, (TRIAL, fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.GrantAccess: _grant,
        commands.RevokeAccess: _revoke,
        commands.RecordCopy: _copy,
        commands.ReviewAuditTrail: _review,
    }
)
"""Command type to its decider."""
