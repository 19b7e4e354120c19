"""Section 4.3: what stops the trial, who is in flight, what resuming takes, what ends it."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model.stopping import Stopping, StoppingRule
from celltrial.protocol.policies import boundary_of
from celltrial.report.content.values import Code, Count, Recorded, Sentences, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, paragraph, say, series, span, words

#: Columns of a boundary table at most; longer ones go on in a second table.
_MOST = 14


def stopping_rules(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield every rule with its boundary, participants in flight, resuming, and the end."""
    plan = inputs.protocol.stopping
    if plan is None:
        return
    for index, rule in enumerate(plan.rules):
        yield from _rule(rule, index, inputs.planned_subjects)
    yield Heading(4, Text("field.Stopping.in_flight"))
    yield from _in_flight(plan)
    yield Heading(4, Text("document.heading.resume"))
    yield from _resume(plan)
    yield Heading(4, Text("document.heading.halt"))
    yield from _halt(plan)


def _rule(rule: StoppingRule, index: int, most: int) -> Iterator[Block]:
    place = f"stopping.rules.{index}"
    boundary = boundary_of(rule)
    yield Heading(4, Text("document.endpoint_heading", {"id": Recorded(rule.id), "text": inline(rule.text)}))
    event = rule.event
    if not event.terms:
        counted = say("stop.any", grade=Count(event.grade_at_least))
    else:
        counted = say("stop.terms", terms=words(event.terms), grade=Count(event.grade_at_least))
    yield from paragraph(
        say(f"stop.scope.{rule.scope}"),
        say("stop.counted", what=counted, window=span(event.window)),
        say("stop.related" if event.related_only else "stop.unrelated"),
        say("stop.scale", scale=Recorded(event.scale)) if event.scale else None,
        say("stop.deaths" if event.deaths else "stop.no_deaths"),
        say(f"stop.denominator.{rule.denominator}"),
        *(Text(message.id, message.params) for message in boundary.describe()),
        fields=(place,),
    )
    limits = sorted(boundary.printed(most).items())
    if not limits:
        yield Paragraph(Text("document.no_boundary", {"n": Count(most)}), (place,))
    for first in range(0, len(limits), _MOST):
        chunk = limits[first : first + _MOST]
        heads: tuple[Value, ...] = (Text("document.head.events"), *(Count(x) for _, x in chunk))
        row = GridRow((Text("document.head.subjects"), *(Count(n) for n, _ in chunk)))
        yield Grid(heads, (row,), Text("document.caption.boundary", {"n": Count(most)}), (place,), "marks")


def _in_flight(plan: Stopping) -> Iterator[Block]:
    rule = plan.in_flight
    collecting = say("stop.no_collection" if plan.suspension_refuses_collection else "stop.collection")
    fields = ("stopping.suspension_refuses_collection", "stopping.in_flight")
    if rule is None:
        yield from paragraph(collecting, Text("document.in_flight.none"), fields=fields)
        return
    allowed = rule.lymphodepleted_may_be_infused
    said = Text(f"document.in_flight.{'allowed' if allowed else 'refused'}")
    signed = say("stop.signatures", who=words(rule.signatures)) if rule.signatures else None
    yield from paragraph(collecting, said, signed, ended(rule.text), fields=fields)


def _resume(plan: Stopping) -> Iterator[Block]:
    asked = [name for name in type(plan.resume).model_fields if getattr(plan.resume, name)]
    waived = [name for name in type(plan.resume).model_fields if not getattr(plan.resume, name)]
    within = say("stop.within", time=span(plan.longest_evaluation)) if plan.longest_evaluation is not None else None
    yield from paragraph(
        say("stop.resume", what=series(say(f"stop.resume.{name}") for name in asked)) if asked else None,
        say("stop.waived", what=series(say(f"stop.resume.{name}") for name in waived)) if waived else None,
        within,
        fields=("stopping.resume", "stopping.longest_evaluation"),
    )


def _halt(plan: Stopping) -> Iterator[Block]:
    halt = plan.halt
    said: list[Value] = []
    if halt is not None and halt.causes:
        said.append(say("stop.halt", causes=series(Code("plan.causes", item) for item in halt.causes)))
    if halt is not None and halt.minimum_validation_runs is not None:
        said.append(say("stop.runs", n=Count(halt.minimum_validation_runs)))
    if plan.early_termination is not None:
        said.append(ended(plan.early_termination))
    if said:
        yield Paragraph(Sentences(tuple(said)), ("stopping.halt", "stopping.early_termination"))
