"""Section 11: agency, sites, consent, committees, quality."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Text
from celltrial.report.document.blocks import Block
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import facts, items


def regulatory(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the pathway and the advice asked for."""
    yield from facts(inputs.protocol.identification, "identification", "pathway")
    if inputs.protocol.governance is not None:
        agency = inputs.protocol.governance.agency
        yield from items(agency, "governance.agency", caption=Text("field.Governance.agency"))


def sites(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what sites and operators must have."""
    plan = inputs.protocol.sites
    if plan is None:
        return
    yield from items(plan.resources, "sites.resources", caption=Text("field.Sites.resources"))
    yield from items(plan.operators, "sites.operators", caption=Text("field.Sites.operators"))
    yield from facts(plan, "sites", "complex_delivery", "standardised_procedures")


def consent(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield which consents are taken."""
    yield from facts(inputs.protocol.population.consents, "population.consents")


def committees(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the boards."""
    yield from facts(inputs.protocol.governance, "governance", "safety_board", "safety_board_charter")
    if inputs.protocol.efficacy is not None:
        yield from facts(inputs.protocol.efficacy.independent_review, "efficacy.independent_review")


def quality(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how risks to the trial are watched."""
    names = ("monitoring_plan", "evidence_review_interval", "last_evidence_review")
    yield from facts(inputs.protocol.governance, "governance", *names)


def registration(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield where the trial is registered."""
    yield from facts(inputs.protocol.identification, "identification", "registry_ids")
