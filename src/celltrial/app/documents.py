"""Documents: their bytes are put beside the ledger under their own hash, and what stands on record is held against them.

    made = read_document(content, "approval.pdf")       # size, type by the first bytes, name cleaned, hash
    keep_document(documents_folder(where), made)        # before it is on record
    check_documents(folder, events)                     # what a verification says of each

A file lies in a folder beside the ledger (`trial.db.documents`), mode 0600, under the SHA-256 of its bytes; of a ledger on a
server in the folder of the installation, or where `CELLTRIAL_DOCUMENTS` says. It is written before the record, so that a
record never speaks of bytes that were not there. PDF, JPEG, PNG and plain text are taken, by what the bytes are and not by
the name. A PDF that names a script, an embedded file or a program to start is refused; one that hides them in compressed
objects is not found out, and every file is handed out as an attachment that nothing opens by itself.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from celltrial.app.files import write_bytes
from celltrial.app.installation import data_folder
from celltrial.app.persons import Acting, act_in
from celltrial.app.session import TrialSession
from celltrial.conduct.acts.document.commands import FileDocument
from celltrial.conduct.envelope import Event, Request
from celltrial.conduct.facts.document.events import DocumentFiled, DocumentWithdrawn
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.reading.text import decode, forbidden_in
from celltrial.ledger.opening import file_of
from celltrial.ledger.postgres_server import place_of

#: Bytes of a document: a scan of some pages.
MOST_BYTES: Final = 20 * 1024 * 1024
#: First bytes to the type they tell.
_FIRST: Final = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
_TEXT: Final = "text/plain"
#: What a PDF would do when it is opened.
_ACTIVE: Final = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)\b")
_MOST_NAME: Final = 120


class Kept(StrEnum):
    """What a verification finds of the bytes of a document on record.

    ELSEWHERE: only its hash is on record, as whoever filed it said.
    """

    MATCHES = "matches"
    ABSENT = "absent"
    DIFFERS = "differs"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file as it was given: its bytes, what they are, and the name without what a name cannot hold."""

    content: bytes
    name: str
    media: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DocumentCheck:
    """One document on record and what became of its bytes."""

    filed: DocumentFiled
    kept: Kept
    withdrawn: bool = False


def read_document(content: bytes, name: str, most: int = MOST_BYTES) -> ReadDocument:
    """Return what a file is.

    APP-410: empty, or larger than a document may be; APP-411: of no type that is taken; APP-412: a PDF that does something
    when it is opened.
    """
    cleaned = clean_name(name)
    if not 0 < len(content) <= most:
        raise UserError(fault("APP-410", cleaned, found=len(content), expected=most))
    media = media_of(content)
    if media is None:
        raise UserError(fault("APP-411", cleaned))
    found = _ACTIVE.search(content) if media == "application/pdf" else None
    if found is not None:
        raise UserError(fault("APP-412", cleaned, found=found.group().decode()))
    return ReadDocument(content, cleaned, media, hashlib.sha256(content).hexdigest())


def media_of(content: bytes) -> str | None:
    r"""Return the type of a file by its bytes; None for one that is not taken.

    >>> media_of(b"%PDF-1.7 ..."), media_of(b"minus 150 C\n"), media_of(b"MZ\x00\x00")
    ('application/pdf', 'text/plain', None)
    """
    for first, media in _FIRST:
        if content.startswith(first):
            return media
    try:
        text = decode(content, "-").text
    except UserError:
        return None
    return _TEXT if not forbidden_in(text) and not text.lstrip().startswith("<") else None


def clean_name(name: str) -> str:
    r"""Return the name of a file without its folder and without what nobody sees; "file" where nothing is left.

    >>> clean_name("C:\\scans\\..\\form 2.pdf"), clean_name("/etc/passwd"), clean_name("a\u202egpj.exe"), clean_name("..")
    ('form 2.pdf', 'passwd', 'agpj.exe', 'file')
    """
    last = PurePosixPath(PureWindowsPath(unicodedata.normalize("NFC", name)).as_posix()).name
    kept = "".join(char for char in last if not forbidden_in(char, name=True) and char not in '/\\"<>|*?:;')
    kept = kept.strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > _MOST_NAME:
        kept = f"{stem[: _MOST_NAME - 10]}{dot}{ending[:8]}" if dot else kept[:_MOST_NAME]
    return kept or "file"


def documents_folder(where: str) -> Path:
    """Return the folder in which the bytes of a ledger's documents lie; it need not be there yet."""
    file, given = file_of(where), os.environ.get("CELLTRIAL_DOCUMENTS")
    if file is not None and not given:
        return beside(file)
    place = str(file.resolve()) if file is not None else place_of(where)
    name = f"{place.rpartition('/')[2] or 'ledger'}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"
    return (Path(given) if given else data_folder() / "documents") / name


def beside(file: Path) -> Path:
    """Return the folder of documents beside a ledger file."""
    return file.with_name(f"{file.name}.documents")


def place_in(folder: Path, sha256: str) -> Path:
    """Return where the bytes of a hash lie in a folder of documents."""
    return folder / sha256[:2] / sha256


def keep_document(folder: Path, made: ReadDocument) -> Path:
    """Put the bytes of a document into the folder, unless they lie there already; APP-005 where it cannot be written."""
    path = place_in(folder, made.sha256)
    if found(folder, made.sha256) is Kept.MATCHES:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WorldError(fault("APP-005", str(path.parent), found=os_reason(error))) from None
    write_bytes(path, made.content)
    path.chmod(0o600)
    return path


def found(folder: Path, sha256: str) -> Kept:
    """Return what lies in a folder under a hash: the bytes of that hash, other bytes, or nothing."""
    content = _bytes(place_in(folder, sha256))
    if content is None:
        return Kept.ABSENT
    return Kept.MATCHES if hashlib.sha256(content).hexdigest() == sha256 else Kept.DIFFERS


def content_of(folder: Path, filed: DocumentFiled) -> bytes:
    """Return the bytes of a document; APP-413 where they are not there, or are others than were filed."""
    content = _bytes(place_in(folder, filed.sha256)) if filed.kept else None
    if content is None:
        raise UserError(fault("APP-413", filed.document, found=Kept.ELSEWHERE if not filed.kept else Kept.ABSENT))
    if hashlib.sha256(content).hexdigest() != filed.sha256:
        raise UserError(fault("APP-413", filed.document, found=Kept.DIFFERS))
    return content


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WorldError(fault("APP-002", str(path), found=os_reason(error))) from None


def check_documents(folder: Path, events: Iterable[Event[Any]]) -> tuple[DocumentCheck, ...]:
    """Return each document of a trial with what became of its bytes, in the order of filing."""
    filed: dict[str, DocumentFiled] = {}
    withdrawn: set[str] = set()
    for event in events:
        if isinstance(event.fact, DocumentFiled):
            filed[event.fact.document] = event.fact
        elif isinstance(event.fact, DocumentWithdrawn):
            withdrawn.add(event.fact.document)
    return tuple(
        DocumentCheck(item, found(folder, item.sha256) if item.kept else Kept.ELSEWHERE, item.document in withdrawn)
        for item in filed.values()
    )


def copy_documents(source: Path, target: Path) -> int:
    """Copy every file of one folder of documents into another, under the hash of what it holds; return how many."""
    count = 0
    for path in _files(source):
        content = path.read_bytes()
        keep_document(target, ReadDocument(content, path.name, "", hashlib.sha256(content).hexdigest()))
        count += 1
    return count


def _files(folder: Path) -> Iterator[Path]:
    for group in sorted(folder.iterdir()) if folder.is_dir() else ():
        if group.is_dir():
            yield from sorted(item for item in group.iterdir() if item.is_file() and not item.name.startswith("."))


def filing(
    made: ReadDocument, document: str, kind: Any, about: str, on: Any, *, pages: int | None, kept: bool, closed: bool
) -> FileDocument:
    """Return the command that puts a file on record; an identifier that is not given is the beginning of its hash."""
    name = document or f"D-{made.sha256[:12]}"
    return FileDocument(
        name, kind, about, on, made.sha256, len(made.content), made.name, made.media, pages, kept, closed
    )


def put_on_record(
    session: TrialSession, acting: Acting, at: Instant, command: FileDocument, made: ReadDocument, folder: Path,
    request_id: str = "",
) -> Ruling:  # fmt: skip
    """Keep the bytes of a document, where the command says so, and put it on record; what would be refused leaves no bytes."""
    asked = Request(command, acting.actor, at, log_in=acting.log_in)
    if command.kept and not isinstance(session.preview(asked), Refused):
        keep_document(folder, made)
    return act_in(session, command, acting, at, request_id=request_id)
