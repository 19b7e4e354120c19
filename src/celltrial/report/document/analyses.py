"""Section 10: sets, analyses by objective, sample size."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model.efficacy import Endpoint
from celltrial.report.content.values import Count, Recorded, Text
from celltrial.report.document.blocks import Block, Grid, GridRow, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.objectives import handled, of_rank
from celltrial.report.document.stating import facts, items, local, shown


def sets(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the sets that the endpoints are analysed on."""
    protocol = inputs.protocol
    found = protocol.efficacy.endpoints if protocol.efficacy else ()
    rows = tuple(
        GridRow((Recorded(item.id), local(item.text), shown(item.estimand.population, item.estimand, "population")))
        for item in found
        if item.estimand is not None
    )
    if rows:
        heads = (Text("field.Endpoint.id"), Text("field.Endpoint.text"), Text("field.Estimand.population"))
        yield Grid(heads, rows, fields=("efficacy.endpoints",))
    yield from facts(protocol.manufacturing, "manufacturing", "not_treated_denominator")


def primary(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the primary endpoints are analysed, and the comparison of the arms where there is one."""
    yield from _analysed(of_rank(inputs.protocol, "primary"))
    plan = inputs.protocol.confirmatory
    if plan is not None:
        yield from facts(plan.primary_analysis, "confirmatory.primary_analysis")


def secondary(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the secondary endpoints are analysed."""
    yield from _analysed(of_rank(inputs.protocol, "secondary"))


def exploratory(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the exploratory endpoints are analysed."""
    yield from _analysed(of_rank(inputs.protocol, "exploratory"))


def _analysed(found: tuple[Endpoint, ...]) -> Iterator[Block]:
    rows = tuple(
        GridRow(
            (
                Recorded(item.id),
                local(item.text),
                shown(item.origin, item, "origin"),
                Text("document.no_value")
                if item.estimand is None
                else shown(item.estimand.summary, item.estimand, "summary"),
                handled(item),
            )
        )
        for item in found
    )
    if rows:
        heads = (
            Text("field.Endpoint.id"),
            Text("field.Endpoint.text"),
            Text("field.Endpoint.origin"),
            Text("field.Estimand.summary"),
            Text("field.Estimand.intercurrent_events"),
        )
        yield Grid(heads, rows, fields=("efficacy.endpoints",))


def safety(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the rates that are watched and the size of the safety set."""
    plan = inputs.protocol.risk_plan
    if plan is not None:
        yield from items(plan.risks, "risk_plan.risks", "term", "expected_rate", "metric_threshold")
    yield from facts(inputs.protocol.confirmatory, "confirmatory", "safety_set_size", "safety_set_rationale")


def other(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the clinical comparison of process versions."""
    making = inputs.protocol.manufacturing
    if making is not None:
        margins = making.comparability_margins
        yield from items(margins, "manufacturing.comparability_margins", caption=Text("document.caption.margins"))


def interim(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is looked at while the trial runs."""
    rules = inputs.protocol.stopping.rules if inputs.protocol.stopping else ()
    if rules:
        said = {"n": Count(len(rules))}
        yield Paragraph(Text("document.monitored", said), ("stopping.rules",))


def sample_size(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the stated size with the sentence of its design, and what it rests on."""
    protocol, size = inputs.protocol, inputs.size
    if protocol.escalation is not None and inputs.policy is not None:
        said = {"most": Count(inputs.policy.max_subjects)}
        yield Paragraph(Text("document.escalation_size", said), ("escalation.design.params",))
    plan = protocol.confirmatory
    if plan is None:
        return
    if size is not None:
        yield Paragraph(Text(size.sentence.id, size.sentence.params), ("confirmatory.sample_size",))
    if plan.sample_size is not None:
        yield from facts(plan.sample_size, "confirmatory.sample_size")
    yield from facts(plan, "confirmatory", "exploratory_result")
    if plan.null_derivation is not None:
        place = "confirmatory.null_derivation"
        yield from items(plan.null_derivation.studies, f"{place}.studies", caption=Text("field.NullDerivation.studies"))
        yield from facts(plan.null_derivation, place, "differences_listed")
