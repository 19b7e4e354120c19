"""Section 9: what an adverse event is, how it is collected and reported, and how each risk is met."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.risks import Risk
from celltrial.report.content.values import Code, Count, Dash, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Heading
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, listed, one_of_two, paragraph, say, span, words
from celltrial.report.document.standard import enforced, standard
from celltrial.report.document.stating import local, prose, share


def definitions(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what an adverse event is, and what that means in this disease."""
    yield from standard(inputs, "9.1.1")
    plan = inputs.protocol.safety
    yield from prose(plan.clarifications if plan else None, "safety.clarifications")


def serious(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what a serious adverse event is."""
    yield from standard(inputs, "9.1.2")


def complaints(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what a product complaint is."""
    yield from standard(inputs, "9.1.3")


def timing(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield from when to when each kind of event is collected, and until when the protocol's own rules count.

    Where no period is stated, what follows from the rules is its least length, and that is what is said.
    """
    plan = inputs.protocol.safety
    periods = plan.collection if plan is not None else ()
    if periods:
        rows = tuple(
            GridRow(
                (
                    Code("plan.event", item.event),
                    Code("plan.begins", item.begins),
                    say("collect.to_end")
                    if item.to_end or item.until is None
                    else say("collect.until", time=span(item.until)),
                )
            )
            for item in periods
        )
        heads = tuple(Text(f"document.head.collection.{name}") for name in ("event", "begins", "until"))
        yield Grid(heads, rows, Text("field.Safety.collection"), ("safety.collection",))
    counting = tuple(_counting_windows(inputs.protocol))
    if counting and not periods:
        last = max(counting, key=lambda item: item[2].days)
        values = {"day": span(last[2]), "rule": last[0]}
        yield from paragraph(Text("document.events_collected", values), fields=tuple(path for _, path, _ in counting))
    elif not periods:
        return
    if counting:
        heads = tuple(Text(f"document.head.{name}") for name in ("counted_by", "counted_until"))
        rows = tuple(GridRow((name, span(window))) for name, _, window in counting)
        yield Grid(heads, rows, Text("document.caption.counting"), tuple(path for _, path, _ in counting))


def _counting_windows(protocol: Protocol) -> Iterator[tuple[Value, str, Duration]]:
    """Yield each rule that counts adverse events: its name, its field, and how long after infusion it counts."""
    if protocol.escalation is not None:
        yield Text("field.Escalation.dlt"), "escalation.dlt.window", protocol.escalation.dlt.window
    for index, rule in enumerate(protocol.stopping.rules if protocol.stopping else ()):
        yield Code("free", rule.id), f"stopping.rules.{index}.event.window", rule.event.window


def collection(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how events are found, graded, judged and recorded."""
    plan, risks = inputs.protocol.safety, inputs.protocol.risk_plan
    if risks is not None and risks.consensus_versions:
        yield from paragraph(say("grade.events"), fields=("risk_plan.consensus_versions",))
    if plan is not None:
        yield from paragraph(
            say("causality", how=Code("plan.causality", plan.causality)) if plan.causality is not None else None,
            ended(plan.recording) if plan.recording is not None else None,
            fields=("safety.causality", "safety.recording"),
        )
    yield from enforced(inputs, "9.2.2")


def reporting(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield by when a serious adverse event reaches the sponsor."""
    plan = inputs.protocol.safety
    if plan is not None and plan.sae_to_sponsor is not None:
        said = say("sae.to_sponsor", time=span(plan.sae_to_sponsor))
        yield from paragraph(said, fields=("safety.sae_to_sponsor",))
    yield from standard(inputs, "9.2.3")


def regulators(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield by when the sponsor reports to the agency."""
    yield from standard(inputs, "9.2.3.1")
    yield from enforced(inputs, "9.2.3.1")


def special_interest(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the risk matrix: events by prevention, recognition, diagnosis and follow-up; management by grade."""
    plan = inputs.protocol.risk_plan
    if plan is None or not plan.risks:
        return
    yield from paragraph(
        say("aesi.lead", n=Count(len(plan.risks)), terms=words(risk.term for risk in plan.risks)),
        fields=("risk_plan.risks",),
    )
    names = ("term", "prevention", "recognition", "diagnosis", "follow_up")
    rows = tuple(GridRow((_named(risk), *(_cell(risk, name) for name in names[1:]))) for risk in plan.risks)
    heads = tuple(Text(f"field.Risk.{name}") for name in names)
    places = tuple(f"risk_plan.risks.{index}" for index in range(len(plan.risks)))
    yield Grid(heads, rows, Text("document.caption.matrix"), places)
    rates = tuple(
        GridRow(
            (
                Code("free", risk.term),
                Dash() if risk.expected_rate is None else share(risk.expected_rate),
                Dash() if risk.metric_threshold is None else share(risk.metric_threshold),
                Dash() if not risk.stages_considered else words(risk.stages_considered),
            )
        )
        for risk in plan.risks
    )
    more = ("term", "expected_rate", "metric_threshold", "stages_considered")
    yield Grid(tuple(Text(f"field.Risk.{name}") for name in more), rates, Text("document.caption.risk_metrics"), places)
    for risk in plan.risks:
        if risk.management:
            yield Heading(4, Text("document.management_of", {"term": Code("free", risk.term)}))
            yield Bullets(tuple(_steps(risk)), ("risk_plan.risks",))


def _named(risk: Risk) -> Value:
    said = {"term": Code("free", risk.term), "kind": Code("plan.kind", risk.kind)}
    if risk.grading_scale is None:
        return say("aesi.named", **said)
    return say("aesi.graded", **said, scale=Recorded(risk.grading_scale))


def _cell(risk: Risk, name: str) -> Value:
    value = getattr(risk, name)
    return Dash() if value is None else local(value)


def _steps(risk: Risk) -> Iterator[Value]:
    for step in risk.management:
        said = {"grade": Count(step.grade_at_least), "action": ended(step.action)}
        if step.drugs:
            yield say("aesi.step_drugs", **said, drugs=words(step.drugs))
        else:
            yield say("aesi.step", **said)


def disease_events(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the events of the disease that are no adverse events."""
    found = inputs.protocol.safety.disease_events if inputs.protocol.safety else ()
    if found:
        yield from paragraph(say("disease.lead"), fields=("safety.disease_events",))
        yield from listed((ended(item) for item in found), "safety.disease_events")


def pregnancy(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield by when a pregnancy is reported and how long it is followed."""
    plan = inputs.protocol.safety.pregnancy if inputs.protocol.safety else None
    if plan is not None:
        yield from paragraph(
            say("pregnancy.reported", time=span(plan.report_within)),
            ended(plan.followed_until) if plan.followed_until is not None else None,
            fields=("safety.pregnancy.report_within", "safety.pregnancy.followed_until"),
        )


def partner_pregnancy(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield whether a pregnancy of a partner is followed."""
    plan = inputs.protocol.safety.pregnancy if inputs.protocol.safety else None
    if plan is not None:
        yield from paragraph(one_of_two("pregnancy.partner", plan.partner), fields=("safety.pregnancy.partner",))


def special(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the situations that are reported though they are no adverse events."""
    found = inputs.protocol.safety.special_situations if inputs.protocol.safety else ()
    if found:
        yield from paragraph(say("special.lead"), fields=("safety.special_situations",))
        yield from listed((ended(item) for item in found), "safety.special_situations")
    else:
        yield from standard(inputs, "9.4")
