"""Time to event: medians, landmarks and follow-up, from every origin that the data hold."""

from __future__ import annotations

from typing import Final, get_args

from celltrial.analysis import time_to_event
from celltrial.analysis.kaplan_meier import Curve
from celltrial.analysis.terms import Method
from celltrial.analysis.time_to_event import Endpoint, Origin, TimeToEvent
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.collection import Domain
from celltrial.report.content.absence import unless_collected
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, rate
from celltrial.report.content.response import read_by
from celltrial.report.content.response_analyses import has_read, plan_notes
from celltrial.report.content.values import Code, Count, Dash, Quantity, Recorded, Text, Unit, Value
from celltrial.report.inputs import Inputs

_DAYS_PER_MONTH: Final = 30.4375
_Marks = tuple[tuple[int, int], ...]


def analyses(
    inputs: Inputs, endpoint: Endpoint, reader: str | None = None
) -> list[tuple[Origin, TimeToEvent | NotEstimable]]:
    """Return the analyses of an endpoint, from infusion and from the first dated step (from response for DOR).

    reader: whose assessments count; None takes the reader of record.
    """
    table, first, read = inputs.tables["adtte"], inputs.first_origin, reader or inputs.plan.reader
    unknown = inputs.collected.missing_of(Domain.DEATHS) | inputs.collected.missing_of(Domain.SURVIVAL)
    if endpoint != "OS":
        unknown = inputs.collected.missing_of(Domain.PROGRESSION)
    origins: tuple[Origin, ...] = ("response",) if endpoint == "DOR" else tuple(dict.fromkeys(("infusion", first)))
    return [
        (
            origin,
            time_to_event.estimate(table, endpoint=endpoint, origin=origin, first=first, reader=read, unknown=unknown),
        )
        for origin in origins
    ]


def build(inputs: Inputs) -> Page:
    """Return one row per endpoint, reader and origin."""
    infused = inputs.size("infused")
    if not inputs.tables["adtte"].height:
        return Page(Nothing(Text("report.absent.no_time_to_event")), "infused", infused)
    at = _landmarks(inputs)
    rows: list[Row] = []
    for endpoint in get_args(Endpoint):
        for reader in (None,) if endpoint == "OS" else inputs.sources:
            rows += _block(inputs, endpoint, reader, at)
    columns = (
        Column(Text("report.column.subjects")),
        Column(Text("report.column.events")),
        Column(Text("report.column.median_months")),
        *(Column(Text("report.column.free_at_months", {"months": str(months)})) for _, months in at),
        Column(Text("report.column.follow_up_months")),
    )
    notes = [Text("report.note.km_method"), Text("report.note.month_is"), *plan_notes(inputs)]
    if not inputs.collected.has(Domain.DEATHS):
        notes.append(Text("report.note.deaths_not_collected"))
    if inputs.treated_only:
        notes.append(Text("report.note.enrolment_of_treated"))
    return Page(Table(Text("report.column.endpoint_origin"), columns, tuple(rows)), "infused", infused, tuple(notes))


def _block(inputs: Inputs, endpoint: Endpoint, reader: str | None, marks: _Marks) -> list[Row]:
    """Return the rows of an endpoint as one reader saw it."""
    head: Value = Code("endpoint", endpoint)
    if reader is not None and len(inputs.sources) > 1:
        by = read_by(inputs, reader)
        head = Text("report.phrase.endpoint_by", {"endpoint": head, "reader": by})
    width = 4 + len(marks)
    group = Row(head, tuple(Cell(Recorded("")) for _ in range(width)), "group")
    absent = _not_collected(inputs, endpoint)
    if absent is not None:
        return [group, Row(absent.value, tuple(Cell(Dash()) for _ in range(width)), "detail")]
    if reader is not None and not has_read(inputs, reader):
        return [group, Row(Text("report.absent.not_read"), tuple(Cell(Dash()) for _ in range(width)), "detail")]
    found = analyses(inputs, endpoint, reader)
    if all(isinstance(result, NotEstimable) and not result.n for _, result in found):
        return []
    return [group, *(row for origin, result in found for row in (_row(origin, result, marks), *_bounds(result, marks)))]


def _not_collected(inputs: Inputs, endpoint: Endpoint) -> Cell | None:
    """Return the word for an endpoint that the records cannot tell of; None where they can."""
    if endpoint == "OS":
        return unless_collected(inputs, Domain.DEATHS) or unless_collected(inputs, Domain.SURVIVAL)
    if endpoint == "PFS":
        return unless_collected(inputs, Domain.PROGRESSION, Domain.RESPONSE)
    return unless_collected(inputs, Domain.RESPONSE)


def _bounds(result: TimeToEvent | NotEstimable, marks: _Marks) -> list[Row]:
    """Return how many had no follow-up and between which limits their fate leaves the numbers; nothing where all had."""
    if isinstance(result, NotEstimable) or result.bounds is None or isinstance(result.curve, NotEstimable):
        return []
    curve, (low, high) = result.curve, result.bounds
    if isinstance(low, NotEstimable) or isinstance(high, NotEstimable):
        return []
    head = Text("report.row.without_follow_up", {"x": Count(result.unfollowed), "n": Count(curve.n)})

    def between(first: Estimate | NotEstimable, last: Estimate | NotEstimable, unit: Unit) -> Cell:
        low_end, high_end = _limit(first, unit), _limit(last, unit)
        if isinstance(low_end, Code) and low_end == high_end:
            return Cell(low_end)
        return Cell(Text("report.phrase.between", {"low": low_end, "high": high_end}), curve.population, curve.n)

    def events(bound: Curve) -> Estimate:
        return Estimate(bound.events, curve.population, bound.n, Method.BOUNDS)

    cells = (
        count(curve.n - result.unfollowed, curve.population, curve.n),
        between(events(high), events(low), Unit.NONE),
        between(low.median, high.median, Unit.MONTHS),
        *(between(low.at(day), high.at(day), Unit.SHARE) for day, _ in marks),
        Cell(Dash()),
    )
    return [Row(head, cells, "detail")]


def _limit(found: Estimate | NotEstimable, unit: Unit) -> Value:
    if isinstance(found, Estimate):
        return Quantity(found.value, unit)
    return Code("why", found.reason)


def marks(inputs: Inputs, longest: float) -> _Marks:
    """Return the days at which the plan reads curves, with their months, as far as the longest follow-up."""
    return tuple((day, round(day / _DAYS_PER_MONTH)) for day in inputs.plan.survival_days if day <= longest)


def _landmarks(inputs: Inputs) -> _Marks:
    """Return the landmarks that the longest follow-up reaches."""
    return marks(inputs, max(inputs.tables["adtte"]["aval"].to_list(), default=0))


def _row(origin: Origin, result: TimeToEvent | NotEstimable, marks: _Marks) -> Row:
    head = Code("origin", origin)
    if isinstance(result, NotEstimable) or isinstance(result.curve, NotEstimable):
        reason = result if isinstance(result, NotEstimable) else result.curve
        assert isinstance(reason, NotEstimable)
        return Row(head, tuple(rate(reason) for _ in range(4 + len(marks))), "detail")
    curve = result.curve
    notes = tuple(f"analysis.caveat.{code}" for code in result.caveats)
    cells = (
        count(curve.n, curve.population, curve.n),
        count(curve.events, curve.population, curve.n),
        measure(curve.median, Unit.MONTHS),
        *(measure(curve.at(day), Unit.SHARE) for day, _ in marks),
        measure(result.follow_up, Unit.MONTHS),
    )
    return Row(head, cells, "detail", notes)
