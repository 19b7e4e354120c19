"""The committee's dose decisions, in order, on the counts known then."""

from __future__ import annotations

from celltrial.report.content.dose_names import dose_label
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, subject
from celltrial.report.content.values import Code, Count, Dash, Recorded, Text, Value, When
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return one row per signed decision."""
    evaluable = inputs.size("dlt_evaluable")
    decisions = inputs.tables["dose_decisions"].sort("seq").to_dicts()
    if not decisions:
        return Page(Nothing(Text("report.absent.no_decisions")), "dlt_evaluable", evaluable)
    columns = (
        Column(Text("report.column.date"), numeric=False),
        Column(Text("report.column.dose_level"), numeric=False),
        Column(Text("report.column.with_dlt_of_evaluable"), "dlt_evaluable"),
        Column(Text("report.column.decision"), numeric=False),
        Column(Text("report.column.next_level"), numeric=False),
    )
    rows = tuple(_row(inputs, decision) for decision in decisions)
    return Page(
        Table(Text("report.column.number"), columns, rows),
        "dlt_evaluable",
        evaluable,
        (Text("report.note.counts_as_known"),),
    )


def _move(decision: dict[str, object]) -> Value:
    move = Code("move", str(decision["decision"]))
    return Text("report.phrase.deviates", {"move": move}) if decision.get("deviates") else move


def _row(inputs: Inputs, decision: dict[str, object]) -> Row:
    level, following, found = decision["level"], decision["next_level"], decision["recommended_level"]
    n, x = decision["n_evaluable"], decision["n_dlt"]
    counts = Cell(Dash())
    if isinstance(n, int) and isinstance(x, int):
        counts = Cell(Text("report.phrase.x_of_n", {"x": Count(x), "n": Count(n)}), "dlt_evaluable", n)
    after = subject(dose_label(inputs, following)) if isinstance(following, int) else Cell(Dash())
    if isinstance(found, int):
        after = subject(Text("report.phrase.recommended_level", {"level": dose_label(inputs, found)}))
    return Row(
        Recorded(str(decision["seq"])),
        (
            Cell(When(decision["date"])) if decision["date"] else Cell(Text("report.absent.not_recorded")),  # type: ignore[arg-type]
            Cell(dose_label(inputs, level if isinstance(level, int) else None)),
            counts,
            Cell(_move(decision)),
            after,
        ),
    )
