"""The dated steps of each subject, from which flags, days and phases of every table follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from celltrial.conduct.envelope import Event, Precision
from celltrial.conduct.facts.assessment import events as assessment
from celltrial.conduct.facts.cohort import events as cohort
from celltrial.conduct.facts.follow_up import events as follow_up
from celltrial.conduct.facts.safety import events as safety
from celltrial.conduct.facts.subject import events as journey
from celltrial.conduct.vocabulary import ConsentKind, ExitReason
from celltrial.core.dates import Instant
from celltrial.datasets.event_log import EventLog


@dataclass(slots=True)
class Milestones:
    """What happened to one subject and when; site-local dates, None for what did not happen.

    enrolment_dated: False where the source has no date of enrolment; `enrolled` then only puts it in order.
    infused_at:   moment of the first infusion; `infused` is its date.
    first_infusion: its fact.
    first_course: the facts of all infusions of the first course, in order.
    exit_reason:  why treatment ended, before or after an infusion.
    last_alive:   last date on which something shows the subject alive.
    """

    subject: str
    site: str = ""
    consented: date | None = None
    enrolled: date | None = None
    enrolment_dated: bool = True
    level: int | None = None
    collected: date | None = None
    lymphodepleted: date | None = None
    infused_at: Instant | None = None
    randomised: date | None = None
    infused: date | None = None
    first_infusion: journey.CellsInfused | None = None
    first_course: tuple[journey.CellsInfused, ...] = ()
    conforming: bool = True
    exit_reason: ExitReason | None = None
    exit_date: date | None = None
    died: date | None = None
    new_therapy: tuple[date, str] | None = None
    last_alive: date | None = None

    def day(self, when: date | None) -> int | None:
        """Return the infusion day of a date; None without an infusion."""
        infused = self.infused
        return None if infused is None or when is None else (when - infused).days

    def alive(self, when: date) -> None:
        """Note that the subject was alive on that day."""
        if self.last_alive is None or when > self.last_alive:
            self.last_alive = when


def milestones(log: EventLog) -> dict[str, Milestones]:
    """Return the milestones of every screened or consented subject, by subject."""
    found: dict[str, Milestones] = {}

    def of(name: str) -> Milestones:
        return found.setdefault(name, Milestones(name))

    for screened in log.facts(journey.SubjectScreened):
        of(screened.subject).site = screened.site
    for consent in log.facts(journey.ConsentSigned):
        steps = of(consent.subject)
        if consent.kind is ConsentKind.MAIN and steps.consented is None:
            steps.consented = consent.signed_on
        steps.alive(consent.signed_on)
    for enrolled in log.of(journey.SubjectEnrolled):
        steps = of(enrolled.fact.subject)
        steps.enrolled, steps.level = enrolled.occurred.local_date, enrolled.fact.level
        steps.enrolment_dated = enrolled.precision is not Precision.UNKNOWN
        steps.site = steps.site or enrolled.fact.site
    for drawn in log.of(journey.SubjectRandomised):
        of(drawn.fact.subject).randomised = drawn.occurred.local_date
    _treatment(log, of)
    _end(log, of)
    _signs_of_life(log, found)
    return found


def _treatment(log: EventLog, of: Any) -> None:
    for event in log.of(journey.LeukapheresisPerformed):
        steps = of(event.fact.subject)
        steps.collected = _earlier(steps.collected, event.occurred.local_date)
    for started in log.of(journey.LymphodepletionStarted):
        steps = of(started.fact.subject)
        steps.lymphodepleted = _earlier(steps.lymphodepleted, started.occurred.local_date)
    for given in log.facts(journey.LymphodepletionAdministered):
        steps = of(given.subject)
        steps.lymphodepleted = _earlier(steps.lymphodepleted, given.on)
    for infusion in log.of(journey.CellsInfused):
        steps = of(infusion.fact.subject)
        steps.conforming = steps.conforming and infusion.fact.conforming
        if (infusion.fact.round or infusion.fact.number) == 1:
            steps.first_course = (*steps.first_course, infusion.fact)
        if steps.infused_at is None or infusion.occurred.utc < steps.infused_at.utc:
            steps.infused_at, steps.first_infusion = infusion.occurred, infusion.fact
            steps.infused = infusion.occurred.local_date
    for therapy in log.facts(assessment.NewTherapyStarted):
        steps = of(therapy.subject)
        after = steps.infused is not None and therapy.on >= steps.infused
        if after and (steps.new_therapy is None or therapy.on < steps.new_therapy[0]):
            steps.new_therapy = (therapy.on, therapy.kind)


def _end(log: EventLog, of: Any) -> None:
    for event in log.of(journey.SubjectDiscontinued):
        steps = of(event.fact.subject)
        if steps.exit_reason is None:
            steps.exit_reason, steps.exit_date = event.fact.reason, event.occurred.local_date
        if event.fact.reason not in _UNSEEN:
            steps.alive(event.occurred.local_date)
    for died in log.facts(journey.SubjectDied):
        steps = of(died.subject)
        steps.died = _earlier(steps.died, died.died_on)


#: Reasons for leaving that do not show the subject alive on that day.
_UNSEEN = frozenset({ExitReason.DEATH, ExitReason.LOST_TO_FOLLOW_UP})


def _earlier(known: date | None, new: date) -> date:
    return new if known is None or new < known else known


#: Facts whose moment shows the subject alive, and facts that carry such a date in a field.
_SEEN: tuple[type[Any], ...] = (
    journey.SubjectEnrolled,
    journey.LeukapheresisPerformed,
    journey.LymphodepletionStarted,
    journey.PreInfusionChecked,
    journey.CellsInfused,
    assessment.KineticsSampled,
    assessment.LaboratoryMeasured,
)
_DATED: tuple[tuple[type[Any], str], ...] = (
    (journey.EvidenceRecorded, "on"),
    (journey.LymphodepletionAdministered, "on"),
    (assessment.ResponseAssessed, "on"),
    (assessment.DiseaseProgressed, "on"),
    (assessment.NewTherapyStarted, "on"),
    (safety.AdverseEventReported, "onset"),
    (follow_up.FollowUpVisitRecorded, "on"),
    (follow_up.LateSafetyTested, "on"),
    (follow_up.GrowthMeasured, "on"),
    (follow_up.SubjectLostToFollowUp, "last_contact"),
    (cohort.DltWindowOpened, "opens"),
)


def _signs_of_life(log: EventLog, found: dict[str, Milestones]) -> None:
    for kind in _SEEN:
        for event in log.of(kind):
            _note(found, event, event.occurred.local_date)
    for kind, name in _DATED:
        for event in log.of(kind):
            _note(found, event, getattr(event.fact, name))
    for event in log.of(follow_up.ContactAttempted):
        if event.fact.reached:
            _note(found, event, event.occurred.local_date)
    for event in log.of(follow_up.FollowUpCompleted):
        _note(found, event, event.fact.on)
    for steps in found.values():
        if steps.died is not None:
            steps.last_alive = steps.died


def _note(found: dict[str, Milestones], event: Event[Any], when: date) -> None:
    steps = found.get(event.fact.subject)
    if steps is not None and event.precision is not Precision.UNKNOWN:
        steps.alive(when)
