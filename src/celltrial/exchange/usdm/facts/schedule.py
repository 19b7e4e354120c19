"""Facts of the schedule: which activity at which moments, and the windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.exchange.usdm.facts.fact import Fact, Step, about
from celltrial.exchange.usdm.facts.source import Source, each, once, word_of
from celltrial.exchange.usdm.model.schedule import ScheduledActivityInstance, ScheduleTimeline, Timing
from celltrial.exchange.usdm.terminology_data import TIMING_TYPES
from celltrial.exchange.usdm.writing.plan import FOLLOW_UP, INFUSION, LYMPHODEPLETION, MEASUREMENT, RESPONSE, SCREENING

_FIELDS: Final[dict[str, tuple[Step, ...]]] = {
    SCREENING: ("population", "criteria"),
    LYMPHODEPLETION: ("treatment", "lymphodepletion", "drugs"),
    INFUSION: ("treatment", "infusion"),
    MEASUREMENT: ("pharmacology", "measurements"),
    RESPONSE: ("efficacy", "visits"),
    FOLLOW_UP: ("follow_up", "visits_months"),
}


def read_schedule(source: Source) -> Iterator[Fact]:
    """Yield, for each activity of the main timeline, its moments; and the window of each moment."""
    if source.design is None:
        return
    design, here = source.design
    names = {one.id: (one.name, f"{at}/name") for one, at in each(design.activities, f"{here}/activities")}
    for timeline, at in each(design.schedule_timelines, f"{here}/scheduleTimelines"):
        if not timeline.main_timeline:
            continue
        moments: dict[str, list[str]] = {one: [] for one in names}
        timings = {one.relative_from_scheduled_instance_id: one for one in timeline.timings}
        for instance in once(timeline.instances):
            if isinstance(instance, ScheduledActivityInstance):
                moment = _moment(timings.get(instance.id))
                for one in instance.activity_ids:
                    moments.setdefault(one, []).append(moment)
        for one, (name, pointer) in names.items():
            path = (*_field(name), about(name))
            yield Fact(path, tuple(sorted(moments[one])), pointer, derived=True)
        yield from _windows(timeline, at)


def _windows(timeline: ScheduleTimeline, at: str) -> Iterator[Fact]:
    for timing, place in each(timeline.timings, f"{at}/timings"):
        if timing.window_lower or timing.window_upper:
            field = ("follow_up", "window") if timing.value.endswith("M") else ("efficacy", "visits")
            path = (*field, about(f"window, {timing.name}"))
            window = (timing.window_lower or "", timing.window_upper or "")
            yield Fact(path, window, f"{place}/windowLower", derived=True)


def _field(name: str) -> tuple[Step, ...]:
    return next((field for lead, field in _FIELDS.items() if name.startswith(lead)), ("schedule",))


def _moment(timing: Timing | None) -> str:
    """Return when, as a sign and an ISO 8601 duration; `untimed` where there is no timing."""
    if timing is None:
        return "untimed"
    sign = {"before": "-", "after": "+"}.get(word_of(timing.type, TIMING_TYPES) or "", "")
    return sign + timing.value
