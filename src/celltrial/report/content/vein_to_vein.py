"""Vein-to-vein time and its parts, among those who reached the infusion."""

from __future__ import annotations

import polars as pl

from celltrial.analysis import vein_to_vein
from celltrial.analysis.vein_to_vein import VeinToVein
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, words
from celltrial.report.content.values import Span, Text, Unit
from celltrial.report.inputs import Inputs

_PARTS = (
    ("report.row.consent_to_collection", "consented_date", "collected_date"),
    ("report.row.collection_to_lymphodepletion", "collected_date", "lymphodepleted_date"),
    ("report.row.lymphodepletion_to_infusion", "lymphodepleted_date", "infused_date"),
)


def build(inputs: Inputs) -> Page:
    """Return the time from collection to infusion, and of each part whose dates are known."""
    infused = inputs.members("infused")
    whole = vein_to_vein.estimate(inputs.adsl)
    if not whole.n:
        reason = "report.absent.no_vein_to_vein" if infused.height else "report.absent.no_infused"
        return Page(Nothing(Text(reason)), "infused", infused.height)
    rows = [_row("report.row.vein_to_vein", whole, "total")]
    for key, start, end in _PARTS:
        known = infused.filter(pl.col(start).is_not_null() & pl.col(end).is_not_null())
        invented = key == "report.row.consent_to_collection" and inputs.treated_only
        if invented or not known.height:
            continue
        days = known.with_columns(
            (pl.col(end) - pl.col(start)).dt.total_days().cast(pl.Int32).alias("vein_to_vein_days")
        )
        rows.append(_row(key, vein_to_vein.estimate(days)))
    columns = (
        Column(Text("report.column.known"), "infused"),
        Column(Text("report.column.median_interval"), "infused"),
        Column(Text("report.column.p90"), "infused"),
        Column(Text("report.column.range"), "infused"),
    )
    return Page(Table(Text("report.column.interval_days"), columns, tuple(rows)), "infused", infused.height)


def _row(key: str, found: VeinToVein, style: str = "") -> Row:
    span = words("report.absent.not_recorded")
    if found.shortest is not None and found.longest is not None:
        span = Cell(Span(found.shortest, found.longest, Unit.NONE), "infused", found.n)
    cells = (
        count(found.n, "infused", found.n),
        measure(found.median, Unit.NONE),
        measure(found.p90, Unit.NONE),
        span,
    )
    return Row(Text(key), cells, style)
