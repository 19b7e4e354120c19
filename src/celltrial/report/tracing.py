"""From a number of the report back to what it rests on, found by leaving things out.

A builder does not say which rows it counted, and a list kept beside it could differ from what it did. So the trace asks the
builder itself: the output is built again without one subject, and a cell that then reads otherwise rests on that subject.
What is said of a count is exactly who was counted; of a share, everybody of its set; of a median, whoever moves it. Two
subjects of whom either alone would do are not found, and the number says so: it does not change without either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from celltrial.report.content.absence import page_of
from celltrial.report.content.output import Cell, OutputSpec, Page, Table
from celltrial.report.content.values import Value
from celltrial.report.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Address:
    """A cell of a table: its row and its column, from 1; the head of a row is no cell."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """A cell by what stands at its row and column, so that it is found again when rows before it are gone.

    group: head of the group that the row stands in; nth: which of the rows, or columns, of that name.
    """

    group: object
    head: object
    nth: int
    column: object
    nth_column: int


def cell_at(page: Page, address: Address) -> tuple[Place, Cell] | None:
    """Return the cell at an address; None where the page has none there."""
    if not isinstance(page.body, Table):
        return None
    for place, at, cell in _cells(page.body):
        if at == address:
            return place, cell
    return None


def found_again(page: Page, place: Place) -> Value | None:
    """Return what stands at a place of another page; None where the place is gone."""
    if not isinstance(page.body, Table):
        return None
    return next((cell.value for here, _, cell in _cells(page.body) if here == place), None)


def _cells(table: Table) -> Iterator[tuple[Place, Address, Cell]]:
    group: object = None
    seen: dict[tuple[str, str], int] = {}
    labels = [repr(column.label) for column in table.columns]
    counts = [labels[:index].count(label) for index, label in enumerate(labels)]
    for number, row in enumerate(table.rows, 1):
        head = repr(row.head)
        if row.style == "group":
            group = head
        nth = seen.get((str(group), head), 0)
        seen[str(group), head] = nth + 1
        for index, cell in enumerate(row.cells):
            yield Place(group, head, nth, labels[index], counts[index]), Address(number, index + 1), cell


def without_subject(inputs: Inputs, subject: str) -> Inputs:
    """Return the tables without every row of one subject."""
    return with_tables(inputs, {name: rows.filter(pl.col("usubjid") != subject) for name, rows in _of_subjects(inputs)})


def with_subject(inputs: Inputs, subject: str, tables: Mapping[str, pl.DataFrame]) -> Inputs:
    """Return the tables with the rows of one subject replaced by those of other tables."""
    made = {}
    for name, rows in _of_subjects(inputs):
        mine = pl.col("usubjid") == subject
        made[name] = pl.concat([rows.filter(~mine), tables[name].filter(mine)])
    return with_tables(inputs, made)


def _of_subjects(inputs: Inputs) -> Iterator[tuple[str, pl.DataFrame]]:
    return ((name, rows) for name, rows in inputs.tables.items() if "usubjid" in rows.columns)


def with_tables(inputs: Inputs, tables: Mapping[str, pl.DataFrame]) -> Inputs:
    """Return the same inputs with some of the tables in place of their own."""
    return replace(inputs, tables={**inputs.tables, **tables}, chosen=inputs.plan)


def resting_on(inputs: Inputs, spec: OutputSpec, address: Address) -> dict[str, Value | None]:
    """Return each subject that a cell rests on, with what the cell would be without them; None where it would be gone.

    Raises LookupError where the output has no such cell.

    >>> from celltrial.report.content import OUTPUTS
    >>> from celltrial.report.meta import ReportMeta
    >>> resting_on(Inputs({}, None, ReportMeta("T1")), OUTPUTS[0], Address(1, 1))
    {}
    """
    found = cell_at(page_of(inputs, spec), address)
    if found is None:
        raise LookupError(address)
    place, cell = found
    changed: dict[str, Value | None] = {}
    for subject in inputs.adsl["usubjid"].to_list():
        then = found_again(page_of(without_subject(inputs, subject), spec), place)
        if then != cell.value:
            changed[subject] = then
    return changed
