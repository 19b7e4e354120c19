"""Vein-to-vein swimlane: each subject from consent to follow-up, with failed runs and the infusion marked."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from celltrial.report.content.output import Figure, Nothing, Page
from celltrial.report.content.values import Count, Text
from celltrial.report.inputs import Inputs

#: Follow-up shown after the last infusion, days; a longer bar is cut there and ends in an arrow.
_SHOWN_AFTER: Final = 45


def build(inputs: Inputs) -> Page:
    """Return the swimlane of the enrolled, in order of enrolment."""
    enrolled = inputs.members("enrolled").sort("enrolled_date", "usubjid", nulls_last=True)
    stages = inputs.of("adlt", "enrolled")
    if not stages.height:
        return Page(Nothing(Text("report.absent.no_stages")), "enrolled", enrolled.height)
    lanes = enrolled["usubjid"].to_list()
    marks = [mark for row in enrolled.to_dicts() for mark in _marks(row)] + _failures(inputs, enrolled)
    limit = _limit(stages, marks)
    bars = [bar for row in stages.to_dicts() if (bar := _bar(row, limit)) is not None]
    arrows = [{"subject": row["usubjid"], "day": limit} for row in stages.to_dicts() if row["end_day"] > limit]
    arrows += [
        {"subject": row["usubjid"], "day": row["end_day"]}
        for row in stages.filter("ongoing").to_dicts()
        if row["end_day"] <= limit
    ]
    data = {
        "lanes": lanes,
        "bars": bars,
        "marks": [mark for mark in marks if mark["day"] <= limit],
        "arrows": arrows,
        "limit": limit,
        "origin": inputs.first_origin,
    }
    words = Text("report.figure.swimlane", {"n": Count(len(lanes))})
    notes = (Text("report.note.swimlane_cut", {"day": str(limit)}),)
    return Page(Figure("swimlane", data, words), "enrolled", enrolled.height, notes)


def _bar(row: dict[str, Any], limit: int) -> dict[str, Any] | None:
    if row["start_day"] >= limit:
        return None
    end = max(row["end_day"], row["start_day"])
    return {"subject": row["usubjid"], "stage": row["stage"], "start": row["start_day"], "end": min(end, limit)}


def _limit(stages: pl.DataFrame, marks: list[dict[str, Any]]) -> int:
    treated = [mark["day"] for mark in marks if mark["kind"] == "infusion"]
    waiting = stages.filter(pl.col("stage") != "follow_up")["end_day"].to_list()
    latest: int = max([*treated, *waiting, 1])
    return latest + _SHOWN_AFTER


def _since(day: date | None, origin: date | None) -> int | None:
    return (day - origin).days if day is not None and origin is not None else None


def _marks(row: dict[str, Any]) -> list[dict[str, Any]]:
    origin = row["enrolled_date"] or row["collected_date"] or row["infused_date"]
    found = [("infusion", row["infused_date"]), ("death", row["death_date"])]
    if not row["infused"] and row["not_treated_reason"] not in {None, "pending"}:
        found.append(("not_treated", row["not_treated_date"]))
    return [
        {"subject": row["usubjid"], "day": day, "kind": kind}
        for kind, when in found
        if (day := _since(when, origin)) is not None
    ]


def _failures(inputs: Inputs, enrolled: pl.DataFrame) -> list[dict[str, Any]]:
    origins = {
        row["usubjid"]: row["enrolled_date"] or row["collected_date"] or row["infused_date"]
        for row in enrolled.to_dicts()
    }
    failed = inputs.of("admanu", "enrolled").filter("failed").sort("batch").to_dicts()
    return [
        {"subject": row["usubjid"], "day": day, "kind": "failed_run"}
        for row in failed
        if (day := _since(row["finished_date"], origins[row["usubjid"]])) is not None
    ]
