"""A demonstration of the site: a virtual trial in mid-course, and one marked person for each role to look around as.

It is a rehearsal in a folder of its own, and it says so on every page. Its persons log in at the same door as real ones; the
demonstration holds their passphrase and their authenticators, so that nobody has to.
"""

from __future__ import annotations

import secrets
from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Final
from urllib.parse import parse_qs, urlparse

from celltrial.app.credentials import FileCredentials
from celltrial.app.logging_in import AccountBook, Administrator, Ticket, open_accounts
from celltrial.app.planning import open_protocol
from celltrial.app.session import TrialSession, open_session
from celltrial.app.simulating import simulate_into
from celltrial.conduct.acts.account.commands import GrantAccess
from celltrial.conduct.envelope import Actor, Request, Role
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.core.dates import Instant
from celltrial.core.errors import DefectError
from celltrial.core.progress import Progress
from celltrial.ledger.port import Clock

#: The protocol of the demonstration, in the package itself.
EXAMPLE: Final = "bcma-car-t-escalation.yaml"
#: The virtual trial runs so long, up to yesterday: today somebody whose cells are there is due for infusion, others wait for theirs.
_DAYS: Final = 512
_SEED: Final = 3
#: A passphrase of the demonstration guards nothing.
_COST: Final = 2**10
_STEP: Final = timedelta(seconds=30)
#: Nobody is logged out in the midst of looking around.
SETTINGS: Final = LogInSettings(idle=timedelta(hours=10), longest=timedelta(hours=12))


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person to look around as."""

    account: str
    printed_name: str
    role: Role
    site: str | None


def demo_persons(sites: tuple[str, ...]) -> tuple[DemoPerson, ...]:
    """Return one person for each role, and those of a site for two sites."""
    at_site = (Role.COORDINATOR, Role.INVESTIGATOR, Role.NURSE)
    central = [role for role in Role if role not in {*at_site, Role.ADMINISTRATOR, Role.SYSTEM}]
    found = [(role, site) for site in sites[:2] for role in at_site] + [(role, None) for role in central]
    return tuple(
        DemoPerson(
            f"demo.{role.value}" + (f".{site}" if site else ""),
            "Demo " + role.value.replace("_", " ") + (f" {site}" if site else ""),
            role,
            site,
        )
        for role, site in found
    )


@dataclass(slots=True)
class Demo:
    """What a demonstration holds of its persons, whose clock at the door goes on with every code, because a code is taken once."""

    persons: tuple[DemoPerson, ...] = ()
    passphrase: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    keys: dict[str, bytes] = field(default_factory=dict)
    _ahead: timedelta = timedelta(0)
    _lock: Lock = field(default_factory=Lock)

    @property
    def clock(self) -> Clock:
        """The clock at the door."""
        return Clock("rehearsal", lambda: datetime.now(UTC) + self._ahead)

    @contextmanager
    def proof(self, account: str) -> Iterator[tuple[str, str]]:
        """Lend passphrase and a code that was not taken yet; one proof at a time, or the clock would run past the code."""
        with self._lock:
            self._ahead += _STEP
            yield self.passphrase, code_at(self.keys[account], step_of(self.clock.now()))


def make_demo(folder: Path, progress: Progress) -> tuple[str, str, Demo]:
    """Make ledger and accounts of a demonstration in an empty folder; returns where they are, and its persons."""
    ledger, accounts, demo = folder / "demo.db", folder / "demo.db.accounts", Demo()
    with resources.as_file(resources.files("celltrial.protocol.examples").joinpath(EXAMPLE)) as example:
        protocol = open_protocol(example)
    start = datetime.now(UTC).date() - timedelta(days=_DAYS + 1)
    simulate_into(ledger, protocol, seed=_SEED, scenario=None, years=_DAYS / 365.25, start=start, progress=progress)
    with open_session(ledger, protocol.identification.id) as session:
        demo.persons = demo_persons(tuple(session.state.sites))
        for person in sorted(demo.persons, key=lambda item: item.role is not Role.SPONSOR):  # who grants comes first
            _grant(session, person)
    with open_accounts(
        accounts,
        FileCredentials(Path(f"{accounts}.secrets")),
        create=True,
        clock=demo.clock,
        settings=SETTINGS,
        cost=_COST,
    ) as book:
        _enrol(book, demo)
    return str(ledger), str(accounts), demo


def _grant(session: TrialSession, person: DemoPerson) -> None:
    sponsor = next(item for item in demo_persons(()) if item.role is Role.SPONSOR)
    actor = Actor(sponsor.account, Role.SPONSOR, None, sponsor.printed_name)
    command = GrantAccess(person.account, person.printed_name, person.role, person.site)
    _must(session.submit(Request(command, actor, Instant(session.now()), reason="demonstration")))


def _enrol(book: AccountBook, demo: Demo) -> None:
    """Open the accounts; the first administers, as every installation has it."""
    first = DemoPerson("demo.administrator", "Demo administrator", Role.ADMINISTRATOR, None)
    _secure(book, demo, first.account, book.initialise(first.account, first.printed_name))
    with demo.proof(first.account) as proof:
        ticket = book.log_in(first.account, *proof)
    if not isinstance(ticket, Ticket):
        raise DefectError("nobody may enter the demonstration")
    for person in demo.persons:
        with demo.proof(first.account) as proof:
            by = Administrator(ticket, *proof)
            once = book.open_account(person.account, person.printed_name, signs=True, by=by, reason="demonstration")
        _secure(book, demo, person.account, once)


def _secure(book: AccountBook, demo: Demo, account: str, once: str | Refused) -> None:
    assert isinstance(once, str)
    _must(book.set_password(account, demo.passphrase, current=once))
    address = book.set_second_factor(account, password=demo.passphrase)
    assert isinstance(address, str)
    demo.keys[account] = b32decode(parse_qs(urlparse(address).query)["secret"][0])


def _must(answer: Ruling) -> None:
    if not isinstance(answer, Accepted):
        raise DefectError(f"refused in the demonstration: {answer!r}")
