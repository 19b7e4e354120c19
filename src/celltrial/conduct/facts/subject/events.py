"""Facts of a subject's way from consent to infusion and out of the trial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from celltrial.conduct.vocabulary import ConsentKind, ExitReason, Finding, RecordedAge, Sex, Signature
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis


@dataclass(frozen=True, slots=True)
class SubjectScreened:
    """A person entered screening at a site; `identity` is the code on wristband and bag.

    age: where a source states an age and no date of birth; `born` is then None.
    """

    subject: str
    site: str
    identity: str
    sex: Sex
    born: date | None
    age: RecordedAge | None = None


@dataclass(frozen=True, slots=True)
class ConsentSigned:
    """A consent form of this version was signed on the site-local day; before a witness where it was read out.

    scan: the signed form as `document/ID`; "" where none was named.
    """

    subject: str
    kind: ConsentKind
    version: str
    signed_on: date
    read_out: bool = False
    witness: Signature | None = None
    scan: str = ""


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    """A consent was withdrawn; data already held stay."""

    subject: str
    kind: ConsentKind


@dataclass(frozen=True, slots=True)
class EvidenceRecorded:
    """A screening observation: concept, value, unit, the day it was made, where it stands.

    assessor: named person, required where the criterion is judged by hand; else "".
    """

    subject: str
    concept: str
    value: str
    unit: str
    on: date
    source: str
    assessor: str = ""


@dataclass(frozen=True, slots=True)
class EligibilityConfirmed:
    """Every criterion of the version in force was met on that day; `criteria` lists them."""

    subject: str
    version: str
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubjectEnrolled:
    """The subject counts as enrolled, assigned to a dose level (1, 2, ...) and a cohort."""

    subject: str
    site: str
    level: int
    cohort: str
    arm: str = ""


@dataclass(frozen=True, slots=True)
class SubjectRandomised:
    """The subject was randomised; `arm` is closed data in a blinded trial."""

    subject: str
    arm: str
    stratum: str
    number: str


@dataclass(frozen=True, slots=True)
class LeukapheresisPerformed:
    """Starting material was collected for a batch, from this subject.

    identity: what was scanned at the chair.
    collected_cells: nucleated cells in the bag, None when not counted.
    """

    subject: str
    site: str
    batch: str
    identity: str
    operator: str
    collected_cells: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BridgingTherapyGiven:
    """Anticancer therapy between collection and lymphodepletion."""

    subject: str
    therapy: str
    started: date
    ended: date | None


@dataclass(frozen=True, slots=True)
class LymphodepletionPlanned:
    """Lymphodepletion is planned for a batch and an infusion day."""

    subject: str
    batch: str
    starts: date
    infusion: Instant


@dataclass(frozen=True, slots=True)
class LymphodepletionStarted:
    """The joined gate was open and the first dose begins."""

    subject: str
    batch: str
    infusion: Instant
    course: int = 1


@dataclass(frozen=True, slots=True)
class LymphodepletionAdministered:
    """One agent on one day: dose as given, unit such as mg/m2."""

    subject: str
    agent: str
    dose: Decimal
    unit: str
    on: date


@dataclass(frozen=True, slots=True)
class LymphodepletionCompleted:
    """The last dose was given on that site-local day; days since are counted from it."""

    subject: str
    ended_on: date


@dataclass(frozen=True, slots=True)
class LymphodepletionRepeatDecided:
    """The medical monitor decided on repeating an out-of-window lymphodepletion."""

    subject: str
    repeat: bool
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class PreInfusionChecked:
    """The bedside check on the day: temperature, infection, oxygen, weight, pregnancy, ..."""

    subject: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CellsInfused:
    """Cells were infused.

    number:          1 for the first infusion of this subject, 2 for the next.
    level_assigned:  the level at enrolment.
    level_delivered: the highest level whose band holds the delivered dose; None below all.
    delivered_cells: cells given, in `basis`: the whole dose, not per kilogram; None where a historical source has no dose.
    per_kg:          the levels are doses per kilogram.
    weight_kg:       body weight used, None for flat doses.
    conforming:      within the dose band of the assigned level and within specification.
    volume_ml:       volume given; None where nobody measured it.
    round, course, administration: its place in the plan; a record of the past that does not name it is a whole course.
    bags:            the bags of the batch that were given; none where the batch is one bag.
    """

    subject: str
    site: str
    batch: str
    number: int
    level_assigned: int
    level_delivered: int | None
    delivered_cells: Decimal | None
    basis: DoseBasis
    per_kg: bool
    weight_kg: Decimal | None
    conforming: bool
    operator: str
    route: str
    volume_ml: Decimal | None = None
    round: int = 0
    course: str = ""
    administration: str = ""
    bags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdministrationOmitted:
    """An administration that was due will not be given, and those after it in its course neither where `rest_of_course`.

    omitted: the names of all that are not given.
    """

    subject: str
    round: int
    course: str
    omitted: tuple[str, ...]
    reason: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class LevelReassigned:
    """The subject's level closed before the infusion; from now on the lower one is assigned."""

    subject: str
    from_level: int
    to_level: int
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class SubjectDiscontinued:
    """The subject left treatment for one primary reason; `stage` is where on the way."""

    subject: str
    reason: ExitReason
    stage: str
    detail: str


@dataclass(frozen=True, slots=True)
class SubjectDied:
    """The subject died on that day."""

    subject: str
    died_on: date
    cause: str


@dataclass(frozen=True, slots=True)
class HistoricalRecordTaken:
    """The facts of this request come from a declared historical source, not from the bedside.

    source:  id of the declared source.
    locator: where in it, such as "row 17".
    facts:   their type names.
    not_recorded: what the source collects and does not hold of this subject, as `datasets.collection` names it.
    """

    subject: str
    source: str
    locator: str
    facts: tuple[str, ...]
    not_recorded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TreatmentUnblinded:
    """A subject's arm was disclosed to somebody, for a reason that is in the envelope."""

    subject: str
    to_account: str
