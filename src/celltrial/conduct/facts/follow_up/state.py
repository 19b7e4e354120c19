"""What is known of a subject's long-term follow-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from celltrial.conduct.facts.follow_up.events import (
    CareTransitioned,
    ClassYears,
    GrowthMeasured,
    LateSafetyTested,
    SubjectTransferred,
)
from celltrial.conduct.vocabulary import Answer, PlannedVisit
from celltrial.core.dates import add_years


@dataclass(frozen=True, slots=True)
class FollowUpState:
    """The schedule in force and what was done of it.

    answers: (visit, item) to the day of the visit and the answer, corrections included.
    counted_from: number of the infusion that the schedule is counted from.
    adult_care: the move to adult care; a further dose counts the schedule anew and leaves it.
    lost_on: last contact of a subject declared lost; None again once one is in contact after it.
    withdrawn_on: day on which the consent to follow-up was withdrawn; None again once it is given anew.
    """

    follow_up_class: str
    starts: date
    ends: date
    visits: tuple[PlannedVisit, ...]
    counted_from: int = 1
    done: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    attempts: int = 0
    last_contact: date | None = None
    tests: tuple[LateSafetyTested, ...] = ()
    growth: tuple[GrowthMeasured, ...] = ()
    adult_care: CareTransitioned | None = None
    transfer: SubjectTransferred | None = None
    lost_on: date | None = None
    withdrawn_on: date | None = None
    completed_on: date | None = None
    answers: Mapping[tuple[str, str], tuple[date, Answer]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is due."""
        return any(day is not None for day in (self.completed_on, self.lost_on, self.withdrawn_on))

    @property
    def is_long_term(self) -> bool:
        """Whether a visit due a year or more after the start is on record, done or missed."""
        year = add_years(self.starts, 1)
        settled = {*self.done, *self.missed}
        return any(item.due >= year and item.visit in settled for item in self.visits)

    @property
    def open_answers(self) -> Iterator[tuple[str, str]]:
        """Visit and item of every "unknown" that no contact on that day or later has answered yes or no."""
        told: dict[str, date] = {}
        for (_, item), (on, answer) in self.answers.items():
            if answer is not Answer.UNKNOWN:
                told[item] = max(on, told.get(item, on))
        for (visit, item), (on, answer) in self.answers.items():
            if answer is Answer.UNKNOWN and (item not in told or told[item] < on):
                yield visit, item


def raised(known: Mapping[str, Decimal], asked: Iterable[ClassYears]) -> Mapping[str, Decimal]:
    """Return the minimums with those asked for, each as long as before at least."""
    found = dict(known)
    for item in asked:
        found[item.follow_up_class] = max(item.years, found.get(item.follow_up_class, Decimal(0)))
    return MappingProxyType(found)
