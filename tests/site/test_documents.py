"""Documents in the browser: filed, listed where they belong, handed out as attachments and on record, to nobody else."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from celltrial.app.documents import documents_folder, place_in
from celltrial.conduct.facts.account.events import CopyKind, CopyMade
from sites import TRIAL, text

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
PATH = f"/t/{TRIAL}/documents/"


@pytest.fixture
def desk(running):
    person = running.person("sc.s1")
    person.act("ScreenSubject", subject="P1", site="S1", identity="W-1")
    return person


def send(person, content=PDF, name="signed form.pdf", **changes):
    today = person.site.house.trials.get(TRIAL).now().date().isoformat()
    given = {"kind": "consent_form", "about": "subject/P1", "on": today, "document": "D-1"} | changes
    return person.post(PATH, file=SimpleUploadedFile(name, content), **given)


def download(person, name="D-1"):
    return person.post(f"{PATH}{name}/content/", page=PATH)


def copies(running):
    with running.house.trials.get(TRIAL).session() as session:
        return [event.fact for event in session.events() if isinstance(event.fact, CopyMade)]


def test_a_document_is_filed_listed_and_handed_out(desk, running):
    answer = send(desk, name="C:\\scans\\signed form.pdf", pages="3")
    assert answer.status_code == 302, text(answer)
    digest = hashlib.sha256(PDF).hexdigest()
    assert place_in(documents_folder(str(running.ledger)), digest).read_bytes() == PDF
    shown = text(desk.get(answer["Location"]))
    for word in ("document/D-1", "signed form.pdf", digest, "content here, matches", "3 pages"):
        assert word in shown
    assert "Documents (1)" in text(desk.get(f"/t/{TRIAL}/subjects/P1/"))
    sent = download(desk)
    assert (sent.status_code, sent.content) == (200, PDF)
    assert sent["Content-Disposition"] == 'attachment; filename="signed form.pdf"'
    assert sent["Content-Type"] == "application/octet-stream"
    assert sent["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["Cache-Control"] == "no-store"
    [copy] = copies(running)
    assert (copy.kind, copy.about, copy.sha256) == (CopyKind.DOCUMENT, "subject/P1", digest)


def test_nobody_of_another_site_finds_it(desk, running):
    send(desk)
    other = running.person("pi.s2")
    assert "D-1" not in re.sub(r'value="[^"]*"', "", other.get(PATH).content.decode())
    assert download(other).status_code == 404
    assert send(other, document="D-2").status_code == 422
    assert running.person("reader").get(PATH).status_code == 404
    assert download(running.person("monitor")).status_code == 200
    assert len(copies(running)) == 1


def test_a_download_that_is_not_posted_or_not_of_this_site_is_none(desk):
    send(desk)
    assert desk.get(f"{PATH}D-1/content/").status_code == 404
    assert desk.browser.post(f"{PATH}D-1/content/").status_code == 403


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"content": b"MZ\x90\x00" + bytes(9)}, "APP-411"),
        ({"content": b"%PDF-1.7 /S /JavaScript"}, "APP-412"),
        ({"content": b"<html></html>", "name": "a.pdf"}, "APP-411"),
        ({"kind": "letter"}, "APP-414"),
        ({"on": "yesterday"}, "APP-417"),
        ({"pages": "three"}, "APP-418"),
        ({"about": "subject/P9"}, "CND-007"),
        ({"on": "2099-01-01"}, "CND-003"),
    ],
)
def test_what_is_refused_says_why_and_keeps_nothing(desk, running, changes, fault):
    before = running.house.trials.get(TRIAL).state().position
    answer = send(desk, **changes)
    assert answer.status_code == 422
    assert fault in text(answer)
    folder = documents_folder(str(running.ledger))
    assert not folder.exists() or not [item for item in folder.rglob("*") if item.is_file()]
    assert not running.house.trials.get(TRIAL).state().documents
    assert running.house.trials.get(TRIAL).state().position == before


def test_a_file_above_the_limit_is_not_taken(desk, monkeypatch):
    from django.conf import settings

    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 4096)
    assert "APP-410" in text(send(desk, content=b"x" * 9000, name="a.txt"))


def test_bytes_that_were_changed_are_not_handed_out(desk, running):
    send(desk)
    place_in(documents_folder(str(running.ledger)), hashlib.sha256(PDF).hexdigest()).write_bytes(b"other")
    answer = download(desk)
    assert answer.status_code == 422
    assert "APP-413" in text(answer)
    assert copies(running) == []


def test_the_same_form_sent_twice_files_once(desk, running):
    shown = desk.get(PATH).content.decode()
    request = re.search(r'name="request" value="([^"]+)"', shown)[1]
    assert send(desk, request=request).status_code == 302
    assert send(desk, request=request).status_code == 302
    assert len(running.house.trials.get(TRIAL).state().documents) == 1
