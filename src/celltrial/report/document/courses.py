"""Courses, drugs beside the cells, arms and cohorts, in sentences and tables; nothing where the protocol states none."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model import Protocol
from celltrial.protocol.model.regimen import Administration, Course, DrugDose, HoldRule
from celltrial.report.content.values import Code, Count, Dash, Recorded, Sentences, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.population import criteria_table
from celltrial.report.document.stating import field_name, items, local, share, shown, unit_of


def courses(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield every course: when it is given, its administrations, what holds them, and its criteria."""
    protocol = inputs.protocol
    found = protocol.treatment.courses
    if not found:
        return
    yield Heading(4, Text("field.Treatment.courses"))
    for index, course in enumerate(found):
        path = f"treatment.courses.{index}"
        yield Paragraph(_sentence(course), (path,))
        if course.every is not None:
            key = "document.course_every" if course.latest is None else "document.course_every_latest"
            said: dict[str, Value] = {"every": shown(course.every, course, "every")}
            if course.latest is not None:
                said["latest"] = shown(course.latest, course, "latest")
            yield Paragraph(Text(key, said), (f"{path}.every",))
        if protocol.treatment.lymphodepletion is not None:
            before = course.lymphodepletion is not False
            key = "document.course_depleted" if before else "document.course_not_depleted"
            yield Paragraph(Text(key), (f"{path}.lymphodepletion",))
        yield _administrations(protocol, course, path)
        if course.hold:
            yield Bullets(tuple(_hold(rule) for rule in course.hold), (f"{path}.hold",))
        for name in ("when", "criteria"):
            criteria = getattr(course, name)
            if criteria:
                yield Heading(5, field_name(course, name))
                yield from criteria_table(criteria, f"{path}.{name}", kinds=True)


def _sentence(course: Course) -> Text:
    said: dict[str, Value] = {
        "id": Recorded(course.id), "n": Count(len(course.administrations)), "times": Count(course.at_most),
    }  # fmt: skip
    kind = "each" if course.level_is == "administration" else "whole"
    if course.instead_of is not None:
        return Text(f"document.course_{kind}_instead", {**said, "other": Recorded(course.instead_of)})
    return Text(f"document.course_{kind}", said)


def _administrations(protocol: Protocol, course: Course, path: str) -> Grid:
    rows = tuple(GridRow(_administration(protocol, course, one)) for one in course.administrations)
    names = ("id", "day", "share", "component", "route", "within")
    heads = tuple(field_name(course.administrations[0], name) for name in names)
    return Grid(heads, rows, fields=(f"{path}.administrations",))


def _administration(protocol: Protocol, course: Course, one: Administration) -> tuple[Value, ...]:
    day: Value = Count(one.day)
    if one.early or one.late:
        day = Text(
            "document.day_window",
            {"day": Count(one.day), "first": Count(one.day - one.early), "last": Count(one.day + one.late)},
        )
    whole = course.level_is == "administration" or one.share is None
    route = one.route or protocol.treatment.infusion.route
    return (
        Recorded(one.id),
        day,
        share(1) if whole or one.share is None else share(one.share),
        Dash() if one.component is None else Recorded(one.component),
        Code("plan.route", route),
        shown(one.within, one, "within"),
    )


def _hold(rule: HoldRule) -> Value:
    said: dict[str, Value] = {
        "event": Text("document.any_event") if rule.term == "any" else Code("free", rule.term),
        "grade": Count(rule.grade_at_least), "scale": Recorded(rule.scale),
        "before": Text("document.hold_next") if rule.before == "next" else Recorded(rule.before),
    }  # fmt: skip
    if rule.until_grade is None:
        return Text("document.hold_stop", said)
    said["until"] = Count(rule.until_grade)
    if rule.latest_day is None:
        return Text("document.hold_delay", said)
    return Text("document.hold_delay_latest", {**said, "day": Count(rule.latest_day)})


def drugs(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the drugs beside the cells, one sentence each, with what is asked before each dose."""
    found = inputs.protocol.treatment.drugs
    if not found:
        return
    yield Heading(4, Text("field.Treatment.drugs"))
    yield Bullets(tuple(drug_sentence(drug) for drug in found), ("treatment.drugs",))
    for index, drug in enumerate(found):
        if drug.each_dose_if:
            yield from criteria_table(drug.each_dose_if, f"treatment.drugs.{index}.each_dose_if", kinds=True)


def drug_sentence(drug: DrugDose, *, of_arm: bool = False) -> Value:
    """Return a drug with its dose and when it is given: counted from the cells, or from the start of its arm."""
    more: list[Value] = [_drug_given(drug, of_arm=of_arm)]
    if drug.investigational:
        more.append(Text("document.drug_investigational"))
    if of_arm and drug.each != "course":
        more.append(Text("document.drug_each", {"each": Code("plan.each", drug.each)}))
    return Sentences(tuple(more)) if len(more) > 1 else more[0]


def _drug_given(drug: DrugDose, *, of_arm: bool) -> Value:
    where = "_of_arm" if of_arm else ""
    said: dict[str, Value] = {
        "drug": Code("free", drug.drug), "role": Code("plan.role", drug.role), "dose": Recorded(f"{drug.dose:.12g}"),
        "unit": unit_of(drug.unit), "each": Code("plan.each", drug.each),
    }  # fmt: skip
    if drug.days:
        said["days"] = Recorded(", ".join(str(day) for day in drug.days))
        return Text(f"document.drug_days{where}", said)
    said["after"] = Text("document.at_once") if drug.after is None else shown(drug.after, drug, "after")
    if drug.every is None:
        return Text(f"document.drug_after{where}", said)
    said |= {"every": shown(drug.every, drug, "every"), "most": Count(drug.at_most or 1)}
    return Text(f"document.drug_every{where}", said)


def arms(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the arms with what each gets, and the cohorts with their criteria."""
    protocol = inputs.protocol
    yield from items(protocol.arms, "arms", "id", "kind", "name", "choice", "crossover_to", "crossover_when")
    for index, arm in enumerate(protocol.arms):
        if arm.drugs:
            yield Paragraph(Text("document.arm_drugs", {"arm": Recorded(arm.id)}), (f"arms.{index}.drugs",))
            yield Bullets(tuple(drug_sentence(drug, of_arm=True) for drug in arm.drugs), (f"arms.{index}.drugs",))


def cohorts(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the cohorts, each with its own criteria."""
    for index, cohort in enumerate(inputs.protocol.cohorts):
        said: dict[str, Value] = {
            "id": Recorded(cohort.id),
            "name": local(cohort.name),
            "kind": Code("plan.kind", cohort.kind),
        }
        key = "document.cohort" if cohort.maximum is None else "document.cohort_maximum"
        if cohort.maximum is not None:
            said["n"] = Count(cohort.maximum)
        yield Paragraph(Text(key, said), (f"cohorts.{index}",))
        if cohort.criteria:
            yield from criteria_table(cohort.criteria, f"cohorts.{index}.criteria", kinds=True)
