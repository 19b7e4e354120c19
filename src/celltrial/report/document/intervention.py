"""Section 6: the product, its dose, how it is given, made and kept, and what else the participant gets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from celltrial.protocol.model.dose import Dose, DoseLevel, WeightBand
from celltrial.report.content.values import Code, Count, Dash, Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.courses import arms, cohorts, courses, drugs
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.population import criteria_table
from celltrial.report.document.stating import dose, evidence, facts, items, local, prose


def overview(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the dose levels with the limits within which a product is the planned dose."""
    plan = inputs.protocol.dose
    heads = tuple(Text(f"document.head.{name}") for name in ("level", "label", "dose", "from", "to", "step"))
    yield Grid(
        heads,
        tuple(_ladder(plan)),
        Text("document.caption.ladder", {"basis": Code("plan.basis", plan.basis.value)}),
        ("dose.levels", "dose.band_low", "dose.band_high"),
    )


def _ladder(plan: Dose) -> Iterator[GridRow]:
    before: Decimal | None = None
    for number, level in enumerate(plan.levels, 1):
        low, high = plan.accepted(number, None)
        step: Value = Dash() if before is None else Recorded(f"× {float(level.most / before):.3g}")
        limits = (dose(each, per_kg=plan.per_kg) for each in (low, high))
        start = Text("document.start_level", {"n": Count(number)}) if number == plan.start_level else Count(number)
        yield GridRow((start, Code("free", level.label), level_amount(plan, level), *limits, step))
        before = level.most


def level_amount(plan: Dose, level: DoseLevel) -> Value:
    """Return how many cells a level is: one number, a range, or a range for each band of body weight."""
    if level.cells is not None:
        return dose(level.cells, per_kg=plan.per_kg)
    if level.low is not None and level.high is not None:
        ends = {"low": dose(level.low, per_kg=plan.per_kg), "high": dose(level.high, per_kg=plan.per_kg)}
        return Text("document.dose_range", ends)
    return Lines(tuple(_band(before, band) for before, band in zip((None, *level.bands), level.bands, strict=False)))


def _band(before: WeightBand | None, band: WeightBand) -> Value:
    per_kg = band.per == "kg"
    said: dict[str, Value] = {"low": dose(band.low, per_kg=per_kg), "high": dose(band.high, per_kg=per_kg)}
    if band.up_to_kg is not None:
        return Text("document.dose_up_to_weight", {**said, "kg": Recorded(f"{band.up_to_kg:f}")})
    least = before.up_to_kg if before is not None else None
    return Text("document.dose_above_weight", {**said, "kg": Recorded("0" if least is None else f"{least:f}")})


def product(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the product profile."""
    found = inputs.protocol.product
    skip = (
        "subsets",
        "components",
        "nonclinical",
        "mechanism",
        "storage",
        "transport",
        "risk_override",
        "ex_vivo_steps",
        "donor_testing",
    )
    yield from facts(found, "product", skip=skip)
    yield from items(found.subsets, "product.subsets", caption=Text("field.Product.subsets"))
    yield from items(found.components, "product.components", caption=Text("field.Product.components"))


def dose_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why this dose, this ladder and this many doses."""
    plan = inputs.protocol.dose
    yield from prose(plan.starting.rationale, "dose.starting.rationale")
    yield from items(plan.starting.candidates, "dose.starting.candidates", "method", "cells", "margin")
    yield from evidence(plan.starting.evidence, "dose.starting.evidence")
    yield from prose(plan.starting.ladder_rationale, "dose.starting.ladder_rationale")
    if inputs.protocol.treatment.courses:
        yield from facts(plan.repeat, "dose.repeat", skip=("doses", "interval"))
    else:
        yield from facts(plan.repeat, "dose.repeat")
    confirmatory = inputs.protocol.confirmatory
    if confirmatory is not None:
        yield from items(
            confirmatory.tested_doses, "confirmatory.tested_doses", caption=Text("field.Confirmatory.tested_doses")
        )


def administration(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the product is given, and the conditions on the day."""
    protocol = inputs.protocol
    yield from facts(protocol.dose, "dose", skip=("levels", "starting", "repeat"))
    infusion = protocol.treatment.infusion
    yield from facts(infusion, "treatment.infusion", "route", "reference_day", "watch_period")
    yield from facts(protocol.treatment, "treatment", "vein_to_vein_expected")
    yield from courses(inputs)
    if infusion.conditions:
        yield Heading(4, Text("field.Infusion.conditions"))
        yield from criteria_table(infusion.conditions, "treatment.infusion.conditions", kinds=True)


def preparation(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the product is made and released."""
    protocol = inputs.protocol
    yield from facts(protocol.product, "product", "ex_vivo_steps", "donor_testing")
    making = protocol.manufacturing
    names = ("process_version", "turnaround", "available_means", "expected_success", "release_tests")
    yield from facts(making, "manufacturing", *names)
    if making is not None:
        yield from items(making.changes, "manufacturing.changes", caption=Text("field.Manufacturing.changes"))


def storage(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the product is kept and carried."""
    yield from facts(inputs.protocol.product, "product", "storage", "transport")
    yield from facts(inputs.protocol.manufacturing, "manufacturing", "preservation", "shelf_life", "custody")


def accountability(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is done where a product fails, is late or is out of specification."""
    making = inputs.protocol.manufacturing
    if making is None:
        return
    names = ("failure_plan", "out_of_specification", "risk_factors_listed", "not_treated_denominator")
    yield from facts(making, "manufacturing", *names)


def assignment(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how a participant comes to a dose or an arm."""
    plan = inputs.protocol.escalation
    if plan is not None:
        body = {"body": Code("free", plan.decision_body)}
        yield Paragraph(Text("document.assigned_by_level", body), ("escalation.decision_body",))
    elif inputs.protocol.trial.design == "SAT":
        yield Paragraph(Text("document.one_arm"), ("trial.design",))
    yield from arms(inputs)
    yield from cohorts(inputs)


def randomisation(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how participants are randomised."""
    if inputs.protocol.confirmatory is not None:
        yield from facts(inputs.protocol.confirmatory.randomisation, "confirmatory.randomisation")


def blinding(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who knows the arm."""
    yield from facts(inputs.protocol.trial.blinding, "trial.blinding", "level", "unblinded_roles")


def background(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield bridging therapy, and the drugs beside the cells."""
    yield from facts(inputs.protocol.treatment.bridging, "treatment.bridging")
    yield from drugs(inputs)


def lymphodepletion(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the lymphodepleting regimen."""
    plan = inputs.protocol.treatment.lymphodepletion
    if plan is None:
        yield Paragraph(Text("document.no_lymphodepletion"), ("treatment.lymphodepletion",))
        return
    said = {"low": Count(plan.minimum_days_to_infusion), "high": Count(plan.maximum_days_to_infusion)}
    yield Paragraph(Text("document.lymphodepletion", said), ("treatment.lymphodepletion",))
    yield from items(plan.drugs, "treatment.lymphodepletion.drugs", caption=Text("field.Lymphodepletion.drugs"))
    for index, other in enumerate(plan.alternatives):
        yield Paragraph(local(other.when), (f"treatment.lymphodepletion.alternatives.{index}.when",))
        yield from items(other.drugs, f"treatment.lymphodepletion.alternatives.{index}.drugs")
    if plan.skip_if:
        yield Paragraph(Text("document.lymphodepletion_skipped"), ("treatment.lymphodepletion.skip_if",))
        yield from criteria_table(plan.skip_if, "treatment.lymphodepletion.skip_if", kinds=True)
    yield from facts(plan, "treatment.lymphodepletion", skip=("drugs", "alternatives", "skip_if"))


def rescue(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what a participant gets who cannot wait for the product."""
    yield from facts(inputs.protocol.risk_plan, "risk_plan", "rescue_plan", "rescue_deadline")


def prohibited(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what may not be given beside the product."""
    yield from facts(inputs.protocol.treatment.infusion, "treatment.infusion", "concomitant_forbidden")
