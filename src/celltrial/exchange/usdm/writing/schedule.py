"""The schedule: activities, encounters and timings, counted from the infusion."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from celltrial.exchange.usdm.minting import Mint, linked
from celltrial.exchange.usdm.model.base import Code, Duration
from celltrial.exchange.usdm.model.concepts import BiomedicalConceptSurrogate
from celltrial.exchange.usdm.model.interventions import StudyIntervention
from celltrial.exchange.usdm.model.schedule import (
    Activity,
    Encounter,
    Procedure,
    ScheduledActivityInstance,
    ScheduleTimeline,
    ScheduleTimelineExit,
    Timing,
)
from celltrial.exchange.usdm.terminology_data import TIMING_RELATIVE, TIMING_TYPES, VISIT
from celltrial.exchange.usdm.writing.interventions import Given
from celltrial.exchange.usdm.writing.moments import ANCHOR, Moment
from celltrial.exchange.usdm.writing.plan import INFUSION, LYMPHODEPLETION, PlannedActivity, planned_activities
from celltrial.exchange.usdm.writing.structure import Structure
from celltrial.protocol import Protocol

_SCREENING: Final = "Screening"
#: A code of ours: the standard asks for one and names no list.
_ADMINISTRATION: Final = {
    "code": "administration",
    "code_system": "urn:celltrial:procedure",
    "code_system_version": "1",
    "decode": "Administration of a study intervention",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens when."""

    activities: tuple[Activity, ...]
    surrogates: tuple[BiomedicalConceptSurrogate, ...]
    encounters: tuple[Encounter, ...]
    timeline: ScheduleTimeline


def write_schedule(protocol: Protocol, structure: Structure, given: Given, mint: Mint) -> Schedule:
    """Return the schedule of a protocol: one main timeline, entered at screening and counted from the infusion."""
    planned = planned_activities(protocol)
    surrogates: dict[str, BiomedicalConceptSurrogate] = {}
    treating = _treating(protocol, given)
    activities = linked(tuple(_activity(one, treating.get(one.name, ()), surrogates, mint) for one in planned))
    moments = sorted({moment for one in planned for moment in one.moments} | {ANCHOR}, key=_order)
    instances = _instances(planned, activities, moments, structure, mint)
    anchor = instances[moments.index(ANCHOR)]
    timings = tuple(
        _timing(moment, instance, anchor, _window(planned, moment), mint)
        for moment, instance in zip(moments, instances, strict=True)
    )
    screening = mint(Encounter, name=_SCREENING, type=mint.code(VISIT))
    timed = (_encounter(planned, moment, timing, mint) for moment, timing in zip(moments, timings, strict=True))
    encounters = linked((screening, *timed))
    way_out = mint(ScheduleTimelineExit)
    untimed = tuple(done.id for one, done in zip(planned, activities, strict=True) if not one.moments)
    entry = mint(
        ScheduledActivityInstance, name=_SCREENING, epoch_id=structure.epoch("screening"), activity_ids=untimed
    )
    instances = [entry, *instances]
    timeline = mint(
        ScheduleTimeline,
        name="main",
        label="From screening to the end of follow-up",
        main_timeline=True,
        entry_condition="The subject is screened",
        entry_id=instances[0].id,
        exits=(way_out,),
        timings=timings,
        instances=tuple(_chained(instances, encounters, way_out.id)),
        planned_duration=_planned_duration(protocol, moments, mint),
    )
    return Schedule(activities, tuple(surrogates.values()), encounters, timeline)


def _order(moment: Moment) -> tuple[float, str]:
    return moment.days, moment.unit


def _treating(protocol: Protocol, given: Given) -> dict[str, tuple[StudyIntervention, ...]]:
    """Return what is given in each activity of treatment, by the name of the activity."""
    course = protocol.treatment.lymphodepletion
    found: dict[str, tuple[StudyIntervention, ...]] = {INFUSION + protocol.product.name.said("en"): (given.cells,)}
    for drug, one in zip(course.drugs if course is not None else (), given.drugs, strict=True):
        name = LYMPHODEPLETION + drug.drug
        found[name] = (*found.get(name, ()), one)
    return found


def _activity(
    one: PlannedActivity,
    given: tuple[StudyIntervention, ...],
    surrogates: dict[str, BiomedicalConceptSurrogate],
    mint: Mint,
) -> Activity:
    """Return an activity with the procedures that give something, else with what is observed."""
    if given:
        done = tuple(
            mint(
                Procedure,
                name=f"Administration: {item.name}",
                procedure_type="administration",
                code=mint(Code, **_ADMINISTRATION),
                study_intervention_id=item.id,
            )
            for item in given
        )
        return mint(Activity, name=one.name, defined_procedures=done)
    concept = one.concept or one.name
    if concept not in surrogates:
        surrogates[concept] = mint(BiomedicalConceptSurrogate, name=concept, description=one.name)
    return mint(Activity, name=one.name, bc_surrogate_ids=(surrogates[concept].id,))


def _planned_duration(protocol: Protocol, moments: list[Moment], mint: Mint) -> Duration:
    """Return how long the timeline is: the years of follow-up, else the days from the first moment to the last."""
    if protocol.follow_up is not None:
        years = protocol.follow_up.years
        text = f"screening and treatment, then follow-up of {years:g} years from the infusion"
        return mint(Duration, text=text, quantity=mint.quantity(years, mint.unit("a")), duration_will_vary=False)
    days = max(math.ceil(moments[-1].days - moments[0].days), 1)
    text = f"screening, then {days} days from the first planned day to the last"
    return mint(Duration, text=text, quantity=mint.quantity(days, mint.unit("d")), duration_will_vary=False)


def _instances(
    planned: tuple[PlannedActivity, ...],
    activities: tuple[Activity, ...],
    moments: list[Moment],
    structure: Structure,
    mint: Mint,
) -> list[ScheduledActivityInstance]:
    last = max((moment for one in planned if one.treats for moment in one.moments), key=_order, default=ANCHOR)
    found = []
    for moment in moments:
        ids = tuple(done.id for one, done in zip(planned, activities, strict=True) if moment in one.moments)
        epoch = structure.epoch("treatment" if moment.days <= last.days else "follow_up")
        found.append(mint(ScheduledActivityInstance, name=moment.name, epoch_id=epoch, activity_ids=ids))
    return found


def _chained(
    instances: list[ScheduledActivityInstance], encounters: tuple[Encounter, ...], way_out: str
) -> Iterator[ScheduledActivityInstance]:
    following = [*(one.id for one in instances[1:]), None]
    for instance, encounter, after in zip(instances, encounters, following, strict=True):
        update = {"encounter_id": encounter.id, "default_condition_id": after}
        yield instance.model_copy(update=update if after is not None else update | {"timeline_exit_id": way_out})


def _window(planned: tuple[PlannedActivity, ...], moment: Moment) -> tuple[str, str] | None:
    return next((one.windows[moment] for one in planned if moment in one.windows), None)


def _timing(
    moment: Moment,
    instance: ScheduledActivityInstance,
    anchor: ScheduledActivityInstance,
    window: tuple[str, str] | None,
    mint: Mint,
) -> Timing:
    kind = "fixed" if instance is anchor else "before" if moment.amount < 0 else "after"
    lower, upper = window or (None, None)
    return mint(
        Timing,
        name=moment.name,
        type=mint.code(TIMING_TYPES[kind]),
        value=moment.iso,
        value_label="infusion" if kind == "fixed" else f"{abs(moment.amount):g} {moment.unit} {kind} infusion",
        relative_to_from=mint.code(TIMING_RELATIVE),
        relative_from_scheduled_instance_id=instance.id,
        relative_to_scheduled_instance_id=None if kind == "fixed" else anchor.id,
        window_lower=lower,
        window_upper=upper,
        window_label=f"-{lower} to +{upper}" if window is not None else None,
    )


def _encounter(planned: tuple[PlannedActivity, ...], moment: Moment, timing: Timing, mint: Mint) -> Encounter:
    labels = ", ".join(one.labels[moment] for one in planned if moment in one.labels)
    return mint(Encounter, name=moment.name, label=labels or None, type=mint.code(VISIT), scheduled_at_id=timing.id)
