"""A document as one self-contained HTML page: no script, no network, made to be printed."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

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
)
from celltrial.report.figures import draw
from celltrial.report.render.environment import environment
from celltrial.report.render.words import Words

#: Headings down to this level stand in the table of contents.
_CONTENTS: Final = 2
#: A table with more columns than this is set smaller.
_DENSE: Final = 5


def render_html(document: Document, language: Language) -> str:
    """Return the page in `language` ("en" or "zh"); equal inputs give equal bytes."""
    words = Words(language)
    blocks = [_block(block, position, words) for position, block in enumerate(document.blocks)]
    template = environment("celltrial.report.document").get_template("document.html")
    return template.render(
        tag=TAGS[language],
        words=words,
        version=__version__,
        name=document.name,
        kind=words.show(document.kind).line,
        title=words.show(document.title).line,
        notice=words.show(document.notice).line,
        facts=[(words.show(name).line, _lines(value, words)) for name, value in document.facts],
        contents=[block for block in blocks if block["kind"] == "heading" and block["level"] <= _CONTENTS],
        blocks=blocks,
    )


def _block(block: Block, position: int, words: Words) -> dict[str, Any]:
    match block:
        case Heading():
            anchor = f"s-{block.number.replace('.', '-')}" if block.number else f"b-{position}"
            title = words.show(block.title).line
            return {"kind": "heading", "level": block.level, "number": block.number, "title": title, "anchor": anchor}
        case Paragraph():
            return {
                "kind": "paragraph",
                "lines": _lines(block.text, words),
                "tone": block.tone,
                "mark": _mark(block, words),
            }
        case Bullets():
            return {
                "kind": "bullets",
                "entries": [_lines(item, words) for item in block.items],
                "mark": _mark(block, words),
            }
        case Steps():
            steps = [(words.show(name).line, _lines(detail, words)) for name, detail in block.steps]
            return {"kind": "steps", "steps": steps}
        case Grid():
            return _grid(block, words)
        case Picture():
            said = words.show(block.description).line
            svg = Markup(draw(block.figure, words, prefix=f"p{position}"))  # noqa: S704 - our own drawing
            return {"kind": "picture", "svg": svg, "description": said}


def _grid(block: Grid, words: Words) -> dict[str, Any]:
    return {
        "kind": "grid",
        "look": block.look or ("dense" if len(block.heads) > _DENSE else "plain"),
        "caption": words.show(block.caption).line if block.caption is not None else "",
        "heads": [_lines(head, words) for head in block.heads],
        "rows": [_row(row, words) for row in block.rows],
        "mark": "" if block.look in {"facts", "schedule"} else _mark(block, words),
    }


def _row(row: GridRow, words: Words) -> dict[str, Any]:
    cells = []
    for cell in row.cells:
        value, tone = (cell.value, cell.tone) if isinstance(cell, Toned) else (cell, "")
        cells.append({"lines": _lines(value, words), "tone": tone})
    return {"style": row.style, "cells": cells}


def _lines(value: Value, words: Words) -> list[str]:
    return words.show(value).line.split("\n")


def _mark(block: Paragraph | Bullets | Grid, words: Words) -> str:
    return words.say("document.field_mark", fields=", ".join(block.fields)) if block.fields else ""
