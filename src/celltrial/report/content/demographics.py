"""Who they are: age, sex, weight and site, of the enrolled and of the infused."""

from __future__ import annotations

import polars as pl

from celltrial.datasets.collection import Domain
from celltrial.report.content.absence import unless_collected
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, share, words
from celltrial.report.content.values import Code, Count, Lines, Quantity, Recorded, Span, Text, Unit, Value
from celltrial.report.inputs import Inputs

_SETS = ("enrolled", "infused")


def build(inputs: Inputs) -> Page:
    """Return the demographic table; a value not recorded is counted as such, never filled in."""
    sets = {name: inputs.members(name) for name in _SETS}
    enrolled = sets["enrolled"].height
    if not enrolled:
        return Page(Nothing(Text("report.absent.no_enrolled")), "enrolled", 0)
    rows = [
        _collected(inputs, Domain.AGE) or _quantity("report.row.age", "age", Unit.YEARS, sets),
        _collected(inputs, Domain.WEIGHT) or _quantity("report.row.weight", "weight_kg", Unit.KILOGRAMS, sets),
        *([row] if (row := _collected(inputs, Domain.SEX)) else _codes(Text("report.row.sex"), "sex", sets)),
        *_codes(Text("report.row.site"), "siteid", sets),
    ]
    columns = tuple(Column(Text(f"report.column.on_{name}"), name, sets[name].height) for name in _SETS)
    table = Table(Text("report.column.characteristic"), columns, tuple(rows))
    return Page(table, "enrolled", enrolled)


def _collected(inputs: Inputs, domain: Domain) -> Row | None:
    """Return the row that says that a characteristic was not collected; None where it was."""
    cell = unless_collected(inputs, domain)
    return None if cell is None else Row(Text(f"report.row.{domain}"), (cell,) * len(_SETS))


def _quantity(key: str, column: str, unit: Unit, sets: dict[str, pl.DataFrame]) -> Row:
    return Row(Text(key), tuple(_summary(frame[column], unit, name) for name, frame in sets.items()))


def _summary(values: pl.Series, unit: Unit, population: str) -> Cell:
    known = values.drop_nulls().cast(pl.Float64)
    if not known.len():
        return words("report.absent.not_recorded")
    ordered = known.sort()
    span = Span(float(ordered[0]), float(ordered[-1]), unit)
    parts: list[Value] = [
        Text("report.phrase.median_range", {"median": Quantity(middle(ordered), unit), "range": span})
    ]
    if values.null_count():
        parts.append(Text("report.phrase.known_of", {"known": Count(known.len()), "n": Count(values.len())}))
    return Cell(Lines(tuple(parts)), population, known.len())


def middle(ordered: pl.Series) -> float:
    """Return the median of a sorted series that is not empty."""
    n = ordered.len()
    return (float(ordered[(n - 1) // 2]) + float(ordered[n // 2])) / 2


def _codes(head: Text, column: str, sets: dict[str, pl.DataFrame]) -> list[Row]:
    found = sorted({value for frame in sets.values() for value in frame[column].drop_nulls()})
    rows = [Row(head, tuple(Cell(Recorded("")) for _ in sets), "group")]
    for value in found:
        shown: Value = Code("sex", value) if column == "sex" else Recorded(value)
        cells = (
            share(frame.filter(pl.col(column) == value).height, name, frame.height) for name, frame in sets.items()
        )
        rows.append(Row(shown, tuple(cells), "detail"))
    if any(frame[column].null_count() for frame in sets.values()):
        cells = (share(frame[column].null_count(), name, frame.height) for name, frame in sets.items())
        rows.append(Row(Text("report.row.not_recorded"), tuple(cells), "detail"))
    return rows
