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
class ClassYears:
    """The least years that a register asks for a class of product, such as ("integrating", 15)."""

    follow_up_class: str
    years: Decimal


@dataclass(frozen=True, slots=True)
class FollowUpLengthened:
    """Every running schedule that the rules now in force make longer was counted again, in one act; none got shorter.

    register:      clause register that asks for more years; "" where an amendment does.
    minimum_years: what it asks for; from now on they hold for whoever is infused, too.
    subjects:      who was extended; empty where everybody's follow-up was long enough.
    """

    cause: str
    register: str
    minimum_years: tuple[ClassYears, ...]
    subjects: tuple[str, ...]


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
class GrowthScore:
    """A z-score worked out from what was measured.

    indicator: what is compared with the standard, such as "height_for_age".
    z:         None where it is not evaluable; never 0 for not known.
    rule:      rule and its version, such as "who_growth/1"; tables: package and version read, "" where there is none.
    notes:     codes of what is to be said of it, such as that no table covers it; names of inputs that are not known.
    """

    indicator: str
    z: Decimal | None
    rule: str
    tables: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrowthMeasured:
    """A child's growth and development: what was measured, and beside it the z-scores worked out from it.

    measure: "height" in cm or what converts to it, "weight" in kg, a z-score worked out elsewhere ("height_z", "weight_z"), "tanner", ...
    unit:    of the value, "" where it has none.
    lying:   height was taken lying down; None where by the custom of the age.
    scores:  of a height or a weight; the application works them out, whatever the sender claimed.
    """

    subject: str
    measure: str
    value: Decimal
    on: date
    unit: str = ""
    lying: bool | None = None
    scores: tuple[GrowthScore, ...] = ()


@dataclass(frozen=True, slots=True)
class CareTransitioned:
    """A subject who grew up in follow-up moved from paediatric to adult care; follow-up itself goes on.

    on:      first day in adult care.
    clinic:  the adult service that takes over.
    summary: document handed over: what was given, what was found, what is still due.
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
