"""ADTTE: overall survival, progression-free survival and duration of response, from each origin.

OS:  death; else censored on the last day known alive.
PFS: first progression or death; a discontinuation for progression before infusion is a progression on
     its day. Else censored at the last assessment of the disease; with a new anticancer therapy before
     the event, at the last assessment before it. Nothing assessed yet: censored on the day of origin.
DOR: from the first response after infusion, same end as PFS; responders only.

PFS and DOR follow one reader at a time and are given for each, as `clinical.response_course` reads the assessments,
confirmation included where it is required. Times are elapsed days. Who left before infusion and was not seen alive
afterwards has no follow-up for survival (`left_before_infusion`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from celltrial.clinical.response_categories import NOT_ASSESSED
from celltrial.clinical.response_course import CourseRule, read_course
from celltrial.conduct.vocabulary import ExitReason
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADTTE

_UNCONFIRMED_COUNTS: Final = CourseRule(confirm_days=None, stable_from_days=0)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The disease of one subject as one reader saw it: first response after infusion, first progression, days assessed."""

    responded: date | None = None
    progressed: date | None = None
    assessed: tuple[date, ...] = ()

    def last_before(self, when: date | None) -> date | None:
        return max((on for on in self.assessed if when is None or on <= when), default=None)


def derive_adtte(
    adrs: pl.DataFrame,
    steps: dict[str, Milestones],
    *,
    source: str = "investigator",
    rule: CourseRule = _UNCONFIRMED_COUNTS,
) -> pl.DataFrame:
    """Return ADTTE from ADRS and the milestones.

    source: the reader of record, who is first; every other reader present has rows of its own.
    rule:   whether a response needs confirmation before its duration counts.
    """
    present = adrs["source"].unique().sort().to_list()
    readers = [source, *(name for name in present if name != source)]
    readings = {reader: _readings(adrs, steps, reader, rule) for reader in readers}
    rows: list[dict[str, Any]] = []
    for name, person in sorted(steps.items()):
        enrolled = person.enrolled if person.enrolment_dated else None
        origins = {
            "enrolment": enrolled,
            "randomisation": person.randomised,
            "collection": person.collected,
            "infusion": person.infused,
        }
        for origin, start in origins.items():
            if start is None or person.enrolled is None:
                continue
            rows.append(_row(name, "OS", origin, start, _death(person, start)))
            for reader, found in readings.items():
                rows.append(_row(name, "PFS", origin, start, _progression(person, found[name], start), reader))
        for reader, found in readings.items():
            response = found[name].responded
            if response is not None:
                end = _progression(person, found[name], response)
                rows.append(_row(name, "DOR", "response", response, end, reader))
    return ADTTE.conform({column.name: [row[column.name] for row in rows] for column in ADTTE.columns})


def _readings(adrs: pl.DataFrame, steps: dict[str, Milestones], reader: str, rule: CourseRule) -> dict[str, _Reading]:
    """Return how a reader saw every subject."""
    criteria = pl.col("criteria") if "criteria" in adrs.columns else pl.lit(None).alias("criteria")
    seen: dict[str, list[tuple[int, str, str]]] = {}
    rows = adrs.filter(pl.col("source") == reader).sort("usubjid", "adt", "seq")
    for subject, on, category, by in rows.select("usubjid", "adt", "response", criteria).iter_rows():
        seen.setdefault(subject, []).append((on.toordinal(), category, by or ""))
    return {name: _reading(person, seen.get(name, []), rule) for name, person in steps.items()}


def _reading(person: Milestones, seen: list[tuple[int, str, str]], rule: CourseRule) -> _Reading:
    if not seen:
        return _Reading()
    visits, criteria = [(on, category) for on, category, _ in seen], seen[0][2]
    progressed = read_course(visits, criteria=criteria, rule=rule).progressed_on
    responded = None
    if person.infused is not None:
        start = person.infused.toordinal()
        therapy = person.new_therapy[0].toordinal() if person.new_therapy else None
        after = [visit for visit in visits if visit[0] > start]
        course = read_course(after, criteria=criteria, rule=rule, start=start, new_therapy_day=therapy)
        responded = course.responded_on
    return _Reading(
        None if responded is None else date.fromordinal(responded),
        None if progressed is None else date.fromordinal(progressed),
        tuple(date.fromordinal(on) for on, category in visits if category.upper() != NOT_ASSESSED),
    )


def _death(person: Milestones, start: date) -> tuple[date, int, str]:
    if person.died is not None:
        return person.died, 0, "death"
    last = max(person.last_alive or start, start)
    left = person.exit_date if person.infused is None else None
    return last, 1, "left_before_infusion" if left is not None and last <= max(left, start) else "last_alive"


def _progression(person: Milestones, reading: _Reading, start: date) -> tuple[date, int, str]:
    progressed = reading.progressed
    left_for_it = person.exit_reason is ExitReason.PROGRESSION and person.infused is None
    if progressed is None and left_for_it:
        progressed = person.exit_date
    ends = [(on, what) for on, what in ((progressed, "progression"), (person.died, "death")) if on is not None]
    therapy = person.new_therapy[0] if person.new_therapy else None
    if ends:
        on, what = min(ends)
        if therapy is None or on <= therapy:
            return max(on, start), 0, what
    last = reading.last_before(therapy)
    if last is None or last < start:
        return start, 1, "origin_only"
    return last, 1, "last_assessment"


def _row(
    subject: str, endpoint: str, origin: str, start: date, end: tuple[date, int, str], reader: str | None = None
) -> dict[str, Any]:
    on, censored, what = end
    return {
        "usubjid": subject,
        "paramcd": endpoint,
        "origin": origin,
        "reader": reader,
        "aval": float((on - start).days),
        "cnsr": censored,
        "evntdesc": what,
        "startdt": start,
        "adt": on,
    }
