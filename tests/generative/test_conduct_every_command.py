"""Every command of conduct on every kind of trial: accepted or refused with conditions, never a defect (field case 2).

The fields are of the right types and name what exists in the trial, so that a command gets past the first look.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from celltrial.app.session import codec
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.decide import decide
from celltrial.conduct.decision import Accepted, Refused
from celltrial.conduct.envelope import Actor, Request
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.core.dates import Instant
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCALARS: Mapping[Any, Any] = {
    int: 1, float: 0.5, bool: True, Decimal: Decimal(1), date: date(2026, 5, 30), time: time(10, 30),
    datetime: NOW, timedelta: timedelta(hours=1), Instant: Instant(NOW - timedelta(hours=1), "Asia/Shanghai"),
}  # fmt: skip


def sample(annotation: Any, name: str, known: Mapping[str, str]) -> Any:
    """Return a value of a type; text takes the identifier that the trial has under that name."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is str:
        return known.get(name, "Asia/Shanghai" if name == "zone" else name)
    if annotation in SCALARS:
        return SCALARS[annotation]
    if origin in {Union, types.UnionType}:
        return sample(next(item for item in inner if item is not type(None)), name, known)
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return tuple(sample(item, name, known) for item in (inner[:1] if inner[-1] is Ellipsis else inner))
    if origin is frozenset:
        return frozenset({sample(inner[0], name, known)})
    if origin is not None and issubclass(origin, Mapping):
        return {sample(inner[0], name, known): sample(inner[1], name, known)}
    if annotation is object or annotation is Any:
        return None
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    hints = get_type_hints(annotation)
    made = {
        item.name: sample(hints[item.name], item.name, known) for item in dataclasses.fields(annotation) if item.init
    }
    return annotation(**made)


def names_in(state: TrialState) -> dict[str, str]:
    """Return an identifier of everything that the trial has."""
    subject = next(iter(state.subjects.values()), None)
    found = {"trial": state.trial, "version": state.version}
    if subject is not None:
        found |= {"subject": subject.subject, "site": subject.site, "identity": subject.identity}
        found |= {"event": next(iter(subject.adverse_events), "event")}
    for name, kept in (("batch", state.batches), ("cohort", state.cohorts), ("source", state.sources), ("task", state.tasks),
                       ("suspension", state.suspensions), ("recommendation", state.recommendations), ("alert", state.alerts),
                       ("halt", state.halts), ("query", state.queries), ("change", state.changes)):  # fmt: skip
        if kept:
            found[name] = next(iter(kept))
    return found


@pytest.fixture(scope="module")
def states(tmp_path_factory) -> dict[str, TrialState]:
    """The state of one trial of every kind; the imported one with and without a protocol."""
    from celltrial.app.importing import import_cohort
    from celltrial.app.planning import open_protocol
    from celltrial.app.simulating import simulate_into
    from celltrial.conduct.rehearsal import Journey
    from celltrial.core.progress import Silent

    folder = tmp_path_factory.mktemp("every")
    (folder / "people.csv").write_text("id,age,os\nA,64,200\n", encoding="utf-8")
    (folder / "map.yaml").write_text(
        "schema_version: 1\ntrial: C-1\ntitle: {en: A, zh: 甲}\ncitation: made\nkind_of_data: simulated\n"
        "anchor: 2000-01-01\nsite: {id: S1, country: DE, zone: Europe/Berlin}\n"
        "subjects: {file: people.csv, subject: id, age: age, response_criteria: IMWG-2016, last_contact: os}\n",
        encoding="utf-8",
    )
    import_cohort(folder / "map.yaml", folder, folder / "i.db", Silent())
    plan = open_protocol(EXAMPLES / "bcma-car-t-escalation.yaml")
    simulate_into(folder / "s.db", plan, seed=1, scenario=None, years=0.7, progress=Silent())
    found = {"nothing": EMPTY}
    for name in ("i", "s"):
        with open_ledger(str(folder / f"{name}.db")) as ledger:
            [trial] = ledger.trials()
            found[name] = fold(Journal(ledger, codec()).events(trial))
    found["i with a protocol"] = found["i"].changed(versions=found["s"].versions)
    for name, file in (("single arm", "cd19-car-t-single-arm"), ("randomised", "til-melanoma-randomised")):
        trip = Journey(datetime(2026, 1, 5, 2, tzinfo=UTC), "Asia/Shanghai")
        trip.open_trial(open_protocol(EXAMPLES / f"{file}.yaml"))
        found[name] = trip.state
    return found


@pytest.mark.parametrize("kind", ["nothing", "i", "i with a protocol", "s", "single arm", "randomised"])
def test_every_command_is_answered(states, kind):
    state = states[kind]
    known = names_in(state)
    answers = {}
    for name, command in COMMANDS.items():
        fields = sample(command, name, known)
        for site in {None, known.get("site")}:
            actor = Actor("a", min(ROLES[command]), site, "A")
            answer = decide(state, Request(fields, actor, SCALARS[Instant], reason="why"), now=NOW)
            assert isinstance(answer, Accepted | Refused), name
            assert isinstance(answer, Accepted) or answer.conditions, name
            answers[name] = type(answer)
    assert set(answers) == set(COMMANDS)
