"""CRS and neurotoxicity: infused subjects by their highest grade, by dose level; scales never mixed."""

from __future__ import annotations

from typing import Final

import polars as pl

from celltrial.analysis import graded_events
from celltrial.datasets.collection import adverse_event
from celltrial.report.content.dose_names import dose_label
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, rate, share, words
from celltrial.report.content.values import Code, Quantity, Recorded, Text, Unit, Value
from celltrial.report.inputs import Inputs

#: Phases of a product-emergent event; an event whose phase is not known is counted.
AFTER_INFUSION: Final = ("infusion", "late")
#: Categories of the same harm under different names; each is shown by itself.
NEUROTOXICITY: Final = ("icans", "cres", "neurotoxicity")
_FEWEST_LEVELS: Final = 2


def emergent(adae: pl.DataFrame) -> pl.DataFrame:
    """Return the events that began after infusion, or whose phase is not known (AC-A7.2)."""
    return adae.filter(pl.col("phase").is_null() | pl.col("phase").is_in(AFTER_INFUSION))


def build_crs(inputs: Inputs) -> Page:
    """Return cytokine release syndrome by highest grade."""
    return _build(inputs, ("crs",))


def build_neurotoxicity(inputs: Inputs) -> Page:
    """Return neurotoxicity by highest grade."""
    return _build(inputs, NEUROTOXICITY)


def _build(inputs: Inputs, categories: tuple[str, ...]) -> Page:
    n = inputs.size("safety")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "safety", 0)
    events = emergent(inputs.tables["adae"]).with_columns(pl.col("category").str.to_lowercase())
    events = events.filter(pl.col("category").is_in(categories))
    pairs = events.select("category", "scale").unique().sort("category", "scale", nulls_last=True).rows()
    groups = _groups(inputs)
    rows: list[Row] = []
    for category, scale in pairs or [(_collected_first(inputs, categories), None)]:
        chosen = events.filter((pl.col("category") == category) & pl.col("scale").eq_missing(pl.lit(scale, pl.String)))
        blank = inputs.collected.missing_of(adverse_event(category))
        known = [group.filter(~pl.col("usubjid").is_in(list(blank))) for _, group in groups]
        tables = [graded_events.estimate(chosen, group, category=category)[0] for group in known]
        rows += _block(category, scale, tables)
        if blank:
            cells = (
                share(group.height - kept.height, "safety", group.height)
                for (_, group), kept in zip(groups, known, strict=True)
            )
            rows.append(Row(Text("report.row.not_recorded"), tuple(cells), "detail"))
    columns = tuple(Column(label, "safety", group.height) for label, group in groups)
    notes = (Text("report.note.highest_grade"), Text("report.note.scales_apart"))
    lead = None if pairs else Text("report.lead.no_such_event")
    return Page(Table(Text("report.column.grade"), columns, tuple(rows)), "safety", n, notes, lead)


def _collected_first(inputs: Inputs, categories: tuple[str, ...]) -> str:
    return next((each for each in categories if inputs.collected.has(adverse_event(each))), categories[0])


def _groups(inputs: Inputs) -> list[tuple[Text | Recorded, pl.DataFrame]]:
    everybody = inputs.members("safety")
    levels = everybody["dose_level_assigned"].drop_nulls().unique().sort().to_list()
    if len(levels) < _FEWEST_LEVELS:
        levels = []
    groups: list[tuple[Text | Recorded, pl.DataFrame]] = []
    for level in levels:
        label = dose_label(inputs, level)
        assert isinstance(label, Text | Recorded)
        groups.append((label, everybody.filter(pl.col("dose_level_assigned") == level)))
    return [*groups, (Text("report.column.all_infused"), everybody)]


def _block(category: str, scale: str | None, tables: list[graded_events.GradeTable]) -> list[Row]:
    named = Recorded(scale) if scale else Text("report.phrase.scale_unknown")
    head: Value = Text("report.phrase.event_on_scale", {"event": Code("category", category), "scale": named})
    if all(t.none == t.n for t in tables):
        head = Code("category", category)
    rows = [Row(head, tuple(Cell(Recorded("")) for _ in tables), "group")]
    rows.append(
        Row(Text("report.row.no_such_event"), tuple(share(t.none, t.population, t.n) for t in tables), "detail")
    )
    rows += [
        Row(
            Text("report.phrase.grade", {"grade": str(grade)}),
            tuple(share(t.by_grade[grade], t.population, t.n) for t in tables),
            "detail",
        )
        for grade in range(1, 6)
    ]
    if any(t.unknown for t in tables):
        cells = tuple(share(t.unknown, t.population, t.n) for t in tables)
        rows.append(Row(Text("report.row.not_graded"), cells, "detail"))
    rows.append(Row(Text("report.row.any_grade"), tuple(rate(t.any_grade) for t in tables), "total"))
    rows.append(Row(Text("report.row.severe"), tuple(rate(t.severe) for t in tables), "total"))
    rows.append(Row(Text("report.row.median_onset"), tuple(_onset(t) for t in tables)))
    return rows


def _onset(table: graded_events.GradeTable) -> Cell:
    with_event = table.n - table.none
    if table.median_onset_day is None:
        return words("report.absent.no_event" if not with_event else "report.absent.not_recorded")
    return Cell(Quantity(table.median_onset_day, Unit.NONE), table.population, with_event)
