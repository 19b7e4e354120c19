"""Sections 6.6 and 6.8: making, keeping and accounting for the product; how it is made sure that it was given."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model.manufacturing import Custody, FailurePlan, Manufacturing
from celltrial.report.content.values import Code, Count, Recorded, Text
from celltrial.report.document.blocks import Block, Grid, GridRow, Heading
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import (
    ended,
    inline,
    listed,
    number,
    one_of_two,
    paragraph,
    say,
    series,
    span,
    words,
)
from celltrial.report.document.standard import enforced
from celltrial.report.document.stating import prose, share, shown


def preparation(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the product is made, released and made ready."""
    protocol = inputs.protocol
    making = protocol.manufacturing
    if protocol.product.donor_testing:
        donor = say("making.donor", tests=words(protocol.product.donor_testing))
        yield from paragraph(donor, fields=("product.donor_testing",))
    if making is not None:
        tests = say("making.release", tests=words(making.release_tests)) if making.release_tests else None
        expected = say("making.expected", share=share(making.expected_success)) if making.expected_success else None
        yield from paragraph(
            say("making.process", process=Recorded(making.process_version)),
            say("making.time", time=span(making.turnaround)),
            expected,
            tests,
            say(f"making.available.{making.available_means}"),
            fields=tuple(
                f"manufacturing.{name}"
                for name in ("process_version", "turnaround", "expected_success", "release_tests", "available_means")
            ),
        )
        yield from _changes(making)
    vector = protocol.product.vector
    if vector is not None:
        said = one_of_two("making.rcr", vector.replication_competent_test_on_release)
        yield from paragraph(said, fields=("product.vector.replication_competent_test_on_release",))
    yield from prose(protocol.treatment.infusion.thaw, "treatment.infusion.thaw")


def _changes(making: Manufacturing) -> Iterator[Block]:
    said = tuple(
        say(
            "making.change",
            id=Recorded(item.id),
            text=inline(item.text),
            size=say("making.major" if item.major else "making.minor"),
            status=shown(item.status, item, "status"),
            process=Recorded(item.process_version),
        )
        for item in making.changes
    )
    yield from listed(said, "manufacturing.changes")


def storage(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the product is kept and carried."""
    protocol = inputs.protocol
    making = protocol.manufacturing
    yield from paragraph(
        say("store.kept", how=inline(protocol.product.storage)) if protocol.product.storage is not None else None,
        say("store.carried", how=inline(protocol.product.transport))
        if protocol.product.transport is not None
        else None,
        fields=("product.storage", "product.transport"),
    )
    if making is not None:
        kept = say(f"store.{making.preservation}") if making.preservation is not None else None
        yield from paragraph(
            kept,
            say("store.shelf", time=span(making.shelf_life)),
            *_custody(making.custody),
            fields=("manufacturing.preservation", "manufacturing.shelf_life", "manufacturing.custody"),
        )


def _custody(plan: Custody) -> tuple[Text | None, ...]:
    low, high = plan.temperature_low_c, plan.temperature_high_c
    gap = say("store.gap", time=span(plan.maximum_handover_gap)) if plan.maximum_handover_gap is not None else None
    if low is not None and high is not None:
        return say("store.between", low=number(low), high=number(high)), gap
    above = say("store.above", low=number(low)) if low is not None else None
    below = say("store.below", high=number(high)) if high is not None else None
    return above, below, gap


def accountability(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who answers for each bag, and what is done where a product fails, is late or is out of specification."""
    yield from enforced(inputs, "6.6.3")
    making = inputs.protocol.manufacturing
    if making is None:
        return
    yield from prose(making.returns, "manufacturing.returns")
    if making.failure_plan is not None:
        yield Heading(4, Text("field.Manufacturing.failure_plan"))
        yield from _failure(making.failure_plan)
    rule = making.out_of_specification
    if rule is not None:
        yield Heading(4, Text("field.Manufacturing.out_of_specification"))
        approvals = series(Code("plan.approvals", who) for who in rule.approvals)
        yield from paragraph(
            one_of_two("oos", rule.allowed),
            say("oos.approvals", who=approvals) if rule.approvals else None,
            ended(rule.text) if rule.text is not None else None,
            fields=("manufacturing.out_of_specification",),
        )
    if making.risk_factors_listed:
        said = say("making.risk_factors", what=words(making.risk_factors_listed))
        yield from paragraph(said, fields=("manufacturing.risk_factors_listed",))


def _failure(plan: FailurePlan) -> Iterator[Block]:
    place = "manufacturing.failure_plan"
    yield from paragraph(
        Text("document.attempts", {"n": Count(plan.maximum_attempts)}),
        one_of_two("failure.again", plan.repeat_collection_allowed),
        say(f"failure.{plan.replacement}") if plan.replacement is not None else None,
        say("failure.most", n=Count(plan.maximum_enrolled)) if plan.maximum_enrolled is not None else None,
        ended(plan.causes_investigated) if plan.causes_investigated is not None else None,
        fields=tuple(
            f"{place}.{name}"
            for name in (
                "maximum_attempts",
                "repeat_collection_allowed",
                "replacement",
                "maximum_enrolled",
                "causes_investigated",
            )
        ),
    )


def adherence(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how it is made sure that the right cells were given."""
    yield from enforced(inputs, "6.8")
    recorded = inputs.protocol.dose.product_attributes_recorded
    if recorded:
        said = say("dose.recorded", what=words(recorded))
        yield from paragraph(said, fields=("dose.product_attributes_recorded",))


def operators(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is asked of those who collect and infuse, and what a site must hold."""
    plan = inputs.protocol.sites
    if plan is None:
        return
    for index, item in enumerate(plan.operators):
        yield from paragraph(
            say("operator", procedure=Code("free", item.procedure), role=Code("free", item.role)),
            ended(item.minimum_training),
            say("operator.supervised", n=Count(item.minimum_supervised)) if item.minimum_supervised else None,
            say("operator.sop", sop=Recorded(item.sop), version=Recorded(item.sop_version or "-"))
            if item.sop
            else None,
            fields=(f"sites.operators.{index}",),
        )
    if plan.resources:
        rows = tuple(
            GridRow(
                (
                    Code("free", item.name),
                    shown(item.kind, item, "kind"),
                    Count(item.minimum),
                    shown(item.needed_for, item, "needed_for"),
                )
            )
            for item in plan.resources
        )
        heads = tuple(Text(f"field.Resource.{name}") for name in ("name", "kind", "minimum", "needed_for"))
        yield Grid(heads, rows, Text("field.Sites.resources"), ("sites.resources",))
    if plan.complex_delivery:
        yield from paragraph(say("sites.complex"), fields=("sites.complex_delivery",))
    yield from listed((ended(item) for item in plan.standardised_procedures), "sites.standardised_procedures")
