"""Signatures, corrections and the exported audit trail, on every ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrial.conduct.envelope import Actor, Precision, Role
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, WorldError
from celltrial.ledger import Clock, Context, Entry, Ledger, Meaning, open_ledger, sign, signatures, verify
from celltrial.ledger.audit import audit_entries, audit_text, check_audit_file, export_audit, payload_items
from celltrial.ledger.offline import check_audit
from celltrial.locale.records import RecordWords

START = datetime(2025, 3, 1, 2, tzinfo=UTC)
HERE = Instant(START, "Asia/Shanghai")
ANN = Actor("ann", Role.INVESTIGATOR, "S1", "Printed Name")
BOB = Actor("bob", Role.QUALITY_ASSURANCE, None, "Second Name")
STREAM = "subject/BC-001"


def infused(cells: str) -> Entry:
    return Entry(STREAM, "subject.cells_infused/1", {"batch": "B-1", "dose": {"cells": cells}, "lots": ["x"]}, HERE)


def corrected(old: str, new: str, stream: str = STREAM, **more: object) -> Entry:
    payload = {"field": "dose.cells", "old": old, "new": new, "record": "infusion/BC-001", **more}
    return Entry(stream, "trial.fact_corrected/1", payload, HERE)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    where = {"memory": ":memory:", "sqlite": str(tmp_path / "trial.db")}.get(request.param)
    where = where or request.getfixturevalue("postgres_server").fresh()
    with open_ledger(where, create=True, clock=Clock("test", lambda: START + timedelta(hours=1))) as opened:
        opened.append("BC-1", 0, [infused("1.5E+8")], Context(ANN, cause="r1", protocol_version="1.0"))
        other = Entry("subject/BC-002", "subject.screened/1", {}, HERE, Precision.MONTH)
        opened.append("BC-1", 1, [other], Context(ANN))
        yield opened


def test_a_signature_shows_who_what_when_and_meaning(ledger: Ledger) -> None:
    given_now = sign(
        ledger,
        "BC-1",
        actor=BOB,
        meaning=Meaning.APPROVAL,
        occurred=HERE,
        positions=[1],
        components=("password", "code"),
        reason="released",
    )
    assert signatures(ledger, "BC-1") == (given_now,)
    (record, _) = ledger.read("BC-1")
    assert given_now.signed.records == ((1, record.hash),)
    assert given_now.signed.digest == sha256(record.hash.encode()).hexdigest()
    assert (given_now.number, given_now.signer, given_now.occurred) == (1, BOB, HERE)
    assert (given_now.signed.meaning, given_now.signed.components) == (Meaning.APPROVAL, ("password", "code"))
    assert given_now.recorded == START + timedelta(hours=1)
    assert given_now.superseded_by is None
    assert ledger.head("BC-1").position == 2, "signing does not disturb who is deciding"
    assert ledger.trials() == ("BC-1",)
    assert verify(ledger, "BC-1").holds


@pytest.mark.parametrize(
    ("change", "superseded"),
    [
        (corrected("1.5E+8", "1.0E+8", position=1), True),
        (corrected("1.5E+8", "1.0E+8", stream="trial", position=1), True),
        (corrected("a", "b", position=2), False),
        (corrected("1.5E+8", "1.0E+8"), True),
        (corrected("a", "b", stream="subject/BC-002"), False),
        (infused("2E+8"), False),
    ],
)
def test_a_correction_supersedes_the_signature_and_never_removes_it(
    ledger: Ledger, change: Entry, superseded: bool
) -> None:
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.REVIEW, occurred=HERE, positions=[1])
    ledger.append("BC-1", 2, [change], Context(ANN, reason="transcription error"))
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.REVIEW, occurred=HERE, positions=[1, 3])
    assert [item.superseded_by for item in signatures(ledger, "BC-1")] == [3 if superseded else None, None]
    assert verify(ledger, "BC-1").holds


def test_a_signed_stream_is_superseded_when_it_grows(ledger: Ledger) -> None:
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.AUTHORSHIP, occurred=HERE, stream=STREAM)
    ledger.append("BC-1", 2, [Entry("subject/BC-002", "a.b/1", {}, HERE)], Context(ANN))
    assert signatures(ledger, "BC-1")[0].superseded_by is None
    ledger.append("BC-1", 3, [infused("2E+8")], Context(ANN))
    assert signatures(ledger, "BC-1")[0].superseded_by == 4


@pytest.mark.parametrize(
    ("change", "superseded"),
    [
        (corrected("1.5E+8", "1.0E+8", stream="trial", position=1), True),
        (corrected("a", "b", stream="trial", position=3), False),
        (corrected("a", "b", stream="subject/BC-002"), False),
    ],
)
def test_a_signed_stream_is_superseded_when_one_of_its_records_is_corrected_from_elsewhere(
    ledger: Ledger, change: Entry, superseded: bool
) -> None:
    """Corrections of a trial are in its own stream, not in that of the subject."""
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.APPROVAL, occurred=HERE, stream=STREAM)
    ledger.append("BC-1", 2, [Entry("subject/BC-002", "a.b/1", {}, HERE)], Context(ANN))
    ledger.append("BC-1", 3, [change], Context(ANN, reason="transcription error"))
    assert signatures(ledger, "BC-1")[0].superseded_by == (4 if superseded else None)


def test_a_signed_adverse_event_is_superseded_by_what_changes_it(ledger: Ledger) -> None:
    def fact(word: str, event: str) -> Entry:
        return Entry(STREAM, f"safety.adverse_event_{word}/1", {"subject": "BC-001", "event": event}, HERE)

    ledger.append("BC-1", 2, [fact("reported", "AE-1"), fact("reported", "AE-2")], Context(ANN))
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.APPROVAL, occurred=HERE, positions=[3])
    ledger.append("BC-1", 4, [fact("reassessed", "AE-2")], Context(ANN))
    assert signatures(ledger, "BC-1")[0].superseded_by is None
    ledger.append("BC-1", 5, [fact("reassessed", "AE-1")], Context(ANN))
    assert signatures(ledger, "BC-1")[0].superseded_by == 6


def test_signing_twice_under_one_request_signs_once(ledger: Ledger) -> None:
    def give() -> int:
        return sign(
            ledger, "BC-1", actor=BOB, meaning=Meaning.REVIEW, occurred=HERE, positions=[1], cause="signing-1"
        ).number

    assert give() == give() == 1


@pytest.mark.parametrize(("positions", "stream"), [([], ""), ([0], ""), ([1, 3], ""), ([-1], ""), ([], "nobody")])
def test_only_what_stands_can_be_signed(ledger: Ledger, positions: list[int], stream: str) -> None:
    with pytest.raises(UserError) as caught:
        sign(ledger, "BC-1", actor=BOB, meaning=Meaning.REVIEW, occurred=HERE, positions=positions, stream=stream)
    assert {fault.id for fault in caught.value.faults} == {"LDG-040"}


def test_a_signer_has_a_printed_name(ledger: Ledger) -> None:
    with pytest.raises(UserError) as caught:
        sign(ledger, "BC-1", actor=Actor("x", Role.SPONSOR), meaning=Meaning.REVIEW, occurred=HERE, positions=[1])
    assert caught.value.faults[0].id == "LDG-041"


def test_nothing_else_is_written_among_the_signatures(ledger: Ledger) -> None:
    with pytest.raises(UserError) as caught:
        ledger.append("BC-1~signatures", 0, [infused("1")], Context(ANN))
    assert caught.value.faults[0].id == "LDG-013"


def test_a_correction_keeps_old_value_new_value_reason_and_person(ledger: Ledger) -> None:
    """Clause 1.1-a, AC-X1.2: a correction is a new record beside the old one."""
    ledger.append("BC-1", 2, [corrected("1.5E+8", "1.0E+8", position=1)], Context(BOB, reason="transcription error"))
    first, _, correction = audit_entries(ledger, "BC-1")
    assert [(item.field, item.old, item.new) for item in first.items] == [
        ("batch", None, "B-1"),
        ("dose.cells", None, "1.5E+8"),
        ("lots.0", None, "x"),
    ]
    assert first.corrects is None
    item = correction.items[0]
    assert (item.field, item.old, item.new) == ("dose.cells", "1.5E+8", "1.0E+8")
    assert (correction.corrects, correction.record.reason, correction.record.who) == (1, "transcription error", BOB)
    text = "\n".join(audit_text(ledger, "BC-1"))
    assert "dose.cells: 1.5E+8 -> 1.0E+8" in text
    assert "reason: transcription error" in text
    assert "who: Second Name (bob), quality_assurance" in text
    assert "corrects: #1" in text


def test_the_audit_trail_for_people(ledger: Ledger) -> None:
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.APPROVAL, occurred=HERE, positions=[1], reason="checked")
    ledger.append("BC-1", 2, [corrected("1.5E+8", "1.0E+8", position=1)], Context(ANN, reason="error"))
    text = "\n".join(audit_text(ledger, "BC-1"))
    first, second, third = ledger.read("BC-1")
    assert "occurred: 2025-03-01T10:00:00+08:00 Asia/Shanghai" in text
    assert "occurred: 2025-03 Asia/Shanghai" in text, "no more precise than it is known"
    assert "recorded: 2025-03-01T03:00:00.000000Z (test)" in text
    assert "who: Printed Name (ann), investigator, S1" in text
    assert "batch: nothing -> B-1" in text
    assert "signatures: 1" in text
    assert "signature 1  approval" in text
    assert "superseded: #3" in text
    assert all(record.hash in text for record in (first, second, third))


@pytest.mark.parametrize(("language", "expected"), [("en", "Why: error\n  Request: "), ("zh", "原因: error\n  请求: ")])
def test_the_audit_trail_in_both_languages(ledger: Ledger, language: str, expected: str) -> None:
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.APPROVAL, occurred=HERE, positions=[1], reason="checked")
    ledger.append("BC-1", 2, [corrected("a", "b", position=1)], Context(ANN, reason="error", cause="r9"))
    assert expected in "\n".join(audit_text(ledger, "BC-1", RecordWords(language)))


def test_a_value_cannot_pretend_to_be_another_line(ledger: Ledger) -> None:
    forged = Entry(STREAM, "a.b/1", {"note": "x\n#9  trial.ended/1\u2028\x1b[2J"}, HERE)
    ledger.append("BC-1", 2, [forged], Context(ANN, reason="a\r\n  who: nobody"))
    text = list(audit_text(ledger, "BC-1"))
    assert "  note: nothing -> x\\n#9  trial.ended/1\\u2028\\x1b[2J" in text
    assert "  reason: a\\r\\n  who: nobody" in text


def exported(ledger: Ledger, folder: Path) -> Path:
    sign(ledger, "BC-1", actor=BOB, meaning=Meaning.APPROVAL, occurred=HERE, positions=[2])
    ledger.append("BC-1", 2, [corrected("1.5E+8", "1.0E+8 愈\n", position=1)], Context(ANN, reason="error"))
    files = export_audit(ledger, "BC-1", folder)
    assert (files.records, files.head) == (3, ledger.head("BC-1").hash)
    return files.lines


def test_an_export_verifies_without_the_database_and_without_the_product(ledger: Ledger, tmp_path: Path) -> None:
    path = exported(ledger, tmp_path)
    head = ledger.head("BC-1").hash
    assert check_audit_file(path, head) == ("BC-1", 3, 1, head, "", None, "")
    run = subprocess.run(  # -I and -S: no celltrial, no installed packages, no environment
        [sys.executable, "-I", "-S", tmp_path / "verify_audit_trail.py", path, head],
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    outcome = json.loads(run.stdout)
    assert outcome["holds"]
    assert (outcome["records"], outcome["signatures"], outcome["head"]) == (3, 1, head)
    assert (tmp_path / "BC-1.audit.txt").read_text(encoding="utf-8").count("\n#") == 3


def test_a_changed_copy_for_people_is_found(ledger: Ledger, tmp_path: Path) -> None:
    path = exported(ledger, tmp_path)
    assert check_audit(path).holds
    text = tmp_path / "BC-1.audit.txt"
    text.write_text(text.read_text(encoding="utf-8").replace("1.5E+8", "1.0E+8", 1), encoding="utf-8")
    outcome = check_audit(path)
    assert (outcome.holds, outcome.bad, outcome.why, outcome.records) == (False, 0, "LDG-039", 3)
    text.unlink()
    assert check_audit(path).holds, "the copy for machines stands by itself"


def test_each_exported_line_is_json_with_the_hashed_bytes(ledger: Ledger, tmp_path: Path) -> None:
    header, *lines = exported(ledger, tmp_path).read_text(encoding="utf-8").splitlines()
    assert json.loads(header)["trial"] == "BC-1"
    for line in lines:
        value = json.loads(line)
        assert sha256(line.partition('"record":')[2][:-1].encode()).hexdigest() == value["hash"]


@pytest.mark.parametrize(
    ("change", "chain", "bad", "why"),
    [
        (lambda t: t.replace('"actor":"ann"', '"actor":"eve"', 1), "BC-1", 1, "LDG-030"),
        (lambda t: t.replace("1.0E+8", "1.1E+8"), "BC-1", 3, "LDG-030"),
        (lambda t: "\n".join(t.split("\n")[:2] + t.split("\n")[3:]), "BC-1", 2, "LDG-032"),
        (lambda t: "\n".join([*t.split("\n")[:3], t.split("\n")[4], t.split("\n")[3], ""]), "BC-1", 3, "LDG-032"),
        (lambda t: "\n".join([*t.split("\n")[:4], ""]), "BC-1~signatures", 1, "LDG-035"),
        (lambda t: "\n".join([*t.split("\n")[:3], ""]), "BC-1", 3, "LDG-035"),
        (lambda t: t.replace('"approval"', '"review"'), "BC-1~signatures", 1, "LDG-030"),
        (lambda t: t.replace('{"hash"', '{"HASH"', 2).replace('{"HASH"', '{"hash"', 1), "BC-1", 2, "LDG-036"),
        (lambda t: t.replace('"records":3', '"records":2'), "BC-1", 3, "LDG-035"),
        (lambda t: t.replace('"records":3', '"records":4'), "BC-1", 4, "LDG-032"),
        (lambda t: "no audit trail", "", 0, "LDG-050"),
        (lambda t: t.rstrip("\n"), "", 0, "LDG-050"),
        (lambda t: "", "", 0, "LDG-050"),
        (lambda t: '{"format":"celltrial-audit/1","trial":"x","records":-1}\n', "", 0, "LDG-050"),
    ],
)
def test_a_changed_export_names_the_first_bad_record(
    tmp_path: Path, change: object, chain: str, bad: int, why: str
) -> None:
    with open_ledger(":memory:") as ledger:
        ledger.append("BC-1", 0, [infused("1.5E+8")], Context(ANN))
        ledger.append("BC-1", 1, [infused("1.6E+8")], Context(ANN))
        path = exported(ledger, tmp_path)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    outcome = check_audit(path)
    assert (outcome.chain, outcome.bad, outcome.why) == (chain, bad, why)
    assert not outcome.holds


def test_an_export_of_another_history_is_caught_by_the_printed_hash(tmp_path: Path) -> None:
    with open_ledger(":memory:") as ledger:
        ledger.append("BC-1", 0, [infused("1"), infused("2")], Context(ANN))
        path = exported(ledger, tmp_path)
    outcome = check_audit(path, "0" * 64)
    assert (outcome.bad, outcome.why) == (3, "LDG-037")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_of_an_export_changed_is_found(tmp_path: Path, data: st.DataObject) -> None:
    with open_ledger(":memory:") as ledger:
        ledger.append("BC-1", 0, [infused("1"), infused("2")], Context(ANN))
        content = bytearray(exported(ledger, tmp_path).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "changed.jsonl"
    path.write_bytes(content)
    outcome = check_audit(path)
    header = bytes(content).partition(b"\n")[0]
    assert not outcome.holds or b'"exported":"2' not in header or outcome.records == 3
    if outcome.holds:  # only the time of the export itself, which no hash covers
        assert b"\n".join(bytes(content).split(b"\n")[1:]) == b"\n".join(
            (tmp_path / "BC-1.audit.jsonl").read_bytes().split(b"\n")[1:]
        )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_as_an_export_give_an_answer(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.jsonl"
    path.write_bytes(content)
    assert check_audit(path).why == "LDG-050"
    with pytest.raises(UserError) as caught:
        check_audit_file(path)
    assert caught.value.faults[0].id == "LDG-050"


def test_the_script_says_what_is_missing(tmp_path: Path) -> None:
    with open_ledger(":memory:") as ledger:
        ledger.append("BC-1", 0, [infused("1"), infused("2")], Context(ANN))
        path = exported(ledger, tmp_path)
    path.write_text(path.read_text().replace("1.0E+8", "1.1E+8"))
    for arguments, code in (([path], 1), ([tmp_path / "absent"], 2), ([], 2), ([tmp_path / "BC-1.audit.txt"], 2)):
        command = [sys.executable, "-I", "-S", tmp_path / "verify_audit_trail.py", *arguments]
        run = subprocess.run(command, capture_output=True, check=False)
        assert run.returncode == code
        assert b"Traceback" not in run.stderr


def test_what_cannot_be_exported_or_read_is_said(tmp_path: Path) -> None:
    with open_ledger(":memory:") as ledger:
        with pytest.raises(UserError) as none:
            export_audit(ledger, "BC-1", tmp_path)
        ledger.append("a/../b 愈", 0, [infused("1")], Context(ANN))
        with pytest.raises(WorldError) as unwritable:
            export_audit(ledger, "a/../b 愈", tmp_path / "absent")
        assert export_audit(ledger, "a/../b 愈", tmp_path).lines.parent == tmp_path
    assert (none.value.faults[0].id, unwritable.value.fault.id) == ("LDG-001", "LDG-006")
    with pytest.raises(UserError):
        check_audit_file(tmp_path / "absent")
    with pytest.raises(WorldError):
        check_audit_file(tmp_path)


def test_two_records_in_a_field_are_no_typed_value():
    """A typed value is stored as its kind and its fields; a list of two records has the same length and is none."""
    stored = {
        "findings": [{"concept": "crs"}, {"concept": "icans"}],
        "detail": ["count", {"of": "", "value": 2}],
        "pair": ["a", "b"],
    }
    assert [(path, str(value)) for path, value in payload_items(stored)] == [
        ("detail", "2"), ("findings.0.concept", "crs"), ("findings.1.concept", "icans"), ("pair.0", "a"), ("pair.1", "b"),
    ]  # fmt: skip
