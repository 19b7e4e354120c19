"""Section 9: which events are collected and how each risk is met."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Code, Text
from celltrial.report.document.blocks import Block, Heading
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import facts, items

__all__ = ["definitions", "pregnancy", "special_interest", "timing"]


def definitions(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the grading scales."""
    yield from facts(inputs.protocol.risk_plan, "risk_plan", "consensus_versions")


def timing(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how long after infusion events are collected."""
    yield from facts(inputs.protocol.risk_plan, "risk_plan", "watch_period")


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
