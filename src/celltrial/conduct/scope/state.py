"""What is known of suspensions and halts."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.scope.events import (
    CorrectiveActionImplemented,
    CorrectiveActionValidated,
    ResumeItemRecorded,
    StoppingBoundaryCrossed,
)
from celltrial.conduct.vocabulary import QualityCause, ResumeItem, ScopeKind, ScopeStatus
from celltrial.core.dates import Instant

__all__ = ["HaltState", "SuspensionState"]


@dataclass(frozen=True, slots=True)
class SuspensionState:
    """A suspension through its life; `sites` are those open again after it was resumed."""

    suspension: str
    scope: ScopeKind
    target: str
    cause: str
    since: Instant
    status: ScopeStatus = ScopeStatus.SUSPENDED
    crossing: StoppingBoundaryCrossed | None = None
    items: tuple[ResumeItemRecorded, ...] = ()
    sites: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()

    @property
    def is_lifted(self) -> bool:
        """Whether it was resumed; single sites may still be closed."""
        return self.status is ScopeStatus.ACTIVE

    def has(self, item: ResumeItem) -> bool:
        """Tell whether an item is on record."""
        return any(one.item is item for one in self.items)


@dataclass(frozen=True, slots=True)
class HaltState:
    """A product-quality halt; lifted only on validated measures or when its cause is ruled out."""

    halt: str
    cause: QualityCause
    batch: str
    event: str
    since: Instant
    implemented: tuple[CorrectiveActionImplemented, ...] = ()
    validated: tuple[CorrectiveActionValidated, ...] = ()
    ruled_out: bool = False
    lifted: bool = False
    exceptions: tuple[str, ...] = ()
