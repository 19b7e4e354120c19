"""Sections 12 and 14: laboratory, long-term follow-up, after approval, assumptions, departures, sources, references."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Count, Joined, Recorded, Text
from celltrial.report.document.blocks import Block, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import facts, items, shown


def laboratory(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the laboratory tests that decide on eligibility."""
    tests = [item for item in inputs.protocol.population.criteria if item.source == "laboratory"]
    yield from items(tests, "population.criteria", "id", "concept", "unit", "assessment")


def follow_up(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the long-term follow-up."""
    plan = inputs.protocol.follow_up
    if plan is None:
        return
    said = {
        "months": Joined(tuple(Recorded(str(month)) for month in plan.visits_months)),
        "every": shown(plan.then_every, plan, "then_every"),
        "years": Text("document.duration.y", {"amount": f"{plan.years:g}"}),
        "window": shown(plan.window, plan, "window"),
        "contacts": Count(plan.contact_attempts_before_lost),
    }
    yield Paragraph(Text("document.follow_up", said), ("follow_up",))
    yield from facts(plan, "follow_up", skip=("assays", "post_market", "rationale", "class_justification"))
    yield from items(plan.assays, "follow_up.assays", caption=Text("field.FollowUp.assays"))


def post_market(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the plan after approval."""
    if inputs.protocol.follow_up is not None:
        yield from facts(inputs.protocol.follow_up.post_market, "follow_up.post_market")


def assumptions(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what planning assumes."""
    yield from facts(inputs.protocol.assumptions, "assumptions")
    if inputs.protocol.escalation is not None:
        scenarios = inputs.protocol.escalation.scenarios
        yield from items(scenarios, "escalation.scenarios", caption=Text("field.Escalation.scenarios"))


def departures(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the signed reasons for not following a clause."""
    yield from items(inputs.protocol.justifications, "justifications")


def sources(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield where each value comes from."""
    yield from items(inputs.protocol.provenance, "provenance")


def references(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the references."""
    yield from items(inputs.protocol.references, "references")
