"""Figures over a rate, a size or a look: stopping boundary, power, saw-tooth, bounds of the looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from celltrial.report.figures.theme import BLUE, GREEN, VERMILLION, WIDTH
from celltrial.report.render.words import Words

_HEIGHT: Final = 230
_COLOURS: Final = (BLUE, VERMILLION, GREEN)
_DASHES: Final = ([1, 0], [7, 4], [2, 3])


def _lines(rows: Sequence[Mapping[str, Any]], x: Any, y: Any, *, points: bool = False) -> Any:
    """Return one line per `series`, distinguished by colour and dash."""
    import altair as alt

    series = list(dict.fromkeys(row["series"] for row in rows))
    legend = alt.Legend(title=None, orient="top", symbolType="stroke", symbolSize=400) if len(series) > 1 else None
    colour = alt.Color("series:N", scale=alt.Scale(domain=series, range=list(_COLOURS[: len(series)])), legend=legend)
    dash = alt.StrokeDash("series:N", scale=alt.Scale(domain=series, range=list(_DASHES[: len(series)])), legend=legend)
    base = alt.Chart(alt.Data(values=list(rows)))
    lines = base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash)
    return lines + base.mark_point(filled=True, size=36, opacity=1).encode(x=x, y=y, color=colour) if points else lines


def _share(alt: Any, name: str, title: str) -> Any:
    return alt.Y(f"{name}:Q", title=title, axis=alt.Axis(format="%", tickCount=6), scale=alt.Scale(domain=[0, 1]))


def rule_figure(boundary: Sequence[Mapping[str, Any]], curve: Sequence[Mapping[str, Any]], words: Words) -> Any:
    """Return the boundary {n, x} as steps beside the probability {rate, value} of stopping by the true rate."""
    import altair as alt

    whole = alt.Axis(format="d", tickMinStep=1)
    steps = (
        alt.Chart(alt.Data(values=list(boundary)))
        .mark_line(
            interpolate="step-after", color=VERMILLION, strokeWidth=2, point={"filled": True, "color": VERMILLION}
        )
        .encode(
            x=alt.X("n:Q", title=words.say("sheet.axis.subjects"), axis=whole),
            y=alt.Y("x:Q", title=words.say("sheet.axis.events_that_stop"), axis=whole),
        )
        .properties(width=390, height=_HEIGHT)
    )
    x = alt.X("rate:Q", title=words.say("sheet.axis.true_event_rate"), axis=alt.Axis(format="%"))
    rows = [{**row, "series": ""} for row in curve]
    risk = _lines(rows, x, _share(alt, "value", words.say("sheet.axis.prob_stop")))
    return alt.hconcat(steps, risk.properties(width=390, height=_HEIGHT), spacing=40)


def power_curve(rows: Sequence[Mapping[str, Any]], marks: Sequence[float], words: Words) -> Any:
    """Return the probability of success by the true rate, {rate, value, series}; marked rates get a vertical line."""
    import altair as alt

    x = alt.X("rate:Q", title=words.say("sheet.axis.true_rate"), axis=alt.Axis(format="%", tickCount=10))
    curve = _lines(rows, x, _share(alt, "value", words.say("sheet.axis.prob_success")))
    at = alt.Chart(alt.Data(values=[{"rate": rate} for rate in marks]))
    return (at.mark_rule(color="#9aa3ad", strokeDash=[3, 3]).encode(x="rate:Q") + curve).properties(
        width=WIDTH, height=_HEIGHT
    )


def saw_tooth(rows: Sequence[Mapping[str, Any]], wanted: float, sizes: Sequence[int], words: Words) -> Any:
    """Return the attained power by size, {n, value}; the wanted power and the chosen sizes are marked."""
    import altair as alt

    x = alt.X("n:Q", title=words.say("sheet.axis.size"), axis=alt.Axis(format="d"), scale=alt.Scale(zero=False))
    y = alt.Y("value:Q", title=words.say("sheet.axis.power"), axis=alt.Axis(format="%"), scale=alt.Scale(zero=False))
    curve = _lines([{**row, "series": ""} for row in rows], x, y, points=True)
    level = alt.Chart(alt.Data(values=[{"value": wanted}])).mark_rule(color="#9aa3ad", strokeDash=[3, 3])
    chosen = alt.Chart(alt.Data(values=[{"n": n, "label": f"n = {n}"} for n in sizes]))
    rule = chosen.mark_rule(color=VERMILLION, strokeDash=[7, 4]).encode(x="n:Q")
    label = chosen.mark_text(align="left", dx=4, baseline="top", color=VERMILLION).encode(
        x="n:Q", y=alt.value(2), text="label:N"
    )
    return (level.encode(y="value:Q") + rule + curve + label).properties(width=WIDTH, height=_HEIGHT)


def bounds_plot(rows: Sequence[Mapping[str, Any]], words: Words, *, x: str, y: str) -> Any:
    """Return the bounds at the looks, {look, value, series}; `x` and `y` are keys of the axis titles."""
    import altair as alt

    across = alt.X("look:Q", title=words.say(x), scale=alt.Scale(zero=False, padding=12))
    up = alt.Y("value:Q", title=words.say(y))
    return _lines(rows, across, up, points=True).properties(width=WIDTH, height=_HEIGHT)
