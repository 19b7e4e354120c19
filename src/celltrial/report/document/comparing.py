"""Two versions of a document as one, with what was inserted and what was deleted marked, section by section.

Sections are matched by their number. Within a section blocks of one kind are matched in their order, rows of a table and items
of a list by what they have most in common; words within a text are marked one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from celltrial.report.content.values import Changed, Text, Value
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
from celltrial.report.document.reading_aloud import block_text
from celltrial.report.render.words import Words

_READ: Final = Words("en")
_READ_ZH: Final = Words("zh")


def marked_document(old: Document, new: Document) -> Document:
    """Return the new document with every difference to the old one marked."""
    before, after = _sections(old.blocks), _sections(new.blocks)
    blocks: list[Block] = []
    for number in _in_order(tuple(before), tuple(after)):
        blocks += _section(before.get(number, ()), after.get(number, ()))
    facts = {_line(name): value for name, value in old.facts}
    return replace(
        new,
        kind=Text("document.kind.compared"),
        title=_value(old.title, new.title),
        facts=tuple((name, _value(facts.get(_line(name)), value)) for name, value in new.facts),
        blocks=tuple(blocks),
        front=(),
    )


def changed_sections(old: Document, new: Document) -> tuple[Heading, ...]:
    """Return the headings of the sections whose text differs, in the order of the new document, then those gone."""
    before, after = _sections(old.blocks), _sections(new.blocks)
    found = [
        heading
        for number in _in_order(tuple(before), tuple(after))
        if _said(before.get(number, ())) != _said(after.get(number, ()))
        for heading in (*after.get(number, ()), *before.get(number, ()))[:1]
        if isinstance(heading, Heading)
    ]
    return tuple(found)


def _sections(blocks: Sequence[Block]) -> dict[str, tuple[Block, ...]]:
    """Return the blocks by the number of their section, the heading first."""
    found: dict[str, list[Block]] = {}
    here = ""
    for block in blocks:
        if isinstance(block, Heading) and block.number:
            here = block.number
        found.setdefault(here, []).append(block)
    return {number: tuple(items) for number, items in found.items()}


def _in_order(old: tuple[str, ...], new: tuple[str, ...]) -> list[str]:
    return sorted({*old, *new}, key=lambda number: [int(part) for part in number.split(".") if part])


def _said(blocks: Sequence[Block]) -> list[tuple[str, ...]]:
    return [_text(block) for block in blocks]


def _text(block: Block) -> tuple[str, ...]:
    """Return what a block says in both languages: what distinguishes two blocks."""
    return (type(block).__name__, *block_text(block, _READ), *block_text(block, _READ_ZH))


def _section(old: Sequence[Block], new: Sequence[Block]) -> Iterator[Block]:
    matcher = SequenceMatcher(None, _said(old), _said(new), autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            yield from new[j1:j2]
        else:
            yield from _replaced(list(old[i1:i2]), list(new[j1:j2]))


def _replaced(old: list[Block], new: list[Block]) -> Iterator[Block]:
    """Yield blocks that took the place of others: each new one beside the next old one of its kind."""
    for block in new:
        partner = next((one for one in old if _fit(one, block)), None)
        if partner is None:
            yield from _whole(None, block)
            continue
        while old[0] is not partner:
            yield from _whole(old.pop(0), None)
        old.pop(0)
        yield _pair(partner, block)
    for gone in old:
        yield from _whole(gone, None)


def _fit(old: Block, new: Block) -> bool:
    if type(old) is not type(new):
        return False
    return not (isinstance(old, Grid) and isinstance(new, Grid)) or (old.look, old.caption) == (new.look, new.caption)


def _pair(old: Block, new: Block) -> Block:
    match old, new:
        case Heading(), Heading():
            return replace(new, title=_value(old.title, new.title))
        case Paragraph(), Paragraph():
            return replace(new, text=_value(old.text, new.text))
        case Bullets(), Bullets():
            return replace(new, items=tuple(_lines(old.items, new.items)))
        case Steps(), Steps():
            known = {_line(name): detail for name, detail in old.steps}
            return replace(
                new, steps=tuple((name, _value(known.get(_line(name)), detail)) for name, detail in new.steps)
            )
        case Grid(), Grid():
            return _grid(old, new)
    return new


def _whole(old: Block | None, new: Block | None) -> Iterator[Block]:
    """Yield a block that is new, or one that is gone, as it stood, marked throughout."""
    block = new if new is not None else old
    match block:
        case Heading():
            yield replace(block, title=_one(block.title, gone=new is None))
        case Paragraph():
            yield replace(block, text=_one(block.text, gone=new is None))
        case Bullets():
            yield replace(block, items=tuple(_one(item, gone=new is None) for item in block.items))
        case Steps():
            yield replace(block, steps=tuple((name, _one(detail, gone=new is None)) for name, detail in block.steps))
        case Picture():
            yield from (block,) if new is not None else ()
        case Grid():
            rows = tuple(_row(row, gone=new is None) for row in block.rows)
            caption = _one(block.caption, gone=new is None) if block.caption is not None else None
            yield replace(block, rows=rows, caption=caption)


def _one(value: Value, *, gone: bool) -> Value:
    return Changed(value, None) if gone else Changed(None, value)


def _value(old: Value | None, new: Value) -> Value:
    return new if old == new else Changed(old, new)


def _lines(old: Sequence[Value], new: Sequence[Value]) -> Iterator[Value]:
    said_old, said_new = ([_line(item) for item in items] for items in (old, new))
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, said_old, said_new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from new[j1:j2]
            continue
        both = min(i2 - i1, j2 - j1)
        yield from (_value(a, b) for a, b in zip(old[i1 : i1 + both], new[j1 : j1 + both], strict=True))
        yield from (_one(item, gone=True) for item in old[i1 + both : i2])
        yield from (_one(item, gone=False) for item in new[j1 + both : j2])


def _line(value: Value) -> str:
    return f"{_READ.show(value).line}\n{_READ_ZH.show(value).line}"


def _grid(old: Grid, new: Grid) -> Grid:
    """Return a table with its cells marked; one whose columns differ marks whole rows."""
    same_columns = old.heads == new.heads
    names_old, names_new = ([_name(row) for row in rows] for rows in (old.rows, new.rows))
    rows: list[GridRow] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, names_old, names_new, autojunk=False).get_opcodes():
        if kind == "equal" and same_columns:
            rows += [_cells(a, b) for a, b in zip(old.rows[i1:i2], new.rows[j1:j2], strict=True)]
            continue
        if same_columns:
            rows += [_row(row, gone=True) for row in old.rows[i1:i2]]
        rows += [_row(row, gone=False) for row in new.rows[j1:j2]]
    return replace(new, rows=tuple(rows))


def _name(row: GridRow) -> str:
    return _line(_bare(row.cells[0]))


def _bare(cell: Value | Toned) -> Value:
    return cell.value if isinstance(cell, Toned) else cell


def _row(row: GridRow, *, gone: bool) -> GridRow:
    return replace(row, cells=tuple(_one(_bare(cell), gone=gone) for cell in row.cells))


def _cells(old: GridRow, new: GridRow) -> GridRow:
    if len(old.cells) != len(new.cells):
        return _row(new, gone=False)
    cells = []
    for before, after in zip(old.cells, new.cells, strict=True):
        said = _value(_bare(before), _bare(after))
        cells.append(Toned(said, after.tone) if isinstance(after, Toned) else said)
    return replace(new, cells=tuple(cells))
