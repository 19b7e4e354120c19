"""Handlers of accounts: the book of an installation beside its secrets, roles in a trial, who holds what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from celltrial.app.credentials import FileCredentials
from celltrial.app.logging_in import AccountBook, open_accounts
from celltrial.app.session import codec, only_trial
from celltrial.app.simulating import remove_ledger
from celltrial.conduct.facts.account.state import Grant
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.log_in.state import Person
from celltrial.conduct.ruling import Refused
from celltrial.core.errors import UserError, fault
from celltrial.core.values import ABSENT
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import SYSTEM_CLOCK, Clock


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as an administrator sees it; no secret and nothing made of one.

    locked_until: where it is locked for a time; None otherwise.
    grants:       roles in the trial that was asked about.
    """

    account: str
    printed_name: str
    signs: bool
    administers: bool
    state: str
    locked_until: datetime | None
    has_password: bool
    password_is_own: bool
    has_second_factor: bool
    grants: tuple[Grant, ...]


@contextmanager
def open_book(
    where: str,
    secrets: Path | None,
    *,
    create: bool = False,
    clock: Clock = SYSTEM_CLOCK,
    settings: LogInSettings | None = None,
) -> Iterator[AccountBook]:
    """Open a ledger of accounts with its file of secrets, by default `accounts.db.secrets` beside `accounts.db`.

    APP-170: the ledger is no file, and nobody says where the secrets are.
    """
    if secrets is None and "://" in where:
        raise UserError(fault("APP-170", where))
    kept = FileCredentials(secrets or Path(f"{where}.secrets"))
    with open_accounts(where, kept, create=create, clock=clock, settings=settings) as book:
        yield book


def check_log_in(book: AccountBook, account: str, password: str, code: str) -> Refused | None:
    """Log in and out again, both on record; the refusal where the components do not suffice."""
    answer = book.log_in(account, password, code)
    if isinstance(answer, Refused):
        return answer
    book.log_out(answer)
    return None


def initialise(where: str, secrets: Path | None, account: str, printed_name: str) -> str | Refused:
    """Make a ledger of accounts with its first administrator; returns a passphrase for once. A failure leaves no file."""
    begun = [] if "://" in where or Path(where).exists() else [Path(where)]
    try:
        with open_book(where, secrets, create=True) as book:
            answer = book.initialise(account, printed_name)
    except BaseException:
        for path in begun:
            remove_ledger(path)
        raise
    if isinstance(answer, Refused):
        for path in begun:
            remove_ledger(path)
    return answer


def open_account_named(book: AccountBook, account: str, *, closed_too: bool = False) -> Person:
    """Return the person of an open account, or of a closed one too; APP-171 where there is none."""
    known = book.accounts.people.get(account)
    if known is None or (known.is_closed and not closed_too):
        names = ", ".join(sorted(name for name, item in book.accounts.people.items() if not item.is_closed))
        raise UserError(fault("APP-171", account, expected=names or ABSENT))
    return known


def granted_in(ledger: str, trial: str | None) -> dict[str, tuple[Grant, ...]]:
    """Return the roles that each account holds in a trial now."""
    with open_ledger(ledger) as opened:
        name = only_trial(opened, trial)
        state = fold(Journal(opened, codec()).events(name, streams=("account/",)))
    return {account: item.grants for account, item in state.accounts.items()}


def listed(book: AccountBook, now: datetime, grants: dict[str, tuple[Grant, ...]]) -> list[AccountRow]:
    """Return every account there ever was, in order of name."""
    rows = []
    for account, item in sorted(book.accounts.people.items()):
        locked = item.locked_at(now)
        state = "closed" if item.is_closed else "locked" if locked else "open"
        until = item.locked_until if state == "locked" else None
        rows.append(
            AccountRow(
                account, item.printed_name, item.signs, item.administers, state, until, item.has_password, item.password_is_own,
                item.has_second_factor, grants.get(account, ()),
            )
        )  # fmt: skip
    return rows
