"""What was once written stays readable: one golden file per event version, and one for the form of the ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from celltrial.conduct.envelope import Actor, Precision, Role
from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS
from celltrial.core.canonical import canonical, parse_object
from celltrial.core.dates import Instant
from celltrial.core.errors import DefectError
from celltrial.core.quantities import Quantity
from celltrial.core.scalars import UnreadableError
from celltrial.core.shapes import shape_of, writer
from celltrial.core.values import (
    ABSENT,
    Choice,
    Day,
    Duration,
    Formula,
    Identifier,
    Moment,
    Protected,
    SetOf,
    Term,
    Value,
    at_most,
    between,
    message,
)  # fmt: skip
from celltrial.ledger import Clock, Codec, Context, Entry, Ledger, Meaning, open_ledger, sign
from celltrial.ledger.audit import export_audit
from celltrial.ledger.offline import check_audit
from celltrial.ledger.record import genesis

FOLDER = Path(__file__).parent
EVERY = {**EVENTS, **LOG_IN_EVENTS}
CODEC = Codec(EVERY, UPCASTERS)
GOLDEN = sorted(FOLDER.glob("events/*.json"))


def name_of(path: Path) -> str:
    return path.stem.replace("-", "/")


@pytest.mark.parametrize("path", GOLDEN, ids=name_of)
def test_every_version_ever_shipped_is_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8").rstrip("\n")
    fact = CODEC.decode(name_of(path), parse_object(text))
    assert type(fact) in EVERY.values()
    name, payload = CODEC.encode(fact)
    if name == name_of(path):
        assert canonical(payload) == text


def test_every_type_has_its_golden_file() -> None:
    missing = set(CODEC.types) - {name_of(path) for path in GOLDEN}
    assert not missing, f"run tests/golden/write_event_golden.py and commit the files of {sorted(missing)}"


def test_a_text_that_an_older_program_composed_stands_as_it_was_written() -> None:
    """Details were sentences of one language once; today they are typed values, put into words where they are read."""
    stored = parse_object((FOLDER / "events/trial.alert_raised-1.json").read_text(encoding="utf-8"))
    assert CODEC.decode("trial.alert_raised/1", stored).detail == Identifier("detail 愈")
    assert CODEC.decode("trial.alert_raised/1", {**stored, "detail": ""}).detail == ABSENT
    stored = parse_object((FOLDER / "events/trial.transition_signed-1.json").read_text(encoding="utf-8"))
    assert CODEC.decode("trial.transition_signed/1", stored).criteria == tuple(map(Identifier, stored["criteria"]))


@pytest.mark.parametrize(
    "value",
    [
        message("dlt_among", dlt=2, evaluable=3),
        SetOf((Term("query", "crs_late_onset"), at_most(Duration(14)), between(Day(date(2025, 3, 1)), ABSENT))),
        Choice((Quantity(Decimal("0.50"), "Cel"), Moment(datetime(2025, 3, 1, tzinfo=UTC), "Asia/Shanghai"))),
        Protected("product", Formula("a < b")),
    ],
    ids=str,
)
def test_every_kind_of_value_is_read_as_it_was_written(value: Value) -> None:
    shape = shape_of(Value)
    assert shape.read(json.loads(canonical(writer(shape)(value)))) == value
    with pytest.raises(DefectError):
        writer(shape)("a sentence")
    with pytest.raises(UnreadableError):
        shape.read("a sentence")


def write(ledger: Ledger) -> None:
    here = Instant(datetime(2025, 3, 30, 0, 59, 59, 123456, tzinfo=UTC), "Europe/Berlin")
    ann = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")
    system = Actor("system", Role.SYSTEM)
    first = Entry("subject/BC-001", "subject.noted/1", {"b": [1, None, True, 0.5], "a": 'line\nend "愈" \\ 𐀀'}, here)
    second = Entry("batch/B-1", "batch.noted/2", {}, here, Precision.DAY)
    ledger.append("BC-1", 0, [first, second], Context(ann, "why", "request-1", "1.0"))
    ledger.append("BC-1", 2, [first], Context(system))
    sign(ledger, "BC-1", actor=ann, meaning=Meaning.APPROVAL, occurred=here, positions=[1, 3], components=("password",))


@pytest.mark.parametrize("kind", ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_form_of_a_ledger_is_frozen(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The same acts give the same bytes and hashes on every ledger, today as when the form was shipped."""
    where = {"memory": ":memory:", "sqlite": str(tmp_path / "trial.db")}.get(kind)
    where = where or request.getfixturevalue("postgres_server").fresh()
    clock = Clock("golden", lambda: datetime(2025, 4, 1, tzinfo=UTC))
    with open_ledger(where, create=True, clock=clock) as ledger:
        write(ledger)
        lines = export_audit(ledger, "BC-1", tmp_path).lines.read_text(encoding="utf-8").splitlines()
    assert lines[1:] == (FOLDER / "ledger.audit.jsonl").read_text(encoding="utf-8").splitlines()[1:]


def test_the_golden_trail_verifies() -> None:
    assert check_audit(FOLDER / "ledger.audit.jsonl").holds


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_hashes_agree_with_another_program() -> None:
    _, *lines = (FOLDER / "ledger.audit.jsonl").read_text(encoding="utf-8").splitlines()
    previous = genesis("BC-1")
    assert previous == _sha256sum(b"celltrial-ledger/1\nBC-1")
    for line in lines[:3]:
        value = json.loads(line)
        assert value["record"]["previous"] == previous
        previous = _sha256sum(line.partition('"record":')[2][:-1].encode())
        assert value["hash"] == previous


def _sha256sum(data: bytes) -> str:
    return subprocess.run(["sha256sum"], input=data, capture_output=True, check=True).stdout.split()[0].decode()
