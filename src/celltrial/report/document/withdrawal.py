"""Section 7: when a participant's treatment ends or pauses, withdrawal, loss to follow-up."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Count, Text
from celltrial.report.document.blocks import Block
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, listed, paragraph, say, span, words
from celltrial.report.document.stating import prose, share


def permanent(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what ends treatment for good: the stated reasons, attempts used up, a product below the tolerance."""
    stated = inputs.protocol.discontinuation.of_intervention if inputs.protocol.discontinuation else ()
    if stated:
        yield from paragraph(say("ends.lead"), fields=("discontinuation.of_intervention",))
        yield from listed((ended(item) for item in stated), "discontinuation.of_intervention")
    making = inputs.protocol.manufacturing
    plan = making.failure_plan if making is not None else None
    dose = inputs.protocol.dose
    yield from paragraph(
        Text("document.attempts", {"n": Count(plan.maximum_attempts)}) if plan is not None else None,
        say(f"dose.shortfall.{dose.shortfall}") if dose.shortfall is not None else None,
        say("ends.stays"),
        fields=("manufacturing.failure_plan.maximum_attempts", "dose.shortfall"),
    )


def temporary(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what delays an infusion: a condition of the day that is not met, lymphodepletion that is too old."""
    if inputs.protocol.treatment.infusion.conditions:
        yield from paragraph(Text("document.delayed"), fields=("treatment.infusion.conditions",))
    plan = inputs.protocol.treatment.lymphodepletion
    if plan is not None:
        key = "document.repeat_depletion" if plan.repeat_allowed else "document.no_repeat_depletion"
        place = "treatment.lymphodepletion"
        said = Text(key, {"n": Count(plan.maximum_days_to_infusion)})
        yield from paragraph(said, fields=(f"{place}.repeat_allowed", f"{place}.maximum_days_to_infusion"))
    if inputs.protocol.stopping is not None:
        yield from paragraph(say("hold.suspension"))


def rechallenge(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield when a further dose is given."""
    plan = inputs.protocol.dose.repeat
    times = say("dose.once") if plan.doses == 1 else say("dose.times", n=Count(plan.doses))
    yield from paragraph(
        times,
        say("again.none") if plan.doses == 1 else None,
        say("dose.interval", time=span(plan.interval)) if plan.interval is not None else None,
        ended(plan.redose_criteria) if plan.redose_criteria is not None else None,
        fields=("dose.repeat.doses", "dose.repeat.interval", "dose.repeat.redose_criteria"),
    )


def withdrawal(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what withdrawal means, and what is due to those who leave before treatment."""
    leaving = inputs.protocol.discontinuation.of_trial if inputs.protocol.discontinuation else None
    yield from prose(leaving, "discontinuation.of_trial")
    consents = inputs.protocol.population.consents
    if consents.follow_up_version is not None:
        yield from paragraph(say("leave.follow_up"), fields=("population.consents.follow_up_version",))
    making = inputs.protocol.manufacturing
    plan = making.failure_plan if making is not None else None
    if plan is not None:
        place = "manufacturing.failure_plan"
        yield from paragraph(
            say("leave.rescue", text=inline(plan.rescue)) if plan.rescue is not None else None,
            say("leave.deadline", time=span(plan.rescue_deadline)) if plan.rescue_deadline is not None else None,
            say("leave.other_reasons", share=share(plan.other_reason_limit))
            if plan.other_reason_limit is not None
            else None,
            ended(plan.analysis_of_not_treated) if plan.analysis_of_not_treated is not None else None,
            fields=(
                f"{place}.rescue",
                f"{place}.rescue_deadline",
                f"{place}.other_reason_limit",
                f"{place}.analysis_of_not_treated",
            ),
        )


def lost(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how often and how contact is tried before a participant is lost to follow-up."""
    plan = inputs.protocol.follow_up
    stated = inputs.protocol.discontinuation.loss if inputs.protocol.discontinuation else None
    if plan is not None:
        yield from paragraph(
            say("lost.after", n=Count(plan.contact_attempts_before_lost)),
            say("lost.means", means=words(plan.contact_means)) if plan.contact_means else None,
            fields=("follow_up.contact_attempts_before_lost", "follow_up.contact_means"),
        )
    yield from prose(stated, "discontinuation.loss")
