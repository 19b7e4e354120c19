"""Section 11: law and ethics, duties, consent, committees, insurance, quality, data, source, deviations, closing, results."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.report.content.values import Code, Count, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow
from celltrial.report.document.handling import operators
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, listed, one_of_two, paragraph, say, series, span
from celltrial.report.document.standard import enforced, standard
from celltrial.report.document.stating import local, prose, shown


def ethics(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the legal and ethical basis."""
    protocol = inputs.protocol
    plan = protocol.oversight
    path = say(f"pathway.{protocol.identification.pathway}")
    yield from paragraph(path, fields=("identification.pathway",))
    yield from standard(inputs, "11.1")
    if plan is not None:
        review = plan.continuing_review
        yield from paragraph(
            ended(plan.ethics) if plan.ethics is not None else None,
            say("ethics.review", time=span(review)) if review is not None else None,
            fields=("oversight.ethics", "oversight.continuing_review"),
        )


def investigator(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the duties of the investigator, and what is asked of sites and operators."""
    plan = inputs.protocol.oversight
    yield from prose(plan.responsibilities if plan else None, "oversight.responsibilities")
    yield from standard(inputs, "11.2.1")
    yield from enforced(inputs, "11.2.1")
    yield from operators(inputs)


def sponsor(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the duties of the sponsor, and those that others carry out."""
    yield from standard(inputs, "11.2.2")
    plan = inputs.protocol.oversight
    said = [say("delegated", task=inline(item.task), to=inline(item.to)) for item in plan.delegated] if plan else []
    yield from listed(said, "oversight.delegated")


def consent(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield which consents are taken and how."""
    plan = inputs.protocol.population.consents
    yield from paragraph(
        say("consent.main", version=Recorded(plan.main_version)),
        say("consent.follow_up", version=Recorded(plan.follow_up_version))
        if plan.follow_up_version is not None
        else None,
        fields=("population.consents.main_version", "population.consents.follow_up_version"),
    )
    yield from prose(plan.process, "population.consents.process")
    if plan.process is None:
        yield from standard(inputs, "11.3")
    yield from enforced(inputs, "11.3")


def rescreened_consent(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield whether consent is taken again from one who is screened again."""
    plan = inputs.protocol.population.rescreening
    if plan is not None:
        said = one_of_two("screen.consent", plan.new_consent) if plan.allowed else say("screen.again.no")
        yield from paragraph(said, fields=("population.rescreening.allowed", "population.rescreening.new_consent"))


def samples_kept(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield whether consent covers what is left of samples."""
    said = one_of_two("consent.future", inputs.protocol.population.consents.future_use)
    yield from paragraph(said, fields=("population.consents.future_use",))


def committees(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the boards."""
    plan, efficacy = inputs.protocol.governance, inputs.protocol.efficacy
    if plan is not None:
        charter = plan.safety_board_charter
        yield from paragraph(
            one_of_two("board", plan.safety_board),
            say("board.charter", charter=Recorded(charter)) if charter else None,
            ended(plan.safety_board_text) if plan.safety_board_text is not None else None,
            fields=("governance.safety_board", "governance.safety_board_charter", "governance.safety_board_text"),
        )
    if efficacy is not None and efficacy.independent_review is not None:
        review = efficacy.independent_review
        said = say("board.review", n=Count(review.readers))
        yield from paragraph(said, fields=("efficacy.independent_review.readers",))


def insurance(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who pays for injury."""
    plan = inputs.protocol.oversight
    yield from prose(plan.insurance if plan else None, "oversight.insurance")
    if plan is not None and plan.insurance is None:
        yield from standard(inputs, "11.5")


def quality(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the factors critical to quality, and how risks to the trial are watched."""
    plan, governed = inputs.protocol.oversight, inputs.protocol.governance
    if plan is not None and plan.quality:
        heads = tuple(Text(f"field.QualityFactor.{name}") for name in ("factor", "risk", "control"))
        rows = tuple(GridRow((local(item.factor), local(item.risk), local(item.control))) for item in plan.quality)
        yield Grid(heads, rows, fields=("oversight.quality",))
    if governed is not None:
        interval, last = governed.evidence_review_interval, governed.last_evidence_review
        yield from paragraph(
            ended(governed.monitoring_plan) if governed.monitoring_plan is not None else None,
            say("quality.review", time=span(interval)) if interval is not None else None,
            say("quality.last", day=shown(last, governed, "last_evidence_review")) if last is not None else None,
            fields=tuple(
                f"governance.{name}" for name in ("monitoring_plan", "evidence_review_interval", "last_evidence_review")
            ),
        )


def data_governance(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the systems that hold the data, and how they can be traced."""
    plan = inputs.protocol.oversight
    yield from prose(plan.data_systems if plan else None, "oversight.data_systems")
    yield from enforced(inputs, "11.7")
    kept = plan.record_retention if plan is not None else None
    if kept is not None:
        yield from paragraph(say("records.kept", time=span(kept)), fields=("oversight.record_retention",))


def data_protection(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who answers for personal data, where they go, and the law on genetic resources."""
    plan = inputs.protocol.oversight
    if plan is None:
        return
    data = plan.data_protection
    if data is not None:
        yield from paragraph(
            say("data.handler", who=inline(data.handler)),
            say("data.transfer", how=Code("plan.transfer", data.transfer)) if data.transfer is not None else None,
            ended(data.breach) if data.breach is not None else None,
            fields=("oversight.data_protection",),
        )
    yield from standard(inputs, "11.8")
    genes = plan.genetic_resources
    if genes is not None:
        yield from paragraph(
            one_of_two("hgr.foreign", genes.foreign_party),
            one_of_two("hgr.abroad", genes.material_abroad),
            say("hgr.filing", number=Recorded(genes.filing)) if genes.filing else None,
            fields=("oversight.genetic_resources",),
        )


def source(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield which records are the source of each kind of data, and who may see them."""
    plan = inputs.protocol.oversight
    yield from prose(plan.source_records if plan else None, "oversight.source_records")
    yield from standard(inputs, "11.9")
    kinds: dict[str, list[Value]] = {}
    for item in inputs.protocol.population.criteria:
        kinds.setdefault(item.source, []).append(Recorded(item.id))
    stated = plan is not None and (plan.source_records is not None or plan.standard_texts is not None)
    if stated:
        said = (say("source.of", source=Code("plan.source", name), ids=series(ids)) for name, ids in kinds.items())
        count = len(inputs.protocol.population.criteria)
        yield from listed(said, *(f"population.criteria.{i}.{name}" for i in range(count) for name in ("id", "source")))


def deviations(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how deviations are recorded and reported."""
    plan = inputs.protocol.oversight
    yield from prose(plan.deviations if plan else None, "oversight.deviations")
    if plan is not None and plan.deviations is None:
        yield from standard(inputs, "11.10")
    yield from enforced(inputs, "11.10")


def closure(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield when a site is closed before its time."""
    plan = inputs.protocol.oversight
    yield from prose(plan.site_closure if plan else None, "oversight.site_closure")
    if plan is not None and plan.site_closure is None:
        yield from standard(inputs, "11.11")


def registration(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield where the trial is registered and when its results are public."""
    about, plan = inputs.protocol.identification, inputs.protocol.oversight
    results = plan.results_within if plan is not None else None
    told = plan.dissemination if plan is not None else None
    yield from paragraph(
        say("registered", ids=series(map(Recorded, about.registry_ids))) if about.registry_ids else None,
        say("results.within", time=span(results)) if results is not None else None,
        ended(told) if told is not None else None,
        fields=("identification.registry_ids", "oversight.results_within", "oversight.dissemination"),
    )
