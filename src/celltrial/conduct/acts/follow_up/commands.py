"""What may be asked in follow-up. A command that records carries the fact itself."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.facts.follow_up import events


@dataclass(frozen=True, slots=True)
class RescheduleFollowUp:
    """Compute a subject's schedule again under the protocol in force."""

    subject: str
    cause: str


@dataclass(frozen=True, slots=True)
class ExtendFollowUp:
    """Extend the follow-up of every subject for whom it is now too short, at once; nobody's gets shorter.

    register:      clause register with longer minimums; "" where the protocol in force asks for more.
    minimum_years: its minimums, which the application reads from the register that is named.
    """

    cause: str
    register: str = ""
    minimum_years: tuple[events.ClassYears, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFollowUpVisit:
    """Record a visit, every item answered yes, no or unknown."""

    fact: events.FollowUpVisitRecorded


@dataclass(frozen=True, slots=True)
class RecordMissedVisit:
    """Record that a visit's window closed without it."""

    fact: events.FollowUpVisitMissed


@dataclass(frozen=True, slots=True)
class RecordContactAttempt:
    """Record an attempt to reach a subject."""

    fact: events.ContactAttempted


@dataclass(frozen=True, slots=True)
class DeclareLostToFollowUp:
    """Record that every stated attempt failed."""

    fact: events.SubjectLostToFollowUp


@dataclass(frozen=True, slots=True)
class RecordLateSafetyTest:
    """Record a test for late effects."""

    fact: events.LateSafetyTested


@dataclass(frozen=True, slots=True)
class RecordGrowth:
    """Record a child's growth and development; of a height or weight the application adds the z-scores."""

    fact: events.GrowthMeasured


@dataclass(frozen=True, slots=True)
class TransitionToAdultCare:
    """Hand a subject who grew up in follow-up from paediatric to adult care."""

    fact: events.CareTransitioned


@dataclass(frozen=True, slots=True)
class TransferSubject:
    """Move follow-up to another study."""

    fact: events.SubjectTransferred


@dataclass(frozen=True, slots=True)
class CompleteFollowUp:
    """End follow-up after its last day or by death."""

    fact: events.FollowUpCompleted
