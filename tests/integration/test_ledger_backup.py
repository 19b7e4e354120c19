"""Backup, restore, verify: the chain holds, the restored ledger goes on, and nothing is lost without somebody's name."""

from __future__ import annotations

import io
import shutil
import sqlite3
import stat
import subprocess
import sys
from base64 import b32decode
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from celltrial.app.anchoring import read_folder
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from celltrial.core.dates import Instant
from celltrial.ledger import Context, Entry, Ledger, Meaning, open_ledger, sign, signatures, verify

HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
OWN = "seven herons over the lake"
ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")


def write(ledger: Ledger, first: int, last: int) -> None:
    for number in range(first, last):
        ledger.append(
            "BC-1", number, [Entry("subject/1", "subject.noted/1", {"n": number, "t": "愈\\\n"}, HERE)], Context(ANN)
        )


def goes_on(restored: Ledger, lines: list[tuple[bytes, bytes]]) -> None:
    assert list(restored.lines("BC-1")) == lines
    assert verify(restored, "BC-1").holds
    assert len(signatures(restored, "BC-1")) == 1
    write(restored, 20, 25)
    assert verify(restored, "BC-1").records == 25


def test_a_sqlite_ledger_is_backed_up_while_it_runs(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "trial.db", create=True) as ledger:
        write(ledger, 0, 20)
        sign(ledger, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[20])
        source, target = sqlite3.connect(tmp_path / "trial.db"), sqlite3.connect(tmp_path / "copy.db")
        source.backup(target)
        lines = list(ledger.lines("BC-1"))
        write(ledger, 20, 30)
        source.close()
        target.close()
    with open_ledger(tmp_path / "copy.db") as restored:
        goes_on(restored, lines)


@pytest.mark.postgres
def test_a_postgres_ledger_is_dumped_and_restored(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server = request.getfixturevalue("postgres_server")
    with open_ledger(server.fresh(), create=True) as ledger:
        write(ledger, 0, 20)
        sign(ledger, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[20])
        lines = list(ledger.lines("BC-1"))
    dump = tmp_path / "dump.sql"
    subprocess.run(["pg_dump", "--schema=celltrial_ledger", "-f", dump, server.url], check=True)
    url = server.fresh()
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, url], check=True, capture_output=True)
    with open_ledger(url) as restored:
        goes_on(restored, lines)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def running(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger of 20 records and a signature, and a folder set for receipts where it is a server."""
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "home"))
    where = str(tmp_path / "trial.db")
    if request.param == "postgres":
        monkeypatch.setenv("CELLTRIAL_RECEIPTS", str(tmp_path / "kept"))
        where = request.getfixturevalue("postgres_server").fresh()
    with open_ledger(where, create=True) as ledger:
        write(ledger, 0, 20)
        sign(ledger, "BC-1", actor=ANN, meaning=Meaning.REVIEW, occurred=HERE, positions=[20])
    return where


def gone(where: str) -> None:
    """Lose a ledger; its receipts stay."""
    if "://" in where:
        import psycopg

        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("DROP SCHEMA celltrial_ledger CASCADE")
    else:
        Path(where).unlink()


def lines(where: str | Path) -> list[tuple[bytes, bytes]]:
    with open_ledger(where) as ledger:
        return [*ledger.lines("BC-1"), *ledger.lines("BC-1~signatures")]


def test_a_ledger_is_backed_up_while_it_runs_and_restored(celltrial, running: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    before = lines(running)
    with open_ledger(running):
        code, out, _ = celltrial("backup", running, copy)
    assert code == 0
    assert "Anchored up to record 20 and signature 1" in out
    assert lines(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [item.occasion for item in read_folder(tmp_path / "copy.db.receipts")] == ["backup"]
    assert "copy.db.receipts" in {item.name for item in tmp_path.iterdir()}
    assert not [item for item in tmp_path.iterdir() if item.name.startswith(".copy")]
    assert celltrial("verify", copy)[0] == 0
    gone(running)
    assert celltrial("restore", copy, running)[0] == 0
    assert lines(running) == before
    with open_ledger(running) as restored:
        goes_on(restored, before[:20])
    code, out, _ = celltrial("verify", running)
    assert code == 0
    assert "Anchored up to record 20" in out
    assert ("were not checked" in out, "integrity check" in out) == ("://" in running, "://" not in running)


def test_a_backup_is_never_laid_over_a_ledger(celltrial, running: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert celltrial("backup", running, copy)[0] == 0
    for words in (("backup", running, copy), ("restore", copy, running)):
        code, _, err = celltrial(*words)
        assert (code, err.split(":")[0]) == (2, "APP-004"), words
    (tmp_path / "free.db-wal").write_bytes(b"left behind")
    code, _, err = celltrial("restore", copy, tmp_path / "free.db")
    assert (code, err.split(":")[0]) == (2, "APP-004")
    code, _, err = celltrial("backup", running, tmp_path / "nowhere" / "copy.db")
    assert (code, err.split(":")[0]) == (2, "APP-001")


def test_a_ledger_that_does_not_hold_gives_no_backup(celltrial, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "home"))
    path = tmp_path / "trial.db"
    with open_ledger(path, create=True) as ledger:
        write(ledger, 0, 20)
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER record_keeps")
    connection.execute("UPDATE record SET hash = replace(hash, '0', '1') WHERE position = 7")
    connection.commit()
    connection.close()
    code, out, _ = celltrial("backup", path, tmp_path / "copy.db")
    assert code == 1
    assert "LDG-030" in out
    assert "LDG-070" in out
    assert not (tmp_path / "copy.db").exists()
    assert read_folder(tmp_path / "trial.db.receipts") == []


class People:
    """A ledger of accounts with one person who signs."""

    def __init__(self, celltrial, monkeypatch, folder: Path) -> None:
        self.celltrial, self.patch, self.path = celltrial, monkeypatch, folder / "accounts.db"
        code, out, _ = self.call("account", "init", self.path, "lead", "--name", "Lead Office")
        assert code == 0
        assert self.call("account", "passphrase", self.path, "lead", lines=(out.splitlines()[-1], OWN))[0] == 0

    def enrol(self) -> None:
        code, out, _ = self.call("account", "second-factor", self.path, "lead", lines=(OWN,))
        assert code == 0
        self.key = b32decode(parse_qs(urlparse(out.splitlines()[-1]).query)["secret"][0])

    def code(self) -> str:
        return code_at(self.key, step_of(datetime.now(UTC)))

    def call(self, *arguments: object, lines: tuple[str, ...] = ()) -> tuple[int, str, str]:
        self.patch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return self.celltrial(*arguments)


def test_a_restore_that_loses_records_is_refused_unless_a_person_signs(
    celltrial, running: str, tmp_path: Path, monkeypatch
) -> None:
    copy = tmp_path / "copy.db"
    assert celltrial("backup", running, copy)[0] == 0
    with open_ledger(running) as ledger:
        write(ledger, 20, 27)
        sign(ledger, "BC-1", actor=ANN, meaning=Meaning.APPROVAL, occurred=HERE, positions=[27])
    assert celltrial("anchor", running, "--out", tmp_path / "far")[0] == 0
    gone(running)
    code, out, _ = celltrial("restore", copy, running)
    assert code == 1
    assert "21-27" in out
    assert "--accept-loss" in out
    elsewhere = tmp_path / "elsewhere.db"  # no receipts there: those kept elsewhere still tell
    assert celltrial("restore", copy, elsewhere, "--anchor", tmp_path / "far")[0] == 1
    assert not elsewhere.exists()

    people = People(celltrial, monkeypatch, tmp_path)
    sure = ("restore", copy, running, "--accept-loss", "--accounts", people.path)
    who = ("--account", "lead", "--as", "sponsor", "--reason", "the disk burnt")
    assert people.call(*sure, "--account", "lead", "--as", "sponsor", lines=("x", "1"))[2].startswith("APP-187")
    assert people.call(*sure, *who, lines=(OWN, "123456"))[2].startswith("APP-188")
    people.enrol()
    code, out, _ = people.call(*sure, *who, lines=("seven herons over the sea", people.code()))
    assert code == 1
    assert "CND-" in out
    code, out, _ = people.call(*sure, *who, lines=(OWN, people.code()))
    assert code == 0
    assert "the disk burnt" in out
    with open_ledger(running) as ledger:
        assert ledger.head("BC-1").position == 20
        mark = signatures(ledger, "BC-1")[-1]
    assert (mark.signer.id, mark.signer.printed_name, mark.signed.components) == (
        "lead",
        "Lead Office",
        ("password", "code"),
    )
    assert "21-27" in mark.reason
    assert "the disk burnt" in mark.reason
    for words in (("verify", running), ("verify", running, "--anchor", tmp_path / "far")):
        code, out, _ = celltrial(*words)
        assert code == 0
        assert "Receipt 2" in out  # what was given up is shown for ever
        assert "lead: restored without BC-1 21-27" in out
    assert celltrial("anchor", running, "--out", tmp_path / "far")[0] == 0
    with open_ledger(running) as ledger:
        write(ledger, 20, 27)  # other records under the numbers of those that were lost
    assert celltrial("verify", running, "--anchor", tmp_path / "far")[0] == 0


def test_a_loss_is_signed_for_in_the_role_and_the_installation_of_the_trial(
    celltrial, tmp_path: Path, monkeypatch
) -> None:
    """A trial that keeps accesses, registered under another installation, refuses this one's administrator."""
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "home"))
    path, copy = tmp_path / "trial.db", tmp_path / "copy.db"
    registration = {
        "trial": "BC-1", "title": "Trial", "sponsor": "Office", "origin": "prospective", "persons": "logged_in",
        "installation": "f" * 64,
    }  # fmt: skip
    granted = {"account": "pi", "printed_name": "Ward One", "role": "investigator", "site": "S1"}
    granted_one = Actor("pi", Role.INVESTIGATOR, "S1", "Ward One")
    with open_ledger(path, create=True) as ledger:
        entries = [
            Entry("trial", "trial.registered/2", registration, HERE),
            Entry("account/pi", "account.access_granted/1", granted, HERE),
        ]
        ledger.append("BC-1", 0, entries, Context(granted_one))
    assert celltrial("backup", path, copy)[0] == 0
    closed = Entry("trial", "trial.task_closed/1", {"task": "t", "outcome": "done"}, HERE)
    with open_ledger(path) as ledger:
        ledger.append("BC-1", 2, [closed] * 3, Context(granted_one))
    assert celltrial("anchor", path)[0] == 0
    path.unlink()
    people = People(celltrial, monkeypatch, tmp_path)
    people.enrol()
    sure = ("--accept-loss", "--accounts", people.path, "--account", "lead", "--as", "sponsor", "--reason", "disk")
    code, out, err = people.call("restore", copy, path, *sure, lines=(OWN, people.code()))
    assert (code, err) == (1, "")
    assert Code.ACCESS_NOT_GRANTED in out
    assert Code.PERSON_NOT_PROVED in out
    assert not path.exists()


def test_nobody_signs_for_a_backup_of_another_history(celltrial, running: str, tmp_path: Path, monkeypatch) -> None:
    assert celltrial("anchor", running)[0] == 0
    other = tmp_path / "other.db"
    with open_ledger(other, create=True) as ledger:
        note = Entry("subject/1", "subject.noted/1", {"n": "another"}, HERE)
        for number in range(25):
            ledger.append("BC-1", number, [note], Context(ANN))
    gone(running)
    people = People(celltrial, monkeypatch, tmp_path)
    people.enrol()
    sure = ("--accept-loss", "--accounts", people.path, "--account", "lead", "--as", "sponsor", "--reason", "no matter")
    code, out, _ = people.call("restore", other, running, *sure, lines=(OWN, people.code()))
    assert code == 1
    assert "LDG-065" in out
    assert "nobody can sign" in out
    if "://" not in running:
        assert not Path(running).exists()


def test_a_backup_whose_log_was_not_copied_is_not_restored(celltrial, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "home"))
    path, copy = tmp_path / "trial.db", tmp_path / "copy.db"
    with open_ledger(path, create=True) as ledger:
        write(ledger, 0, 20)
        assert celltrial("anchor", path)[0] == 0
        copy.write_bytes(path.read_bytes())
    shutil.copytree(tmp_path / "trial.db.receipts", tmp_path / "copy.db.receipts")
    code, out, _ = celltrial("restore", copy, tmp_path / "new.db")
    assert code == 1
    assert "LDG-051" in out
    assert not (tmp_path / "new.db").exists()
