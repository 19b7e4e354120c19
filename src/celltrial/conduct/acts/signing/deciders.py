"""Decisions on acts that wait for signatures (site design 5; 21 CFR 11.50, 11.200).

An act of a logged-in person that lacks nothing but other persons' signatures does not fail: it waits. Each of them signs in
the own session, over the hash of what was read, with components proved anew. With the last signature the act is judged again,
on the state as it is then, and takes effect or says what keeps it. A decision takes effect at the moment of the last signature;
what happens to cells and was seen by a second person keeps the moment at which it happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from celltrial.conduct.acts.account.blinding import is_blinded, without_closed_values
from celltrial.conduct.acts.checks import check_text
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.signing import commands
from celltrial.conduct.acts.signing.content import (
    about_of,
    command_in,
    content_of,
    sha256_of,
    with_signatures,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Actor, Draft, Request
from celltrial.conduct.facts.signing import events
from celltrial.conduct.facts.signing.events import NeededSignature, Part
from celltrial.conduct.facts.signing.state import PendingAct, fits
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Accepted, Condition, Refused, Ruling, fail
from celltrial.conduct.views.granted import proves_signing
from celltrial.conduct.vocabulary import Signature
from celltrial.core.dates import Instant
from celltrial.core.values import ABSENT, Choice, Message, Term, Value, as_written, less_than, message, one_of

Judge = Callable[[TrialState, Request[Any], datetime], Ruling]

#: How long an act waits: a decision for a week; what was seen at the bench or bedside as long as a witness may sign.
_WAITS: Final = {True: timedelta(hours=24), False: timedelta(days=7)}
LENGTH: Final = 16
"""How much of the hash names an act that waits."""
MEANINGS: Final = {Part.SIGNATURES: "approval", Part.WITNESS: "witness", Part.SIGNER: "hand_over"}
"""What a signature in each place means; nobody writes another."""


def _about(signing: str) -> str:
    return f"signing/{signing}"


def needed_by(conditions: tuple[Condition, ...]) -> tuple[NeededSignature, ...]:
    """Return the signatures that a refusal asks for; none where anything else is wrong too."""
    found = [_needed(item) for item in conditions]
    return tuple(item for item in found if item is not None) if all(found) else ()


def _needed(item: Condition) -> NeededSignature | None:
    said = item.needed
    if not isinstance(said, Message):
        return None
    params = dict(said.params)
    if item.code is Code.WITNESS_MISSING and said.code == "second_person":
        return NeededSignature(Part.WITNESS, _roles(params["roles"]))
    if item.code is Code.SIGNATURE_MISSING and said.code == "signature_of":
        return NeededSignature(Part.SIGNATURES, _roles(params["role"]))
    if item.code is Code.SIGNATURE_MISSING and said.code == "signature_for":
        return NeededSignature(Part.SIGNER, ())
    return None


def _roles(value: Value) -> tuple[str, ...]:
    options = value.options if isinstance(value, Choice) else (value,)
    return tuple(item.code for item in options if isinstance(item, Term))


def ask_for_signatures(state: TrialState, request: Request[Any], refused: Refused, now: datetime) -> Ruling | None:
    """Return the act as one that waits, where a logged-in person's act lacks nothing but signatures; else None."""
    needed = needed_by(refused.conditions)
    if request.log_in is None or not needed or refused.drafts:
        return None
    own = tuple(_own_signatures(request))
    whole = (*needed, *(NeededSignature(part, (signature.role,)) for part, signature in own))
    content = content_of(state.trial, request)
    digest = sha256_of(content)
    key = digest[:LENGTH]
    if key in state.pending:
        return Refused((fail(Code.ALREADY_DONE, message("act_not_yet_asked"), as_written(key), _about(key)),))
    physical = any(item.part is not Part.SIGNATURES for item in whole)
    expires = Instant(now + _WAITS[physical], request.occurred.zone)
    name, about = type(request.command).__name__, about_of(request.command)
    asked = events.SignatureRequested(key, name, content, digest, about, whole, expires)
    drafts: list[Draft[Any]] = [Draft(TRIAL, asked, request.occurred, request.precision)]
    drafts += [Draft(TRIAL, _given(key, digest, part, request), Instant(now, request.occurred.zone)) for part, _ in own]
    return Accepted(tuple(drafts))


def _own_signatures(request: Request[Any]) -> list[tuple[Part, Signature]]:
    held = [(Part.SIGNATURES, item) for item in getattr(request.command, "signatures", ())]
    return [(part, item) for part, item in held if item.account == request.actor.id]


def _given(key: str, digest: str, part: Part, request: Request[Any]) -> events.SignatureGiven:
    log_in = request.log_in
    components, session = ((), "") if log_in is None else (log_in.components, log_in.session)
    return events.SignatureGiven(key, digest, part, MEANINGS[part], components, session)


def may_read(state: TrialState, act: PendingAct, reader: Actor | None) -> bool:
    """Tell whether a reader may read what an act says: a blinded one only where the own signature is asked for."""
    asked = reader is None or any(fits(item, item.part, reader.role) for item in act.asked.needed)
    return asked or not is_blinded(state, reader)


def give(state: TrialState, request: Request[commands.GiveSignature], now: datetime, judge: Judge) -> Ruling:
    """Take a signature; with the last one judge the act again and let it take effect.

    judge: decides an act whose persons were proved when they signed.
    """
    c, act = request.command, state.pending.get(request.command.signing)
    if act is None:
        return Refused((_unknown(c.signing),))
    signed = {signature.account for _, signature in act.given}
    if request.actor.id in signed and not act.open and not act.is_over(Instant(now)):
        return _carried_out(state, act, (), request, now, judge)
    place = next((item for item in act.open if fits(item, item.part, request.actor.role)), None)
    failed = tuple(_check_given(state, act, request, place, now))
    if failed or place is None:
        return Refused(failed)
    moment = Instant(now, request.occurred.zone)
    draft = Draft(TRIAL, _given(c.signing, act.asked.sha256, place.part, request), moment)
    who = request.actor
    signature = Signature(who.id, who.printed_name, who.role, MEANINGS[place.part], moment)
    whole = replace(act, given=(*act.given, (place.part, signature)))
    if whole.open:
        return Accepted((draft,))
    return _carried_out(state, whole, (draft,), request, now, judge)


def _carried_out(
    state: TrialState,
    act: PendingAct,
    before: tuple[Draft[Any], ...],
    request: Request[Any],
    now: datetime,
    judge: Judge,
) -> Ruling:
    """Judge a completely signed act on the state as it is; where it is refused, its signatures stay with it."""
    command = with_signatures(command_in(act.asked.content, COMMANDS[act.asked.command]), act.given)
    moment = Instant(now, act.occurred.zone)
    when = (act.occurred, act.precision) if _took_place(act.asked.command) else (moment, request.precision)
    answer = judge(state, Request(command, act.initiator, *when, reason=act.reason), now)
    if isinstance(answer, Refused):
        seen = without_closed_values(state, request, answer.conditions)
        return Refused(seen, (*before, *_by(act, answer.drafts)))
    done = Draft(TRIAL, events.SignedActCarriedOut(act.asked.signing), moment)
    return Accepted((*before, done, *_by(act, answer.drafts)))


def _took_place(command: str) -> bool:
    """Tell whether a command says what was done at a moment, and not what is decided."""
    return any(item.name in {"witness", "signer", "despite"} for item in fields(COMMANDS[command]))


def _by(act: PendingAct, drafts: tuple[Draft[Any], ...]) -> tuple[Draft[Any], ...]:
    """Return facts as those of whoever began the act."""
    return tuple(replace(draft, actor=act.initiator, reason=act.reason) for draft in drafts)


def _check_given(
    state: TrialState,
    act: PendingAct,
    request: Request[commands.GiveSignature],
    place: NeededSignature | None,
    now: datetime,
) -> Conditions:
    about, who = _about(act.asked.signing), request.actor
    if act.is_over(Instant(now)):
        yield fail(Code.SIGNING_OVER, less_than(act.asked.expires), Instant(now), about)
    if request.command.sha256 != act.asked.sha256:
        yield fail(
            Code.CONTENT_DIFFERS,
            as_written(act.asked.sha256),
            as_written(request.command.sha256),
            about,
            input="sha256",
        )
    if request.log_in is not None and not proves_signing(state, request.log_in, now):
        yield fail(Code.SIGNATURE_NOT_PROVED, message("components_proved_anew"), ABSENT, f"account/{who.id}")
    if who.id in {signature.account for _, signature in act.given}:
        yield fail(Code.ALREADY_DONE, message("signature_of_another"), as_written(who.id), about)
    elif place is None:
        roles = dict.fromkeys(role for item in act.open for role in item.roles)
        yield fail(Code.ROLE_NOT_ALLOWED, one_of(*(Term("role", role) for role in roles)), who.role, about)
    elif place.part is not Part.SIGNATURES and who.id == act.initiator.id:
        yield fail(Code.WITNESS_MISSING, message("signature_of_another"), as_written(who.id), about, "2.1.3-a")


def _unknown(signing: str) -> Condition:
    return fail(Code.NOT_KNOWN, message("act_that_waits"), as_written(signing), _about(signing), input="signing")


def decline(state: TrialState, request: Request[commands.DeclineSignature], now: datetime) -> Ruling:  # noqa: ARG001
    """Refuse to sign: only somebody whose signature is still missing."""
    c, act = request.command, state.pending.get(request.command.signing)
    if act is None:
        return Refused((_unknown(c.signing),))
    failed = [*check_text(c.why, "reason", _about(c.signing), "why")]
    if not any(fits(item, item.part, request.actor.role) for item in act.open):
        roles = dict.fromkeys(role for item in act.open for role in item.roles)
        needed = one_of(*(Term("role", role) for role in roles)) if roles else message("signature_of_another")
        failed.append(fail(Code.ROLE_NOT_ALLOWED, needed, request.actor.role, _about(c.signing)))
    return _over(request, failed, events.SignatureDeclined(c.signing, c.why))


def withdraw(state: TrialState, request: Request[commands.WithdrawSignature], now: datetime) -> Ruling:  # noqa: ARG001
    """Take an act back: only whoever began it."""
    c, act = request.command, state.pending.get(request.command.signing)
    if act is None:
        return Refused((_unknown(c.signing),))
    failed = [*check_text(c.why, "reason", _about(c.signing), "why")]
    if request.actor.id != act.initiator.id:
        failed.append(
            fail(Code.ACCOUNT_OF_ANOTHER, as_written(act.initiator.id), as_written(request.actor.id), _about(c.signing))
        )
    return _over(request, failed, events.SignatureWithdrawn(c.signing, c.why))


def _over(request: Request[Any], failed: list[Condition], fact: Any) -> Ruling:
    return Refused(tuple(failed)) if failed else Accepted((Draft(TRIAL, fact, request.occurred, request.precision),))
