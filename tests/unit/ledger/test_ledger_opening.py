"""Opening a ledger: every wrong place is one clear message, and a mistyped name creates nothing."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.conduct.envelope import Actor, Draft, Event, Precision, Role
from celltrial.core.dates import Instant, PartialDate
from celltrial.core.errors import CelltrialError, ConflictError, UserError, WorldError
from celltrial.ledger import Codec, Context, Entry, Journal, open_ledger, verify
from celltrial.ledger.chain import verify_all
from celltrial.ledger.postgres_server import place_of
from celltrial.locale import LANGUAGES, translate

HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")
NOTE = Entry("subject/1", "subject.noted/1", {}, HERE)


def refused(where: object, *, create: bool = False) -> str:
    with pytest.raises(CelltrialError) as caught:
        open_ledger(where, create=create).close()
    found = caught.value.faults[0] if isinstance(caught.value, UserError) else caught.value.fault
    for language in LANGUAGES:
        assert translate(found.id, language, where=found.where, **found.params)
    return found.id


def test_it_works(tmp_path: Path) -> None:
    path = tmp_path / "trial.db"
    with open_ledger(path, create=True) as ledger:
        ledger.append("BC-1", 0, [NOTE], Context(ANN))
        assert ledger.place == str(path)
    for where in (path, str(path), f"sqlite:///{path}"):
        with open_ledger(where) as ledger:
            assert ledger.head("BC-1").position == 1
    with open_ledger(path, create=True) as ledger:
        assert ledger.head("BC-1").position == 1


def test_a_relative_address_and_an_escaped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for where, name in (
        ("sqlite:///a.db", "a.db"),
        ("sqlite:///b%20c.db", "b c.db"),
        ("x?mode=memory#1.db", "x?mode=memory#1.db"),
    ):
        open_ledger(where, create=True).close()
        assert (tmp_path / name).is_file()


@pytest.mark.parametrize("where", [":memory:", "memory:", "sqlite://", "sqlite:///:memory:"])
def test_in_memory(where: str) -> None:
    with open_ledger(where) as ledger:
        ledger.append("BC-1", 0, [NOTE], Context(ANN))
        assert (ledger.place, verify(ledger, "BC-1").records) == (":memory:", 1)


def test_a_mistyped_name_creates_nothing(tmp_path: Path) -> None:
    assert refused(tmp_path / "trail.db") == "LDG-001"
    assert refused(tmp_path / "absent" / "trial.db", create=True) == "LDG-001"
    assert refused(tmp_path, create=True) == "LDG-001"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["mysql://host/db", "http://host/trial.db", ""])
def test_an_address_of_another_kind(where: str) -> None:
    assert refused(where, create=True) == "LDG-005"


def test_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    text, other, empty = tmp_path / "a.yaml", tmp_path / "b.db", tmp_path / "c.db"
    text.write_text("trial: a protocol, not a ledger\n" * 40)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE record (line TEXT)")
    connection.close()
    empty.touch()
    assert [refused(path, create=create) for path in (text, other) for create in (False, True)] == ["LDG-002"] * 4
    assert refused(empty) == "LDG-002"
    assert text.read_text().startswith("trial")


def form_1(path: Path) -> list[tuple[bytes, bytes]]:
    """Write a ledger in the form of before, with two trials and two records of one request; return the lines of one."""
    with open_ledger(path.with_suffix(".new"), create=True) as ledger:
        ledger.append("BC-2", 0, [NOTE], Context(ANN))
        ledger.append("BC-1", 0, [NOTE, NOTE], Context(ANN, cause="request-1"))
        ledger.append("BC-1", 2, [NOTE], Context(ANN, cause="request-2"))
        every = [(line, known) for trial in ledger.trials() for line, known in ledger.lines(trial)]
        kept = [*ledger.lines("BC-1")]
    connection = sqlite3.connect(path)
    schema = Path(__file__).parents[2] / "golden" / "sqlite_schema_1.sql"
    connection.executescript(schema.read_text(encoding="utf-8"))
    connection.executemany(
        "INSERT INTO record (line, hash) VALUES (?, ?)", [(line.decode(), known.decode()) for line, known in every]
    )
    connection.execute(f"PRAGMA application_id = {0x43544C44}")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    return kept


def test_a_ledger_of_the_form_before_is_lifted_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "trial.db"
    kept = form_1(path)
    for _ in range(2):
        with open_ledger(path) as ledger:
            assert all(result.holds for result in verify_all(ledger))
            assert ledger.trials() == ("BC-1", "BC-2")
            assert [*ledger.lines("BC-1")] == kept
            assert len(ledger.caused_by("BC-1", "request-1")) == 2
    with open_ledger(path) as ledger:
        ledger.append("BC-1", 3, [NOTE], Context(ANN, cause="request-3"))
        assert verify(ledger, "BC-1").records == 4


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE record SET line = replace(line, 'S1', 'S2'), hash = 'x' WHERE position = 2",
        "DELETE FROM record WHERE position = 3",
        "DELETE FROM record WHERE position = 2",
    ],
)
def test_a_damaged_ledger_of_the_form_before_stays_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "trial.db"
    form_1(path)
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(damage)
    connection.commit()
    before = [*connection.iterdump()]
    assert refused(path) == "LDG-004"
    assert [*connection.iterdump()] == before
    connection.close()


def test_a_ledger_of_a_later_program(tmp_path: Path) -> None:
    path = tmp_path / "trial.db"
    open_ledger(path, create=True).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    assert refused(path) == refused(path, create=True) == "LDG-003"


def test_a_locked_ledger_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trial.db"
    open_ledger(path, create=True).close()
    monkeypatch.setattr("celltrial.ledger.sqlite_file.BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with open_ledger(path) as ledger, pytest.raises(WorldError) as caught:
        ledger.append("BC-1", 0, [NOTE], Context(ANN))
    holder.close()
    assert (caught.value.fault.id, caught.value.retryable) == ("LDG-008", True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert refused(tmp_path / "trial.db", create=True) == "LDG-006"


def test_several_threads_on_one_ledger(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "trial.db", create=True) as ledger:
        failures: list[Exception] = []

        def write(name: str) -> None:
            written = 0
            while written < 20:
                try:
                    ledger.append("BC-1", ledger.head("BC-1").position, [NOTE], Context(ANN, cause=f"{name}-{written}"))
                    written += 1
                except ConflictError:
                    continue
                except Exception as error:  # noqa: BLE001 - a thread reports whatever it meets
                    failures.append(error)
                    return

        threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert verify(ledger, "BC-1").records == 80


def test_an_interrupted_append_leaves_the_ledger_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_ledger(tmp_path / "trial.db", create=True) as ledger:
        monkeypatch.setattr(
            "celltrial.ledger.sqlite.chain_entries", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            ledger.append("BC-1", 0, [NOTE], Context(ANN))
        monkeypatch.undo()
        ledger.append("BC-1", 0, [NOTE], Context(ANN))
        assert verify(ledger, "BC-1").records == 1


def test_postgres_without_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert refused("postgresql://localhost/trials") == "LDG-007"


@pytest.mark.postgres
def test_postgres_says_what_is_wrong(request: pytest.FixtureRequest) -> None:
    import psycopg

    url = request.getfixturevalue("postgres_server").fresh()
    assert refused(url) == "LDG-001"
    assert refused("postgresql://celltrial@127.0.0.1:1/postgres", create=True) == "LDG-006"
    assert refused(url.replace("/postgres?", "/absent?"), create=True) == "LDG-006"
    assert refused("postgresql://ann:secret@[", create=True) == "LDG-005"
    open_ledger(url, create=True).close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE celltrial_ledger.form SET version = 2")
    assert refused(url) == "LDG-003"


def test_a_place_never_shows_a_password() -> None:
    assert place_of("postgres://ann:se%40cret@db:5432/trials?sslmode=require") == "postgres://db:5432/trials"
    assert place_of("postgresql://db/trials?password=secret") == "postgresql://db/trials"


def test_a_journal_takes_drafts_and_gives_events() -> None:
    journal = Journal(open_ledger(":memory:"), Codec({"subject.born/1": PartialDate}))
    drafts = [
        Draft("subject/1", PartialDate(1960, 5), HERE, Precision.MONTH),
        Draft("subject/2", PartialDate(1970), HERE),
    ]
    events = journal.append("BC-1", 0, drafts, actor=ANN, reason="why", cause="r1", protocol_version="2")
    assert events == tuple(journal.events("BC-1")) == journal.carried_out("BC-1", "r1")
    first = events[0]
    assert first == Event(
        trial="BC-1",
        position=1,
        stream="subject/1",
        version=1,
        fact=PartialDate(1960, 5),
        occurred=HERE,
        precision=Precision.MONTH,
        recorded=first.recorded,
        actor=ANN,
        reason="why",
        cause="r1",
        protocol_version="2",
    )
    assert first.recorded.tzinfo is UTC
    assert [event.stream for event in journal.events("BC-1", streams=["subject/2"])] == ["subject/2"]
    assert list(journal.events("BC-1", as_known=datetime(2000, 1, 1, tzinfo=UTC))) == []


def test_a_stored_record_of_an_unknown_type_is_named() -> None:
    ledger = open_ledger(":memory:")
    ledger.append("BC-1", 0, [NOTE], Context(ANN))
    with pytest.raises(UserError) as caught:
        list(Journal(ledger, Codec({})).events("BC-1"))
    assert (caught.value.faults[0].id, caught.value.faults[0].where) == ("LDG-020", "BC-1 1")


def test_progress_is_told_while_verifying() -> None:
    class Listener:
        def __init__(self) -> None:
            self.told: list[tuple[str, object]] = []

        def start(self, code: str, total: int) -> None:
            self.told.append((code, total))

        def advance(self, steps: int = 1) -> None:
            self.told.append(("advance", steps))

        def finish(self) -> None:
            self.told.append(("finish", 0))

    ledger = open_ledger(":memory:")
    ledger.append("BC-1", 0, [NOTE] * 20_001, Context(ANN))
    listener = Listener()
    (result,) = verify_all(ledger, listener)
    assert result.holds
    assert listener.told == [("ledger.verify", 2), ("advance", 1), ("advance", 1), ("finish", 0)]
