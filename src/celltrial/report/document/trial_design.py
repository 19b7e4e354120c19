"""Section 4: the design, its reasons, and what stops the trial."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model.stopping import StoppingRule
from celltrial.protocol.policies import boundary_of
from celltrial.report.content.values import Count, Text
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import evidence, facts, items, prose
from celltrial.report.document.summary import about_trial


def description(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the kind of trial."""
    yield from about_trial(inputs)
    if inputs.protocol.escalation is not None:
        plan = inputs.protocol.escalation
        names = ("objective", "mtd_needed", "activity_measure", "non_oncology_exclusion_rate", "decision_body")
        yield from facts(plan, "escalation", *names)


def model_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why this design."""
    protocol = inputs.protocol
    if protocol.escalation is not None:
        yield from prose(protocol.escalation.design.rationale, "escalation.design.rationale")
    if protocol.confirmatory is not None:
        yield from prose(protocol.confirmatory.single_arm_reason, "confirmatory.single_arm_reason")
        yield from evidence(protocol.confirmatory.single_arm_evidence, "confirmatory.single_arm_evidence")
        yield from prose(protocol.confirmatory.rct_feasibility, "confirmatory.rct_feasibility")


def control_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the control and why."""
    yield from facts(inputs.protocol.confirmatory, "confirmatory", "comparator", "comparator_reason")


def duration_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield why the participants are followed that long."""
    plan = inputs.protocol.follow_up
    if plan is not None:
        yield from prose(plan.rationale, "follow_up.rationale")
        if plan.class_justification is not None:
            yield from evidence((plan.class_justification,), "follow_up.class_justification")


def adaptive_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the escalation turns into the expansion."""
    plan = inputs.protocol.escalation
    if plan is None or plan.transition is None:
        return
    yield from facts(plan.transition, "escalation.transition", skip=("criteria",))
    yield from items(
        plan.transition.criteria, "escalation.transition.criteria", caption=Text("document.caption.transition")
    )


def other_rationale(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the measures that reduce bias and what was done before."""
    yield from facts(inputs.protocol.trial.blinding, "trial.blinding", "bias_reduction_measures")


def stopping_rules(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield every rule with its boundary, participants in flight, resuming, and the end."""
    plan = inputs.protocol.stopping
    if plan is None:
        return
    for rule in plan.rules:
        yield from _rule(rule, inputs.planned_subjects)
    yield Heading(4, Text("field.Stopping.in_flight"))
    if plan.in_flight is None:
        yield Paragraph(Text("document.in_flight.none"), ("stopping.in_flight",))
    else:
        allowed = "allowed" if plan.in_flight.lymphodepleted_may_be_infused else "refused"
        yield Paragraph(Text(f"document.in_flight.{allowed}"), ("stopping.in_flight",))
        yield from facts(plan.in_flight, "stopping.in_flight")
    yield Heading(4, Text("document.heading.resume"))
    yield from facts(plan.resume, "stopping.resume")
    names = ("suspension_refuses_collection", "halt", "early_termination", "longest_evaluation")
    yield Heading(4, Text("document.heading.halt"))
    yield from facts(plan, "stopping", *names)


def _rule(rule: StoppingRule, most: int) -> Iterator[Block]:
    place = f"stopping.rules.{rule.id}"
    boundary = boundary_of(rule)
    yield Heading(4, Text("document.endpoint_heading", {"id": rule.id, "text": _text(rule)}))
    yield Bullets(tuple(Text(message.id, message.params) for message in boundary.describe()), (f"{place}.params",))
    yield from facts(rule, place, skip=("id", "text"))
    limits = boundary.printed(most)
    if limits:
        rows = tuple(GridRow((Count(x), Text("document.up_to", {"n": Count(n)}))) for n, x in sorted(limits.items()))
        heads = (Text("document.head.events"), Text("document.head.subjects"))
        yield Grid(heads, rows, Text("document.caption.boundary", {"n": Count(most)}), (place,))
    else:
        yield Paragraph(Text("document.no_boundary", {"n": Count(most)}), (place,))


def _text(rule: StoppingRule) -> Text:
    return Text("report.local", {"en": rule.text.en, "zh": rule.text.zh})


def end_of_trial(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield when the last participant's follow-up ends."""
    plan = inputs.protocol.follow_up
    if plan is not None:
        years = Text("document.duration.y", {"amount": f"{plan.years:g}"})
        yield Paragraph(Text("document.end_of_trial", {"years": years}), ("follow_up.years",))
