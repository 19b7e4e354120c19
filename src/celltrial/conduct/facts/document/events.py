"""Facts about documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.vocabulary import DocumentKind


@dataclass(frozen=True, slots=True)
class DocumentFiled:
    """A document is on record: what it is about, its date, and the hash of its bytes.

    about:  record or stream, such as "subject/P1", "batch/B1", "site/S1", "suspension/1", "trial".
    on:     day that the document bears.
    sha256: of its bytes.   size: of them.   media: what they are by their first bytes, such as "application/pdf".
    name:   of the file as it was given, without its folder.
    pages:  as counted by whoever filed it; None where nobody counted.
    kept:   whether the bytes were put beside the ledger; otherwise only their hash is on record.
    closed: whether it reveals an arm or product.
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
class DocumentWithdrawn:
    """A document was filed by mistake: it stays on record and stands for nothing from now on."""

    document: str
    why: str
