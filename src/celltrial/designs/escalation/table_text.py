r"""Decision tables as text that a committee edits in a spreadsheet.

The first line is the heading: `n`, then the numbers of DLTs 0, 1, 2, ... Each further line holds a number of
evaluable subjects at the current dose, from 1 without a gap, and what follows after 0, 1, ..., n DLTs among them:

    n,0,1,2,3
    1,E,D
    2,E,D,D
    3,E,S,D,DU

E escalates, S stays, D de-escalates, DU de-escalates and never returns. Cells are parted by commas, semicolons or tabs;
upper and lower case mean the same; empty lines, lines that begin with # and empty cells at the end are skipped.

>>> table = parse_table("n;0;1;2\n1;e;s\n2;e;s;d\n")
>>> print(format_table(table))
n,0,1,2
1,E,S
2,E,S,D
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import Identifier, message
from celltrial.designs.escalation.decision_table import MAX_ROWS, table_from
from celltrial.designs.escalation.move_table import MoveTable

_CELL: Final = re.compile(r"[^,;\t]*")
_SHOWN: Final = 40

#: A cell and the column of the line in which it begins, counted from 1.
Cell = tuple[str, int]


def parse_table(text: str, where: str = "table") -> MoveTable:
    """Return the table in a text of the form above.

    where: the name of the file for messages. Raises UserError with `file:line:column` of every fault.
    """
    lines = list(_lines(text))
    if not lines:
        raise UserError(fault("DSG-015", where, expected=message("heading_and_lines"), found="-"))
    faults = [*_heading_faults(*lines[0], where)]
    places: list[tuple[int, list[Cell]]] = []
    rows: list[list[str]] = []
    for line, cells in lines[1 : MAX_ROWS + 2]:
        first, column = cells[0]
        if first != str(len(rows) + 1):
            expected, found = f"n = {len(rows) + 1}", _cut(first) or "-"
            faults.append(fault("DSG-015", f"{where}:{line}:{column}", expected=expected, found=found))
        places.append((line, cells))
        rows.append([letter.upper() for letter, _ in cells[1:]])
    if faults:
        raise UserError(*faults)

    def place(n: int, dlt: int | None) -> str:
        line, cells = places[n - 1]
        return f"{where}:{line}:{cells[0 if dlt is None else dlt + 1][1]}"

    return table_from(rows, place=place)


def _lines(text: str) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the number and the cells of every line that holds something."""
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip(' ,;\t"') or line.lstrip().startswith("#"):
            continue
        cells = []
        start = 0
        while start <= len(line):
            found = _CELL.match(line, start)
            assert found is not None  # the pattern matches everywhere
            raw = found.group()
            cells.append((raw.strip(' "'), start + 1 + len(raw) - len(raw.lstrip(' "'))))
            start = found.end() + 1
        while not cells[-1][0]:
            cells.pop()
        yield number, cells


def _heading_faults(line: int, cells: list[Cell], where: str) -> Iterator[Fault]:
    """Yield the first cell of the heading that is not as it should be."""
    for position, (found, column) in enumerate(cells):
        expected = "n" if position == 0 else str(position - 1)
        if found.lower() != expected:
            yield fault(
                "DSG-015",
                f"{where}:{line}:{column}",
                expected=message("heading", expected=Identifier(expected)),
                found=_cut(found),
            )
            return


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def format_table(table: MoveTable) -> str:
    """Return the table as comma-separated text that `parse_table` reads."""
    heading = ",".join(["n", *(str(y) for y in range(table.max_n + 1))])
    return "\n".join([heading, *(",".join([str(n), *letters]) for n, letters in table.rows().items())])


def format_ranges(values: Iterable[int]) -> str:
    """Return ascending numbers as ranges.

    >>> format_ranges([0, 1, 2, 4])
    '0–2, 4'
    """
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
