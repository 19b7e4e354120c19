"""Collected, not collected, not known: three answers that no absence of records decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from celltrial.conduct.facts.subject.events import HistoricalRecordTaken
from celltrial.conduct.facts.trial.events import HistoricalSourceRegistered, TrialRegistered
from celltrial.conduct.vocabulary import Origin, Persons
from celltrial.datasets.collection import Collected, Domain, State, adverse_event
from celltrial.datasets.derive_collection import scheduled
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.mark.parametrize(
    ("declared", "found", "name", "state"),
    [
        (frozenset(), frozenset(), "deaths", "not_collected"),
        (None, frozenset(), "deaths", "not_known"),
        (None, frozenset({"deaths"}), "deaths", "collected"),
        (frozenset({"adverse_events"}), frozenset(), "adverse_events/crs", "collected"),
        (frozenset({"adverse_events/crs"}), frozenset(), "adverse_events/crs", "collected"),
        (frozenset({"adverse_events/crs"}), frozenset(), "adverse_events/icans", "not_collected"),
        (frozenset({"adverse_events/crs"}), frozenset(), "adverse_events", "not_collected"),
    ],
)
def test_state(declared, found, name, state):
    assert Collected(declared, found).state(name) is State(state)


def test_who_is_missing_is_missing_under_every_name_that_was_collected():
    crs, icans = adverse_event("crs"), adverse_event("icans")
    found = Collected(frozenset({crs, icans}), missing={crs: frozenset("AB"), icans: frozenset("B")})
    assert found.missing_of(crs) == {"A", "B"}
    assert found.missing_of(crs, icans) == {"B"}
    assert found.missing_of("deaths") == frozenset()


@pytest.fixture
def historical(book):
    """Return what a historical trial of one subject collected, given what its source declares."""

    def made(collected, not_recorded=()):
        book.events.clear()
        book.add(TrialRegistered("T", "T", "", Origin.RETROSPECTIVE, Persons.NOT_PROVED, ""), 0)
        book.add(HistoricalSourceRegistered("F1", "x.csv", "0" * 64, "", date(2000, 1, 1), collected), 0)
        book.treat("S1")
        book.add(HistoricalRecordTaken("S1", "F1", "row 2", (), not_recorded), 0)
        return book.tables().collected

    return made


def test_an_import_collects_what_its_source_declares_and_what_its_records_hold(historical):
    found = historical(("deaths",), ("deaths",))
    assert found.has(Domain.DEATHS)
    assert found.has(Domain.CELL_COLLECTION)  # recorded
    assert found.state(Domain.RESPONSE) is State.NOT_COLLECTED
    assert found.missing_of(Domain.DEATHS) == {"S1"}


def test_an_import_of_which_nobody_said_what_it_collects_is_not_known(historical):
    assert historical(None).state(Domain.DEATHS, Domain.RESPONSE) is State.NOT_KNOWN


def test_a_protocol_collects_what_it_schedules():
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    assert scheduled(protocol) == frozenset(Domain)
    without = protocol.model_copy(update={"efficacy": None, "pharmacology": None})
    assert frozenset(Domain) - scheduled(without) == {Domain.RESPONSE, Domain.PROGRESSION, Domain.KINETICS}
