"""`celltrial anchor` and `celltrial verify`: what is claimed, what is found, and what lies on disk with which mode."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.app.anchoring import read_folder
from celltrial.conduct.envelope import Actor, Role
from celltrial.core.dates import Instant
from celltrial.ledger import Context, Entry, open_ledger

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bcma-car-t-escalation.yaml"
ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")
HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")


def write(path: Path, first: int, last: int, trial: str = "BC-1") -> Path:
    with open_ledger(path, create=True) as ledger:
        for number in range(first, last):
            ledger.append(trial, number, [Entry("subject/1", "subject.noted/1", {"n": number}, HERE)], Context(ANN))
    return path


def cut(path: Path, records: int) -> None:
    """Take records off the end and set the head back, as somebody who drops the triggers and makes them again."""
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DELETE FROM record WHERE place > (SELECT max(place) FROM record) - ?", (records,))
    connection.execute(
        "UPDATE head SET position = position - ?, hash = (SELECT hash FROM record ORDER BY place DESC LIMIT 1)",
        (records,),
    )
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own."""
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("consistent in itself", "Not anchored", "Anchored up to record 20", "records 21 to 23", "16-20")),
        ("zh", ("自身一致", "未锚定", "锚定至第 20 条记录", "第 21 至 23 条记录", "16-20")),
    ],
)
def test_verify_claims_what_is_shown(celltrial, home, tmp_path, language, words) -> None:
    path, far = write(tmp_path / "trial.db", 0, 20), tmp_path / "far"
    consistent, not_anchored, anchored, after, missing = words
    code, out, _ = celltrial("verify", path, "--lang", language)
    assert "。 " not in out
    assert code == 0
    assert consistent in out
    assert not_anchored in out
    assert "every hash" not in out
    assert celltrial("anchor", path, "--out", far, "--lang", language)[0] == 0
    write(path, 20, 23)
    code, out, _ = celltrial("verify", path, "--lang", language)
    assert "。 " not in out
    assert code == 0
    assert consistent in out
    assert anchored in out
    assert after in out
    assert not_anchored not in out
    cut(path, 8)
    shutil.rmtree(tmp_path / "trial.db.receipts")
    code, out, _ = celltrial("verify", path, "--lang", language)
    assert code == 1
    assert "LDG-088" in out  # the installation has copies of the receipts that were deleted
    assert missing in out
    shutil.rmtree(home / "receipts")
    assert celltrial("verify", path, "--lang", language)[0] == 0
    code, out, _ = celltrial("verify", path, "--anchor", far, "--lang", language)
    assert code == 1
    assert "LDG-066" in out
    assert missing in out
    code, out, _ = celltrial("verify", path, "--anchor", far / "000001.receipt.json", "--json", "--lang", language)
    assert code == 1
    (data,) = json.loads(out)
    assert (data["holds"], data["first_bad"], data["anchored"]) == (False, 16, 0)
    assert (data["findings"][0]["id"], data["findings"][0]["found"]) == ("LDG-066", "16-20")


def test_receipts_beside_the_ledger_count_without_being_named(celltrial, home, tmp_path) -> None:
    path = write(tmp_path / "trial.db", 0, 20)
    assert celltrial("anchor", path)[0] == 0
    cut(path, 5)
    code, out, _ = celltrial("verify", path)
    assert code == 1
    assert "LDG-066" in out
    code, out, _ = celltrial("anchor", path)
    assert (code, "LDG-066" in out, "No receipt was written" in out) == (1, True, True)


@pytest.mark.parametrize(
    "statement", ["DROP TRIGGER record_stays", "UPDATE record SET line = replace(line, 'S1', 'S2')"]
)
def test_what_does_not_hold_is_not_anchored(celltrial, home, tmp_path, statement) -> None:
    path, far = write(tmp_path / "trial.db", 0, 20), tmp_path / "far"
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER record_keeps")
    connection.execute(statement)
    connection.commit()
    connection.close()
    code, out, _ = celltrial("anchor", path, "--out", far, "--lang", "zh")
    assert (code, "未写入回执" in out) == (1, True)
    assert not far.exists()
    assert not (tmp_path / "trial.db.receipts").exists()


def test_receipts_of_another_installation_need_its_public_key(celltrial, home, tmp_path, monkeypatch) -> None:
    path, far = write(tmp_path / "trial.db", 0, 5), tmp_path / "far"
    _, out, _ = celltrial("anchor", path, "--out", far)
    key = out.splitlines()[1].rpartition(" ")[2]
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "elsewhere"))
    shutil.rmtree(tmp_path / "trial.db.receipts")
    code, _, err = celltrial("verify", path, "--anchor", far)
    assert (code, err.split(":")[0]) == (2, "APP-186")
    assert not (tmp_path / "elsewhere").exists()
    code, out, _ = celltrial("verify", path, "--anchor", far, "--key", key)
    assert code == 0
    assert "Anchored up to record 5" in out
    code, out, _ = celltrial("verify", path, "--anchor", far, "--key", "00" * 32)
    assert code == 1
    assert "LDG-062" in out


@pytest.mark.parametrize(
    ("arguments", "code_of_fault"),
    [
        (("--anchor", "nothing"), "APP-001"),
        (("--anchor", "empty"), "APP-185"),
        (("--anchor", "trial.db"), "LDG-060"),
        (("--anchor", "junk.receipt.json"), "LDG-060"),
        (("--key", "xyz"), "APP-184"),
        (("--key", "trial.db"), "APP-184"),
        (("--trial", "BC-7"), "APP-021"),
    ],
)
def test_what_is_no_receipt_and_no_key_is_one_message(
    celltrial, home, tmp_path, monkeypatch, arguments, code_of_fault
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("trial.db"), 0, 3)
    Path("empty").mkdir()
    Path("junk.receipt.json").write_text('{"format": "celltrial-receipt/1", "number": "1"}', encoding="utf-8")
    code, out, err = celltrial("verify", "trial.db", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(code_of_fault)


@pytest.mark.parametrize("umask", [0, 0o777])
def test_whatever_the_umask_files_are_their_owners_alone(celltrial, home, tmp_path, umask) -> None:
    path = tmp_path / "trial.db"
    before = os.umask(umask)
    try:
        with open_ledger(path, create=True) as ledger:
            ledger.append("BC-1", 0, [Entry("subject/1", "subject.noted/1", {}, HERE)], Context(ANN))
            sides = [tmp_path / name for name in ("trial.db", "trial.db-wal", "trial.db-shm")]
            assert [mode(name) for name in sides] == [0o600] * 3
        if umask == 0:
            assert celltrial("anchor", path, "--out", tmp_path / "far")[0] == 0
            assert celltrial("backup", path, tmp_path / "copy.db")[0] == 0
            assert celltrial("restore", tmp_path / "copy.db", tmp_path / "again.db")[0] == 0
            assert celltrial("account", "init", tmp_path / "accounts.db", "lead", "--name", "Lead Office")[0] == 0
    finally:
        os.umask(before)
    if umask == 0:
        made = {str(item.relative_to(tmp_path)): mode(item) for item in tmp_path.rglob("*") if item.is_file()}
        assert {"trial.db", "home/receipt.key", "trial.db.receipts/000001.receipt.json"} <= set(made)
        assert {"copy.db", "copy.db.receipts/000002.receipt.json", "far/000001.receipt.json"} <= set(made)
        assert {"again.db", "again.db.receipts/000002.receipt.json", "accounts.db", "accounts.db.secrets"} <= set(made)
        assert {name: bits for name, bits in made.items() if bits != 0o600} == {}
        assert {mode(item) for item in tmp_path.rglob("*") if item.is_dir()} == {0o700}


def test_a_key_that_others_can_read_signs_nothing(celltrial, home, tmp_path) -> None:
    path = write(tmp_path / "trial.db", 0, 3)
    assert celltrial("anchor", path)[0] == 0
    (home / "receipt.key").chmod(0o644)
    code, _, err = celltrial("anchor", path)
    assert code == 2
    assert err.startswith("APP-180")
    (home / "receipt.key").chmod(0o600)
    (home / "receipt.key").write_text("junk", encoding="utf-8")
    assert celltrial("anchor", path)[0] == 2


def test_a_folder_of_receipts_can_be_set(celltrial, home, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CELLTRIAL_RECEIPTS", str(tmp_path / "kept"))
    (tmp_path / "other").mkdir()
    one, other = write(tmp_path / "trial.db", 0, 3), write(tmp_path / "other" / "trial.db", 0, 5)
    for path in (one, other):
        assert celltrial("anchor", path)[0] == 0
        assert celltrial("verify", path)[0] == 0
    folders = sorted((tmp_path / "kept").iterdir())
    assert len(folders) == 2
    assert sorted(read_folder(folder)[0].position for folder in folders) == [3, 5]
    assert not (tmp_path / "trial.db.receipts").exists()


def test_a_receipt_is_written_with_each_report_and_copy(celltrial, home, tmp_path) -> None:
    path = tmp_path / "trial.db"
    assert celltrial("simulate", EXAMPLE, "--seed", 1, "--ledger", path, "--years", 1)[0] == 0
    assert not (tmp_path / "trial.db.receipts").exists()
    assert celltrial("report", path, "--out", tmp_path / "report.html")[0] == 0
    assert celltrial("datasets", path, "--out", tmp_path / "tables")[0] == 0
    (tmp_path / "trail").mkdir()
    who = ("--as", "auditor", "--account", "inspector", "--name", "Inspector")
    assert celltrial("audit", "export", path, "--out", tmp_path / "trail", *who)[0] == 0
    receipts = read_folder(tmp_path / "trial.db.receipts")
    assert [item.occasion for item in receipts] == ["report", "copy", "copy"]
    with open_ledger(path) as ledger:
        head = ledger.head(receipts[-1].trial)
    assert (receipts[-1].position, receipts[-1].head) == (head.position, head.hash)  # the record of the copy included
    assert receipts[-1].position == receipts[0].position + 1
    assert celltrial("verify", path)[0] == 0
    cut(path, 2)  # a history that lost its end hands out nothing more
    code, _, err = celltrial("report", path, "--out", tmp_path / "late.html")
    assert (code, err.split(":")[0], (tmp_path / "late.html").exists()) == (2, "APP-181", False)
