"""Section 9: which events are collected and how each risk is met."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.report.content.values import Code, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import facts, items, shown


def definitions(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the grading scales."""
    yield from facts(inputs.protocol.risk_plan, "risk_plan", "consensus_versions")


def timing(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield until when the protocol's own rules count adverse events, and the close observation after infusion.

    No field states the period of collection; what follows from the rules is its least length, and that is what is said.
    """
    counting = tuple(_counting_windows(inputs.protocol))
    if counting:
        last = max(counting, key=lambda item: item[2].days)
        values = {"day": shown(last[2], inputs.protocol, "id"), "rule": last[0]}
        yield Paragraph(Text("document.events_collected", values), tuple(path for _, path, _ in counting))
        heads = tuple(Text(f"document.head.{name}") for name in ("counted_by", "counted_until"))
        rows = (GridRow((name, shown(window, inputs.protocol, "id"))) for name, _, window in counting)
        yield Grid(heads, tuple(rows), Text("document.caption.counting"), tuple(path for _, path, _ in counting))
    else:
        yield Paragraph(Text("document.events_collected_unknown"), tone="quiet")
    yield from facts(inputs.protocol.risk_plan, "risk_plan", "watch_period")


def _counting_windows(protocol: Protocol) -> Iterator[tuple[Value, str, Duration]]:
    """Yield each rule that counts adverse events: its name, its field, and how long after infusion it counts."""
    if protocol.escalation is not None:
        yield Text("field.Escalation.dlt"), "escalation.dlt.window", protocol.escalation.dlt.window
    for index, rule in enumerate(protocol.stopping.rules if protocol.stopping else ()):
        yield Code("free", rule.id), f"stopping.rules.{index}.event.window", rule.event.window


def special_interest(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the risk matrix: events by prevention, recognition, diagnosis and follow-up; management by grade."""
    plan = inputs.protocol.risk_plan
    if plan is None:
        return
    names = ("term", "prevention", "recognition", "diagnosis", "follow_up")
    yield from items(plan.risks, "risk_plan.risks", *names, caption=Text("document.caption.matrix"))
    more = ("term", "kind", "grading_scale", "expected_rate", "metric_threshold", "stages_considered")
    yield from items(plan.risks, "risk_plan.risks", *more, caption=Text("document.caption.risk_metrics"))
    for risk in plan.risks:
        if risk.management:
            yield Heading(4, Text("document.management_of", {"term": Code("free", risk.term)}))
            yield from items(risk.management, f"risk_plan.risks.{risk.term}.management")


def pregnancy(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield contraception and testing."""
    yield from facts(inputs.protocol.population, "population", "contraception_required", "pregnancy_test_window")
