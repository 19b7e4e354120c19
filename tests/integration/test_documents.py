"""Documents of a ledger on both databases: filed from a file, kept under their hash, held against the record, carried along."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from rehearsal import Journey

from celltrial.app.documents import beside, clean_name, documents_folder, media_of, place_in, read_document
from celltrial.app.session import codec
from celltrial.conduct.envelope import Draft
from celltrial.core.errors import UserError
from celltrial.ledger import Clock, Journal, open_ledger
from celltrial.protocol import read_protocol
from celltrial.protocol.templates import template_text

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WHO = ("--as", "coordinator", "--account", "sc", "--site", "S1")
OTHER = ("--as", "coordinator", "--account", "sc2", "--site", "S2")


@pytest.fixture(scope="module")
def trip():
    made = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    made.open_trial(
        read_protocol(template_text("car-t-escalation"), "p.yaml"), {"S1": "Asia/Shanghai", "S2": "Asia/Shanghai"}
    )
    made.screen("P1")
    return made


@pytest.fixture
def where(trip, ledger, monkeypatch, tmp_path):
    monkeypatch.setenv("CELLTRIAL_DATA", str(tmp_path / "data"))
    moments = iter(event.recorded for event in trip.events)
    with open_ledger(ledger, create=True, clock=Clock("rehearsal", lambda: next(moments))) as opened:
        journal = Journal(opened, codec())
        for event in trip.events:
            draft = Draft(event.stream, event.fact, event.occurred, event.precision)
            journal.append("T-1", event.position - 1, [draft], actor=event.actor, reason=event.reason)
    return str(ledger)


@pytest.fixture
def form(tmp_path):
    path = tmp_path / "signed form.pdf"
    path.write_bytes(PDF)
    return path


@pytest.fixture
def file(celltrial, where):
    def call(path, *more, about="subject/P1", who=WHO, on="2025-01-06", kind="consent_form"):
        words = ("--kind", kind, "--about", about, "--on", on, *who, *more)
        return celltrial("file", where, path, *words, "--zone", "Asia/Shanghai", "--json")

    return call


def checked(celltrial, where):
    code, out, _ = celltrial("verify", where, "--json")
    [trial] = json.loads(out)
    return (
        code,
        {item["document"]: item["content"] for item in trial["documents"]},
        [item["id"] for item in trial["findings"]],
    )


def test_a_file_is_kept_under_its_hash_before_it_is_on_record(celltrial, where, file, form):
    code, out, err = file(form, "--document", "D-1", "--pages", "3")
    assert code == 0, err
    digest = hashlib.sha256(PDF).hexdigest()
    path = place_in(documents_folder(where), digest)
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    code, out, _ = celltrial("documents", where, *WHO, "--json")
    [shown] = json.loads(out)
    assert (shown["document"], shown["sha256"], shown["size"], shown["name"], shown["media"], shown["content"]) == (
        "D-1", digest, len(PDF), "signed form.pdf", "application/pdf", "matches",
    )  # fmt: skip
    assert json.loads(celltrial("documents", where, *OTHER, "--json")[1]) == [], "another site's subject"
    for language, word in (("en", "content here, matches"), ("zh", "哈希相符")):
        assert word in celltrial("documents", where, *WHO, "--lang", language)[1]


def test_verify_tells_bytes_that_match_are_gone_differ_or_are_elsewhere(celltrial, where, file, form, tmp_path):
    log = tmp_path / "logger.txt"
    log.write_text("minus 151 C\n", encoding="utf-8")
    picture = tmp_path / "scan.png"
    picture.write_bytes(PNG)
    assert file(form, "--document", "D-1")[0] == 0
    assert file(log, "--document", "D-2", kind="temperature_log")[0] == 0
    assert file(picture, "--document", "D-3", "--hash-only", kind="source_document")[0] == 0
    assert checked(celltrial, where) == (0, {"D-1": "matches", "D-2": "matches", "D-3": "elsewhere"}, [])
    folder = documents_folder(where)
    assert not place_in(folder, hashlib.sha256(PNG).hexdigest()).exists()
    place_in(folder, hashlib.sha256(PDF).hexdigest()).write_bytes(PDF + b" ")
    place_in(folder, hashlib.sha256(log.read_bytes()).hexdigest()).unlink()
    assert checked(celltrial, where) == (
        1, {"D-1": "differs", "D-2": "absent", "D-3": "elsewhere"}, ["APP-416", "APP-415"],
    )  # fmt: skip
    for language, words in (("en", "Not present: 1."), ("zh", "内容缺失：1 份。")):
        assert words in celltrial("verify", where, "--lang", language)[1]


def test_a_refused_filing_leaves_no_bytes(celltrial, where, file, form):
    assert file(form, who=OTHER)[0] == 1
    assert file(form, about="subject/P9")[0] == 1
    assert file(form, on="2035-01-06")[0] == 1
    folder = documents_folder(where)
    assert not folder.exists() or not [item for item in folder.rglob("*") if item.is_file()]
    assert file(form, kind="letter")[:1] == (2,)


def test_a_backup_carries_the_bytes_and_a_restore_brings_them_back(celltrial, where, file, form, tmp_path):
    assert file(form, "--document", "D-1")[0] == 0
    code, _, err = celltrial("backup", where, tmp_path / "copy.db")
    assert code == 0, err
    digest = hashlib.sha256(PDF).hexdigest()
    assert place_in(beside(tmp_path / "copy.db"), digest).read_bytes() == PDF
    (tmp_path / "elsewhere").mkdir()
    code, out, err = celltrial("restore", tmp_path / "copy.db", tmp_path / "elsewhere" / "trial.db")
    assert code == 0, out + err
    assert checked(celltrial, str(tmp_path / "elsewhere" / "trial.db")) == (0, {"D-1": "matches"}, [])


def test_a_ledger_without_its_bytes_is_still_backed_up_and_says_so(celltrial, where, file, form, tmp_path):
    assert file(form, "--document", "D-1")[0] == 0
    place_in(documents_folder(where), hashlib.sha256(PDF).hexdigest()).unlink()
    celltrial("backup", where, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").exists()
    assert checked(celltrial, str(tmp_path / "copy.db"))[1] == {"D-1": "absent"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "APP-410"),
        (b"MZ\x90\x00" + bytes(100), "APP-411"),
        (b"<html><script>1</script></html>", "APP-411"),
        (b"\xef\xbb\xbf <svg onload='x'/>", "APP-411"),
        (b"PK\x03\x04" + bytes(30), "APP-411"),
        (b"%PDF-1.7 /OpenAction << /S /JavaScript /JS (x) >>", "APP-412"),
        (b"%PDF-1.7 /S /Launch", "APP-412"),
    ],
)
def test_what_is_no_document_is_refused_whatever_its_name(content, fault):
    with pytest.raises(UserError) as caught:
        read_document(content, "approval.pdf")
    assert caught.value.faults[0].id == fault


def test_one_byte_too_many_is_refused():
    assert read_document(b"x" * 9, "a.txt", most=9).media == "text/plain"
    with pytest.raises(UserError):
        read_document(b"x" * 10, "a.txt", most=9)


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\x00b.pdf", "ab.pdf"),
        ("scan\u202efdp.exe", "scanfdp.exe"),
        ('x"; filename=evil.pdf', "x filename=evil.pdf"),
        ("...", "file"),
        ("", "file"),
        ("知情同意书.pdf", "知情同意书.pdf"),
    ],
)
def test_names_of_files_are_cleaned(given, cleaned):
    assert clean_name(given) == cleaned


def test_a_name_that_is_too_long_keeps_its_ending():
    long = clean_name("x" * 400 + ".pdf")
    assert len(long) <= 120
    assert long.endswith(".pdf")
    assert media_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
