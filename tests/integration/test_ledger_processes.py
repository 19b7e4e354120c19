"""Several processes on one ledger: one winner for one slot, and nothing acknowledged is ever lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from celltrial.core.errors import WorldError
from celltrial.ledger import open_ledger, verify

WRITER = Path(__file__).with_name("ledger_writer.py")
PROCESSES = 16


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty ledger that several processes can open."""
    place = (
        str(tmp_path / "trial.db") if request.param == "sqlite" else request.getfixturevalue("postgres_server").fresh()
    )
    open_ledger(place, create=True).close()
    return place


@contextmanager
def writers(mode: str, where: str, count: int, first: int = 0) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that have opened the ledger and wait; whatever is left of them at the end is killed."""
    command = [sys.executable, str(WRITER), mode, where, "BC-1"]
    started = [
        subprocess.Popen([*command, f"w{first + number}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(count)
    ]
    try:
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()


def fight(where: str, rounds: int) -> None:
    winners: Counter[int] = Counter()
    with writers("fight", where, PROCESSES) as fighters:
        for position in range(rounds):
            for fighter in fighters:
                fighter.stdin.write(f"{position}\n")
                fighter.stdin.flush()
            answers = [fighter.stdout.readline() for fighter in fighters]
            assert sorted(answers) == ["lost\n"] * (PROCESSES - 1) + ["won\n"]
            winners[answers.index("won\n")] += 1
    with open_ledger(where) as ledger:
        taken = list(ledger.read("BC-1"))
        assert [record.position for record in taken] == list(range(1, rounds + 1))
        assert Counter(int(record.payload["by"][1:]) for record in taken) == winners
        assert verify(ledger, "BC-1").holds


def test_sixteen_processes_fight_for_one_slot(where: str) -> None:
    fight(where, 50)


@pytest.mark.long
def test_sixteen_processes_fight_for_one_slot_a_thousand_times(where: str) -> None:
    fight(where, 1000)


def check_all_there(where: str, acknowledged: list[str]) -> None:
    with open_ledger(where) as ledger:
        result = verify(ledger, "BC-1")
        assert result.holds, result
        written = Counter(record.cause for record in ledger.read("BC-1"))
    assert set(acknowledged) <= set(written), "an acknowledged request is missing"
    assert set(written.values()) <= {3}, "half a request was written"
    assert len(written) - len(acknowledged) in {0, 1}, "at most one was written and not yet acknowledged"


def crash_writers(where: str, times: int) -> None:
    chance = random.Random(20250301)
    acknowledged: list[str] = []
    for number in range(times):
        with writers("stream", where, 1, first=number) as (process,):
            acknowledged += [process.stdout.readline().strip() for _ in range(chance.randrange(1, 60))]
            process.send_signal(signal.SIGKILL)
            acknowledged += process.stdout.read().split()
        check_all_there(where, acknowledged)
        with open_ledger(where) as ledger:  # what was written without an answer counts from now on
            acknowledged = list(dict.fromkeys(record.cause for record in ledger.read("BC-1")))


def test_a_killed_writer_loses_nothing(where: str) -> None:
    crash_writers(where, 5)


@pytest.mark.long
def test_fifty_killed_writers_lose_nothing(where: str) -> None:
    crash_writers(where, 50)


def crash_server(request: pytest.FixtureRequest, times: int) -> None:
    server = request.getfixturevalue("postgres_server")
    url = server.fresh()
    open_ledger(url, create=True).close()
    chance = random.Random(20250302)
    acknowledged: list[str] = []
    survivor = open_ledger(url)
    for number in range(times):
        with writers("stream", url, 1, first=number) as (process,):
            acknowledged += [process.stdout.readline().strip() for _ in range(chance.randrange(1, 60))]
            server.stop(signal.SIGKILL)
            acknowledged += process.stdout.read().split()
        try:
            with pytest.raises(WorldError) as caught:
                survivor.head("BC-1")
            assert caught.value.fault.id == "LDG-006"
            assert caught.value.retryable
        finally:
            server.start()
        assert survivor.head("BC-1").position >= 3 * len(acknowledged), "the connection is made anew"
        check_all_there(url, acknowledged)
        acknowledged = list(dict.fromkeys(record.cause for record in survivor.read("BC-1")))
    survivor.close()


@pytest.mark.postgres
def test_a_killed_database_server_loses_nothing(request: pytest.FixtureRequest) -> None:
    crash_server(request, 2)


@pytest.mark.long
@pytest.mark.postgres
def test_a_database_server_killed_twenty_times_loses_nothing(request: pytest.FixtureRequest) -> None:
    crash_server(request, 20)
