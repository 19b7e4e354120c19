"""First event of a kind after the infusion: cumulative incidence with death competing, and the rate per person-time."""

from __future__ import annotations

from typing import Final

from celltrial.analysis import first_event
from celltrial.analysis.cumulative_incidence import Incidence
from celltrial.analysis.first_event import FirstEvent
from celltrial.core.results import NotEstimable
from celltrial.datasets.collection import Domain, adverse_event
from celltrial.report.content.absence import unless_collected
from celltrial.report.content.event_course import KINDS
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, rate
from celltrial.report.content.values import Code, Dash, Text, Unit
from celltrial.report.inputs import Inputs

#: Least grades of which the first event is followed.
_LEAST: Final = (1, 3)


def build(inputs: Inputs) -> Page:
    """Return one row per kind and least grade."""
    n = inputs.size("infused")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "infused", 0)
    present = set(inputs.tables["adae"]["category"].to_list())
    kinds = [kind for kind in (*KINDS, "other") if kind in present]
    if not kinds:
        return Page(Nothing(Text("report.absent.no_events_recorded")), "infused", n)
    days = inputs.plan.incidence_days
    columns = (
        Column(Text("report.column.events"), "infused", n),
        *(Column(Text("report.column.incidence_by_day", {"day": str(day)}), "infused", n) for day in days),
        Column(Text("report.column.rate_100")),
    )
    rows = [_row(inputs, kind, least, days, n) for kind in kinds for least in _LEAST]
    notes = (
        Text("analysis.caveat.death_competes"),
        Text("report.note.first_event"),
        Text("report.note.no_background"),
    )
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "infused", n, notes)


def _row(inputs: Inputs, kind: str, least: int, days: tuple[int, ...], n: int) -> Row:
    what = Code("category", kind)
    head = Text("report.row.first_any" if least == 1 else "report.row.first_from", {"what": what, "grade": str(least)})
    absent = unless_collected(inputs, adverse_event(kind)) or unless_collected(inputs, Domain.DEATHS)
    if absent is not None:
        return Row(head, (absent, *(Cell(Dash()) for _ in (*days, 0))))
    found = first_event.estimate(inputs.tables["adae"], inputs.adsl, category=kind, least_grade=least)
    if isinstance(found, NotEstimable):
        return Row(head, tuple(rate(found) for _ in (*days, 0, 0)))
    followed = unless_collected(inputs, Domain.SURVIVAL)
    return Row(
        head,
        (
            count(found.events, "infused", n),
            *(_at(found, day, n) for day in days),
            followed or measure(found.rate, Unit.COEFFICIENT),
        ),
    )


def _at(found: FirstEvent, day: int, n: int) -> Cell:
    if not isinstance(found.incidence, Incidence):
        if found.undated:
            return measure(found.incidence, Unit.SHARE)
        return Cell(Text("report.phrase.none")) if found.events == 0 else count(found.events, "infused", n)
    return measure(found.incidence.at(day), Unit.SHARE)
