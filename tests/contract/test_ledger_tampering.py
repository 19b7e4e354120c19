"""AC-X1.1: whatever is changed behind the ledger's back, verification names the first bad record.

Somebody with full rights drops the triggers, or edits the file with a hex editor, or is the
database's administrator.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrial.conduct.envelope import Actor, Role
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, WorldError
from celltrial.ledger import Clock, Context, Entry, Ledger, Meaning, open_ledger, sign, verify, verify_all
from celltrial.ledger.record import genesis, line_hash

ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")
START = datetime(2025, 3, 1, 2, tzinfo=UTC)
HERE = Instant(START, "Asia/Shanghai")
N = 30


def fill(ledger: Ledger, trial: str = "BC-1", n: int = N) -> None:
    for number in range(n):
        note = Entry(f"subject/BC-{number % 3}", "subject.noted/1", {"n": number, "note": "愈" * 20}, HERE)
        ledger.append(trial, number, [note], Context(ANN, cause=f"request-{number}"))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger file of 30 records, closed and without a write-ahead log beside it."""
    path = tmp_path_factory.mktemp("ledger") / "trial.db"
    with open_ledger(path, create=True, clock=Clock("test", lambda: START)) as ledger:
        fill(ledger)
    assert not path.with_name("trial.db-wal").exists()
    return path


def lines(path: Path) -> list[tuple[bytes, bytes]]:
    with open_ledger(path) as ledger:
        return list(ledger.lines("BC-1"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(1, N), at=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_one_byte_of_a_record_changed_in_the_file(
    original: Path, tmp_path: Path, position: int, at: float, flip: int
) -> None:
    _check_one_byte(original, tmp_path / "copy.db", position, lambda record: int(at * len(record)), flip)


@pytest.mark.parametrize("flip", [0x80, 0xFF])
def test_the_time_of_the_last_record_made_no_text_is_found_like_any_other(
    original: Path, tmp_path: Path, flip: int
) -> None:
    """It is read with the end of the chain, before any record is held against its hash."""
    _check_one_byte(original, tmp_path / "copy.db", N, lambda record: record.index(b'"recorded":"') + 14, flip)


def _check_one_byte(original: Path, copy: Path, position: int, at: Callable[[bytes], int], flip: int) -> None:
    line, stored = lines(original)[position - 1]
    record = line + stored
    data = bytearray(original.read_bytes())
    data[data.index(record) + at(record)] ^= flip
    copy.write_bytes(data)
    with open_ledger(copy) as ledger:
        result = verify(ledger, "BC-1")
    assert result.first_bad == position
    assert result.finding.id == "LDG-030"
    assert result.records == position - 1


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_of_the_file_changed_gives_a_finding_or_changes_nothing(
    original: Path, tmp_path: Path, data: st.DataObject
) -> None:
    copy = tmp_path / "copy.db"
    content = bytearray(original.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    copy.write_bytes(content)
    copy.with_name("copy.db-wal").unlink(missing_ok=True)
    try:
        with open_ledger(copy) as ledger:
            results = verify_all(ledger)
            found = list(ledger.lines("BC-1")) if all(result.holds for result in results) else None
    except (UserError, WorldError) as error:
        message = str(error)
    else:
        assert found is None or found == lines(original)
        return
    assert message.startswith("LDG-00")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=300), keep=st.integers(0, 3000))
def test_a_file_that_is_no_ledger_is_one_clear_message(original: Path, tmp_path: Path, junk: bytes, keep: int) -> None:
    path = tmp_path / "junk.db"
    path.write_bytes(original.read_bytes()[:keep] + junk)
    with pytest.raises((UserError, WorldError)) as caught:
        _open_and_verify(path)
    assert str(caught.value).startswith("LDG-00")


def _open_and_verify(path: Path) -> None:
    with open_ledger(path) as ledger:
        verify_all(ledger)


def edit(path: Path, *statements: str) -> None:
    """Change a ledger file as somebody who first drops its triggers."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def rehash(line: str) -> str:
    return f"UPDATE record SET line = '{line}', hash = '{line_hash(line)}' WHERE position = json_extract('{line}', '$.position')"


@pytest.mark.parametrize(
    ("change", "bad", "code"),
    [
        (lambda text: ["UPDATE record SET line = replace(line, 'ann', 'eve') WHERE position = 7"], 7, "LDG-030"),
        (lambda text: ["UPDATE record SET hash = replace(hash, '0', '1') WHERE position = 9"], 9, "LDG-030"),
        (lambda text: ["DELETE FROM record WHERE position = 5"], 5, "LDG-032"),
        (lambda text: ["DELETE FROM record WHERE position = 1"], 1, "LDG-032"),
        (lambda text: ["DELETE FROM record WHERE position > 20"], 21, "LDG-035"),
        (lambda text: ["DELETE FROM record WHERE position = 30"], 30, "LDG-035"),
        (lambda text: ["DELETE FROM record"], 1, "LDG-035"),
        (lambda text: ["UPDATE head SET hash = 'x'"], 31, "LDG-035"),
        (lambda text: [rehash(text[11].replace("ann", "eve"))], 13, "LDG-031"),
        (lambda text: [rehash(text[29].replace('"n":29', '"n":30'))], 31, "LDG-035"),
        (lambda text: [rehash(text[8].replace('"version":3', '"version":4'))], 9, "LDG-033"),
        (lambda text: [rehash(text[8].replace('"recorded":"2025', '"recorded":"2024'))], 9, "LDG-034"),
        (lambda text: [rehash(text[8].replace('"recorded":"', '"noted":"'))], 9, "LDG-036"),
        (lambda text: [rehash(text[8].replace('"stream":"', '"stem":"'))], 9, "LDG-036"),
    ],
)
def test_rows_changed_after_the_triggers_were_dropped(
    original: Path, tmp_path: Path, change: Callable[[list[str]], list[str]], bad: int, code: str
) -> None:
    path = tmp_path / "copy.db"
    shutil.copyfile(original, path)
    edit(path, "DROP INDEX record_version")
    edit(path, *change([line.decode() for line, _ in lines(original)]))
    with open_ledger(path) as ledger:
        result = verify(ledger, "BC-1")
    assert (result.first_bad, result.finding.id) == (bad, code)
    assert result.finding.where == "BC-1"


def test_a_history_rewritten_to_the_end_is_caught_by_an_anchor_and_by_a_signature(tmp_path: Path) -> None:
    """The one change that a chain alone cannot show."""
    path = tmp_path / "trial.db"
    with open_ledger(path, create=True) as ledger:
        fill(ledger)
        known = next(iter(ledger.read("BC-1", after=14)))
        sign(ledger, "BC-1", actor=ANN, meaning=Meaning.APPROVAL, occurred=HERE, positions=[20])
        signatures = list(ledger.lines("BC-1~signatures"))
    with open_ledger(tmp_path / "forged.db", create=True) as forged:
        fill(forged, n=10)
        lie = Entry("subject/BC-1", "subject.noted/1", {"n": "lie"}, HERE)
        for number in range(10, N):
            forged.append("BC-1", number, [lie], Context(ANN))
        assert verify(forged, "BC-1").holds
        by_anchor = verify(forged, "BC-1", anchors={known.position: known.hash})
        assert (by_anchor.first_bad, by_anchor.finding.id) == (15, "LDG-037")
    connection = sqlite3.connect(tmp_path / "forged.db")
    connection.execute("INSERT INTO head VALUES (2, 'BC-1~signatures', 0, ?)", (genesis("BC-1~signatures"),))
    connection.executemany(
        "INSERT INTO record VALUES (?, ?, ?, 1)",
        [((2 << 40) + at, line.decode(), known.decode()) for at, (line, known) in enumerate(signatures, start=1)],
    )
    connection.commit()
    connection.close()
    with open_ledger(tmp_path / "forged.db") as forged:
        by_signature = verify(forged, "BC-1")
    assert (by_signature.first_bad, by_signature.finding.id) == (20, "LDG-038")


def test_a_changed_signature_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trial.db"
    with open_ledger(path, create=True) as ledger:
        fill(ledger, n=3)
        for position in (1, 2):
            sign(ledger, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[position])
    edit(
        path,
        "UPDATE record SET line = replace(line, 'review', 'approval') WHERE trial = 'BC-1~signatures' AND position = 2",
    )
    with open_ledger(path) as ledger:
        result = verify(ledger, "BC-1")
    assert (result.trial, result.first_bad, result.finding.id) == ("BC-1~signatures", 2, "LDG-030")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET hash = 'x' WHERE position = 3",
        "UPDATE record SET line = '{}'",
        "UPDATE OR REPLACE record SET line = line",
        "UPDATE record SET place = place + 1000",
        "DELETE FROM record WHERE position = 30",
        "DELETE FROM record",
        "INSERT OR REPLACE INTO record (place, line, hash, nth) SELECT place, line, 'x', 1 FROM record WHERE position = 3",
        *[
            f"INSERT INTO record (place, line, hash, nth) SELECT {place}, json_set(line, '$.position', {position},"
            f" '$.previous', {previous}, '$.cause', 'new'), 'x', 1 FROM record WHERE position = {source}"
            for place, position, previous, source in (
                ("place + 96", 99, "hash", 3),
                ("place + 1", 31, "previous", 30),
                ("place + 2", 31, "hash", 30),
                ("place + 1", 32, "hash", 30),
                ("place + (1 << 40)", 31, "hash", 30),
                ("NULL", 31, "hash", 30),
            )
        ],
        "UPDATE head SET position = 3",
        "UPDATE head SET position = position + 1",
        "DELETE FROM head",
        "UPDATE head SET number = 2",
        "UPDATE OR REPLACE head SET trial = 'BC-2', position = 31",
        "INSERT OR REPLACE INTO head VALUES (1, 'BC-1', 3, 'x')",
        "INSERT OR REPLACE INTO head VALUES (1, 'BC-2', 0, 'x')",
        "INSERT OR REPLACE INTO head VALUES (2, 'BC-1', 0, 'x')",
        "INSERT INTO head (trial, position, hash) VALUES ('BC-2', 1, 'x')",
    ],
)
def test_sqlite_refuses_every_change(original: Path, tmp_path: Path, statement: str) -> None:
    path = tmp_path / "copy.db"
    shutil.copyfile(original, path)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute(statement)
    connection.close()
    assert lines(path) == lines(original)
