"""Open a SQLite file as a ledger, or say in one sentence why it is none."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Final

from celltrial.core.errors import CelltrialError, Fault, UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.values import message
from celltrial.ledger.drafting import SIGNATURES

SCHEMA_VERSION: Final = 2
#: "CTLD", read as a big-endian number: marks the file as a ledger of celltrial.
_APPLICATION_ID: Final = 0x43544C44
BUSY_SECONDS: Final = 60.0
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SURROUNDINGS: Final = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
}


class translated:  # noqa: N801 - used as a word of a `with` statement
    """Turn SQLite's errors into ours: LDG-008 busy, LDG-006 surroundings, LDG-004 damaged file."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error):
            raise _our_error(error, self._place) from None
        if isinstance(error, UnicodeDecodeError):  # raised for the text of an error that quotes damaged bytes
            raise UserError(fault("LDG-004", where=self._place, found=message("bytes_that_are_no_text"))) from None


def _our_error(error: sqlite3.Error, place: str) -> CelltrialError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _BUSY:
        return WorldError(fault("LDG-008", where=place, seconds=BUSY_SECONDS), retryable=True)
    if code in _SURROUNDINGS:
        return WorldError(fault("LDG-006", where=place, found=str(error)))
    return UserError(fault("LDG-004", where=place, found=str(error)))


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Return a connection that commits durably.

    Raises LDG-001 (no such file), LDG-002 (not a ledger), LDG-003 (made by a later version),
    LDG-004 (damaged), LDG-006 (the surroundings).
    """
    place = str(path)
    if path.is_dir() or not path.parent.is_dir() or not (create or path.exists()):
        raise UserError(fault("LDG-001", where=place))
    if create:
        _make_private(path)
    with translated(place):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _recognise(connection, place, create=create)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cache_size = -16384")
        except BaseException:
            connection.close()
            raise
    return connection


def _make_private(path: Path) -> None:
    """Make an absent file readable by its owner only, whatever the umask; SQLite gives its side files the same mode."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise WorldError(fault("LDG-006", where=str(path), found=os_reason(error))) from None
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _recognise(connection: sqlite3.Connection, place: str, *, create: bool) -> None:
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_NOTADB:
            raise UserError(fault("LDG-002", where=place, found=str(error))) from None
        raise
    if create and application == 0 and tables == 0:
        _install(connection)
    elif application == 0 and tables == 0 and connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        raise UserError(fault("LDG-051", where=place))
    elif application != _APPLICATION_ID:
        raise UserError(fault("LDG-002", where=place, found=f"application id {application}"))
    elif version == 1:
        _lift_from_1(connection)
    elif version != SCHEMA_VERSION:
        raise UserError(fault("LDG-003", where=place, expected=SCHEMA_VERSION, found=version))


def _install(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    with _whole(connection):
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:  # nobody else was faster
            _lay_out(connection)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


@contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing, with the write lock from the start."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _make_tables(connection: sqlite3.Connection) -> None:
    schema = resources.files("celltrial.ledger").joinpath("sqlite_schema.sql").read_text(encoding="utf-8")
    for statement in _statements(schema):
        connection.execute(statement)


def _lay_out(connection: sqlite3.Connection) -> None:
    _make_tables(connection)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


#: Form 1 had no numbers of chains and no places. Lines and hashes stay as they are, and the triggers of the new form
#: check that each continues its chain: a damaged ledger is not lifted.
_FROM_1: Final = (
    (
        "INSERT INTO head (trial, position, hash)"
        " SELECT trial, 0, previous FROM record_1 WHERE position = 1 ORDER BY trial"
    ),
    (
        "INSERT INTO record (place, line, hash, nth) SELECT (number << 40) + record_1.position, line, record_1.hash,"
        " row_number() OVER (PARTITION BY number, cause ORDER BY record_1.position)"
        " FROM record_1 JOIN head USING (trial) ORDER BY number, record_1.position"
    ),
    "DROP TABLE record_1",
    "DROP TABLE head_1",
)
_ENDS: Final = "SELECT trial, position, hash FROM {} ORDER BY trial"


def _lift_from_1(connection: sqlite3.Connection) -> None:
    with _whole(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != 1:  # somebody else was faster
            return
        names = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
        for kind, name in connection.execute(names).fetchall():
            connection.execute(f"DROP {kind} {name}")
        ends = connection.execute(_ENDS.format("head")).fetchall()
        for table in ("record", "head"):
            connection.execute(f"ALTER TABLE {table} RENAME TO {table}_1")
        _lay_out(connection)
        for statement in _FROM_1:
            connection.execute(statement)
        if connection.execute(_ENDS.format("head")).fetchall() != ends:
            raise sqlite3.DatabaseError("a chain of form 1 does not end where its head says")


def _statements(script: str) -> Iterator[str]:
    """Split a script without leaving the transaction, as `executescript` would."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


_LAID_OUT: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_COMMENT: Final = re.compile(r"--[^\n]*")
#: Of a damaged file SQLite can name thousands of faults; the first ones say enough.
_SHOWN: Final = 10


def examine(connection: sqlite3.Connection, place: str) -> tuple[Fault, ...]:
    """Return what is wrong with the tables, triggers and indexes of a ledger, and with the file itself.

    LDG-070 missing, LDG-071 changed, LDG-072 not the ledger's, LDG-073 SQLite's own `integrity_check`,
    LDG-075 records of a chain that the ledger does not know, LDG-077 signatures of a trial that is not there.
    """
    with closing(sqlite3.connect(":memory:")) as pattern:
        _make_tables(pattern)
        expected = _objects(pattern)
    found: list[Fault] = []
    try:
        present = _objects(connection)
        for name in sorted(expected.keys() | present.keys()):
            if name not in present:
                found.append(fault("LDG-070", place, expected=name))
            elif name not in expected:
                found.append(fault("LDG-072", place, found=name))
            elif present[name] != expected[name]:
                found.append(fault("LDG-071", place, expected=name))
        checks = connection.execute(f"PRAGMA integrity_check({_SHOWN})").fetchall()
        found += [fault("LDG-073", place, found=str(text)) for (text,) in checks if text != "ok"]
        if "table head" in present and "table record" in present:
            strays = connection.execute(_STRAYS).fetchall()
            found += [fault("LDG-075", place, found=number, records=count) for number, count in strays]
            orphans = connection.execute(_ORPHANS, (SIGNATURES, len(SIGNATURES), SIGNATURES)).fetchall()
            found += [fault("LDG-077", place, found=str(name)) for (name,) in orphans]
    except (sqlite3.Error, UnicodeDecodeError) as error:
        found.append(fault("LDG-073", place, found=ascii(str(error))[1:-1]))
    return tuple(found)


_ORPHANS: Final = (
    "SELECT trial FROM head WHERE trial LIKE '%' || ? AND position > 0"
    " AND substr(trial, 1, length(trial) - ?) NOT IN (SELECT trial FROM head WHERE position > 0) AND trial <> ?"
    " ORDER BY trial LIMIT 10"
)
_STRAYS: Final = (
    "SELECT place >> 40, count(*) FROM record"
    " WHERE place >> 40 NOT IN (SELECT number FROM head) GROUP BY place >> 40 LIMIT 10"
)


def _objects(connection: sqlite3.Connection) -> dict[str, str]:
    """Return every object of the file, `kind name`, with its definition without comments and line ends."""
    return {
        f"{kind} {name}": f"{table}: {' '.join(_COMMENT.sub('', sql or '').split())}"
        for kind, name, table, sql in connection.execute(_LAID_OUT)
        if not name.startswith("sqlite_stat")
    }
