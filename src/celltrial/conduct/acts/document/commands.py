"""What may be asked about documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.vocabulary import DocumentKind


@dataclass(frozen=True, slots=True)
class FileDocument:
    """Put a document on record by the hash of its bytes; acts then name it as `document/ID`.

    about, on, sha256, size, name, media, pages, kept, closed: as in `DocumentFiled`.
    """

    document: str
    kind: DocumentKind
    about: str
    on: date
    sha256: str
    size: int
    name: str
    media: str
    pages: int | None = None
    kept: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawDocument:
    """Say that a document was filed by mistake, and why; it stays on record and can no longer be named."""

    document: str
    why: str
