"""Suspensions, as they happened; and the boundary of every stopping rule, from the object that enforces it."""

from __future__ import annotations

from typing import Any

from celltrial.protocol.model.stopping import StoppingRule
from celltrial.protocol.policies import boundary_of
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, subject
from celltrial.report.content.values import Code, Count, Lines, Recorded, Text, When
from celltrial.report.inputs import Inputs

_DEFAULT_MAX_N = 30


def build(inputs: Inputs) -> Page:
    """Return one row per suspension."""
    n = inputs.size("infused")
    found = inputs.tables["suspensions"].sort("seq").to_dicts()
    if not found:
        historical = inputs.meta.origin == "retrospective"
        absent = "report.absent.suspensions_not_known" if historical else "report.absent.no_suspensions"
        return Page(Nothing(Text(absent)), "infused", n)
    columns = tuple(
        Column(Text(f"report.column.{name}"), numeric=False)
        for name in ("suspended_on", "resumed_on", "rule", "scope", "outcome", "reason_given")
    )
    return Page(Table(Text("report.column.number"), columns, tuple(_row(row) for row in found)), "infused", n)


def _row(row: dict[str, Any]) -> Row:
    missing = Cell(Text("report.absent.not_recorded"))
    scope = str(row["scope"] or "")
    kind, _, target = scope.partition("/")
    words = Text("report.phrase.scope_of", {"scope": Code("scope", kind), "target": target})
    return Row(
        Recorded(str(row["seq"])),
        (
            subject(When(row["start_date"])) if row["start_date"] else missing,
            subject(When(row["end_date"])) if row["end_date"] else Cell(Text("report.absent.not_resumed")),
            Cell(Code("rule", row["rule"])) if row["rule"] else missing,
            Cell(words if target else Code("scope", kind)),
            Cell(Code("suspension", row["outcome"])),
            Cell(Recorded(row["reason"])) if row["reason"] else missing,
        ),
    )


def build_boundaries(inputs: Inputs) -> Page:
    """Return, for every stopping rule, the number of events that stops the trial at each number of subjects."""
    n = inputs.size("infused")
    stopping = inputs.protocol.stopping if inputs.protocol else None
    if stopping is None or not stopping.rules:
        return Page(Nothing(Text("report.absent.no_stopping_rule")), "infused", n)
    rows = [row for rule in stopping.rules for row in _rule_rows(rule, _largest(inputs))]
    columns = (Column(Text("report.column.events_that_stop"), "infused"),)
    return Page(
        Table(Text("report.column.number_of_subjects"), columns, tuple(rows)),
        "infused",
        n,
        (Text("report.note.one_rule"),),
    )


def _largest(inputs: Inputs) -> int:
    assert inputs.protocol is not None
    planned = inputs.protocol.assumptions.target_infused if inputs.protocol.assumptions else _DEFAULT_MAX_N
    return max(planned, inputs.size("infused"), 1)


def _rule_rows(rule: StoppingRule, largest: int) -> list[Row]:
    boundary = boundary_of(rule)
    words = Text("report.local", {"en": rule.text.en, "zh": rule.text.zh})
    described = tuple(Text(message.id, message.params) for message in boundary.describe())
    head = Row(
        Lines((Text("report.phrase.rule_named", {"id": Recorded(rule.id), "text": words}), *described)),
        (Cell(Recorded("")),),
        "group",
    )
    previous, rows = boundary.min_n - 1, [head]
    for last, events in boundary.printed(largest).items():
        single = last == previous + 1
        span = Count(last) if single else Text("report.phrase.from_to", {"low": str(previous + 1), "high": str(last)})
        rows.append(Row(span, (Cell(Count(events), "infused", last),), "detail"))
        previous = last
    return rows
