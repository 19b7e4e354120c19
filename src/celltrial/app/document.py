"""Handlers of documents: a protocol as HTML or DOCX, the format taken from the name of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from celltrial.app.design_sheet import size_view
from celltrial.app.design_table import decision_rows, second_count
from celltrial.app.files import refuse_existing, write_bytes
from celltrial.app.sizing import recompute
from celltrial.core.errors import UserError, fault
from celltrial.protocol.policies import dose_policy

if TYPE_CHECKING:
    from datetime import date

    from celltrial.guideline.comparison import VerdictChange
    from celltrial.guideline.review import Review
    from celltrial.locale import Language
    from celltrial.protocol import Protocol
    from celltrial.report.document import DocumentInputs
    from celltrial.report.document.blocks import Document


#: Suffixes of the formats that a document can be written in.
FORMATS: Final = (".html", ".docx")


def document_format(out: Path) -> str:
    """Return the format that the name of a file asks for; APP-150 where it is none of ours."""
    suffix = out.suffix.lower()
    if suffix not in FORMATS:
        raise UserError(fault("APP-150", str(out), expected=" | ".join(FORMATS), found=out.suffix or out.name))
    return suffix


def document_inputs(protocol: Protocol) -> DocumentInputs:
    """Return what the document of a protocol is made from: the protocol, its decision table, its recomputed size."""
    from celltrial.report.document import DocumentInputs

    policy, stated = dose_policy(protocol), recompute(protocol)
    other = second_count(policy) if policy is not None else None
    return DocumentInputs(
        protocol,
        decision_rows(policy) if policy is not None else (),
        None if other is None else other.value,
        None if stated is None else size_view(stated),
    )


def write_protocol(
    protocol: Protocol, out: Path, language: Language, *, force: bool = False, final: bool = False
) -> tuple[str, ...]:
    """Write the document of a protocol and return the sections that nothing of it fills, as number and title.

    final: write nothing where a section is not filled; APP-151 names every one.
    """
    document_format(out)
    refuse_existing(out, force=force)
    from celltrial.locale import translate
    from celltrial.report.document import protocol_document

    made = protocol_document(document_inputs(protocol))
    unstated = tuple(f"{item.number} {translate(f'm11.{item.number}', language)}" for item in made.unstated)
    if final and unstated:
        raise UserError(fault("APP-151", protocol.identification.id, count=len(unstated), found="; ".join(unstated)))
    write_document(made, out, language, protocol.identification.version_date)
    return unstated


def write_review(
    protocol: Protocol,
    found: Review,
    out: Path,
    language: Language,
    *,
    changes: tuple[VerdictChange, ...] | None = None,
    force: bool = False,
) -> None:
    """Write the document of a review; `changes` adds the verdicts that differ under another register or version."""
    document_format(out)
    refuse_existing(out, force=force)
    from celltrial.report.document.review import review_document

    made = review_document(protocol, found, changes)
    write_document(made, out, language, protocol.identification.version_date)


def write_document(document: Document, out: Path, language: Language, dated: date) -> None:
    """Write a document in the format of the file's name; `dated` is what a DOCX states as its date."""
    if document_format(out) == ".html":
        from celltrial.report.document.html import render_html

        write_bytes(out, render_html(document, language).encode("utf-8"))
    else:
        from celltrial.report.document.word import render_docx

        write_bytes(out, render_docx(document, language, dated))
