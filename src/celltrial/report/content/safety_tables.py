"""Adverse events by the phase in which they began, and by term with exact limits."""

from __future__ import annotations

from celltrial.analysis import adverse_events
from celltrial.analysis.adverse_events import PhaseRow, TermRow
from celltrial.datasets.collection import Domain
from celltrial.report.content.absence import kinds_collected, unless_collected
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, rate
from celltrial.report.content.values import Code, Count, Dash, Text
from celltrial.report.inputs import Inputs


def build_phases(inputs: Inputs) -> Page:
    """Return events by phase, each phase on those who entered it (AC-A7.2)."""
    population = next((name for name in ("consented", "enrolled") if inputs.size(name)), "infused")
    n = inputs.size(population)
    found = [row for row in adverse_events.by_phase(inputs.tables["adae"], inputs.adsl) if row.entered]
    if not found:
        return Page(Nothing(Text("report.absent.no_events_recorded")), population, n)
    columns = tuple(Column(Text(f"report.column.{name}")) for name in ("events", "any_event", "severe", "serious"))
    rows = tuple(Row(Code("phase", row.phase), _phase(inputs, row)) for row in found)
    notes = [Text("report.note.phases"), Text("report.note.severe_of_graded")]
    kinds = kinds_collected(inputs)
    if kinds is not None:
        notes.append(Text("report.note.only_kinds_collected", {"kinds": kinds}))
    return Page(Table(Text("report.column.event_phase"), columns, rows), population, n, tuple(notes))


def _phase(inputs: Inputs, row: PhaseRow) -> tuple[Cell, ...]:
    n = row.entered
    none = row.events == 0 and unless_collected(inputs, Domain.ADVERSE_EVENTS)
    if none:
        return none, Cell(Dash()), Cell(Dash()), Cell(Dash())
    serious = unless_collected(inputs, Domain.SERIOUSNESS) or count(row.serious, row.population, n)
    return count(row.events, row.population, n), rate(row.subjects), rate(row.severe), serious


def build_terms(inputs: Inputs) -> Page:
    """Return product-emergent events by term: events, subjects, grade 3 or higher, serious, related, fatal."""
    n = inputs.size("safety")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "safety", 0)
    found = adverse_events.estimate(inputs.tables["adae"], inputs.adsl)
    if not found:
        return Page(Nothing(Text("report.absent.no_events_recorded")), "safety", n)
    names = ("events", "any_event", "severe", "serious", "related_or_unknown", "fatal")
    columns = tuple(Column(Text(f"report.column.{name}")) for name in names)
    rows = tuple(Row(Code("term", row.term), _term(inputs, row, n)) for row in found)
    notes = (Text("report.note.terms"), Text("report.note.severe_of_graded"))
    return Page(Table(Text("report.column.term"), columns, rows), "safety", n, notes)


def _term(inputs: Inputs, row: TermRow, n: int) -> tuple[Cell, ...]:
    serious = unless_collected(inputs, Domain.SERIOUSNESS) or count(row.serious, "safety", n)
    events = Cell(Count(row.events), "safety", n)
    related = count(row.related, "safety", n)
    fatal = Cell(Text("report.absent.not_recorded")) if row.fatal is None else count(row.fatal, "safety", n)
    return events, rate(row.subjects), rate(row.severe), serious, related, fatal
