"""Reactions to the cells: onset, length, end, worst grade, seriousness and treatment, one column per kind."""

from __future__ import annotations

from typing import Final

from celltrial.analysis import event_course
from celltrial.analysis.event_course import EventCourse, Spread
from celltrial.clinical.rescue_drugs_data import RESCUE_DRUGS
from celltrial.datasets.collection import Domain, adverse_event
from celltrial.report.content.absence import unless_collected, unless_medicated
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, rate, share
from celltrial.report.content.values import Code, Quantity, Recorded, Span, Text, Unit
from celltrial.report.inputs import Inputs

#: Kinds of reaction, in order of the columns.
KINDS: Final = ("crs", "icans", "iec-hs", "hlh", "infection", "cytopenia")


def build(inputs: Inputs) -> Page:
    """Return the course of every kind that was collected, or of which there is a record."""
    n = inputs.size("infused")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "infused", 0)
    kinds = [kind for kind in KINDS if inputs.collected.has(adverse_event(kind)) and _found(inputs, kind)]
    kinds += [kind for kind in KINDS[:2] if kind not in kinds and inputs.collected.has(adverse_event(kind))]
    if not kinds:
        return Page(Nothing(Text("report.absent.no_events_recorded")), "infused", n)
    results = [_course(inputs, kind) for kind in kinds]
    columns = tuple(Column(Text(f"report.code.category.{kind}"), "infused", n) for kind in kinds)
    rows = [
        Row(Text("report.row.with_event"), tuple(share(each.subjects, "infused", n) for each in results), "total"),
        Row(Text("report.row.onset_spread"), tuple(_spread(each.onset, each.subjects) for each in results)),
        Row(Text("report.row.duration_spread"), tuple(_spread(each.duration, each.subjects) for each in results)),
        Row(Text("report.row.resolved_of"), tuple(_ended(each) for each in results)),
        Row(Text("report.row.worst_grades"), tuple(Cell(Recorded("")) for _ in results), "group"),
        *(
            Row(
                Text("report.phrase.grade", {"grade": str(grade)}) if grade else Text("report.row.not_graded"),
                tuple(count(each.worst[grade], "infused", n) for each in results),
                "detail",
            )
            for grade in (1, 2, 3, 4, 5, 0)
        ),
        Row(Text("report.row.serious_subjects"), tuple(_serious(inputs, each) for each in results)),
        *(
            Row(Code("rescue", name), tuple(_treated(inputs, each, name) for each in results), "detail")
            for name in RESCUE_DRUGS
        ),
    ]
    notes = (Text("report.note.event_course"), Text("report.note.rescue"))
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "infused", n, notes)


def _found(inputs: Inputs, kind: str) -> bool:
    return kind in inputs.tables["adae"]["category"].to_list()


def _course(inputs: Inputs, kind: str) -> EventCourse:
    found = event_course.estimate(
        inputs.tables["adae"], inputs.adsl, inputs.tables["adcm"], category=kind, drugs=RESCUE_DRUGS
    )
    assert isinstance(found, EventCourse)
    return found


def _ended(each: EventCourse) -> Cell:
    """Return how many ended; words where no end is recorded of anybody, which need not mean that none did."""
    if each.subjects and each.duration is None:
        return Cell(Text("report.absent.no_end_recorded"))
    return rate(each.resolved)


def _spread(found: Spread | None, subjects: int) -> Cell:
    if found is None:
        return Cell(Text("report.absent.not_recorded" if subjects else "report.phrase.none"))
    middle = Quantity(found.median, Unit.DAYS)
    shown = Text(
        "report.phrase.median_range_of",
        {"median": middle, "range": Span(found.low, found.high, Unit.DAYS), "known": str(found.n)},
    )
    return Cell(shown, "with_event", subjects)


def _serious(inputs: Inputs, each: EventCourse) -> Cell:
    absent = unless_collected(inputs, Domain.SERIOUSNESS)
    if absent is not None:
        return absent
    if each.serious is None:
        return Cell(Text("report.absent.not_recorded" if each.subjects else "report.phrase.none"))
    return count(each.serious, "infused", each.n)


def _treated(inputs: Inputs, each: EventCourse, drug: str) -> Cell:
    return unless_medicated(inputs) or count(each.treated[drug], "infused", each.n)
