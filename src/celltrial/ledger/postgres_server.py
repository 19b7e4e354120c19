"""Reach a PostgreSQL database as a ledger, or say in one sentence why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from celltrial.core.errors import ConflictError, UserError, WorldError, fault
from celltrial.core.values import message

if TYPE_CHECKING:
    import psycopg


SCHEMA_VERSION: Final = 1
#: Key of the advisory lock under which the tables are made: "CTLD" as a number.
_INSTALLING: Final = 0x43544C44
_LOCK_TIMEOUT: Final = "60s"
#: Every query here walks an index in its order; a planner without statistics would sort the rest of the trial each page.
_INDEX_ORDER: Final = ("enable_bitmapscan", "enable_sort", "jit")
_BUSY: Final = {"55P03", "40P01", "40001", "57014"}
_DAMAGED: Final = {"XX001", "XX002", "22021"}


def place_of(address: str) -> str:
    """Return the address without user and password.

    >>> place_of("postgresql://ann:secret@db.example:5432/trials?sslmode=require")
    'postgresql://db.example:5432/trials'
    """
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


@contextmanager
def translated(place: str, trial: str = "") -> Iterator[None]:
    """Turn the driver's errors into ours: LDG-010 conflict, 008 busy, 004 damaged, 006 surroundings."""
    import psycopg

    try:
        yield
    except psycopg.errors.UniqueViolation:
        raise ConflictError(fault("LDG-010", where=trial or place, expected="-", found="-")) from None
    except psycopg.Error as error:
        found = str(error).strip().partition("\n")[0]
        if error.sqlstate in _BUSY:
            raise WorldError(fault("LDG-008", where=place, seconds=_LOCK_TIMEOUT), retryable=True) from None
        if error.sqlstate in _DAMAGED or isinstance(error, psycopg.IntegrityError | psycopg.errors.RaiseException):
            raise UserError(fault("LDG-004", where=place, found=found)) from None
        if error.sqlstate is None or isinstance(error, psycopg.OperationalError):
            raise WorldError(fault("LDG-006", where=place, found=found), retryable=True) from None
        raise UserError(fault("LDG-004", where=place, found=found)) from None


def connect(address: str, *, create: bool) -> psycopg.Connection[Any]:
    """Return a connection that commits durably; the errors are those of `open_ledger`."""
    try:
        import psycopg
    except ImportError:
        raise UserError(
            fault("LDG-007", expected="pip install 'celltrial[postgres]'", found=message("no_psycopg"))
        ) from None
    place = place_of(address)
    with translated(place):
        try:
            connection = psycopg.connect(address, autocommit=True, client_encoding="UTF8")
        except psycopg.ProgrammingError:  # the address itself; the driver's text would quote its password
            raise UserError(fault("LDG-005", expected="postgresql://user@host:port/database", found=place)) from None
        try:
            connection.execute("SET synchronous_commit = on")
            for choice in _INDEX_ORDER:
                connection.execute(f"SET {choice} = off".encode())
            connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'".encode())
            _recognise(connection, place, create=create)
        except BaseException:
            connection.close()
            raise
    return connection


def _recognise(connection: psycopg.Connection[Any], place: str, *, create: bool) -> None:
    for setting, expected in (("fsync", "on"), ("server_encoding", "UTF8")):
        found = _one(connection, f"SHOW {setting}")
        if found != expected:
            raise WorldError(
                fault("LDG-009", where=place, expected=f"{setting} {expected}", found=f"{setting} {found}")
            )
    if _one(connection, "SELECT to_regclass('celltrial_ledger.form')::text") is None:
        if not create:
            raise UserError(fault("LDG-001", where=place))
        _install(connection)
    version = _one(connection, "SELECT version FROM celltrial_ledger.form")
    if version != SCHEMA_VERSION:
        raise UserError(fault("LDG-003", where=place, expected=SCHEMA_VERSION, found=version))


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _install(connection: psycopg.Connection[Any]) -> None:
    schema = resources.files("celltrial.ledger").joinpath("postgres_schema.sql").read_text(encoding="utf-8")
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_INSTALLING,))
        if _one(connection, "SELECT to_regclass('celltrial_ledger.form')::text") is None:  # nobody else was faster
            connection.execute(schema.encode())
            connection.execute("INSERT INTO celltrial_ledger.form VALUES (%s)", (SCHEMA_VERSION,))
