"""Adverse events by term and highest grade: after infusion, and before it by phase."""

from __future__ import annotations

from typing import Final

import polars as pl

from celltrial.datasets.collection import Domain, adverse_event
from celltrial.report.content.absence import kinds_collected, unless_collected
from celltrial.report.content.graded_events import AFTER_INFUSION, emergent
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, share
from celltrial.report.content.values import Code, Dash, Lines, Recorded, Text
from celltrial.report.inputs import Inputs

_GRADES: Final = (1, 2, 3, 4, 5)


def build(inputs: Inputs) -> Page:
    """Return product-emergent events of the infused, a subject once per term at the highest grade."""
    n = inputs.size("safety")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "safety", 0)
    events = emergent(inputs.of("adae", "safety"))
    kinds = kinds_collected(inputs)
    if not events.height:
        absent = Text("report.absent.no_events_recorded")
        if kinds is not None:
            absent = Text("report.absent.no_events_of_kinds", {"kinds": kinds})
        return Page(Nothing(absent), "safety", n)
    notes = [Text("report.note.once_per_term"), Text("report.note.total_not_graded")]
    if kinds is not None:
        notes.append(Text("report.note.only_kinds_collected", {"kinds": kinds}))
    return Page(_table(inputs, events, n), "safety", n, tuple(notes))


def build_before_infusion(inputs: Inputs) -> Page:
    """Return events that began before infusion, by phase: they are not product-emergent (AC-A7.2)."""
    n = inputs.size("enrolled")
    if not n:
        return Page(Nothing(Text("report.absent.no_enrolled")), "enrolled", 0)
    events = inputs.of("adae", "enrolled").filter(~pl.col("phase").is_in(AFTER_INFUSION))
    if not events.height:
        kinds = kinds_collected(inputs)
        absent = Text("report.absent.no_events_before_infusion")
        if kinds is not None:
            absent = Text("report.absent.only_kinds_collected", {"kinds": kinds})
        return Page(Nothing(absent), "enrolled", n)
    columns = tuple(Column(Text(f"report.code.phase.{phase}"), "enrolled", n) for phase in _phases(events))
    worst = events.group_by("term", "phase").agg(pl.col("usubjid").n_unique(), pl.col("grade").max())
    seen = {(term, phase): (x, grade) for term, phase, x, grade in worst.rows()}
    rows = tuple(
        Row(Recorded(term), tuple(_phase_cell(seen.get((term, phase)), n) for phase in _phases(events)))
        for term in sorted({term for term, _ in seen})
    )
    notes = (Text("report.note.not_product_emergent"),)
    return Page(Table(Text("report.column.term"), columns, rows), "enrolled", n, notes)


def _phases(events: pl.DataFrame) -> tuple[str, ...]:
    order = ("screening", "collection", "lymphodepletion")
    present = set(events["phase"].to_list())
    return tuple(phase for phase in order if phase in present)


def _phase_cell(found: tuple[int, int | None] | None, n: int) -> Cell:
    if found is None:
        return count(0, "enrolled", n)
    x, grade = found
    shown = share(x, "enrolled", n).value
    worst = Text("report.phrase.worst_grade", {"grade": str(grade)}) if grade else Text("report.row.not_graded")
    return Cell(Lines((shown, worst)), "enrolled", n)


def _table(inputs: Inputs, events: pl.DataFrame, n: int) -> Table:
    population = "safety"
    columns = (
        Column(Text("report.column.scale"), numeric=False),
        Column(Text("report.row.any_grade"), population, n),
        *(Column(Text("report.phrase.grade", {"grade": str(grade)}), population, n) for grade in _GRADES),
        Column(Text("report.row.not_graded"), population, n),
        Column(Text("report.row.severe"), population, n),
    )
    worst = events.group_by("term", "scale", "usubjid").agg(pl.col("grade").max())
    groups = worst.group_by("term", "scale").len().sort(["len", "term", "scale"], descending=[True, False, False])
    rows = [_any_row(inputs, events, n, len(columns) - 2)]
    safety = set(inputs.members("safety")["usubjid"].to_list())
    category = dict(events.select("term", "category").iter_rows())
    for term, scale, x in groups.rows():
        chosen = worst.filter((pl.col("term") == term) & pl.col("scale").eq_missing(pl.lit(scale, pl.String)))
        blank = inputs.collected.missing_of(adverse_event(str(category[term]))) & safety
        rows.append(_term_row(str(term), scale, x, chosen["grade"], population, n - len(blank)))
    return Table(Text("report.column.term"), columns, tuple(rows))


def _any_row(inputs: Inputs, events: pl.DataFrame, n: int, blanks: int) -> Row:
    seen = unless_collected(inputs, Domain.ADVERSE_EVENTS) or share(events["usubjid"].n_unique(), "safety", n)
    cells = (Cell(Dash()), seen, *(Cell(Dash()) for _ in range(blanks)))
    return Row(Text("report.row.any_event"), cells, "total")


def _term_row(term: str, scale: str | None, x: int, grades: pl.Series, population: str, n: int) -> Row:
    known = grades.drop_nulls().to_list()
    cells = (
        Cell(Recorded(scale)) if scale else Cell(Text("report.phrase.scale_unknown")),
        share(x, population, n),
        *(count(known.count(grade), population, n) for grade in _GRADES),
        count(grades.null_count(), population, n),
        share(sum(grade >= 3 for grade in known), population, n),
    )
    return Row(Code("term", term), cells)
