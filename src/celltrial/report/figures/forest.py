"""Forest of ratios: a row for everybody and one for each subgroup, its numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.theme import BLUE, GREY, VERMILLION
from celltrial.report.render.words import Words

_STEP: Final = 26
_WIDTHS: Final = {"label": 200, "events": 130, "plot": 330, "ratio": 190}
#: Ticks of a scale of ratios.
_TICKS: Final = (0.01, 0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 30.0, 100.0)


def chart(data: Mapping[str, Any], words: Words) -> Any:
    """Return the chart: names, events of either group, ratios on a log scale, the ratios in numbers."""
    import altair as alt

    rows = [_row(i, row, words) for i, row in enumerate(data["rows"])]
    ends = [end for row in rows for end in (row["low"], row["high"]) if end is not None and end > 0]
    low, high = _reach(ends)
    for row in rows:
        if row["value"] is not None:
            row |= {"from": max(row["low"], low), "to": min(row["high"], high)}
    y = alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.2))
    source = alt.Chart(alt.Data(values=rows))
    estimated = alt.Chart(alt.Data(values=[row for row in rows if row["value"] is not None]))
    height = alt.Step(_STEP)

    def column(name: str, title: str) -> Any:
        return (
            source.mark_text(align="left", fontSize=12, x=0, limit=_WIDTHS[name])
            .encode(y=y, text=f"{name}:N")
            .properties(width=_WIDTHS[name], height=height, title=alt.TitleParams(title, fontSize=12))
        )

    scale = alt.Scale(type="log", domain=[low, high], nice=False, clamp=True)
    x = alt.X(
        "value:Q",
        scale=scale,
        title=words.say("report.axis.hazard_ratio"),
        axis=alt.Axis(values=[tick for tick in _TICKS if low <= tick <= high], grid=False, format="~g"),
    )
    one = alt.Chart(alt.Data(values=[{"value": 1}])).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=x)
    bars = estimated.mark_rule(strokeWidth=1.6, color=BLUE).encode(x=alt.X("from:Q", scale=scale), x2="to:Q", y=y)
    points = estimated.mark_point(filled=True, opacity=1, size=90).encode(
        x=x,
        y=y,
        shape=alt.condition("datum.all", alt.value("diamond"), alt.value("square")),
        color=alt.condition("datum.all", alt.value(VERMILLION), alt.value(BLUE)),
    )
    other, reference = words.show(data["other"]).line, words.show(data["reference"]).line
    plot = (one + bars + points).properties(
        width=_WIDTHS["plot"],
        height=height,
        title=alt.TitleParams(words.say("report.axis.favours", other=other, reference=reference), fontSize=12),
    )
    return alt.hconcat(
        column("label", words.say("report.column.subgroup")),
        column("events", words.say("report.axis.events_of", other=other, reference=reference)),
        plot,
        column("ratio", words.say("report.column.hazard_ratio")),
        spacing=10,
    )


def _row(number: int, row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    (first, second), (n_first, n_second) = row["events"], row["subjects"]
    return {
        "row": number,
        "label": words.text(row["label"]),
        "events": f"{second}/{n_second} : {first}/{n_first}",
        "ratio": words.show(row["shown"]).line,
        "value": row["value"],
        "low": row["low"],
        "high": row["high"],
        "all": row["all"],
    }


def _reach(ends: list[float]) -> tuple[float, float]:
    """Return the ends of the scale: the ticks that hold every limit, within 0.01 and 100, and 1."""
    smallest, greatest = min([*ends, 0.5]), max([*ends, 2.0])
    low = max((tick for tick in _TICKS if tick <= smallest), default=_TICKS[0])
    high = min((tick for tick in _TICKS if tick >= greatest), default=_TICKS[-1])
    return low, high if math.isfinite(high) else _TICKS[-1]
