"""Who acts: the person of the session, in a role that the trial grants; typed identities in rehearsals only.

    person = logged_in()                          # the person of this user's session, or None
    acting = who_acts(state, command, person)     # the actor, with what the log-in proved
    session.submit(Request(command, acting.actor, moment, log_in=acting.log_in))

Who signs proves the components anew first: `prove_anew(password, code)` gives the same person with what was proved now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from celltrial.app.accounts import open_account_named, open_book
from celltrial.app.acting import moment_of, role_of
from celltrial.app.anchoring import anchor, prepare
from celltrial.app.logging_in import AccountBook, Administrator
from celltrial.app.rehearsing import trial_session
from celltrial.app.session import TrialSession, codec, only_trial
from celltrial.app.session_file import HeldSession, read_session, remove_session, this_user, write_session
from celltrial.conduct.acts.access import asks_log_in, is_real, site_of
from celltrial.conduct.acts.account.commands import GrantAccess, RevokeAccess
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.signing.commands import GiveSignature
from celltrial.conduct.envelope import Actor, LogIn, Request, Role
from celltrial.conduct.facts.account.state import Grant
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.log_in.events import Ending
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.conduct.views.granted import signatures_in
from celltrial.conduct.vocabulary import ArmAccess
from celltrial.core.dates import Instant
from celltrial.core.errors import ConflictError, UserError, fault
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.receipts import Occasion


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a person said to be on the command line; with an account or a name it is a typed identity.

    role, site: of a logged-in person they choose among granted ones.
    """

    role: str | None = None
    account: str | None = None
    site: str | None = None
    printed_name: str = ""

    @property
    def is_typed(self) -> bool:
        """Whether it names a person, as only a rehearsal takes it."""
        return self.account is not None or bool(self.printed_name)


NOBODY: Final = Identity()


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, and what the log-in of that person proved; None of a typed identity."""

    actor: Actor
    log_in: LogIn | None = None


def log_in(accounts: str, secrets: Path | None, account: str, password: str, code: str) -> HeldSession | Refused:
    """Open a session and keep it for this user; an earlier one of this user ends. APP-174: its file is not to be used."""
    read_session()
    where = _place(accounts)
    beside = None if secrets is None else secrets.resolve()
    with open_book(where, beside) as book:
        ticket = book.log_in(account, password, code, bound=this_user())
    if isinstance(ticket, Refused):
        return ticket
    log_out()
    held = HeldSession(where, beside, ticket)
    write_session(held)
    return held


def log_out() -> str | None:
    """End the session of this user and forget it; returns whose it was, None where nobody was logged in."""
    held = read_session()
    if held is None:
        return None
    remove_session()
    with open_book(held.accounts, held.secrets) as book:
        book.log_out(held.ticket)
    return held.ticket.account


@contextmanager
def open_own_session() -> Iterator[tuple[AccountBook, HeldSession]]:
    """Open the book of accounts of this user's session, which goes on; APP-175: it is over; APP-177: there is none."""
    held = read_session()
    if held is None:
        raise UserError(fault("APP-177"))
    with open_book(held.accounts, held.secrets) as book:
        seen = book.seen(held.ticket)
        if isinstance(seen, Ending):
            remove_session()
            raise UserError(fault("APP-175", held.ticket.account, found=seen.value))
        held = replace(held, ticket=seen)
        write_session(held)
        yield book, held


@dataclass(frozen=True, slots=True)
class OwnSession:
    """This user's session: whose, in which ledger of accounts, over when nothing more is asked, over in any case."""

    person: LogIn
    accounts: str
    idle_end: datetime
    end: datetime


def own_session() -> OwnSession:
    """Return this user's session; APP-175: it is over; APP-177: there is none."""
    with open_own_session() as (book, held):
        idle_end, end = book.ends(held.ticket)
        return OwnSession(_person(book, held), held.accounts, idle_end, end)


def logged_in() -> LogIn | None:
    """Return the person of this user's session; None where nobody is logged in. APP-175: the session is over."""
    if read_session() is None:
        return None
    with open_own_session() as (book, held):
        return _person(book, held)


def prove_anew(password: str = "", code: str = "") -> LogIn | Refused:
    """Let the person of this user's session prove the components anew, as a signature needs it.

    Both components the first time in a session, at least one after that; a wrong one counts as a failed log-in.
    """
    with open_own_session() as (book, held):
        return book.prove_anew(held.ticket, password, code)


@contextmanager
def administering(accounts: str, password: str, code: str) -> Iterator[tuple[AccountBook, Administrator]]:
    """Open the book for the administrator of this user's session, with the components proved anew for one act.

    APP-244: the session is in another ledger of accounts than the one named.
    """
    with open_own_session() as (book, held):
        if _place(accounts) != held.accounts:
            raise UserError(fault("APP-244", accounts, expected=held.accounts))
        yield book, Administrator(held.ticket, password, code)


def change_role(
    accounts: str, secrets: Path | None, account: str, ledger: str, trial: str | None, *,
    role: str, site: str | None, reason: str, arms: str = "not_stated", revoke: bool = False,
) -> Ruling:  # fmt: skip
    """Let the logged-in person grant a role in a trial to an open account, or take it back; the trial decides.

    arms: what a grant says of the person's knowledge of arms, a value of `ArmAccess`.

    APP-063: no such role; APP-171: no such account, or for a grant a closed one.
    """
    with open_book(accounts, secrets) as book:
        known = open_account_named(book, account, closed_too=revoke)
    held = role_of(role)
    command: Any = GrantAccess(account, known.printed_name, held, site, ArmAccess(arms))
    if revoke:
        command = RevokeAccess(account, held, site)
    with open_ledger(ledger) as opened:
        name = only_trial(opened, trial)
    with open_acting(ledger, name, NOBODY, command=command) as (session, acting, moment):
        return act_in(session, command, acting, moment, reason)


def _place(accounts: str) -> str:
    """Return where a ledger of accounts is, wherever the command is given."""
    return accounts if "://" in accounts else str(Path(accounts).resolve())


def _person(book: AccountBook, held: HeldSession) -> LogIn:
    person = book.person_of(held.ticket)
    if isinstance(person, Ending):
        raise UserError(fault("APP-175", held.ticket.account, found=person.value))
    return person


def who_acts(
    state: TrialState, command: Any = None, identity: Identity = NOBODY, *, person: LogIn | None = None
) -> Acting | None:
    """Return who acts in a trial; None where nobody says who, which only a rehearsal allows.

    command: what is to be asked; None to read. It decides among the roles and sites of a person with several grants.
    person:  who is logged in; asked of this user's session unless given.

    APP-176: a typed identity in a trial of logged-in persons; APP-177: nobody is logged in; APP-178: a role that is not granted;
    APP-179: several grants, and none is chosen; APP-080: a typed identity without role or account.
    """
    persons_only = asks_log_in(state, command)
    if identity.is_typed:
        if persons_only:
            raise UserError(fault("APP-176", state.trial or "-"))
        return _typed(identity)
    person = person or logged_in()
    if person is not None:
        return Acting(_granted(state, command, identity, person), person)
    if persons_only:
        raise UserError(fault("APP-177"))
    if identity.role is not None:
        raise UserError(fault("APP-080", state.trial))
    return None


def held_roles(state: TrialState, account: str) -> tuple[Grant, ...]:
    """Return the roles in which an account may act in a trial; every one in a rehearsal that keeps no accesses."""
    if state.accounts or is_real(state, None):
        known = state.accounts.get(account)
        return known.grants if known is not None else ()
    never_granted = {Role.ADMINISTRATOR, Role.SYSTEM}
    return tuple(Grant(role, None) for role in sorted(Role) if role not in never_granted)


def act_in(
    session: TrialSession, command: Any, acting: Acting, at: Instant, reason: str = "", request_id: str = ""
) -> Ruling:
    """Submit one request of a person to an open trial; where it carries signatures, a receipt is written of it."""
    signs, ledger = bool(signatures_in(command)) or isinstance(command, GiveSignature), session.ledger
    if signs:
        prepare(ledger.place, ledger, session.trial)
    request = Request(command, acting.actor, at, reason=reason, id=request_id, log_in=acting.log_in)
    decision = session.submit(request)
    if signs and isinstance(decision, Accepted):
        anchor(ledger.place, ledger, session.trial, Occasion.SIGNATURE)
    return decision


@dataclass(frozen=True, slots=True)
class AskedAct:
    """One act among several: what is asked, when it happens, why, and the identifier under which it is carried out once."""

    command: Any
    at: Instant
    reason: str = ""
    request_id: str = ""


def submit_many(
    session: TrialSession, acting: Acting, asked: Iterable[AskedAct]
) -> tuple[Ruling | UserError | ConflictError, ...]:
    """Submit acts of one person one after another and return what came of each, in their order.

    Each is decided as the trial stands after those before it and is durable by itself: one that is refused, or whose
    identifier was another act's, keeps no other from being carried out. The session is the caller's for all of them.
    """
    answers: list[Ruling | UserError | ConflictError] = []
    for one in asked:
        try:
            answers.append(act_in(session, one.command, acting, one.at, one.reason, one.request_id))
        except (UserError, ConflictError) as error:
            answers.append(error)
    return tuple(answers)


@contextmanager
def open_acting(
    ledger: str,
    trial: str,
    identity: Identity,
    *,
    command: Any = None,
    at: str | None = None,
    zone: str | None = None,
    now: str | None = None,
    rehearsal: bool = False,
    create: bool = False,
) -> Iterator[tuple[TrialSession, Acting, Instant]]:
    """Open a trial for whoever is logged in, or in a rehearsal for a typed person; with the moment of the act.

    command:   the first one that will be asked; it may register the trial.
    at, zone:  when the act happens, now by the trial's clock unless given; now: see `trial_session`.
    rehearsal: refuse a trial that is none (APP-243). APP-080: nobody says who acts.
    """
    stated = moment_of(at, zone) if at is not None else None
    with trial_session(ledger, trial, create=create, command=command, now=now, at=stated) as session:
        if rehearsal and is_real(session.state, command):
            raise UserError(fault("APP-243", trial))
        acting = who_acts(session.state, command, identity)
        if acting is None:
            raise UserError(fault("APP-080", trial))
        yield session, acting, stated or moment_of(None, zone, session.now())


def who_reads(ledger: str, trial: str | None, identity: Identity) -> Acting | None:
    """Return who reads a trial in a ledger; None where nobody says who, which only a rehearsal allows."""
    with open_ledger(ledger) as opened:
        name = only_trial(opened, trial)
        journal = Journal(opened, codec())
        state = fold((*islice(journal.events(name), 1), *journal.events(name, after=1, streams=("account/",))))
    return who_acts(state, None, identity)


def _typed(identity: Identity) -> Acting:
    if identity.role is None or identity.account is None:
        raise UserError(fault("APP-080"))
    return Acting(Actor(identity.account, role_of(identity.role), identity.site, identity.printed_name))


def _granted(state: TrialState, command: Any, identity: Identity, person: LogIn) -> Actor:
    """Return a logged-in person in the one granted role and site that is meant."""
    asked = None if identity.role is None else role_of(identity.role)
    if not state.accounts:  # a trial to be registered, or one that keeps no accesses
        return Actor(person.account, asked or Role.SPONSOR, identity.site, person.printed_name)
    known = state.accounts.get(person.account)
    held = known.grants if known is not None else ()
    fitting = [item for item in held if asked in {None, item.role} and identity.site in {None, item.site}]
    if not fitting:
        raise UserError(fault("APP-178", person.account, expected=_shown(held) or "-", found=_meant(asked, identity)))
    grant = _only(_useful(state, command, fitting))
    if grant is None:
        raise UserError(fault("APP-179", person.account, expected=_shown(tuple(fitting))))
    return Actor(person.account, grant.role, grant.site, person.printed_name)


def _useful(state: TrialState, command: Any, grants: list[Grant]) -> list[Grant]:
    """Return the grants that may give a command at its site; all of them where none may, or nothing is asked."""
    if command is None:
        return grants
    site = site_of(state, command)
    may = [item for item in grants if item.role in ROLES[type(command)]] or grants
    return [item for item in may if site is None or item.site in {None, site}] or may


def _only(grants: list[Grant]) -> Grant | None:
    """Return the one grant, or the one of a role at every site that covers the others of that role."""
    if len(grants) == 1:
        return grants[0]
    everywhere = [item for item in grants if item.site is None]
    return everywhere[0] if len({item.role for item in grants}) == 1 and everywhere else None


def _shown(grants: tuple[Grant, ...]) -> str:
    return ", ".join(item.role.value if item.site is None else f"{item.role} @ {item.site}" for item in grants)


def _meant(role: Role | None, identity: Identity) -> str:
    return " @ ".join(item for item in (role, identity.site) if item) or "-"
