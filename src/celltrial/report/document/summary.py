"""Title page and section 1: synopsis, schema."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model import Protocol
from celltrial.protocol.regimen import most_doses
from celltrial.report.content.values import Code, Count, Joined, Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow, Steps
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.intervention import level_amount
from celltrial.report.document.objectives import objective_table
from celltrial.report.document.stating import facts, field_name, local, shown


def title_facts(inputs: DocumentInputs) -> tuple[tuple[Value, Value], ...]:
    """Return the lines of the title page."""
    protocol = inputs.protocol
    about, trial = protocol.identification, protocol.trial
    named = ("id", "version", "version_date", "acronym", "sponsor", "registry_ids", "pathway")
    lines: list[tuple[Value, Value]] = [
        (field_name(about, name), _or_not_stated(getattr(about, name), shown(getattr(about, name), about, name)))
        for name in named
    ]
    lines.append((field_name(trial, "phase_label"), Recorded(trial.phase_label)))
    lines.append((field_name(protocol.product, "name"), local(protocol.product.name)))
    lines.append((field_name(protocol, "schema_version"), Count(protocol.schema_version)))
    return tuple(lines)


def _or_not_stated(value: object, said: Value) -> Value:
    return said if value else Text("document.no_value")


def synopsis_objectives(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the primary and secondary objectives beside their endpoints."""
    yield from objective_table(inputs.protocol, ("primary", "secondary"))


def overall_design(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the design on one page."""
    rows = tuple(
        GridRow((Text(f"document.synopsis.{name}"), value, Recorded(field)))
        for name, value, field in _design_lines(inputs.protocol)
    )
    heads = (Text("document.head.item"), Text("document.head.stated"), Text("document.head.field"))
    yield Grid(heads, rows, look="facts")


def _design_lines(protocol: Protocol) -> Iterator[tuple[str, Value, str]]:
    trial, product = protocol.trial, protocol.product
    said = {
        "label": Recorded(trial.phase_label),
        "phase": Code("plan.phase", trial.phase),
        "design": Code("plan.design", trial.design),
        "level": Code("plan.level", trial.blinding.level),
        "centres": Text("document.multicentre" if trial.multicentre else "document.single_centre"),
    }
    yield "design", Text("document.design_sentence", said), "trial"
    yield "indication", local(trial.indication), "trial.indication"
    made = {"type": Code("plan.type", product.type), "source": Code("plan.cell_source", product.cell_source)}
    yield "product", Text("document.product_sentence", {**made, "name": local(product.name)}), "product"
    levels = tuple(
        Text("document.pair", {"name": Code("free", item.label), "value": level_amount(protocol.dose, item)})
        for item in protocol.dose.levels
    )
    yield "dose", Lines(levels), "dose.levels"
    stated = "treatment.courses" if protocol.treatment.courses else "dose.repeat.doses"
    yield "doses", Count(most_doses(protocol)), stated
    yield from _size_lines(protocol)
    if protocol.escalation is not None:
        yield "escalation", Code("plan.objective", protocol.escalation.objective), "escalation.objective"
    if protocol.confirmatory is not None:
        yield "control", Code("plan.comparator", protocol.confirmatory.comparator), "confirmatory.comparator"
    if protocol.follow_up is not None:
        years = Text("document.duration.y", {"amount": f"{protocol.follow_up.years:g}"})
        yield "follow_up", years, "follow_up.years"
    if protocol.governance is not None:
        board = protocol.governance.safety_board
        yield "committees", Text("document.board" if board else "document.no_board"), "governance.safety_board"


def _size_lines(protocol: Protocol) -> Iterator[tuple[str, Value, str]]:
    size = protocol.confirmatory.sample_size if protocol.confirmatory else None
    if size is not None:
        said = {"infused": Count(size.infused), "enrolled": Count(size.enrolled)}
        yield "size", Text("document.size_sentence", said), "confirmatory.sample_size"
    plan = protocol.escalation
    if plan is not None and "max_subjects" in plan.design.params:
        most = {"most": Recorded(str(plan.design.params["max_subjects"]))}
        yield "size", Text("document.escalation_size", most), "escalation.design.params"
        if plan.transition is not None and plan.transition.expansion_size is not None:
            yield "expansion", Count(plan.transition.expansion_size), "escalation.transition.expansion_size"
    failure = protocol.manufacturing.failure_plan if protocol.manufacturing else None
    if failure is not None and failure.maximum_enrolled is not None:
        yield "enrolled", Count(failure.maximum_enrolled), "manufacturing.failure_plan.maximum_enrolled"


def schema(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the course of a participant as steps."""
    yield Steps(tuple(_course(inputs.protocol)))


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
        days = sorted({day for item in treatment.lymphodepletion.drugs for day in item.days})
        said = {"days": Recorded(f"{days[0]} … {days[-1]}" if len(days) > 1 else str(days[0]))}
        yield Text("document.step.lymphodepletion"), Lines((drugs, Text("document.step.days", said)))
    yield Text("document.step.infusion"), Text("document.step.day_zero", {"n": Count(protocol.dose.repeat.doses)})
    if protocol.escalation is not None:
        window = protocol.escalation.dlt
        yield Text("document.step.dlt"), shown(window.window, window, "window")
    if protocol.efficacy is not None and protocol.efficacy.visits:
        last = protocol.efficacy.visits[-1]
        yield Text("document.step.response"), Text("document.step.to_day", {"day": Recorded(str(last.day))})
    if protocol.follow_up is not None:
        plan_years = protocol.follow_up.years
        yield Text("document.step.follow_up"), Text("document.duration.y", {"amount": f"{plan_years:g}"})


def about_trial(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield every field of the trial that no other section holds."""
    yield from facts(
        inputs.protocol.trial, "trial", skip=("objectives", "blinding", "interruption", "washout_rationale")
    )
