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
    return printed(render_html(document, language), document.fingerprint)


def printed(page: str, fingerprint: str) -> bytes:
    """Return a page of HTML as PDF; `fingerprint`, hexadecimal digits, makes its identifier. Raises as `render_pdf`."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError):  # the package, or the shared library that it loads
        raise UserError(
            fault("APP-152", "PDF", expected=Identifier("celltrial[pdf], libpango"), found=ABSENT)
        ) from None
    made: bytes = HTML(string=page).write_pdf(pdf_identifier=bytes.fromhex(fingerprint[:32].ljust(32, "0")))
    return made
