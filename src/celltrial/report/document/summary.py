"""Title page and section 1: synopsis, schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.protocol.regimen import most_doses
from celltrial.report.content.values import Code, Count, Joined, Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow, Heading, Steps
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.intervention import level_amount
from celltrial.report.document.objectives import objective_table
from celltrial.report.document.sentences import days_range, say, series, span, words
from celltrial.report.document.stating import field_name, local, shown

#: What the template wants on every title page and no rule of celltrial needs.
_REQUIRED: Final = ("sponsor", "sponsor_address", "registry_ids", "approved_on")
_ON_TITLE: Final = (
    "id", "version", "version_date", "short_title", "acronym", "sponsor", "sponsor_address", "registry_ids", "pathway",
    "product_codes", "approved_on", "signatory", "medical_contact", "confidentiality",
)  # fmt: skip


def title_facts(inputs: DocumentInputs) -> tuple[tuple[Value, Value], ...]:
    """Return the lines of the title page; what the template wants and the protocol does not state says so."""
    protocol = inputs.protocol
    about, trial = protocol.identification, protocol.trial
    lines: list[tuple[Value, Value]] = []
    for name in _ON_TITLE:
        value = getattr(about, name)
        if value or name in _REQUIRED:
            said = shown(value, about, name) if value else Text("document.no_value")
            lines.append((field_name(about, name), said))
    original = Text("document.amended" if about.amendment is not None else "document.original")
    lines.insert(2, (Text("document.head.original"), original))
    lines.append((field_name(trial, "phase_label"), Recorded(trial.phase_label)))
    lines.append((field_name(protocol.product, "name"), local(protocol.product.name)))
    return tuple(lines)


def title_gaps(protocol: Protocol) -> Iterator[Heading]:
    """Yield what the title page needs and the protocol does not state."""
    about = protocol.identification
    for name in _REQUIRED:
        if not getattr(about, name):
            yield Heading(0, Text("document.gap.title", {"name": field_name(about, name)}))


def synopsis_objectives(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the primary and secondary objectives beside their endpoints."""
    yield from objective_table(inputs.protocol, ("primary", "secondary"))


def overall_design(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the controlled elements of the synopsis."""
    found = tuple(_design_lines(inputs.protocol))
    rows = tuple(GridRow((Text(f"document.synopsis.{name}"), value)) for name, value, _ in found)
    fields = tuple(field for _, _, stated in found for field in stated)
    heads = (Text("document.head.item"), Text("document.head.stated"))
    yield Grid(heads, rows, fields=fields, look="facts")


def _design_lines(protocol: Protocol) -> Iterator[tuple[str, Value, tuple[str, ...]]]:
    trial, product = protocol.trial, protocol.product
    yield "indication", local(trial.indication), ("trial.indication",)
    ages = _ages(protocol)
    if ages is not None:
        yield "age", ages, ("population.criteria",)
    model = Code("doc.model", trial.design)
    yield "design", say("synopsis.design", label=Recorded(trial.phase_label), model=model), (
        "trial.phase_label", "trial.design",
    )  # fmt: skip
    if protocol.confirmatory is not None:
        yield "control", Code("plan.comparator", protocol.confirmatory.comparator), ("confirmatory.comparator",)
    elif trial.design != "RCT":
        yield "control", say("synopsis.uncontrolled"), ("trial.design",)
    yield "assignment", _assignment(protocol), ("confirmatory.randomisation", "escalation.design")
    yield "blinding", Code("plan.level", trial.blinding.level), ("trial.blinding.level",)
    centres = Text("document.multicentre" if trial.multicentre else "document.single_centre")
    if trial.countries:
        centres = say(
            "synopsis.centres", centres=centres, countries=series(Code("country", each) for each in trial.countries)
        )
    yield "centres", centres, ("trial.multicentre", "trial.countries")
    yield "product", local(product.name), ("product.name",)
    levels = tuple(
        Text("document.pair", {"name": Code("free", item.label), "value": level_amount(protocol.dose, item)})
        for item in protocol.dose.levels
    )
    yield "dose", Lines(levels), ("dose.levels", "dose.per_kg")
    repeat = protocol.dose.repeat
    if protocol.treatment.courses:
        yield "doses", Count(most_doses(protocol)), ("treatment.courses",)
    elif repeat.interval is None:
        yield "doses", Count(repeat.doses), ("dose.repeat.doses",)
    else:
        said = say("synopsis.doses", n=Count(repeat.doses), every=span(repeat.interval))
        yield "doses", said, ("dose.repeat.doses", "dose.repeat.interval")
    yield from _size_lines(protocol)
    yield from _duration_lines(protocol)
    if protocol.governance is not None:
        board = protocol.governance.safety_board
        yield "committees", Text("document.board" if board else "document.no_board"), ("governance.safety_board",)


def _ages(protocol: Protocol) -> Value | None:
    """Return the ages that the criteria let in, in years, from every criterion on age."""
    low = high = None
    for item in protocol.population.criteria:
        if item.concept != "age" or not isinstance(item.value, int | float) or isinstance(item.value, bool):
            continue
        floor = item.operator in ({">=", ">"} if item.kind == "inclusion" else {"<", "<="})
        if floor:
            low = item.value if low is None else max(low, item.value)
        else:
            high = item.value if high is None else min(high, item.value)
    if low is None and high is None:
        return None
    if high is None:
        return say("synopsis.age_from", low=Recorded(f"{low:g}"))
    if low is None:
        return say("synopsis.age_to", high=Recorded(f"{high:g}"))
    return say("synopsis.age", low=Recorded(f"{low:g}"), high=Recorded(f"{high:g}"))


def _assignment(protocol: Protocol) -> Value:
    plan = protocol.confirmatory.randomisation if protocol.confirmatory else None
    if plan is None:
        return say("synopsis.by_level" if protocol.escalation is not None else "synopsis.one_arm")
    ratio = Recorded(":".join(map(str, plan.ratio)))
    if not plan.strata:
        return say("synopsis.randomised", ratio=ratio)
    return say("synopsis.stratified", ratio=ratio, strata=words(plan.strata))


def _size_lines(protocol: Protocol) -> Iterator[tuple[str, Value, tuple[str, ...]]]:
    size = protocol.confirmatory.sample_size if protocol.confirmatory else None
    if size is not None:
        said = {"infused": Count(size.infused), "enrolled": Count(size.enrolled)}
        place = "confirmatory.sample_size"
        yield "size", Text("document.size_sentence", said), (f"{place}.infused", f"{place}.enrolled")
    plan = protocol.escalation
    if plan is not None and "max_subjects" in plan.design.params:
        most = Recorded(str(plan.design.params["max_subjects"]))
        expansion = plan.transition.expansion_size if plan.transition is not None else None
        if expansion is None:
            yield "size", say("synopsis.finding", most=most), ("escalation.design.params.max_subjects",)
        else:
            fields = ("escalation.design.params.max_subjects", "escalation.transition.expansion_size")
            yield "size", say("synopsis.finding_expansion", most=most, more=Count(expansion)), fields
    failure = protocol.manufacturing.failure_plan if protocol.manufacturing else None
    if failure is not None and failure.maximum_enrolled is not None:
        yield "enrolled", Count(failure.maximum_enrolled), ("manufacturing.failure_plan.maximum_enrolled",)


def _duration_lines(protocol: Protocol) -> Iterator[tuple[str, Value, tuple[str, ...]]]:
    if protocol.treatment.vein_to_vein_expected is not None:
        said = say("synopsis.waiting", time=span(protocol.treatment.vein_to_vein_expected))
        yield "waiting", said, ("treatment.vein_to_vein_expected",)
    if protocol.follow_up is not None:
        yield "follow_up", span(Duration(protocol.follow_up.years, "y")), ("follow_up.years",)


def schema(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the course of a participant as steps."""
    fields = (
        "product.cell_source", "dose.repeat.doses", "treatment.bridging.allowed", "treatment.lymphodepletion.drugs",
        "manufacturing.turnaround", "escalation.dlt.window", "efficacy.visits", "follow_up.years",
        "confirmatory.randomisation.point",
    )  # fmt: skip
    yield Steps(tuple(_course(inputs.protocol)), fields)


def _course(protocol: Protocol) -> Iterator[tuple[Value, Value]]:
    treatment, making = protocol.treatment, protocol.manufacturing
    number = len(protocol.population.criteria)
    yield Text("document.step.screening"), Text("document.step.criteria", {"n": Count(number)})
    if protocol.confirmatory and protocol.confirmatory.randomisation:
        plan = protocol.confirmatory.randomisation
        yield Text("document.step.randomisation"), shown(plan.point, plan, "point")
    yield Text("document.step.collection"), Code("plan.cell_source", protocol.product.cell_source)
    if making is not None:
        yield Text("document.step.manufacture"), shown(making.turnaround, making, "turnaround")
    if treatment.bridging is not None and treatment.bridging.allowed:
        yield Text("document.step.bridging"), Text("document.step.if_needed")
    if treatment.lymphodepletion is not None:
        drugs = Joined(tuple(Code("free", item.drug) for item in treatment.lymphodepletion.drugs))
        days = days_range(day for item in treatment.lymphodepletion.drugs for day in item.days)
        yield Text("document.step.lymphodepletion"), Lines((drugs, Text("document.step.days", {"days": days})))
    yield Text("document.step.infusion"), Text("document.step.day_zero", {"n": Count(protocol.dose.repeat.doses)})
    if protocol.escalation is not None:
        window = protocol.escalation.dlt
        yield Text("document.step.dlt"), shown(window.window, window, "window")
    if protocol.efficacy is not None and protocol.efficacy.visits:
        last = protocol.efficacy.visits[-1]
        yield Text("document.step.response"), Text("document.step.to_day", {"day": Recorded(str(last.day))})
    if protocol.follow_up is not None:
        yield Text("document.step.follow_up"), span(Duration(protocol.follow_up.years, "y"))
