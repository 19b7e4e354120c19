"""Dose-limiting toxicities by dose level, and the dose that the signed decisions recommend."""

from __future__ import annotations

from typing import Final

from celltrial.analysis import dlt
from celltrial.core.intervals import upper_bound_zero_events
from celltrial.core.results import NotEstimable
from celltrial.report.content.dose_names import dose_name
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, rate, words
from celltrial.report.content.values import Count, Dash, Quantity, Recorded, Text, Unit
from celltrial.report.inputs import Inputs

#: With fewer evaluable subjects at the highest dose nothing is said about the MTD.
_FEWEST: Final = 3


def escalates(inputs: Inputs) -> bool:
    """Tell whether these data hold a dose escalation: a design in the protocol, or decisions in the record."""
    planned = inputs.protocol is not None and inputs.protocol.escalation is not None
    historical = inputs.meta.origin == "retrospective"
    return bool(inputs.tables["dose_decisions"].height) or (planned and not historical)


def build(inputs: Inputs) -> Page:
    """Return the DLT table by assigned level; by delivered level too where the two differ."""
    evaluable = inputs.size("dlt_evaluable")
    if not escalates(inputs):
        return Page(Nothing(Text("report.absent.no_escalation")), "dlt_evaluable", evaluable)
    levels, decisions = inputs.tables["dose_levels"], inputs.tables["dose_decisions"]
    assigned = dlt.estimate(inputs.adsl, levels, decisions, by="assigned")
    delivered = dlt.estimate(inputs.adsl, levels, decisions, by="delivered")
    infused = inputs.members("infused")
    differ = infused.filter(infused["dose_level_assigned"].ne_missing(infused["dose_level_delivered"])).height
    rows = [_row(inputs, row) for row in assigned.rows]
    if differ:
        rows = [
            _heading("report.row.by_assigned"),
            *rows,
            _heading("report.row.by_delivered"),
            *(_row(inputs, row) for row in delivered.rows),
        ]
    rows.append(Row(Text("report.row.all_levels"), (*_counts(assigned.total), Cell(Dash())), "total"))
    notes = [Text("report.note.dlt_repeats_decisions")]
    top = assigned.rows[-1] if assigned.rows else None
    if top is not None and top.evaluable >= _FEWEST and not top.dlt:
        notes.append(_not_reached(top))
    if differ:
        notes.append(Text("report.note.both_levels"))
    return Page(
        _table(infused.height, evaluable, rows), "dlt_evaluable", evaluable, tuple(notes), _lead(inputs, assigned)
    )


def _table(infused: int, evaluable: int, rows: list[Row]) -> Table:
    return Table(
        Text("report.column.dose_level"),
        (
            Column(Text("report.column.infused"), "infused", infused),
            Column(Text("report.column.dlt_evaluable"), "dlt_evaluable", evaluable),
            Column(Text("report.column.with_dlt"), "dlt_evaluable", evaluable),
            Column(Text("report.column.dlt_rate"), "dlt_evaluable", evaluable),
            Column(Text("report.column.recommended"), numeric=False),
        ),
        tuple(rows),
    )


def _lead(inputs: Inputs, table: dlt.DltTable) -> Text:
    if isinstance(table.recommended, NotEstimable):
        return Text("report.lead.no_recommended_dose")
    return Text("report.lead.recommended_dose", {"dose": dose_name(inputs, table.recommended)})


def _not_reached(top: dlt.DltRow) -> Text:
    upper = Quantity(upper_bound_zero_events(top.evaluable), Unit.SHARE)
    return Text("report.note.mtd_not_reached", {"n": Count(top.evaluable), "upper": upper})


def _heading(key: str) -> Row:
    return Row(Text(key), tuple(Cell(Recorded("")) for _ in range(5)), "group")


def _counts(row: dlt.DltRow) -> tuple[Cell, ...]:
    return (
        count(row.treated, "infused", row.treated),
        count(row.evaluable, "infused", row.treated),
        count(row.dlt, "dlt_evaluable", row.evaluable),
        rate(row.rate),
    )


def _row(inputs: Inputs, row: dlt.DltRow) -> Row:
    chosen = words("report.phrase.recommended") if row.recommended else Cell(Dash())
    return Row(dose_name(inputs, row.level), (*_counts(row), chosen))
