"""All events straight from the lines: the same as by way of records, and as careful about damage."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rehearsal import Journey

from celltrial.conduct.envelope import Draft
from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.core.errors import UserError
from celltrial.ledger import Codec, Journal
from celltrial.ledger.memory import MemoryLedger
from celltrial.ledger.replay import replay
from celltrial.protocol import read_protocol

ROOT = Path(__file__).resolve().parents[3]
CODEC = Codec(EVENTS, UPCASTERS)


class Stored:
    """A ledger that holds just these lines."""

    place = "here"

    def __init__(self, rows):
        self.rows = rows

    def lines(self, chain):
        yield from self.rows


def row(line: bytes):
    return line, hashlib.sha256(line).hexdigest().encode()


@pytest.fixture(scope="module")
def ledger():
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC))
    example = ROOT / "examples" / "bcma-car-t-escalation.yaml"
    trip.open_trial(read_protocol(example.read_text(encoding="utf-8"), example.name))
    trip.treat("P1", "B1")
    held = MemoryLedger()
    drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in trip.events]
    Journal(held, CODEC).append(
        "T", 0, drafts, actor=trip.events[0].actor, reason="why", cause="c", protocol_version="1"
    )
    return held


def test_it_yields_what_the_records_yield(ledger):
    by_record = [CODEC.event(record) for record in ledger.read("T")]
    assert len(by_record) > 50
    assert list(replay(ledger, CODEC, "T")) == by_record
    assert list(Journal(ledger, CODEC).events("T")) == by_record


def damaged(ledger, change):
    rows = list(ledger.lines("T"))
    return Stored([*rows[:4], change(rows[4][0]), *rows[5:]])


@pytest.mark.parametrize(
    ("change", "fault_id"),
    [
        (lambda line: (line.replace(b"why", b"who"), b"0" * 64), "LDG-025"),
        (lambda line: row(line.replace(b'"position":5', b'"position":6')), "LDG-004"),
        (lambda line: row(line.replace(b'"trial":"T"', b'"trial":"U"')), "LDG-004"),
        (lambda line: row(line.replace(b'"position":5', b'"position":"5"')), "LDG-024"),
        (lambda line: row(line.replace(b'"zone":', b'"Zone":')), "LDG-024"),
        (lambda line: row(line.replace(b'"precision":"', b'"precision":"x')), "LDG-024"),
        (lambda line: row(line.replace(b'"role":"', b'"role":"x')), "LDG-024"),
        (lambda line: row(line.replace(b'"recorded":"2', b'"recorded":"x')), "LDG-024"),
        (lambda line: row(line.replace(b'"type":"', b'"type":"x')), "LDG-020"),
        (lambda line: row(line.replace(b'"payload":{', b'"payload":{"more":1,')), "LDG-022"),
        (lambda line: row(b"[1]"), "LDG-021"),
        (lambda line: row(b"\xff"), "LDG-025"),
        (lambda line: (7, b""), "LDG-025"),
    ],
)  # fmt: skip
def test_damage_is_named(ledger, change, fault_id):
    found = replay(damaged(ledger, change), CODEC, "T")
    assert [next(found).position for _ in range(4)] == [1, 2, 3, 4]
    with pytest.raises(UserError) as caught:
        next(found)
    assert caught.value.faults[0].id == fault_id


def test_an_unreadable_payload_says_where(ledger):
    stored = damaged(ledger, lambda line: row(line.replace(b'"payload":{', b'"payload":{"more":1,')))
    with pytest.raises(UserError) as caught:
        list(replay(stored, CODEC, "T"))
    assert caught.value.faults[0].where == "T 5"


@given(data=st.data())
def test_any_other_byte_is_noticed(ledger, data):
    rows = list(ledger.lines("T"))
    which = data.draw(st.integers(0, len(rows) - 1))
    line, stored = rows[which]
    at, byte = data.draw(st.integers(0, len(line) - 1)), data.draw(st.integers(0, 255))
    if line[at] == byte:
        return
    rows[which] = (line[:at] + bytes([byte]) + line[at + 1 :], stored)
    with pytest.raises(UserError):
        list(replay(Stored(rows), CODEC, "T"))
