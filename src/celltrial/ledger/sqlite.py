"""The ledger in one SQLite file: write-ahead log, every commit flushed to disk before it is acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from celltrial.ledger.drafting import chain_entries, check_append, check_head, is_trial, repeated
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Context, Entry, Head, Selection
from celltrial.ledger.record import Record, genesis, parse_line
from celltrial.ledger.selecting import conditions, in_order, next_start
from celltrial.ledger.sqlite_file import connect, translated

__all__ = ["SqliteLedger"]

_PAGE: Final = 2000
_INSERT: Final = "INSERT INTO record (line, hash) VALUES (?, ?)"
_BY_CAUSE: Final = "SELECT line, hash FROM record WHERE trial = ? AND cause = ? AND cause <> '' ORDER BY position"
_VERSION: Final = "SELECT max(version) FROM record WHERE trial = ? AND stream = ?"
_HEAD: Final = "SELECT position, hash, recorded FROM head WHERE trial = ?"
_LINES: Final = "SELECT line, hash FROM record WHERE trial = ? AND position > ? ORDER BY position LIMIT 4000"
_TRIALS: Final = "SELECT trial FROM head UNION SELECT DISTINCT trial FROM record"


class SqliteLedger:
    """Records in a SQLite file, shared by processes; safe to use from several threads.

    path:   the file.   create: make it where it is absent.   clock: source of recording times.
    """

    def __init__(self, path: Path, *, create: bool = False, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._connection = connect(path, create=create)

    @property
    def place(self) -> str:
        """Where it is."""
        return str(self._path)

    def append(
        self, trial: str, expected_position: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write all entries or none; see `port.Ledger.append`."""
        check_append(trial, entries, context)
        with self._transaction():
            head = self._head(trial)
            before = self._caused_by(trial, context.cause)
            if before:
                return repeated(before, expected_position, head, entries, context)
            check_head(trial, expected_position, head)
            pairs = chain_entries(
                trial, head, lambda stream: self._version(trial, stream), entries, context, self._clock
            )
            self._connection.executemany(_INSERT, [(line, record.hash) for record, line in pairs])
            return tuple([record for record, _ in pairs])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the write lock from the first look to the commit."""
        with self._lock, translated(self.place):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _version(self, trial: str, stream: str) -> int:
        (version,) = self._connection.execute(_VERSION, (trial, stream)).fetchone()
        return version or 0

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
        where, values = conditions(trial, selection, "?")
        last = selection.after
        query = f"SELECT line, hash, position FROM record WHERE {where} ORDER BY position LIMIT {_PAGE}"  # noqa: S608 - no value in it
        while page := self._fetch(query, values):
            for line, stored_hash, _ in page:
                yield parse_line(line, stored_hash)
            values[-1] = last = next_start(last, page[-1][2], self.place)

    def _fetch(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._lock, translated(self.place):
            return self._connection.execute(query, values).fetchall()

    def caused_by(self, trial: str, cause: str) -> tuple[Record, ...]:
        """Return what the request of this identifier wrote."""
        with self._lock, translated(self.place):
            return self._caused_by(trial, cause)

    def _caused_by(self, trial: str, cause: str) -> tuple[Record, ...]:
        rows = self._connection.execute(_BY_CAUSE, (trial, cause)).fetchall() if cause else ()
        return tuple([parse_line(*row) for row in rows])

    def head(self, trial: str) -> Head:
        """Return the end of the trial's chain."""
        with self._lock, translated(self.place):
            return self._head(trial)

    def _head(self, trial: str) -> Head:
        row = self._connection.execute(_HEAD, (trial,)).fetchone()
        return Head(0, genesis(trial)) if row is None else Head(*row)

    def trials(self) -> tuple[str, ...]:
        """Return every trial that has records, sorted."""
        return tuple(sorted(name for (name,) in self._fetch(_TRIALS, ()) if is_trial(name)))

    def lines(self, chain: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield line and hash of every record of a chain as stored.

        A page begins after as many records as came before it: where a position is left out, records come twice, and
        who walks the chain sees the gap before.
        """
        last = 0
        while page := self._stored(chain, last):
            yield from page
            last += len(page)

    def _stored(self, chain: str, after: int) -> list[tuple[bytes, bytes]]:
        with self._lock, translated(self.place):
            self._connection.text_factory = bytes
            try:
                return self._connection.execute(_LINES, (chain, after)).fetchall()
            finally:
                self._connection.text_factory = str

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
