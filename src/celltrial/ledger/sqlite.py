"""The ledger in one SQLite file: write-ahead log, every commit flushed to disk before it is acknowledged."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from celltrial.core.errors import Fault
from celltrial.ledger.drafting import chain_entries, check_append, check_head, is_trial, repeated
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Context, Entry, Head, Selection
from celltrial.ledger.record import Record, genesis, parse_line, parse_record
from celltrial.ledger.selecting import conditions, in_order, next_start
from celltrial.ledger.sqlite_file import connect, examine, translated

_PAGE: Final = 2000
_INSERT: Final = "INSERT INTO record (place, line, hash, nth) VALUES (?, ?, ?, ?)"
_BEGIN_CHAIN: Final = "INSERT INTO head (trial, position, hash) VALUES (?, 0, ?) RETURNING number"
_BY_CAUSE: Final = "SELECT line, hash FROM record WHERE chain = ? AND cause = ? AND cause <> '' ORDER BY place"
_VERSION: Final = "SELECT max(version) FROM record WHERE chain = ? AND stream = ?"
# The last record may be damaged, its time no text at all: then its time is not known, and verification names it.
_END: Final = (
    "SELECT number, head.position, head.hash, CASE WHEN json_valid(line) THEN CAST(recorded AS BLOB) END"
    " FROM head LEFT JOIN record ON place = (number << 40) + head.position WHERE head.trial = ?"
)
_LINES: Final = "SELECT line, hash FROM record WHERE place BETWEEN ? AND ? ORDER BY place LIMIT 4000"
# The first records of chains without a head, found by leaps along the key: what lies between two is not read.
_HEADLESS: Final = (
    "WITH RECURSIVE first (place) AS (SELECT min(place) FROM record UNION ALL"
    " SELECT (SELECT min(place) FROM record WHERE place >= ((first.place >> 40) + 1) << 40)"
    " FROM first WHERE first.place IS NOT NULL)"
    " SELECT trial, chain FROM record WHERE place IN (SELECT place FROM first)"
    " AND chain NOT IN (SELECT number FROM head)"
)
_TRIALS: Final = f"SELECT trial FROM head WHERE position > 0 UNION SELECT trial FROM ({_HEADLESS})"  # noqa: S608
_ALL: Final = (1 << 40) - 1


def _place(number: int, position: int) -> int:
    """Return where a record is in the file; the schema says why."""
    return (number << 40) + position


def _text(stored: bytes) -> str:
    """Return a stored text, "" for bytes that are none."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return ""


class _End(NamedTuple):
    """Where a chain ends, with its number in the file and versions of its streams as far as they were looked up."""

    number: int
    head: Head
    versions: dict[str, int]


class SqliteLedger:
    """Records in a SQLite file, shared by processes; safe to use from several threads.

    path:   the file.   create: make it where it is absent.   clock: source of recording times.
    """

    def __init__(self, path: Path, *, create: bool = False, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._connection = connect(path, create=create)
        self._ends: dict[str, _End] = {}

    @property
    def place(self) -> str:
        """Where it is."""
        return str(self._path)

    def append(
        self, trial: str, expected_position: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write all entries or none; see `port.Ledger.append`."""
        check_append(trial, entries, context)
        with self._lock, translated(self.place):
            written = self._append_at_once(trial, expected_position, entries, context)
            return written or self._append_under_lock(trial, expected_position, entries, context)

    def _append_at_once(
        self, trial: str, expected: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write after the end that this ledger left itself, without a look; nothing where that is not the end.

        The database refuses what does not continue the chain because another writer came first, and what a request
        writes a second time; the way under the lock then says what is the case.
        """
        end = self._ends.pop(trial, None)
        if end is None or end.head.position != expected:
            return ()
        try:
            return self._write(trial, end, entries, context)
        except sqlite3.IntegrityError:
            return ()

    def _append_under_lock(
        self, trial: str, expected: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        with self._transaction():
            end = self._end(trial)
            before = self._caused_by(end.number, context.cause)
            if before:
                return repeated(before, expected, end.head, entries, context)
            check_head(trial, expected, end.head)
            if entries and not end.number:
                ((number,),) = self._connection.execute(_BEGIN_CHAIN, (trial, end.head.hash)).fetchall()
                end = end._replace(number=number)
            return self._write(trial, end, entries, context)

    def _write(self, trial: str, end: _End, entries: Sequence[Entry], context: Context) -> tuple[Record, ...]:
        """Insert what continues this end, and remember the new one."""
        number, head, versions = end
        for entry in entries:
            if entry.stream not in versions:
                ((version,),) = self._connection.execute(_VERSION, (number, entry.stream))
                versions[entry.stream] = version or 0
        pairs = chain_entries(trial, head, versions.__getitem__, entries, context, self._clock)
        rows = [
            (_place(number, pair[0].position), pair[1], pair[0].hash, nth) for nth, pair in enumerate(pairs, start=1)
        ]
        if len(rows) == 1:
            self._connection.execute(_INSERT, rows[0])
        elif self._connection.in_transaction:
            self._connection.executemany(_INSERT, rows)
        else:
            with self._transaction():
                self._connection.executemany(_INSERT, rows)
        if pairs:
            last = pairs[-1][0]
            versions |= {record.stream: record.version for record, _ in pairs}
            self._ends[trial] = _End(number, Head(last.position, last.hash, last.recorded), versions)
        return tuple([record for record, _ in pairs])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the write lock from the first look to the commit; who asks for it has the lock, and says what an error means."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

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
        terms, values = conditions(selection, "?")
        # Of some streams only, their index leads to the records: by place every line of the chain would be parsed.
        chain, place = ("chain = ? AND ", "+place") if selection.streams else ("", "place")
        where = " AND ".join([f"{chain}{place} BETWEEN ? AND ?", *terms])
        query = f"SELECT line, hash, place FROM record WHERE {where} ORDER BY {place} LIMIT {_PAGE}"  # noqa: S608 - no value in it
        number = self._number(trial)
        lead = (number,) if chain else ()
        last = _place(number, selection.after)
        while page := self._fetch(query, (*lead, last + 1, _place(number, _ALL), *values)):
            for line, stored_hash, _ in page:
                yield parse_line(line, stored_hash)
            last = next_start(last, page[-1][2], self.place)

    def _fetch(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._lock, translated(self.place):
            return self._connection.execute(query, values).fetchall()

    def caused_by(self, trial: str, cause: str) -> tuple[Record, ...]:
        """Return what the request of this identifier wrote."""
        with self._lock, translated(self.place):
            return self._caused_by(self._end(trial).number, cause)

    def _caused_by(self, number: int, cause: str) -> tuple[Record, ...]:
        rows = self._connection.execute(_BY_CAUSE, (number, cause)).fetchall() if cause else ()
        return tuple([parse_line(*row) for row in rows])

    def head(self, trial: str) -> Head:
        """Return the end of the trial's chain."""
        with self._lock, translated(self.place):
            return self._end(trial).head

    def _end(self, trial: str) -> _End:
        """Return the end of a chain; its number is 0 where nothing was written."""
        row = self._connection.execute(_END, (trial,)).fetchone()
        if row is not None:
            number, position, stored_hash, recorded = row
            return _End(number, Head(position, stored_hash, _text(recorded or b"")), {})
        headless = dict(self._connection.execute(_HEADLESS).fetchall())
        return _End(headless.get(trial, 0), Head(0, genesis(trial)), {})

    def _number(self, trial: str) -> int:
        with self._lock, translated(self.place):
            return self._end(trial).number

    def trials(self) -> tuple[str, ...]:
        """Return every trial that has records, sorted."""
        return tuple(sorted(name for (name,) in self._fetch(_TRIALS, ()) if is_trial(name)))

    def lines(self, chain: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield line and hash of every record of a chain as stored.

        A page begins after as many records as came before it: where a position is left out, records come twice, and
        who walks the chain sees the gap before.
        """
        number, last = self._number(chain), 0
        while page := self._stored(_place(number, last + 1 if last else 0), _place(number, _ALL)):
            yield from page
            last += len(page)

    def _stored(self, first: int, last: int) -> list[tuple[bytes, bytes]]:
        with self._lock, translated(self.place):
            self._connection.text_factory = bytes
            try:
                return self._connection.execute(_LINES, (first, last)).fetchall()
            finally:
                self._connection.text_factory = str

    def examine(self) -> tuple[Fault, ...]:
        """Return what is wrong with tables, triggers, indexes and file; see `port.Store.examine`."""
        with self._lock:
            return examine(self._connection, self.place)

    def take(self, chain: str, lines: Iterable[tuple[bytes, bytes]]) -> int:
        """Write a whole chain as it is stored elsewhere; see `port.Store.take`."""
        first = genesis(chain)
        with self._lock, translated(self.place), self._transaction():
            number, count = 0, 0
            requests: dict[str, int] = {}
            for line, stored in lines:
                if not number:
                    ((number,),) = self._connection.execute(_BEGIN_CHAIN, (chain, first)).fetchall()
                count += 1
                cause = parse_record(line, "").cause
                requests[cause] = requests.get(cause, 0) + 1
                row = (_place(number, count), line.decode(), stored.decode(), requests[cause])
                self._connection.execute(_INSERT, row)
        self._ends.pop(chain, None)
        return count

    def copy_to(self, path: Path) -> None:
        """Write the whole file, as it is at one moment, into an empty file; others may go on writing meanwhile."""
        with translated(str(path)), closing(sqlite3.connect(path)) as target:
            self._connection.backup(target)

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
