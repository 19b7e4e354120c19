"""Section 6: the product, its dose, how it is given, made and kept, and what else the participant gets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from celltrial.protocol.model.dose import Dose, DoseLevel, WeightBand
from celltrial.report.content.values import Code, Count, Dash, Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow, Heading
from celltrial.report.document.courses import courses, drugs
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.population import criteria_table
from celltrial.report.document.sentences import (
    cells_counted,
    days_range,
    ended,
    inline,
    listed,
    number,
    one_of_two,
    paragraph,
    say,
    span,
    words,
)
from celltrial.report.document.standard import enforced
from celltrial.report.document.stating import dose, evidence, items, prose, share, unit_of


def overview(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield every intervention of the trial: what it is, how much, on which days, and whether it is investigational."""
    protocol = inputs.protocol
    rows = [
        GridRow(
            (
                say("cells_named", name=inline(protocol.product.name)),
                say("role.investigational"),
                _doses_given(protocol.dose),
                Code("plan.route", protocol.treatment.infusion.route),
                say("role.day_zero"),
            )
        )
    ]
    depletion = protocol.treatment.lymphodepletion
    for drug in depletion.drugs if depletion else ():
        amount = say("drug.amount", dose=Recorded(f"{drug.dose:g}"), unit=unit_of(drug.unit))
        days = say("drug.days", days=days_range(drug.days))
        rows.append(GridRow((Code("free", drug.drug), say("role.lymphodepletion"), amount, Dash(), days)))
    if protocol.treatment.bridging is not None and protocol.treatment.bridging.allowed:
        rows.append(GridRow((say("role.bridging"), say("role.auxiliary"), Dash(), Dash(), say("role.waiting"))))
    plan = protocol.confirmatory
    if plan is not None and plan.comparator != "none":
        rows.append(GridRow((Code("plan.comparator", plan.comparator), say("role.control"), Dash(), Dash(), Dash())))
    heads = tuple(Text(f"document.head.intervention.{name}") for name in ("name", "use", "dose", "route", "days"))
    places = ("product.name", "dose.levels", "dose.per_kg", "treatment.infusion.route", "treatment.lymphodepletion.drugs",
              "treatment.bridging.allowed", "confirmatory.comparator")  # fmt: skip
    yield Grid(heads, tuple(rows), Text("document.caption.interventions"), places)


def _doses_given(plan: Dose) -> Value:
    return Lines(tuple(level_amount(plan, level) for level in plan.levels))


def product(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the product, its dose levels, and what is done with a product beside its dose."""
    protocol = inputs.protocol
    found = protocol.product
    made = found.ex_vivo_steps
    vector = found.vector
    route = Code("plan.route", protocol.treatment.infusion.route)
    yield from paragraph(
        say("product.is", name=inline(found.name), source=Code("plan.cell_source", found.cell_source),
            type=Code("plan.type", found.type), route=route),
        say("product.targets", targets=words(found.targets)) if found.targets else None,
        say("product.made", steps=words(made)) if made else None,
        say("product.vector", vector=Code("plan.kind", vector.kind)) if vector is not None else None,
        say(f"product.integration.{vector.integration}") if vector is not None and vector.integration else None,
        say("product.knockout", genes=words(found.knocked_out_genes)) if found.knocked_out_genes else None,
        say("product.secretes", factors=words(found.secreted_factors)) if found.secreted_factors else None,
        say("product.persists", time=span(found.persistence_bound)) if found.persistence_bound is not None else None,
        fields=(
            "product.name", "product.cell_source", "product.type", "product.targets", "product.ex_vivo_steps",
            "product.vector.kind", "product.vector.integration", "product.knocked_out_genes", "product.secreted_factors",
            "product.persistence_bound", "treatment.infusion.route",
        ),
    )  # fmt: skip
    if vector is not None:
        yield from evidence(inputs, vector.integration_evidence, "product.vector.integration_evidence")
    yield from _subsets(inputs)
    yield from items(found.components, "product.components", caption=Text("field.Product.components"))
    yield from prose(found.hla_matching, "product.hla_matching")
    yield from _ladder(inputs)
    yield from prose(protocol.manufacturing.pack if protocol.manufacturing else None, "manufacturing.pack")


def _subsets(inputs: DocumentInputs) -> Iterator[Block]:
    said = tuple(
        say(
            "product.subset",
            name=Code("free", item.name),
            active=say("product.active" if item.active else "product.inactive"),
            low=number(item.minimum_percent) if item.minimum_percent is not None else Dash(),
            high=number(item.maximum_percent) if item.maximum_percent is not None else Dash(),
        )
        for item in inputs.protocol.product.subsets
    )
    yield from listed(said, "product.subsets")


def _ladder(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the dose levels with the limits within which a product is the planned dose, and the rules beside them."""
    plan = inputs.protocol.dose
    names = ("level", "label", "dose", "from", "to", "step")
    heads = tuple(Text(f"document.head.{name}") for name in names)
    yield Grid(
        heads,
        tuple(_levels(plan)),
        Text("document.caption.ladder", {"basis": cells_counted(inputs.protocol)}),
        ("dose.levels", "dose.band_low", "dose.band_high", "dose.basis", "dose.per_kg", "dose.start_level"),
    )
    low, high = share(plan.band_low), share(plan.band_high)
    yield from paragraph(
        say("dose.band", low=low, high=high),
        say(f"dose.shortfall.{plan.shortfall}") if plan.shortfall is not None else None,
        say("dose.minimum", dose=dose(plan.minimum_dose, per_kg=plan.per_kg)) if plan.minimum_dose is not None else None,
        say("dose.above"),
        say("dose.cap", dose=dose(plan.cap, per_kg=False)) if plan.cap is not None else None,
        say("dose.in_all", dose=dose(plan.maximum_in_all, per_kg=plan.per_kg)) if plan.maximum_in_all is not None else None,
        say("dose.volume", volume=number(plan.maximum_volume_ml)) if plan.maximum_volume_ml is not None else None,
        say("dose.recorded", what=words(plan.product_attributes_recorded)) if plan.product_attributes_recorded else None,
        fields=(
            "dose.band_low", "dose.band_high", "dose.shortfall", "dose.minimum_dose", "dose.cap", "dose.maximum_in_all", "dose.maximum_volume_ml",
            "dose.product_attributes_recorded",
        ),
    )  # fmt: skip


def _levels(plan: Dose) -> Iterator[GridRow]:
    before: Decimal | None = None
    for position, level in enumerate(plan.levels, 1):
        low, high = plan.accepted(position, None)
        step: Value = Dash() if before is None else Recorded(f"× {float(level.most / before):.3g}")
        limits = (dose(each, per_kg=plan.per_kg) for each in (low, high))
        start = (
            Text("document.start_level", {"n": Count(position)}) if position == plan.start_level else Count(position)
        )
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


def dose_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why this dose, this ladder and this many doses."""
    plan = inputs.protocol.dose
    yield from prose(plan.starting.rationale, "dose.starting.rationale")
    candidates = tuple(
        say(
            "dose.candidate",
            method=Code("plan.method", item.method),
            cells=dose(item.cells, per_kg=plan.per_kg),
            margin=number(item.margin),
        )
        for item in plan.starting.candidates
    )
    yield from listed(candidates, "dose.starting.candidates")
    yield from evidence(inputs, plan.starting.evidence, "dose.starting.evidence")
    ladder = say(f"dose.ladder.{plan.ladder}") if len(plan.levels) > 1 else None
    reason = ended(plan.starting.ladder_rationale) if plan.starting.ladder_rationale is not None else None
    yield from paragraph(ladder, reason, fields=("dose.ladder", "dose.starting.ladder_rationale"))
    yield from evidence(inputs, plan.repeat.low_risk_evidence, "dose.repeat.low_risk_evidence")
    yield from evidence(inputs, plan.repeat.activity_duration_evidence, "dose.repeat.activity_duration_evidence")
    confirmatory = inputs.protocol.confirmatory
    if confirmatory is not None and confirmatory.tested_doses:
        said = tuple(
            say("dose.tested", low=dose(item.low, per_kg=plan.per_kg), high=dose(item.high, per_kg=plan.per_kg),
                basis=Code("plan.basis", item.basis), process=Recorded(item.process_version))
            for item in confirmatory.tested_doses
        )  # fmt: skip
        yield from listed(said, "confirmatory.tested_doses")


def administration(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the product is given, and the conditions on the day."""
    protocol = inputs.protocol
    infusion, repeat = protocol.treatment.infusion, protocol.dose.repeat
    times = say("dose.once") if repeat.doses == 1 else say("dose.times", n=Count(repeat.doses))
    single = not protocol.treatment.courses
    yield from paragraph(
        say("give.route", route=Code("plan.route", infusion.route)),
        times if single else None,
        say("dose.interval", time=span(repeat.interval)) if single and repeat.interval is not None else None,
        say("give.day_zero"),
        fields=(
            "treatment.infusion.route",
            "dose.repeat.doses",
            "dose.repeat.interval",
        ),
    )
    yield from courses(inputs)
    for name in ("premedication", "thaw", "rate"):
        yield from prose(getattr(infusion, name), f"treatment.infusion.{name}")
    yield from paragraph(
        say("give.watch", time=span(infusion.watch_period)) if infusion.watch_period is not None else None,
        say("give.waiting", time=span(protocol.treatment.vein_to_vein_expected))
        if protocol.treatment.vein_to_vein_expected is not None
        else None,
        fields=("treatment.infusion.watch_period", "treatment.vein_to_vein_expected"),
    )
    if infusion.conditions:
        yield Heading(4, Text("field.Infusion.conditions"))
        yield from criteria_table(infusion.conditions, "treatment.infusion.conditions", kinds=True)


def dose_changes(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield when one participant gets another dose than planned: by the band, a shortfall, a closed level."""
    plan = inputs.protocol.dose
    yield from paragraph(
        say("change.none"),
        say(f"dose.shortfall.{plan.shortfall}") if plan.shortfall is not None else None,
        fields=("dose.shortfall",),
    )
    escalation = inputs.protocol.escalation
    if escalation is not None:
        closed = escalation.closed_level.rule if escalation.closed_level is not None else "not_infused"
        yield from paragraph(say(f"closed.{closed}"), fields=("escalation.closed_level",))


def overdose(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is done where more than planned was given."""
    plan = inputs.protocol.dose
    if plan.overdose is None:
        return
    observed = say("overdose.observe", time=span(plan.overdose.observe)) if plan.overdose.observe is not None else None
    yield from paragraph(
        say("overdose.is", high=share(plan.band_high)), ended(plan.overdose.action), observed,
        fields=("dose.band_high", "dose.overdose.action", "dose.overdose.observe"),
    )  # fmt: skip


def assignment(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how a participant comes to a dose or an arm."""
    plan = inputs.protocol.escalation
    if plan is not None:
        body = {"body": Code("free", plan.decision_body)}
        yield from paragraph(Text("document.assigned_by_level", body), fields=("escalation.decision_body",))
    elif inputs.protocol.trial.design == "SAT":
        yield from paragraph(Text("document.one_arm"), fields=("trial.design",))
    elif inputs.protocol.trial.design == "RCT":
        yield from paragraph(say("assigned.random"), fields=("trial.design",))
    yield from enforced(inputs, "6.7.1")


def randomisation(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how participants are randomised; the size of a block is never told."""
    plan = inputs.protocol.confirmatory.randomisation if inputs.protocol.confirmatory else None
    if plan is None:
        return
    place = "confirmatory.randomisation"
    yield from paragraph(
        say("random.how", method=Code("plan.method", plan.method), ratio=Recorded(":".join(map(str, plan.ratio)))),
        say("random.strata", strata=words(plan.strata)) if plan.strata else None,
        say("random.point", point=Code("plan.point", plan.point)) if plan.point is not None else None,
        ended(plan.system) if plan.system is not None else None,
        fields=tuple(f"{place}.{name}" for name in ("method", "ratio", "strata", "point", "system")),
    )


def blinding(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who knows the arm and why."""
    plan = inputs.protocol.trial.blinding
    yield from paragraph(say(f"blind.{plan.level}"), fields=("trial.blinding.level",))
    said = tuple(
        say("blind.role", role=Code("free", role), why=ended(why)) for role, why in plan.unblinded_roles.items()
    )
    yield from listed(said, "trial.blinding.unblinded_roles")


def emergency(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the arm is told in an emergency; in an open trial there is nothing to tell."""
    plan = inputs.protocol.confirmatory.randomisation if inputs.protocol.confirmatory else None
    if plan is not None and plan.emergency_unblinding is not None:
        yield from prose(plan.emergency_unblinding, "confirmatory.randomisation.emergency_unblinding")
    elif inputs.protocol.trial.blinding.level == "open":
        yield from paragraph(say("blind.no_emergency"), fields=("trial.blinding.level",))


def background(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the therapy that every participant gets beside the product."""
    yield from prose(inputs.protocol.treatment.background, "treatment.background")
    yield from drugs(inputs)


def lymphodepletion(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield lymphodepletion and bridging."""
    plan = inputs.protocol.treatment.lymphodepletion
    if plan is None:
        yield from paragraph(Text("document.no_lymphodepletion"), fields=("treatment.lymphodepletion",))
    else:
        given = tuple(
            say("drug.given", drug=Code("free", item.drug), dose=Recorded(f"{item.dose:g}"), unit=unit_of(item.unit),
                days=days_range(item.days))
            for item in plan.drugs
        )  # fmt: skip
        yield from paragraph(say("depletion.lead"))
        yield from listed(given, "treatment.lymphodepletion.drugs")
        said = {"low": Count(plan.minimum_days_to_infusion), "high": Count(plan.maximum_days_to_infusion)}
        place = "treatment.lymphodepletion"
        yield from paragraph(
            Text("document.lymphodepletion", said),
            one_of_two("depletion.repeat", plan.repeat_allowed),
            ended(plan.rationale) if plan.rationale is not None else None,
            fields=tuple(
                f"{place}.{name}"
                for name in ("minimum_days_to_infusion", "maximum_days_to_infusion", "repeat_allowed", "rationale")
            ),
        )
        for index, other in enumerate(plan.alternatives):
            yield from prose(other.when, f"{place}.alternatives.{index}.when")
            yield from items(other.drugs, f"{place}.alternatives.{index}.drugs")
        if plan.skip_if:
            yield from paragraph(Text("document.lymphodepletion_skipped"), fields=(f"{place}.skip_if",))
            yield from criteria_table(plan.skip_if, f"{place}.skip_if", kinds=True)
    bridging = inputs.protocol.treatment.bridging
    if bridging is not None:
        yield from paragraph(
            one_of_two("bridging", bridging.allowed),
            ended(bridging.text) if bridging.text is not None else None,
            say("bridging.washout", time=span(bridging.washout)) if bridging.washout is not None else None,
            fields=("treatment.bridging",),
        )


def rescue(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what a participant gets who cannot wait for the product, and the drugs against expected reactions."""
    plan = inputs.protocol.risk_plan
    if plan is None:
        return
    yield from paragraph(
        ended(plan.rescue_plan) if plan.rescue_plan is not None else None,
        say("rescue.deadline", time=span(plan.rescue_deadline)) if plan.rescue_deadline is not None else None,
        fields=("risk_plan.rescue_plan", "risk_plan.rescue_deadline"),
    )
    held = dict.fromkeys(drug for risk in plan.risks for step in risk.management for drug in step.drugs)
    if held:
        yield from paragraph(say("rescue.drugs", drugs=words(held)), fields=("risk_plan.risks",))


def prohibited(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what may not be given beside the product."""
    forbidden = inputs.protocol.treatment.infusion.concomitant_forbidden
    if forbidden:
        yield from paragraph(say("forbidden"), fields=("treatment.infusion.concomitant_forbidden",))
        yield from listed((Code("free", item) for item in forbidden), "treatment.infusion.concomitant_forbidden")


def permitted(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what may be given beside the product, and what is recorded of it."""
    yield from prose(
        inputs.protocol.treatment.infusion.concomitant_permitted, "treatment.infusion.concomitant_permitted"
    )
