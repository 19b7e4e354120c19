"""A whole trial for those who read it: every record is taken from the ledger once, verified, decoded and folded.

    whole = read_whole("trial.db", None)
    whole.check.holds, whole.events, whole.state

A report, tables or a history need the verification, the events and the state; to ask the ledger for each, and again for the
record of the copy, took four passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from celltrial.app.session import codec, only_trial
from celltrial.app.snapshots import keep, opened_at
from celltrial.conduct.acts.account.blinding import broken_to, is_blinded, without_closed
from celltrial.conduct.envelope import Actor, Event
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.state import TrialState
from celltrial.ledger.chain import Verification, verify
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import Ledger, Selection
from celltrial.ledger.record import Record, parse_line
from celltrial.ledger.replay import replay
from celltrial.ledger.selecting import in_order

#: How often a trial is read again because somebody wrote meanwhile; what is found after that is said.
_ATTEMPTS: Final = 8


@dataclass(frozen=True)
class WholeTrial:
    """A trial as it stood when it was read.

    check:  the verification of its records and signatures.
    events: every event in order.
    """

    name: str
    check: Verification
    events: list[Event[Any]]
    lines: list[tuple[bytes, bytes]]

    @cached_property
    def state(self) -> TrialState:
        """What the events fold to."""
        return fold(self.events)

    def head_at(self, position: int) -> str:
        """Return the hash of a record; "" for the place before the first."""
        return self.lines[position - 1][1].decode() if position else ""

    def records(self) -> Iterator[Record]:
        """Yield the records as stored."""
        parsed = (parse_line(line.decode(), stored.decode()) for line, stored in self.lines)
        return in_order(parsed, self.name, Selection(), self.name)


def read_whole(where: str, trial: str | None) -> WholeTrial:
    """Return a trial of a ledger, the one that is meant; APP-021 where that is not clear."""
    with reading_whole(where, trial) as (_, whole):
        return whole


@contextmanager
def reading_whole(where: str, trial: str | None) -> Iterator[tuple[Ledger, WholeTrial]]:
    """Read a whole trial, with the ledger still open for what else is in it, such as signatures."""
    with open_ledger(where) as ledger:
        name = only_trial(ledger, trial)
        lines, check = _read(ledger, name)
        yield ledger, WholeTrial(name, check, list(replay(ledger, codec(), name, lines)), lines)


def _read(ledger: Ledger, name: str) -> tuple[list[tuple[bytes, bytes]], Verification]:
    """Return the stored lines with their verification; again where somebody wrote between two looks at the ledger."""
    for _ in range(_ATTEMPTS):
        head = ledger.head(name)
        lines = list(ledger.lines(name))
        check = verify(ledger, name, held=(lines, head))
        if check.holds or ledger.head(name) == head:
            break
    return lines, check


def state_for(where: str, trial: str | None, reader: Actor | None) -> tuple[str, TrialState, TrialState]:
    """Return the trial that is meant, its state, and the state as a reader may see it, without arms where blinded.

    A snapshot saves the fold of what came before it; what reveals an arm is taken from events, so that for a blinded
    reader all of them are read.
    """
    with open_ledger(where) as ledger:
        name, journal = only_trial(ledger, trial), Journal(ledger, codec())
        start = opened_at(ledger, name)
        events = list(journal.events(name, after=start.position))
        state = fold(events, start)
        keep(ledger, name, state, start)
        if reader is None or not is_blinded(state, reader):
            return name, state, state
        every = list(journal.events(name)) if start.position else events
        return name, state, fold(without_closed(every, reader.role, broken_to(every, reader.id)))
