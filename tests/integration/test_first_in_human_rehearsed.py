"""The rehearsal of a whole first-in-human trial: every act and every signature by its own logged-in person."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path

import pytest

from celltrial.app.logging_in import CHAIN
from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.conduct.facts.signing.events import SignatureGiven
from celltrial.conduct.vocabulary import ExitReason, Persons
from celltrial.ledger import Codec, Journal, open_ledger

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "first_in_human_rehearsed.py"


@pytest.fixture
def script(monkeypatch):
    """The example as a module; verifiers cost little, since eleven persons log in."""
    spec = importlib.util.spec_from_file_location("first_in_human_rehearsed", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setenv("CELLTRIAL_STATE", "set by the script")
    monkeypatch.setattr("celltrial.app.logging_in.COST", 2**10)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    return module


def played(script, folder, until):
    """Return the desks, the rehearsal and every event of its ledger."""
    desks = script.Desks(folder)
    trip = script.play(desks, until)
    with open_ledger(desks.ledger) as ledger:
        return desks, trip, list(Journal(ledger, Codec(EVENTS, UPCASTERS)).events(script.TRIAL))


def check_persons(script, desks, events):
    """Hold every record to a person's grant, and every signature to a session that its signer opened."""
    assert {item.actor.id for item in events} <= set(script.PEOPLE)
    for item in events:
        printed, role, site = script.PEOPLE[item.actor.id]
        assert (item.actor.printed_name, item.actor.role, item.actor.site) == (printed, role, site)
    with open_ledger(desks.accounts) as ledger:
        opened = {
            item.payload["session"]: item.payload["account"]
            for item in ledger.read(CHAIN)
            if item.type == "log_in.succeeded/1"
        }
    signed = [item for item in events if isinstance(item.fact, SignatureGiven)]
    assert signed
    assert all(opened[item.fact.session] == item.actor.id for item in signed)
    assert all("password" in item.fact.components for item in signed)
    return {item.actor.id for item in signed}


def test_the_opening_is_played_by_persons_with_their_own_signatures(script, tmp_path):
    desks, trip, events = played(script, tmp_path, "opening")
    assert check_persons(script, desks, events) == {"lead"}
    assert (trip.state.persons, trip.state.version) == (Persons.REHEARSED, "1.0")
    assert len(trip.state.accounts) == 11
    assert "REHEARSAL" in (tmp_path / "report-en.html").read_text(encoding="utf-8")
    assert "演练" in (tmp_path / "report-zh.html").read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_whole_trial_is_played_by_persons(script, tmp_path):
    desks, trip, events = played(script, tmp_path, "recommended dose")
    state = trip.state
    assert len(check_persons(script, desks, events)) >= 6
    enrolled = [item for item in state.subjects.values() if item.enrolled is not None]
    infused = {item.subject for item in enrolled if item.infusions}
    assert (len(enrolled), len(infused), state.recommended_level) == (12, 10, 1)
    assert state.subjects["P4"].exit_reason is ExitReason.MANUFACTURING_FAILURE
    assert {item.clock for item in read(desks, script)} == {"rehearsal"}
    assert (events[-1].recorded - events[0].recorded).days > 200


def read(desks, script):
    """Return every record of the trial."""
    with open_ledger(desks.ledger) as ledger:
        return list(ledger.read(script.TRIAL))
