"""Handlers of documents: a protocol as HTML, DOCX or PDF, the format taken from the name of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from celltrial.app.design_sheet import size_view
from celltrial.app.design_table import decision_rows, second_count
from celltrial.app.document_kinds import DocumentKind
from celltrial.app.files import refuse_existing, write_bytes
from celltrial.app.planning import compute_characteristics, scenarios_of
from celltrial.app.reviewing import the_register
from celltrial.app.signed_reasons import signers_of
from celltrial.app.sizing import recompute
from celltrial.core.errors import UserError, fault
from celltrial.protocol.policies import dose_policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from celltrial.designs import Policy
    from celltrial.guideline.comparison import VerdictChange
    from celltrial.guideline.review import Review
    from celltrial.locale import Language
    from celltrial.protocol import Protocol
    from celltrial.report.document import DocumentInputs
    from celltrial.report.document.blocks import Document, Heading
    from celltrial.simulation.characteristics import OperatingCharacteristics


#: Suffixes of the formats that a document can be written in.
FORMATS: Final = (".html", ".docx", ".pdf")


def document_format(out: Path, formats: tuple[str, ...] = FORMATS) -> str:
    """Return the format that the name of a file asks for; APP-150 where it is none of `formats`."""
    suffix = out.suffix.lower()
    if suffix not in formats:
        raise UserError(fault("APP-150", str(out), expected=" | ".join(formats), found=out.suffix or out.name))
    return suffix


def document_inputs(protocol: Protocol) -> DocumentInputs:
    """Return what the document of a protocol is made from: the protocol, its decision table, its recomputed size."""
    from celltrial.report.document import DocumentInputs

    policy, stated = dose_policy(protocol), recompute(protocol)
    other = second_count(policy) if policy is not None else None
    signers = signers_of(protocol)
    return DocumentInputs(
        protocol,
        decision_rows(policy) if policy is not None else (),
        None if other is None else other.value,
        None if stated is None else size_view(stated),
        _characteristics(protocol, policy),
        signers,
        _unsigned(protocol, signers),
    )


def _unsigned(protocol: Protocol, signers: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the clauses whose justification has still to be signed: by nobody so far, or by one where two must."""
    clauses = the_register("").clauses
    typed = (item.clause for item in protocol.justifications if item.clause in clauses)
    return tuple(name for name in typed if len(signers.get(name, ())) < clauses[name].signers_needed)


def _characteristics(protocol: Protocol, policy: Policy | None) -> tuple[OperatingCharacteristics, ...]:
    """Return what the dose finding does under the protocol's scenarios; () where a simulation in time would be needed."""
    if policy is None or policy.uses_pending:
        return ()
    return compute_characteristics(policy, protocol, scenarios_of(protocol)).characteristics


def write_protocol(
    protocol: Protocol,
    out: Path,
    language: Language,
    *,
    kind: DocumentKind = DocumentKind.PROTOCOL,
    force: bool = False,
    final: bool = False,
) -> tuple[str, ...]:
    """Write a document of a protocol and return what nothing of it fills, as number and title.

    kind:  the protocol itself, a skeleton of the consent form, or the list of questions before a first application.
    final: write nothing where a section is not filled (APP-151 names every one) or a justification is not signed (APP-288).
    """
    document_format(out)
    refuse_existing(out, force=force)
    made = _made(protocol, kind)
    unstated = (*_named(made.unstated, language), *_untranslated(protocol, language))
    if final and unstated:
        raise UserError(fault("APP-151", protocol.identification.id, count=len(unstated), found="; ".join(unstated)))
    unsigned = _unsigned(protocol, signers_of(protocol)) if final and kind is DocumentKind.PROTOCOL else ()
    if unsigned:
        raise UserError(fault("APP-288", protocol.identification.id, found=", ".join(unsigned)))
    write_document(made, out, language, protocol.identification.version_date)
    return unstated


def write_comparison(
    old: Protocol, new: Protocol, where: str, out: Path, language: Language, *, force: bool = False
) -> tuple[str, ...]:
    """Write the document of the new version with every change to the old one marked; return the sections that changed.

    Raises UserError (APP-153) where the two are not versions of one protocol; `where` names the file of the old one.
    """
    document_format(out)
    refuse_existing(out, force=force)
    if old.identification.id != new.identification.id:
        raise UserError(fault("APP-153", where, found=old.identification.id, expected=new.identification.id))
    from celltrial.report.document.comparing import changed_sections, marked_document

    before, after = (_made(protocol, DocumentKind.PROTOCOL) for protocol in (old, new))
    write_document(marked_document(before, after), out, language, new.identification.version_date)
    return _named(changed_sections(before, after), language)


def _made(protocol: Protocol, kind: DocumentKind) -> Document:
    from celltrial.report.document import consent_document, pre_ind_document, protocol_document

    makers = {
        DocumentKind.PROTOCOL: protocol_document,
        DocumentKind.CONSENT: consent_document,
        DocumentKind.PRE_IND: pre_ind_document,
    }
    return makers[kind](document_inputs(protocol))


def _named(found: tuple[Heading, ...], language: Language) -> tuple[str, ...]:
    from celltrial.report.render.words import Words

    words = Words(language)
    return tuple(f"{item.number} {words.show(item.title).line}".strip() for item in found)


def _untranslated(protocol: Protocol, language: Language) -> tuple[str, ...]:
    """Return one line where texts of the protocol are not given in this language."""
    from celltrial.locale import translate
    from celltrial.protocol.languages import texts_without

    missing = texts_without(protocol, language)
    return (translate("document.only_other", language, n=len(missing)),) if missing else ()


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
    elif document_format(out) == ".pdf":
        from celltrial.report.document.pdf import render_pdf

        write_bytes(out, render_pdf(document, language))
    else:
        from celltrial.report.document.word import render_docx

        write_bytes(out, render_docx(document, language, dated))
