"""The sheet as one self-contained HTML page in the look of the study report: no script, no network, figures inline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from celltrial import __version__
from celltrial.locale import TAGS, Language
from celltrial.report.design_sheet.blocks import Block
from celltrial.report.design_sheet.confirmatory_blocks import confirmatory_blocks
from celltrial.report.design_sheet.curve_figures import rule_figure
from celltrial.report.design_sheet.escalation_blocks import escalation_blocks
from celltrial.report.design_sheet.inputs import RuleView, SheetInputs
from celltrial.report.design_sheet.judging_blocks import audit_block, rival_blocks
from celltrial.report.design_sheet.parameters import format_params
from celltrial.report.figures.svg import to_svg
from celltrial.report.render.environment import environment
from celltrial.report.render.words import Words

_RATES = tuple(k / 50 for k in range(46))


def render_sheet(inputs: SheetInputs, language: Language) -> str:
    """Return the page in `language` ("en" or "zh"); equal inputs give equal bytes."""
    words = Words(language)
    audit = [audit_block(inputs, words)] if inputs.audited and inputs.protocol.escalation is not None else []
    sections = [
        ("escalation", [*escalation_blocks(inputs, words), *audit]),
        ("rivals", list(rival_blocks(inputs, words))),
        ("stopping", [_rule(rule, words) for rule in inputs.rules]),
        ("size", list(confirmatory_blocks(inputs.size, words)) if inputs.size else []),
    ]
    numbered = [
        (name, words.say(f"sheet.section.{name}"), [_shown(block, f"{name}{k}") for k, block in enumerate(blocks)])
        for name, blocks in sections
        if blocks
    ]
    return (
        environment("celltrial.report.design_sheet")
        .get_template("design_sheet.html")
        .render(
            tag=TAGS[language],
            words=words,
            version=__version__,
            title=getattr(inputs.protocol.identification.title, language),
            trial=inputs.protocol.identification.id,
            facts=list(_facts(inputs, words)),
            sections=numbered,
        )
    )


def _shown(block: Block, prefix: str) -> dict[str, Any]:
    return {"block": block, "svg": Markup(to_svg(block.chart, prefix=prefix)) if block.chart is not None else None}  # noqa: S704 - made here, its texts escaped by vega


def _facts(inputs: SheetInputs, words: Words) -> Iterator[tuple[str, str]]:
    protocol = inputs.protocol
    yield words.say("sheet.head.protocol"), f"{protocol.identification.id}, {protocol.identification.version}"
    if protocol.escalation is not None:
        design = protocol.escalation.design
        shown = format_params(design.params)
        around = "".join(f" + {item.kind}" for item in design.modifiers)
        yield words.say("sheet.head.design"), f"{design.kind}{around}: {shown}"
        yield words.say("sheet.head.doses"), " · ".join(level.label for level in protocol.dose.levels)
    if inputs.size is not None:
        yield words.say("sheet.head.size_method"), inputs.size.key
    yield words.say("sheet.head.program"), f"celltrial {__version__}"


def _rule(rule: RuleView, words: Words) -> Block:
    steps = [{"n": n, "x": x} for n, x in rule.boundary.boundaries(rule.max_n).items()]
    curve = [{"rate": item.rate, "value": item.prob_stop} for item in rule.boundary.characteristics(_RATES, rule.max_n)]
    pairs = ", ".join(f"{x}/{n}" for n, x in rule.boundary.printed(rule.max_n).items())
    lines = (
        *(words.say(message.id, **message.params) for message in rule.boundary.describe()),
        words.say("sheet.boundary", pairs=pairs or "–"),
    )
    return Block(
        f"{rule.id} {rule.text[words.language]}",
        words.say("sheet.basis.recursion", n=rule.max_n),
        chart=rule_figure(steps, curve, words),
        lines=lines,
    )
