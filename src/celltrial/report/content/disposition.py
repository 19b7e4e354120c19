"""Disposition: the way from consent to infusion; the totals reconcile at every step."""

from __future__ import annotations

from celltrial.analysis import disposition
from celltrial.datasets.collection import Domain
from celltrial.report.content.absence import unless_collected
from celltrial.report.content.output import Cell, Column, Page, Row, Table, count, share
from celltrial.report.content.values import Code, Count, Dash, Lines, Text, Value
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return the flow, one row per step, with who left at it and why."""
    flow = disposition.estimate(inputs.adsl)
    everyone = inputs.adsl.height
    everyone_is = flow.flow[0].name
    rows = [_not_collected(inputs, node) or _row(node, flow.enrolled, everyone, everyone_is) for node in flow.flow]
    if flow.infused and not inputs.treated_only:
        rows += [
            _detail("report.row.conforming", flow.conforming, flow),
            _detail("report.row.out_of_specification", flow.out_of_specification, flow),
        ]
    notes = [Text("report.note.flow_adds_up")]
    if flow.replaced:
        notes.append(Text("report.note.replaced_stay", {"n": Count(len(flow.replaced))}))
    if inputs.treated_only:
        notes.append(Text("report.note.treated_only"))
    table = Table(
        Text("report.column.step"),
        (
            Column(Text("report.column.reached"), everyone_is, everyone),
            Column(Text("report.column.of_enrolled"), "enrolled", flow.enrolled),
            Column(Text("report.column.left_here"), everyone_is, everyone, numeric=False),
            Column(Text("report.column.waiting_here"), everyone_is, everyone),
        ),
        tuple(rows),
    )
    lead = Text(
        "report.lead.disposition",
        {"enrolled": Count(flow.enrolled), "infused": Count(flow.infused), "pending": Count(flow.pending)},
    )
    return Page(table, everyone_is, everyone, tuple(notes), lead if flow.enrolled else None)


def _not_collected(inputs: Inputs, node: disposition.FlowNode) -> Row | None:
    """Return the row of a step that the records do not tell of; None where they do."""
    domain = {"collected": Domain.CELL_COLLECTION, "lymphodepleted": Domain.LYMPHODEPLETION}.get(node.name)
    cell = None if domain is None else unless_collected(inputs, domain)
    return None if cell is None else Row(Code("step", node.name), (cell, Cell(Dash()), Cell(Dash()), Cell(Dash())))


def _row(node: disposition.FlowNode, enrolled: int, everyone: int, everyone_is: str) -> Row:
    left: tuple[Value, ...] = tuple(
        Text("report.phrase.reason_count", {"reason": Code("reason", reason), "n": Count(n)})
        for reason, n in node.left.items()
    )
    before_enrolment = node.name == "consented"
    return Row(
        Code("step", node.name),
        (
            count(node.n, everyone_is, everyone),
            Cell(Dash()) if before_enrolment else share(node.n, "enrolled", enrolled),
            Cell(Lines(left), node.name, node.n) if left else Cell(Dash()),
            count(node.pending, node.name, node.n),
        ),
    )


def _detail(key: str, x: int, flow: disposition.Disposition) -> Row:
    cells = (count(x, "infused", flow.infused), share(x, "enrolled", flow.enrolled), Cell(Dash()), Cell(Dash()))
    return Row(Text(key), cells, "detail")
