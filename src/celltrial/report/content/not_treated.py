"""Not treated: the proportion with its interval, the bounds that the pending allow, and the reasons."""

from __future__ import annotations

from celltrial.analysis import disposition
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, rate, share, words
from celltrial.report.content.values import Code, Dash, Span, Text, Unit
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return the proportion not treated on the enrolled and on the collected set, side by side."""
    enrolled = disposition.estimate(inputs.adsl)
    if not enrolled.enrolled:
        return Page(Nothing(Text("report.absent.no_enrolled")), "enrolled", 0)
    if inputs.treated_only:
        return Page(Nothing(Text("report.note.treated_only")), "enrolled", enrolled.enrolled)
    collected = disposition.estimate(inputs.members("collected"))
    sets = (("enrolled", enrolled), ("collected", collected))
    rows = [
        Row(Text("report.row.not_treated"), tuple(rate(each.not_treated) for _, each in sets), "total"),
        *(
            Row(Code("reason", reason), tuple(_reason(each, reason) for _, each in sets), "detail")
            for reason in enrolled.reasons
        ),
        Row(Text("report.row.still_waiting"), tuple(count(each.pending, name, each.enrolled) for name, each in sets)),
    ]
    if enrolled.pending:
        rows.append(Row(Text("report.row.bounds"), tuple(_bounds(each, name) for name, each in sets)))
    rows.append(
        Row(
            Text("report.row.depleted_not_infused"),
            tuple(count(len(each.lymphodepleted_not_infused), name, each.enrolled) for name, each in sets),
        )
    )
    plan = inputs.protocol.manufacturing if inputs.protocol else None
    stated = plan.not_treated_denominator if plan else None
    notes = [Text("report.note.not_treated_resolved")]
    if stated:
        notes.append(Text("report.note.denominator_stated", {"set": Code("population", stated)}))
    columns = tuple(Column(Text(f"report.column.on_{name}"), name, each.enrolled) for name, each in sets)
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "enrolled", enrolled.enrolled, tuple(notes))


def _reason(each: disposition.Disposition, reason: str) -> Cell:
    return share(each.reasons.get(reason, 0), "resolved", each.enrolled - each.pending)


def _bounds(each: disposition.Disposition, name: str) -> Cell:
    if each.bounds is None:
        return words("report.absent.no_subjects")
    if not each.pending:
        return Cell(Dash())
    return Cell(Span(each.bounds.low, each.bounds.high, Unit.SHARE), name, each.enrolled)
