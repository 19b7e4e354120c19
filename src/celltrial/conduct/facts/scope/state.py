"""What is known of suspensions and halts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from celltrial.conduct.facts.scope.events import (
    CorrectiveActionImplemented,
    CorrectiveActionValidated,
    ResumeItemRecorded,
    StoppingBoundaryCrossed,
)
from celltrial.conduct.vocabulary import QualityCause, ResumeItem, ScopeKind, ScopeStatus
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class SuspensionState:
    """A suspension through its life.

    sites:  those open again after it was resumed.
    opened: when each of them was; under "" where the protocol asks no site to accept.
    """

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
    opened: Mapping[str, Instant] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_lifted(self) -> bool:
        """Whether it was resumed; single sites may still be closed."""
        return self.status is ScopeStatus.RESUMED

    def is_open(self, site: str, at: Instant) -> bool:
        """Tell whether this site went on again by a moment."""
        moment = self.opened.get(site, self.opened.get(""))
        return self.is_lifted and moment is not None and moment.utc <= at.utc

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
    lifted_at: Instant | None = None
    exceptions: tuple[str, ...] = ()
