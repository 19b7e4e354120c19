"""Best response by category, and where each infused subject stands at the landmark."""

from __future__ import annotations

from celltrial.analysis import response, sustained_response
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, share
from celltrial.report.content.values import Code, Recorded, Text
from celltrial.report.inputs import Inputs

__all__ = ["build"]


def build(inputs: Inputs) -> Page:
    """Return best responses by category and landmark standing, one column per reader."""
    n = inputs.size("infused")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "infused", 0)
    adrs, adsl = inputs.tables["adrs"], inputs.adsl
    if not adrs.height:
        return Page(Nothing(Text("report.absent.no_assessments")), "infused", n)
    best = [response.estimate(adrs, adsl, source=source) for source in inputs.sources]
    kept = [sustained_response.estimate(adrs, adsl, window=inputs.landmark, source=source) for source in inputs.sources]
    blank = tuple(Cell(Recorded("")) for _ in best)
    categories = list(dict.fromkeys(category for each in best for category in each.by_category))
    rows = [Row(Text("report.row.best_response"), blank, "group")]
    for category in categories:
        cells = tuple(share(each.by_category.get(category, 0), "infused", n) for each in best)
        rows.append(Row(Code("response", category), cells, "detail"))
    rows.append(Row(Text("report.row.at_landmark"), blank, "group"))
    for status in sustained_response.Status:
        found = [sum(value is status for value in each.status.values()) for each in kept]
        if any(found):
            rows.append(Row(Code("landmark", status), tuple(share(x, "infused", n) for x in found), "detail"))
    rows.append(Row(Text("report.row.listed_missing"), tuple(count(len(k.missing), "infused", n) for k in kept)))
    columns = tuple(
        Column(Text("report.phrase.read_by", {"source": Code("source", source)}), "infused", n)
        for source in inputs.sources
    )
    criteria = sorted({name for each in best for name in each.criteria})
    notes = [Text("report.note.criteria", {"criteria": ", ".join(criteria)})] if criteria else []
    notes.append(Text("report.note.landmark_composite"))
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "infused", n, tuple(notes))
