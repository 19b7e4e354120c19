"""Blocks of dose finding: decision table, operating characteristics, sizes, pathways, audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from celltrial.report.design_sheet.blocks import Block, Grid
from celltrial.report.design_sheet.escalation_figures import decision_grid, pathway_grid, size_bars, stacked_bars
from celltrial.report.design_sheet.inputs import SheetInputs
from celltrial.report.render.words import Words
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.pathways import PathwayStep

__all__ = ["escalation_blocks"]


def escalation_blocks(inputs: SheetInputs, words: Words) -> Iterator[Block]:
    """Yield the blocks in reading order; none where the protocol finds no dose."""
    plan = inputs.protocol.escalation
    if plan is None or inputs.policy is None:
        return
    names = {item.id: getattr(item.name, words.language) for item in plan.scenarios}
    labels = [level.label for level in inputs.protocol.dose.levels]
    basis = _basis(inputs.characteristics, words)
    yield Block(
        words.say("sheet.title.decisions"),
        words.say("sheet.basis.rule"),
        words.say("sheet.lead.decisions"),
        decision_grid(inputs.decisions, words),
        lines=tuple(words.say(message.id, **message.params) for message in inputs.policy.describe()),
    )
    if inputs.characteristics:
        yield _table(inputs, words, names, labels, basis)
        yield from _figures(inputs, words, names, labels, basis)
    if inputs.pathways is not None:
        yield _pathways(inputs, words, names, labels)
    yield _audit(inputs, words)


def _basis(found: tuple[OperatingCharacteristics, ...], words: Words) -> str:
    if not found:
        return ""
    first = found[0]
    if first.exact:
        error = max(item.total_probability_error or 0.0 for item in found)
        return words.say("sheet.basis.exact", states=f"{first.states:,}", error=f"{error:.0e}")
    worst = max(max(item.standard_error["prob_select"]) for item in found)
    return words.say("sheet.basis.simulated", trials=f"{first.trials:,}", seed=first.seed, error=f"{100 * worst:.2f}")


def _with_error(item: OperatingCharacteristics, name: str, index: int, value: float, *, share: bool) -> str:
    """Return a number with its standard error where it was simulated."""
    errors = item.standard_error.get(name)
    scale, digits = (100, 1) if share else (1, 2)
    shown = f"{scale * value:.{digits}f}"
    return shown if errors is None else f"{shown} ± {scale * errors[index]:.{digits + 1}f}"


def _table(inputs: SheetInputs, words: Words, names: Mapping[str, str], labels: list[str], basis: str) -> Block:
    plan = inputs.protocol.escalation
    assert plan is not None
    rates = {item.id: item.dlt_rates for item in plan.scenarios}
    rows: list[tuple[str, ...]] = []
    for item in inputs.characteristics:
        truth = (f"{100 * rate:.1f}" for rate in rates[item.scenario])
        rows.append((names[item.scenario], words.say("sheet.row.true_rate"), *truth, "", ""))
        chosen = (_with_error(item, "prob_select", k, p, share=True) for k, p in enumerate(item.prob_select))
        none = _with_error(item, "prob_none", 0, item.prob_none, share=True)
        rows.append(("", words.say("sheet.row.selected"), *chosen, none, ""))
        for key, values in (("expected_n", item.expected_n), ("expected_dlt", item.expected_dlt)):
            cells = (_with_error(item, key, k, v, share=False) for k, v in enumerate(values))
            rows.append(("", words.say(f"sheet.row.{key}"), *cells, "", f"{sum(values):.2f}"))
        if item.prob_overdosing is not None:
            over = _with_error(item, "prob_overdosing", 0, item.prob_overdosing, share=True)
            rows.append(("", words.say("sheet.row.overdosing"), *("" for _ in labels), "", over))
    heads = (words.say("sheet.head.scenario"), "", *labels, words.say("sheet.head.none"), words.say("sheet.head.all"))
    return Block(words.say("sheet.title.characteristics"), basis, grid=Grid(heads, tuple(rows), left=2))


def _figures(
    inputs: SheetInputs, words: Words, names: Mapping[str, str], labels: list[str], basis: str
) -> Iterator[Block]:
    none = words.say("sheet.head.none")
    chosen = [
        {"scenario": names[item.scenario], "part": part, "value": value}
        for item in inputs.characteristics
        for part, value in zip([*labels, none], [*item.prob_select, item.prob_none], strict=True)
    ]
    chart = stacked_bars(chosen, [*labels, none], words, title="sheet.axis.prob_select", share=True)
    yield Block(words.say("sheet.title.selected"), basis, chart=chart)
    treated = [
        {"scenario": names[item.scenario], "part": part, "value": value}
        for item in inputs.characteristics
        for part, value in zip(labels, item.expected_n, strict=True)
    ]
    chart = stacked_bars(treated, labels, words, title="sheet.axis.expected_n", share=False)
    yield Block(words.say("sheet.title.treated"), basis, chart=chart)
    sizes = [
        {"scenario": names[item.scenario], "n": n, "value": p}
        for item in inputs.characteristics
        for n, p in sorted(item.n_distribution.items())
    ]
    yield Block(words.say("sheet.title.sizes"), basis, words.say("sheet.lead.sizes"), size_bars(sizes, words))


def _pathways(inputs: SheetInputs, words: Words, names: Mapping[str, str], labels: list[str]) -> Block:
    found = inputs.pathways
    assert found is not None
    rows = [_cell(step, words, labels) for step in found.steps]
    return Block(
        words.say("sheet.title.pathways"),
        words.say("sheet.basis.computed"),
        words.say("sheet.lead.pathways", scenario=names[found.scenario]),
        pathway_grid(rows, words),
    )


def _cell(step: PathwayStep, words: Words, labels: list[str]) -> dict[str, Any]:
    """Return a pathway as a cell: its two cohorts, the move after the last one, the next dose and its probability."""
    cohorts = [part.split(":") for part in step.path.split()]
    given = int(cohorts[-1][0]) - 1
    following = step.decision.next_dose
    if following is None:
        move = "stop"
    else:
        move = "escalate" if following > given else "de_escalate" if following < given else "stay"
    target = words.say("sheet.stop") if following is None else f"→ {labels[following]}"
    chance = "" if step.probability is None else f" · {100 * step.probability:.1f}%"
    first = f"{labels[int(cohorts[0][0]) - 1]}: {cohorts[0][1]}"
    if len(cohorts) == 1:
        return {"first": first, "second": words.say("sheet.no_second"), "move": move, "text": target + chance}
    return {
        "first": f"{first} → {labels[given]}",
        "second": cohorts[1][1],
        "move": move,
        "text": target + chance,
    }


def _audit(inputs: SheetInputs, words: Words) -> Block:
    title, basis = words.say("sheet.title.audit"), words.say("sheet.basis.audit")
    if inputs.audit is None:
        return Block(title, "", lines=(words.say("sheet.audit.too_large"),))
    if not inputs.audit:
        return Block(title, basis, lines=(words.say("sheet.audit.sound"),))
    lines = (
        words.say(
            "sheet.audit.finding",
            text=words.say(one.code),
            states=one.states,
            dose=one.dose,
            example=one.example or "–",
        )
        for one in inputs.audit
    )
    return Block(title, basis, lines=tuple(lines))
