"""The rows of the schedule of activities: each activity with the moments at which it is due."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from celltrial.conduct.vocabulary import PlannedVisit
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.follow_up import FollowUp
from celltrial.protocol.model.population import Criterion
from celltrial.protocol.regimen import drug_days, planned_administrations
from celltrial.report.content.values import Code, Recorded, Text, Value
from celltrial.report.document.stating import shown, unit_of

#: A named moment, a day counted from infusion, or a month of follow-up.
Moment = str | int
SCREENING: Final = "screening"
COLLECTION: Final = "collection"
WAITING: Final = "waiting"
_DONE: Final = Recorded("X")


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity: its name, the fields it comes from, and what is at each of its moments."""

    name: Value
    fields: tuple[str, ...]
    marks: Mapping[Moment, Value]


def activities(protocol: Protocol) -> Iterator[Activity]:
    """Yield the activities up to the last response assessment, in the order of their first moment."""
    consents = protocol.population.consents
    yield Activity(
        Text("document.activity.consent"), ("population.consents",), {SCREENING: Recorded(consents.main_version)}
    )
    yield from _assessments(protocol)
    yield from _course(protocol)
    yield from _observation(protocol)
    yield from _procedures(protocol)
    yield from _samples(protocol)
    if protocol.efficacy is not None and protocol.efficacy.visits:
        marks: dict[Moment, Value] = {visit.day: _DONE for visit in protocol.efficacy.visits}
        said = {"criteria": Recorded(protocol.efficacy.criteria)}
        yield Activity(Text("document.activity.response", said), ("efficacy.visits",), marks)


def _first_depletion(protocol: Protocol) -> int | None:
    plan = protocol.treatment.lymphodepletion
    return min(day for drug in plan.drugs for day in drug.days) if plan else None


def _assessments(protocol: Protocol) -> Iterator[Activity]:
    """Yield one row per way of assessing, with the age that the evidence may have, and where it is checked again."""
    groups: dict[str, list[Criterion]] = defaultdict(list)
    for item in protocol.population.criteria:
        groups[item.assessment].append(item)
    first = _first_depletion(protocol)
    again: Mapping[str, Moment] = {
        "collection": COLLECTION,
        "lymphodepletion": WAITING if first is None else first,
        "infusion": 0,
    }
    for assessment, found in groups.items():
        windows = [item.window for item in found if item.window is not None]
        marks: dict[Moment, Value] = {SCREENING: _within(min(windows, key=lambda one: one.days)) if windows else _DONE}
        for item in found:
            marks |= {again[point]: _DONE for point in item.recheck_before}
        said = {"name": Code("free", assessment), "ids": Recorded(", ".join(item.id for item in found))}
        yield Activity(Text("document.activity.assessment", said), ("population.criteria",), marks)
    for item in protocol.treatment.infusion.conditions:
        said = {"name": shown(item.text, item, "text"), "ids": Recorded(item.id)}
        yield Activity(Text("document.activity.assessment", said), ("treatment.infusion.conditions",), {0: _DONE})


def _within(window: Duration) -> Value:
    return Text(f"document.within.{window.unit}", {"amount": f"{window.amount:g}"})


def _course(protocol: Protocol) -> Iterator[Activity]:
    plan = protocol.confirmatory.randomisation if protocol.confirmatory else None
    if plan is not None and plan.point is not None:
        where = {"before_collection": SCREENING, "after_collection": COLLECTION, "after_release": WAITING}[plan.point]
        yield Activity(Text("document.step.randomisation"), ("confirmatory.randomisation.point",), {where: _DONE})
    yield Activity(Text("document.step.collection"), ("product.cell_source",), {COLLECTION: _DONE})
    if protocol.treatment.bridging is not None and protocol.treatment.bridging.allowed:
        said = Text("document.activity.if_needed", {"name": Text("document.step.bridging")})
        yield Activity(said, ("treatment.bridging",), {WAITING: Recorded("(X)")})
    if protocol.manufacturing is not None:
        first = _first_depletion(protocol)
        available = Code("plan.available_means", protocol.manufacturing.available_means)
        name = Text("document.activity.available", {"means": available})
        yield Activity(name, ("manufacturing.available_means",), {0 if first is None else first: _DONE})
    depletion = protocol.treatment.lymphodepletion
    for drug in depletion.drugs if depletion else ():
        said_drug = {"drug": Code("free", drug.drug), "dose": Recorded(f"{drug.dose:g}"), "unit": unit_of(drug.unit)}
        marks: dict[Moment, Value] = dict.fromkeys(drug.days, _DONE)
        yield Activity(Text("document.activity.drug", said_drug), ("treatment.lymphodepletion.drugs",), marks)
    planned = "treatment.courses" if protocol.treatment.courses else "dose.repeat"
    yield Activity(Text("document.step.infusion"), (planned,), {**dict.fromkeys(_doses(protocol), _DONE)})
    anchors = [round(one.day) for one in planned_administrations(protocol) if one.round == 1]
    for beside in protocol.treatment.drugs:
        given = {"drug": Code("free", beside.drug), "dose": Recorded(f"{beside.dose:g}"), "unit": unit_of(beside.unit)}
        days: dict[Moment, Value] = dict.fromkeys((math.floor(day) for day in drug_days(beside, anchors)), _DONE)
        yield Activity(Text("document.activity.drug", given), ("treatment.drugs",), days)


def _doses(protocol: Protocol) -> list[int]:
    return sorted({round(one.day) for one in planned_administrations(protocol)})


def _observation(protocol: Protocol) -> Iterator[Activity]:
    """Yield the watch after infusion and the DLT window, over the days that other rows have."""
    days = _days(protocol)
    watch = protocol.treatment.infusion.watch_period or (
        protocol.risk_plan.watch_period if protocol.risk_plan else None
    )
    if watch is not None:
        marks: dict[Moment, Value] = {day: _DONE for day in days if 0 <= day <= watch.days}
        yield Activity(Text("document.activity.watch"), ("treatment.infusion.watch_period",), marks)
    if protocol.escalation is not None:
        window = protocol.escalation.dlt.window.days
        marks = {day: _DONE for day in sorted({*days, round(window)}) if 0 <= day <= window}
        yield Activity(Text("document.step.dlt"), ("escalation.dlt.window",), marks)


def _procedures(protocol: Protocol) -> Iterator[Activity]:
    found = protocol.assessments.procedures if protocol.assessments else ()
    for index, item in enumerate(found):
        marks: dict[Moment, Value] = dict.fromkeys(item.days, _DONE)
        if item.screening:
            marks = {SCREENING: _DONE, **marks}
        yield Activity(Code("plan.kind", item.kind), (f"assessments.procedures.{index}",), marks)


def _days(protocol: Protocol) -> list[int]:
    found = {0, *_doses(protocol)}
    if protocol.pharmacology is not None:
        found |= {day for item in protocol.pharmacology.measurements for day in item.days}
    if protocol.efficacy is not None:
        found |= {visit.day for visit in protocol.efficacy.visits}
    if protocol.assessments is not None:
        found |= {day for item in protocol.assessments.procedures for day in item.days}
    return sorted(found)


def _samples(protocol: Protocol) -> Iterator[Activity]:
    plan = protocol.pharmacology
    if plan is None:
        return
    drawn: dict[Moment, float] = defaultdict(float)
    for item in plan.measurements:
        said = {
            "attribute": shown(item.attribute, item, "attribute"),
            "analyte": Code("free", item.analyte),
            "assay": shown(item.assay, item, "assay"),
            "matrix": shown(item.matrix, item, "matrix"),
        }
        mark = Recorded("(X)") if item.optional else _DONE
        yield Activity(
            Text("document.activity.sample", said), ("pharmacology.measurements",), {**dict.fromkeys(item.days, mark)}
        )
        if item.matrix in {"blood", "serum"} and item.volume_ml:
            for day in item.days:
                drawn[day] += item.volume_ml
    if drawn:
        marks: dict[Moment, Value] = {day: Recorded(f"{volume:g}") for day, volume in drawn.items()}
        yield Activity(Text("document.activity.drawn"), ("pharmacology.measurements",), marks)


def follow_up(plan: FollowUp, visits: Sequence[PlannedVisit]) -> Iterator[Activity]:
    """Yield what is asked and tested at the visits of long-term follow-up, as the running trial schedules them."""
    months = {item.visit: int(item.visit.removeprefix("M")) for item in visits}
    for asked in plan.items:
        at: dict[Moment, Value] = {months[visit.visit]: _DONE for visit in visits if asked in visit.items}
        yield Activity(Code("free", asked), ("follow_up.items", "follow_up.visits_months", "follow_up.then_every"), at)
    for assay in plan.assays:
        test = f"{assay.kind}: {assay.analyte}"
        at = {months[visit.visit]: _DONE for visit in visits if test in visit.tests}
        said = {"kind": shown(assay.kind, assay, "kind"), "analyte": Code("free", assay.analyte)}
        name = Text("document.activity.assay", said)
        yield Activity(name, ("follow_up.assays",), at)
