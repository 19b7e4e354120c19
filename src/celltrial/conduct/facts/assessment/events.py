"""Facts of measurement: response, kinetics, laboratory, progression, therapies, independent reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from celltrial.conduct.vocabulary import Assay, AssessmentSource, Finding
from celltrial.core.measured import Measured


@dataclass(frozen=True, slots=True)
class ResponseAssessed:
    """A response at a visit.

    criteria: such as "IMWG 2016", "Lugano 2014", "RECIST 1.1".
    category: the criteria's own word, such as "sCR", "VGPR", "PD", "NE".
    reader:   account of the independent reader, "" for others.
    """

    subject: str
    criteria: str
    visit: str
    category: str
    source: AssessmentSource
    on: date
    reader: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class KineticsSampled:
    """One kinetics value; the moment of sampling is the time of the event.

    value:       a number, a value below or above a limit such as `<50`, or words; None when nothing was reported.
    below_lloq:  below the lower limit of quantification, which `lloq` states; said too by a value such as `<50`.
    nominal_day: planned day after infusion, None for unscheduled samples.
    raw:         what stood in the source.
    """

    subject: str
    sample: str
    assay: Assay
    analyte: str
    matrix: str
    value: Measured | None
    unit: str
    below_lloq: bool
    lloq: Decimal | None
    nominal_day: int | None = None
    raw: str = ""

    @property
    def is_below(self) -> bool:
        """Whether the value lies below the limit of quantification, however it was said."""
        return self.below_lloq or (self.value is not None and self.value.is_below)

    @property
    def limit(self) -> Decimal | None:
        """The limit that the value says it is below, else the limit of quantification as stated."""
        said = self.value.number if self.value is not None and self.value.is_below else None
        return self.lloq if said is None else said


@dataclass(frozen=True, slots=True)
class LaboratoryMeasured:
    """One laboratory value with its reference range.

    value: a number, a value below or above a limit such as `<0.5`, or words; None when nothing was reported.
    raw:   what stood in the source.
    """

    subject: str
    test: str
    value: Measured | None
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class DiseaseProgressed:
    """Progression on that day, by these criteria, as seen by `source`."""

    subject: str
    on: date
    criteria: str
    source: AssessmentSource


@dataclass(frozen=True, slots=True)
class NewTherapyStarted:
    """A new anticancer therapy began; `kind` such as "systemic", "transplant", "radiotherapy"."""

    subject: str
    therapy: str
    kind: str
    on: date


@dataclass(frozen=True, slots=True)
class ConcomitantMedicationGiven:
    """A medication beside the product, such as tocilizumab for cytokine release."""

    subject: str
    medication: str
    indication: str
    dose: Decimal | None
    unit: str
    started: date
    ended: date | None


@dataclass(frozen=True, slots=True)
class ReaderAssigned:
    """An independent reader was assigned to a subject.

    role: of the reader's account, which must be independent of every site.
    slot: "reader_1", "reader_2" or "adjudicator".
    """

    subject: str
    reader: str
    role: str
    slot: str

    @property
    def is_adjudicator(self) -> bool:
        """Whether this reader decides where the others differ."""
        return self.slot == "adjudicator"


@dataclass(frozen=True, slots=True)
class ReadLocked:
    """A reader's reads of a subject are final."""

    subject: str
    reader: str


@dataclass(frozen=True, slots=True)
class PrimaryAnalysisStarted:
    """The primary analysis began on a cut, with every subject read."""

    cut: str
    unreadable: tuple[str, ...]
