"""What is known of the accounts of an installation, and how facts change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.folding import put, without
from celltrial.conduct.facts.log_in import events


@dataclass(frozen=True, slots=True)
class Person:
    """The account of one person.

    password_is_own: whether nobody else knows the password, because its owner set it.
    administers: whether the person administers accounts.
    issued: when another person set the password last; None where its owner did, or the installation for its first administrator.
    failures:  failed attempts in a row.
    last_step: step of the last one-time code; this one and earlier ones are not taken again.
    """

    account: str
    printed_name: str
    signs: bool
    administers: bool = False
    has_password: bool = False
    password_is_own: bool = False
    issued: datetime | None = None
    has_second_factor: bool = False
    failures: int = 0
    is_locked: bool = False
    locked_until: datetime | None = None
    last_step: int = -1
    is_closed: bool = False

    def locked_at(self, now: datetime) -> bool:
        """Tell whether nobody may log in now."""
        return self.is_locked and (self.locked_until is None or now < self.locked_until)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that nothing has ended yet.

    session:    its name: a digest of the secret that opens it.
    components: what was proved last, at log-in or at a signature; `proved` when.
    administered: when both components were last proved to administer accounts; None where they never were.
    """

    session: str
    account: str
    opened: datetime
    components: tuple[str, ...]
    proved: datetime
    has_signed: bool = False
    administered: datetime | None = None


@dataclass(frozen=True, slots=True)
class JustifiedBy:
    """A signature under the justification of a clause: what was signed, by whom under which printed name, and when."""

    fact: events.JustificationSigned
    printed_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every account there ever was, the open sessions, when the last failed attempts of all were, oldest first, and the justifications that were signed."""

    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    sessions: Mapping[str, OpenSession] = field(default_factory=lambda: MappingProxyType({}))
    failures: tuple[datetime, ...] = ()
    justified: tuple[JustifiedBy, ...] = ()


MINUTE: Final = timedelta(minutes=1)
"""How long failed attempts are remembered together."""
NO_ACCOUNTS: Final = Accounts()


def _person(accounts: Accounts, account: str, **changes: Any) -> Accounts:
    if account not in accounts.people:
        return accounts
    return replace(accounts, people=put(accounts.people, account, replace(accounts.people[account], **changes)))


def _opened(accounts: Accounts, event: Event[events.AccountOpened]) -> Accounts:
    fact = event.fact
    first = not accounts.people
    person = Person(fact.account, fact.printed_name, fact.signs, administers=first)
    return replace(accounts, people=put(accounts.people, fact.account, person))


def _password_set(accounts: Accounts, event: Event[events.PasswordSet]) -> Accounts:
    account = event.fact.account
    if event.actor.id == account:
        return _person(accounts, account, has_password=True, password_is_own=True, issued=None)
    issued = None if event.actor.id == "installation" else event.occurred.utc
    changed = replace(accounts, sessions=_others(accounts, account))
    return _person(changed, account, has_password=True, password_is_own=False, issued=issued, has_second_factor=False)


def _others(accounts: Accounts, account: str) -> Mapping[str, OpenSession]:
    """Return the sessions of everybody else."""
    return MappingProxyType({key: item for key, item in accounts.sessions.items() if item.account != account})


def _logged_in(accounts: Accounts, event: Event[events.LoggedIn]) -> Accounts:
    fact = event.fact
    moment = event.occurred.utc
    session = OpenSession(fact.session, fact.account, moment, fact.components, moment)
    changed = replace(accounts, sessions=put(accounts.sessions, fact.session, session))
    return _proved(changed, fact.account, fact.step)


def _proved(accounts: Accounts, account: str, step: int | None) -> Accounts:
    last = accounts.people[account].last_step
    changes = {"failures": 0, "is_locked": False, "locked_until": None}
    return _person(accounts, account, last_step=last if step is None else max(last, step), **changes)


def _signing(accounts: Accounts, event: Event[events.SigningProved]) -> Accounts:
    fact = event.fact
    held = accounts.sessions[fact.session]
    session = replace(held, has_signed=True, components=fact.components, proved=event.occurred.utc)
    return _proved(replace(accounts, sessions=put(accounts.sessions, fact.session, session)), fact.account, fact.step)


def _justified(accounts: Accounts, event: Event[events.JustificationSigned]) -> Accounts:
    name = accounts.people[event.fact.account].printed_name
    return replace(accounts, justified=(*accounts.justified, JustifiedBy(event.fact, name, event.occurred.utc)))


def _failed(accounts: Accounts, event: Event[events.LogInFailed]) -> Accounts:
    moment = event.occurred.utc
    recent = tuple(item for item in accounts.failures if moment - item < MINUTE)
    changed = replace(accounts, failures=(*recent, moment))
    return _person(changed, event.fact.account, failures=event.fact.failures)


def _closed(accounts: Accounts, event: Event[events.AccountClosed]) -> Accounts:
    account = event.fact.account
    return _person(replace(accounts, sessions=_others(accounts, account)), account, is_closed=True, administers=False)


def _administering(accounts: Accounts, event: Event[events.AdministrationProved]) -> Accounts:
    fact, moment = event.fact, event.occurred.utc
    held = accounts.sessions[fact.session]
    both = len(fact.components) == 2
    session = replace(
        held, administered=moment if both else held.administered, components=fact.components, proved=moment
    )
    return _proved(replace(accounts, sessions=put(accounts.sessions, fact.session, session)), fact.account, fact.step)


EVOLVERS: Final[Mapping[type[Any], Callable[[Accounts, Event[Any]], Accounts]]] = MappingProxyType(
    {
        events.AccountOpened: _opened,
        events.PasswordSet: _password_set,
        events.SecondFactorSet: lambda a, e: _person(a, e.fact.account, has_second_factor=True, last_step=-1),
        events.LoggedIn: _logged_in,
        events.LogInFailed: _failed,
        events.AccountLocked: lambda a, e: _person(a, e.fact.account, is_locked=True, locked_until=e.fact.until),
        events.AccountUnlocked: lambda a, e: _person(a, e.fact.account, is_locked=False, locked_until=None, failures=0),
        events.SessionEnded: lambda a, e: replace(a, sessions=without(a.sessions, e.fact.session)),
        events.SigningProved: _signing,
        events.JustificationSigned: _justified,
        events.AccountClosed: _closed,
        events.AdministrationProved: _administering,
        events.AdministratorMade: lambda a, e: _person(a, e.fact.account, administers=True),
        events.AdministratorEnded: lambda a, e: _person(a, e.fact.account, administers=False),
    }
)
"""Fact type to what it changes; holds every type of `LOG_IN_EVENTS`."""


def evolve_log_in(accounts: Accounts, event: Event[Any]) -> Accounts:
    """Return the accounts after one fact."""
    return EVOLVERS[type(event.fact)](accounts, event)
