"""What may be asked about cohorts, levels and doses."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.vocabulary import CohortKind, DoseMove, Signature


@dataclass(frozen=True, slots=True)
class OpenCohort:
    """Open a cohort at a level; beyond the first this needs a signed dose decision."""

    cohort: str
    level: int
    size: int
    kind: CohortKind = CohortKind.ESCALATION


@dataclass(frozen=True, slots=True)
class ExpandCohort:
    """Raise a cohort's size."""

    cohort: str
    size: int


@dataclass(frozen=True, slots=True)
class CloseCohort:
    """Stop a cohort."""

    cohort: str
    why: str


@dataclass(frozen=True, slots=True)
class CompleteDltWindow:
    """End a subject's DLT window; `evaluable` None lets the protocol's rule decide."""

    subject: str
    evaluable: bool | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmDoseLimitingToxicity:
    """Confirm that an adverse event is a DLT."""

    subject: str
    event: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RuleOutDoseLimitingToxicity:
    """Withdraw a confirmed DLT after adjudication."""

    subject: str
    event: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RecommendDose:
    """Ask the design engine for the next move on what is known now."""

    recommendation: str


@dataclass(frozen=True, slots=True)
class SignDoseDecision:
    """Sign the committee's decision on a recommendation."""

    decision: str
    recommendation: str
    move: DoseMove
    next_level: int | None
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class DeclareRecommendedDose:
    """Name the recommended dose level."""

    level: int
    signatures: tuple[Signature, ...]
