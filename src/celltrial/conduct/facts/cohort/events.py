"""Facts about cohorts, dose levels, stagger slots, DLT windows and dose decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.vocabulary import CohortKind, DoseMove, LevelCount, Signature
from celltrial.core.dates import Instant
from celltrial.core.values import Value


@dataclass(frozen=True, slots=True)
class CohortOpened:
    """A cohort takes subjects at a dose level (1, 2, ...), up to `size`."""

    cohort: str
    level: int
    size: int
    kind: CohortKind


@dataclass(frozen=True, slots=True)
class CohortExpanded:
    """A cohort's size was raised."""

    cohort: str
    size: int


@dataclass(frozen=True, slots=True)
class CohortClosed:
    """A cohort takes no more subjects."""

    cohort: str
    reason: Value


@dataclass(frozen=True, slots=True)
class LevelClosed:
    """A dose level is closed: nobody more may be treated at it or above; `dlt` of `evaluable` had a DLT."""

    level: int
    reason: Value
    dlt: int
    evaluable: int


@dataclass(frozen=True, slots=True)
class StaggerSlotReserved:
    """An infusion moment is taken, across all sites."""

    subject: str
    site: str
    level: int
    cohort: str
    infusion: Instant


@dataclass(frozen=True, slots=True)
class StaggerSlotReleased:
    """A reserved moment is free again."""

    subject: str
    reason: Value


@dataclass(frozen=True, slots=True)
class DltWindowOpened:
    """The DLT window runs from the infusion: inclusive site-local days; `round` is 1 for the one that dose finding counts."""

    subject: str
    level: int
    opens: date
    closes: date
    round: int = 1


@dataclass(frozen=True, slots=True)
class DltWindowCompleted:
    """The window ended: evaluable or not (with the reason), with or without DLT."""

    subject: str
    level: int
    evaluable: bool
    dlt: bool
    reason: str


@dataclass(frozen=True, slots=True)
class DoseLimitingToxicityConfirmed:
    """An adverse event is a DLT under the protocol's definition."""

    subject: str
    event: str
    level: int
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class DoseLimitingToxicityRuledOut:
    """A suspected or confirmed DLT was found to be none after adjudication; what it had caused stays."""

    subject: str
    event: str
    level: int
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class DoseRecommended:
    """The engine's answer on what was known: move, level now and next, the counts it saw.

    size:   how many subjects the next cohort takes.
    reason: the engine's reason code.
    """

    recommendation: str
    design: str
    move: DoseMove
    level: int
    next_level: int | None
    size: int
    reason: str
    counts: tuple[LevelCount, ...]
    protocol_sha256: str


@dataclass(frozen=True, slots=True)
class DoseDecisionSigned:
    """The committee's decision; `deviates` from the engine only with a reason (envelope)."""

    decision: str
    recommendation: str
    move: DoseMove
    next_level: int | None
    deviates: bool
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RecommendedDoseDeclared:
    """A signed record names the recommended dose level."""

    level: int
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RecommendedDoseReopened:
    """The recommended dose is in question again."""

    level: int
    reason: Value
