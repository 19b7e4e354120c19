"""Figures of dose finding: decision grid, choices and subjects by scenario, distribution of size, pathways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from celltrial.report.figures.theme import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, WIDTH, YELLOW
from celltrial.report.render.words import Words

#: Move to letter and colour; the letter means the same as the colour.
MOVES: Final[Mapping[str, tuple[str, str]]] = {
    "escalate": ("E", "#8fd3bd"),
    "stay": ("S", "#e3e8ed"),
    "de_escalate": ("D", "#f3cd85"),
    "eliminate": ("DU", "#eba27a"),
    "leave": ("EU", "#b9c4e8"),
    "stop": ("–", "#c9d0d7"),
}
_DOSES: Final = (SKY, BLUE, GREEN, ORANGE, VERMILLION, PURPLE, YELLOW, BLACK)


def legend_of(alt: Any, columns: int = 6) -> Any:
    """Return the legend above a figure."""
    return alt.Legend(title=None, orient="top", columns=columns, symbolType="square", symbolStrokeColor=GREY)


def decision_grid(rows: Sequence[Mapping[str, Any]], words: Words) -> Any:
    """Return the decision after y DLTs in n subjects as a coloured grid with letters."""
    import altair as alt

    found = [move for move in MOVES if any(row["move"] == move for row in rows)]
    names = {move: f"{MOVES[move][0]} {words.say(f'sheet.move.{move}')}" for move in found}
    shown = [
        {"n": row["n"], "y": row["dlt"], "move": names[row["move"]], "letter": MOVES[row["move"]][0]} for row in rows
    ]
    sizes, events = sorted({row["n"] for row in shown}), sorted({row["y"] for row in shown}, reverse=True)
    base = alt.Chart(alt.Data(values=shown)).encode(
        x=alt.X("n:O", sort=sizes, title=words.say("sheet.axis.evaluable"), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("y:O", sort=events, title=words.say("sheet.axis.dlts")),
    )
    scale = alt.Scale(domain=list(names.values()), range=[MOVES[move][1] for move in found])
    cells = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color("move:N", scale=scale, legend=legend_of(alt))
    )
    letters = base.mark_text(fontSize=11, color=BLACK).encode(text="letter:N")
    return (cells + letters).properties(width=WIDTH, height=alt.Step(20))


def decision_grids(rows: Sequence[Mapping[str, Any]], counted: str, words: Words) -> Any:
    """Return one coloured grid per number of subjects, DLTs across and a second count up; rows {n, dlt, counted, move}."""
    import altair as alt

    found = [move for move in MOVES if any(row["move"] == move for row in rows)]
    names = {move: f"{MOVES[move][0]} {words.say(f'sheet.move.{move}')}" for move in found}
    panels = {n: words.say("sheet.panel.evaluable", n=n) for n in sorted({row["n"] for row in rows})}
    shown = [
        {
            "panel": panels[row["n"]],
            "x": row["dlt"],
            "y": row[counted],
            "move": names[row["move"]],
            "letter": MOVES[row["move"]][0],
        }
        for row in rows
    ]
    up = sorted({row["y"] for row in shown}, reverse=True)
    base = alt.Chart().encode(
        x=alt.X("x:O", title=words.say("sheet.axis.dlts"), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("y:O", sort=up, title=words.say(f"sheet.axis.{counted}")),
    )
    scale = alt.Scale(domain=list(names.values()), range=[MOVES[move][1] for move in found])
    cells = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color("move:N", scale=scale, legend=legend_of(alt, columns=3))
    )
    letters = base.mark_text(fontSize=10, color=BLACK).encode(text="letter:N")
    return (
        alt.layer(cells, letters, data=alt.Data(values=shown))
        .properties(width=alt.Step(24), height=alt.Step(20))
        .facet(facet=alt.Facet("panel:N", sort=list(panels.values()), title=None), columns=3)
        .resolve_scale(x="independent", y="independent")
    )


def dose_colours(parts: int, *, last_is_none: bool = True) -> list[str]:
    """Return a colour per dose; the last part, no dose, is grey."""
    colours = [_DOSES[k % len(_DOSES)] for k in range(parts)]
    return [*colours[:-1], "#c9d0d7"] if last_is_none else colours


def stacked_bars(
    rows: Sequence[Mapping[str, Any]], parts: Sequence[str], words: Words, *, title: str, share: bool
) -> Any:
    """Return one bar per scenario, its parts side by side; rows of {scenario, part, value}; the last share is grey."""
    import altair as alt

    colours = dose_colours(len(parts), last_is_none=share)
    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    order = {part: k for k, part in enumerate(parts)}
    values = [{**row, "order": order[row["part"]]} for row in rows]
    axis = alt.Axis(format="%") if share else alt.Axis()
    scale = alt.Scale(domain=[0, 1]) if share else alt.Undefined
    return (
        alt.Chart(alt.Data(values=values))
        .mark_bar(stroke="white", strokeWidth=1)
        .encode(
            y=alt.Y("scenario:N", sort=scenarios, title=None, axis=alt.Axis(labelLimit=260, ticks=False)),
            x=alt.X("value:Q", stack="zero", title=words.say(title), axis=axis, scale=scale),
            color=alt.Color("part:N", scale=alt.Scale(domain=list(parts), range=colours), legend=legend_of(alt)),
            order=alt.Order("order:Q"),
        )
        .properties(width=620, height=alt.Step(30))
    )


def size_bars(rows: Sequence[Mapping[str, Any]], words: Words) -> Any:
    """Return the distribution of the number of subjects, one panel per scenario; rows of {scenario, n, value}."""
    import altair as alt

    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    return (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_bar(color=BLUE, size=9)
        .encode(
            x=alt.X("n:Q", title=words.say("sheet.axis.subjects"), axis=alt.Axis(grid=False, format="d")),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(format="%", tickCount=4)),
        )
        .properties(width=390, height=110)
        .facet(facet=alt.Facet("scenario:N", sort=scenarios, title=None), columns=2)
    )


def pathway_grid(rows: Sequence[Mapping[str, Any]], words: Words) -> Any:
    """Return the decision after two cohorts: first outcome down, second across; rows {first, second, move, text}."""
    import altair as alt

    found = [move for move in MOVES if any(row["move"] == move for row in rows)]
    names = {move: words.say(f"sheet.move.{move}") for move in found}
    values = [{**row, "move": names[row["move"]]} for row in rows]
    first = list(dict.fromkeys(row["first"] for row in rows))
    second = sorted({row["second"] for row in rows})
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y(
            "first:N",
            sort=first,
            title=words.say("sheet.axis.first_cohort"),
            axis=alt.Axis(labelLimit=320, titlePadding=26),
        ),
        x=alt.X(
            "second:N",
            sort=second,
            title=words.say("sheet.axis.second_cohort"),
            axis=alt.Axis(orient="top", labelAngle=0),
        ),
    )
    scale = alt.Scale(domain=list(names.values()), range=[MOVES[move][1] for move in found])
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("move:N", scale=scale, legend=legend_of(alt))
    )
    texts = base.mark_text(fontSize=12, color=BLACK).encode(text="text:N")
    return (cells + texts).properties(width=600, height=alt.Step(38))
