"""Listing: kinetic parameters of every subject and assay, with the reason where there is none."""

from __future__ import annotations

from celltrial.analysis import kinetics
from celltrial.analysis.kinetics import SubjectKinetics
from celltrial.report.content.kinetics import UNITS, assays, heading
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, measure
from celltrial.report.content.values import Quantity, Recorded, Text
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return one row per subject, grouped by assay."""
    infused = inputs.size("infused")
    rows: list[Row] = []
    for found in assays(inputs):
        blank = tuple(Cell(Recorded("")) for _ in kinetics.PARAMETERS)
        rows.append(Row(heading(found), blank, "group"))
        rows += [_row(each) for each in found.result.subjects]
    if not rows:
        return Page(Nothing(Text("report.absent.no_samples")), "infused", infused)
    columns = tuple(
        Column(Text(f"report.parameter_short.{name}", {"end": Quantity(inputs.plan.kinetics.end_day)}))
        for name in kinetics.PARAMETERS
    )
    return Page(Table(Text("report.column.subject"), columns, tuple(rows)), "infused", infused)


def _row(each: SubjectKinetics) -> Row:
    cells = tuple(measure(getattr(each, name), UNITS[name]) for name in kinetics.PARAMETERS)
    return Row(Recorded(each.usubjid), cells, "detail")
