"""Kaplan-Meier curves with limits and censoring, and the numbers at risk aligned under the axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.theme import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILLION, WIDTH
from celltrial.report.render.words import Words

#: Colour and dash of the first line, the second, ...
_LOOKS: Final[tuple[tuple[str, list[int]], ...]] = (
    (BLUE, [1, 0]),
    (VERMILLION, [7, 4]),
    (GREEN, [2, 3]),
    (PURPLE, [9, 3, 2, 3]),
    (ORANGE, [4, 2]),
    (BLACK, [1, 2]),
)
_HEIGHT: Final = 320
_ROW: Final = 22


def chart(data: Mapping[str, Any], words: Words) -> Any:
    """Return curves above, numbers at risk below, on one time axis."""
    import altair as alt

    names = {line["series"]: _name(line, words) for line in data["lines"]}
    ticks = data["ticks"]
    months = alt.Scale(domain=[0, ticks[-1]], nice=False)
    return alt.vconcat(
        _curves(alt, data, words, names, months), _risk(alt, data, words, names, months), spacing=64, bounds="flush"
    )


def _name(line: Mapping[str, Any], words: Words) -> str:
    return words.say(
        "report.series.origin",
        origin=words.show(line["name"]).line,
        n=str(line["n"]),
        events=str(line["events"]),
    )


def _curves(alt: Any, data: Mapping[str, Any], words: Words, names: Mapping[str, str], months: Any) -> Any:
    steps = [{**step, "origin": names[line["series"]]} for line in data["lines"] for step in line["steps"]]
    censored = [{**mark, "origin": names[line["series"]]} for line in data["lines"] for mark in line["censored"]]
    axis = alt.Axis(values=data["ticks"], grid=False, format="d")
    x = alt.X("months:Q", scale=months, title=words.say("report.axis.months"), axis=axis)
    title = words.code("endpoint", data["endpoint"])
    shares = alt.Axis(format="%", tickCount=5)
    y = alt.Y("survival:Q", scale=alt.Scale(domain=[0, 1]), axis=shares, title=title)
    shown = list(names.values())
    looks = [_LOOKS[i % len(_LOOKS)] for i in range(len(shown))]
    legend = alt.Legend(
        title=None, orient="top", columns=1, symbolType="stroke", symbolSize=400, symbolStrokeWidth=2, symbolOpacity=1
    )
    colour = alt.Color("origin:N", scale=alt.Scale(domain=shown, range=[colour for colour, _ in looks]), legend=legend)
    dash = alt.StrokeDash(
        "origin:N", scale=alt.Scale(domain=shown, range=[dashes for _, dashes in looks]), legend=legend
    )
    base = alt.Chart(alt.Data(values=steps))
    band = base.mark_area(interpolate="step-after", opacity=0.12).encode(
        x=x, y=alt.Y("low:Q", title=title), y2="high:Q", color=colour
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash)
    tick = (
        alt.Chart(alt.Data(values=censored))
        .mark_point(shape="stroke", angle=90, size=70, strokeWidth=1.4, opacity=1)
        .encode(x=x, y=y, color=colour)
    )
    return (band + line + tick).properties(width=WIDTH, height=_HEIGHT)


def _risk(alt: Any, data: Mapping[str, Any], words: Words, names: Mapping[str, str], months: Any) -> Any:
    origins = [words.show(line["name"]).line for line in data["lines"]]
    rows = [
        {**cell, "origin": origin}
        for origin, line in zip(origins, data["lines"], strict=True)
        for cell in line["at_risk"]
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_text(fontSize=12, color=BLACK)
        .encode(
            x=alt.X("months:Q", scale=months, axis=None),
            y=alt.Y(
                "origin:N",
                sort=origins,
                title=None,
                axis=alt.Axis(ticks=False, domain=False, labelLimit=160, labelPadding=14),
            ),
            text="n:Q",
        )
        .properties(
            width=WIDTH,
            height=_ROW * len(names),
            title=alt.TitleParams(words.say("report.axis.at_risk"), anchor="start", offset=4, fontSize=12),
        )
    )
