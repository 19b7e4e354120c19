"""What is between the title page and the contents: the gaps of a draft, the amendment, the signature page."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Count, Recorded, Text
from celltrial.report.document.appendices import amendment_details
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.inputs import DocumentInputs


def front(inputs: DocumentInputs, gaps: tuple[Heading, ...]) -> Iterator[Block]:
    """Yield the front matter; `gaps` are the parts that the protocol does not state."""
    if gaps:
        yield Heading(1, Text("document.draft_head"))
        yield Paragraph(Text("document.draft", {"n": Count(len(gaps))}), tone="notice")
        yield Bullets(tuple(_named(gap) for gap in gaps))
    details = tuple(amendment_details(inputs))
    if details:
        yield Heading(1, Text("document.amendment_head"))
        yield from details
    yield Heading(1, Text("document.signature_head"))
    names = ("who", "name", "function", "site", "signed", "date")
    blank = Recorded("")
    rows = tuple(
        GridRow((Text(f"document.signature.{who}"), *([blank] * (len(names) - 1))))
        for who in ("sponsor", "investigator")
    )
    yield Grid(tuple(Text(f"document.signature.{name}") for name in names), rows, look="signatures")


def _named(gap: Heading) -> Text:
    return (
        Text("document.endpoint_heading", {"id": Recorded(gap.number), "text": gap.title})
        if gap.number
        else Text("document.nested", {"parts": gap.title})
    )
