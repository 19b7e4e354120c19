"""Section 4.1, dose finding: design, decision table, DLT, sentinels and staggering, expansion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.designs.escalation.table_text import format_ranges
from celltrial.designs.sizing.stagger import Stagger, describe, stagger_calendar
from celltrial.protocol.model.escalation import DltRule, Escalation, TransitionCriterion
from celltrial.report.content.values import Code, Count, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Heading, Paragraph, Toned
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import (
    days_range,
    ended,
    inline,
    number,
    one_of_two,
    paragraph,
    say,
    span,
    words,
)
from celltrial.report.document.stating import evidence, share, unit_of

_TONES: Final = {
    "escalate": "good",
    "stay": "",
    "de_escalate": "fair",
    "eliminate": "bad",
    "leave": "bad",
    "stop": "bad",
}
#: Columns of a printed decision table at most; a longer one goes on below.
_MOST: Final = 24
_COHORT: Final = 3


def dose_finding(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the design in its own sentences, its decision table, the DLT definition and the staggering calendar."""
    plan, policy = inputs.protocol.escalation, inputs.policy
    if plan is None or policy is None:
        return
    yield Heading(4, Text("field.Escalation.design"))
    yield from paragraph(
        say(f"finding.aim.{plan.objective}"),
        one_of_two("finding.mtd", plan.mtd_needed),
        *(Text(item.id, item.params) for item in policy.describe()),
        say("finding.body", body=Code("free", plan.decision_body)),
        fields=(
            "escalation.objective", "escalation.mtd_needed", "escalation.design.kind", "escalation.design.params",
            "escalation.design.modifiers", "escalation.decision_body",
        ),
    )  # fmt: skip
    if plan.activity_measure is not None:
        measure = say("finding.activity", measure=inline(plan.activity_measure))
        yield from paragraph(measure, fields=("escalation.activity_measure",))
    if plan.non_oncology_exclusion_rate is not None:
        said = say("finding.exclusion", rate=share(plan.non_oncology_exclusion_rate))
        yield from paragraph(said, fields=("escalation.non_oncology_exclusion_rate",))
    yield from _decisions(inputs)
    if inputs.decisions:
        yield Paragraph(Text("document.moves"), ("escalation.design.kind",))
    yield from _closed_level(plan)
    yield Heading(4, Text("field.Escalation.dlt"))
    yield from _dlt(inputs, plan)
    yield Heading(4, Text("field.Escalation.staggering"))
    yield from _staggering(inputs, plan)
    if plan.transition is not None:
        yield Heading(4, Text("field.Escalation.transition"))
        yield from _transition(plan)


def _closed_level(plan: Escalation) -> Iterator[Block]:
    closed = plan.closed_level
    if closed is not None:
        yield from paragraph(
            say(f"closed.{closed.rule}"),
            say("stop.signatures", who=words(closed.signatures)) if closed.signatures else None,
            ended(closed.text) if closed.text is not None else None,
            fields=("escalation.closed_level",),
        )


def _decisions(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the decision table: DLTs down, participants across; a design with a second count has one table per count."""
    if not inputs.decisions:
        yield Paragraph(Text("sheet.lead.no_table"), ("escalation.design.kind",))
        return
    if inputs.counted is None:
        yield from _ranges({(row["n"], row["dlt"]): row["move"] for row in inputs.decisions})
        return
    cohort = (
        int(inputs.protocol.escalation.design.params.get("cohort_size", _COHORT))
        if inputs.protocol.escalation
        else _COHORT
    )
    counts = sorted({row["n"] for row in inputs.decisions if row["n"] % cohort == 0})
    for n in counts:
        found = {(row[inputs.counted], row["dlt"]): row["move"] for row in inputs.decisions if row["n"] == n}
        title = Text(f"document.caption.decisions.{inputs.counted}", {"n": Count(n)})
        yield _decision_grid(found, title, f"document.head.{inputs.counted}")


def _ranges(found: dict[tuple[int, int], str]) -> Iterator[Block]:
    """Yield what follows from how many DLTs: a row per move, a column per number of participants, a range in each cell."""
    counts = sorted({n for n, _ in found})
    moves = [move for move in _TONES if move in set(found.values())]
    heads: tuple[Value, ...] = (Text("document.head.n"), *(Count(n) for n in counts))
    rows = []
    for move in moves:
        dlts = [[dlt for (n, dlt), made in sorted(found.items()) if (n, made) == (count, move)] for count in counts]
        cells = (Toned(Recorded(format_ranges(each)), _TONES[move]) if each else Recorded("") for each in dlts)
        rows.append(GridRow((Text(f"document.move.{move}"), *cells)))
    places = ("escalation.design.kind", "escalation.design.params")
    yield Grid(heads, tuple(rows), Text("document.caption.decisions"), places, "marks")


def _decision_grid(found: dict[tuple[int, int], str], caption: Text, across: str = "document.head.n") -> Grid:
    columns = sorted({column for column, _ in found if column <= _MOST})
    rows = sorted({dlt for column, dlt in found if column <= _MOST})
    heads: tuple[Value, ...] = (Text(across), *(Count(column) for column in columns))
    shown_rows = tuple(
        GridRow((Text("document.dlt_count", {"n": Count(dlt)}), *(_move(found.get((c, dlt))) for c in columns)))
        for dlt in rows
    )
    return Grid(heads, shown_rows, caption, ("escalation.design.kind", "escalation.design.params"), "marks")


def _move(move: str | None) -> Value | Toned:
    if move is None:
        return Recorded("")
    return Toned(Text(f"document.move.{move}"), _TONES[move])


def _dlt(inputs: DocumentInputs, plan: Escalation) -> Iterator[Block]:
    dlt = plan.dlt
    yield from paragraph(
        Text("document.dlt", {"window": span(dlt.window)}),
        ended(dlt.evaluable_when) if dlt.evaluable_when is not None else None,
        say(f"dlt.from.{dlt.counted_from}") if inputs.protocol.treatment.courses else None,
        say("dlt.each_course") if dlt.each_course else None,
        say(f"dlt.partial.{dlt.partial_dose_counts}") if dlt.partial_dose_counts is not None else None,
        fields=(
            "escalation.dlt.window",
            "escalation.dlt.evaluable_when",
            "escalation.dlt.partial_dose_counts",
            *(
                ("escalation.dlt.counted_from", "escalation.dlt.each_course")
                if inputs.protocol.treatment.courses
                else ()
            ),
        ),
    )
    yield Bullets(tuple(_dlt_rule(rule) for rule in dlt.rules), ("escalation.dlt.rules",))


def _dlt_rule(rule: DltRule) -> Value:
    term = say("dlt.any") if rule.term == "any" else Code("free", rule.term)
    parts = {
        "id": Recorded(rule.id),
        "term": term,
        "grade": Count(rule.grade_at_least),
        "scale": Recorded(rule.scale),
        "related": say("dlt.related" if rule.related_only else "dlt.unrelated"),
    }
    if rule.longer_than is None:
        said: Value = say("dlt.rule", **parts)
    else:
        said = say("dlt.rule_longer", **parts, time=span(rule.longer_than))
    if rule.excluded_terms:
        said = say("dlt.except", rule=said, terms=words(rule.excluded_terms))
    return said if rule.text is None else say("dlt.worded", rule=said, text=ended(rule.text))


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
    place = "escalation.staggering"
    yield from paragraph(
        say(
            "stagger.rule",
            first=span(stagger.after_first_of_level),
            later=span(stagger.between_later),
            levels=span(stagger.between_levels),
        ),
        say("stagger.onset", time=span(stagger.analogue_onset_p95)) if stagger.analogue_onset_p95 is not None else None,
        *(ended(item) for item in stagger.sentinel_monitoring),
        Text(sentence.id, sentence.params),
        fields=(
            f"{place}.after_first_of_level", f"{place}.between_later", f"{place}.between_levels", f"{place}.analogue_onset_p95",
            f"{place}.sentinel_monitoring", "escalation.dlt.window", "dose.levels",
        ),
    )  # fmt: skip
    if stagger.sentinel_assessments:
        said = tuple(
            say("stagger.due", what=_observed(item.concept), days=days_range(item.days), early=number(item.early))
            for item in stagger.sentinel_assessments
        )
        yield Bullets(said, (f"{place}.sentinel_assessments",))
    heads = (
        Text("document.head.level"),
        *(Text("document.head.subject_of_level", {"n": Count(k)}) for k in range(1, per_level + 1)),
    )
    days = [calendar.infusions[k : k + per_level] for k in range(0, len(calendar.infusions), per_level)]
    rows = tuple(
        GridRow((Code("free", level.label), *(Text("document.day", {"day": f"{day:g}"}) for day in row)))
        for level, row in zip(inputs.protocol.dose.levels, days, strict=True)
    )
    yield Grid(heads, rows, Text("document.caption.stagger"), (place,))
    yield from evidence(inputs, stagger.basis, f"{place}.basis")


def _observed(concept: str) -> Value:
    return Code("plan.concept", concept)


def _transition(plan: Escalation) -> Iterator[Block]:
    step = plan.transition
    if step is None:
        return
    place = "escalation.transition"
    opens = None
    if step.criteria:
        opens = say("expansion.opens_locked" if step.on_locked_data else "expansion.opens")
    yield from paragraph(
        say("expansion.size", n=Count(step.expansion_size)) if step.expansion_size is not None else None,
        ended(step.text) if step.text is not None else None,
        say("expansion.body", body=Code("free", step.decision_body)) if step.decision_body else None,
        opens,
        fields=(f"{place}.expansion_size", f"{place}.text", f"{place}.decision_body", f"{place}.on_locked_data"),
    )
    if step.criteria:
        yield Bullets(tuple(_criterion(item) for item in step.criteria), (f"{place}.criteria",))


def _criterion(item: TransitionCriterion) -> Value:
    rates = {"dlt_rate_at_dose", "response_rate_at_dose", "posterior_dlt_above_target"}
    value: Value = share(item.value) if item.quantity in rates else number(item.value)
    said = {
        "concept": Code("plan.quantity", item.quantity),
        "operator": Code("plan.operator", item.operator),
        "value": value,
    }
    if item.unit:
        return Text("document.computable_unit", {**said, "unit": unit_of(item.unit)})
    return Text("document.computable", said)
