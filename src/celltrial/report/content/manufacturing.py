"""Manufacturing failure of runs and of subjects, with the causes."""

from __future__ import annotations

from celltrial.analysis import manufacturing
from celltrial.report.content.output import Column, Nothing, Page, Row, Table, count, rate, share
from celltrial.report.content.values import Code, Text
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return failures of runs and subjects with exact intervals, and the causes."""
    collected = inputs.size("collected")
    runs = inputs.tables["admanu"]
    if inputs.treated_only:
        return Page(Nothing(Text("report.note.failures_unknown")), "collected", collected)
    if not runs.height:
        return Page(Nothing(Text("report.absent.no_runs")), "collected", collected)
    found = manufacturing.estimate(runs, inputs.adsl)
    settled = found.runs.n
    rows = [
        Row(Text("report.row.runs_failed"), (rate(found.runs),), "total"),
        *(
            Row(Code("failure_cause", cause), (count(n, "batches", settled),), "detail")
            for cause, n in found.causes.items()
        ),
        Row(Text("report.row.subjects_without_product"), (rate(found.subjects),), "total"),
        Row(Text("report.row.runs_out_of_specification"), (share(found.out_of_specification, "runs", runs.height),)),
        Row(Text("report.row.runs_unfinished"), (share(runs.height - settled, "runs", runs.height),)),
    ]
    again = runs.filter(runs["attempt"] > 1)
    rows.append(Row(Text("report.row.repeat_runs"), (share(again.height, "runs", runs.height),)))
    if found.model is not None:
        rows.append(Row(Text("report.row.failure_model"), (rate(found.model),)))
    notes = [Text("report.note.failed_run")]
    columns = (Column(Text("report.column.value")),)
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "collected", collected, tuple(notes))
