"""Several processes on one ledger: one winner for one slot, and nothing acknowledged is ever lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rehearsal import Journey, with_fields

from celltrial.app.session import TrialSession, codec
from celltrial.conduct.acts.subject.commands import CancelInfusion
from celltrial.conduct.envelope import Actor, Draft, Request, Role
from celltrial.conduct.facts.cohort.events import StaggerSlotReserved
from celltrial.core.errors import WorldError
from celltrial.ledger import Journal, Ledger, open_ledger, verify
from celltrial.protocol import read_protocol

WRITER = Path(__file__).with_name("ledger_writer.py")
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
PROCESSES = 16
STAGGER = "CND-065"


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


class Prompt(Journey):
    """A rehearsal in which nothing takes time, so that sixteen batches are ready on one day."""

    def wait(self, **lapse: float) -> None:
        """Stay where the clock is."""


@pytest.fixture(scope="module")
def waiting() -> Journey:
    """A trial whose first cohort holds sixteen subjects, each with a batch delivered; nobody is planned."""
    trip = Prompt(datetime(2025, 1, 6, 2, tzinfo=UTC))
    design = {"cohort_size": PROCESSES, "max_subjects": 3 * PROCESSES}
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    trip.open_trial(with_fields(protocol, {f"escalation.design.params.{key}": value for key, value in design.items()}))
    for number in range(PROCESSES):
        trip.prepare(f"P{number}", f"B{number}")
    return trip


def fight_for_a_moment(where: str, waiting: Journey, rounds: int) -> None:
    """Sixteen processes ask by the command, each for its own subject, for one infusion moment; the winner gives it back.

    The stagger interval of the level is 28 days: whoever comes second, in the database too, must be refused for it.
    """
    drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in waiting.events]
    with open_ledger(where) as ledger:
        Journal(ledger, codec()).append("BC-1", 0, drafts, actor=waiting.events[0].actor)
        referee = TrialSession(ledger, "BC-1", lambda: waiting.now, lambda _: None)
        winners: list[str] = []
        with writers("slot", where, PROCESSES) as fighters:
            for number in range(rounds):
                for fighter in fighters:
                    fighter.stdin.write(f"{number}\n")
                    fighter.stdin.flush()
                answers = [fighter.stdout.readline() for fighter in fighters]
                assert sorted(answers) == [f"{STAGGER}\n"] * (PROCESSES - 1) + ["won\n"]
                winners.append(f"P{answers.index('won' + chr(10))}")
                referee.catch_up()
                assert [slot.subject for slot in referee.state.slots] == winners[-1:]
                give_back = CancelInfusion(winners[-1], "the next round")
                actor = Actor("referee", Role.INVESTIGATOR)
                assert referee.accept(Request(give_back, actor, waiting.moment, id=f"back-{number}"))
        taken = [item.fact for item in Journal(ledger, codec()).events("BC-1") if item.stream == "cohort/C1"]
        assert [item.subject for item in taken if isinstance(item, StaggerSlotReserved)] == winners
        assert verify(ledger, "BC-1").holds


def test_sixteen_processes_plan_for_one_infusion_moment(where: str, waiting: Journey) -> None:
    fight_for_a_moment(where, waiting, 12)


@pytest.mark.long
def test_sixteen_processes_plan_for_one_infusion_moment_a_thousand_times(where: str, waiting: Journey) -> None:
    fight_for_a_moment(where, waiting, 1000)


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

    def crash(_: Ledger) -> None:
        server.stop(signal.SIGKILL)

    crash_under_writers(server.fresh(), times, crash, server.start)


def crash_backend(request: pytest.FixtureRequest, times: int) -> None:
    """Kill the one server process that is writing; the server then ends all others and recovers by itself."""
    import psycopg

    url = request.getfixturevalue("postgres_server").fresh()

    def crash(survivor: Ledger) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            spared = (connection.info.backend_pid, survivor._connection.info.backend_pid)
            others = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> ALL (%s)"
            ((writing,),) = connection.execute(others, ([*spared],)).fetchall()
        os.kill(writing, signal.SIGKILL)

    def recover() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                psycopg.connect(url).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return

    crash_under_writers(url, times, crash, recover)


def crash_under_writers(url: str, times: int, crash: Callable[[Ledger], None], recover: Callable[[], None]) -> None:
    """Crash the server under a stream of appends, again and again; a ledger that was open before goes on after it."""
    open_ledger(url, create=True).close()
    chance = random.Random(20250302)
    acknowledged: list[str] = []
    survivor = open_ledger(url)
    for number in range(times):
        with writers("stream", url, 1, first=number) as (process,):
            acknowledged += [process.stdout.readline().strip() for _ in range(chance.randrange(1, 60))]
            crash(survivor)
            acknowledged += process.stdout.read().split()
        try:
            with pytest.raises(WorldError) as caught:
                survivor.head("BC-1")
            assert caught.value.fault.id == "LDG-006"
            assert caught.value.retryable
        finally:
            recover()
        assert survivor.head("BC-1").position >= 3 * len(acknowledged), "the connection is made anew"
        check_all_there(url, acknowledged)
        acknowledged = list(dict.fromkeys(record.cause for record in survivor.read("BC-1")))
    survivor.close()


@pytest.mark.postgres
def test_a_killed_database_server_loses_nothing(request: pytest.FixtureRequest) -> None:
    crash_server(request, 2)


@pytest.mark.postgres
def test_a_killed_process_of_the_database_server_loses_nothing(request: pytest.FixtureRequest) -> None:
    crash_backend(request, 2)


@pytest.mark.long
@pytest.mark.postgres
def test_a_database_server_killed_fifty_times_loses_nothing(request: pytest.FixtureRequest) -> None:
    crash_server(request, 25)
    crash_backend(request, 25)
