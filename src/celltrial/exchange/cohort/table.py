"""A CSV table with its row numbers, held against the columns that a mapping names."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.measured import Measured

__all__ = ["AGE_AT_MOST", "DAYS_AT_MOST", "Row", "Table", "read_table"]

#: Days from infusion, before or after, that a cohort may hold: a hundred years.
DAYS_AT_MOST: Final = 36_525
AGE_AT_MOST: Final = 150


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its place for messages, and its cells by column, stripped."""

    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def number(self, column: str) -> Decimal | None:
        """Return a cell as a number; None where it is empty; EXC-004 where it is neither."""
        text = self.cells[column]
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise UserError(
                fault("EXC-004", self.where, column=column, expected="a number or an empty cell", found=text)
            )
        return value

    def measured(self, column: str) -> Measured | None:
        """Return a cell as a number, a value below or above a limit, or a result in words; None where it is empty.

        Any other words are EXC-004: a number that cannot be read is no result.
        """
        text = self.cells[column]
        found = Measured.read(text)
        if not text:
            return None
        if found.number is None and found.word not in {"negative", "positive", "unknown", "below_limit"}:
            expected = "a number, a limit such as <0.5, or an empty cell"
            raise UserError(fault("EXC-004", self.where, column=column, expected=expected, found=text))
        return found

    def within(self, column: str, low: int, high: int) -> Decimal | None:
        """Return a cell as a number from `low` to `high`; None where it is empty."""
        value = self.number(column)
        if value is not None and not low <= value <= high:
            raise UserError(fault("EXC-004", self.where, column=column, expected=f"{low} to {high}", found=str(value)))
        return value

    def moment(self, column: str) -> Decimal | None:
        """Return a cell as days from infusion, parts of a day included; None where it is empty."""
        return self.within(column, -DAYS_AT_MOST, DAYS_AT_MOST)

    def day(self, column: str) -> int | None:
        """Return a cell as a whole day; None where it is empty."""
        value = self.moment(column)
        if value is not None and value != value.to_integral_value():
            raise UserError(fault("EXC-004", self.where, column=column, expected="a whole day", found=str(value)))
        return None if value is None else int(value)

    def code(self, column: str, codes: Mapping[str, object], *, fallback: bool = False) -> str:
        """Return a cell that is one of the codes; EXC-005 where it is not."""
        text = self.cells[column]
        if text in codes or (fallback and not codes):
            return text
        expected = ", ".join(codes) or "no code is mapped"
        raise UserError(fault("EXC-005", self.where, column=column, expected=expected, found=text or "an empty cell"))


@dataclass(frozen=True, slots=True)
class Table:
    """A table; iterate over its rows."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def read_table(text: str, file: str, *, used: Iterable[str], ignored: Iterable[str]) -> Table:
    """Read CSV text and hold its columns against the mapping.

    EXC-002: a column the mapping names is not there; EXC-003: a column is neither mapped nor ignored;
    EXC-006: a row has another number of cells; EXC-007: a column stands twice, or the file is empty.
    """
    try:
        lines = list(csv.reader(StringIO(text, newline=None)))
    except csv.Error as error:
        raise UserError(fault("EXC-007", file, found=str(error), expected="CSV text")) from None
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise UserError(fault("EXC-007", file, found="no header", expected="a header row"))
    header = [cell.strip() for cell in lines[0]]
    wanted, passed = list(dict.fromkeys(used)), set(ignored)
    faults = [
        fault("EXC-007", f"{file}:1", found=name, expected="each column once")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    faults += [_missing(file, name, header) for name in (*wanted, *sorted(passed)) if name not in header]
    faults += [
        fault("EXC-003", f"{file}:1", found=name, expected=_near(name, wanted))
        for name in header
        if name not in passed and name not in wanted
    ]
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if not cells:
            continue
        if len(cells) != len(header):
            faults.append(fault("EXC-006", f"{file}:{number}", expected=str(len(header)), found=str(len(cells))))
            continue
        rows.append(Row(f"{file}:{number}", {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    if faults:
        raise UserError(*faults)
    return Table(file, tuple(header), tuple(rows))


def _near(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return close[0] if close else "ignore"


def _missing(file: str, name: str, header: list[str]) -> Fault:
    close = difflib.get_close_matches(name, header, n=1)
    return fault("EXC-002", f"{file}:1", found=name, expected=close[0] if close else ", ".join(header))
