"""A command that reads a trial takes each record from the ledger once, and what it says is that of one moment.

The stores are counted at their lowest door: every line they hand out, of whatever chain and for whatever reason.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rehearsal import Journey

from celltrial.app.reading_once import read_whole
from celltrial.app.session import codec
from celltrial.conduct.envelope import Actor, Draft, Role
from celltrial.conduct.facts.evolve import fold
from celltrial.core.dates import Instant
from celltrial.ledger import Context, Entry, open_ledger, verify
from celltrial.ledger.journal import Journal
from celltrial.ledger.postgres import PostgresLedger
from celltrial.ledger.sqlite import SqliteLedger
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
#: A person of a rehearsal, and one whom the protocol of the second ledger blinds.
WHO = ("--as", "data_manager", "--account", "dm")
COMMANDS = {
    "status": ("status", "LEDGER", *WHO),
    "board": ("board", "LEDGER", *WHO),
    "report": ("report", "LEDGER", "--out", "FOLDER/report.html", *WHO),
    "trace": ("trace", "LEDGER", "14.1.1", "--row", "1", *WHO),
    "datasets": ("datasets", "LEDGER", "--out", "FOLDER/tables", *WHO),
    "audit": ("audit", "LEDGER", "--subject", "P1", *WHO),
    "verify": ("verify", "LEDGER"),
    "anchor": ("anchor", "LEDGER", "--out", "FOLDER/receipts"),
    "audit export": ("audit", "export", "LEDGER", "--out", "FOLDER/trail", *WHO),
}
#: The trail holds the record that it was taken: it is read when that stands, and who may take it is known only before.
PASSES = {"audit export": 2}
#: The first record, the head, and what the command itself wrote, read more than once.
FEW = 15


@pytest.fixture(scope="module")
def drafts() -> list[Draft[Any]]:
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC))
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    trip.treat("P1", "B1")
    return [Draft(item.stream, item.fact, item.occurred, item.precision) for item in trip.events]


def written(where: str, drafts: list[Draft[Any]]) -> int:
    with open_ledger(where, create=True) as ledger:
        actor = Actor("pi", Role.INVESTIGATOR, "S1", "Investigator")
        Journal(ledger, codec()).append("trial", 0, drafts, actor=actor, protocol_version="1.0")
    return len(drafts)


@pytest.fixture
def taken(monkeypatch) -> Counter[str]:
    """The lines that stores hand out, counted."""
    counts: Counter[str] = Counter()

    def counted(read: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def wrapped(*given: Any, **named: Any) -> Iterator[Any]:
            for item in read(*given, **named):
                counts["lines"] += 1
                yield item

        return wrapped

    for store in (SqliteLedger, PostgresLedger):
        for name in ("lines", "_select"):
            monkeypatch.setattr(store, name, counted(getattr(store, name)))
    return counts


@pytest.fixture(scope="module")
def file(drafts, tmp_path_factory) -> tuple[Path, int]:
    path = tmp_path_factory.mktemp("once") / "trial.db"
    return path, written(str(path), drafts)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reading_command_takes_each_record_once(name, celltrial, taken, file, tmp_path):
    path, records = file
    where = tmp_path / "trial.db"
    shutil.copy(path, where)
    words = [word.replace("LEDGER", str(where)).replace("FOLDER", str(tmp_path)) for word in COMMANDS[name]]
    code, _, err = celltrial(*words)
    assert code in {0, 1}, err
    passes = PASSES.get(name, 1)
    assert records * passes <= taken["lines"] <= records * passes + FEW
    assert records > 3 * FEW


@pytest.mark.parametrize("name", ["status", "report"])
def test_on_postgresql_too(name, celltrial, taken, drafts, postgres_server, tmp_path):
    where = postgres_server.fresh()
    records = written(where, drafts)
    words = [word.replace("LEDGER", where).replace("FOLDER", str(tmp_path)) for word in COMMANDS[name]]
    code, _, err = celltrial(*words)
    assert code in {0, 1}, err
    assert records <= taken["lines"] <= records + FEW


def test_what_was_read_at_once_is_what_one_asks_for_piece_by_piece(file):
    path, records = file
    whole = read_whole(str(path), None)
    with open_ledger(path) as ledger:
        assert whole.check == verify(ledger, "trial")
        assert whole.events == list(Journal(ledger, codec()).events("trial"))
        assert whole.state == fold(whole.events)
        assert list(whole.records()) == list(ledger.read("trial"))
        assert [whole.head_at(position) for position in range(1, records + 1)] == [
            record.hash for record in ledger.read("trial")
        ]
    assert whole.head_at(0) == ""


def test_who_writes_meanwhile_makes_no_finding(file, tmp_path, monkeypatch):
    """The head is taken, then somebody writes, then the lines: read again, what was found was no damage."""
    path = tmp_path / "trial.db"
    shutil.copy(file[0], path)
    lines, written = SqliteLedger.lines, []

    def interrupted(ledger: SqliteLedger, chain: str) -> Iterator[tuple[bytes, bytes]]:
        if chain == "trial" and not written:
            written.append(True)
            with open_ledger(path) as other:
                here = Instant(datetime(2026, 1, 1, tzinfo=UTC), "UTC")
                note = Entry("subject/P1", "subject.identified/1", {}, here)
                written.append(
                    other.append(chain, other.head(chain).position, [note], Context(Actor("a", Role.SPONSOR)))
                )
        return lines(ledger, chain)

    monkeypatch.setattr(SqliteLedger, "lines", interrupted)
    monkeypatch.setattr("celltrial.app.reading_once.replay", lambda *_: iter(()))
    assert read_whole(str(path), None).check.holds
    assert len(written) == 2
