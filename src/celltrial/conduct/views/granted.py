"""Is this account what the request says: logged in, granted the role there, and the person it belongs to.

A real trial takes acts of logged-in persons only and keeps accesses from its registration on. A rehearsal keeps them
from its first grant on; before that, and for ever where nothing is granted, roles alone decide.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, LogIn, Request, Role
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import fail
from celltrial.conduct.vocabulary import Persons, Signature
from celltrial.core.values import ABSENT, Identifier, Term, Value, all_of, as_value, as_written, message

#: How long components proved to sign count.
_JUST_NOW: Final = timedelta(minutes=5)


def check_granted(state: TrialState, actor: Actor) -> Conditions:
    """Yield an account that does not hold the role now at that site, or acts under another person's name."""
    if not state.accounts:
        return
    known, about = state.accounts.get(actor.id), f"account/{actor.id}"
    if known is None or not known.may(actor.role, actor.site):
        yield fail(Code.ACCESS_NOT_GRANTED, _shown(actor.role, actor.site), _held(state, actor.id), about)
    if known is not None and actor.printed_name and actor.printed_name != known.printed_name:
        yield fail(Code.ACCOUNT_OF_ANOTHER, as_written(known.printed_name), as_written(actor.printed_name), about)


def check_signers(state: TrialState, request: Request[Any]) -> Conditions:
    """Yield every signature in a command whose account does not hold the role it signs for."""
    for signature in signatures_in(request.command):
        known = state.accounts.get(signature.account)
        if not state.accounts or (known is not None and any(grant.role == signature.role for grant in known.grants)):
            continue
        yield fail(
            Code.ACCESS_NOT_GRANTED,
            Term("role", signature.role),
            _held(state, signature.account),
            f"account/{signature.account}",
        )


def proves_signing(state: TrialState, log_in: LogIn, now: datetime) -> bool:
    """Tell whether somebody proved anew, just now, to sign; a rehearsal's clock is its script's and measures nothing."""
    just_now = state.persons is Persons.REHEARSED or timedelta(0) <= now - log_in.proved <= _JUST_NOW
    return log_in.signing and just_now


def check_own_signatures(state: TrialState, request: Request[Any], now: datetime) -> Conditions:
    """Yield every signature that a logged-in person puts into a command and that is not the own, proved just now.

    Another person signs in the own session: the act waits for it. In a rehearsal of typed identities signatures are typed too.
    """
    log_in, actor = request.log_in, request.actor
    if log_in is None:
        return
    for signature in signatures_in(request.command):
        own = (signature.account, signature.printed_name, signature.role) == (actor.id, actor.printed_name, actor.role)
        if not own or not proves_signing(state, log_in, now):
            needed = message("signature_in_the_own_session")
            yield fail(Code.SIGNATURE_NOT_PROVED, needed, as_written(signature.account), f"account/{signature.account}")


def signatures_in(command: Any) -> tuple[Signature, ...]:
    """Return every signature that a command carries: of those who approve, who witnesses, who takes over."""
    single = (getattr(command, name, None) for name in ("witness", "signer"))
    return (*getattr(command, "signatures", ()), *(item for item in single if item is not None))


def _held(state: TrialState, account: str) -> Value:
    known = state.accounts.get(account)
    return all_of(*(_shown(grant.role, grant.site) for grant in known.grants)) if known else ABSENT


def _shown(role: Role, site: str | None) -> Value:
    return as_value(role) if site is None else message("role_at_site", role=role, site=Identifier(site))
