"""Dose escalation as it went: order of infusion across, dose level up, filled where there was a DLT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.theme import BLUE, GREY, VERMILLION, WIDTH
from celltrial.report.render.words import Words

_LOOK: Final = {"no_dlt": ("circle", BLUE), "dlt": ("diamond", VERMILLION), "not_evaluable": ("cross", GREY)}
_STEP: Final = 46


def chart(data: Mapping[str, Any], words: Words) -> Any:
    """Return the chart."""
    import altair as alt

    labels = {item["level"]: words.show(item["label"]).line for item in data["levels"]}
    order = [labels[item["level"]] for item in reversed(data["levels"])]
    standing = {name: words.say(f"report.mark.{name}") for name in _LOOK}
    points = [
        {**point, "level": labels[point["level"]], "standing": standing[point["standing"]]} for point in data["points"]
    ]
    last = len(points)
    x = alt.X(
        "order:Q",
        title=words.say("report.axis.order_of_infusion"),
        scale=alt.Scale(domain=[0.5, last + 0.5], nice=False),
        axis=alt.Axis(
            values=[i for i in range(1, last + 1) if i == 1 or i % (1 if last <= 30 else 5) == 0], grid=False
        ),
    )
    y = alt.Y("level:N", sort=order, scale=alt.Scale(domain=order), title=words.say("report.axis.dose_level"))
    base = alt.Chart(alt.Data(values=points))
    path = base.mark_line(color="#c3cad1", interpolate="step", strokeWidth=1.5).encode(x=x, y=y, order="order:Q")
    marks = base.mark_point(filled=True, size=130, opacity=1).encode(
        x=x,
        y=y,
        shape=alt.Shape(
            "standing:N",
            scale=alt.Scale(domain=list(standing.values()), range=[shape for shape, _ in _LOOK.values()]),
            legend=alt.Legend(title=None, orient="top"),
        ),
        color=alt.Color(
            "standing:N",
            scale=alt.Scale(domain=list(standing.values()), range=[colour for _, colour in _LOOK.values()]),
        ),
    )
    return (path + marks).properties(width=WIDTH, height=alt.Step(_STEP))
