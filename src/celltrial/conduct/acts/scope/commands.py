"""What may be asked about suspensions and halts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.vocabulary import QualityCause, ResumeItem, ScopeKind, Signature


@dataclass(frozen=True, slots=True)
class SuspendScope:
    """Suspend by hand; stopping rules suspend by themselves."""

    suspension: str
    scope: ScopeKind
    target: str
    why: str


@dataclass(frozen=True, slots=True)
class OpenEvaluation:
    """Begin to evaluate a suspension."""

    suspension: str


@dataclass(frozen=True, slots=True)
class SignEvaluation:
    """Sign the evaluation of a suspension."""

    suspension: str
    on: date
    reference: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RecordResumeItem:
    """Record one of the other things a resume needs."""

    suspension: str
    item: ResumeItem
    on: date
    reference: str
    site: str = ""
    subject: str = ""
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class ResumeScope:
    """End a suspension."""

    suspension: str


@dataclass(frozen=True, slots=True)
class TerminateScope:
    """End a scope for good."""

    suspension: str
    why: str


@dataclass(frozen=True, slots=True)
class SignInFlightException:
    """Allow a lymphodepleted subject's infusion under the protocol's in-flight rule.

    suspension: id of the suspension or of the halt.
    """

    suspension: str
    subject: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class HaltTrial:
    """Halt the trial for a suspected product-quality cause."""

    halt: str
    cause: QualityCause
    batch: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class RuleOutHaltCause:
    """Sign that the product was not the cause."""

    halt: str
    evidence: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class ImplementCorrectiveAction:
    """Record a corrective action and how many good runs will validate it."""

    halt: str
    action: str
    on: date
    needed: int


@dataclass(frozen=True, slots=True)
class ValidateCorrectiveAction:
    """Record the runs that test a corrective action."""

    halt: str
    action: str
    on: date
    passed: int
    tested: int


@dataclass(frozen=True, slots=True)
class LiftHalt:
    """End a halt."""

    halt: str
    signatures: tuple[Signature, ...]
