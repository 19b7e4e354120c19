"""Blocks of dose finding: decision table, operating characteristics, sizes, pathways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from celltrial.designs.policy import Policy
from celltrial.report.design_sheet.blocks import Block, Grid
from celltrial.report.design_sheet.escalation_figures import (
    decision_grid,
    decision_grids,
    pathway_grid,
    size_bars,
    stacked_bars,
)
from celltrial.report.design_sheet.inputs import SheetInputs
from celltrial.report.render.words import Words
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.monte_carlo_calendar import Calendar
from celltrial.simulation.pathways import PathwayStep


def escalation_blocks(inputs: SheetInputs, words: Words) -> Iterator[Block]:
    """Yield the blocks in reading order; none where the protocol finds no dose."""
    plan = inputs.protocol.escalation
    if plan is None or inputs.policy is None:
        return
    names = {item.id: getattr(item.name, words.language) for item in plan.scenarios}
    labels = [level.label for level in inputs.protocol.dose.levels]
    basis = basis_of(inputs.characteristics, inputs.calendar, words)
    yield _decisions(inputs, inputs.policy, words)
    if inputs.characteristics:
        yield _table(inputs, words, names, labels, basis)
        yield from _figures(inputs, words, names, labels, basis)
    if inputs.pathways is not None:
        yield _pathways(inputs, words, names, labels)


def _decisions(inputs: SheetInputs, policy: Policy, words: Words) -> Block:
    lines = tuple(words.say(message.id, **message.params) for message in policy.describe())
    title, basis = words.say("sheet.title.decisions"), words.say("sheet.basis.rule")
    if not inputs.decisions:
        return Block(title, basis, words.say("sheet.lead.no_table"), lines=lines)
    if inputs.counted is None:
        chart = decision_grid(inputs.decisions, words)
        return Block(title, basis, words.say("sheet.lead.decisions"), chart, lines=lines)
    chart = decision_grids(inputs.decisions, inputs.counted, words)
    return Block(title, basis, words.say(f"sheet.lead.decisions.{inputs.counted}"), chart, lines=lines)


def basis_of(found: tuple[OperatingCharacteristics, ...], calendar: Calendar | None, words: Words) -> str:
    """Return how the characteristics were found: exact with states and rounding, or simulated with trials and seed."""
    if not found:
        return ""
    first = found[0]
    if calendar is not None:
        window, gap = f"{calendar.window:g}", f"{calendar.arrival_gap:.1f}"
        late, trials = f"{100 * calendar.late_share:g}", f"{first.trials:,}"
        return words.say("cli.design.in_calendar", trials=trials, seed=first.seed, window=window, gap=gap, late=late)
    if first.exact:
        error = max(item.total_probability_error or 0.0 for item in found)
        return words.say("sheet.basis.exact", states=f"{first.states:,}", error=f"{error:.0e}")
    worst = max(max(item.standard_error["prob_select"]) for item in found)
    return words.say("sheet.basis.simulated", trials=f"{first.trials:,}", seed=first.seed, error=f"{100 * worst:.2f}")


def with_error(item: OperatingCharacteristics, name: str, index: int, value: float, *, share: bool) -> str:
    """Return a number with its standard error where it was simulated."""
    errors = item.standard_error.get(name)
    scale, digits = (100, 1) if share else (1, 2)
    shown = f"{scale * value:.{digits}f}"
    return shown if errors is None else f"{shown} ± {scale * errors[index]:.{digits + 1}f}"


def _table(inputs: SheetInputs, words: Words, names: Mapping[str, str], labels: list[str], basis: str) -> Block:
    plan = inputs.protocol.escalation
    assert plan is not None
    rates = {item.id: item.dlt_rates for item in plan.scenarios}
    days = {
        item.scenario: f"{mean:.0f} ± {error:.0f}"
        for item, (mean, error) in zip(inputs.characteristics, inputs.durations, strict=False)
    }
    rows: list[tuple[str, ...]] = []
    for item in inputs.characteristics:
        truth = (f"{100 * rate:.1f}" for rate in rates[item.scenario])
        rows.append((names[item.scenario], words.say("sheet.row.true_rate"), *truth, "", ""))
        chosen = (with_error(item, "prob_select", k, p, share=True) for k, p in enumerate(item.prob_select))
        none = with_error(item, "prob_none", 0, item.prob_none, share=True)
        rows.append(("", words.say("sheet.row.selected"), *chosen, none, ""))
        for key, values in (("expected_n", item.expected_n), ("expected_dlt", item.expected_dlt)):
            cells = (with_error(item, key, k, v, share=False) for k, v in enumerate(values))
            rows.append(("", words.say(f"sheet.row.{key}"), *cells, "", f"{sum(values):.2f}"))
        if item.prob_overdosing is not None:
            over = with_error(item, "prob_overdosing", 0, item.prob_overdosing, share=True)
            rows.append(("", words.say("sheet.row.overdosing"), *("" for _ in labels), "", over))
        if item.scenario in days:
            rows.append(("", words.say("sheet.row.days"), *("" for _ in labels), "", days[item.scenario]))
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
