"""The state of a whole trial: the fold of all its events.

A trial is one boundary of consistency, because its gates join everything:
lymphodepletion asks about batch, clinic, stagger slots of every site and the
trial's own status. The state is frozen; `evolve` returns a new one that shares
all that did not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.facts.account.state import Account
from celltrial.conduct.facts.assessment.events import PrimaryAnalysisStarted
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.changing import Changing
from celltrial.conduct.facts.cohort.state import CohortState, DoseDecisionState, RecommendationState, Slot
from celltrial.conduct.facts.document.state import DocumentState
from celltrial.conduct.facts.permit.state import Permit
from celltrial.conduct.facts.safety.events import AdverseEventDrafted
from celltrial.conduct.facts.safety.state import ExpeditedReport, Query
from celltrial.conduct.facts.scope.state import HaltState, SuspensionState
from celltrial.conduct.facts.signing.state import PendingAct
from celltrial.conduct.facts.site.state import SiteState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.facts.trial.events import ManufacturingChangeRecorded
from celltrial.conduct.facts.tumour.state import Tumour
from celltrial.conduct.plan import Plan
from celltrial.conduct.vocabulary import Origin, Persons, Severity
from celltrial.core.dates import Instant
from celltrial.protocol import Protocol


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProtocolVersion:
    """A version that was in force from a moment on."""

    version: str
    sha256: str
    since: Instant
    reconsent: bool
    plan: Plan


@dataclass(frozen=True, slots=True)
class Alert:
    """Something somebody must know."""

    alert: str
    severity: Severity
    code: str
    about: str
    for_role: str
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """Something somebody must do."""

    task: str
    kind: str
    about: str
    owner: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """A manufacturing change and what was concluded; "" while open."""

    fact: ManufacturingChangeRecorded
    conclusion: str = ""


@dataclass(frozen=True)
class TrialState(Changing):
    """Everything the gates need. Open tasks only are kept; closed ones are history.

    slots:     infusion moments taken or used, by subject and infusion.
    crossed:   per stopping rule and target, the number of events at its last crossing.
    cuts:      data cut to (position, hash).
    accounts:  empty while accesses are not kept; from the first grant on, whoever is not here may do nothing.
    tumours:   subject to the lesions, where any were recorded.
    reviews:   review of the audit trail to the last record it covered.
    persons:   how the persons who act are known; installation: whose log-ins count, "" where none were asked for.
    minimum_years: least years of follow-up per class of product that a register asked for since; never lowered.
    duties:    duty and what it was about to the accounts that had it.
    """

    trial: str = ""
    origin: Origin | None = None
    persons: Persons = Persons.NOT_PROVED
    installation: str = ""
    position: int = 0
    versions: tuple[ProtocolVersion, ...] = ()
    stage: str = ""
    sites: Mapping[str, SiteState] = field(default_factory=_nothing)
    subjects: Mapping[str, SubjectState] = field(default_factory=_nothing)
    identities: Mapping[str, str] = field(default_factory=_nothing)
    batches: Mapping[str, BatchState] = field(default_factory=_nothing)
    cohorts: Mapping[str, CohortState] = field(default_factory=_nothing)
    closed_levels: Mapping[int, tuple[int, int]] = field(default_factory=_nothing)
    slots: tuple[Slot, ...] = ()
    recommendations: Mapping[str, RecommendationState] = field(default_factory=_nothing)
    decisions: tuple[DoseDecisionState, ...] = ()
    recommended_level: int | None = None
    suspensions: Mapping[str, SuspensionState] = field(default_factory=_nothing)
    crossed: Mapping[tuple[str, str], int] = field(default_factory=_nothing)
    halts: Mapping[str, HaltState] = field(default_factory=_nothing)
    alerts: Mapping[str, Alert] = field(default_factory=_nothing)
    tasks: Mapping[str, Task] = field(default_factory=_nothing)
    queries: Mapping[str, Query] = field(default_factory=_nothing)
    event_drafts: Mapping[str, AdverseEventDrafted] = field(default_factory=_nothing)
    reports: Mapping[str, ExpeditedReport] = field(default_factory=_nothing)
    instructions: Mapping[str, str] = field(default_factory=_nothing)
    sources: Mapping[str, str] = field(default_factory=_nothing)
    changes: Mapping[str, Change] = field(default_factory=_nothing)
    cuts: Mapping[str, tuple[int, str]] = field(default_factory=_nothing)
    evidence_reviewed: date | None = None
    adults_reviewed: date | None = None
    primary_analysis: PrimaryAnalysisStarted | None = None
    accounts: Mapping[str, Account] = field(default_factory=_nothing)
    reviews: Mapping[str, int] = field(default_factory=_nothing)
    tumours: Mapping[str, Tumour] = field(default_factory=_nothing)
    minimum_years: Mapping[str, Decimal] = field(default_factory=_nothing)
    duties: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=_nothing)
    permits: Mapping[tuple[str, str, str], tuple[Permit, ...]] = field(default_factory=_nothing)
    pending: Mapping[str, PendingAct] = field(default_factory=_nothing)
    documents: Mapping[str, DocumentState] = field(default_factory=_nothing)

    def subject_of_event(self, event: str) -> str:
        """Return the subject of an adverse event, "" where there is none."""
        return next((s.subject for s in self.subjects.values() if event in s.adverse_events), "")

    def zone_of(self, site: str) -> str:
        """Return the time zone of a site; UTC where none was activated, as in a trial of historical records."""
        return self.site_of(site).zone

    def site_of(self, site: str) -> SiteState:
        """Return what is known of a site; a closed one where none was activated, as in a trial of historical records."""
        return self.sites.get(site) or SiteState(site, "UTC", "", is_open=False)

    @property
    def in_force(self) -> ProtocolVersion | None:
        """The version in force."""
        return self.versions[-1] if self.versions else None

    @property
    def plan(self) -> Plan | None:
        """The plan in force."""
        return self.versions[-1].plan if self.versions else None

    @property
    def protocol(self) -> Protocol | None:
        """The protocol in force."""
        return self.versions[-1].plan.protocol if self.versions else None

    @property
    def version(self) -> str:
        """The version in force, "" before the first."""
        return self.versions[-1].version if self.versions else ""


EMPTY: Final = TrialState()
