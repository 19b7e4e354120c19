"""What a document is made of, before it has a language or a look: headings, paragraphs, lists, grids, a row of steps.

A block names the fields of the protocol that it was computed from. Nothing here can be read back into a protocol.
"""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.report.content.output import Figure
from celltrial.report.content.values import Value


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; `level` counts from 1 and `number` is its place in the document ("" where it has none)."""

    level: int
    title: Value
    number: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences. `tone` is "" | quiet (nothing is stated) | notice (to be read first)."""

    text: Value
    fields: tuple[str, ...] = ()
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[Value, ...]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Toned:
    """A cell that stands out: `tone` is mark | good | fair | bad | quiet."""

    value: Value
    tone: str


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of a grid. `style` is "" | group (one cell over all columns) | detail."""

    cells: tuple[Value | Toned, ...]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `look` is "" | facts (name, value) | marks (many narrow columns after the first) | schedule (marks, too
    wide for an upright page) | findings (clause, request, finding, remedy, field) | criteria (number, text, how decided)
    | paths (section, fields) | unsaid (name, value, field) | signatures (blank cells to sign in) | broad (too wide for an
    upright page).
    """

    heads: tuple[Value, ...]
    rows: tuple[GridRow, ...]
    caption: Value | None = None
    fields: tuple[str, ...] = ()
    look: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """A course: what happens one after the other, each step with its detail."""

    steps: tuple[tuple[Value, Value], ...]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of the report, drawn in the language of the document, with words for who cannot see it."""

    figure: Figure
    description: Value


Block = Heading | Paragraph | Bullets | Grid | Steps | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A document: what kind of paper it is, its title, the facts on its first page, its blocks.

    name: what a running head shows; fingerprint: SHA-256 of the protocol that it was rendered from.
    unstated: headings of the sections that nothing of the protocol fills, and what the title page needs.
    front: what is between the title page and the contents.
    """

    kind: Value
    title: Value
    name: str
    fingerprint: str
    facts: tuple[tuple[Value, Value], ...]
    notice: Value
    blocks: tuple[Block, ...]
    unstated: tuple[Heading, ...] = ()
    front: tuple[Block, ...] = ()


def is_wide(blocks: tuple[Block, ...], position: int) -> bool:
    """Tell whether a block stands on a wide page: a schedule or a table of many columns, and the heading right above it."""
    here = blocks[position]
    if isinstance(here, Heading) and position + 1 < len(blocks):
        here = blocks[position + 1]
    return isinstance(here, Grid) and here.look in {"schedule", "broad"}
