"""Open a ledger by its path or address."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote

from celltrial.core.errors import UserError, fault
from celltrial.ledger.memory import MemoryLedger
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Store

_MEMORY: Final = {":memory:", "memory:", "sqlite://", "sqlite:///:memory:"}
_POSTGRES: Final = ("postgresql://", "postgres://")


def open_ledger(where: str | Path, *, create: bool = False, clock: Clock = SYSTEM_CLOCK) -> Store:
    """Return the ledger at a path or address.

    where:  `trial.db`, `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://...` or `:memory:`.
    create: make it where there is none; without it a mistyped name is refused instead of created.
    clock:  source of recording times, by name.

    Raises LDG-001 (nothing there), LDG-002 (no ledger), LDG-003 (made by a later version), LDG-004
    (damaged), LDG-005 (address of an unknown kind), LDG-006 (cannot be reached), LDG-007 (the
    PostgreSQL driver is not installed).

    >>> with open_ledger(":memory:") as ledger:
    ...     ledger.trials()
    ()
    """
    text, path = str(where), file_of(where)
    if path is not None:
        from celltrial.ledger.sqlite import SqliteLedger

        return SqliteLedger(path, create=create, clock=clock)
    if text in _MEMORY:
        return MemoryLedger(clock=clock)
    if is_server(text):
        from celltrial.ledger.postgres import PostgresLedger

        return PostgresLedger(text, create=create, clock=clock)
    raise UserError(
        fault("LDG-005", expected="trial.db | sqlite:///trial.db | postgresql://host/database", found=text or '""')
    )


def is_server(where: str) -> bool:
    """Tell whether a place is that of a PostgreSQL database."""
    return where.startswith(_POSTGRES)


def file_of(where: str | Path) -> Path | None:
    """Return the file of an SQLite ledger; None where the place is memory, a server, or not understood.

    >>> file_of("sqlite:///my%20trial.db")
    PosixPath('my trial.db')
    """
    text = str(where)
    if text in _MEMORY or not text:
        return None
    if text.startswith("sqlite:///"):
        return Path(unquote(text.removeprefix("sqlite:///")))
    return None if "://" in text else Path(text)
