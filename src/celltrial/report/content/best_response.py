"""Best response by category, and the status of each infused subject at the landmark."""

from __future__ import annotations

from celltrial.clinical.response_categories import rank
from celltrial.clinical.sustained_response import Status
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, share
from celltrial.report.content.response import read_by
from celltrial.report.content.response_analyses import best, has_read, kept, plan_notes
from celltrial.report.content.values import Code, Recorded, Text
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return best responses by category and landmark standing, one column per reader."""
    n = inputs.size("infused")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "infused", 0)
    if not inputs.tables["adrs"].height:
        return Page(Nothing(Text("report.absent.no_assessments")), "infused", n)
    readers = [source for source in inputs.sources if has_read(inputs, source)]
    found = [best(inputs, source) for source in readers]
    lasting = [kept(inputs, source) for source in readers]
    blank = tuple(Cell(Recorded("")) for _ in found)
    present = {category for each in found for category in each.by_category}
    categories = sorted(present, key=lambda category: (rank(category), category))
    rows = [Row(Text("report.row.best_response"), blank, "group")]
    for category in categories:
        cells = tuple(share(each.by_category.get(category, 0), "infused", n) for each in found)
        rows.append(Row(Code("response", category), cells, "detail"))
    rows.append(Row(Text("report.row.at_landmark"), blank, "group"))
    for status in Status:
        stand = [sum(value is status for value in each.status.values()) for each in lasting]
        if any(stand):
            rows.append(Row(Code("landmark", status), tuple(share(x, "infused", n) for x in stand), "detail"))
    rows.append(Row(Text("report.row.listed_missing"), tuple(count(len(k.missing), "infused", n) for k in lasting)))
    columns = tuple(Column(read_by(inputs, source), "infused", n) for source in readers)
    criteria = sorted({name for each in found for name in each.criteria})
    notes = [Text("report.note.criteria", {"criteria": ", ".join(criteria)})] if criteria else []
    notes += [Text("report.note.landmark_composite"), *plan_notes(inputs)]
    if inputs.plan.reader not in readers:
        notes.append(Text("report.absent.record_not_read"))
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "infused", n, tuple(notes))
