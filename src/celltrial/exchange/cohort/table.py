"""A CSV table with its row numbers, held against the columns that a mapping names."""

from __future__ import annotations

import csv
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.measured import Measured
from celltrial.core.reading.bounds import shown
from celltrial.core.reading.text import check_characters, narrow
from celltrial.core.units import read_unit
from celltrial.core.values import Identifier, Value, between, message, one_of

#: Days from infusion, before or after, that a cohort may hold: a hundred years.
DAYS_AT_MOST: Final = 36_525
AGE_AT_MOST: Final = 150
#: Far beyond any count or concentration.
LARGEST_VALUE: Final = 10**15
COLUMNS_AT_MOST: Final = 5_000
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its place for messages, and its cells by column, stripped.

    A cell is read with full-width digits, letters and signs as the plain ones; `written` is what is there.
    """

    file: str
    line: int
    cells: Mapping[str, str]
    columns: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        return narrow(self.cells[column])

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"

    def at(self, column: str) -> str:
        """Return `file:line:column`; the column is counted in cells, from 1."""
        return f"{self.where}:{self.columns.index(column) + 1}"

    def written(self, column: str) -> str:
        """Return a cell as it is there."""
        return self.cells[column]

    def fault(self, id_: str, column: str, expected: Value | str, found: Value | str) -> Fault:
        """Return a fault of one cell."""
        return fault(
            id_,
            self.at(column),
            column=column,
            expected=expected,
            found=shown(found) if isinstance(found, str) else found,
        )

    def number(self, column: str) -> Decimal | None:
        """Return a cell as a number; None where it is empty; EXC-004 where it is neither, or beyond anything measured."""
        text = self[column]
        if not text:
            return None
        try:
            value = Decimal(text) if _NUMBER.fullmatch(text) else Decimal("NaN")
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise UserError(self.fault("EXC-004", column, message("number_or_an_empty_cell"), text))
        if abs(value) > LARGEST_VALUE:
            raise UserError(self.fault("EXC-004", column, between(-LARGEST_VALUE, LARGEST_VALUE), text))
        return value

    def measured(self, column: str) -> Measured | None:
        """Return a cell as a number from 0 on, a value below or above a limit, or a result in words; None where it is empty.

        Any other words are EXC-004: a number that cannot be read is no result.
        """
        text = self.written(column)
        found = Measured.read(text)
        if not text:
            return None
        if found.number is None and found.word not in {"negative", "positive", "unknown", "below_limit"}:
            expected = message("number_limit_or_empty", range=between(0, LARGEST_VALUE))
            raise UserError(self.fault("EXC-004", column, expected, text))
        if found.number is not None and not 0 <= found.number <= LARGEST_VALUE:
            raise UserError(self.fault("EXC-004", column, between(0, LARGEST_VALUE), text))
        return found

    def within(self, column: str, low: int, high: int) -> Decimal | None:
        """Return a cell as a number from `low` to `high`; None where it is empty."""
        value = self.number(column)
        if value is not None and not low <= value <= high:
            raise UserError(self.fault("EXC-004", column, between(low, high), self[column]))
        return value

    def years(self, column: str, most: int) -> Decimal | None:
        """Return a cell as an age in years, written bare or with its unit (`64岁`, `64 years`); None where it is empty."""
        found = Measured.read(self.written(column))
        if (
            found.number is not None
            and found.is_exact
            and found.unit
            and read_unit(found.unit).same(read_unit("a"))
            and 0 <= found.number <= most
        ):
            return found.number
        return self.within(column, 0, most)

    def moment(self, column: str) -> Decimal | None:
        """Return a cell as days from infusion, parts of a day included; None where it is empty."""
        return self.within(column, -DAYS_AT_MOST, DAYS_AT_MOST)

    def day(self, column: str) -> int | None:
        """Return a cell as a whole day; None where it is empty."""
        value = self.moment(column)
        if value is not None and value != value.to_integral_value():
            raise UserError(self.fault("EXC-004", column, message("whole_day"), self[column]))
        return None if value is None else int(value)

    def code(self, column: str, codes: Mapping[str, object], *, fallback: bool = False) -> str:
        """Return a cell that is one of the codes, as it is there or in plain letters; EXC-005 where it is not."""
        for text in (self.written(column), self[column]):
            if text in codes or (fallback and not codes):
                return text
        expected = one_of(*map(Identifier, codes)) if codes else message("no_code_is_mapped")
        raise UserError(self.fault("EXC-005", column, expected, self.written(column) or message("empty_cell")))


@dataclass(frozen=True, slots=True)
class Table:
    """A table; iterate over its rows.

    widened: cells in use that hold full-width characters and are read as the plain ones.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    widened: int = 0

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def read_table(text: str, file: str, *, used: Iterable[str], ignored: Iterable[str]) -> Table:
    """Read CSV text and hold its columns against the mapping.

    EXC-002: a column the mapping names is not there; EXC-003: a column is neither mapped nor ignored;
    EXC-006: a row has another number of cells; EXC-007: a column appears twice, or the file is empty; COR-052: a
    character that cannot be seen; COR-053: more columns than any table has.
    """
    check_characters(text, file)
    lines = _lines(text, file)
    if not lines or not any(cell.strip() for cell in lines[0][1]):
        raise UserError(fault("EXC-007", file, found=message("no_header"), expected=message("header_row")))
    header = [cell.strip() for cell in lines[0][1]]
    if len(header) > COLUMNS_AT_MOST:
        raise UserError(fault("COR-053", f"{file}:1", found=len(header), expected=COLUMNS_AT_MOST))
    wanted, passed = list(dict.fromkeys(used)), set(ignored)
    faults = [
        fault("EXC-007", f"{file}:1", found=name, expected=message("each_column_once"))
        for name in sorted(name for name, times in Counter(header).items() if times > 1)
    ]
    faults += [_missing(file, name, header) for name in (*wanted, *sorted(passed)) if name not in header]
    faults += [
        fault("EXC-003", f"{file}:1", found=name, expected=_near(name, wanted))
        for name in header
        if name not in passed and name not in wanted
    ]
    rows = []
    columns = tuple(header)
    for number, cells in lines[1:]:
        if not cells:
            continue
        if len(cells) != len(header):
            faults.append(fault("EXC-006", f"{file}:{number}", expected=str(len(header)), found=str(len(cells))))
            continue
        found = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        rows.append(Row(file, number, found, columns))
    if faults:
        raise UserError(*faults)
    widened = sum(narrow(row.cells[name]) != row.cells[name] for row in rows for name in wanted)
    return Table(file, columns, tuple(rows), widened)


def _lines(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Return each row of cells with the line on which it begins."""
    reader = csv.reader(StringIO(text, newline=None))
    lines: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            lines.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UserError(fault("EXC-007", f"{file}:{begins}", found=str(error), expected=message("csv_text"))) from None
    return lines


def _near(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return close[0] if close else "ignore"


def _missing(file: str, name: str, header: list[str]) -> Fault:
    close = difflib.get_close_matches(name, header, n=1)
    return fault("EXC-002", f"{file}:1", found=name, expected=close[0] if close else ", ".join(header))
