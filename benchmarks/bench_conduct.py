"""Speed of conduct: rebuilding a large trial from its ledger, and one decision on it.

The trial is one whole journey, through every gate, copied to 500 subjects, and
filled up with laboratory values and adverse events to 250,000 events. To
rebuild it is to open a session: every line is read, checked against its hash
and its place, decoded and folded into the state that decisions are made on.
"""

from __future__ import annotations

import dataclasses
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench_ledger import adverse_event, tests_module
from rehearsal import Journey

from celltrial.app.session import TrialSession, codec
from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.subject.commands import EnrolSubject, StartLymphodepletion
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Draft, Event
from celltrial.conduct.facts.assessment.events import LaboratoryMeasured
from celltrial.conduct.facts.evolve import fold
from celltrial.core.measured import Measured
from celltrial.ledger import Ledger, open_ledger, verify
from celltrial.ledger.journal import Journal
from celltrial.protocol import read_protocol

SUBJECTS, EVENTS, ROUNDS, REBUILDS = 500, 250_000, 9, 3
EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "bcma-car-t-escalation.yaml"


def renamed(value: Any, number: int) -> Any:
    """Return a fact of subject P1 and batch B1 as one of another subject."""
    if isinstance(value, str):
        return value.replace("P1", f"P{number}").replace("B1", f"B{number}") if type(value) is str else value
    if isinstance(value, tuple):
        return tuple(renamed(item, number) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value)(*[renamed(getattr(value, field.name), number) for field in dataclasses.fields(value)])
    return value


def large_trial(subjects: int = SUBJECTS, size: int = EVENTS) -> tuple[Journey, list[Event[Any]]]:
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC))
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    trip.treat("P1", "B1")
    about = [item for item in trip.events if hasattr(item.fact, "subject") or item.stream.startswith("batch")]
    events = [item for item in trip.events if item not in about]
    events += [item._replace(fact=renamed(item.fact, n)) for n in range(1, subjects + 1) for item in about]
    last = about[-1]
    for number in range(size - len(events)):
        name = f"P{number % subjects + 1}"
        fact: Any = LaboratoryMeasured(name, "alt", Measured.read(30), "U/L")
        if number % 20 == 0:
            fact = adverse_event(name, f"AE-{number}", trip.moment, 1)
        events.append(last._replace(fact=fact))
    return trip, [item._replace(position=index) for index, item in enumerate(events, start=1)]


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def rebuilt(
    ledger: Ledger, trip: Journey, events: list[Event[Any]], name: str
) -> Iterator[tuple[str, float, str, str]]:
    """Write the trial, rebuild it as an application does that has just started, and verify it."""
    drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in events]
    Journal(ledger, codec()).append("trial", 0, drafts, actor=events[0].actor, protocol_version="1.0")

    gc.collect()
    gc.freeze()  # a process that has just started does not hold the rehearsed events as well

    def open_session() -> None:
        trip.state = TrialSession(ledger, "trial", lambda: trip.now, lambda _: None).state

    what = f"{len(events):,} events of {SUBJECTS} subjects"
    yield f"{name}: rebuild {what}", best(open_session, REBUILDS), "s", "<= 5"
    yield f"{name}: verify {what}", best(lambda: verify(ledger, "trial"), REBUILDS), "s", "<= 1.25"


def decisions(trip: Journey) -> Iterator[tuple[str, float, str, str]]:
    """One decision of each weight."""
    trip.now += timedelta(days=2)
    asked = {
        "gate before lymphodepletion": StartLymphodepletion("P1", "B1", trip.moment),
        "gate of the infusion": trip.infusion("P1", "B1"),
        "gate of enrolment": EnrolSubject("P1", "C1"),
    }
    for name, command in asked.items():
        request = trip.request(command)
        yield name, 1e3 * best(lambda r=request: decide(trip.state, r, now=trip.now)), "ms", "<= 5"  # type: ignore[misc]
    for grade in (1, 4):
        request = trip.request(ReportAdverseEvent(adverse_event("P7", "NEW", trip.moment, grade)))
        first = 1e3 * best(lambda r=request: decide(trip.state, r, now=trip.now), 1)  # type: ignore[misc]
        yield f"adverse event of grade {grade}, stopping rules and all, the first in a process", first, "ms", "<= 10"
        spent = 1e3 * best(lambda r=request: decide(trip.state, r, now=trip.now))  # type: ignore[misc]
        yield f"adverse event of grade {grade}, stopping rules and all", spent, "ms", "<= 10"


def run() -> Iterator[tuple[str, float, str, str]]:
    """Measure the fold alone, the rebuild from either database, and decisions on what was rebuilt."""
    trip, events = large_trial()
    start = time.perf_counter()
    fold(events)
    yield f"fold {len(events):,} events of {SUBJECTS} subjects", time.perf_counter() - start, "s", "-"
    with tests_module().running_postgres() as server:
        if server is not None:
            with open_ledger(server.fresh(), create=True) as ledger:
                yield from rebuilt(ledger, trip, events, "PostgreSQL")
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder) / "trial.db", create=True) as ledger:
        yield from rebuilt(ledger, trip, events, "SQLite")
    yield from decisions(trip)
