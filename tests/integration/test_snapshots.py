"""A large trial is opened from a snapshot only where that is the fold of this ledger, by this program, of this installation.

Every attack leaves a state that is the full fold, the slow and plain way; whether a snapshot was read is counted.
"""

from __future__ import annotations

import os
import pickle
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rehearsal import Journey

from celltrial.app import snapshots
from celltrial.app.installation import data_folder
from celltrial.app.session import codec, open_session
from celltrial.conduct.envelope import Draft
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.ledger import open_ledger
from celltrial.ledger.journal import Journal
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
TRIAL = "trial"


@pytest.fixture(scope="module")
def rehearsed() -> Journey:
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC))
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    trip.treat("P1", "B1")
    return trip


class Place:
    """A ledger whose trial has been opened once, so that a snapshot lies in the installation's folder."""

    def __init__(self, where: str, trip: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
        self.where = where
        self.drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in trip.events]
        self.actor = trip.events[0].actor
        self.written = len(self.drafts) * 2 // 3
        self.read: list[bytes] = []
        unpack = snapshots.unpack
        monkeypatch.setattr(snapshots, "unpack", lambda content: self.read.append(content) or unpack(content))
        monkeypatch.setattr(snapshots, "WORTH", 10)
        self.append(self.drafts[: self.written], create=True)
        assert self.opened() == (self.folded(), 0)

    def append(self, drafts: list[Draft[Any]], *, create: bool = False) -> None:
        with open_ledger(self.where, create=create) as ledger:
            journal = Journal(ledger, codec())
            journal.append(TRIAL, ledger.head(TRIAL).position, drafts, actor=self.actor, protocol_version="1.0")

    def folded(self) -> TrialState:
        with open_ledger(self.where) as ledger:
            return fold(Journal(ledger, codec()).events(TRIAL))

    def opened(self) -> tuple[TrialState, int]:
        """Return the state as a session opens it, and how many snapshots were read for it."""
        self.read.clear()
        with open_session(self.where, TRIAL) as session:
            return session.state, len(self.read)

    @property
    def snapshot(self) -> Path:
        with open_ledger(self.where) as ledger:
            path = snapshots._path(ledger, TRIAL)
        assert path is not None
        return path


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def place(request, rehearsed, tmp_path, monkeypatch) -> Place:
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "installation"))
    is_file = request.param == "SQLite"
    where = str(tmp_path / "trial.db") if is_file else request.getfixturevalue("postgres_server").fresh()
    return Place(where, rehearsed, monkeypatch)


def test_what_was_written_since_is_folded_onto_the_snapshot(place):
    assert place.opened() == (place.folded(), 1)
    place.append(place.drafts[place.written : place.written + 3])
    state, read = place.opened()
    assert (state, read) == (place.folded(), 1)
    assert state.position == place.written + 3
    assert state.plan is not None
    assert state.plan.rules


def test_it_lies_in_the_folder_of_the_installation_for_its_owner_alone(place):
    assert place.snapshot.parent == data_folder() / "snapshots"
    assert place.snapshot.stat().st_mode & 0o777 == 0o600
    assert place.snapshot.parent.stat().st_mode & 0o777 == 0o700


def test_another_is_written_only_where_enough_was_added(place):
    before = place.snapshot.read_bytes()
    place.append(place.drafts[place.written : place.written + 9])
    place.opened()
    assert place.snapshot.read_bytes() == before
    place.append(place.drafts[place.written + 9 : place.written + 10])
    place.opened()
    assert place.snapshot.read_bytes() != before
    assert place.opened() == (place.folded(), 1)


@pytest.mark.parametrize("where", [0, 31, 32, 60, 400, -1])
def test_one_changed_byte_and_it_is_not_read_but_written_anew(place, where):
    data = bytearray(place.snapshot.read_bytes())
    data[where] ^= 1
    place.snapshot.write_bytes(data)
    assert place.opened() == (place.folded(), 0)
    assert place.opened() == (place.folded(), 1)


@pytest.mark.parametrize("left", [b"", b"x", b"x" * 32, b"x" * 40])
def test_what_is_no_snapshot_is_not_read(place, left):
    place.snapshot.write_bytes(left)
    assert place.opened() == (place.folded(), 0)


def test_it_may_be_deleted_at_any_time(place):
    shutil.rmtree(place.snapshot.parent)
    assert place.opened() == (place.folded(), 0)
    assert place.opened() == (place.folded(), 1)


def test_that_of_another_installation_is_not_read(place, monkeypatch, tmp_path):
    path, own = place.snapshot, place.snapshot.read_bytes()
    monkeypatch.setenv("CELLTRIAL_KEY", str(tmp_path / "another.key"))
    path.unlink()
    place.opened()
    foreign = path.read_bytes()
    assert foreign != own
    monkeypatch.delenv("CELLTRIAL_KEY")
    path.write_bytes(foreign)
    assert place.opened() == (place.folded(), 0)


def test_that_of_an_older_program_is_not_read(place, monkeypatch):
    monkeypatch.setattr(snapshots, "program", lambda: "0" * 64)
    assert place.opened() == (place.folded(), 0)
    assert place.opened() == (place.folded(), 1)


def test_that_of_a_ledger_that_went_another_way_is_not_read(place, tmp_path):
    """Another ledger with a trial of the same name, whose record at that place is another one."""
    other = Place.__new__(Place)
    other.__dict__.update(place.__dict__, where=str(tmp_path / "other.db"))
    other.append(place.drafts[: place.written], create=True)  # the same facts, recorded at another time
    other.opened()
    assert other.opened()[1] == 1
    shutil.copy(place.snapshot, other.snapshot)
    assert other.opened() == (other.folded(), 0)


def test_that_of_a_history_that_is_longer_is_not_read(place, tmp_path):
    """A restored old copy: the record that the snapshot names is not there."""
    short = Place.__new__(Place)
    short.__dict__.update(place.__dict__, where=str(tmp_path / "short.db"))
    short.append(place.drafts[:20], create=True)
    short.opened()
    shutil.copy(place.snapshot, short.snapshot)
    state, read = short.opened()
    assert (state.position, read) == (20, 0)
    assert state == short.folded()


def test_none_is_kept_where_that_is_asked(place, monkeypatch):
    monkeypatch.setenv("CELLTRIAL_SNAPSHOTS", "off")
    assert place.opened() == (place.folded(), 0)


def test_a_folder_that_cannot_be_written_keeps_nobody_from_acting(place, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "file" / "in"))
    assert place.opened() == (place.folded(), 0)


def test_a_key_that_others_can_read_seals_nothing(place, tmp_path):
    key = tmp_path / "installation" / "receipt.key"
    assert place.opened()[1] == 1
    key.chmod(0o644)
    assert place.opened() == (place.folded(), 0)


def test_the_oldest_go(place, monkeypatch):
    monkeypatch.setattr(snapshots, "MOST", 1)
    left = place.snapshot.with_name(f"{'0' * 64}.snapshot")
    left.write_bytes(b"old")
    os.utime(left, (1, 1))
    place.snapshot.unlink()
    place.opened()
    assert [path for path in place.snapshot.parent.iterdir() if path.suffix == ".snapshot"] == [place.snapshot]


class _Runs:
    def __reduce__(self) -> Any:
        return (print, ("carried out",))


@pytest.mark.parametrize("held", [_Runs(), EMPTY.changed(trial=_Runs()), EMPTY.changed(trial=Path("x"))])
def test_a_packed_state_names_nothing_but_parts_of_a_state(held, capsys):
    with pytest.raises((pickle.UnpicklingError, AttributeError)):
        snapshots.unpack(snapshots.pack(held))
    assert capsys.readouterr().out == ""


def test_only_a_state_is_unpacked():
    with pytest.raises(pickle.UnpicklingError):
        snapshots.unpack(pickle.dumps({}))
