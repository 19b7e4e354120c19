"""The ledger on PostgreSQL: for many sites; two writers of one trial meet at the row of its head."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from celltrial.core.errors import Fault
from celltrial.ledger.drafting import chain_entries, check_append, check_head, is_trial, repeated
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Context, Entry, Head, Selection
from celltrial.ledger.postgres_form import examine
from celltrial.ledger.postgres_server import connect, place_of, translated
from celltrial.ledger.record import Record, genesis, parse_line
from celltrial.ledger.selecting import conditions, in_order, next_start

if TYPE_CHECKING:
    import psycopg


_PAGE: Final = 2000
_TABLE: Final = "celltrial_ledger.record"
_LOCK_HEAD: Final = "SELECT position, hash, recorded FROM celltrial_ledger.head WHERE trial = %s FOR UPDATE"
_HEAD: Final = "SELECT position, hash, recorded FROM celltrial_ledger.head WHERE trial = %s"
_VERSION: Final = f"SELECT max(version) FROM {_TABLE} WHERE trial = %s AND stream = %s"  # noqa: S608 - a constant
# Every stream with its version, by leaps along the index: what lies between two of them is not read.
_VERSIONS: Final = (
    "WITH RECURSIVE last (stream, version) AS ("  # noqa: S608 - a constant
    f" (SELECT stream, version FROM {_TABLE} WHERE trial = %(trial)s ORDER BY stream DESC, version DESC LIMIT 1)"
    " UNION ALL SELECT next.stream, next.version FROM last, LATERAL (SELECT stream, version"
    f" FROM {_TABLE} WHERE trial = %(trial)s AND stream < last.stream ORDER BY stream DESC, version DESC LIMIT 1) AS next"
    ") SELECT stream, version FROM last"
)
_BY_CAUSE: Final = (
    f"SELECT line::text, hash FROM {_TABLE} WHERE trial = %s AND cause = %s AND cause <> '' ORDER BY position"  # noqa: S608
)
# Lines and hashes come as two texts of many lines: no line holds a line feed, and an array would be escaped quote by quote.
_INSERT: Final = (
    f"INSERT INTO {_TABLE} (line, hash) SELECT line::json, hash"  # noqa: S608 - a constant
    " FROM unnest(string_to_array(%s, chr(10)), string_to_array(%s, chr(10))) AS new(line, hash)"
)
# The same where the chain still ends at this position and the request is new. The head's row is locked first, as on the
# way under the lock: two writers who took their locks in different orders would wait for each other.
_NEW: Final = f"NOT EXISTS (SELECT 1 FROM {_TABLE} WHERE trial = %s AND cause = %s AND cause <> '')"  # noqa: S608
_INSERT_NEW: Final = (
    f"INSERT INTO {_TABLE} (line, hash) SELECT line::json, new.hash"  # noqa: S608 - a constant
    " FROM (SELECT 1 FROM celltrial_ledger.head WHERE trial = %s AND position = %s FOR UPDATE) AS held,"
    f" unnest(string_to_array(%s, chr(10)), string_to_array(%s, chr(10))) AS new(line, hash) WHERE {_NEW}"
)
_INSERT_ONE_NEW: Final = (
    f"INSERT INTO {_TABLE} (line, hash) SELECT new.line::json, new.hash"  # noqa: S608 - a constant
    " FROM celltrial_ledger.head, (VALUES (%s, %s)) AS new(line, hash)"
    f" WHERE trial = %s AND position = %s AND {_NEW} FOR UPDATE OF head"
)
# The stored bytes as they are: `convert_to` would refuse a whole page for one that is not UTF-8.
_LINES: Final = (
    "SELECT textsend(line::text), textsend(hash), position"  # noqa: S608 - a constant
    f" FROM {_TABLE} WHERE trial = %s AND position > %s ORDER BY position LIMIT 4000"
)
_TRIALS: Final = f"SELECT trial FROM celltrial_ledger.head UNION SELECT DISTINCT trial FROM {_TABLE}"  # noqa: S608


def _version(cursor: psycopg.Cursor[Any]) -> int:
    (version,) = cursor.fetchone() or (None,)
    return version or 0


def _texts(pairs: Sequence[tuple[Record, str]]) -> tuple[str, str]:
    return "\n".join(line for _, line in pairs), "\n".join(record.hash for record, _ in pairs)


class _End(NamedTuple):
    """Where a chain ended after the last append of this ledger, with versions of its streams: `whole` where of all."""

    head: Head
    versions: dict[str, int]
    whole: bool


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
        self._ends: dict[str, _End] = {}
        self._used: psycopg.Cursor[Any] | None = None

    @property
    def place(self) -> str:
        """Where it is, without user and password."""
        return place_of(self._address)

    @property
    def _connection(self) -> psycopg.Connection[Any]:
        if self._connected.closed:
            self._connected = connect(self._address, create=False)
        return self._connected

    @property
    def _cursor(self) -> psycopg.Cursor[Any]:
        """The cursor of the way that is taken most; making one anew would take as long as a round trip."""
        if self._used is None or self._used.connection is not self._connection:
            self._used = self._connection.cursor()
        return self._used

    def append(
        self, trial: str, expected_position: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write all entries or none; see `port.Ledger.append`."""
        check_append(trial, entries, context)
        with self._lock, translated(self.place, trial):
            written = self._append_at_once(trial, expected_position, entries, context)
            return written or self._append_under_lock(trial, expected_position, entries, context)

    def _append_at_once(
        self, trial: str, expected: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write after the end that this ledger left itself, in one statement; nothing where that is not the end.

        Where another writer came first, or the request was carried out before, nothing is written and the way under
        the lock says what is the case; the trigger that moves the head takes only what continues the chain.
        """
        import psycopg

        end = self._ends.pop(trial, None)
        if end is None or end.head.position != expected or len(entries) > _PAGE:
            return ()
        versions = end.versions
        if not end.whole and any(entry.stream not in versions for entry in entries):
            versions = dict(self._cursor.execute(_VERSIONS, {"trial": trial}))
            end = _End(end.head, versions, whole=True)
        pairs = chain_entries(trial, end.head, lambda stream: versions.get(stream, 0), entries, context, self._clock)
        texts = _texts(pairs)
        try:
            query, values = (
                (_INSERT_ONE_NEW, (*texts, trial, expected))
                if len(pairs) == 1
                else (_INSERT_NEW, (trial, expected, *texts))
            )
            done = self._cursor.execute(query, (*values, trial, context.cause))
        except (psycopg.errors.RaiseException, psycopg.errors.UniqueViolation):
            return ()
        return self._ended(trial, pairs, versions, whole=end.whole) if done.rowcount == len(pairs) else ()

    def _append_under_lock(
        self, trial: str, expected: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        streams = sorted({entry.stream for entry in entries})
        with self._transaction() as connection:
            with connection.pipeline():
                head_row = connection.execute(_LOCK_HEAD, (trial,))
                cause_rows = connection.execute(_BY_CAUSE, (trial, context.cause))
                version_rows = {stream: connection.execute(_VERSION, (trial, stream)) for stream in streams}
            head = Head(*(head_row.fetchone() or (0, genesis(trial), "")))
            before = [parse_line(*row) for row in cause_rows]
            if before:
                return repeated(before, expected, head, entries, context)
            check_head(trial, expected, head)
            versions = {stream: _version(row) for stream, row in version_rows.items()}
            pairs = chain_entries(trial, head, versions.__getitem__, entries, context, self._clock)
            for start in range(0, len(pairs), _PAGE):
                connection.execute(_INSERT, _texts(pairs[start : start + _PAGE]))
        return self._ended(trial, pairs, versions, whole=head.position == 0)

    def _ended(
        self, trial: str, pairs: Sequence[tuple[Record, str]], versions: dict[str, int], *, whole: bool
    ) -> tuple[Record, ...]:
        """Keep in mind where the chain ends now."""
        records = tuple([record for record, _ in pairs])
        if records:
            last = records[-1]
            versions.update((record.stream, record.version) for record in records)
            self._ends[trial] = _End(Head(last.position, last.hash, last.recorded), versions, whole)
        return records

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
        terms, values = conditions(selection, "%s")
        where = " AND ".join(["trial = %s", "position > %s", *terms])
        query = f"SELECT line::text, hash, position FROM {_TABLE} WHERE {where} ORDER BY position LIMIT {_PAGE}"  # noqa: S608 - no value in it
        last = selection.after
        while page := self._fetch(query, (trial, last, *values)):
            for line, stored_hash, _ in page:
                yield parse_line(line, stored_hash)
            last = next_start(last, page[-1][2], self.place)

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

    def examine(self) -> tuple[Fault, ...]:
        """Return what is wrong with tables, triggers, functions and indexes; see `port.Store.examine`."""
        with self._lock, translated(self.place):
            return examine(self._connection, self.place)

    def take(self, chain: str, lines: Iterable[tuple[bytes, bytes]]) -> int:
        """Write a whole chain as it is stored elsewhere; see `port.Store.take`."""
        count, rest = 0, iter(lines)
        with self._lock, translated(self.place, chain), self._transaction() as connection:
            while page := list(islice(rest, _PAGE)):
                texts = (b"\n".join(column).decode() for column in zip(*page, strict=True))
                connection.execute(_INSERT, tuple(texts))
                count += len(page)
        self._ends.pop(chain, None)
        return count

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
