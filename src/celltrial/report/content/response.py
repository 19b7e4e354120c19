"""Response on the infused and on the enrolled set side by side; the gap between them is the message."""

from __future__ import annotations

from typing import Final

from celltrial.clinical.response_categories import COMPLETE
from celltrial.conduct.vocabulary import MissingVisit
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.collection import Domain
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, rate
from celltrial.report.content.response_analyses import best, has_read, kept, plan_notes
from celltrial.report.content.values import Code, Dash, Quantity, Recorded, Text, Unit
from celltrial.report.inputs import Inputs

_MISSED: Final = {
    MissingVisit.NON_RESPONSE: "report.note.missing_non_response",
    MissingVisit.LEFT_OUT: "report.note.missing_left_out",
}
_Pair = tuple[Estimate | NotEstimable, Estimate | NotEstimable]


def build(inputs: Inputs) -> Page:
    """Return best response and sustained response on both sets, for every reader that there is."""
    infused, enrolled = inputs.size("infused"), inputs.size("enrolled")
    if not inputs.tables["adrs"].height:
        return Page(Nothing(Text("report.absent.no_assessments")), "infused", infused)
    rows: list[Row] = []
    for source in inputs.sources:
        if len(inputs.sources) > 1:
            rows.append(Row(read_by(inputs, source), (Cell(Recorded("")),) * 3, "group"))
        rows += _rows(inputs, source) if has_read(inputs, source) else [_unread()]
    columns = (
        Column(Text("report.column.on_infused"), "infused", infused),
        Column(Text("report.column.on_enrolled"), "enrolled", enrolled),
        Column(Text("report.column.gap"), "enrolled", enrolled),
    )
    window = inputs.plan.landmark
    notes = (
        Text("report.note.gap"),
        Text("report.note.sustained", {"low": str(window.low), "high": str(window.high)}),
        Text(_MISSED[inputs.plan.missing_landmark]),
        *([] if inputs.collected.has(Domain.SURVIVAL) else [Text("report.note.due_not_known")]),
        *plan_notes(inputs),
    )
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "enrolled", enrolled, notes, _lead(inputs))


def read_by(inputs: Inputs, source: str) -> Text:
    """Return who read, and whether it is the reader of record or a sensitivity analysis."""
    key = "report.phrase.read_by_record" if source == inputs.plan.reader else "report.phrase.read_by_sensitivity"
    return Text(key, {"source": Code("source", source)})


def _unread() -> Row:
    return Row(
        Text("report.row.overall_response"), (Cell(Text("report.absent.not_read")),) * 2 + (Cell(Dash()),), "detail"
    )


def _rows(inputs: Inputs, source: str) -> list[Row]:
    every, complete, lasting = best(inputs, source), best(inputs, source, COMPLETE), kept(inputs, source)
    pairs = {
        "report.row.overall_response": (every.infused, every.enrolled),
        "report.row.complete_response": (complete.infused, complete.enrolled),
        "report.row.sustained_response": (lasting.infused, lasting.enrolled),
        "report.row.sustained_policy": (lasting.infused_treatment_policy, lasting.enrolled_treatment_policy),
    }
    rows = [_row(key, pair, treated_only=inputs.treated_only) for key, pair in pairs.items()]
    if lasting.not_due:
        infused = inputs.size("infused")
        due = (count(len(lasting.not_due), "infused", infused), Cell(Dash()), Cell(Dash()))
        rows.append(Row(Text("report.row.landmark_not_due"), due, "detail"))
    return rows


def _row(key: str, pair: _Pair, *, treated_only: bool) -> Row:
    if treated_only:
        return Row(Text(key), (rate(pair[0]), Cell(Text("report.absent.enrolled_not_known")), Cell(Dash())))
    return Row(Text(key), (rate(pair[0]), rate(pair[1]), _gap(pair)))


def _gap(pair: _Pair) -> Cell:
    infused, enrolled = pair
    if isinstance(infused, NotEstimable) or isinstance(enrolled, NotEstimable):
        return Cell(Text("report.absent.no_subjects"))
    points = Quantity(infused.value - enrolled.value, Unit.POINTS)
    return Cell(Text("report.phrase.points", {"gap": points}), enrolled.population, enrolled.n)


def _lead(inputs: Inputs) -> Text | None:
    if inputs.treated_only:
        return None
    if not has_read(inputs, inputs.sources[0]):
        return Text("report.absent.record_not_read")
    lasting = kept(inputs, inputs.sources[0])
    if isinstance(lasting.infused, NotEstimable) or isinstance(lasting.enrolled, NotEstimable):
        return None
    if lasting.infused.value == lasting.enrolled.value:
        return None
    return Text(
        "report.lead.response",
        {
            "infused": Quantity(lasting.infused.value, Unit.SHARE),
            "n_infused": str(lasting.infused.n),
            "enrolled": Quantity(lasting.enrolled.value, Unit.SHARE),
            "n_enrolled": str(lasting.enrolled.n),
        },
    )
