"""Kinetics on a log axis: a thin line per subject, the median thick, below-limit samples hollow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.theme import BLUE, GREY, VERMILLION, WIDTH
from celltrial.report.render.words import Words

__all__ = ["chart"]

_HEIGHT: Final = 300
#: The dense first month gets a square-root axis, so that month 12 still fits.
_LONG: Final = 60


def chart(data: Mapping[str, Any], words: Words) -> Any:
    """Return one panel below the other; assays and units never share an axis."""
    import altair as alt

    return alt.vconcat(*(_panel(alt, panel, words) for panel in data["panels"]), spacing=26)


def _panel(alt: Any, panel: Mapping[str, Any], words: Words) -> Any:
    longest = max(point["day"] for point in panel["points"])
    scale = alt.Scale(type="sqrt", nice=False) if longest > _LONG else alt.Scale(nice=False)
    ticks = [tick for tick in (0, 3, 7, 14, 21, 28, 60, 90, 180, 270, 360, 540, 720) if tick <= longest]
    day = alt.X(
        "day:Q",
        title=words.say("report.axis.days_since_infusion"),
        scale=scale,
        axis=alt.Axis(values=ticks, grid=False),
    )
    value = alt.Y(
        "value:Q",
        title=words.say("report.axis.log_of", unit=panel["unit"]),
        scale=alt.Scale(type="log", nice=True),
        axis=alt.Axis(format="~s", tickCount=5),
    )
    series = {name: words.say(f"report.series.{name}") for name in ("subject", "median", "below")}
    points = alt.Chart(alt.Data(values=panel["points"]))
    lines = points.mark_line(strokeWidth=1, opacity=0.55, color=GREY).encode(x=day, y=value, detail="subject:N")
    above = points.transform_filter("!datum.below").mark_point(filled=True, size=14, color=GREY, opacity=0.9)
    hollow = points.transform_filter("datum.below").mark_point(
        filled=False, size=26, color=GREY, shape="triangle-down", strokeWidth=1.1, opacity=1
    )
    median = (
        alt.Chart(alt.Data(values=panel["median"]))
        .mark_line(strokeWidth=3, color=BLUE, point={"filled": True, "size": 46, "color": BLUE})
        .encode(x=day, y=value)
    )
    layers = lines + above.encode(x=day, y=value) + hollow.encode(x=day, y=value) + median
    if panel["lloq"] is not None:
        layers = layers + _limit(alt, panel["lloq"], longest, words)
    return (layers + _legend(alt, series)).properties(width=WIDTH, height=_HEIGHT, title=words.text(panel["title"]))


def _limit(alt: Any, lloq: float, longest: float, words: Words) -> Any:
    base = alt.Chart(alt.Data(values=[{"value": lloq, "day": longest, "label": words.say("report.series.lloq")}]))
    rule = base.mark_rule(strokeDash=[5, 4], color=VERMILLION, strokeWidth=1.2).encode(y="value:Q")
    text = base.mark_text(align="right", dy=-6, color=VERMILLION, fontSize=11).encode(
        x="day:Q", y="value:Q", text="label:N"
    )
    return rule + text


def _legend(alt: Any, series: Mapping[str, str]) -> Any:
    names = list(series.values())
    empty = alt.Chart(alt.Data(values=[{"series": name} for name in names]))
    return empty.mark_point(opacity=0).encode(
        shape=alt.Shape(
            "series:N",
            scale=alt.Scale(domain=names, range=["stroke", "circle", "triangle-down"]),
            legend=alt.Legend(title=None, orient="top", symbolOpacity=1, symbolSize=90),
        ),
        color=alt.Color("series:N", scale=alt.Scale(domain=names, range=[GREY, BLUE, GREY])),
    )
