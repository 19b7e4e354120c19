"""Facts of long-term follow-up: schedule, visits, contact, late safety tests, growth, hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from celltrial.conduct.vocabulary import Answer, PlannedVisit


@dataclass(frozen=True, slots=True)
class FollowUpScheduled:
    """The schedule made with the infusion; it survives progression, new therapy and end of study.

    follow_up_class: such as "integrating", "exogenous_gene", "no_gene", "unclassified".
    years:   length; `driver` names what asked for it.
    starts:  day of the last infusion; `ends` is never a day short.
    """

    subject: str
    follow_up_class: str
    years: Decimal
    driver: str
    starts: date
    ends: date
    visits: tuple[PlannedVisit, ...]


@dataclass(frozen=True, slots=True)
class FollowUpRescheduled:
    """The schedule was computed again (re-infusion, register change); it never gets shorter."""

    subject: str
    cause: str
    previous_end: date
    starts: date
    ends: date
    visits: tuple[PlannedVisit, ...]


@dataclass(frozen=True, slots=True)
class FollowUpItem:
    """One answered item of a visit."""

    item: str
    answer: Answer
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FollowUpVisitRecorded:
    """A visit took place; each item is yes, no or unknown."""

    subject: str
    visit: str
    on: date
    items: tuple[FollowUpItem, ...]


@dataclass(frozen=True, slots=True)
class FollowUpVisitMissed:
    """A visit's window closed without it."""

    subject: str
    visit: str
    reason: str


@dataclass(frozen=True, slots=True)
class ContactAttempted:
    """Somebody tried to reach a subject who is overdue."""

    subject: str
    method: str
    reached: bool


@dataclass(frozen=True, slots=True)
class SubjectLostToFollowUp:
    """Every stated attempt failed; the subject counts as censored from the last contact."""

    subject: str
    last_contact: date


@dataclass(frozen=True, slots=True)
class LateSafetyTested:
    """A test for late effects.

    test:   "persistence", "rcl", "rcr", "clonality", "integration", "transgene_in_tumour", or another kind of assay that
            the protocol lists.
    answer: positive is "yes".
    share:  0 to 1; of a persistence test the share of cells that carry the vector, of any other that of the largest
            clone among them.
    """

    subject: str
    test: str
    on: date
    answer: Answer
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GrowthMeasured:
    """A child's growth and development: measure ("height_z", "tanner", "cognition", ...), value."""

    subject: str
    measure: str
    value: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class CareTransitioned:
    """A subject who grew up in follow-up moved from paediatric to adult care; follow-up itself goes on.

    on:      first day in adult care.
    clinic:  the adult service that takes over.
    summary: document handed over: what was given, what was found, what is still owed.
    """

    subject: str
    on: date
    clinic: str
    summary: str


@dataclass(frozen=True, slots=True)
class SubjectTransferred:
    """Follow-up moved to another study; the entry there may leave days uncovered."""

    subject: str
    to_study: str
    subject_there: str
    left_on: date
    entered_on: date | None


@dataclass(frozen=True, slots=True)
class FollowUpCompleted:
    """The last day of the schedule passed with the subject in follow-up, or the subject died."""

    subject: str
    on: date
    reason: str
