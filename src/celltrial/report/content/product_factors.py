"""Attributes and handling of the product beside response and severe cytokine release, with guards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from celltrial.analysis import factor
from celltrial.analysis.factor import FactorOutcome
from celltrial.analysis.manufacturing import FEWEST_EVENTS_FOR_MODEL
from celltrial.datasets.collection import adverse_event
from celltrial.report.content import response_analyses
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, measure, rate
from celltrial.report.content.values import Code, Quantity, Recorded, Text, Unit, Value
from celltrial.report.inputs import Inputs

#: Attributes of the run, from `admanu`, and of the subject, from `adsl`.
_OF_THE_RUN: Final = ("positivity", "viability", "vector_copy_number")
_OF_THE_SUBJECT: Final = ("process_version", "siteid")
_SEVERE: Final = 3


def build(inputs: Inputs) -> Page:
    """Return, for each attribute that is known of two groups, the rate of each outcome in each group and the contrast."""
    n = inputs.size("infused")
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "infused", 0)
    outcomes = _outcomes(inputs)
    found = [
        (outcome, result)
        for name in (*_OF_THE_RUN, *_OF_THE_SUBJECT)
        for outcome, having in outcomes.items()
        if (result := _one(inputs, name, having)) is not None
    ]
    if not found:
        return Page(Nothing(Text("report.absent.no_attributes")), "infused", n)
    columns = tuple(Column(Text(f"report.column.{name}")) for name in ("with_outcome", "difference"))
    rows = [row for outcome, result in found for row in _block(outcome, result)]
    notes = (
        Text("report.note.factors"),
        Text("report.note.factor_guard", {"events": str(FEWEST_EVENTS_FOR_MODEL)}),
        Text("report.note.expansion_after"),
    )
    return Page(Table(Text("report.column.attribute"), columns, tuple(rows)), "infused", n, notes)


def _outcomes(inputs: Inputs) -> Mapping[str, frozenset[str]]:
    """Return outcome to the subjects who had it, of the outcomes that were collected."""
    found = {}
    if inputs.tables["adrs"].height:
        found["response"] = response_analyses.responders(response_analyses.best(inputs, inputs.plan.reader))
    if inputs.collected.has(adverse_event("crs")):
        events = inputs.tables["adae"]
        severe = events.filter((events["category"] == "crs") & (events["grade"] >= _SEVERE))
        found["severe_crs"] = frozenset(severe["usubjid"].to_list())
    return found


def _values(inputs: Inputs, name: str) -> dict[str, float | str | None]:
    if name in _OF_THE_SUBJECT:
        return dict(inputs.members("infused").select("usubjid", name).iter_rows())
    runs = inputs.tables["admanu"]
    given = runs.filter(runs["infused_date"].is_not_null() | (runs["outcome"] == "infused"))
    known: dict[str, float | str | None] = dict(given.select("usubjid", name).iter_rows())
    return {who: known.get(who) for who in inputs.members("infused")["usubjid"]}


def _one(inputs: Inputs, name: str, having: frozenset[str]) -> FactorOutcome | None:
    values = _values(inputs, name)
    if len({value for value in values.values() if value is not None}) < 2:
        return None
    return factor.estimate(name, list(values.values()), [who in having for who in values])


def _block(outcome: str, result: FactorOutcome) -> list[Row]:
    what = {"factor": Code("attribute", result.factor), "outcome": Code("attribute", outcome)}
    rows = [Row(Text("report.row.factor_outcome", what), (Cell(Recorded("")),) * 2, "group")]
    for i, (name, share) in enumerate(result.groups.items()):
        contrast = measure(result.contrast, Unit.POINTS) if i else Cell(Text("report.phrase.reference"))
        rows.append(Row(_group(result, name), (rate(share), contrast), "detail"))
    return rows


def _group(result: FactorOutcome, name: str) -> Value:
    if result.cut is None:
        return Recorded(name)
    return Text(f"report.phrase.cut_{name}", {"cut": Quantity(result.cut, Unit.COEFFICIENT)})
