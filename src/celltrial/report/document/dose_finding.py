"""Section 6.4: how the dose changes between participants: design, decision table, DLT, staggering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.designs.sizing.stagger import Stagger, describe, stagger_calendar
from celltrial.protocol.model.escalation import Escalation
from celltrial.report.content.values import Code, Count, Recorded, Text, Value
from celltrial.report.design_sheet.parameters import format_params
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Heading, Paragraph, Toned
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import evidence, facts, items, shown

_TONES: Final = {
    "escalate": "good",
    "stay": "",
    "de_escalate": "fair",
    "eliminate": "bad",
    "leave": "bad",
    "stop": "bad",
}
#: Columns of a printed decision table at most.
_MOST: Final = 18
_COHORT: Final = 3


def dose_modification(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the design in its own sentences, its decision table, the DLT definition and the staggering calendar."""
    plan, policy = inputs.protocol.escalation, inputs.policy
    if plan is None or policy is None:
        return
    yield Heading(4, Text("field.Escalation.design"))
    yield Bullets(tuple(Text(item.id, item.params) for item in policy.describe()), ("escalation.design",))
    yield from _choice(plan)
    yield from _decisions(inputs)
    if inputs.decisions:
        yield Paragraph(Text("document.moves"), ("escalation.design",))
    yield Heading(4, Text("field.Escalation.dlt"))
    window = shown(plan.dlt.window, plan.dlt, "window")
    yield Paragraph(Text("document.dlt", {"window": window}), ("escalation.dlt",))
    yield from facts(plan.dlt, "escalation.dlt", skip=("rules",))
    yield from items(plan.dlt.rules, "escalation.dlt.rules", caption=Text("document.caption.dlt"))
    yield Heading(4, Text("field.Escalation.staggering"))
    yield from _staggering(inputs, plan)
    yield from facts(plan, "escalation", "closed_level")


def _choice(plan: Escalation) -> Iterator[Block]:
    rows = [GridRow((Recorded(plan.design.kind), Recorded(format_params(plan.design.params))))]
    rows += [GridRow((Recorded(item.kind), Recorded(format_params(item.params)))) for item in plan.design.modifiers]
    heads = (Text("document.head.design_or_rule"), Text("field.DesignChoice.params"))
    yield Grid(heads, tuple(rows), fields=("escalation.design.params", "escalation.design.modifiers"))


def _decisions(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the decision table: DLTs down, participants across; a design with a second count has one table per count."""
    if not inputs.decisions:
        yield Paragraph(Text("sheet.lead.no_table"), ("escalation.design",))
        return
    if inputs.counted is None:
        yield _decision_grid(
            {(row["n"], row["dlt"]): row["move"] for row in inputs.decisions}, Text("sheet.lead.decisions")
        )
        return
    counts = sorted({row["n"] for row in inputs.decisions if row["n"] <= _MOST})
    for n in counts:
        found = {(row[inputs.counted], row["dlt"]): row["move"] for row in inputs.decisions if row["n"] == n}
        title = Text(f"document.caption.decisions.{inputs.counted}", {"n": Count(n)})
        yield _decision_grid(found, title, f"document.head.{inputs.counted}")


def _decision_grid(found: dict[tuple[int, int], str], caption: Text, across: str = "document.head.n") -> Grid:
    columns = sorted({column for column, _ in found if column <= _MOST})
    rows = sorted({dlt for column, dlt in found if column <= _MOST})
    heads: tuple[Value, ...] = (Text(across), *(Count(column) for column in columns))
    shown_rows = tuple(
        GridRow((Text("document.dlt_count", {"n": Count(dlt)}), *(_move(found.get((c, dlt))) for c in columns)))
        for dlt in rows
    )
    return Grid(heads, shown_rows, caption, ("escalation.design",), "marks")


def _move(move: str | None) -> Value | Toned:
    if move is None:
        return Recorded("")
    return Toned(Text(f"document.move.{move}"), _TONES[move])


def _staggering(inputs: DocumentInputs, plan: Escalation) -> Iterator[Block]:
    stagger = plan.staggering
    per_level = int(plan.design.params.get("cohort_size", _COHORT))
    params = Stagger(
        len(inputs.protocol.dose.levels),
        per_level,
        stagger.after_first_of_level.days,
        stagger.between_later.days,
        stagger.between_levels.days,
        plan.dlt.window.days,
    )
    calendar = stagger_calendar(params)
    sentence = describe(params, calendar)
    yield Paragraph(Text(sentence.id, sentence.params), ("escalation.staggering",))
    heads = (
        Text("document.head.level"),
        *(Text("document.head.subject_of_level", {"n": Count(k)}) for k in range(1, per_level + 1)),
    )
    days = [calendar.infusions[k : k + per_level] for k in range(0, len(calendar.infusions), per_level)]
    rows = tuple(
        GridRow((Code("free", level.label), *(Text("document.day", {"day": f"{day:g}"}) for day in row)))
        for level, row in zip(inputs.protocol.dose.levels, days, strict=True)
    )
    yield Grid(heads, rows, Text("document.caption.stagger"), ("escalation.staggering",))
    yield from facts(stagger, "escalation.staggering", skip=("basis",))
    yield from evidence(stagger.basis, "escalation.staggering.basis")
