"""ADTTE: overall survival, progression-free survival and duration of response, from each origin.

OS:  death; else censored on the last day known alive.
PFS: first progression or death; a discontinuation for progression before infusion is a progression on
     its day. Else censored at the last assessment of the disease; with a new anticancer therapy before
     the event, at the last assessment before it. Nothing assessed yet: censored on the day of origin.
DOR: from the first response after infusion, same end as PFS; responders only.

Only assessments of one source count (`investigator` unless told otherwise). Times are elapsed days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from celltrial.clinical.response_categories import is_progression, is_response
from celltrial.conduct.vocabulary import ExitReason
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADTTE

__all__ = ["derive_adtte"]


@dataclass(frozen=True, slots=True)
class _Course:
    """The disease of one subject as one source saw it: (date, category) in order, without "NE"."""

    assessments: tuple[tuple[date, str], ...]

    @property
    def progressed(self) -> date | None:
        return next((on for on, category in self.assessments if is_progression(category)), None)

    def responded(self, after: date) -> date | None:
        """First response after a day and not after a progression."""
        for on, category in self.assessments:
            if on > after and is_progression(category):
                return None
            if on > after and is_response(category):
                return on
        return None

    def last_before(self, when: date | None) -> date | None:
        return max((on for on, _ in self.assessments if when is None or on <= when), default=None)


def derive_adtte(adrs: pl.DataFrame, steps: dict[str, Milestones], *, source: str = "investigator") -> pl.DataFrame:
    """Return ADTTE from ADRS and the milestones; `source` says whose assessments count."""
    seen: dict[str, list[tuple[date, str]]] = {}
    for subject, on, category in (
        adrs.filter(pl.col("source") == source)
        .sort("usubjid", "adt", "seq")
        .select("usubjid", "adt", "response")
        .iter_rows()
    ):
        if category.upper() != "NE":
            seen.setdefault(subject, []).append((on, category.upper()))
    rows: list[dict[str, Any]] = []
    for name, person in sorted(steps.items()):
        course = _Course(tuple(seen.get(name, ())))
        enrolled = person.enrolled if person.enrolment_dated else None
        origins = {"enrolment": enrolled, "collection": person.collected, "infusion": person.infused}
        for origin, start in origins.items():
            if start is None or person.enrolled is None:
                continue
            rows.append(_row(name, "OS", origin, start, _death(person, start)))
            rows.append(_row(name, "PFS", origin, start, _progression(person, course, start)))
        response = course.responded(person.infused) if person.infused is not None else None
        if response is not None:
            rows.append(_row(name, "DOR", "response", response, _progression(person, course, response)))
    return ADTTE.conform({column.name: [row[column.name] for row in rows] for column in ADTTE.columns})


def _death(person: Milestones, start: date) -> tuple[date, int, str]:
    if person.died is not None:
        return person.died, 0, "death"
    return max(person.last_alive or start, start), 1, "last_alive"


def _progression(person: Milestones, course: _Course, start: date) -> tuple[date, int, str]:
    progressed = course.progressed
    left_for_it = person.exit_reason is ExitReason.PROGRESSION and person.infused is None
    if progressed is None and left_for_it:
        progressed = person.exit_date
    ends = [(on, what) for on, what in ((progressed, "progression"), (person.died, "death")) if on is not None]
    therapy = person.new_therapy[0] if person.new_therapy else None
    if ends:
        on, what = min(ends)
        if therapy is None or on <= therapy:
            return max(on, start), 0, what
    last = course.last_before(therapy)
    if last is None or last < start:
        return start, 1, "origin_only"
    return last, 1, "last_assessment"


def _row(subject: str, endpoint: str, origin: str, start: date, end: tuple[date, int, str]) -> dict[str, Any]:
    on, censored, what = end
    return {
        "usubjid": subject,
        "paramcd": endpoint,
        "origin": origin,
        "aval": float((on - start).days),
        "cnsr": censored,
        "evntdesc": what,
        "startdt": start,
        "adt": on,
    }
