"""A table as text: a heading and rows with their line numbers. Comma, semicolon or tab, whichever the heading is parted by."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from typing import Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.text import check_characters, narrow

_DELIMITERS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class TableText:
    """The cells of a table: names of columns in order, and rows of as many cells, each with the line where it begins."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table_text(text: str, file: str) -> TableText:
    """Return a table; rows without any word in them are left out, and what is missing at the end of a row is empty.

    COR-052: a character that cannot be seen; COR-059: a column without name or twice; COR-060: a row with more cells than
    columns, or a quote that is not closed; COR-061: no row.
    """
    check_characters(text, file)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text), delimiter=delimiter, strict=True)
    columns: tuple[str, ...] = ()
    rows: list[tuple[int, tuple[str, ...]]] = []
    faults: list[Fault] = []
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = tuple(narrow(cell).strip() for cell in cells)
                faults += _wrong_columns(columns, f"{file}:{begins}")
            elif len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
                faults.append(fault("COR-060", f"{file}:{begins}", expected=len(columns), found=len(cells)))
            else:
                padded = (*cells[: len(columns)], *[""] * (len(columns) - len(cells)))
                rows.append((begins, padded))
    except csv.Error:
        faults.append(fault("COR-060", f"{file}:{line}", expected=len(columns), found='"…'))
    if not rows and not faults:
        faults.append(fault("COR-061", file))
    if faults:
        raise UserError(*faults)
    return TableText(file, columns, tuple(rows))


def _wrong_columns(columns: tuple[str, ...], where: str) -> list[Fault]:
    found: list[Fault] = []
    for number, name in enumerate(columns, start=1):
        if not name or columns.index(name) != number - 1:
            found.append(fault("COR-059", f"{where}:{number}", found=name or "-"))
    return found
