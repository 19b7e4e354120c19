"""What is known of cohorts, levels, slots and dose decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from celltrial.conduct.facts.cohort.events import DoseRecommended
from celltrial.conduct.vocabulary import CohortKind, DoseMove
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class CohortState:
    """A cohort at a level; `subjects` in order of enrolment."""

    cohort: str
    level: int
    size: int
    kind: CohortKind
    is_open: bool = True
    subjects: tuple[str, ...] = ()
    opened: Instant | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A taken infusion moment; kept after the infusion with the true moment.

    reserved: when it was recorded.
    ends:     when the last administration of the course was given, or is planned; None where the course is one infusion.
    """

    subject: str
    site: str
    level: int
    cohort: str
    infusion: Instant
    infused: bool = False
    reserved: datetime | None = None
    ends: Instant | None = None


@dataclass(frozen=True, slots=True)
class RecommendationState:
    """A recommendation and the position of its event."""

    fact: DoseRecommended
    position: int


@dataclass(frozen=True, slots=True)
class DoseDecisionState:
    """A signed decision; `followed` once a cohort was opened or enlarged on it, which one decision allows once."""

    decision: str
    recommendation: str
    move: DoseMove
    next_level: int | None
    deviates: bool
    followed: bool = False
