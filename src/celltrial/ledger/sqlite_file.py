"""Open a SQLite file as a ledger, or say in one sentence why it is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

from celltrial.core.errors import UserError, WorldError, fault

__all__ = ["BUSY_SECONDS", "SCHEMA_VERSION", "connect", "translated"]

SCHEMA_VERSION: Final = 1
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


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn SQLite's errors into ours: LDG-008 busy, LDG-006 surroundings, LDG-004 damaged file."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in _BUSY:
            raise WorldError(fault("LDG-008", where=place, seconds=BUSY_SECONDS), retryable=True) from None
        if code in _SURROUNDINGS:
            raise WorldError(fault("LDG-006", where=place, found=str(error))) from None
        raise UserError(fault("LDG-004", where=place, found=str(error))) from None
    except UnicodeDecodeError:  # raised for the text of an error that quotes damaged bytes
        raise UserError(fault("LDG-004", where=place, found="bytes that are no text")) from None


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Return a connection that commits durably.

    Raises LDG-001 (no such file), LDG-002 (not a ledger), LDG-003 (made by a later version),
    LDG-004 (damaged), LDG-006 (the surroundings).
    """
    place = str(path)
    if path.is_dir() or not path.parent.is_dir() or not (create or path.exists()):
        raise UserError(fault("LDG-001", where=place))
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
            connection.execute("PRAGMA wal_autocheckpoint = 8000")
        except BaseException:
            connection.close()
            raise
    return connection


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
    elif application != _APPLICATION_ID:
        raise UserError(fault("LDG-002", where=place, found=f"application id {application}"))
    elif version != SCHEMA_VERSION:
        raise UserError(fault("LDG-003", where=place, expected=SCHEMA_VERSION, found=version))


def _install(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:  # nobody else was faster
            schema = resources.files("celltrial.ledger").joinpath("sqlite_schema.sql").read_text(encoding="utf-8")
            for statement in _statements(schema):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """Split a script without leaving the transaction, as `executescript` would."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
