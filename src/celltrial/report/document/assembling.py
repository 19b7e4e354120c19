"""From a protocol to its document as content: title page and every section of ICH M11."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Recorded, Text
from celltrial.report.document.blocks import Block, Document, Grid, Heading, Paragraph
from celltrial.report.document.glossary import glossary
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sections import SECTIONS, M11Section
from celltrial.report.document.stating import local
from celltrial.report.document.summary import title_facts

_GLOSSARY = "13"
_NOT_STATED: Final = Text("document.not_stated")


def protocol_document(inputs: DocumentInputs) -> Document:
    """Return the document of a protocol; a pure function of its inputs.

    Every value in it comes from a field; there is no way back from the document to a rule.
    """
    about = inputs.protocol.identification
    mark = fingerprint(inputs.protocol)
    blocks = tuple(_blocks(inputs))
    return Document(
        kind=Text("document.kind.protocol"),
        title=local(about.title),
        name=about.id,
        fingerprint=mark,
        facts=(*title_facts(inputs), (Text("document.head.fingerprint"), Recorded(mark))),
        notice=Text("document.notice"),
        blocks=blocks,
        unstated=tuple(
            before
            for before, block in pairwise(blocks)
            if isinstance(before, Heading) and isinstance(block, Paragraph) and block.text == _NOT_STATED
        ),
    )


def _blocks(inputs: DocumentInputs) -> Iterator[Block]:
    made = [(section, tuple(section.build(inputs)) if section.build else ()) for section in SECTIONS]
    words = [block for _, blocks in made for block in blocks]
    for section, blocks in made:
        filled = tuple(glossary(words)) if section.number == _GLOSSARY else blocks
        if filled or not section.optional:
            yield _heading(section)
            yield from _merged(filled)
            if not filled and not _has_children(section):
                yield Paragraph(_NOT_STATED, tone="quiet")


def _merged(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks with tables of facts that follow each other made one."""
    waiting: Grid | None = None
    for block in blocks:
        if isinstance(block, Grid) and block.look == "facts" and block.caption is None:
            rows, fields = (waiting.rows, waiting.fields) if waiting is not None else ((), ())
            waiting = replace(block, rows=(*rows, *block.rows), fields=(*fields, *block.fields))
            continue
        if waiting is not None:
            yield waiting
            waiting = None
        yield block
    if waiting is not None:
        yield waiting


def _heading(section: M11Section) -> Heading:
    return Heading(section.number.count(".") + 1, Text(f"m11.{section.number}"), section.number)


def _has_children(section: M11Section) -> bool:
    return any(other.number.startswith(f"{section.number}.") for other in SECTIONS)
