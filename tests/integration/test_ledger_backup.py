"""Backup, restore, verify: the chain holds, and the restored ledger goes on."""

from __future__ import annotations

import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.conduct.envelope import Actor, Role
from celltrial.core.dates import Instant
from celltrial.ledger import Context, Entry, Ledger, Meaning, open_ledger, sign, signatures, verify

HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")


def write(ledger: Ledger, first: int, last: int) -> None:
    for number in range(first, last):
        ledger.append(
            "BC-1", number, [Entry("subject/1", "subject.noted/1", {"n": number, "t": "愈\\\n"}, HERE)], Context(ANN)
        )


def goes_on(restored: Ledger, lines: list[tuple[bytes, bytes]]) -> None:
    assert list(restored.lines("BC-1")) == lines
    assert verify(restored, "BC-1").holds
    assert len(signatures(restored, "BC-1")) == 1
    write(restored, 20, 25)
    assert verify(restored, "BC-1").records == 25


def test_a_sqlite_ledger_is_backed_up_while_it_runs(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "trial.db", create=True) as ledger:
        write(ledger, 0, 20)
        sign(ledger, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[20])
        source, target = sqlite3.connect(tmp_path / "trial.db"), sqlite3.connect(tmp_path / "copy.db")
        source.backup(target)
        lines = list(ledger.lines("BC-1"))
        write(ledger, 20, 30)
        source.close()
        target.close()
    with open_ledger(tmp_path / "copy.db") as restored:
        goes_on(restored, lines)


@pytest.mark.postgres
def test_a_postgres_ledger_is_dumped_and_restored(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server = request.getfixturevalue("postgres_server")
    with open_ledger(server.fresh(), create=True) as ledger:
        write(ledger, 0, 20)
        sign(ledger, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[20])
        lines = list(ledger.lines("BC-1"))
    dump = tmp_path / "dump.sql"
    subprocess.run(["pg_dump", "--schema=celltrial_ledger", "-f", dump, server.url], check=True)
    url = server.fresh()
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, url], check=True, capture_output=True)
    with open_ledger(url) as restored:
        goes_on(restored, lines)
