"""The ledger on PostgreSQL: for many sites; two writers of one trial meet at the row of its head."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from celltrial.ledger.drafting import chain_entries, check_append, check_head, is_trial, repeated
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Context, Entry, Head, Selection
from celltrial.ledger.postgres_server import connect, place_of, translated
from celltrial.ledger.record import Record, genesis, parse_line
from celltrial.ledger.selecting import conditions, in_order, next_start

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresLedger"]

_PAGE: Final = 2000
_TABLE: Final = "celltrial_ledger.record"
_LOCK_HEAD: Final = "SELECT position, hash, recorded FROM celltrial_ledger.head WHERE trial = %s FOR UPDATE"
_HEAD: Final = "SELECT position, hash, recorded FROM celltrial_ledger.head WHERE trial = %s"
_VERSIONS: Final = f"SELECT stream, max(version) FROM {_TABLE} WHERE trial = %s AND stream = ANY(%s) GROUP BY stream"  # noqa: S608
_BY_CAUSE: Final = (
    f"SELECT line::text, hash FROM {_TABLE} WHERE trial = %s AND cause = %s AND cause <> '' ORDER BY position"  # noqa: S608
)
_INSERT: Final = f"INSERT INTO {_TABLE} (line, hash) SELECT * FROM unnest(%s::json[], %s::text[])"  # noqa: S608
_LINES: Final = (
    "SELECT convert_to(line::text, 'UTF8'), convert_to(hash, 'UTF8'), position"  # noqa: S608 - a constant
    f" FROM {_TABLE} WHERE trial = %s AND position > %s ORDER BY position LIMIT 4000"
)
_TRIALS: Final = f"SELECT trial FROM celltrial_ledger.head UNION SELECT DISTINCT trial FROM {_TABLE}"  # noqa: S608


class PostgresLedger:
    """Records in a PostgreSQL database, shared by servers; safe to use from several threads.

    address: `postgresql://user@host:port/database`.   create: make the tables where they are absent.
    A connection that broke is made anew by the next call.
    """

    def __init__(self, address: str, *, create: bool = False, clock: Clock = SYSTEM_CLOCK) -> None:
        self._address = address
        self._clock = clock
        self._lock = threading.RLock()
        self._connected = connect(address, create=create)

    @property
    def place(self) -> str:
        """Where it is, without user and password."""
        return place_of(self._address)

    @property
    def _connection(self) -> psycopg.Connection[Any]:
        if self._connected.closed:
            self._connected = connect(self._address, create=False)
        return self._connected

    def append(
        self, trial: str, expected_position: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write all entries or none; see `port.Ledger.append`."""
        check_append(trial, entries, context)
        streams = sorted({entry.stream for entry in entries})
        with self._lock, translated(self.place, trial), self._transaction() as connection:
            with connection.pipeline():
                head_row = connection.execute(_LOCK_HEAD, (trial,))
                cause_rows = connection.execute(_BY_CAUSE, (trial, context.cause))
                version_rows = connection.execute(_VERSIONS, (trial, streams))
            head = Head(*(head_row.fetchone() or (0, genesis(trial), "")))
            before = [parse_line(*row) for row in cause_rows]
            if before:
                return repeated(before, expected_position, head, entries, context)
            check_head(trial, expected_position, head)
            versions = dict(version_rows.fetchall())
            pairs = chain_entries(trial, head, lambda stream: versions.get(stream, 0), entries, context, self._clock)
            for start in range(0, len(pairs), _PAGE):
                part = pairs[start : start + _PAGE]
                connection.execute(_INSERT, ([line for _, line in part], [record.hash for record, _ in part]))
            return tuple(record for record, _ in pairs)

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        connection = self._connection
        with connection.transaction():
            yield connection

    def read(
        self,
        trial: str,
        *,
        after: int = 0,
        streams: Sequence[str] = (),
        as_known: datetime | None = None,
        as_occurred: datetime | None = None,
    ) -> Iterator[Record]:
        """Return records in order of position; see `port.Ledger.read`."""
        selection = Selection(max(after, 0), tuple(streams), as_known, as_occurred)
        return in_order(self._select(trial, selection), trial, selection, self.place)

    def _select(self, trial: str, selection: Selection) -> Iterator[Record]:
        where, values = conditions(trial, selection, "%s")
        last = selection.after
        query = f"SELECT line::text, hash, position FROM {_TABLE} WHERE {where} ORDER BY position LIMIT {_PAGE}"  # noqa: S608 - no value in it
        while page := self._fetch(query, values):
            for line, stored_hash, _ in page:
                yield parse_line(line, stored_hash)
            values[-1] = last = next_start(last, page[-1][2], self.place)

    def _fetch(self, query: str, values: Sequence[object], *, binary: bool = False) -> list[Any]:
        with self._lock, translated(self.place):
            return self._connection.execute(query.encode(), values, binary=binary).fetchall()

    def caused_by(self, trial: str, cause: str) -> tuple[Record, ...]:
        """Return what the request of this identifier wrote."""
        return tuple(parse_line(*row) for row in self._fetch(_BY_CAUSE, (trial, cause))) if cause else ()

    def head(self, trial: str) -> Head:
        """Return the end of the trial's chain."""
        found = self._fetch(_HEAD, (trial,))
        return Head(*found[0]) if found else Head(0, genesis(trial))

    def trials(self) -> tuple[str, ...]:
        """Return every trial that has records, sorted."""
        return tuple(sorted(name for (name,) in self._fetch(_TRIALS, ()) if is_trial(name)))

    def lines(self, chain: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield line and hash of every record of a chain as stored."""
        last = 0
        while page := self._fetch(_LINES, (chain, last), binary=True):
            for line, stored_hash, _ in page:
                yield line, stored_hash
            last = next_start(last, page[-1][2], self.place)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connected.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
