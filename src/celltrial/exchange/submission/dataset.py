"""A data set of a submission: rows of exactly the columns that its specification has and its data need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from celltrial.exchange.submission.spec import TableSpec, Variable

Cell = str | int | float | None
Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table: its specification with the columns that are written, and its rows, sorted by key.

    A missing text is "", a missing number None.
    """

    spec: TableSpec
    rows: tuple[Mapping[str, Cell], ...]

    @property
    def name(self) -> str:
        """The name of the table, such as AE or SUPPAE."""
        return self.spec.name

    def column(self, name: str) -> list[Cell]:
        """Return the values of a column, in order of the rows."""
        return [row[name] for row in self.rows]

    def has(self, name: str) -> bool:
        """Tell whether the column is written."""
        return name in self.spec.by_name


def finish(spec: TableSpec, rows: Iterable[Row]) -> Dataset:
    """Return a table of rows: a permissible column that holds nothing is left out, rows are sorted by the keys.

    Raises KeyError for a value in a column that the specification does not have (our own slip).
    """
    listed = list(rows)
    odd = {name for row in listed for name in row} - {item.name for item in spec.variables}
    if odd:
        raise KeyError(f"{spec.name}: {', '.join(sorted(odd))}")
    held = {item.name for item in spec.variables if item.core != "perm" or _holds(listed, item.name)}
    held |= {
        f"{name[:-3]}DY" for name in held if name.endswith("DTC")
    }  # a date has its study day beside it, if an empty one
    used = tuple(item for item in spec.variables if item.name in held)
    written = replace(spec, variables=used, keys=tuple(key for key in spec.keys if key in {item.name for item in used}))
    filled = [{item.name: _cell(item, row.get(item.name)) for item in used} for row in listed]
    return Dataset(written, tuple(sorted(filled, key=lambda row: _key(written.keys, row))))


def _holds(rows: Sequence[Row], name: str) -> bool:
    return any(row.get(name) not in {None, ""} for row in rows)


def _cell(item: Variable, value: Cell) -> Cell:
    if not item.is_number:
        return "" if value is None else str(value).strip()
    if value is None or value == "":
        return None
    return int(value) if item.type == "integer" else float(value)


def _key(keys: Sequence[str], row: Row) -> tuple[tuple[bool, float, str], ...]:
    """Return a sort key in which missing values come first and numbers sort as numbers."""
    found = []
    for name in keys:
        value = row[name]
        number = float(value) if isinstance(value, int | float) else 0.0
        found.append((value is not None, number, value if isinstance(value, str) else ""))
    return tuple(found)
