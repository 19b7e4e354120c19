"""A document as PDF: the printed page of its HTML, with page numbers, links and embedded fonts.

WeasyPrint lays the page out; it is an extra of the installation (`celltrial[pdf]`) and needs the Pango library of the system.
"""

from __future__ import annotations

from celltrial.core.errors import UserError, fault
from celltrial.core.values import ABSENT, Identifier
from celltrial.locale import Language
from celltrial.report.document.blocks import Document
from celltrial.report.document.html import render_html


def render_pdf(document: Document, language: Language) -> bytes:
    """Return the file in `language`; equal inputs on one installation give equal bytes.

    Raises UserError (APP-152) where WeasyPrint or the library below it is not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError):  # the package, or the shared library that it loads
        raise UserError(
            fault("APP-152", "PDF", expected=Identifier("celltrial[pdf], libpango"), found=ABSENT)
        ) from None
    page = HTML(string=render_html(document, language))
    made: bytes = page.write_pdf(pdf_identifier=bytes.fromhex(document.fingerprint[:32]))
    return made
