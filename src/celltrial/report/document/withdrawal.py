"""Section 7: when a participant's treatment ends or pauses, withdrawal, loss to follow-up."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Count, Text
from celltrial.report.document.blocks import Block, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.stating import facts, shown


def permanent(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what ends treatment for good: attempts used up, a product below the tolerance."""
    making = inputs.protocol.manufacturing
    if making is not None and making.failure_plan is not None:
        said = {"n": Count(making.failure_plan.maximum_attempts)}
        yield Paragraph(Text("document.attempts", said), ("manufacturing.failure_plan.maximum_attempts",))
    dose = inputs.protocol.dose
    if dose.shortfall is not None:
        said_dose = {"what": shown(dose.shortfall, dose, "shortfall")}
        yield Paragraph(Text("document.shortfall", said_dose), ("dose.shortfall",))


def temporary(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what delays an infusion: a condition of the day that is not met, lymphodepletion that is too old."""
    if inputs.protocol.treatment.infusion.conditions:
        yield Paragraph(Text("document.delayed"), ("treatment.infusion.conditions",))
    plan = inputs.protocol.treatment.lymphodepletion
    if plan is not None:
        key = "document.repeat_depletion" if plan.repeat_allowed else "document.no_repeat_depletion"
        yield Paragraph(Text(key, {"n": Count(plan.maximum_days_to_infusion)}), ("treatment.lymphodepletion",))


def rechallenge(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield when a further dose is given."""
    yield from facts(inputs.protocol.dose.repeat, "dose.repeat", "doses", "interval", "redose_criteria")


def withdrawal(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is owed to those who leave before treatment."""
    making = inputs.protocol.manufacturing
    if making is not None and making.failure_plan is not None:
        names = ("rescue", "rescue_deadline", "other_reason_limit", "analysis_of_not_treated")
        yield from facts(making.failure_plan, "manufacturing.failure_plan", *names)


def lost(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how often contact is tried before a participant is lost to follow-up."""
    yield from facts(inputs.protocol.follow_up, "follow_up", "contact_attempts_before_lost")
