"""From a protocol to its document as content: title page and every section of ICH M11."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Text
from celltrial.report.document.annex import annex
from celltrial.report.document.blocks import Block, Document, Heading, Paragraph
from celltrial.report.document.front import front
from celltrial.report.document.glossary import glossary
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sections import SECTIONS, M11Section
from celltrial.report.document.sentences import ended, paragraph, say
from celltrial.report.document.stating import local
from celltrial.report.document.summary import title_facts, title_gaps

_GLOSSARY: Final = "13"
_ANNEX: Final = "12.9"
_NOT_STATED: Final = Text("document.not_stated")


def protocol_document(inputs: DocumentInputs) -> Document:
    """Return the document of a protocol; a pure function of its inputs.

    Every value in it comes from a field; there is no way back from the document to a rule.
    """
    about = inputs.protocol.identification
    blocks = tuple(_blocks(inputs))
    gaps = (
        *title_gaps(inputs.protocol),
        *(
            before
            for before, block in pairwise(blocks)
            if isinstance(before, Heading) and isinstance(block, Paragraph) and block.text == _NOT_STATED
        ),
    )
    return Document(
        kind=Text("document.kind.protocol"),
        title=local(about.title),
        name=about.id,
        fingerprint=fingerprint(inputs.protocol),
        facts=title_facts(inputs),
        notice=Text("document.notice"),
        blocks=blocks,
        unstated=gaps,
        front=tuple(front(inputs, gaps)),
    )


def _blocks(inputs: DocumentInputs) -> Iterator[Block]:
    made = [(section, tuple(_filled(inputs, section))) for section in SECTIONS]
    behind = tuple(annex(inputs, [(section.number, blocks) for section, blocks in made]))
    words = [block for _, blocks in made for block in blocks]
    for section, blocks in made:
        filled = blocks
        if section.number == _GLOSSARY:
            filled = tuple(glossary(words))
        elif section.number == _ANNEX:
            filled = behind
        if filled or not section.optional:
            yield _heading(section)
            yield from filled
            if not filled and not _has_children(section):
                yield Paragraph(_NOT_STATED, tone="quiet")


def _filled(inputs: DocumentInputs, section: M11Section) -> Iterator[Block]:
    """Yield what fills a section; that it does not apply, where nothing fills it and the protocol says why it does not."""
    blocks = tuple(section.build(inputs)) if section.build else ()
    yield from blocks
    reasons = inputs.protocol.oversight.not_applicable if inputs.protocol.oversight else {}
    if not blocks and section.number in reasons:
        place = f"oversight.not_applicable.{section.number}"
        yield from paragraph(say("not_applicable"), ended(reasons[section.number]), fields=(place,))


def _heading(section: M11Section) -> Heading:
    return Heading(section.number.count(".") + 1, Text(f"m11.{section.number}"), section.number)


def _has_children(section: M11Section) -> bool:
    return any(other.number.startswith(f"{section.number}.") for other in SECTIONS)
