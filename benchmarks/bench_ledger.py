"""Speed of the ledger: durable appends and accepted commands against a bare durable insert, verification, reading.

The yardstick of an append, and of a command that was decided, appended and
folded, is one row with the same bytes, inserted into a plain table of the same
database with the same durability. The two take turns in short blocks, and the
ratio is the median over the pairs of blocks, so that a busy moment of the
machine hits both alike. That of verification is a bare SHA-256 of the same
lines, in turns as well; both in processor time of this process (what a server
spends is not in it). Reading parses, checks and decodes events of 500
subjects, one after another.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

from rehearsal import Journey

from celltrial.app.session import TrialSession, codec
from celltrial.conduct.acts.assessment.commands import RecordLaboratory
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.envelope import Actor, Draft, Precision, Request, Role
from celltrial.conduct.facts.assessment.events import LaboratoryMeasured
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.vocabulary import Relatedness
from celltrial.core.dates import Instant
from celltrial.core.doses import CellDose
from celltrial.core.measured import Measured
from celltrial.ledger import Codec, Journal, Ledger, open_ledger, verify
from celltrial.ledger.port import Store
from celltrial.protocol import read_protocol

Row = tuple[str, float, str, str]

BLOCK, PAIRS = 250, 13
SUBJECTS, SCREENED = 500, 60
EVENTS = 100_000
ROUNDS = 3
EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "bcma-car-t-escalation.yaml"


@dataclass(frozen=True, slots=True)
class CellsInfused:
    subject: str
    batch: str
    dose: CellDose
    volume_ml: Decimal
    at: Instant
    weight_kg: Decimal | None


CODEC = Codec({"subject.cells_infused/1": CellsInfused})
HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")


def draft(number: int) -> Draft[CellsInfused]:
    subject = f"BC-{number % SUBJECTS:03d}"
    fact = CellsInfused(subject, f"B-{number}", CellDose(Decimal("1.5E+8")), Decimal("68.5"), HERE, Decimal(70))
    return Draft(f"subject/{subject}", fact, HERE)


def adverse_event(name: str, key: str, at: Instant, grade: int) -> AdverseEventReported:
    return AdverseEventReported(
        name, key, "CRS", "", "CRS", grade, "ASTCT-2019", at.local_date, Precision.DAY, (), Relatedness.POSSIBLE,
        expected=True, aware=at,
    )  # fmt: skip


def request(number: int, at: Instant) -> Request[Any]:
    """Return a laboratory value, and every twentieth time an adverse event, of one subject after another."""
    name = f"P{number % SCREENED}"
    command: Any = RecordLaboratory(LaboratoryMeasured(name, "alt", Measured.read(30 + number % 9), "U/L"))
    if number % 20 == 0:
        command = ReportAdverseEvent(adverse_event(name, f"AE-{number}", at, 1))
    return Request(command, ANN, at, id=f"request-{number}")


def screened() -> Journey:
    """Return a trial with subjects in screening."""
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC))
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    for number in range(SCREENED):
        trip.screen(f"P{number}")
    return trip


def opened(ledger: Ledger, trip: Journey) -> TrialSession:
    """Return a session on a rehearsed trial that was written into a ledger."""
    drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in trip.events]
    Journal(ledger, codec()).append("trial", 0, drafts, actor=ANN)
    return TrialSession(ledger, "trial", lambda: trip.now, lambda _: None)


class Turns:
    """One kind of writing and its yardstick, block by block."""

    def __init__(self, ledger: Ledger, trial: str, write: Callable[[int], object], bare: Callable[[str], object]):
        self._ledger, self._trial, self._write, self._bare = ledger, trial, write, bare
        self._done = 0

    def _block(self) -> tuple[float, list[str]]:
        """Write a block; return the seconds it took and what was written by each write, as one text."""
        start = self._ledger.head(self._trial).position
        spent = _seconds(self._write, range(self._done, self._done + BLOCK))
        self._done += BLOCK
        records = self._ledger.read(self._trial, after=start)
        causes = [(record.cause, record.position) for record in records]
        lines = [line.decode() for line, _ in self._ledger.lines(self._trial)][start:]
        texts = dict(zip([position for _, position in causes], lines, strict=True))
        written = ["\n".join(texts[at] for _, at in one) for _, one in groupby(causes, key=lambda item: item[0])]
        return spent, written

    def rows(self, name: str, what: str) -> list[Row]:
        _, texts = self._block()
        _seconds(self._bare, texts)
        ours, yardstick = [], []
        for _ in range(PAIRS):
            spent, texts = self._block()
            ours.append(spent)
            yardstick.append(_seconds(self._bare, texts))
        ratio = median(bare / spent for bare, spent in zip(yardstick, ours, strict=True))
        return [
            (f"{name}: {what}", BLOCK / median(ours), "/s", ""),
            (f"{name}: bare durable inserts of the same bytes", BLOCK / median(yardstick), "/s", ""),
            (f"{name}: {what} over bare inserts", ratio, "", ">= 0.4"),
        ]


def _seconds(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    start = time.perf_counter()
    for item in items:
        work(item)
    return time.perf_counter() - start


def _rate(work: Callable[[], int], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    count = work()
    return count / (clock() - start)


def _hashed(lines: Sequence[bytes]) -> int:
    """Hash every line as verification must, and nothing else."""
    for line in lines:
        hashlib.sha256(line).hexdigest()
    return len(lines)


def _writing(ledger: Ledger, bare: Callable[[str], object], name: str) -> Iterator[Row]:
    drafts = [draft(number) for number in range((PAIRS + 1) * BLOCK)]
    append = partial(Journal(ledger, CODEC).append, actor=ANN, protocol_version="1.0")
    turns = Turns(ledger, "speed", lambda n: append("speed", n, [drafts[n]], cause=f"request-{n}"), bare)
    yield from turns.rows(name, "durable appends")
    trip = screened()
    trip.now += timedelta(days=1)
    requests = [request(number, trip.moment) for number in range((PAIRS + 1) * BLOCK)]
    session = opened(ledger, trip)
    turns = Turns(ledger, "trial", lambda number: session.submit(requests[number]), bare)
    yield from turns.rows(name, "durable accepted commands")


def _bare_sqlite(path: Path) -> Callable[[str], object]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (row TEXT)")
    return lambda row: connection.execute("INSERT INTO bare VALUES (?)", (row,))


def _bare_postgres(url: str) -> Callable[[str], object]:
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    connection.execute("CREATE TABLE bare (row text)")
    return lambda row: connection.execute("INSERT INTO bare VALUES (%s)", (row,))


def _reading(ledger: Store, name: str) -> Iterator[Row]:
    journal = Journal(ledger, CODEC)
    drafts = [draft(number) for number in range(EVENTS)]
    bulk = _rate(lambda: len(journal.append("big", 0, drafts, actor=ANN)))
    lines = [line for line, _ in ledger.lines("big")]
    bare, verified = [], []
    for _ in range(ROUNDS):  # in turns: a busy moment of the machine hits both
        bare.append(_rate(lambda: _hashed(lines), time.process_time))
        verified.append(_rate(lambda: verify(ledger, "big").records, time.process_time))
    stored = 1 / _rate(lambda: 1 + len(ledger.examine()))
    decoded = max(_rate(lambda: sum(1 for _ in journal.events("big"))) for _ in range(ROUNDS))
    yield f"{name}: appends in one transaction", bulk, "/s", ""
    yield f"{name}: bare SHA-256 of the same lines", max(bare), "/s", ""
    yield f"{name}: events verified", max(verified), "/s", ">= 200000"
    ratio = median(ours / yardstick for ours, yardstick in zip(verified, bare, strict=True))
    yield f"{name}: events verified over bare SHA-256", ratio, "", ""
    yield f"{name}: tables, triggers, indexes and the database's own check", stored, "s", ""
    yield f"{name}: events read, checked and decoded", decoded, "/s", ""


def run() -> Iterator[Row]:
    """Yield the rows that `make bench` prints; PostgreSQL where Debian's package is installed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_ledger(folder / "trial.db", create=True) as ledger:
            yield from _writing(ledger, _bare_sqlite(folder / "bare.db"), "SQLite")
            yield from _reading(ledger, "SQLite")
    with tests_module().running_postgres() as server:
        if server is None:
            return
        with open_ledger(server.fresh(), create=True) as ledger:
            yield from _writing(ledger, _bare_postgres(server.url), "PostgreSQL")
            yield from _reading(ledger, "PostgreSQL")


def tests_module() -> ModuleType:
    """Return the module of the tests that starts a server."""
    path = Path(__file__).resolve().parents[1] / "tests" / "conftest.py"
    spec = importlib.util.spec_from_file_location("celltrial_tests", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    for line in run():
        print(*line)
