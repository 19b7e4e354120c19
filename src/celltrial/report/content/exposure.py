"""Exposure: cells by administration of the plan, given and left out, among those who were infused."""

from __future__ import annotations

import polars as pl

from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count
from celltrial.report.content.values import Cells, Count, Dash, Recorded, Text, Value
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return one row for each administration that was given or left out, in the order of the plan as it was followed."""
    n, table = inputs.size("infused"), inputs.of("adex", "infused")
    if not table.height:
        return Page(Nothing(Text("report.absent.no_exposure" if n else "report.absent.no_infused")), "infused", n)
    columns = (
        Column(Text("report.column.given"), "infused", n),
        Column(Text("report.column.left_out"), "infused", n),
        Column(Text("report.column.median_cells"), "infused"),
        Column(Text("report.column.range_of_cells"), "infused"),
        Column(Text("report.column.median_per_kg"), "infused"),
    )
    places = (
        table.select("round", "course", "administration").unique(maintain_order=True).sort("round", maintain_order=True)
    )
    rows = tuple(_row(table, place, n) for place in places.iter_rows())
    return Page(Table(Text("report.column.administration"), columns, rows), "infused", n)


def _row(table: pl.DataFrame, place: tuple[int, str | None, str | None], n: int) -> Row:
    number, course, administration = place
    here = table.filter(
        pl.col("round").eq(number)
        & pl.col("course").eq_missing(course)
        & pl.col("administration").eq_missing(administration)
    )
    given = here.filter("given")
    said: dict[str, Value] = {
        "round": Count(number),
        "course": Dash() if course is None else Recorded(course),
        "administration": Dash() if administration is None else Recorded(administration),
    }
    return Row(
        Text("report.row.administration", said),
        (
            count(given.height, "infused", n),
            count(here.height - given.height, "infused", n),
            _median(given["delivered_cells"]),
            _range(given["delivered_cells"]),
            _median(given["delivered_per_kg"], per_kg=True),
        ),
    )


def _median(values: pl.Series, *, per_kg: bool = False) -> Cell:
    known = values.drop_nulls()
    if not known.len():
        return Cell(Text("report.absent.not_recorded"))
    return Cell(Cells(float(known.median()), per_kg), "infused", known.len())  # type: ignore[arg-type]


def _range(values: pl.Series) -> Cell:
    known = values.drop_nulls().to_list()
    if not known:
        return Cell(Text("report.absent.not_recorded"))
    ends: dict[str, Value] = {"low": Cells(min(known), per_kg=False), "high": Cells(max(known), per_kg=False)}
    return Cell(Text("report.phrase.from_to", ends), "infused", len(known))
