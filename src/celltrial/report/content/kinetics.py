"""Cellular kinetics by assay: expansion, exposure, half-life, persistence. Assays are never mixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from celltrial.analysis import kinetics
from celltrial.analysis.kinetics import Kinetics, KineticsRules, Summary
from celltrial.analysis.profile import BelowLimit
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, words
from celltrial.report.content.values import Code, Dash, Lines, Quantity, Recorded, Span, Text, Unit, Value
from celltrial.report.inputs import Inputs

#: The rules of the report, printed in its notes, but for what the protocol states.
RULES = KineticsRules(tolerance=1.0)
#: How each parameter is shown.
UNITS = {
    "cmax": Unit.CONCENTRATION,
    "tmax": Unit.DAYS,
    "auc": Unit.CONCENTRATION_DAYS,
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


def rules(inputs: Inputs) -> KineticsRules:
    """Return the rules of the report with the protocol's choice for values below the limit of quantification."""
    plan = inputs.protocol.pharmacology if inputs.protocol is not None else None
    stated = plan.below_limit_rule if plan is not None else None
    return RULES if stated is None else replace(RULES, below_limit=stated)


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
        result = kinetics.estimate(chosen, assay=assay, rules=rules(inputs))
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
        rows += [_row(found.result.summary[name], sampled, found.unit) for name in kinetics.PARAMETERS]
    if not rows:
        return Page(Nothing(Text("report.absent.no_samples")), "infused", infused)
    columns = (
        Column(Text("report.column.estimable_of_sampled"), "infused"),
        Column(Text("report.column.median_range"), "infused"),
        Column(Text("report.column.geometric_mean"), "infused"),
        Column(Text("report.column.not_estimable"), "infused", numeric=False),
    )
    low, high = RULES.peak_window
    notes = (
        Text("report.note.kinetics_rules", {"end": Quantity(RULES.end_day), "tolerance": Quantity(RULES.tolerance)}),
        Text(
            "report.note.peak_window",
            {"low": Quantity(low), "high": Quantity(high), "samples": str(RULES.peak_samples)},
        ),
        Text(_BELOW_LIMIT[rules(inputs).below_limit]),
        Text("report.note.assays_apart"),
    )
    return Page(Table(Text("report.column.parameter"), columns, tuple(rows)), "infused", infused, notes)


def heading(found: AssayKinetics) -> Text:
    """Return what was measured: assay, analyte, unit."""
    analyte: Value = Code("analyte", found.analyte) if found.analyte else Text("report.phrase.analyte_unknown")
    return Text(
        "report.phrase.assay", {"assay": Code("assay", found.assay), "analyte": analyte, "unit": Recorded(found.unit)}
    )


def _row(summary: Summary, sampled: int, unit: str) -> Row:
    shown = UNITS[summary.parameter]
    head = Text(f"report.parameter.{summary.parameter}", {"unit": Recorded(unit), "end": Quantity(RULES.end_day)})
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
