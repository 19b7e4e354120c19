"""A document as one self-contained HTML page: no script, no network, made to be printed."""

from __future__ import annotations

import re
from typing import Any, Final

from markupsafe import Markup, escape

from celltrial import __version__
from celltrial.locale import TAGS, Language
from celltrial.report.content.values import Value
from celltrial.report.document.blocks import (
    Block,
    Bullets,
    Document,
    Grid,
    GridRow,
    Heading,
    Paragraph,
    Picture,
    Steps,
    Toned,
    is_wide,
)
from celltrial.report.figures import draw
from celltrial.report.render.changes import CHANGE, DELETED, END, INSERTED
from celltrial.report.render.environment import environment
from celltrial.report.render.words import Words

#: Headings down to this level are in the table of contents.
_CONTENTS: Final = 2
#: A table with more columns than this is set smaller.
_DENSE: Final = 5
#: A wide table with more rows than this is set as small as can still be read, so that it fits one page.
_CROWDED: Final = 28
#: A section named in a sentence, in either language: it becomes a link.
_SECTION: Final = re.compile(r"(?:(?<=section )|(?<=见))\d+(?:\.\d+)+")
#: Sections that begin a page when printed.
_ON_NEW_PAGE: Final = frozenset({"1", "2", "12", "12.9", "13"})
_MARKS: Final = {INSERTED: (Markup("<ins>"), Markup("</ins>")), DELETED: (Markup("<del>"), Markup("</del>"))}


def render_html(document: Document, language: Language) -> str:
    """Return the page in `language` ("en" or "zh"); equal inputs give equal bytes."""
    words = Words(language)
    page = _Page(words, frozenset(_anchor(b, i) for i, b in enumerate(document.blocks) if isinstance(b, Heading)))
    blocks = [page.block(block, position) for position, block in enumerate(document.blocks)]
    for position, block in enumerate(blocks):
        block["wide"] = is_wide(document.blocks, position)
    template = environment("celltrial.report.document").get_template("document.html")
    return template.render(
        tag=TAGS[language],
        words=words,
        version=__version__,
        name=document.name,
        kind=words.show(document.kind).line,
        title=page.rich(words.show(document.title).line),
        plain_title=words.show(document.title).line,
        notice=words.show(document.notice).line,
        facts=[(words.show(name).line, page.lines(value)) for name, value in document.facts],
        front=[{**page.block(block, -1 - i), "wide": False} for i, block in enumerate(document.front)],
        contents=[block for block in blocks if block["kind"] == "heading" and block["level"] <= _CONTENTS],
        blocks=blocks,
    )


def _anchor(block: Heading, position: int) -> str:
    if block.number:
        return f"s-{block.number.replace('.', '-')}"
    return f"b-{position}" if position >= 0 else f"f-{-position}"


class _Page:
    """The makers of one page: its language, and the anchors that it has."""

    def __init__(self, words: Words, anchors: frozenset[str]) -> None:
        self.words, self.anchors = words, anchors

    def rich(self, text: str) -> Markup:
        """Return a line as HTML: escaped, with its changes marked and the sections that it names as links."""
        made, close = Markup(""), Markup("")
        for part in CHANGE.split(text):
            if part in _MARKS:
                made, close = made + close + _MARKS[part][0], _MARKS[part][1]
            elif part == END:
                made, close = made + close, Markup("")
            else:
                made += self._linked(part)
        return made + close

    def _linked(self, text: str) -> Markup:
        made, last = Markup(""), 0
        for found in _SECTION.finditer(text):
            anchor = f"s-{found[0].replace('.', '-')}"
            if anchor in self.anchors:
                link = Markup('<a href="#{}">{}</a>').format(anchor, found[0])
                made += escape(text[last : found.start()]) + link
                last = found.end()
        return made + escape(text[last:])

    def lines(self, value: Value) -> list[Markup]:
        """Return a value line by line."""
        return [self.rich(line) for line in self.words.show(value).line.split("\n")]

    def block(self, block: Block, position: int) -> dict[str, Any]:
        """Return what the template needs of a block."""
        match block:
            case Heading():
                return {
                    "kind": "heading",
                    "level": block.level,
                    "number": block.number,
                    "title": self.rich(self.words.show(block.title).line),
                    "anchor": _anchor(block, position),
                    "breaks": block.number in _ON_NEW_PAGE,
                }
            case Paragraph():
                fields = ", ".join(block.fields)
                return {"kind": "paragraph", "lines": self.lines(block.text), "tone": block.tone, "fields": fields}
            case Bullets():
                entries = [self.lines(item) for item in block.items]
                return {"kind": "bullets", "entries": entries, "fields": ", ".join(block.fields)}
            case Steps():
                steps = [(self.rich(self.words.show(name).line), self.lines(detail)) for name, detail in block.steps]
                return {"kind": "steps", "steps": steps}
            case Picture():
                said = self.words.show(block.description).line
                svg = Markup(draw(block.figure, self.words, prefix=f"p{position}"))  # noqa: S704 - our own drawing
                return {"kind": "picture", "svg": svg, "description": said}
            case Grid():
                return self._grid(block)

    def _grid(self, block: Grid) -> dict[str, Any]:
        look = block.look or ("dense" if len(block.heads) > _DENSE else "plain")
        crowded = block.look == "schedule" and len(block.rows) > _CROWDED
        return {
            "kind": "grid",
            "look": f"{look} crowded" if crowded else look,
            "caption": self.rich(self.words.show(block.caption).line) if block.caption is not None else "",
            "heads": [self.lines(head) for head in block.heads],
            "rows": [self._row(row) for row in block.rows],
            "fields": ", ".join(block.fields),
        }

    def _row(self, row: GridRow) -> dict[str, Any]:
        cells = []
        for cell in row.cells:
            value, tone = (cell.value, cell.tone) if isinstance(cell, Toned) else (cell, "")
            cells.append({"lines": self.lines(value), "tone": tone})
        return {"style": row.style, "cells": cells}
