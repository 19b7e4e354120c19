"""What may be asked for a batch."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from celltrial.conduct.facts.batch.events import Bag
from celltrial.conduct.vocabulary import Lot, Signature
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.measured import Measured


@dataclass(frozen=True, slots=True)
class PlanBatch:
    """Order a batch for one subject."""

    batch: str
    subject: str


@dataclass(frozen=True, slots=True)
class ReceiveMaterial:
    """Receive starting material where it is made into a product; scanned and witnessed."""

    batch: str
    facility: str
    identity: str
    label: str
    intact: bool
    witness: Signature | None = None


@dataclass(frozen=True, slots=True)
class StartManufacture:
    """Begin manufacture from received material; attempts are counted per subject."""

    batch: str
    process_version: str
    process_run: str
    lots: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordManufactureFailure:
    """Record that manufacture failed."""

    batch: str
    step: str
    cause: str


@dataclass(frozen=True, slots=True)
class CompleteManufacture:
    """Hand the batch to quality control."""

    batch: str
    total_cells: Decimal


@dataclass(frozen=True, slots=True)
class RecordQualityTest:
    """Record one release test: a number, a limit or words, such as "92", "<0.5", "negative"; the limits are in its unit."""

    batch: str
    attribute: str
    value: Measured | None
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class ReleaseBatch:
    """Release; only quality assurance may, and only with every test passed.

    bags: what the batch is divided into; together they hold its cells. None where it is one bag.
    """

    batch: str
    cells: Decimal
    basis: DoseBasis
    expires: Instant
    signatures: tuple[Signature, ...]
    viability: Decimal | None = None
    positivity: Decimal | None = None
    vector_copy_number: Decimal | None = None
    bags: tuple[Bag, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectBatch:
    """Refuse release for good; the batch can only be destroyed."""

    batch: str
    cause: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class DeclareOutOfSpecification:
    """Record that the batch misses its specification."""

    batch: str
    attributes: tuple[str, ...]
    cells: Decimal
    basis: DoseBasis
    expires: Instant


@dataclass(frozen=True, slots=True)
class ApproveOutOfSpecificationUse:
    """Allow use of an out-of-specification batch.

    allowance:        the regulator's letter.
    ethics_allowance: the ethics committee's, required where the protocol asks for its approval too.
    """

    batch: str
    allowance: str
    signatures: tuple[Signature, ...]
    ethics_allowance: str = ""


@dataclass(frozen=True, slots=True)
class QuarantineBatch:
    """Set a batch aside."""

    batch: str
    cause: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LiftQuarantine:
    """End a quarantine on signed evidence."""

    batch: str
    evidence: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RecallBatch:
    """Call a released batch back."""

    batch: str
    cause: str


@dataclass(frozen=True, slots=True)
class ShipBatch:
    """Send a batch to the subject's site."""

    batch: str
    to_site: str
    courier: str
    shipment: str
    freezer: str = ""


@dataclass(frozen=True, slots=True)
class HandOverBatch:
    """Record one hand-over of custody; `signer` is who took the batch over."""

    batch: str
    from_holder: str
    to_holder: str
    given: Instant
    taken: Instant
    low_celsius: Decimal | None = None
    high_celsius: Decimal | None = None
    signer: Signature | None = None


@dataclass(frozen=True, slots=True)
class ReceiveBatch:
    """Receive a batch at a site; `identity` and `label` are scanned from the bag."""

    batch: str
    site: str
    identity: str
    label: str
    intact: bool
    witness: Signature | None = None


@dataclass(frozen=True, slots=True)
class ThawBatch:
    """Thaw a batch, or some of its bags; `identity` and `label` are scanned from the bag."""

    batch: str
    identity: str
    label: str
    use_by: Instant
    witness: Signature | None = None
    bags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpireBatch:
    """Record that a batch passed its expiry."""

    batch: str


@dataclass(frozen=True, slots=True)
class ReturnBatch:
    """Send an unused batch back."""

    batch: str
    why: str


@dataclass(frozen=True, slots=True)
class DestroyBatch:
    """Destroy a batch."""

    batch: str
    why: str
