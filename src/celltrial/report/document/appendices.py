"""Sections 12 and 14: laboratory, countries, amendments, long-term follow-up, after approval, assumptions, sources, references."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.follow_up import FollowUpAssay
from celltrial.protocol.model.governance import Justification
from celltrial.report.content.values import Code, Count, Lines, Recorded, Sentences, Text, Value, When
from celltrial.report.document.blocks import Block, Grid, GridRow
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.schedule import follow_up_schedule
from celltrial.report.document.sentences import ended, listed, paragraph, say, series, span, words
from celltrial.report.document.stating import evidence, field_name, items, local, shown


def laboratory(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the laboratory panels, and the tests that decide on eligibility."""
    plan = inputs.protocol.assessments
    if plan is not None and plan.panels:
        heads = tuple(Text(f"field.Panel.{name}") for name in ("name", "analytes"))
        rows = tuple(GridRow((local(item.name), words(item.analytes))) for item in plan.panels)
        yield Grid(heads, rows, Text("field.Assessments.panels"), ("assessments.panels",))
    tests = [(i, item) for i, item in enumerate(inputs.protocol.population.criteria) if item.source == "laboratory"]
    if tests:
        heads = tuple(Text(f"field.Criterion.{name}") for name in ("id", "concept", "unit", "assessment"))
        names = ("id", "concept", "unit", "assessment")
        rows = tuple(GridRow(tuple(shown(getattr(item, name), item, name) for name in names)) for _, item in tests)
        places = tuple(f"population.criteria.{i}.{name}" for i, _ in tests for name in (*names, "source"))
        yield Grid(heads, rows, Text("document.caption.eligibility_tests"), places)


def countries(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what differs between countries; a trial in one country says so."""
    plan = inputs.protocol.oversight
    if plan is not None and plan.country_differences:
        yield from listed((ended(item) for item in plan.country_differences), "oversight.country_differences")
    elif len(inputs.protocol.trial.countries) == 1:
        country = Code("country", inputs.protocol.trial.countries[0])
        yield from paragraph(say("countries.one", country=country), fields=("trial.countries",))


def amendments(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the amendments before this version."""
    about = inputs.protocol.identification
    if about.amendment is None:
        yield from paragraph(
            say("amendment.original", version=Recorded(about.version)), fields=("identification.version",)
        )
    else:
        yield from amendment_details(inputs)


def amendment_details(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield scope, reasons and summary of this version's amendment."""
    plan = inputs.protocol.identification.amendment
    if plan is None:
        return
    yield from paragraph(
        say("amendment.scope", scope=Code("plan.scope", plan.scope)),
        say("amendment.substantial", what=Code("plan.substantial", plan.substantial)),
        ended(plan.summary) if plan.summary is not None else None,
        fields=("identification.amendment",),
    )
    yield from listed((say("amendment.reason", text=ended(item)) for item in plan.reasons), "identification.amendment")


def follow_up(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the long-term follow-up: when, what is asked and tested, children, and its schedule."""
    plan = inputs.protocol.follow_up
    if plan is None:
        return
    said = {
        "months": series(Recorded(str(month)) for month in plan.visits_months),
        "every": span(plan.then_every),
        "years": span(Duration(plan.years, "y")),
        "window": span(plan.window),
        "contacts": Count(plan.contact_attempts_before_lost),
    }
    where = say(f"follow_up.{plan.arrangement}")
    other = say("follow_up.protocol", id=Recorded(plan.separate_protocol_id)) if plan.separate_protocol_id else None
    names = ("visits_months", "then_every", "years", "window", "contact_attempts_before_lost", "arrangement",
             "separate_protocol_id")  # fmt: skip
    yield from paragraph(
        Text("document.follow_up", said), where, other, fields=tuple(f"follow_up.{name}" for name in names)
    )
    if plan.items:
        yield from paragraph(say("follow_up.asks", what=words(plan.items)), fields=("follow_up.items",))
    asked = tuple(
        say("follow_up.class", item=Code("free", name), kind=Code("plan.item_classes", kind))
        for name, kind in plan.item_classes.items()
    )
    yield from listed(asked, "follow_up.item_classes")
    yield from listed((_assay(item) for item in plan.assays), "follow_up.assays")
    children = plan.paediatric
    if children is not None:
        place = "follow_up.paediatric"
        yield from paragraph(
            say("follow_up.growth") if children.growth_monitoring else None,
            say("follow_up.child_items", what=words(children.items)) if children.items else None,
            say("follow_up.adult", age=Count(children.adult_care_age)),
            ended(children.retention_plan) if children.retention_plan is not None else None,
            ended(children.transition_plan) if children.transition_plan is not None else None,
            fields=(place,),
        )
    yield from follow_up_schedule(inputs)


def _assay(item: FollowUpAssay) -> Value:
    said: dict[str, object] = {
        "analyte": Code("free", item.analyte),
        "kind": Code("plan.kind", item.kind),
        "every": series(span(one) for one in item.every),
    }
    parts: list[Value] = [say("follow_up.assay", **said)]
    if item.until is not None:
        parts.append(say("follow_up.until", time=span(item.until)))
    if item.stop_after_negatives is not None:
        parts.append(say("follow_up.stops", n=Count(item.stop_after_negatives)))
    return Sentences(tuple(parts))


def post_market(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the plan after approval."""
    plan = inputs.protocol.follow_up.post_market if inputs.protocol.follow_up is not None else None
    if plan is None:
        if inputs.protocol.trial.phase == "exploratory":
            yield from paragraph(say("market.none"), fields=("trial.phase",))
        return
    place = "follow_up.post_market"
    yield from listed(
        (say("market.gap", what=Code("free", name), how=ended(text)) for name, text in plan.gaps.items()),
        f"{place}.gaps",
    )
    yield from paragraph(
        say("market.registry", n=Count(plan.registry_size)) if plan.registry_size is not None else None,
        say("market.report", time=span(plan.periodic_report_interval))
        if plan.periodic_report_interval is not None
        else None,
        fields=(f"{place}.registry_size", f"{place}.periodic_report_interval"),
    )


def assumptions(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what planning assumes."""
    plan = inputs.protocol.assumptions
    if plan is not None:
        yield from paragraph(say("assumptions.lead"))
        rows = tuple(
            GridRow((field_name(plan, name), shown(getattr(plan, name), plan, name)))
            for name in type(plan).model_fields
            if getattr(plan, name) is not None
        )
        heads = (Text("document.head.item"), Text("document.head.assumed"))
        yield Grid(heads, rows, fields=("assumptions",), look="facts")
    if inputs.protocol.escalation is not None:
        scenarios = inputs.protocol.escalation.scenarios
        yield from items(scenarios, "escalation.scenarios", caption=Text("field.Escalation.scenarios"))


def _signed(inputs: DocumentInputs, item: Justification) -> Iterator[Text]:
    """Yield who signed a justification on record; a name in the file is no signature."""
    signers = inputs.signers.get(item.clause, ())
    if signers:
        yield say("departure.signed", who=Code("free", "; ".join(signers)))
    else:
        yield say("departure.unsigned", who=Code("free", item.signed_by), day=When(item.signed_on))
    if signers and item.clause in inputs.unsigned:
        yield Text("justification.awaits_second")


def departures(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the reasons for not following a clause with who signed each, and the earlier weighings of benefit and risk."""
    for index, item in enumerate(inputs.protocol.justifications):
        place = f"justifications.{index}"
        signed = _signed(inputs, item)
        clause = say("departure.clause", clause=Recorded(item.clause))
        names = ("clause", "reason", "signed_by", "signed_on")
        yield from paragraph(clause, ended(item.reason), *signed, fields=tuple(f"{place}.{name}" for name in names))
        yield from evidence(inputs, item.evidence, f"{place}.evidence")
    if not inputs.protocol.justifications:
        yield from paragraph(say("departure.none"), fields=("justifications",))
    found = inputs.protocol.population.benefit_risk
    yield from items(
        found,
        "population.benefit_risk",
        "version",
        "dated",
        "phase",
        "conclusion",
        caption=Text("document.caption.weighings"),
    )


def sources(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield where each value comes from."""
    yield from items(inputs.protocol.provenance, "provenance")
    if not inputs.protocol.provenance:
        yield from paragraph(say("sources.none"), fields=("provenance",))


def references(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the references under the numbers by which the text cites them."""
    rows = []
    for position, item in enumerate(inputs.protocol.references, 1):
        more = [
            say(f"reference.{name}", value=Recorded(value))
            for name, value in (("doi", item.doi), ("pmid", item.pmid), ("url", item.url))
            if value
        ]
        rows.append(GridRow((Recorded(f"[{position}]"), Lines((Recorded(item.citation), *more)), Recorded(item.id))))
    if rows:
        heads = tuple(Text(f"document.head.reference.{name}") for name in ("number", "citation", "key"))
        yield Grid(heads, tuple(rows), fields=("references",))
