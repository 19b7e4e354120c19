"""Section 4: the design, its reasons, its start and end. What stops the trial has a module of its own."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model.base import Duration, LocalText
from celltrial.protocol.model.efficacy import Endpoint
from celltrial.report.content.values import Code, Recorded, Sentences, Text, Value
from celltrial.report.document.blocks import Block, Bullets
from celltrial.report.document.courses import arms, cohorts
from celltrial.report.document.dose_finding import dose_finding
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, one_of_two, paragraph, say, series, span
from celltrial.report.document.stating import cited, evidence, prose, shown


def description(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the kind of trial, then its dose finding, sentinels and expansion."""
    trial = inputs.protocol.trial
    kind = say(
        "design.kind",
        label=Recorded(trial.phase_label),
        phase=Code("plan.phase", trial.phase),
        level=Code("plan.level", trial.blinding.level),
        centres=Text("document.multicentre" if trial.multicentre else "document.single_centre"),
        design=Code("doc.model", trial.design),
    )
    guided = trial.therapeutic_area_guideline
    where = series(Code("country", each) for each in trial.countries) if trial.countries else None
    yield from paragraph(
        kind,
        say("condition", condition=inline(trial.indication)),
        one_of_two("design.first", trial.first_in_human),
        say("design.seamless") if trial.seamless else None,
        say("design.guided", guideline=Recorded(guided)) if guided else None,
        say("design.countries", countries=where) if where is not None else None,
        one_of_two("design.volunteers", trial.healthy_volunteers),
        say("design.interrupts") if trial.interrupts_therapy else None,
        one_of_two("design.approved", trial.approved_product),
        fields=tuple(
            f"trial.{name}"
            for name in (
                "phase_label", "phase", "blinding.level", "multicentre", "design", "indication", "first_in_human", "seamless",
                "therapeutic_area_guideline", "countries", "healthy_volunteers", "interrupts_therapy", "approved_product",
            )
        ),
    )  # fmt: skip
    yield from arms(inputs)
    yield from cohorts(inputs)
    yield from dose_finding(inputs)


def stakeholders(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what patients and clinicians said, and the advice of the agency."""
    yield from prose(inputs.protocol.trial.stakeholder_input, "trial.stakeholder_input")
    asked = inputs.protocol.governance.agency if inputs.protocol.governance else ()
    for index, item in enumerate(asked):
        dated = say("agency.dated", day=shown(item.dated, item, "dated")) if item.dated is not None else None
        advice = ended(item.advice) if item.advice is not None else None
        topic = say(f"agency.{item.status}", topic=inline(item.topic))
        yield from paragraph(topic, dated, advice, fields=(f"governance.agency.{index}",))


def estimand_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why the endpoints and strategies fit: validation, benefit that a person feels, agreement of the agency."""
    reasons = inputs.protocol.trial.rationale
    if reasons is not None:
        yield from prose(reasons.estimands, "trial.rationale.estimands")
    found = inputs.protocol.efficacy.endpoints if inputs.protocol.efficacy else ()
    said, fields = [], []
    for index, item in enumerate(found):
        line = _worth(inputs, item)
        if line is not None:
            said.append(line)
            names = ("id", "validated", "direct_clinical_benefit", "validation", "agency_agreement")
            fields += [f"efficacy.endpoints.{index}.{name}" for name in names]
    if said:
        yield Bullets(tuple(said), tuple(fields))


def _worth(inputs: DocumentInputs, item: Endpoint) -> Value | None:
    parts = [
        one_of_two("endpoint.validated", item.validated),
        one_of_two("endpoint.benefit", item.direct_clinical_benefit),
        cited(inputs, item.validation) if item.validation is not None else None,
        say("endpoint.agreed", agreement=Recorded(item.agency_agreement)) if item.agency_agreement else None,
    ]
    kept = [part for part in parts if part is not None]
    if not kept:
        return None
    return say("endpoint.worth", id=Recorded(item.id), said=Sentences(tuple(kept)))


def model_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why this design."""
    protocol = inputs.protocol
    if protocol.escalation is not None:
        yield from prose(protocol.escalation.design.rationale, "escalation.design.rationale")
    if protocol.confirmatory is not None:
        yield from prose(protocol.confirmatory.single_arm_reason, "confirmatory.single_arm_reason")
        yield from evidence(inputs, protocol.confirmatory.single_arm_evidence, "confirmatory.single_arm_evidence")
        yield from prose(protocol.confirmatory.rct_feasibility, "confirmatory.rct_feasibility")
        if protocol.trial.design == "RCT":
            yield from paragraph(say("design.randomised"), fields=("trial.design",))


def control_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the control and why."""
    plan = inputs.protocol.confirmatory
    if plan is not None:
        yield from paragraph(
            say(f"control.{plan.comparator}"),
            ended(plan.comparator_reason) if plan.comparator_reason is not None else None,
            fields=("confirmatory.comparator", "confirmatory.comparator_reason"),
        )
    elif inputs.protocol.trial.design == "dose_escalation":
        yield from paragraph(say("control.escalation"), fields=("trial.design",))
    yield from _reason(inputs, "control")


def duration_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why the participants are followed that long."""
    yield from _reason(inputs, "duration")
    protocol = inputs.protocol
    plan = protocol.follow_up
    if plan is None:
        return
    yield from paragraph(
        say("duration.follow_up", years=span(Duration(plan.years, "y"))),
        ended(plan.rationale) if plan.rationale is not None else None,
        fields=("follow_up.years", "follow_up.rationale"),
    )
    bounds = (
        ("persistence_bound", protocol.product.persistence_bound),
        ("onset_bound", protocol.product.delayed_event_onset_bound),
    )
    yield from paragraph(
        *(say(f"duration.{name}", time=span(bound)) for name, bound in bounds if bound is not None),
        fields=("product.persistence_bound", "product.delayed_event_onset_bound"),
    )
    if plan.class_justification is not None:
        yield from evidence(inputs, (plan.class_justification,), "follow_up.class_justification")


def adaptive_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why the design adapts."""
    yield from _reason(inputs, "adaptive")
    plan = inputs.protocol.escalation
    if plan is not None:
        yield from paragraph(say("adaptive.escalation"), fields=("trial.design",))
    elif inputs.protocol.trial.design in {"SAT", "RCT"}:
        yield from paragraph(say("adaptive.none"), fields=("trial.design",))


def interim_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why data are looked at while the trial runs."""
    yield from _reason(inputs, "interim")
    if inputs.protocol.stopping is not None and inputs.protocol.stopping.rules:
        yield from paragraph(say("interim.why_safety"), fields=("stopping.rules",))


def _reason(inputs: DocumentInputs, name: str) -> Iterator[Block]:
    reasons = inputs.protocol.trial.rationale
    said: LocalText | None = getattr(reasons, name) if reasons is not None else None
    yield from prose(said, f"trial.rationale.{name}")


def other_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the measures that reduce bias."""
    measures = inputs.protocol.trial.blinding.bias_reduction_measures
    if measures:
        yield from paragraph(say("bias.lead"), fields=("trial.blinding.bias_reduction_measures",))
        yield Bullets(tuple(ended(item) for item in measures), ("trial.blinding.bias_reduction_measures",))


def end_of_trial(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the start and the end of the trial, and how long a participant is followed."""
    protocol = inputs.protocol
    trial, plan = protocol.trial, protocol.follow_up
    yield from paragraph(
        say("trial.starts", when=Code("plan.starts", trial.starts)) if trial.starts is not None else None,
        say("trial.ends", when=Code("plan.ends", trial.ends)) if trial.ends is not None else None,
        Text("document.end_of_trial", {"years": span(Duration(plan.years, "y"))}) if plan is not None else None,
        fields=("trial.starts", "trial.ends", "follow_up.years"),
    )
    if plan is not None and plan.later_trials_wait:
        yield from paragraph(say("trial.later_wait"), fields=("follow_up.later_trials_wait",))


def access_afterwards(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield whether participants get the product after the end of the trial."""
    plan = inputs.protocol.trial.post_trial_access
    if plan is not None:
        yield from paragraph(
            one_of_two("access", plan.offered), ended(plan.text),
            fields=("trial.post_trial_access.offered", "trial.post_trial_access.text"),
        )  # fmt: skip
