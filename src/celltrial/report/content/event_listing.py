"""Listing: every adverse event that was serious, dose-limiting, of grade 3 or higher, or not yet graded."""

from __future__ import annotations

from typing import Any

import polars as pl

from celltrial.datasets.collection import Domain
from celltrial.report.content.absence import kinds_collected, unless_collected
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, subject
from celltrial.report.content.values import Code, Dash, Quantity, Recorded, Text, Value
from celltrial.report.inputs import Inputs

_COLUMNS = (
    ("term", False),
    ("scale", False),
    ("grade", True),
    ("onset_day", True),
    ("resolved_day", True),
    ("event_phase", False),
    ("serious", False),
    ("dlt", False),
    ("related", False),
)


def build(inputs: Inputs) -> Page:
    """Return one row per event, by subject and onset."""
    enrolled = inputs.size("enrolled")
    grave = pl.col("serious") | pl.col("is_dlt") | (pl.col("grade") >= 3) | pl.col("grade").is_null()
    events = inputs.of("adae", "enrolled").filter(grave).sort("usubjid", "onset_day", "aeseq", nulls_last=True)
    notes = []
    if not inputs.collected.has(Domain.SERIOUSNESS):
        notes.append(Text("report.note.seriousness_not_collected"))
    if (kinds := kinds_collected(inputs)) is not None:
        notes.append(Text("report.note.only_kinds_collected", {"kinds": kinds}))
    if not events.height:
        return Page(Nothing(Text("report.absent.no_grave_event")), "enrolled", enrolled, tuple(notes))
    columns = tuple(Column(Text(f"report.column.{name}"), numeric=numeric) for name, numeric in _COLUMNS)
    rows = tuple(_row(inputs, event) for event in events.to_dicts())
    return Page(Table(Text("report.column.subject"), columns, rows), "enrolled", enrolled, tuple(notes))


def _row(inputs: Inputs, event: dict[str, Any]) -> Row:
    unknown = Cell(Text("report.absent.not_recorded"))
    grade = event["grade"]
    ended: Value = Text("report.phrase.ongoing") if event["outcome"] == "ongoing" else unknown.value
    return Row(
        Recorded(event["usubjid"]),
        (
            Cell(Code("term", event["term"])),
            Cell(Recorded(event["scale"])) if event["scale"] else unknown,
            Cell(Text("report.row.not_graded")) if grade is None else subject(Quantity(grade)),
            Cell(Dash()) if event["onset_day"] is None else subject(Quantity(event["onset_day"])),
            Cell(ended) if event["resolved_day"] is None else subject(Quantity(event["resolved_day"])),
            Cell(Code("phase", event["phase"])) if event["phase"] else unknown,
            unless_collected(inputs, Domain.SERIOUSNESS) or _yes_no(event["serious"]),
            unless_collected(inputs, Domain.DLT) or _yes_no(event["is_dlt"]),
            Cell(Code("related", event["related"])) if event["related"] else unknown,
        ),
    )


def _yes_no(flag: bool | None) -> Cell:  # noqa: FBT001 - a flag of the table
    if flag is None:
        return Cell(Text("report.absent.not_recorded"))
    return Cell(Text("report.phrase.yes" if flag else "report.phrase.no"))
