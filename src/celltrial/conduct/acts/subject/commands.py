"""What may be asked for a subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from celltrial.conduct.envelope import Precision
from celltrial.conduct.vocabulary import ConsentKind, ExitReason, Finding, Sex, Signature
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis


@dataclass(frozen=True, slots=True)
class ScreenSubject:
    """Take a person into screening."""

    subject: str
    site: str
    identity: str
    sex: Sex = Sex.UNKNOWN
    born: date | None = None


@dataclass(frozen=True, slots=True)
class SignConsent:
    """Record a signed consent; `version` is that of the form, as the protocol states it.

    read_out: the form was read to somebody who cannot read it, before a witness, who then signs as `witness`.
    scan:     the signed form as `document/ID`, where it is on record; "" where it is not.
    """

    subject: str
    kind: ConsentKind
    version: str
    signed_on: date
    read_out: bool = False
    witness: Signature | None = None
    scan: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Record a withdrawn consent."""

    subject: str
    kind: ConsentKind


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """Record a screening observation (number as text, code, or yes/no/unknown)."""

    subject: str
    concept: str
    value: str
    unit: str
    on: date
    source: str
    assessor: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmEligibility:
    """Ask that every criterion in force be judged on this day."""

    subject: str


@dataclass(frozen=True, slots=True)
class EnrolSubject:
    """Enrol into an open cohort; the level follows from the cohort."""

    subject: str
    cohort: str
    arm: str = ""


@dataclass(frozen=True, slots=True)
class RandomiseSubject:
    """Record the arm drawn for an enrolled subject."""

    subject: str
    arm: str
    stratum: str
    number: str


@dataclass(frozen=True, slots=True)
class PerformLeukapheresis:
    """Collect starting material for a planned batch; `identity` is scanned at the wristband, `label` at the bag.

    despite, signatures: as in `RecordInfusion`.
    """

    subject: str
    batch: str
    identity: str
    label: str
    operator: str
    collected_cells: Decimal | None = None
    witness: Signature | None = None
    despite: str = ""
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordBridgingTherapy:
    """Record therapy between collection and lymphodepletion."""

    subject: str
    therapy: str
    started: date
    ended: date | None = None


@dataclass(frozen=True, slots=True)
class PlanLymphodepletion:
    """Plan lymphodepletion and infusion, and take the stagger slot, if the whole gate would open."""

    subject: str
    batch: str
    starts: date
    infusion: Instant


@dataclass(frozen=True, slots=True)
class BookInfusion:
    """Take the stagger slot for an infusion without lymphodepletion."""

    subject: str
    batch: str
    infusion: Instant


@dataclass(frozen=True, slots=True)
class CancelInfusion:
    """Give the slot back; the plan for lymphodepletion falls with it."""

    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class StartLymphodepletion:
    """Begin lymphodepletion for a batch; `infusion` is the planned moment of infusion.

    despite, signatures: as in `RecordInfusion`.
    """

    subject: str
    batch: str
    infusion: Instant
    despite: str = ""
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordLymphodepletionDose:
    """Record one agent on one day."""

    subject: str
    agent: str
    dose: Decimal
    unit: str
    on: date


@dataclass(frozen=True, slots=True)
class CompleteLymphodepletion:
    """Record the last day of lymphodepletion."""

    subject: str
    ended_on: date


@dataclass(frozen=True, slots=True)
class DecideLymphodepletionRepeat:
    """Sign whether an out-of-window lymphodepletion is repeated."""

    subject: str
    repeat: bool
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RecordPreInfusionCheck:
    """Record the bedside check on the day of infusion."""

    subject: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RecordInfusion:
    """Record an infusion: within a permit as it was done; else every gate is asked at the moment of it.

    identity:  code scanned at the wristband.
    label:     code scanned at the bag.
    delivered_cells: what is given, in `basis`; the whole dose, not per kilogram.
    weight_kg: required for per-kilogram doses.
    witness:   second person at the bedside.
    volume_ml: required where the protocol limits the volume.
    bags:      the bags that are given, where the batch is divided into bags.
    despite:   why it took place although it was not permitted; then it is recorded with a deviation and an alert, and
               `signatures` of investigator and medical monitor are needed; a witness is not.
    """

    subject: str
    batch: str
    identity: str
    label: str
    delivered_cells: Decimal
    basis: DoseBasis
    operator: str
    weight_kg: Decimal | None = None
    route: str = "intravenous"
    witness: Signature | None = None
    volume_ml: Decimal | None = None
    despite: str = ""
    signatures: tuple[Signature, ...] = ()
    bags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OmitAdministration:
    """Sign that the administration that is due is not given, and with `rest_of_course` none after it in its course."""

    subject: str
    reason: str
    signatures: tuple[Signature, ...]
    rest_of_course: bool = False


@dataclass(frozen=True, slots=True)
class ReassignLevel:
    """Move a subject whose level closed to the highest level still open, where the protocol has that rule."""

    subject: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class DiscontinueSubject:
    """End treatment for one primary reason."""

    subject: str
    reason: ExitReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RecordDeath:
    """Record a death."""

    subject: str
    died_on: date
    cause: str = ""


@dataclass(frozen=True, slots=True)
class UnblindSubject:
    """Disclose a subject's arm; the request's reason says why."""

    subject: str
    to_account: str


@dataclass(frozen=True, slots=True)
class HistoricalFact:
    """One fact of the past with the time it happened."""

    fact: Any
    occurred: Instant
    precision: Precision = Precision.DAY


@dataclass(frozen=True, slots=True)
class RecordHistorical:
    """Take facts about one subject from a declared source into a retrospective trial.

    Prospective gates do not apply to the past; consistency does. The facts
    allowed are in `subject.historical.ALLOWED`.

    not_recorded: what the source collects and does not hold of this subject, as `datasets.collection` names it.
    """

    subject: str
    source: str
    locator: str
    facts: tuple[HistoricalFact, ...]
    not_recorded: tuple[str, ...] = ()
