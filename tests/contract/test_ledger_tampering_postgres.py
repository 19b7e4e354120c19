"""AC-X1.1 on PostgreSQL: an administrator changes rows, or somebody changes the files of the server on disk."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.conduct.envelope import Actor, Role
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.ledger import Context, Entry, Ledger, open_ledger, verify

ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")
HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
N = 30


def fill(ledger: Ledger) -> None:
    for number in range(N):
        note = Entry(f"subject/BC-{number % 3}", "subject.noted/1", {"n": number, "note": "愈" * 20}, HERE)
        ledger.append("BC-1", number, [note], Context(ANN, cause=f"request-{number}"))


@pytest.mark.postgres
def test_postgres_refuses_every_change_and_verification_names_what_an_administrator_did(
    request: pytest.FixtureRequest,
) -> None:
    url = request.getfixturevalue("postgres_server").fresh()
    with open_ledger(url, create=True) as ledger, psycopg.connect(url, autocommit=True) as connection:
        fill(ledger)
        before = list(ledger.lines("BC-1"))
        for statement in (
            "UPDATE celltrial_ledger.record SET hash = 'x' WHERE position = 3",
            "UPDATE celltrial_ledger.record SET line = '{}'",
            "UPDATE celltrial_ledger.record SET position = 99",
            "DELETE FROM celltrial_ledger.record",
            "TRUNCATE celltrial_ledger.record",
            "UPDATE celltrial_ledger.head SET position = 3",
            "UPDATE celltrial_ledger.head SET position = position + 1",
            "DELETE FROM celltrial_ledger.head",
            "TRUNCATE celltrial_ledger.head",
            "INSERT INTO celltrial_ledger.record (line, hash) SELECT line, 'x' FROM celltrial_ledger.record WHERE position = 3",
            "INSERT INTO celltrial_ledger.record (line, hash) SELECT '{\"position\": 31}', 'x'",
            "INSERT INTO celltrial_ledger.record (line, hash) SELECT jsonb_set(line::jsonb, '{position}', '31')::json, hash FROM celltrial_ledger.record WHERE position = 3",
            "INSERT INTO celltrial_ledger.head VALUES ('BC-2', 1, 'x', 'x')",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode())
        assert list(ledger.lines("BC-1")) == before
        connection.execute("ALTER TABLE celltrial_ledger.record DISABLE TRIGGER ALL")
        connection.execute(
            "UPDATE celltrial_ledger.record SET line = replace(line::text, 'ann', 'eve')::json WHERE position = 7"
        )
        result = verify(ledger, "BC-1")
        assert (result.first_bad, result.finding.id) == (7, "LDG-030")
        connection.execute("DELETE FROM celltrial_ledger.record WHERE position IN (5, 7)")
        result = verify(ledger, "BC-1")
        assert (result.first_bad, result.finding.id) == (5, "LDG-032")


@pytest.fixture(scope="module")
def undone(postgres_server) -> Iterator[tuple[Ledger, psycopg.Connection]]:
    """A ledger whose triggers an administrator has switched off, with lines as plain text."""
    url = postgres_server.fresh()
    with open_ledger(url, create=True) as ledger, psycopg.connect(url, autocommit=True) as connection:
        fill(ledger)
        connection.execute("ALTER TABLE celltrial_ledger.record DISABLE TRIGGER ALL")
        connection.execute("ALTER TABLE celltrial_ledger.record ALTER COLUMN line TYPE text")
        yield ledger, connection


@pytest.mark.postgres
@settings(max_examples=60, deadline=None)
@given(
    position=st.integers(1, N),
    at=st.floats(0, 1, exclude_max=True),
    new=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"),
)
def test_one_character_of_a_row_changed(
    undone: tuple[Ledger, psycopg.Connection], position: int, at: float, new: str
) -> None:
    ledger, connection = undone
    change = "UPDATE celltrial_ledger.record SET line = %s, hash = %s WHERE position = %s"
    line, stored = (part.decode() for part in list(ledger.lines("BC-1"))[position - 1])
    place = int(at * len(line + stored))
    changed = (line + stored)[:place] + new + (line + stored)[place + 1 :]
    if changed == line + stored:
        return
    connection.execute(change, (changed[: len(line)], changed[len(line) :], position))
    try:
        result = verify(ledger, "BC-1")
    finally:
        connection.execute(change, (line, stored, position))
    assert (result.first_bad, result.finding.id, result.records) == (position, "LDG-030", position - 1)


def flip_bytes_on_disk(server, rounds: int) -> None:
    """Change bytes of records in the table's file while the server is down, and put the file back afterwards."""
    url = server.fresh()
    with open_ledger(url, create=True) as ledger, psycopg.connect(url, autocommit=True) as connection:
        fill(ledger)
        lines = [line + stored for line, stored in ledger.lines("BC-1")]
        ((name,),) = connection.execute("SELECT pg_relation_filepath('celltrial_ledger.record')").fetchall()
    path = server._folder / "data" / name
    chance = random.Random(20250303)
    server.stop(signal.SIGINT)
    original = path.read_bytes()
    for _ in range(rounds):
        content = bytearray(original)
        bad = sorted(chance.sample(range(1, N + 1), chance.randrange(1, 4)))
        for position in bad:
            line = lines[position - 1][:-64]
            content[content.index(line) + chance.randrange(len(line))] ^= chance.randrange(1, 256)
        with path.open("r+b") as file:
            file.write(content)
        server.start()
        try:
            with open_ledger(url) as ledger:
                result = verify(ledger, "BC-1")
        except UserError as error:  # a server that keeps checksums of its pages refuses the whole page
            assert str(error).startswith("LDG-004")
        else:
            assert (result.first_bad, result.finding.id) == (bad[0], "LDG-030")
        finally:
            server.stop(signal.SIGINT)
            with path.open("r+b") as file:
                file.write(original)
    server.start()
    with open_ledger(url) as ledger:
        assert verify(ledger, "BC-1").holds


@pytest.mark.postgres
def test_bytes_changed_in_the_files_of_the_server(postgres_server) -> None:
    flip_bytes_on_disk(postgres_server, 3)


@pytest.mark.long
@pytest.mark.postgres
def test_bytes_changed_in_the_files_of_the_server_fifty_times(postgres_server) -> None:
    flip_bytes_on_disk(postgres_server, 50)
