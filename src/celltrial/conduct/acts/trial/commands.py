"""What may be asked of the trial as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.vocabulary import Origin, ReviewEvidence, Severity, Signature, StatedAnalysis


@dataclass(frozen=True, slots=True)
class RegisterTrial:
    """Open the record of a trial; its origin, and whether it is a rehearsal, are fixed for good.

    rehearsal: nobody need be logged in; simulated and historical records are rehearsed in any case.
    """

    trial: str
    title: str
    sponsor: str
    origin: Origin = Origin.PROSPECTIVE
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class RegisterHistoricalSource:
    """Declare a file of historical records (retrospective trials only).

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
class ApproveProtocol:
    """Bring the first version into force; `document` is the protocol as canonical JSON.

    review:   what the review of this document found; the application works it out itself.
    accepted: clauses whose justification in the document is signed for by this approval; only typed, it closes nothing.
    """

    version: str
    document: str
    sha256: str
    signatures: tuple[Signature, ...]
    review: ReviewEvidence | None = None
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AmendProtocol:
    """Bring a new version into force; the changed fields and whom they reach are worked out from the documents.

    review, accepted: as for the first version.
    """

    version: str
    document: str
    sha256: str
    reconsent: bool
    signatures: tuple[Signature, ...]
    review: ReviewEvidence | None = None
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    """Call somebody's attention."""

    alert: str
    severity: Severity
    code: str
    about: str
    detail: str
    for_role: str


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """Take an alert on."""

    alert: str


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Put something on somebody's list."""

    task: str
    kind: str
    about: str
    owner: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class CloseTask:
    """Take something off the list, with its outcome."""

    task: str
    outcome: str


@dataclass(frozen=True, slots=True)
class RecordDeviation:
    """Record a departure from the protocol."""

    deviation: str
    about: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class RecordEvidenceReview:
    """Record that the evidence behind the plan was looked at again; `reference` names the report."""

    on: date
    reference: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class SignAdultReview:
    """Record that the safety and tolerability seen in adults were reviewed: children may follow."""

    on: date
    reference: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class TakeDataCut:
    """Freeze what is known now under a name; `sha256` is the chain's hash at the last event."""

    cut: str
    sha256: str


@dataclass(frozen=True, slots=True)
class IssueMonitoringReport:
    """Record that a safety-board report was made from a cut."""

    report: str
    cut: str
    closed: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class SignTransition:
    """Move a seamless trial to its next stage."""

    to_stage: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RecordManufacturingChange:
    """Record a change of the manufacturing process."""

    change: str
    classification: str
    step: str
    from_version: str
    to_version: str


@dataclass(frozen=True, slots=True)
class ConcludeComparability:
    """Sign what a comparability study showed."""

    change: str
    conclusion: str
    evidence: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class CorrectFact:
    """Correct a field of an earlier event; the request's reason says why.

    position: of the corrected event.   record: the name of its record, as the audit of a subject lists it, without the
              position: "infusion/P1", "adverse_event/AE-1", "follow_up_item/P1/M003/infection"; else "record/POSITION".
    field:    of the event, or "occurred" for its moment.   old, new: as text; old is the value that is current.
    """

    position: int
    record: str
    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class VerifyValue:
    """Record that a value was held against its source document and is the same.

    position, record, field: as in `CorrectFact`.   value: as text, the one that is current.   source: the document.
    """

    position: int
    record: str
    field: str
    value: str
    source: str
