"""Handlers of signatures: what waits, what it says, and the signature of the person of this session."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from celltrial.app.persons import Acting, Identity, act_in, logged_in, prove_anew
from celltrial.conduct.acts.account.blinding import HIDDEN
from celltrial.conduct.acts.signing.commands import DeclineSignature, GiveSignature, WithdrawSignature
from celltrial.conduct.acts.signing.deciders import may_read
from celltrial.conduct.ruling import Refused
from celltrial.core.errors import UserError, fault

if TYPE_CHECKING:
    from celltrial.app.session import TrialSession
    from celltrial.conduct.envelope import Actor
    from celltrial.conduct.facts.signing.state import PendingAct
    from celltrial.conduct.facts.state import TrialState
    from celltrial.conduct.ruling import Ruling
    from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class Waiting:
    """An act that waits for signatures, as its reader sees it; closed to a blinded reader who is not asked to sign it."""

    act: PendingAct
    is_over: bool
    is_closed: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """What is signed, as plain data."""
        said: dict[str, Any] = json.loads(self.act.asked.content)
        return {**said, "fields": HIDDEN} if self.is_closed else said


def waiting(state: TrialState, at: Instant, reader: Actor | None = None) -> tuple[Waiting, ...]:
    """Return every act that waits, in the order in which they were asked for, as a reader may read it; None reads all."""
    return tuple(Waiting(act, act.is_over(at), not may_read(state, act, reader)) for act in state.pending.values())


def find_waiting(state: TrialState, key: str, at: Instant, reader: Actor | None = None) -> Waiting:
    """Return the act that waits under an identifier or the beginning of one; APP-245 where there is not exactly one."""
    found = [item for item in waiting(state, at, reader) if key and item.act.asked.signing.startswith(key)]
    if len(found) != 1:
        known = ", ".join(item.act.asked.signing for item in waiting(state, at))
        raise UserError(fault("APP-245", state.trial, found=key or "-", expected=known or "-"))
    return found[0]


def signing_role(state: TrialState, act: PendingAct, identity: Identity) -> Identity:
    """Return the identity in the one granted role that an act still needs, where none was chosen."""
    person = logged_in() if identity.role is None and not identity.is_typed else None
    known = state.accounts.get(person.account) if person is not None else None
    needed = {role for item in act.open for role in item.roles}
    fitting = dict.fromkeys(
        item.role.value for item in (known.grants if known is not None else ()) if item.role in needed
    )
    return replace(identity, role=next(iter(fitting))) if len(fitting) == 1 else identity


def sign(
    session: TrialSession, item: Waiting, acting: Acting, at: Instant, password: str = "", code: str = ""
) -> Ruling:
    """Sign what was read: the components are proved anew first, except by a typed person of a rehearsal."""
    if acting.log_in is not None:
        proved = prove_anew(password, code)
        if isinstance(proved, Refused):
            return proved
        acting = replace(acting, log_in=proved)
    asked = item.act.asked
    return act_in(session, GiveSignature(asked.signing, asked.sha256), acting, at)


def decline(session: TrialSession, item: Waiting, acting: Acting, at: Instant, why: str) -> Ruling:
    """Refuse to sign, with the reason."""
    return act_in(session, DeclineSignature(item.act.asked.signing, why), acting, at)


def withdraw(session: TrialSession, item: Waiting, acting: Acting, at: Instant, why: str) -> Ruling:
    """Take one's own act back, with the reason."""
    return act_in(session, WithdrawSignature(item.act.asked.signing, why), acting, at)
