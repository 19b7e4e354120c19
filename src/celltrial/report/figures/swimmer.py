"""Swimmer plot: time since infusion as a bar, every assessment on it, death and new therapy marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.theme import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    WIDTH,
    row_step,
)
from celltrial.report.render.words import Words

#: Category to colour and shape; the deeper the response, the rounder and darker.
_LOOK: Final = {
    "SCR": ("#003f5c", "circle"),
    "CR": (BLUE, "circle"),
    "CMR": (BLUE, "circle"),
    "CRH": (BLUE, "circle"),
    "CRI": (SKY, "circle"),
    "VGPR": (SKY, "square"),
    "PR": (GREEN, "diamond"),
    "PMR": (GREEN, "diamond"),
    "MR": (PURPLE, "triangle-up"),
    "SD": (ORANGE, "triangle-up"),
    "NMR": (ORANGE, "triangle-up"),
    "NON-CR/NON-PD": ("#7b8794", "triangle-down"),
    "PD": (VERMILLION, "cross"),
    "PMD": (VERMILLION, "cross"),
    "NE": ("#9aa3ad", "triangle-left"),
}


def chart(data: Mapping[str, Any], words: Words) -> Any:
    """Return the chart; months count from infusion."""
    import altair as alt

    lanes = [lane["subject"] for lane in data["lanes"]]
    step = row_step(len(lanes))
    lane = alt.Y(
        "subject:N",
        sort=lanes,
        title=None,
        axis=alt.Axis(labelFontSize=min(12, step - 1), ticks=False, domain=False, labelOverlap=False),
    )
    bars = (
        alt.Chart(alt.Data(values=data["lanes"]))
        .mark_bar(height={"band": 0.5}, color="#dfe5ea")
        .encode(
            y=lane,
            x=alt.X(
                "months:Q",
                title=words.say("report.axis.months_since_infusion"),
                axis=alt.Axis(values=data["ticks"], format="d"),
                scale=alt.Scale(domain=[0, data["ticks"][-1]], nice=False),
            ),
        )
    )
    ongoing = (
        alt.Chart(alt.Data(values=[row for row in data["lanes"] if row["ongoing"]]))
        .mark_point(shape="triangle-right", filled=True, color="#7b8794", size=step * 4, opacity=1)
        .encode(y=lane, x="months:Q")
    )
    layers = bars + ongoing + _points(alt, data, words, lane, step)
    marks = _marks(alt, data, words, lane, step)
    return (
        (layers + marks)
        .resolve_scale(shape="independent", color="independent", fill="independent")
        .properties(width=WIDTH, height=alt.Step(step))
    )


def _points(alt: Any, data: Mapping[str, Any], words: Words, lane: Any, step: int) -> Any:
    order = data["order"]
    named = {code: words.code("response", data["spelling"].get(code, code)) for code in order}
    names = [named[code] for code in order]
    return (
        alt.Chart(alt.Data(values=[{**point, "response": named[point["response"]]} for point in data["points"]]))
        .mark_point(filled=True, opacity=1, size=step * 5, stroke="white", strokeWidth=0.6)
        .encode(
            y=lane,
            x="months:Q",
            color=alt.Color(
                "response:N",
                scale=alt.Scale(domain=names, range=[_LOOK[code][0] for code in order]),
                legend=alt.Legend(title=None, orient="top", columns=8),
            ),
            shape=alt.Shape("response:N", scale=alt.Scale(domain=names, range=[_LOOK[code][1] for code in order])),
        )
    )


def _marks(alt: Any, data: Mapping[str, Any], words: Words, lane: Any, step: int) -> Any:
    kinds = {name: words.say(f"report.mark.{name}") for name in ("death", "new_therapy")}
    shapes = ["square", "triangle-up"]
    return (
        alt.Chart(alt.Data(values=[{**mark, "kind": kinds[mark["kind"]]} for mark in data["marks"]]))
        .mark_point(filled=True, opacity=1, size=step * 4.5, color=BLACK)
        .encode(
            y=lane,
            x="months:Q",
            shape=alt.Shape(
                "kind:N",
                scale=alt.Scale(domain=list(kinds.values()), range=shapes),
                legend=alt.Legend(title=None, orient="top", symbolFillColor=BLACK, symbolStrokeColor=BLACK),
            ),
        )
    )
