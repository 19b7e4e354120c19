"""Section 8: assessments: screening, efficacy, safety, kinetics, biomarkers, immunogenicity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.protocol.model.pharmacology import Measurement
from celltrial.report.content.values import Code, Count, Dash, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import (
    days_range,
    ended,
    listed,
    number,
    one_of_two,
    paragraph,
    say,
    series,
    span,
)
from celltrial.report.document.stating import prose, share, shown, unit_of

_KINETICS: Final = ("kinetics", "persistence")
_DYNAMICS: Final = ("cytokine", "subset", "activity", "secreted_factor", "soluble_target", "b_cell_aplasia")
_IMMUNOGENICITY: Final = ("immunogenicity", "vector_antibody")
_GENETIC: Final = ("integration_site", "clonality")


def considerations(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what holds for every visit and every sample."""
    yield from paragraph(say("visits.lead"))
    plan = inputs.protocol.pharmacology
    if plan is None:
        return
    limits = plan.assay_agreement_limits
    blood = plan.blood_volume_cap_share
    yield from paragraph(
        say("samples.blood", share=share(blood)) if blood is not None else None,
        say(f"samples.below.{plan.below_limit_rule}") if plan.below_limit_rule is not None else None,
        say("samples.agreement", low=number(limits[0]), high=number(limits[1])) if limits is not None else None,
        say(f"samples.antibodies.{plan.antibody_comparison}") if plan.antibody_comparison is not None else None,
        one_of_two("samples.adme", plan.adme_studies),
        fields=tuple(
            f"pharmacology.{name}"
            for name in (
                "blood_volume_cap_share",
                "below_limit_rule",
                "assay_agreement_limits",
                "antibody_comparison",
                "adme_studies",
            )
        ),
    )
    reasons = tuple(
        say("samples.not_measured", what=Code("plan.not_measured", name), why=ended(why))
        for name, why in plan.not_measured.items()
    )
    if reasons:
        yield from paragraph(say("samples.not_measured_lead"))
        yield from listed(reasons, "pharmacology.not_measured")


def screening(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is assessed before enrolment, and how old it may be."""
    yield from paragraph(say("screening.lead", version=Recorded(inputs.protocol.population.consents.main_version)),
                         fields=("population.consents.main_version",))  # fmt: skip
    groups: dict[tuple[str, str], list[Value]] = {}
    for item in inputs.protocol.population.criteria:
        time = (
            say("screening.within", id=Recorded(item.id), time=span(item.window)) if item.window else Recorded(item.id)
        )
        groups.setdefault((item.assessment, item.source), []).append(time)
    rows = tuple(
        GridRow((Code("free", assessment), Code("plan.source", source), series(found)))
        for (assessment, source), found in groups.items()
    )
    heads = tuple(Text(f"document.head.screening.{name}") for name in ("assessment", "source", "criteria"))
    places = tuple(
        f"population.criteria.{index}.{name}"
        for index in range(len(inputs.protocol.population.criteria))
        for name in ("assessment", "source", "window", "id")
    )
    yield Grid(heads, rows, fields=places)


def efficacy(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield by which criteria, when and by whom response is read."""
    plan = inputs.protocol.efficacy
    if plan is None:
        return
    place = "efficacy"
    more = plan.additional_criteria
    interval, stable = plan.confirmation_interval, plan.minimum_stable_disease
    sustained = plan.sustained_response_day
    follow = plan.minimum_responder_follow_up
    yield from paragraph(
        say("response.criteria", criteria=Recorded(plan.criteria)),
        say("response.also", criteria=series(map(Recorded, more))) if more else None,
        one_of_two("response.confirmed", plan.confirmation_required),
        say("response.interval", time=span(interval)) if interval is not None else None,
        say("response.stable", time=span(stable)) if stable is not None else None,
        say("response.sustained", day=Count(sustained), window=Count(plan.sustained_response_window))
        if sustained is not None
        else None,
        say("response.followed", time=span(follow)) if follow is not None else None,
        fields=tuple(
            f"{place}.{name}"
            for name in (
                "criteria", "additional_criteria", "confirmation_required", "confirmation_interval", "minimum_stable_disease",
                "sustained_response_day", "minimum_responder_follow_up",
            )
        ),
    )  # fmt: skip
    review = plan.independent_review
    if review is not None:
        yield from paragraph(
            say(f"review.{review.role}") if review.role is not None else say("review.some"),
            say("review.readers", n=Count(review.readers)),
            say("review.adjudication") if review.adjudication else None,
            say(f"review.unreadable.{review.unreadable_rule}") if review.unreadable_rule is not None else None,
            fields=("efficacy.independent_review",),
        )
    if plan.investigator_sensitivity_analysis:
        yield from paragraph(say("review.investigator"), fields=("efficacy.investigator_sensitivity_analysis",))
    if plan.visits:
        rows = tuple(
            GridRow((Code("free", item.name), Count(item.day),
                     Text("document.window", {"before": Count(item.window_before), "after": Count(item.window_after)})))
            for item in plan.visits
        )  # fmt: skip
        heads = tuple(Text(f"document.head.visit.{name}") for name in ("name", "day", "window"))
        yield Grid(heads, rows, Text("field.Efficacy.visits"), ("efficacy.visits",))


def safety(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield by which scales events are graded, how long participants are watched, and who reads the values."""
    plan, more = inputs.protocol.risk_plan, inputs.protocol.assessments
    if plan is not None and plan.consensus_versions:
        scales = tuple(
            Text("document.pair", {"name": Code("free", term), "value": Recorded(scale)})
            for term, scale in plan.consensus_versions.items()
        )
        yield from paragraph(say("grade.by", scales=series(scales)), fields=("risk_plan.consensus_versions",))
    if plan is not None and plan.watch_period is not None:
        yield from paragraph(say("give.watch", time=span(plan.watch_period)), fields=("risk_plan.watch_period",))
    if more is not None:
        laboratory = say("laboratory", where=Code("plan.laboratory", more.laboratory)) if more.laboratory else None
        yield from paragraph(
            laboratory, ended(more.abnormal_values) if more.abnormal_values is not None else None,
            fields=("assessments.laboratory", "assessments.abnormal_values"),
        )  # fmt: skip
        for kind in ("neurological", "imaging"):
            yield from procedures(inputs, kind)


def procedures(inputs: DocumentInputs, kind: str) -> Iterator[Block]:
    """Yield the assessments of one kind with their days."""
    found = inputs.protocol.assessments.procedures if inputs.protocol.assessments else ()
    for index, item in enumerate(found):
        if item.kind == kind:
            place = f"assessments.procedures.{index}"
            yield from paragraph(
                ended(item.text),
                say("procedure.screening") if item.screening else None,
                say("procedure.days", days=days_range(item.days)) if item.days else None,
                fields=(place,),
            )


def tests(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the laboratory assessments of safety."""
    yield from procedures(inputs, "laboratory")
    if inputs.protocol.assessments is not None and inputs.protocol.assessments.panels:
        yield from paragraph(say("laboratory.panels"), fields=("assessments.panels",))


def suicidality(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the assessments of suicidal ideation and behaviour."""
    yield from procedures(inputs, "suicidality")


def pregnancy_testing(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how old a pregnancy test may be."""
    window = inputs.protocol.population.pregnancy_test_window
    if window is not None:
        said = say("pregnancy.test", time=span(window))
        yield from paragraph(said, fields=("population.pregnancy_test_window",))


def kinetics(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how expansion and persistence are measured."""
    yield from _measured(inputs, _KINETICS)
    plan, more = inputs.protocol.pharmacology, inputs.protocol.assessments
    if plan is not None:
        said = one_of_two("samples.vcn", plan.vector_copy_number_recorded)
        yield from paragraph(said, fields=("pharmacology.vector_copy_number_recorded",))
    if more is not None and more.sample_retention is not None:
        kept = say("samples.kept", time=span(more.sample_retention))
        yield from paragraph(kept, fields=("assessments.sample_retention",))


def genetics(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the genetic samples, their purpose, how long they are kept and whether they leave the country."""
    yield from _measured(inputs, _GENETIC)
    plan = inputs.protocol.assessments.genetic if inputs.protocol.assessments else None
    if plan is not None:
        yield from paragraph(
            ended(plan.purpose),
            say("samples.kept", time=span(plan.retention)) if plan.retention is not None else None,
            one_of_two("samples.abroad", plan.abroad),
            fields=("assessments.genetic",),
        )


def dynamics(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what the cells do."""
    yield from _measured(inputs, _DYNAMICS)


def immunogenicity(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the antibodies that are looked for."""
    yield from _measured(inputs, _IMMUNOGENICITY)


def other_biomarkers(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield every other measurement: target, replication-competent virus."""
    known = {*_KINETICS, *_DYNAMICS, *_IMMUNOGENICITY, *_GENETIC}
    found = inputs.protocol.pharmacology
    rest = tuple(item.attribute for item in found.measurements if item.attribute not in known) if found else ()
    yield from _measured(inputs, rest)
    yield from prose(found.delayed_risk_plan if found else None, "pharmacology.delayed_risk_plan")


def economics(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is asked of the use of resources; nothing is, where no field says so."""
    plan = inputs.protocol.assessments
    yield from prose(plan.health_economics if plan else None, "assessments.health_economics")


def _measured(inputs: DocumentInputs, attributes: tuple[str, ...]) -> Iterator[Block]:
    plan = inputs.protocol.pharmacology
    found = [(i, item) for i, item in enumerate(plan.measurements) if item.attribute in attributes] if plan else []
    if found:
        names = ("attribute", "analyte", "assay", "matrix", "days", "unit", "lloq", "volume_ml")
        kept = [name for name in names if any(getattr(item, name) not in (None, "") for _, item in found)]
        heads = tuple(Text(f"field.Measurement.{name}") for name in kept)
        rows = tuple(GridRow(tuple(_of(item, name) for name in kept)) for _, item in found)
        yield Grid(heads, rows, fields=tuple(f"pharmacology.measurements.{i}" for i, _ in found))


def _of(item: Measurement, name: str) -> Value:
    value = getattr(item, name)
    if value in (None, ""):
        return Dash()
    if name == "days":
        return days_range(value)
    if name == "unit":
        return unit_of(value)
    said = shown(value, item, name)
    return say("samples.optional", what=said) if name == "analyte" and item.optional else said
