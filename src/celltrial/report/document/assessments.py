"""Section 8: assessments: screening, efficacy, safety, kinetics, biomarkers, immunogenicity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.protocol.model.pharmacology import Measurement
from celltrial.report.content.values import Text
from celltrial.report.document.blocks import Block
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import facts, items

_KINETICS: Final = ("kinetics", "persistence")
_DYNAMICS: Final = (
    "cytokine",
    "subset",
    "activity",
    "secreted_factor",
    "soluble_target",
    "b_cell_aplasia",
    "clonality",
)
_IMMUNOGENICITY: Final = ("immunogenicity", "vector_antibody")


def considerations(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what holds for every sample."""
    names = (
        "blood_volume_cap_share",
        "below_limit_rule",
        "assay_agreement_limits",
        "antibody_comparison",
        "adme_studies",
        "not_measured",
    )
    yield from facts(inputs.protocol.pharmacology, "pharmacology", *names)


def screening(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is assessed before enrolment, and how old it may be."""
    names = ("id", "assessment", "source", "window")
    yield from items(inputs.protocol.population.criteria, "population.criteria", *names)


def efficacy(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield by which criteria, when and by whom response is read."""
    plan = inputs.protocol.efficacy
    if plan is None:
        return
    yield from facts(plan, "efficacy", skip=("endpoints", "visits"))
    yield from items(plan.visits, "efficacy.visits", caption=Text("field.Efficacy.visits"))


def safety(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield by which scales and how long events are looked for."""
    yield from facts(inputs.protocol.risk_plan, "risk_plan", "consensus_versions", "watch_period")


def pregnancy_testing(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how old a pregnancy test may be."""
    yield from facts(inputs.protocol.population, "population", "pregnancy_test_window")


def kinetics(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how expansion and persistence are measured."""
    yield from _measured(inputs, _KINETICS)
    yield from facts(inputs.protocol.pharmacology, "pharmacology", "vector_copy_number_recorded")


def dynamics(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what the cells do."""
    yield from _measured(inputs, _DYNAMICS)


def immunogenicity(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the antibodies that are looked for."""
    yield from _measured(inputs, _IMMUNOGENICITY)


def other_biomarkers(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield every other measurement: target, replication-competent virus, integration."""
    known = {*_KINETICS, *_DYNAMICS, *_IMMUNOGENICITY}
    found = inputs.protocol.pharmacology
    rest = tuple(item.attribute for item in found.measurements if item.attribute not in known) if found else ()
    yield from _measured(inputs, rest)
    yield from facts(found, "pharmacology", "delayed_risk_plan")


def _measured(inputs: DocumentInputs, attributes: tuple[str, ...]) -> Iterator[Block]:
    plan = inputs.protocol.pharmacology
    if plan is not None:
        found: list[Measurement] = [item for item in plan.measurements if item.attribute in attributes]
        yield from items(found, "pharmacology.measurements")
