"""Questions for a meeting with the agency before a first application: each with the sponsor's position from the protocol's facts.

A question is asked where the protocol has what it is about. The position is what the protocol says; a question without one
says so. Topics that the protocol already plans to ask come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from celltrial.protocol.model import Protocol
from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Text
from celltrial.report.document import (
    analyses,
    appendices,
    dose_finding,
    handling,
    intervention,
    introduction,
    objectives,
    population,
    stopping,
    trial_design,
)
from celltrial.report.document.blocks import Block, Document, Heading, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, paragraph, say
from celltrial.report.document.stating import field_name, local, shown

Builder = Callable[[DocumentInputs], Iterator[Block]]


def pre_ind_document(inputs: DocumentInputs) -> Document:
    """Return the list of questions with the sponsor's positions."""
    about = inputs.protocol.identification
    blocks: list[Block] = [Heading(1, Text("doc.pre_ind.background"), "1"), *_background(inputs)]
    blocks.append(Heading(1, Text("doc.pre_ind.questions"), "2"))
    gaps: list[Heading] = []
    for position, (question, answer) in enumerate(_questions(inputs), 1):
        heading = Heading(2, question, f"2.{position}")
        made = tuple(answer)
        blocks += [heading, *(_lowered(block) for block in made)]
        if not made:
            blocks.append(Paragraph(Text("doc.pre_ind.no_position"), tone="quiet"))
            gaps.append(heading)
    facts = (
        (field_name(about, "id"), shown(about.id, about, "id")),
        (field_name(about, "version"), shown(about.version, about, "version")),
        (field_name(inputs.protocol.product, "name"), local(inputs.protocol.product.name)),
    )
    return Document(
        kind=Text("document.kind.pre_ind"),
        title=local(about.title),
        name=about.id,
        fingerprint=fingerprint(inputs.protocol),
        facts=facts,
        notice=Text("doc.pre_ind.notice"),
        blocks=tuple(blocks),
        unstated=tuple(gaps),
    )


def _lowered(block: Block) -> Block:
    return Heading(4, block.title) if isinstance(block, Heading) else block


def _background(inputs: DocumentInputs) -> Iterator[Block]:
    yield from introduction.purpose(inputs)
    trial = inputs.protocol.trial
    yield from (
        paragraph(say("objective", id=say("pre_ind.aim"), text=inline(trial.objectives[0].text)))
        if trial.objectives
        else ()
    )


def _questions(inputs: DocumentInputs) -> Iterator[tuple[Text, Iterator[Block]]]:
    protocol = inputs.protocol
    for item in protocol.governance.agency if protocol.governance else ():
        if item.status == "planned":
            yield say("pre_ind.own", topic=inline(item.topic)), iter(())
    for name, applies, build in _ASKED:
        if applies(protocol):
            yield say(f"pre_ind.q.{name}"), build(inputs)
    for departure in protocol.justifications:
        asked = say("pre_ind.departure", clause=departure.clause)
        yield asked, paragraph(ended(departure.reason), fields=("justifications",))


def _always(protocol: Protocol) -> bool:  # noqa: ARG001 - the form of every condition
    return True


def _is_exploratory(protocol: Protocol) -> bool:
    return protocol.escalation is not None


def _is_confirmatory(protocol: Protocol) -> bool:
    return protocol.confirmatory is not None


def _endpoints(inputs: DocumentInputs) -> Iterator[Block]:
    yield from objectives.primary(inputs)


def _product(inputs: DocumentInputs) -> Iterator[Block]:
    yield from handling.preparation(inputs)
    yield from handling.storage(inputs)


def _starting(inputs: DocumentInputs) -> Iterator[Block]:
    yield from intervention.product(inputs)
    yield from intervention.dose_rationale(inputs)


_ASKED: Final[tuple[tuple[str, Callable[[Protocol], bool], Builder], ...]] = (
    ("quality", lambda protocol: protocol.manufacturing is not None, _product),
    ("nonclinical", lambda protocol: bool(protocol.product.nonclinical), introduction.risks),
    ("starting_dose", _is_exploratory, _starting),
    ("population", _always, population.description),
    ("escalation", _is_exploratory, dose_finding.dose_finding),
    ("size_exploratory", _is_exploratory, analyses.sample_size),
    ("control", _is_confirmatory, trial_design.control_rationale),
    ("endpoints", lambda protocol: protocol.efficacy is not None, _endpoints),
    (
        "size_confirmatory",
        lambda protocol: protocol.confirmatory is not None and protocol.escalation is None,
        analyses.sample_size,
    ),
    ("stopping", lambda protocol: protocol.stopping is not None, stopping.stopping_rules),
    ("failure", lambda protocol: protocol.manufacturing is not None, handling.accountability),
    ("follow_up", lambda protocol: protocol.follow_up is not None, appendices.follow_up),
)
"""The questions: their name in the catalogue, when they are asked, and what the position is made of."""
