"""Response on the infused and on the enrolled set side by side; the gap between them is the message."""

from __future__ import annotations

from celltrial.analysis import response, sustained_response
from celltrial.clinical.response_categories import COMPLETE
from celltrial.core.results import Estimate, NotEstimable
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, rate
from celltrial.report.content.values import Code, Dash, Quantity, Recorded, Text, Unit
from celltrial.report.inputs import Inputs

__all__ = ["build"]

_Pair = tuple[Estimate | NotEstimable, Estimate | NotEstimable]


def build(inputs: Inputs) -> Page:
    """Return best response and sustained response on both sets, for every reader that there is."""
    infused, enrolled = inputs.size("infused"), inputs.size("enrolled")
    if not inputs.tables["adrs"].height:
        return Page(Nothing(Text("report.absent.no_assessments")), "infused", infused)
    rows: list[Row] = []
    for source in inputs.sources:
        if len(inputs.sources) > 1:
            blank = Cell(Recorded(""))
            rows.append(Row(Text("report.phrase.read_by", {"source": Code("source", source)}), (blank,) * 3, "group"))
        rows += _rows(inputs, source)
    columns = (
        Column(Text("report.column.on_infused"), "infused", infused),
        Column(Text("report.column.on_enrolled"), "enrolled", enrolled),
        Column(Text("report.column.gap"), "enrolled", enrolled),
    )
    notes = (
        Text("report.note.gap"),
        Text("report.note.sustained", {"low": str(inputs.landmark.low), "high": str(inputs.landmark.high)}),
    )
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "enrolled", enrolled, notes, _lead(inputs))


def _rows(inputs: Inputs, source: str) -> list[Row]:
    adrs, adsl = inputs.tables["adrs"], inputs.adsl
    best = response.estimate(adrs, adsl, source=source)
    complete = response.estimate(adrs, adsl, source=source, responses=COMPLETE)
    kept = sustained_response.estimate(adrs, adsl, window=inputs.landmark, source=source)
    pairs = {
        "report.row.overall_response": (best.infused, best.enrolled),
        "report.row.complete_response": (complete.infused, complete.enrolled),
        "report.row.sustained_response": (kept.infused, kept.enrolled),
        "report.row.sustained_policy": (kept.infused_treatment_policy, kept.enrolled_treatment_policy),
    }
    return [_row(key, pair, treated_only=inputs.treated_only) for key, pair in pairs.items()]


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
    kept = sustained_response.estimate(
        inputs.tables["adrs"], inputs.adsl, window=inputs.landmark, source=inputs.sources[0]
    )
    if isinstance(kept.infused, NotEstimable) or isinstance(kept.enrolled, NotEstimable):
        return None
    if kept.infused.value == kept.enrolled.value:
        return None
    return Text(
        "report.lead.response",
        {
            "infused": Quantity(kept.infused.value, Unit.SHARE),
            "n_infused": str(kept.infused.n),
            "enrolled": Quantity(kept.enrolled.value, Unit.SHARE),
            "n_enrolled": str(kept.enrolled.n),
        },
    )
