"""A skeleton of the information and consent form: what the protocol's facts tell a person who is asked to take part.

Sentences are addressed to that person. What no field tells (alternatives, contacts) is named as a gap, never filled. It is a
skeleton: the wording for people who read it must come from those who know them, and the ethics committee approves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from celltrial.protocol.model.base import Duration
from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Code, Count, Recorded, Text, Value
from celltrial.report.document import oversight, population, withdrawal
from celltrial.report.document.blocks import Block, Document, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import days_range, ended, inline, listed, paragraph, say, span, words
from celltrial.report.document.stating import field_name, local, prose, share, shown, unit_of

Builder = Callable[[DocumentInputs], Iterator[Block]]


def consent_document(inputs: DocumentInputs) -> Document:
    """Return the skeleton of the main consent form of a protocol."""
    about = inputs.protocol.identification
    blocks: list[Block] = []
    gaps: list[Heading] = []
    for position, (name, build) in enumerate(_PARTS, 1):
        heading = Heading(1, Text(f"doc.consent.part.{name}"), str(position))
        made = tuple(build(inputs))
        blocks += [heading, *made]
        if not made:
            blocks.append(Paragraph(Text("doc.consent.to_write"), tone="quiet"))
            gaps.append(heading)
    facts = [
        (field_name(about, "id"), shown(about.id, about, "id")),
        (field_name(about, "version"), shown(about.version, about, "version")),
        (Text("field.Consents.main_version"), Recorded(inputs.protocol.population.consents.main_version)),
        (field_name(about, "sponsor"), Recorded(about.sponsor) if about.sponsor else Text("document.no_value")),
    ]
    return Document(
        kind=Text("document.kind.consent"),
        title=local(about.short_title or about.title),
        name=about.id,
        fingerprint=fingerprint(inputs.protocol),
        facts=tuple(facts),
        notice=Text("doc.consent.notice"),
        blocks=tuple(blocks),
        unstated=tuple(gaps),
    )


def _why(inputs: DocumentInputs) -> Iterator[Block]:
    trial = inputs.protocol.trial
    yield from paragraph(say("consent.asked"), say("condition", condition=inline(trial.indication)))
    yield from prose(trial.need, "trial.need")
    aims = (
        say("objective", id=Recorded(item.id), text=inline(item.text))
        for item in trial.objectives
        if item.rank == "primary"
    )
    yield from paragraph(say("consent.learn"))
    yield from listed(aims, "trial.objectives")


def _product(inputs: DocumentInputs) -> Iterator[Block]:
    product, trial = inputs.protocol.product, inputs.protocol.trial
    yield from paragraph(
        say("consent.product", name=inline(product.name)),
        say(f"consent.source.{product.cell_source}"),
        ended(product.mechanism) if product.mechanism is not None else None,
        say("consent.genes") if product.exogenous_gene or product.gene_knockout else None,
        say("consent.first") if trial.first_in_human else None,
        say("consent.not_approved") if not trial.approved_product else None,
        fields=(
            "product.name",
            "product.cell_source",
            "product.mechanism",
            "trial.first_in_human",
            "trial.approved_product",
        ),
    )


def _people(inputs: DocumentInputs) -> Iterator[Block]:
    protocol = inputs.protocol
    size = protocol.confirmatory.sample_size if protocol.confirmatory else None
    most = (
        protocol.manufacturing.failure_plan.maximum_enrolled
        if protocol.manufacturing and protocol.manufacturing.failure_plan
        else None
    )
    number = size.enrolled if size is not None else most
    yield from paragraph(
        say("consent.number", n=Count(number)) if number is not None else None,
        say("consent.by_chance") if protocol.trial.design == "RCT" else None,
        say("consent.level") if protocol.escalation is not None else None,
        say("consent.criteria", n=Count(len(protocol.population.criteria))),
    )


def _course(inputs: DocumentInputs) -> Iterator[Block]:
    protocol = inputs.protocol
    treatment, making = protocol.treatment, protocol.manufacturing
    said: list[Value] = [say("consent.screening")]
    said.append(say(f"consent.collection.{protocol.product.cell_source}"))
    if making is not None:
        said.append(say("consent.manufacture", time=span(making.turnaround)))
    if treatment.bridging is not None and treatment.bridging.allowed:
        said.append(say("consent.bridging"))
    plan = treatment.lymphodepletion
    said += [
        say("drug.given", drug=Code("free", item.drug), dose=Recorded(f"{item.dose:g}"), unit=unit_of(item.unit),
            days=days_range(item.days))
        for item in (plan.drugs if plan else ())
    ]  # fmt: skip
    times = protocol.dose.repeat.doses
    route = Code("plan.route", treatment.infusion.route)
    said.append(
        say("consent.infusion", route=route) if times == 1 else say("consent.infusions", route=route, n=Count(times))
    )
    if treatment.infusion.watch_period is not None:
        said.append(say("consent.watch", time=span(treatment.infusion.watch_period)))
    if protocol.efficacy is not None and protocol.efficacy.visits:
        visits = protocol.efficacy.visits
        said.append(say("consent.visits", n=Count(len(visits)), day=Count(visits[-1].day)))
    yield from listed(said, "treatment", "manufacturing.turnaround", "efficacy.visits")


def _risks(inputs: DocumentInputs) -> Iterator[Block]:
    plan = inputs.protocol.risk_plan
    if plan is None or not plan.risks:
        return
    yield from paragraph(say("consent.risks"))
    rows = tuple(
        GridRow(
            (
                Code("free", risk.term),
                say("consent.rate_unknown")
                if risk.expected_rate is None
                else say("consent.rate", rate=share(risk.expected_rate)),
                local(risk.recognition) if risk.recognition is not None else say("consent.rate_unknown"),
            )
        )
        for risk in plan.risks
    )
    heads = tuple(Text(f"doc.consent.head.{name}") for name in ("risk", "rate", "watched"))
    yield Grid(heads, rows, fields=("risk_plan.risks",))
    yield from paragraph(
        say("consent.unknown_risks"),
        say("consent.depletion_risk") if inputs.protocol.treatment.lymphodepletion is not None else None,
        say("consent.integration") if _integrates(inputs) else None,
    )


def _integrates(inputs: DocumentInputs) -> bool:
    vector = inputs.protocol.product.vector
    return vector is not None and vector.integration != "none"


def _benefit(inputs: DocumentInputs) -> Iterator[Block]:
    yield from paragraph(say("consent.benefit"))
    for item in inputs.protocol.population.benefit_risk[-1:]:
        yield from listed((ended(one.statement) for one in item.expected_benefit), "population.benefit_risk")


def _nothing(inputs: DocumentInputs) -> Iterator[Block]:  # noqa: ARG001 - the form of every part
    yield from ()


def _pregnancy(inputs: DocumentInputs) -> Iterator[Block]:
    yield from population.contraception(inputs)
    for item in inputs.protocol.population.restrictions or ():
        end = say("restriction.until", time=span(item.until)) if item.until is not None else None
        yield from paragraph(ended(item.text), end, fields=("population.restrictions",))


def _failure(inputs: DocumentInputs) -> Iterator[Block]:
    making = inputs.protocol.manufacturing
    plan = making.failure_plan if making is not None else None
    if making is None or plan is None:
        return
    yield from paragraph(
        say("consent.failure", n=Count(plan.maximum_attempts)),
        say("leave.rescue", text=inline(plan.rescue)) if plan.rescue is not None else None,
        say("consent.oos") if making.out_of_specification is not None and making.out_of_specification.allowed else None,
        fields=("manufacturing.failure_plan", "manufacturing.out_of_specification"),
    )


def _leaving(inputs: DocumentInputs) -> Iterator[Block]:
    yield from paragraph(say("consent.free"))
    yield from withdrawal.withdrawal(inputs)


def _later(inputs: DocumentInputs) -> Iterator[Block]:
    plan = inputs.protocol.follow_up
    if plan is not None:
        yield from paragraph(
            say("consent.followed", years=span(Duration(plan.years, "y"))),
            say("follow_up.asks", what=words(plan.items)) if plan.items else None,
            say("consent.separate") if inputs.protocol.population.consents.follow_up_version is not None else None,
            fields=("follow_up.years", "follow_up.items"),
        )


def _data(inputs: DocumentInputs) -> Iterator[Block]:
    yield from oversight.data_protection(inputs)


def _samples(inputs: DocumentInputs) -> Iterator[Block]:
    plan = inputs.protocol.assessments
    if plan is not None and plan.genetic is not None:
        yield from paragraph(ended(plan.genetic.purpose), fields=("assessments.genetic",))
    kept = plan.sample_retention if plan is not None else None
    if kept is not None:
        yield from paragraph(say("samples.kept", time=span(kept)), fields=("assessments.sample_retention",))
    yield from oversight.samples_kept(inputs)


def _news(inputs: DocumentInputs) -> Iterator[Block]:
    yield from paragraph(
        say("consent.news"), say("consent.suspended") if inputs.protocol.stopping is not None else None
    )


def _contact(inputs: DocumentInputs) -> Iterator[Block]:
    yield from prose(inputs.protocol.identification.medical_contact, "identification.medical_contact")


def _signatures(inputs: DocumentInputs) -> Iterator[Block]:  # noqa: ARG001 - as above
    yield from paragraph(say("consent.sign"))
    names = ("who", "name", "signed", "date")
    blank = Recorded("")
    rows = tuple(
        GridRow((say(f"consent.signs.{who}"), blank, blank, blank))
        for who in ("participant", "guardian", "witness", "investigator")
    )
    yield Grid(tuple(Text(f"document.signature.{name}") for name in names), rows, look="signatures")


def _insurance(inputs: DocumentInputs) -> Iterator[Block]:
    yield from oversight.insurance(inputs)


_PARTS: Final[tuple[tuple[str, Builder], ...]] = (
    ("why", _why),
    ("product", _product),
    ("people", _people),
    ("course", _course),
    ("risks", _risks),
    ("benefit", _benefit),
    ("alternatives", _nothing),
    ("pregnancy", _pregnancy),
    ("failure", _failure),
    ("leaving", _leaving),
    ("later", _later),
    ("costs", _insurance),
    ("data", _data),
    ("samples", _samples),
    ("news", _news),
    ("contact", _contact),
    ("signatures", _signatures),
)
"""The parts of the form, in the order in which a person needs them."""
