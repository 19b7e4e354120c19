"""What people typed and have not sent: kept beside the ledger so that an idle log-out or a closed browser loses nothing.

It is no record: nobody decides on it, it is shown to the person who typed it alone, and losing it loses no fact.

kept = Unsent(":memory:")
kept.keep("BC-1", "anna", "/t/BC-1/do/RecordDeath/", {"f.subject": ["P1"]}, now)
kept.of("BC-1", "anna", "/t/BC-1/do/RecordDeath/").words
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Final

from celltrial.core.reading.text import MOST_BYTES

#: After so long nobody comes back for it.
_KEPT_FOR: Final = timedelta(days=30)
#: Forms of one person in one trial.
_MOST: Final = 50
_TABLE: Final = """CREATE TABLE IF NOT EXISTS unsent (
    trial TEXT NOT NULL, account TEXT NOT NULL, address TEXT NOT NULL, words TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (trial, account, address)
)"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One form as it was typed. `words`: each name with its values."""

    address: str
    words: Mapping[str, Sequence[str]]
    at: datetime


class Unsent:
    """Forms that were typed and not sent, by trial, person and address; the last words of each hold."""

    def __init__(self, where: str | Path = ":memory:") -> None:
        self._where, self._lock = where, RLock()
        self._opened: sqlite3.Connection | None = None

    @property
    def _base(self) -> sqlite3.Connection:
        """The file, opened at first need; what nobody came back for is gone then."""
        if self._opened is None:
            if self._where != ":memory:":
                Path(self._where).touch(mode=0o600)
            self._opened = sqlite3.connect(self._where, check_same_thread=False, isolation_level=None)
            self._opened.execute(_TABLE)
            oldest = (datetime.now(UTC) - _KEPT_FOR).isoformat()
            self._opened.execute("DELETE FROM unsent WHERE at < ?", (oldest,))
        return self._opened

    def keep(self, trial: str, account: str, address: str, words: Mapping[str, Sequence[str]], at: datetime) -> bool:
        """Keep the words of a form; tell whether they are kept: not where they are too many."""
        text = json.dumps({name: list(values) for name, values in words.items()}, ensure_ascii=False)
        if len(text) > MOST_BYTES:
            return False
        with self._lock:
            self._base.execute(
                "INSERT OR REPLACE INTO unsent VALUES (?, ?, ?, ?, ?)", (trial, account, address, text, at.isoformat())
            )
            self._base.execute(
                "DELETE FROM unsent WHERE trial = ? AND account = ? AND address NOT IN"
                " (SELECT address FROM unsent WHERE trial = ? AND account = ? ORDER BY at DESC LIMIT ?)",
                (trial, account, trial, account, _MOST),
            )
        return True

    def of(self, trial: str, account: str, address: str) -> Kept | None:
        """Return what a person typed at an address and did not send."""
        return next((item for item in self.all(trial, account) if item.address == address), None)

    def all(self, trial: str, account: str) -> tuple[Kept, ...]:
        """Return everything that a person typed in a trial and did not send, the latest first."""
        with self._lock:
            rows = self._base.execute(
                "SELECT address, words, at FROM unsent WHERE trial = ? AND account = ? ORDER BY at DESC",
                (trial, account),
            ).fetchall()
        return tuple(Kept(address, json.loads(words), datetime.fromisoformat(at)) for address, words, at in rows)

    def forget(self, trial: str, account: str, address: str) -> None:
        """Forget what was typed: it was sent, or thrown away."""
        with self._lock:
            self._base.execute(
                "DELETE FROM unsent WHERE trial = ? AND account = ? AND address = ?", (trial, account, address)
            )

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None
