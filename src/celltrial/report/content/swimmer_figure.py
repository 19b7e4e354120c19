"""Swimmer plot: response of each infused subject over time, from infusion."""

from __future__ import annotations

from typing import Any

import polars as pl

from celltrial.clinical.response_categories import ORDER
from celltrial.report.content import response_analyses
from celltrial.report.content.follow_up import days_followed
from celltrial.report.content.output import Figure, Nothing, Page
from celltrial.report.content.survival_figure import month_ticks
from celltrial.report.content.values import Code, Count, Text
from celltrial.report.inputs import Inputs

_MONTH = 30.4375


def build(inputs: Inputs) -> Page:
    """Return the swimmer plot, longest time first; what was read by the first reader only."""
    subjects = days_followed(inputs)
    n, source = subjects.height, inputs.sources[0]
    read = inputs.of("adrs", "infused").filter((pl.col("source") == source) & (pl.col("day") > 0))
    if not read.height:
        return Page(Nothing(Text("report.absent.no_assessments")), "infused", n)
    best = response_analyses.best(inputs, source).best
    last = dict(read.group_by("usubjid").agg(pl.col("day").max()).iter_rows())
    rows = [_lane(row, best, last) for row in subjects.to_dicts()]
    rows.sort(key=lambda lane: (-lane["months"], lane["subject"]))
    present = {code.upper() for code in [*read["response"].to_list(), *best.values()]}
    points = [
        {"subject": who, "months": day / _MONTH, "response": code.upper()}
        for who, day, code in read.sort("usubjid", "day", "seq").select("usubjid", "day", "response").rows()
    ]
    data = {
        "lanes": rows,
        "points": points,
        "ticks": month_ticks(max(lane["months"] for lane in rows)),
        "order": [code for code in ORDER if code in present],
        "marks": [mark for row in subjects.to_dicts() for mark in _marks(row)],
        "spelling": {code.upper(): code for code in [*read["response"].to_list(), *best.values()]},
    }
    words = Text("report.figure.swimmer", {"n": Count(n)})
    notes = (Text("report.note.swimmer", {"source": Code("source", source)}),)
    return Page(Figure("swimmer", data, words), "infused", n, notes)


def _lane(row: dict[str, Any], best: Any, last: dict[str, int]) -> dict[str, Any]:
    who = row["usubjid"]
    days = max(row["days"] or 0, last.get(who, 0))
    ongoing = not row["died"] and row["discontinued_date"] is None
    return {"subject": who, "months": days / _MONTH, "best": best[who].upper(), "ongoing": ongoing}


def _marks(row: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[tuple[str, int | None]] = [("new_therapy", row["new_therapy_day"])]
    if row["died"]:
        found.append(("death", row["days"]))
    return [{"subject": row["usubjid"], "months": day / _MONTH, "kind": kind} for kind, day in found if day is not None]
