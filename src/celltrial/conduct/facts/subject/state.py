"""What is known of a subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from celltrial.conduct.facts.assessment.events import ReaderAssigned
from celltrial.conduct.facts.changing import Changing
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.facts.subject.events import ConsentSigned, EvidenceRecorded, PreInfusionChecked
from celltrial.conduct.vocabulary import ConsentKind, ExitReason, Finding, Sex
from celltrial.core.dates import Instant
from celltrial.protocol.regimen import Given


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


class Stage(StrEnum):
    """The status of a subject on the way; see `SubjectState.stage`."""

    SCREENING = "screening"
    ELIGIBLE = "eligible"
    ENROLLED = "enrolled"
    COLLECTED = "collected"
    READY = "ready"
    LYMPHODEPLETING = "lymphodepleting"
    LYMPHODEPLETED = "lymphodepleted"
    INFUSED = "infused"
    FOLLOW_UP = "follow_up"
    LONG_TERM_FOLLOW_UP = "long_term_follow_up"
    CLOSED = "closed"
    DISCONTINUED = "discontinued"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class LymphodepletionState:
    """A course of lymphodepletion for a batch, towards an infusion moment; `ended_at` is the position of its end."""

    batch: str
    infusion: Instant
    started: Instant | None = None
    ended_on: date | None = None
    course: int = 1
    repeat: bool = False
    ended_at: int = 0


@dataclass(frozen=True, slots=True)
class Infusion:
    """One infusion; `position` is that of its event, for corrections; round, course and administration its place in the plan."""

    number: int
    batch: str
    at: Instant
    level_assigned: int
    level_delivered: int | None
    delivered_cells: Decimal | None
    conforming: bool
    position: int = 0
    round: int = 0
    course: str = ""
    administration: str = ""


@dataclass(frozen=True, slots=True)
class DltWindow:
    """A DLT window: inclusive site-local days; `evaluable` is None while it is open."""

    level: int
    opens: date
    closes: date
    evaluable: bool | None = None
    dlt: bool = False


@dataclass(frozen=True)
class SubjectState(Changing):
    """A subject, from screening to the end of follow-up.

    consents: the consent of each kind on the latest form, at its first signature; withdrawn ones removed.
    evidence: the latest observation per concept, by the day it was made; `evidence_at` is the position of its event.
    neutrophils: counts since lymphodepletion began, for the list of subjects in flight.
    observed: concept and day of what is due for a sentinel, since the infusion.
    reads:    (reader, criteria, visit) to the category that the reader gave last.
    read_at:  positions of the events that hold an independent read.
    dlts:     ids of adverse events confirmed as DLT.
    not_dlts: ids of adverse events that the adjudication found to be none.
    done:     administrations given or omitted, in order.
    later_windows: DLT windows of further courses, which are adjudicated and not counted in dose finding.
    """

    subject: str
    site: str
    identity: str
    sex: Sex = Sex.UNKNOWN
    born: date | None = None
    consents: Mapping[ConsentKind, ConsentSigned] = field(default_factory=lambda: MappingProxyType({}))
    evidence: Mapping[str, EvidenceRecorded] = field(default_factory=_nothing)
    evidence_at: Mapping[str, int] = field(default_factory=_nothing)
    eligible_version: str = ""
    level: int | None = None
    cohort: str = ""
    arm: str = ""
    enrolled: Instant | None = None
    collected: Instant | None = None
    batches: tuple[str, ...] = ()
    manufacture_attempts: int = 0
    lymphodepletion: LymphodepletionState | None = None
    last_check: PreInfusionChecked | None = None
    last_check_at: Instant | None = None
    neutrophils: tuple[Finding, ...] = ()
    observed: tuple[tuple[str, date], ...] = ()
    infusions: tuple[Infusion, ...] = ()
    done: tuple[Given, ...] = ()
    dlt_window: DltWindow | None = None
    later_windows: tuple[DltWindow, ...] = ()
    dlts: tuple[str, ...] = ()
    not_dlts: tuple[str, ...] = ()
    adverse_events: Mapping[str, AdverseEvent] = field(default_factory=_nothing)
    progressed_on: date | None = None
    new_therapy_on: date | None = None
    response_categories: tuple[str, ...] = ()
    exit_reason: ExitReason | None = None
    exit_stage: str = ""
    died_on: date | None = None
    follow_up: FollowUpState | None = None
    readers: tuple[ReaderAssigned, ...] = ()
    locked_readers: tuple[str, ...] = ()
    reads: Mapping[tuple[str, str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    read_at: frozenset[int] = frozenset()
    unblinded_to: tuple[str, ...] = ()
    historical: bool = False

    @property
    def stage(self) -> Stage:
        """The status of the subject, from what happened."""
        if self.died_on is not None:
            return Stage.DEAD
        course = self.lymphodepletion
        if course is not None and self.exit_reason is None:
            if course.ended_on is not None:
                return Stage.LYMPHODEPLETED
            return Stage.LYMPHODEPLETING if course.started is not None else Stage.READY
        if self.infusions:
            return self._stage_after_infusion()
        if self.exit_reason is not None:
            return Stage.DISCONTINUED
        if self.collected is not None:
            return Stage.COLLECTED
        if self.enrolled is not None:
            return Stage.ENROLLED
        return Stage.ELIGIBLE if self.eligible_version else Stage.SCREENING

    @property
    def primary_reads_locked(self) -> tuple[str, ...]:
        """Readers, adjudicators aside, who have locked their reads."""
        return tuple(
            item.reader for item in self.readers if not item.is_adjudicator and item.reader in self.locked_readers
        )

    @property
    def needs_adjudication(self) -> bool:
        """Whether locked readers differ on a visit and no adjudicator has locked."""
        locked = set(self.primary_reads_locked)
        found: dict[tuple[str, str], set[str]] = {}
        for (reader, criteria, visit), category in self.reads.items():
            if reader in locked:
                found.setdefault((criteria, visit), set()).add(category)
        settled = any(item.is_adjudicator and item.reader in self.locked_readers for item in self.readers)
        return not settled and any(len(item) > 1 for item in found.values())

    def _stage_after_infusion(self) -> Stage:
        plan, window = self.follow_up, self.dlt_window
        if plan is not None and plan.is_closed:
            return Stage.CLOSED
        if window is not None and window.evaluable is None:
            return Stage.INFUSED
        return Stage.LONG_TERM_FOLLOW_UP if plan is not None and plan.is_long_term else Stage.FOLLOW_UP

    @property
    def is_active(self) -> bool:
        """Whether treatment may still come."""
        return self.exit_reason is None and self.died_on is None

    @property
    def is_lymphodepleted(self) -> bool:
        """Whether a course was begun and no infusion followed it."""
        course = self.lymphodepletion
        return course is not None and course.started is not None

    def infusions_of(self, round_number: int) -> tuple[Infusion, ...]:
        """Return the infusions of a round, in order."""
        return tuple(item for item in self.infusions if item.round == round_number)

    @property
    def infused_at(self) -> Instant | None:
        """The last infusion."""
        return self.infusions[-1].at if self.infusions else None
