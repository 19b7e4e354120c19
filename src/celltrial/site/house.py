"""The site that this process serves: its ledger, its door, its key. Set once at the start; pages reach it by their visit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from celltrial.app.demonstrating import Demo
from celltrial.app.doorkeeping import Door
from celltrial.app.holding import Trials
from celltrial.app.logging_in import Ticket
from celltrial.app.unsent import Unsent
from celltrial.conduct.envelope import LogIn
from celltrial.conduct.ruling import Refused
from celltrial.site.throttle import Throttle


@dataclass(frozen=True, slots=True)
class House:
    """What the pages are on.

    secure: whether people reach the site through TLS; cookies are for that alone then.
    demo:   the persons of a demonstration; None where people are real.
    unsent: what people typed and have not sent.
    """

    trials: Trials
    door: Door
    secure: bool = False
    demo: Demo | None = None
    unsent: Unsent = field(default_factory=Unsent)
    throttle: Throttle = field(default_factory=Throttle)

    def prove_anew(self, ticket: Ticket, passphrase: str, code: str) -> LogIn | Refused:
        """Let a person prove again who they are, to sign; a person of a demonstration need not type it."""
        if self.demo is not None and ticket.account in self.demo.keys:
            with self.demo.proof(ticket.account) as proof:
                return self.door.prove_anew(ticket, *proof)
        return self.door.prove_anew(ticket, passphrase, code)

    @contextmanager
    def second_person(self, account: str, passphrase: str, code: str) -> Iterator[LogIn | Refused]:
        """Lend the session of a second person for one signature; a person of a demonstration need not type the components."""
        if self.demo is not None and account in self.demo.keys:
            with self.demo.proof(account) as proof, self.door.second_person(account, *proof) as person:
                yield person
            return
        with self.door.second_person(account, passphrase, code) as person:
            yield person


_houses: list[House] = []


def open_house(house: House) -> None:
    """Let the pages of this process stand on a house; the one before it, of an earlier test, is forgotten."""
    _houses[:] = [house]


def the_house() -> House:
    """Return the house of this process."""
    return _houses[0]
