"""Figures that judge a design: states by fault, recommended doses of competing designs by scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celltrial.report.design_sheet.escalation_figures import dose_colours, legend_of
from celltrial.report.figures.theme import BLACK, VERMILLION
from celltrial.report.render.words import Words


def finding_bars(rows: Sequence[Mapping[str, Any]], words: Words) -> Any:
    """Return the number of states by kind of fault, every kind that was looked for; rows of {kind, states}."""
    import altair as alt

    kinds = [row["kind"] for row in rows]
    most = max(1, *(row["states"] for row in rows))
    base = alt.Chart(alt.Data(values=list(rows))).encode(
        y=alt.Y("kind:N", sort=kinds, title=None, axis=alt.Axis(labelLimit=320, ticks=False)),
        x=alt.X(
            "states:Q",
            title=words.say("sheet.axis.states"),
            axis=alt.Axis(format="d", tickCount=min(most, 8)),
            scale=alt.Scale(domain=[0, most * 1.08]),
        ),
    )
    bars = base.mark_bar(color=VERMILLION)
    texts = base.mark_text(align="left", dx=4, color=BLACK, fontSize=12).encode(text=alt.Text("states:Q", format=","))
    return (bars + texts).properties(width=560, height=alt.Step(24))


def rival_bars(rows: Sequence[Mapping[str, Any]], parts: Sequence[str], kinds: Sequence[str], words: Words) -> Any:
    """Return one panel per scenario with a bar per design, its parts side by side.

    rows of {scenario, design, part, value}; the last part, no dose, is grey.
    """
    import altair as alt

    order = {part: k for k, part in enumerate(parts)}
    values = [{**row, "order": order[row["part"]]} for row in rows]
    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    scale = alt.Scale(domain=list(parts), range=dose_colours(len(parts)))
    return (
        alt.Chart(alt.Data(values=values))
        .mark_bar(stroke="white", strokeWidth=1)
        .encode(
            y=alt.Y("design:N", sort=list(kinds), title=None, axis=alt.Axis(ticks=False)),
            x=alt.X(
                "value:Q",
                stack="zero",
                title=words.say("sheet.axis.prob_select"),
                axis=alt.Axis(format="%", tickCount=5),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color("part:N", scale=scale, legend=legend_of(alt)),
            order=alt.Order("order:Q"),
        )
        .properties(width=330, height=alt.Step(26))
        .facet(facet=alt.Facet("scenario:N", sort=scenarios, title=None, header=alt.Header(labelLimit=400)), columns=2)
        .resolve_scale(x="shared")
    )
