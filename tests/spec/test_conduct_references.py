"""Whatever the command: a reference to something unknown is the same condition, at its field, beside nothing else."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.references import NEW, REFERENCES, references
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import DECIDERS, decide
from celltrial.conduct.rehearsal.journey import Journey
from celltrial.conduct.ruling import Condition, Refused
from celltrial.core.values import as_written, message
from generative.command_fields import names_in, sample

UNKNOWN = "NOBODY-7"
FIELDS = [
    (name, path)
    for name in sorted(COMMANDS)
    if COMMANDS[name] in DECIDERS and name != "RecordHistorical"
    for path, _, _ in references(sample(COMMANDS[name], name, {}))
]


def with_unknown(command, path):
    """Return the command with an unknown identifier at a path."""
    first, _, rest = path.partition(".")
    if rest:
        return dataclasses.replace(command, **{first: with_unknown(getattr(command, first), rest)})
    return dataclasses.replace(command, **{first: UNKNOWN})


@pytest.fixture(scope="module")
def begun(escalation_protocol):
    """A trial with a treated subject and an adverse event, and its names."""
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(escalation_protocol)
    trip.treat("P1", "B1")
    return trip


def ask(trip, command):
    """Decide on a command now, by the first role that may give it; nothing is remembered."""
    return decide(trip.state, trip.request(command), now=trip.now)


def test_commands_of_every_area_refer_to_something():
    assert len(FIELDS) > 100
    assert {path.removeprefix("fact.") for _, path in FIELDS} == set(REFERENCES)


@pytest.mark.parametrize(("name", "path"), FIELDS)
def test_a_reference_to_something_unknown_is_the_same_condition_at_its_field(begun, name, path):
    command = with_unknown(sample(COMMANDS[name], name, names_in(begun.state)), path)
    ruling = ask(begun, command)
    reference = REFERENCES[path.removeprefix("fact.")]
    expected = Condition(
        Code.NOT_KNOWN, message(reference.needed), as_written(UNKNOWN), f"{reference.stream}/{UNKNOWN}", input=path
    )
    assert isinstance(ruling, Refused)
    assert expected in ruling.conditions
    assert {item.code for item in ruling.conditions} == {Code.NOT_KNOWN}, "no decider was asked"


def test_every_field_that_is_left_out_of_the_references_exists():
    for entry in NEW:
        name, _, field = entry.partition(".")
        command = sample(COMMANDS[name], name, {}) if name != "RecordHistorical" else COMMANDS[name]
        assert field in {item.name for item in dataclasses.fields(getattr(command, "fact", command))}, entry
        assert field in REFERENCES
