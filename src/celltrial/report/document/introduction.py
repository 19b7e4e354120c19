"""Section 2: why the trial is done, and its risks and benefits."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Text
from celltrial.report.document.blocks import Block, Heading
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import evidence, facts, items, prose


def purpose(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the indication, how the product acts, and what is known without humans."""
    protocol = inputs.protocol
    yield from prose(protocol.trial.indication, "trial.indication")
    yield from prose(protocol.product.mechanism, "product.mechanism")
    if protocol.product.nonclinical:
        yield Heading(4, Text("field.Product.nonclinical"))
        yield from evidence(protocol.product.nonclinical, "product.nonclinical")


def risks(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the expected risks, and what the plan does about each."""
    protocol = inputs.protocol
    for index, item in enumerate(protocol.population.benefit_risk):
        yield from evidence(item.expected_risk, f"population.benefit_risk.{index}.expected_risk")
    if protocol.risk_plan is not None:
        yield from items(
            protocol.risk_plan.risks,
            "risk_plan.risks",
            "term",
            "expected_rate",
            "metric_threshold",
            "prevention",
            caption=Text("document.caption.risks"),
        )
    yield from prose(protocol.product.risk_override, "product.risk_override")
    yield from facts(protocol.trial.interruption, "trial.interruption")
    if protocol.trial.washout_rationale is not None:
        yield from evidence((protocol.trial.washout_rationale,), "trial.washout_rationale")


def benefits(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the expected benefits."""
    for index, item in enumerate(inputs.protocol.population.benefit_risk):
        yield from evidence(item.expected_benefit, f"population.benefit_risk.{index}.expected_benefit")


def overall(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the weighing of both, as it stood at each version."""
    found = inputs.protocol.population.benefit_risk
    yield from items(found, "population.benefit_risk", "version", "dated", "phase", "conclusion")
