"""What is known of a subject's long-term follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.follow_up.events import GrowthMeasured, LateSafetyTested, SubjectTransferred
from celltrial.conduct.vocabulary import PlannedVisit
from celltrial.core.dates import add_years

__all__ = ["FollowUpState"]


@dataclass(frozen=True, slots=True)
class FollowUpState:
    """The schedule in force and what was done of it."""

    follow_up_class: str
    starts: date
    ends: date
    visits: tuple[PlannedVisit, ...]
    done: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    attempts: int = 0
    last_contact: date | None = None
    tests: tuple[LateSafetyTested, ...] = ()
    growth: tuple[GrowthMeasured, ...] = ()
    transfer: SubjectTransferred | None = None
    lost_on: date | None = None
    completed_on: date | None = None

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is owed."""
        return self.completed_on is not None or self.lost_on is not None

    @property
    def is_long_term(self) -> bool:
        """Whether a visit due a year or more after the start is on record, done or missed."""
        year = add_years(self.starts, 1)
        settled = {*self.done, *self.missed}
        return any(item.due >= year and item.visit in settled for item in self.visits)
