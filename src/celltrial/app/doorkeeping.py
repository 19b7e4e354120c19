"""The door of the site: log-ins, sessions and proofs of several persons at once, each on record in the ledger of accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from celltrial.app.accounts import open_book
from celltrial.app.logging_in import AccountBook, Ticket
from celltrial.conduct.envelope import LogIn
from celltrial.conduct.facts.log_in.events import Ending
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.log_in.state import Person
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.ledger.port import SYSTEM_CLOCK, Clock

#: What the sessions of the site are bound to; they open nothing on a command line.
T = TypeVar("T")

BOUND: Final = "site"


class Door:
    """The book of accounts, shared by threads.

    To prove a passphrase takes a while on purpose. It is done with a book of its own, so that nobody else's page waits for it.
    """

    def __init__(
        self,
        accounts: str,
        secrets: Path | None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        settings: LogInSettings | None = None,
    ) -> None:
        self._open = ExitStack()
        self._sessions, self._proofs = (
            self._open.enter_context(open_book(accounts, secrets, clock=clock, settings=settings)) for _ in range(2)
        )
        self._seeing, self._proving = Lock(), Lock()

    def enter(self, account: str, password: str, code: str) -> Ticket | Refused:
        """Open a session; one answer for every wrong component."""
        with self._proving:
            return self._proofs.log_in(account, password, code, bound=BOUND)

    @contextmanager
    def second_person(self, account: str, password: str, code: str) -> Iterator[LogIn | Refused]:
        """Lend the session of a second person at the same device, for one signature; it ends with it."""
        with self._proving:
            ticket = self._proofs.log_in(account, password, code, bound=BOUND, to_sign=True)
            person = None if isinstance(ticket, Refused) else self._proofs.person_of(ticket)
        if isinstance(ticket, Refused):
            yield ticket
            return
        assert isinstance(person, LogIn), "opened just now"
        try:
            yield replace(person, signing=True)
        finally:
            with self._proving:
                self._proofs.log_out(ticket)

    def seen(self, ticket: Ticket, *, touch: bool = True) -> tuple[Ticket, LogIn] | Ending:
        """Return the ticket for the next request and who carries it; or why the session is over.

        touch: whether the person did something, and no page asked by itself.
        """
        with self._seeing:
            seen = self._sessions.seen(ticket, touch=touch)
            if isinstance(seen, Ending):
                return seen
            person = self._sessions.person_of(seen)
            return person if isinstance(person, Ending) else (seen, person)

    def ends(self, ticket: Ticket) -> tuple[datetime, datetime]:
        """Return when a session is over if nothing more is asked in it, and when in any case."""
        with self._seeing:
            return self._sessions.ends(ticket)

    def leave(self, ticket: Ticket) -> None:
        """End a session."""
        with self._seeing:
            self._sessions.log_out(ticket)

    def known(self, account: str) -> Person | None:
        """Return the person of an account."""
        with self._seeing:
            return self._sessions.accounts.people.get(account)

    def prove_anew(self, ticket: Ticket, password: str, code: str) -> LogIn | Refused:
        """Let the person of a session prove again who they are, to sign."""
        with self._proving:
            return self._proofs.prove_anew(ticket, password, code)

    def set_password(self, account: str, password: str, current: str) -> Ruling:
        """Set the passphrase of its owner, who proves the one before it."""
        with self._proving:
            return self._proofs.set_password(account, password, current=current)

    def set_second_factor(self, account: str, password: str, code: str) -> str | Refused:
        """Make a new key of one-time codes; returns its address for an authenticator, shown only now."""
        with self._proving:
            return self._proofs.set_second_factor(account, password=password, code=code)

    def administer(self, act: Callable[[AccountBook], T]) -> T:
        """Let an act of an administrator have the book."""
        with self._proving:
            return act(self._proofs)

    def close(self) -> None:
        """Let the ledger of accounts go."""
        self._open.close()
