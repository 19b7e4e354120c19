"""Open a ledger by its path or address."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote

from celltrial.core.errors import UserError, fault
from celltrial.ledger.memory import MemoryLedger
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Store

__all__ = ["open_ledger"]

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
    text = str(where)
    if text in _MEMORY:
        return MemoryLedger(clock=clock)
    if text.startswith(_POSTGRES):
        from celltrial.ledger.postgres import PostgresLedger

        return PostgresLedger(text, create=create, clock=clock)
    if text.startswith("sqlite:///"):
        text = unquote(text.removeprefix("sqlite:///"))
    elif "://" in text or not text:
        raise UserError(
            fault("LDG-005", expected="trial.db | sqlite:///trial.db | postgresql://host/database", found=text or '""')
        )
    from celltrial.ledger.sqlite import SqliteLedger

    return SqliteLedger(Path(text), create=create, clock=clock)
