"""Cellular kinetics by assay: expansion, exposure, half-life, persistence. Assays are never mixed."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from celltrial.analysis import kinetics
from celltrial.analysis.kinetics import Kinetics, Summary
from celltrial.core.results import Estimate
from celltrial.datasets.kinetic_rules import BelowLimit
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, words
from celltrial.report.content.values import Code, Dash, Lines, Quantity, Recorded, Span, Text, Unit, Value
from celltrial.report.inputs import Inputs

#: How each parameter is shown.
UNITS = {
    "cmax": Unit.CONCENTRATION,
    "tmax": Unit.DAYS,
    "auc": Unit.CONCENTRATION_DAYS,
    "auc_last": Unit.CONCENTRATION_DAYS,
    "auc_all": Unit.CONCENTRATION_DAYS,
    "auc_infinity": Unit.CONCENTRATION_DAYS,
    "half_life": Unit.DAYS,
    "tlast": Unit.DAYS,
}
_BELOW_LIMIT: Final[Mapping[BelowLimit, str]] = {
    "censored": "report.note.below_limit_censored",
    "half_lloq": "report.note.below_limit_half_lloq",
    "zero": "report.note.below_limit_zero",
}


@dataclass(frozen=True, slots=True)
class AssayKinetics:
    """One assay, analyte and unit, with its samples and its kinetics."""

    assay: str
    analyte: str
    unit: str
    rows: pl.DataFrame
    result: Kinetics


def samples(inputs: Inputs) -> pl.DataFrame:
    """Return the samples of the infused; where the hour is not known, the day stands for the time."""
    rows = inputs.of("adpc", "infused")
    return rows.with_columns(pl.col("time_days").fill_null(pl.col("day").cast(pl.Float64)))


def assays(inputs: Inputs) -> Iterator[AssayKinetics]:
    """Yield the kinetics of every assay, analyte and unit in the data."""
    rows = samples(inputs)
    kinds = (
        rows.select("assay", "analyte", "unit")
        .unique()
        .sort("assay", "analyte", "unit", descending=[True, False, False])
    )
    for assay, analyte, unit in kinds.rows():
        chosen = rows.filter(
            (pl.col("assay") == assay)
            & pl.col("analyte").eq_missing(pl.lit(analyte, pl.String))
            & (pl.col("unit") == unit)
        )
        result = kinetics.estimate(chosen, assay=assay, rules=inputs.plan.kinetics)
        if isinstance(result, Kinetics):
            yield AssayKinetics(assay, analyte or "", unit, chosen, result)


def build(inputs: Inputs) -> Page:
    """Return the summary of every parameter by assay."""
    infused = inputs.size("infused")
    rows: list[Row] = []
    for found in assays(inputs):
        blank = tuple(Cell(Recorded("")) for _ in range(4))
        rows.append(Row(heading(found), blank, "group"))
        sampled = len(found.result.subjects)
        for name in kinetics.PARAMETERS:
            rows.append(_row(inputs, found.result.summary[name], sampled, found.unit))
            if name == "auc_infinity":
                rows.append(_extrapolated(found.result, sampled))
    if not rows:
        return Page(Nothing(Text("report.absent.no_samples")), "infused", infused)
    columns = (
        Column(Text("report.column.estimable_of_sampled"), "infused"),
        Column(Text("report.column.median_range"), "infused"),
        Column(Text("report.column.geometric_mean"), "infused"),
        Column(Text("report.column.not_estimable"), "infused", numeric=False),
    )
    rules = inputs.plan.kinetics
    low, high = rules.peak_window
    notes = (
        Text(f"report.trapezoid.{rules.trapezoid}"),
        Text(f"report.end_rule.{rules.end_rule}"),
        Text(f"report.half_life_rule.{rules.half_life_rule}"),
        Text("report.note.areas", {"share": Quantity(rules.most_extrapolated, Unit.SHARE)}),
        Text("report.note.kinetics_rules", {"end": Quantity(rules.end_day), "tolerance": Quantity(rules.tolerance)}),
        Text(
            "report.note.peak_window",
            {"low": Quantity(low), "high": Quantity(high), "samples": str(rules.peak_samples)},
        ),
        Text(_BELOW_LIMIT[rules.below_limit]),
        Text("report.note.assays_apart"),
    )
    return Page(Table(Text("report.column.parameter"), columns, tuple(rows)), "infused", infused, notes)


def heading(found: AssayKinetics) -> Text:
    """Return what was measured: assay, analyte, unit."""
    analyte: Value = Code("analyte", found.analyte) if found.analyte else Text("report.phrase.analyte_unknown")
    return Text(
        "report.phrase.assay", {"assay": Code("assay", found.assay), "analyte": analyte, "unit": Recorded(found.unit)}
    )


def _row(inputs: Inputs, summary: Summary, sampled: int, unit: str) -> Row:
    shown = UNITS[summary.parameter]
    head = Text(
        f"report.parameter.{summary.parameter}", {"unit": Recorded(unit), "end": Quantity(inputs.plan.kinetics.end_day)}
    )
    reasons: tuple[Value, ...] = tuple(
        Text("report.phrase.reason_count", {"reason": Code("why", reason), "n": str(n)})
        for reason, n in sorted(summary.not_estimable.items())
    )
    return Row(
        head,
        (
            count(summary.n, "infused", sampled),
            _median(summary, shown),
            _geometric(summary, shown),
            Cell(Lines(reasons), "infused", sampled) if reasons else words("report.phrase.none"),
        ),
        "detail",
    )


def _extrapolated(result: Kinetics, sampled: int) -> Row:
    """Return how much of the areas to infinity lies beyond the last sample."""
    shares = [
        each.auc_infinity.detail["extrapolated_share"]
        for each in result.subjects
        if isinstance(each.auc_infinity, Estimate)
    ]
    shown = _none(0)
    if shares:
        span = Span(min(shares), max(shares), Unit.SHARE)
        middle = Quantity(statistics.median(shares), Unit.SHARE)
        shown = Cell(Text("report.phrase.median_range", {"median": middle, "range": span}), "infused", len(shares))
    return Row(
        Text("report.row.extrapolated"),
        (count(len(shares), "infused", sampled), shown, Cell(Dash()), Cell(Dash())),
        "detail",
    )


def _none(sampled: int) -> Cell:
    return Cell(Text("report.absent.not_estimable_any"), "infused", sampled)


def _geometric(summary: Summary, unit: Unit) -> Cell:
    if summary.parameter in {"tmax", "tlast"} or not summary.n:
        return Cell(Dash())
    return measure(summary.geometric_mean, unit)


def _median(summary: Summary, unit: Unit) -> Cell:
    if summary.median is None or summary.low is None or summary.high is None:
        return _none(summary.n)
    span = Span(summary.low, summary.high, unit)
    text = Text("report.phrase.median_range", {"median": Quantity(summary.median, unit), "range": span})
    return Cell(Lines((text,)), "infused", summary.n)
