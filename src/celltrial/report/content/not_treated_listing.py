"""Listing: what became of each enrolled subject who was not infused."""

from __future__ import annotations

from typing import Any

from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, subject
from celltrial.report.content.values import Code, Quantity, Recorded, Text, Unit, Value
from celltrial.report.inputs import Inputs

_COLUMNS = ("reason", "collected_on", "lymphodepleted_on", "settled_on", "days_from_collection", "standing")


def build(inputs: Inputs) -> Page:
    """Return one row per subject, with survival from collection (AC-A1.2)."""
    chosen = inputs.members("enrolled").filter(~inputs.members("enrolled")["infused"]).sort("usubjid")
    enrolled = inputs.size("enrolled")
    if not chosen.height:
        absent = "report.absent.all_infused" if enrolled else "report.absent.no_enrolled"
        if inputs.treated_only and enrolled:
            absent = "report.note.treated_only"
        return Page(Nothing(Text(absent)), "enrolled", enrolled)
    columns = tuple(Column(Text(f"report.column.{name}"), numeric=name.startswith("days")) for name in _COLUMNS)
    rows = tuple(_row(inputs, row) for row in chosen.to_dicts())
    return Page(
        Table(Text("report.column.subject"), columns, rows),
        "enrolled",
        enrolled,
        (Text("report.note.depleted_not_infused"),),
    )


def _row(inputs: Inputs, row: dict[str, Any]) -> Row:
    end = row["death_date"] or row["last_alive_date"]
    known = end is not None and row["collected_date"] is not None
    since = Quantity((end - row["collected_date"]).days, Unit.NONE) if known else None
    return Row(
        Recorded(row["usubjid"]),
        (
            Cell(Code("reason", row["not_treated_reason"])),
            _step(inputs, row, "collected"),
            _step(inputs, row, "lymphodepleted"),
            _when(inputs, row["not_treated_date"], "report.phrase.waiting"),
            subject(since) if since is not None else Cell(Text("report.absent.not_recorded")),
            Cell(_standing(inputs, row)),
        ),
    )


def _step(inputs: Inputs, row: dict[str, Any], step: str) -> Cell:
    return _when(inputs, row[f"{step}_date"], "report.absent.not_recorded" if row[step] else "report.phrase.not_done")


def _when(inputs: Inputs, day: Any, otherwise: str) -> Cell:
    return subject(inputs.when(day)) if day is not None else Cell(Text(otherwise))


def _standing(inputs: Inputs, row: dict[str, Any]) -> Value:
    if row["died"]:
        when: Value = inputs.when(row["death_date"]) if row["death_date"] else Text("report.absent.not_recorded")
        return Text("report.phrase.died_on", {"date": when})
    if row["last_alive_date"]:
        return Text("report.phrase.alive_on", {"date": inputs.when(row["last_alive_date"])})
    return Text("report.absent.not_recorded")
