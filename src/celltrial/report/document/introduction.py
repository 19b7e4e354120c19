"""Section 2: why the trial is done, and its risks and benefits."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Code, Dash, Text
from celltrial.report.document.blocks import Block, Grid, GridRow, Heading
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, number, paragraph, say, span
from celltrial.report.document.stating import evidence, local, prose, share


def purpose(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the need, the condition, how the product acts, and what is known without humans."""
    protocol = inputs.protocol
    yield from prose(protocol.trial.need, "trial.need")
    condition = say("condition", condition=inline(protocol.trial.indication))
    acts = ended(protocol.product.mechanism) if protocol.product.mechanism is not None else None
    yield from paragraph(condition, acts, fields=("trial.indication", "product.mechanism"))
    yield from prose(protocol.product.other_mechanism, "product.other_mechanism")
    if protocol.product.nonclinical:
        yield Heading(4, Text("field.Product.nonclinical"))
        yield from evidence(inputs, protocol.product.nonclinical, "product.nonclinical")


def risks(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the expected risks, and what the plan does about each."""
    protocol = inputs.protocol
    for index, item in enumerate(protocol.population.benefit_risk):
        yield from evidence(inputs, item.expected_risk, f"population.benefit_risk.{index}.expected_risk")
    if protocol.risk_plan is not None and protocol.risk_plan.risks:
        rows = tuple(
            GridRow(
                (
                    Code("free", risk.term),
                    Dash() if risk.expected_rate is None else share(risk.expected_rate),
                    Dash() if risk.prevention is None else local(risk.prevention),
                    say("managed_in"),
                )
            )
            for risk in protocol.risk_plan.risks
        )
        heads = tuple(Text(f"document.head.risk.{name}") for name in ("risk", "rate", "prevention", "management"))
        places = tuple(
            f"risk_plan.risks.{index}.{name}"
            for index in range(len(rows))
            for name in ("term", "expected_rate", "prevention")
        )
        yield Grid(heads, rows, Text("document.caption.risks"), places)
    yield from prose(protocol.product.risk_override, "product.risk_override")
    yield from _interruption(inputs)


def _interruption(inputs: DocumentInputs) -> Iterator[Block]:
    trial = inputs.protocol.trial
    costs = trial.interruption
    if costs is not None:
        place = "trial.interruption"
        yield from paragraph(
            say("interruption.washout", time=span(costs.washout)),
            say(
                "interruption.cost",
                median=span(costs.median_progression),
                low=span(costs.median_progression_low),
                weight=number(costs.progression_weight),
            ),
            say(
                "interruption.gain",
                chance=share(costs.benefit_probability),
                low=share(costs.benefit_probability_low),
            ),
            fields=tuple(f"{place}.{name}" for name in type(costs).model_fields if name != "evidence"),
        )
        yield from evidence(inputs, costs.evidence, f"{place}.evidence")
    if trial.washout_rationale is not None:
        yield from evidence(inputs, (trial.washout_rationale,), "trial.washout_rationale")


def benefits(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the expected benefits."""
    for index, item in enumerate(inputs.protocol.population.benefit_risk):
        yield from evidence(inputs, item.expected_benefit, f"population.benefit_risk.{index}.expected_benefit")


def overall(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the conclusion of the latest weighing."""
    found = inputs.protocol.population.benefit_risk
    if not found:
        return
    last = len(found) - 1
    yield from prose(found[last].conclusion, f"population.benefit_risk.{last}.conclusion")
