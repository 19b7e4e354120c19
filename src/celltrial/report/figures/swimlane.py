"""Swimlane from consent to follow-up: a lane per subject, stages as bars, what happened as marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.theme import BLACK, BLUE, ORANGE, SKY, VERMILLION, WIDTH, YELLOW, row_step
from celltrial.report.render.words import Words

_STAGES: Final = {
    "screening": "#d9dde2",
    "collection": BLUE,
    "manufacture": SKY,
    "waiting": YELLOW,
    "lymphodepletion": VERMILLION,
    "follow_up": "#c9e4d8",
}
_AXES: Final = {
    "enrolment": "report.axis.days_since_enrolment",
    "collection": "report.axis.days_since_collection",
    "infusion": "report.axis.days_since_infusion",
}
_MARKS: Final = {
    "infusion": ("triangle-down", BLACK),
    "failed_run": ("cross", "#b00020"),
    "not_treated": ("diamond", ORANGE),
    "death": ("square", BLACK),
}


def chart(data: Mapping[str, Any], words: Words) -> Any:
    """Return the chart; days count from the first step that the records date."""
    import altair as alt

    lanes = data["lanes"]
    stages = {name: words.say(f"report.code.stage.{name}") for name in _STAGES}
    kinds = {name: words.say(f"report.mark.{name}") for name in _MARKS}
    lane = alt.Y("subject:N", sort=lanes, title=None, axis=_lane_axis(alt, len(lanes)))
    day = alt.Scale(nice=False, domain=_domain(data), clamp=True)
    bars = (
        alt.Chart(alt.Data(values=[{**bar, "stage": stages[bar["stage"]]} for bar in data["bars"]]))
        .mark_bar(height={"band": 0.62}, stroke="#ffffff", strokeWidth=0.6)
        .encode(
            y=lane,
            x=alt.X("start:Q", title=words.say(_AXES[data["origin"]]), scale=day),
            x2="end:Q",
            color=alt.Color(
                "stage:N",
                scale=alt.Scale(domain=list(stages.values()), range=list(_STAGES.values())),
                legend=alt.Legend(title=None, orient="top", columns=6, symbolType="square"),
            ),
        )
    )
    marks = (
        alt.Chart(alt.Data(values=[{**mark, "kind": kinds[mark["kind"]]} for mark in data["marks"]]))
        .mark_point(filled=True, opacity=1, size=row_step(len(lanes)) * 5, stroke="white", strokeWidth=0.7)
        .encode(
            y=lane,
            x=alt.X("day:Q", scale=day),
            shape=alt.Shape(
                "kind:N",
                scale=alt.Scale(domain=list(kinds.values()), range=[shape for shape, _ in _MARKS.values()]),
                legend=alt.Legend(title=None, orient="top", columns=4, symbolFillColor=BLACK, symbolStrokeColor=BLACK),
            ),
            fill=alt.Fill(
                "kind:N",
                scale=alt.Scale(domain=list(kinds.values()), range=[colour for _, colour in _MARKS.values()]),
                legend=None,
            ),
        )
    )
    arrows = (
        alt.Chart(alt.Data(values=data["arrows"]))
        .mark_point(shape="triangle-right", filled=True, color="#4d5966", size=row_step(len(lanes)) * 4, opacity=1)
        .encode(y=lane, x=alt.X("day:Q", scale=day))
    )
    return (
        (bars + arrows + marks)
        .resolve_scale(color="independent", fill="independent", shape="independent")
        .properties(width=WIDTH, height=alt.Step(row_step(len(lanes))))
    )


def _lane_axis(alt: Any, lanes: int) -> Any:
    return alt.Axis(labelFontSize=min(12, row_step(lanes) - 1), ticks=False, domain=False, labelOverlap=False)


def _domain(data: Mapping[str, Any]) -> list[int]:
    first = min([bar["start"] for bar in data["bars"]] + [0])
    return [first, data["limit"]]
