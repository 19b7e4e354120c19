"""Kinetics on a log axis: every subject, and the median by assay; below-limit samples shown as such."""

from __future__ import annotations

from typing import Any

import polars as pl

from celltrial.report.content.kinetics import AssayKinetics, assays, heading
from celltrial.report.content.output import Figure, Nothing, Page
from celltrial.report.content.sampling_times import schedule, scheduled
from celltrial.report.content.values import Count, Text
from celltrial.report.inputs import Inputs

#: A median is drawn where at least this many subjects were sampled.
_FEWEST_FOR_MEDIAN = 3


def build(inputs: Inputs) -> Page:
    """Return one panel per assay and unit, panels in the order of the table."""
    infused = inputs.size("infused")
    panels = [panel for found in assays(inputs) if (panel := _panel(found, schedule(inputs, found.assay))) is not None]
    if not panels:
        return Page(Nothing(Text("report.absent.no_samples")), "infused", infused)
    words = Text("report.figure.kinetics", {"n": Count(infused), "panels": str(len(panels))})
    notes = (Text("report.note.kinetics_figure", {"n": str(_FEWEST_FOR_MEDIAN)}),)
    return Page(Figure("kinetics", {"panels": panels}, words), "infused", infused, notes)


def _panel(found: AssayKinetics, days: tuple[int, ...]) -> dict[str, Any] | None:
    usable = found.rows.filter((pl.col("time_days") >= 0) & (pl.col("value").is_not_null() | pl.col("below_lloq")))
    positive = usable.filter(~pl.col("below_lloq") & (pl.col("value") > 0))["value"].sort()
    if not positive.len():
        return None
    limits = usable["lloq"].drop_nulls().unique().sort().to_list()
    floor = float(min([*limits, positive[0]])) / 2
    is_below = pl.col("below_lloq") | (pl.col("value") <= 0)
    drawn = usable.with_columns(
        is_below.alias("below"), pl.when(is_below).then(floor).otherwise(pl.col("value")).alias("shown")
    ).sort("usubjid", "time_days", "seq")
    points = [
        {"subject": who, "day": day, "value": value, "below": below}
        for who, day, value, below in drawn.select("usubjid", "time_days", "shown", "below").rows()
    ]
    lloq = limits[0] if len(limits) == 1 else None
    return {
        "title": heading(found),
        "unit": found.unit,
        "points": points,
        "median": _median(drawn, floor, days),
        "lloq": lloq,
        "subjects": drawn["usubjid"].n_unique(),
    }


def _median(drawn: pl.DataFrame, floor: float, days: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the median over subjects at each scheduled time; a subject sampled twice counts with the mean."""
    by_subject = drawn.group_by(scheduled(days).alias("at"), "usubjid").agg(
        pl.col("time_days").mean(), pl.col("shown").mean()
    )
    grouped = (
        by_subject.group_by("at")
        .agg(pl.col("time_days").median(), pl.col("shown").median(), pl.len().alias("n"))
        .filter(pl.col("n") >= _FEWEST_FOR_MEDIAN)
        .sort("at")
    )
    return [
        {"day": day, "value": value, "below": value <= floor, "n": n}
        for day, value, n in grouped.select("time_days", "shown", "n").rows()
    ]
