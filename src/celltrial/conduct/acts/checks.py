"""What deciders share: emitting facts, asking for signatures, refusing on conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Draft, Request
from celltrial.conduct.facts.cohort.state import DoseDecisionState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Accepted, Condition, Refused, Ruling, fail
from celltrial.conduct.vocabulary import Signature
from celltrial.core.reading.text import forbidden_in
from celltrial.core.values import ABSENT, Identifier, Term, Value, all_of, as_value, as_written, message

Decider = Callable[[TrialState, Request[Any], datetime], Ruling]


def answer(request: Request[Any], conditions: Iterable[Condition], *facts: tuple[str, Any]) -> Ruling:
    """Refuse for every condition, or accept the facts at the time of the request."""
    failed = tuple(dict.fromkeys(conditions))
    if failed:
        return Refused(failed)
    return Accepted(tuple(Draft(stream, fact, request.occurred, request.precision) for stream, fact in facts))


def dose_decision(decision: DoseDecisionState | None) -> Value:
    """Return what a decision on the dose asks for."""
    if decision is None:
        return ABSENT
    if decision.next_level is None:
        return as_value(decision.move)
    return message("move_to_level", move=decision.move, level=decision.next_level)


def check_free(code_about: str, key: str, taken: Iterable[str]) -> Conditions:
    """Yield an identifier that is empty or taken; records are never renamed and ids never reused."""
    if not key.strip():
        yield fail(Code.VALUE_NOT_USABLE, message("identifier"), ABSENT, code_about)
    elif key in taken:
        yield fail(Code.ID_TAKEN, message("new_identifier"), as_written(key), code_about)


def check_given(code_about: str, key: str, taken: Iterable[str]) -> Conditions:
    """Yield an identifier that somebody gives and that is empty, taken, or of the form that monitors give."""
    yield from check_free(code_about, key, taken)
    if "/" in key:
        yield fail(Code.VALUE_NOT_USABLE, message("identifier_without"), as_written(key), code_about)


def check_text(value: str, what: str, about: str, field: str = "") -> Conditions:
    """Yield a text that is due and empty, or that holds a character which nobody sees.

    what:  code of the message that says what is due.
    field: the field of the command.
    """
    if not value.strip():
        yield fail(Code.VALUE_NOT_USABLE, message(what), ABSENT, about, input=field)
    unseen = forbidden_in(value)
    if unseen:
        expected = message("text_without_unseen_characters")
        yield fail(Code.VALUE_NOT_USABLE, expected, Identifier(unseen), about, input=field)


def check_reason(request: Request[Any], about: str) -> Conditions:
    """Yield a reason that is required and was not given."""
    if not request.reason.strip():
        yield fail(Code.REASON_MISSING, message("reason"), ABSENT, about, input="reason")


def check_signatures(
    signatures: tuple[Signature, ...], roles: Iterable[str], now: datetime, about: str, field: str = ""
) -> Conditions:
    """Yield each role whose signature is missing; one person signs for one role, and nobody signs ahead of time."""
    used: set[str] = set()
    for role in roles:
        found = next((s for s in signatures if s.role == role and s.account not in used and s.signed.utc <= now), None)
        if found is None:
            held = (message("as", account=Identifier(s.account), role=Term("role", s.role)) for s in signatures)
            needed = message("signature_of", role=Term("role", role))
            yield fail(Code.SIGNATURE_MISSING, needed, all_of(*held), about, "", field, input="signatures")
        else:
            used.add(found.account)
