"""The schedule: activities, encounters and timings, counted from the infusion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from celltrial.exchange.usdm.codes_data import TIMING_RELATIVE, TIMING_TYPES, VISIT
from celltrial.exchange.usdm.minting import Mint, linked
from celltrial.exchange.usdm.model.concepts import BiomedicalConceptSurrogate
from celltrial.exchange.usdm.model.schedule import (
    Activity,
    Encounter,
    ScheduledActivityInstance,
    ScheduleTimeline,
    ScheduleTimelineExit,
    Timing,
)
from celltrial.exchange.usdm.writing.moments import ANCHOR, Moment
from celltrial.exchange.usdm.writing.plan import PlannedActivity, planned_activities
from celltrial.exchange.usdm.writing.structure import Structure
from celltrial.protocol import Protocol

__all__ = ["Schedule", "write_schedule"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens when."""

    activities: tuple[Activity, ...]
    surrogates: tuple[BiomedicalConceptSurrogate, ...]
    encounters: tuple[Encounter, ...]
    timeline: ScheduleTimeline


def write_schedule(protocol: Protocol, structure: Structure, mint: Mint) -> Schedule:
    """Return the schedule of a protocol: one main timeline, entered at the infusion."""
    planned = planned_activities(protocol)
    surrogates: list[BiomedicalConceptSurrogate] = []
    activities = linked(tuple(_activity(one, surrogates, mint) for one in planned))
    moments = sorted({moment for one in planned for moment in one.moments} | {ANCHOR}, key=_order)
    instances = _instances(planned, activities, moments, structure, mint)
    anchor = instances[moments.index(ANCHOR)]
    timings = tuple(
        _timing(moment, instance, anchor, _window(planned, moment), mint)
        for moment, instance in zip(moments, instances, strict=True)
    )
    encounters = linked(
        tuple(_encounter(planned, moment, timing, mint) for moment, timing in zip(moments, timings, strict=True))
    )
    way_out = mint(ScheduleTimelineExit)
    timeline = mint(
        ScheduleTimeline,
        name="main",
        label="From before the infusion to the end of follow-up",
        main_timeline=True,
        entry_condition="The subject is enrolled",
        entry_id=instances[0].id,
        exits=(way_out,),
        timings=timings,
        instances=tuple(_chained(instances, encounters, way_out.id)),
    )
    return Schedule(activities, tuple(surrogates), encounters, timeline)


def _order(moment: Moment) -> tuple[float, str]:
    return moment.days, moment.unit


def _activity(one: PlannedActivity, surrogates: list[BiomedicalConceptSurrogate], mint: Mint) -> Activity:
    ids: tuple[str, ...] = ()
    if one.concept:
        surrogates.append(mint(BiomedicalConceptSurrogate, name=one.concept, description=one.name))
        ids = (surrogates[-1].id,)
    return mint(Activity, name=one.name, bc_surrogate_ids=ids)


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
