"""Kinetics on a log axis: a thin line per subject, the median thick, below-limit samples hollow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.theme import BLUE, GREY, VERMILLION, WIDTH
from celltrial.report.render.numbers import significant
from celltrial.report.render.words import Words

_HEIGHT: Final = 300
#: The dense first month gets a square-root axis, so that month 12 still fits.
_LONG: Final = 60
#: Whole numbers with their thousands separated, parts of one as they are.
_LABEL: Final = "datum.value >= 1 ? format(datum.value, ',') : toString(datum.value)"


def chart(data: Mapping[str, Any], words: Words) -> Any:
    """Return one panel below the other; assays and units never share an axis."""
    import altair as alt

    panels = data["panels"]
    return alt.vconcat(*(_panel(alt, panel, words, f"points-{i}") for i, panel in enumerate(panels)), spacing=26)


def datasets(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the samples by the names that the chart uses: altair would copy them many times over."""
    return {f"points-{i}": panel["points"] for i, panel in enumerate(data["panels"])}


def _panel(alt: Any, panel: Mapping[str, Any], words: Words, points_name: str) -> Any:
    longest = max(point["day"] for point in panel["points"])
    scale = (
        alt.Scale(type="sqrt", domain=[0, longest], nice=False)
        if longest > _LONG
        else alt.Scale(domain=[0, longest], nice=False)
    )
    ticks = [tick for tick in (0, 3, 7, 14, 21, 28, 60, 90, 180, 270, 360, 540, 720) if tick <= longest]
    day = alt.X(
        "day:Q",
        title=_days(words, longest),
        scale=scale,
        axis=alt.Axis(values=ticks, grid=False),
    )
    value = alt.Y(
        "value:Q",
        title=words.say("report.axis.log_of", unit=panel["unit"]),
        scale=alt.Scale(type="log", nice=True),
        axis=alt.Axis(labelExpr=_LABEL, tickCount=5),
    )
    series = {name: words.say(f"report.series.{name}") for name in ("subject", "median", "below")}
    points = alt.Chart(alt.NamedData(name=points_name))
    lines = points.mark_line(strokeWidth=1, opacity=0.55, color=GREY).encode(x=day, y=value, detail="subject:N")
    above = points.transform_filter("!datum.below").mark_point(filled=True, size=14, color=GREY, opacity=0.9)
    hollow = points.transform_filter("datum.below").mark_point(
        filled=True, fill="white", size=34, stroke="#5b6470", shape="triangle-down", strokeWidth=1.1, opacity=1
    )
    layers = lines + above.encode(x=day, y=value) + hollow.encode(x=day, y=value) + _median(alt, panel, day, value)
    if panel["lloq"] is not None:
        layers = layers + _limit(alt, panel["lloq"], longest, words)
    return (layers + _legend(alt, series)).properties(width=WIDTH, height=_HEIGHT, title=words.text(panel["title"]))


def _days(words: Words, longest: float) -> str:
    return words.say("report.axis.days_since_infusion_sqrt" if longest > _LONG else "report.axis.days_since_infusion")


def _median(alt: Any, panel: Mapping[str, Any], day: Any, value: Any) -> Any:
    base = alt.Chart(alt.Data(values=panel["median"]))
    line = base.mark_line(strokeWidth=3, color=BLUE).encode(x=day, y=value)
    above = base.transform_filter("!datum.below").mark_point(filled=True, size=50, color=BLUE, opacity=1)
    below = base.transform_filter("datum.below").mark_point(
        filled=True, fill="white", size=64, stroke=BLUE, shape="triangle-down", strokeWidth=1.6, opacity=1
    )
    return line + above.encode(x=day, y=value) + below.encode(x=day, y=value)


def _limit(alt: Any, lloq: float, longest: float, words: Words) -> Any:
    label = words.say("report.series.lloq", limit=significant(lloq))
    base = alt.Chart(alt.Data(values=[{"value": lloq, "day": longest, "label": label}]))
    rule = base.mark_rule(strokeDash=[5, 4], color=VERMILLION, strokeWidth=1.2).encode(y="value:Q")
    text = base.mark_text(align="left", dx=5, color=VERMILLION, fontSize=11).encode(
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
