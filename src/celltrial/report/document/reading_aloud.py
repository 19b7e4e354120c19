"""The plain text of a document in one language, for tests and for finding what it mentions."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Value
from celltrial.report.document.blocks import Block, Bullets, Document, Grid, Heading, Paragraph, Picture, Steps, Toned
from celltrial.report.render.words import Words


def document_text(document: Document, words: Words) -> str:
    """Return everything that the document says, line by line, without its look."""
    lines = [words.show(document.kind).line, words.show(document.title).line, words.show(document.notice).line]
    lines += [words.show(value).line for fact in document.facts for value in fact]
    lines += [line for block in document.blocks for line in block_text(block, words)]
    return "\n".join(lines)


def block_text(block: Block, words: Words) -> Iterator[str]:
    """Yield the texts of one block."""
    match block:
        case Heading():
            yield f"{block.number} {_line(block.title, words)}".strip()
        case Paragraph():
            yield _line(block.text, words)
        case Bullets():
            yield from (_line(item, words) for item in block.items)
        case Grid():
            if block.caption is not None:
                yield _line(block.caption, words)
            yield " | ".join(_line(head, words) for head in block.heads)
            yield from (" | ".join(_line(cell, words) for cell in row.cells) for row in block.rows)
        case Picture():
            yield _line(block.description, words)
        case Steps():
            yield from (f"{_line(name, words)}: {_line(detail, words)}" for name, detail in block.steps)


def _line(value: Value | Toned, words: Words) -> str:
    return words.show(value.value if isinstance(value, Toned) else value).line
