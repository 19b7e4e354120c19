"""Feasibility: how many pass each step from enrolment to infusion, against what planning assumed."""

from __future__ import annotations

from celltrial.analysis import feasibility
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, rate
from celltrial.report.content.values import Dash, Quantity, Text, Unit
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return one row per step with its target."""
    n = inputs.size("enrolled")
    if not n:
        return Page(Nothing(Text("report.absent.no_enrolled")), "enrolled", 0)
    if inputs.treated_only:
        return Page(Nothing(Text("report.note.treated_only")), "enrolled", n)
    found = feasibility.estimate(inputs.adsl, inputs.tables["admanu"], targets=_targets(inputs))
    columns = tuple(Column(Text(f"report.column.{name}")) for name in ("passed", "waiting_here", "assumed", "verdict"))
    rows = tuple(
        Row(
            Text(f"analysis.step.{row.step}"),
            (
                rate(row.passed),
                count(row.waiting, row.passed.population, row.passed.n + row.waiting),
                Cell(Dash())
                if row.target is None
                else Cell(Quantity(row.target, Unit.SHARE), row.passed.population, row.passed.n),
                Cell(Text(f"analysis.feasibility.{row.verdict}")),
            ),
        )
        for row in found
    )
    return Page(Table(Text("report.column.step"), columns, rows), "enrolled", n, (Text("report.note.feasibility"),))


def _targets(inputs: Inputs) -> dict[str, float]:
    """Return the share that the protocol assumes at each step; steps of which it assumes nothing are left out."""
    plan = inputs.protocol.assumptions if inputs.protocol is not None else None
    if plan is None:
        return {}
    stated = {
        "collection": plan.collection_success,
        "manufacture": plan.manufacturing_success,
        "infusion": plan.pre_infusion_success,
    }
    return {step: target for step, target in stated.items() if 0 < target < 1}
