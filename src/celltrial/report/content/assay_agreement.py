"""Agreement of qPCR and flow on samples of the same subject and scheduled time."""

from __future__ import annotations

import polars as pl

from celltrial.analysis import assay_agreement, method_comparison
from celltrial.analysis.assay_agreement import Pair
from celltrial.report.content.kinetics import samples
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure
from celltrial.report.content.sampling_times import schedule, scheduled
from celltrial.report.content.values import Quantity, Text, Unit
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return pairs, ratio and rank agreement; without vector copy number only the ranks can be told (AC-A3.4)."""
    infused = inputs.size("infused")
    pairs = _pairs(samples(inputs), schedule(inputs, "flow"))
    if not pairs:
        return Page(Nothing(Text("report.absent.no_pairs")), "infused", infused)
    found = assay_agreement.estimate(pairs, max_fold=inputs.plan.assay_fold)
    n = len(pairs)
    slopes = method_comparison.estimate([pair.copies_per_ug for pair in pairs], [pair.flow_share for pair in pairs])
    rows = (
        Row(Text("report.row.pairs"), (count(n, "pairs", n),)),
        Row(Text("report.row.assay_ratio"), (measure(found.ratio, Unit.COEFFICIENT),)),
        Row(Text("report.row.rank_correlation"), (measure(found.rank, Unit.COEFFICIENT),)),
        *_by_time(pairs),
        Row(Text("report.row.deming"), (measure(slopes.deming, Unit.COEFFICIENT),)),
        Row(Text("report.row.passing_bablok"), (measure(slopes.passing_bablok, Unit.COEFFICIENT),)),
        Row(Text("report.row.concordance"), (Cell(Text("report.absent.units_differ")),)),
    )
    columns = (Column(Text("report.column.value"), "pairs", n),)
    return Page(
        Table(Text("report.column.what"), columns, rows),
        "infused",
        infused,
        (
            Text("report.note.pairs_same_day"),
            Text("report.note.slopes"),
            Text("report.note.fold", {"fold": Quantity(inputs.plan.assay_fold)}),
        ),
    )


def _by_time(pairs: list[Pair]) -> list[Row]:
    """Return the rank correlation at each scheduled time that has enough pairs."""
    times: dict[int, list[Pair]] = {}
    for pair in pairs:
        times.setdefault(int(pair.sample.rpartition(" ")[2]), []).append(pair)
    rows = []
    for day, own in sorted(times.items()):
        found = assay_agreement.estimate(own, max_fold=2.0).rank
        head = Text("report.row.rank_at_day", {"day": str(day)})
        rows.append(Row(head, (measure(found, Unit.COEFFICIENT),), "detail"))
    return rows


def _pairs(rows: pl.DataFrame, days: tuple[int, ...]) -> list[Pair]:
    """Return one pair per subject and scheduled time with a usable result of both; below the limit counts as 0."""
    usable = rows.filter((pl.col("time_days") >= 0) & (pl.col("value").is_not_null() | pl.col("below_lloq")))
    at = usable.with_columns(
        scheduled(days).alias("at"),
        pl.when("below_lloq").then(0.0).otherwise(pl.col("value")).alias("read"),
    )
    copies = at.filter(pl.col("assay").is_in(["qpcr", "ddpcr"])).group_by("usubjid", "at").agg(pl.col("read").mean())
    flow = at.filter(pl.col("assay") == "flow").group_by("usubjid", "at").agg(pl.col("read").mean())
    both = copies.join(flow, on=["usubjid", "at"], suffix="_flow").sort("usubjid", "at")
    return [
        Pair(f"{who} {day}", a, b) for who, day, a, b in both.select("usubjid", "at", "read", "read_flow").iter_rows()
    ]
