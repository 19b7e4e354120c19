"""Facts about a batch: making, testing, release, custody, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from celltrial.conduct.vocabulary import BatchStatus, Lot, Signature
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.measured import Measured
from celltrial.core.values import Value


@dataclass(frozen=True, slots=True)
class BatchPlanned:
    """A batch was ordered for one subject; `attempt` is 1 for the first, 2 for the next."""

    batch: str
    subject: str
    identity: str
    attempt: int


@dataclass(frozen=True, slots=True)
class BatchCollected:
    """Its starting material exists."""

    batch: str
    subject: str
    collected: Instant


@dataclass(frozen=True, slots=True)
class MaterialReceived:
    """Starting material arrived where it is made into a product; `intact` is what was seen."""

    batch: str
    facility: str
    intact: bool


@dataclass(frozen=True, slots=True)
class ManufactureStarted:
    """Manufacture began; run, version and lots are its genealogy."""

    batch: str
    subject: str
    attempt: int
    process_version: str
    process_run: str
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class ManufactureFailed:
    """Manufacture failed at a step, for a cause; the rescue plan is due by `rescue_due`."""

    batch: str
    subject: str
    attempt: int
    step: str
    cause: str
    rescue_due: date | None


@dataclass(frozen=True, slots=True)
class ManufactureCompleted:
    """Manufacture ended with this many cells; quality control begins."""

    batch: str
    total_cells: Decimal


@dataclass(frozen=True, slots=True)
class QualityTested:
    """One release test: number, limit or words, unit, specification limits; `passed` None when not decided."""

    batch: str
    attribute: str
    value: Measured | None
    unit: str
    low: Decimal | None
    high: Decimal | None
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Bag:
    """One bag of a batch, thawed and given as a whole: what it holds, and of which component of the product."""

    bag: str
    cells: Decimal
    component: str = ""


@dataclass(frozen=True, slots=True)
class BatchReleased:
    """Quality assurance released the batch.

    cells:   what it holds, in `basis` (never per kilogram).
    expires: the moment after which it must not be given.
    bags:    what it is divided into; none where the batch is one bag.
    """

    batch: str
    subject: str
    cells: Decimal
    basis: DoseBasis
    viability: Decimal | None
    positivity: Decimal | None
    vector_copy_number: Decimal | None
    expires: Instant
    signatures: tuple[Signature, ...]
    bags: tuple[Bag, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchRejected:
    """Quality assurance refused release for good; the rescue plan is due by `rescue_due`."""

    batch: str
    subject: str
    cause: str
    rescue_due: date | None
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class BatchOutOfSpecification:
    """A batch missed its specification on these attributes; it holds `cells` in `basis`."""

    batch: str
    attributes: tuple[str, ...]
    cells: Decimal
    basis: DoseBasis
    expires: Instant


@dataclass(frozen=True, slots=True)
class OutOfSpecificationUseApproved:
    """Use of an out-of-specification batch for its subject was allowed by all who must."""

    batch: str
    subject: str
    allowance: str
    signatures: tuple[Signature, ...]
    ethics_allowance: str = ""


@dataclass(frozen=True, slots=True)
class BatchQuarantined:
    """A batch was set aside; `cause` is a code, `linked_to` what it shares with the trigger."""

    batch: str
    cause: str
    linked_to: Value
    detail: Value


@dataclass(frozen=True, slots=True)
class QuarantineLifted:
    """A quarantine ended on signed evidence; the batch returns to the state it had."""

    batch: str
    returns_to: BatchStatus
    evidence: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class BatchRecalled:
    """A released batch was called back."""

    batch: str
    subject: str
    cause: str


@dataclass(frozen=True, slots=True)
class BatchShipped:
    """A batch left for a site with a courier."""

    batch: str
    to_site: str
    courier: str
    shipment: str
    freezer: str = ""


@dataclass(frozen=True, slots=True)
class CustodyHandedOver:
    """One hand-over: who gave at which moment, who took at which moment, and what the logger saw.

    low_celsius, high_celsius: since the last hand-over; None without a logger.
    signer: who took the batch over; None only in records from before hand-overs were signed.
    """

    batch: str
    from_holder: str
    to_holder: str
    given: Instant
    taken: Instant
    low_celsius: Decimal | None
    high_celsius: Decimal | None
    signer: Signature | None


@dataclass(frozen=True, slots=True)
class BatchReceived:
    """A batch arrived at a site; `identity` was scanned, `intact` is what was seen."""

    batch: str
    site: str
    identity: str
    intact: bool


@dataclass(frozen=True, slots=True)
class BatchThawed:
    """A batch was thawed, or some of its bags; what was thawed must be given by `use_by`."""

    batch: str
    identity: str
    use_by: Instant
    bags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchExpired:
    """A batch passed its expiry."""

    batch: str


@dataclass(frozen=True, slots=True)
class BatchInfused:
    """The batch was given to its subject, or some of its bags."""

    batch: str
    subject: str
    bags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchReturned:
    """An unused batch went back to manufacturing."""

    batch: str
    reason: str


@dataclass(frozen=True, slots=True)
class BatchDestroyed:
    """A batch was destroyed."""

    batch: str
    reason: str


@dataclass(frozen=True, slots=True)
class IdentityConfirmed:
    """Two persons saw that subject and batch match: who acted is in the envelope, the other is the witness.

    act:      collection, material_receipt, receipt, thaw or infusion.
    identity: the subject's code as it was scanned.
    label:    the batch's code as it was scanned.
    """

    batch: str
    subject: str
    act: str
    identity: str
    label: str
    witness: Signature


@dataclass(frozen=True, slots=True)
class IdentityMismatchFound:
    """A scan did not match: the act was refused and nothing was done."""

    batch: str
    subject: str
    act: str
    scanned: str
    expected: str
