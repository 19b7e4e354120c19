"""What a protocol plans to do on which days, before it is written as a timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from celltrial.exchange.usdm.writing.moments import ANCHOR, Moment, iso_duration
from celltrial.protocol import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.follow_up import FollowUp
from celltrial.protocol.regimen import planned_administrations

#: How the names of activities begin, by the part of the protocol they come from.
SCREENING: Final = "Screening: "
INFUSION: Final = "Infusion: "
LYMPHODEPLETION: Final = "Lymphodepletion: "
MEASUREMENT: Final = "Measurement: "
RESPONSE: Final = "Response assessment: "
FOLLOW_UP: Final = "Follow-up: "
_MOST_MOMENTS: Final = 400


@dataclass(slots=True)
class PlannedActivity:
    """One activity and its moments.

    windows: earliest and latest, as lengths of time before and after the moment.
    labels:  what the protocol calls the visit.
    concept: what is measured, where something is; the name of the activity where it is no treatment.
    treats:  whether a moment of it belongs to treatment.
    """

    name: str
    moments: list[Moment]
    windows: dict[Moment, tuple[str, str]] = field(default_factory=dict)
    labels: dict[Moment, str] = field(default_factory=dict)
    concept: str = ""
    treats: bool = False


def planned_activities(protocol: Protocol) -> tuple[PlannedActivity, ...]:
    """Return every activity, in the order of a subject's course; activities of one name are one.

    Only screening has no days: a protocol says how old evidence may be, not when a subject is seen for it.
    """
    found: dict[str, PlannedActivity] = {}
    for one in _all(protocol):
        known = found.setdefault(one.name, one)
        if known is not one:
            known.moments += [moment for moment in one.moments if moment not in known.moments]
    return tuple(found.values())


def _all(protocol: Protocol) -> Iterator[PlannedActivity]:
    yield PlannedActivity(f"{SCREENING}eligibility criteria", [])
    if protocol.treatment.lymphodepletion is not None:
        for drug in protocol.treatment.lymphodepletion.drugs:
            days = sorted({Moment(day, "d") for day in drug.days}, key=lambda one: one.amount)
            yield PlannedActivity(LYMPHODEPLETION + drug.drug, days, treats=True)
    yield PlannedActivity(INFUSION + protocol.product.name.said("en"), _infusions(protocol), treats=True)
    for row in protocol.pharmacology.measurements if protocol.pharmacology is not None else ():
        name = f"{MEASUREMENT}{row.attribute}, {row.analyte} ({row.assay}, {row.matrix})"
        yield PlannedActivity(name, [Moment(day, "d") for day in sorted(set(row.days))], concept=row.analyte)
    if protocol.efficacy is not None and protocol.efficacy.visits:
        response = PlannedActivity(RESPONSE + protocol.efficacy.criteria, [])
        for visit in protocol.efficacy.visits:
            moment = Moment(visit.day, "d")
            response.moments.append(moment)
            response.labels.setdefault(moment, visit.name)
            response.windows.setdefault(moment, (f"P{visit.window_before}D", f"P{visit.window_after}D"))
        yield response
    if protocol.follow_up is not None:
        yield from _followed(protocol.follow_up)


def _infusions(protocol: Protocol) -> list[Moment]:
    """Return the days of infusion; later doses where their interval is a whole number of days."""
    if protocol.treatment.courses:
        days = sorted({round(one.day) for one in planned_administrations(protocol)})
        return [Moment(day, "d") if day else ANCHOR for day in days[:_MOST_MOMENTS]]
    repeat = protocol.dose.repeat
    if repeat.doses == 1 or repeat.interval is None or repeat.interval.unit not in {"d", "wk"}:
        return [ANCHOR]
    step = repeat.interval.days
    if step != int(step) or step <= 0:
        return [ANCHOR]
    return [Moment(number * int(step), "d") for number in range(min(repeat.doses, _MOST_MOMENTS))]


def _followed(plan: FollowUp) -> Iterator[PlannedActivity]:
    moments = [Moment(month, "mo") for month in sorted({*plan.visits_months, *_later(plan)})]
    length = iso_duration(plan.window)
    windows = dict.fromkeys(moments, (length, length))
    yield PlannedActivity(f"{FOLLOW_UP}visit", moments, windows=windows)
    for item in plan.items:
        yield PlannedActivity(FOLLOW_UP + item, list(moments))


def _later(plan: FollowUp) -> Iterator[int]:
    """Yield the months of the visits after the listed ones, to the end of follow-up."""
    step = _months(plan.then_every)
    if step is None:
        return
    month = max(plan.visits_months) + step
    while month <= plan.years * 12 and month < _MOST_MOMENTS * step:
        yield month
        month += step


def _months(duration: Duration) -> int | None:
    months = duration.amount * {"mo": 1, "y": 12}.get(duration.unit, 0)
    return int(months) if months >= 1 and months == int(months) else None
