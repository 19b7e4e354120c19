"""Blocks that judge a design: its audit, and competing designs on the same ladder and scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.report.design_sheet.blocks import Block, Grid
from celltrial.report.design_sheet.escalation_blocks import basis_of, with_error
from celltrial.report.design_sheet.inputs import SheetInputs
from celltrial.report.design_sheet.judging_figures import finding_bars, rival_bars
from celltrial.report.render.words import Words
from celltrial.simulation.characteristics import OperatingCharacteristics

#: What an audit looks for, in the order of the page.
KINDS: Final = (
    "incoherent_escalation",
    "incoherent_de_escalation",
    "non_monotone",
    "rigid",
    "unreachable_dose",
    "untried_choice",
    "eliminated_choice",
)


def audit_block(inputs: SheetInputs, words: Words) -> Block:
    """Return the audit: how many states show each kind of fault, with the first example of each."""
    title, basis = words.say("sheet.title.audit"), words.say("sheet.basis.audit")
    if inputs.audit is None:
        return Block(title, "", lines=(words.say("sheet.audit.too_large"),))
    found = {one.kind: one for one in inputs.audit}
    bars = [
        {"kind": words.say(f"sheet.audit.kind.{kind}"), "states": found[kind].states if kind in found else 0}
        for kind in KINDS
    ]
    chart = finding_bars(bars, words)
    if not found:
        return Block(title, basis, words.say("sheet.audit.sound"), chart)
    rows = tuple(
        (words.say(one.code), f"{one.states:,}", one.dose, one.example or "–")
        for one in sorted(found.values(), key=lambda item: KINDS.index(item.kind))
    )
    heads = tuple(words.say(f"sheet.head.{name}") for name in ("fault", "states", "dose", "example"))
    return Block(title, basis, chart=chart, grid=Grid(heads, rows))


def rival_blocks(inputs: SheetInputs, words: Words) -> Iterator[Block]:
    """Yield the figure and the table of the competing designs; none where there are none."""
    plan = inputs.protocol.escalation
    if plan is None or not inputs.rivals:
        return
    labels = [level.label for level in inputs.protocol.dose.levels]
    none = words.say("sheet.head.none")
    bases = dict.fromkeys(f"{one.kind}: {basis_of(one.characteristics, one.calendar, words)}" for one in inputs.rivals)
    bars = []
    rows: list[tuple[str, ...]] = []
    for number, scenario in enumerate(plan.scenarios):
        name = getattr(scenario.name, words.language)
        rates = " / ".join(f"{100 * rate:.0f}%" for rate in scenario.dlt_rates)
        for order, one in enumerate(inputs.rivals):
            item = one.characteristics[number]
            for part, value in zip([*labels, none], [*item.prob_select, item.prob_none], strict=True):
                bars.append({"scenario": f"{name} ({rates})", "design": one.kind, "part": part, "value": value})
            rows.append((f"{name} ({rates})" if order == 0 else "", one.kind, *_numbers(item)))
    lead = words.say("sheet.lead.rivals")
    chart = rival_bars(bars, [*labels, none], [one.kind for one in inputs.rivals], words)
    yield Block(words.say("sheet.title.rivals"), "", lead, chart, lines=tuple(bases))
    heads = [words.say("sheet.head.scenario"), words.say("sheet.head.design"), *labels, none]
    heads += [words.say(f"sheet.head.{name}") for name in ("mean_n", "mean_dlt", "overdosing")]
    lines = tuple(f"{one.kind}: {one.params}" for one in inputs.rivals)
    yield Block(words.say("sheet.title.rival_numbers"), "", grid=Grid(tuple(heads), tuple(rows), left=2), lines=lines)


def _numbers(item: OperatingCharacteristics) -> tuple[str, ...]:
    chosen = [with_error(item, "prob_select", k, p, share=True) for k, p in enumerate(item.prob_select)]
    over = "–" if item.prob_overdosing is None else f"{100 * item.prob_overdosing:.1f}"
    none = with_error(item, "prob_none", 0, item.prob_none, share=True)
    return (*chosen, none, f"{item.expected_total_n:.1f}", f"{item.expected_total_dlt:.2f}", over)
