"""The ledger as the rest of the house sees it: append, read, head, trials; nothing else exists.

There is no update and no delete. Three adapters keep this promise, and one
contract suite holds them to it: memory, SQLite, PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, Self

from celltrial.conduct.envelope import Actor, Precision
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault
from celltrial.ledger.record import Record


@dataclass(frozen=True, slots=True)
class Clock:
    """Where recording times come from: a name that is stored with every record, and the reading."""

    name: str
    now: Callable[[], datetime]


SYSTEM_CLOCK = Clock("system", lambda: datetime.now(UTC))


class Entry(NamedTuple):
    """One fact to be remembered, already encoded: its stored `type` and its `payload` of plain JSON values.

    actor, reason: whose it is and why, where that is not what the context says.
    """

    stream: str
    type: str
    payload: dict[str, Any]
    occurred: Instant
    precision: Precision = Precision.SECOND
    actor: Actor | None = None
    reason: str | None = None


class Context(NamedTuple):
    """What all entries of one append share: who, why, which request, under which protocol version."""

    actor: Actor
    reason: str = ""
    cause: str = ""
    protocol_version: str = ""


class Head(NamedTuple):
    """Where a trial's chain ends; position 0 and the genesis hash where nothing was written."""

    position: int
    hash: str
    recorded: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records to read.

    after:       only positions above this one.
    streams:     exact stream names; a name that ends in "/" stands for every stream below it. Empty: all.
    as_known:    only what the ledger had taken at this moment (recorded <= cut).
    as_occurred: only what had happened by this moment (occurred <= cut), whenever it became known.
    """

    after: int = 0
    streams: tuple[str, ...] = ()
    as_known: datetime | None = None
    as_occurred: datetime | None = None


class Ledger(AbstractContextManager["Ledger"], Protocol):
    """An append-only store of hash-chained records; one chain for each trial."""

    @property
    def place(self) -> str:
        """Where it is, as a person would name it; never with a password."""
        ...

    def append(
        self, trial: str, expected_position: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write all entries or none, and return their records once they are durable.

        expected_position: the trial's head that the caller decided on. Another head raises
        ConflictError (LDG-010): read again, decide again. A `cause` that was carried out before
        returns the records of that time and writes nothing; with other content it raises LDG-011.
        """
        ...

    def read(
        self,
        trial: str,
        *,
        after: int = 0,
        streams: Sequence[str] = (),
        as_known: datetime | None = None,
        as_occurred: datetime | None = None,
    ) -> Iterator[Record]:
        """Yield records in order of position; the arguments are those of `Selection`."""
        ...

    def caused_by(self, trial: str, cause: str) -> tuple[Record, ...]:
        """Return what the request of this identifier wrote; empty where it wrote nothing."""
        ...

    def head(self, trial: str) -> Head:
        """Return the end of the trial's chain."""
        ...

    def trials(self) -> tuple[str, ...]:
        """Return every trial that has records, sorted."""
        ...

    def lines(self, chain: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield line and hash of every record of a chain as stored, for verification."""
        ...

    def close(self) -> None:
        """Release what the adapter holds; a closed ledger is not used again."""
        ...


class Store(Ledger, Protocol):
    """A ledger as verification, backup and restore see it; conduct never does."""

    def __enter__(self) -> Self:
        """Enter as itself."""
        ...

    def examine(self) -> tuple[Fault, ...]:
        """Return what is wrong with the store itself: tables, triggers, indexes; nothing where all is as laid out."""
        ...

    def take(self, chain: str, lines: Iterable[tuple[bytes, bytes]]) -> int:
        """Write a whole chain that has no record here, line and hash as stored elsewhere; return how many records.

        All or nothing. The store refuses a line that does not continue the chain; hashes are verified by the caller.
        """
        ...
