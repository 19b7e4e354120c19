"""Facts about the whole trial: registration, protocol, alerts, tasks, cuts, changes, corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.vocabulary import (
    FieldChange,
    Origin,
    Persons,
    ReviewEvidence,
    Severity,
    Signature,
    StatedAnalysis,
)
from celltrial.core.dates import Instant
from celltrial.core.values import Value


@dataclass(frozen=True, slots=True)
class TrialRegistered:
    """The trial exists; `origin` says whether its records are prospective, historical or simulated.

    persons:      how the persons who act are known.
    installation: whose log-ins count: the hash that begins its ledger of accounts; "" where nobody was logged in.
    """

    trial: str
    title: str
    sponsor: str
    origin: Origin
    persons: Persons
    installation: str

    @property
    def persons_known(self) -> Persons:
        """How persons are known, of a trial from before they were proved too: what was no running trial is a rehearsal."""
        typed = self.persons is Persons.NOT_PROVED and self.origin is not Origin.PROSPECTIVE
        return Persons.REHEARSED if typed else self.persons


@dataclass(frozen=True, slots=True)
class HistoricalSourceRegistered:
    """A file of historical records was declared: name, SHA-256, citation.

    anchor: the date that stands for day 0 of every subject where the source has days only; None where its dates are real.
    collected: what the source collects, as `datasets.collection` names it; None where nobody said.
    analysis: the choices of analysis; None where nobody stated them.
    """

    source: str
    name: str
    sha256: str
    citation: str
    anchor: date | None = None
    collected: tuple[str, ...] | None = None
    analysis: StatedAnalysis | None = None


@dataclass(frozen=True, slots=True)
class ProtocolApproved:
    """The first version came into force: the whole document as canonical JSON, its SHA-256, and its review."""

    version: str
    document: str
    sha256: str
    signatures: tuple[Signature, ...]
    review: ReviewEvidence | None


@dataclass(frozen=True, slots=True)
class ProtocolAmended:
    """A new version came into force; `reconsent` tells whether subjects must consent again.

    affected: the subjects on study whom the changed rules reach.
    """

    version: str
    previous: str
    document: str
    sha256: str
    changes: tuple[FieldChange, ...]
    reconsent: bool
    signatures: tuple[Signature, ...]
    review: ReviewEvidence | None
    affected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """Somebody must know now; `code` is a catalogue key, `about` a stream."""

    alert: str
    severity: Severity
    code: str
    about: str
    detail: Value
    for_role: str


@dataclass(frozen=True, slots=True)
class AlertAcknowledged:
    """An alert was seen and taken on."""

    alert: str


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """Something must be done by somebody by a day; `kind` is a catalogue key, `about` a stream."""

    task: str
    kind: str
    about: str
    owner: str
    due: date | None


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """A task was done, or is no longer needed."""

    task: str
    outcome: Value


@dataclass(frozen=True, slots=True)
class DeviationRecorded:
    """The protocol was departed from; the record does not excuse it."""

    deviation: str
    about: str
    code: str
    detail: Value


@dataclass(frozen=True, slots=True)
class EvidenceReviewed:
    """The evidence behind the plan was looked at again on that day (1.3-g)."""

    on: date
    reference: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class AdultReviewSigned:
    """Safety and tolerability in adults were reviewed on that day, and children may follow (2.1.1.3-a)."""

    on: date
    reference: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class DataCutTaken:
    """A cut: every event up to `position` as known at `as_of`; `sha256` is the chain's hash there."""

    cut: str
    as_of: Instant
    position: int
    sha256: str


@dataclass(frozen=True, slots=True)
class MonitoringReportIssued:
    """A safety-board report was made from a cut; a closed one is for unblinded eyes only."""

    report: str
    cut: str
    closed: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class TransitionSigned:
    """The seamless trial moved from its exploratory to its confirmatory stage, on stated criteria."""

    from_stage: str
    to_stage: str
    criteria: tuple[Value, ...]
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class ManufacturingChangeRecorded:
    """The process changed: which step, how weighty ("major", "moderate", "minor"), old and new version."""

    change: str
    classification: str
    step: str
    from_version: str
    to_version: str


@dataclass(frozen=True, slots=True)
class ComparabilityConcluded:
    """A signed conclusion on a process change: "comparable", "not_comparable" or "inconclusive"."""

    change: str
    conclusion: str
    evidence: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class FactCorrected:
    """A field of an earlier fact was corrected; both values, the reason is in the envelope.

    position: of the corrected event.
    record:   what is corrected, such as "adverse_event/AE-3" or "infusion/BC-001".
    """

    position: int
    record: str
    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ValueVerified:
    """A monitor held the value that stood then against its source document; a later correction is not verified by it."""

    position: int
    record: str
    field: str
    value: str
    source: str
