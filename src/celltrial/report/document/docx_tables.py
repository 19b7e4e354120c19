"""Tables of a DOCX document: widths by content, a head on every page, rows that stay whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Final

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from celltrial.report.document.blocks import Grid, Steps, Toned
from celltrial.report.document.docx_styles import Revision, add_text, shade
from celltrial.report.render.words import Words

_HEAD: Final = "E4EEF5"
_BAND: Final = "F5F7F9"
_TONES: Final = {"mark": "E4EEF5", "good": "E2F0EA", "fair": "FDF3DD", "bad": "F8E2DA", "quiet": "F5F7F9"}
#: A table with more columns than this is set smaller.
_DENSE: Final = 5
#: Boxes in a row of steps.
_PER_ROW: Final = 4
#: Shares of the width of tables whose columns have a meaning: name and value; number, text, how decided; and so on.
_SHARES: Final = {
    "facts": (0.30, 0.70), "criteria": (0.09, 0.41, 0.50), "paths": (0.10, 0.90), "unsaid": (0.34, 0.30, 0.36),
    "signatures": (0.30, 0.14, 0.14, 0.14, 0.16, 0.12),
}  # fmt: skip
#: A column is at least and at most so wide, in characters, when the width is shared out.
_LEAST: Final = 6
_MOST: Final = 42
_SMALL: Final = 7.0
#: A schedule with more rows than this is set as small as can still be read, so that it fits one page.
_CROWDED: Final = 34
_TINY: Final = 5.0
#: Places that the margins of a cell take.
_PADDING: Final = 3
#: Width of one place in mm at the size of a dense table.
_PLACE: Final = 1.85


def add_grid(paper: Any, grid: Grid, words: Words, width: float, revision: Revision) -> None:
    """Add a grid, `width` mm wide."""
    heads = [words.show(head).line for head in grid.heads]
    rows = [[_said(cell, words) for cell in row.cells] for row in grid.rows]
    table = paper.add_table(rows=1 + len(rows), cols=len(heads), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    lines = _lines(table)
    _set_widths(table, lines, column_widths(grid, heads, rows, width))
    narrow = grid.look in {"marks", "schedule"}
    size = text_size(grid)
    for cell, text in zip(lines[0], heads, strict=True):
        _write(cell, text, size, revision, bold=True)
        shade(cell, _HEAD)
    _mark_row(table, 0, "w:tblHeader")
    for number, (row, texts) in enumerate(zip(grid.rows, rows, strict=True), 1):
        cells = lines[number]
        if row.style == "group":
            _write(cells[0].merge(cells[-1]), texts[0], size, revision, bold=True)
            shade(cells[0], _BAND)
            continue
        for column, (cell, text, stated) in enumerate(zip(cells, texts, row.cells, strict=True)):
            _write(cell, text, size, revision, centre=narrow and column > 0)
            if isinstance(stated, Toned) and stated.tone:
                shade(cell, _TONES[stated.tone])
    for number in range(len(lines)):
        _mark_row(table, number, "w:cantSplit")
        if grid.look == "signatures" and number:
            table.rows[number].height = Mm(18)


def text_size(grid: Grid) -> float:
    """Return the size of the text of a table in points."""
    if grid.look == "schedule":
        return _TINY if len(grid.rows) > _CROWDED else _SMALL - 1
    if grid.look in {"marks", "paths", "unsaid"}:
        return _SMALL
    return 8.5 if len(grid.heads) > _DENSE else 9.5


def _lines(table: Any) -> list[list[Any]]:
    """Return the cells row by row, read once: python-docx reads the whole table for each row it is asked for."""
    cells, columns = table._cells, len(table.columns)  # noqa: SLF001 - see above
    return [cells[first : first + columns] for first in range(0, len(cells), columns)]


def add_steps(paper: Any, steps: Steps, words: Words, width: float, revision: Revision) -> None:
    """Add the steps as boxes with arrows between, to and fro: a row goes on below the box in which the one before ended."""
    said = [(words.show(name).line, words.show(detail).line) for name, detail in steps.steps]
    chunks = [said[first : first + _PER_ROW] for first in range(0, len(said), _PER_ROW)]
    table = paper.add_table(rows=2 * len(chunks) - 1, cols=2 * _PER_ROW - 1)
    table.autofit = False
    lines = _lines(table)
    box, arrow = width * 0.22, width * 0.12 / (_PER_ROW - 1)
    _set_widths(table, lines, [box if column % 2 == 0 else arrow for column in range(2 * _PER_ROW - 1)])
    for row, chunk in enumerate(chunks):
        back = row % 2 == 1
        for number, (name, detail) in enumerate(chunk):
            column = _PER_ROW - 1 - number if back else number
            cell = lines[2 * row][2 * column]
            _write(cell, name, 9.5, revision, bold=True, centre=True)
            _add_line(cell, detail, 8.5, revision)
            shade(cell, _HEAD)
            if number + 1 < len(chunk):
                place = 2 * column + (-1 if back else 1)
                _write(lines[2 * row][place], "←" if back else "→", 12, revision, centre=True)
        if row + 1 < len(chunks):
            _write(lines[2 * row + 1][0 if back else -1], "↓", 12, revision, centre=True)


def _said(cell: Any, words: Words) -> str:
    return words.show(cell.value if isinstance(cell, Toned) else cell).line


def _write(cell: Any, text: str, size: float, revision: Revision, *, bold: bool = False, centre: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def shape(run: Any) -> None:
        run.font.size, run.bold = Pt(size), bold

    for number, line in enumerate(text.split("\n")):
        if number:
            paragraph.add_run().add_break()
        add_text(paragraph, line, revision, shape)


def _add_line(cell: Any, text: str, size: float, revision: Revision) -> None:
    paragraph = cell.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)

    def shape(run: Any) -> None:
        run.font.size = Pt(size)

    add_text(paragraph, text.replace("\n", " · "), revision, shape)


def _mark_row(table: Any, number: int, name: str) -> None:
    """Mark a row: `w:tblHeader` repeats it at the head of every page, `w:cantSplit` keeps it on one."""
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    table._tbl.tr_lst[number].get_or_add_trPr().append(mark)  # noqa: SLF001 - python-docx offers neither


def column_widths(grid: Grid, heads: Sequence[str], rows: Iterable[Sequence[str]], width: float) -> list[float]:
    """Return the widths of the columns in mm: by the meaning of the table, else by what stands in them."""
    if grid.look in _SHARES and len(heads) == len(_SHARES[grid.look]):
        return [share * width for share in _SHARES[grid.look]]
    if grid.look in {"marks", "schedule"}:
        first = width * (0.34 if len(heads) <= 6 else 0.22 if grid.look == "schedule" else 0.2)
        return [first, *[(width - first) / (len(heads) - 1)] * (len(heads) - 1)]
    body = [row for row in rows if len(row) == len(heads)]
    least, wanted = [], []
    for column, head in enumerate(heads):
        texts = [row[column] for row in body]
        least.append(min(_MOST, max(_LEAST, *(_word(text) for text in (head, *texts)))))
        wanted.append(min(_MOST, max(least[-1], *(_length(text) for text in (head, *texts)))))
    room = max(0.0, width / _PLACE - sum(least))
    more = [want - need for want, need in zip(wanted, least, strict=True)]
    places = [need + room * extra / (sum(more) or 1) for need, extra in zip(least, more, strict=True)]
    return [width * each / sum(places) for each in places]


def _length(text: str) -> int:
    return max((_places(line) for line in text.split("\n")), default=0) + _PADDING


def _word(text: str) -> int:
    """Return the places that the longest word takes, so that it is not broken; Han text breaks after any two signs."""
    runs = re.findall(r"[^\s\u2e80-\uffee]+|[\u2e80-\uffee]{1,2}", text)
    return max((_places(run) for run in runs), default=0) + _PADDING


def _places(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _set_widths(table: Any, lines: Sequence[Sequence[Any]], widths: Sequence[float]) -> None:
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for cells in lines:
        for cell, width in zip(cells, widths, strict=True):
            cell.width = Mm(width)
