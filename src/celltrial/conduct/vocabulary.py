"""The words of conduct: closed lists and the small records that facts and commands share.

CDISC, ICH and MedDRA words are used unchanged where they exist. A closed list
is a `StrEnum`; its value is what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from celltrial.core.dates import Instant


class Origin(StrEnum):
    """Where a trial's records come from; fixed when it is registered and shown on every output."""

    PROSPECTIVE = "prospective"
    RETROSPECTIVE = "retrospective"
    SIMULATED = "simulated"


class Persons(StrEnum):
    """How the persons who act in a trial are known; fixed when it is registered and shown on every output.

    LOGGED_IN:  every act is a logged-in person's, from the registration on.
    REHEARSED:  a rehearsal: nobody need be who they say. It never becomes a real trial.
    NOT_PROVED: registered before persons were proved: the identities of its acts were typed.
    """

    LOGGED_IN = "logged_in"
    REHEARSED = "rehearsed"
    NOT_PROVED = "not_proved"


class ArmAccess(StrEnum):
    """What a person's grant says of treatment arms and closed reports; the protocol says which roles may know them at all.

    NOT_STATED: nothing: the person knows them only in a role that the protocol does not blind.
    """

    NOT_STATED = "not_stated"
    BLINDED = "blinded"
    UNBLINDED = "unblinded"


class DocumentKind(StrEnum):
    """What a document on record is."""

    CONSENT_FORM = "consent_form"
    SOURCE_DOCUMENT = "source_document"
    LABORATORY_REPORT = "laboratory_report"
    CERTIFICATE_OF_ANALYSIS = "certificate_of_analysis"
    TEMPERATURE_LOG = "temperature_log"
    EVALUATION = "evaluation"
    BENEFIT_RISK = "benefit_risk"
    ETHICS_APPROVAL = "ethics_approval"
    AGENCY_APPROVAL = "agency_approval"
    CORRECTIVE_ACTION = "corrective_action"
    TRAINING_RECORD = "training_record"
    CORRESPONDENCE = "correspondence"
    OTHER = "other"


class ConsentKind(StrEnum):
    """What a consent allows."""

    MAIN = "main"
    FOLLOW_UP = "follow_up"
    OUT_OF_SPECIFICATION = "out_of_specification"
    MAJORITY = "majority"


class Sex(StrEnum):
    """CDISC SEX."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class AgeReference(StrEnum):
    """The step of a subject at which a recorded age holds."""

    CONSENT = "consent"
    ENROLMENT = "enrolment"
    COLLECTION = "collection"
    INFUSION = "infusion"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True)
class RecordedAge:
    """An age as a source states it, in years, and when it holds: no date of birth follows from it."""

    years: Decimal
    at: AgeReference


class MissingVisit(StrEnum):
    """What a landmark visit that was missed counts as."""

    NON_RESPONSE = "non_response"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class StatedAnalysis:
    """The choices of analysis that a mapping states for historical records; days of infusion, None for no confirmation."""

    reader: str
    confirm_days: int | None
    stable_from_days: int
    landmark_day: int
    landmark_window: int
    missing_landmark: MissingVisit


class BatchStatus(StrEnum):
    """The status of a batch; legal moves are in `batch.state.MOVES`."""

    PLANNED = "PLANNED"
    COLLECTED = "COLLECTED"
    MATERIAL_RECEIVED = "MATERIAL_RECEIVED"
    IN_PROCESS = "IN_PROCESS"
    QC = "QC"
    RELEASED = "RELEASED"
    OOS = "OOS"
    REJECTED = "REJECTED"
    QUARANTINED = "QUARANTINED"
    FAILED = "FAILED"
    SHIPPED = "SHIPPED"
    RECEIVED = "RECEIVED"
    THAWED = "THAWED"
    EXPIRED = "EXPIRED"
    INFUSED = "INFUSED"
    RETURNED = "RETURNED"
    DESTROYED = "DESTROYED"


class ExitReason(StrEnum):
    """The one primary reason why a subject left treatment or was never infused."""

    MANUFACTURING_FAILURE = "manufacturing_failure"
    PROGRESSION = "progression"
    DEATH = "death"
    WITHDRAWAL = "withdrawal"
    ADVERSE_EVENT = "adverse_event"
    ELIGIBILITY_LOST = "eligibility_lost"
    INVESTIGATOR_DECISION = "investigator_decision"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up"
    OTHER = "other"


class Relatedness(StrEnum):
    """How likely the product caused an adverse event; unknown counts as related."""

    UNRELATED = "unrelated"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    DEFINITE = "definite"
    UNKNOWN = "unknown"


class Seriousness(StrEnum):
    """ICH E2A criteria that make an event serious."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    CONGENITAL_ANOMALY = "congenital_anomaly"
    IMPORTANT_MEDICAL_EVENT = "important_medical_event"


class Outcome(StrEnum):
    """How an adverse event ended (ICH E2B)."""

    RECOVERED = "recovered"
    RECOVERED_WITH_SEQUELAE = "recovered_with_sequelae"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not_recovered"
    FATAL = "fatal"
    UNKNOWN = "unknown"


class GradeSource(StrEnum):
    """Who says the grade; all that exist are kept side by side."""

    REPORTED = "reported"
    DERIVED = "derived"
    ADJUDICATED = "adjudicated"


class AssessmentSource(StrEnum):
    """Who assessed a response."""

    INVESTIGATOR = "investigator"
    INDEPENDENT_READER = "independent_reader"
    ADJUDICATED = "adjudicated"
    DERIVED = "derived"


class Assay(StrEnum):
    """How transgene or cells were measured."""

    QPCR = "qPCR"
    DDPCR = "ddPCR"
    FLOW = "flow"


class Answer(StrEnum):
    """Yes, no or unknown to a follow-up item; a blank is not an answer."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class CohortKind(StrEnum):
    """What a cohort is for."""

    ESCALATION = "escalation"
    EXPANSION = "expansion"
    CONFIRMATORY = "confirmatory"


class DoseMove(StrEnum):
    """What a dose rule asks for next."""

    ESCALATE = "escalate"
    STAY = "stay"
    DE_ESCALATE = "de_escalate"
    EXPAND = "expand"
    STOP = "stop"
    SELECT = "select"
    WAIT = "wait"


class ScopeKind(StrEnum):
    """What a suspension closes."""

    TRIAL = "trial"
    ARM = "arm"
    LEVEL = "level"


class ScopeStatus(StrEnum):
    """The life of a suspension: SUSPENDED -> UNDER_EVALUATION -> RESUMED or TERMINATED."""

    SUSPENDED = "SUSPENDED"
    UNDER_EVALUATION = "UNDER_EVALUATION"
    RESUMED = "RESUMED"
    TERMINATED = "TERMINATED"


class ResumeItem(StrEnum):
    """What must be on record, dated after the suspension, before a scope resumes."""

    EVALUATION = "evaluation"
    BENEFIT_RISK = "benefit_risk"
    AMENDMENT = "amendment"
    NO_AMENDMENT_NEEDED = "no_amendment_needed"
    ETHICS_APPROVAL = "ethics_approval"
    AGENCY_APPROVAL = "agency_approval"
    RECONSENT = "reconsent"
    SITE_ACCEPTANCE = "site_acceptance"


class QualityCause(StrEnum):
    """A product-quality cause suspected behind an adverse event; suspicion is enough to halt."""

    RELEASE = "release"
    QUALITY_CONTROL = "quality_control"
    TRANSPORT = "transport"
    STORAGE = "storage"
    PRE_INFUSION_TEST = "pre_infusion_test"


class Severity(StrEnum):
    """How loudly an alert calls."""

    NOTE = "note"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed what: account, printed name, role, meaning, and when."""

    account: str
    printed_name: str
    role: str
    meaning: str
    signed: Instant


@dataclass(frozen=True, slots=True)
class ReasonSigned:
    """A person's signature under the reason for not following a clause; `at` is ISO 8601 in UTC."""

    clause: str
    account: str
    printed_name: str
    at: str


@dataclass(frozen=True, slots=True)
class ReviewEvidence:
    """What a review of a protocol against a register of clauses found, as a record keeps it.

    open:      clauses of strength "should" with a finding that is neither fixed nor justified.
    justified: clauses not followed, with a signed reason and evidence.
    second:    those of strength "should" that nobody but this approval signs for: a second person signs it too.
    signers:   who signed a reason before the approval, and when.
    """

    register: str
    register_version: str
    open: tuple[str, ...] = ()
    justified: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
    signers: tuple[ReasonSigned, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One raw observation: concept, value as text, unit, and the site-local day it was made.

    concept: such as "temperature", "vasopressors", "ice_score", "sum_of_diameters".
    value:   number as text, a code, or "yes"/"no"/"unknown".
    """

    concept: str
    value: str
    unit: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a site and how many units are at hand, such as ("tocilizumab_dose", 2)."""

    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A material that went into a batch: kind ("vector", "medium", ...) and lot number."""

    kind: str
    lot: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field of the protocol: path, old and new value as canonical JSON text."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LevelCount:
    """What was known at one dose level: treated, evaluable, with DLT, still in the DLT window."""

    level: int
    treated: int
    evaluable: int
    dlt: int
    pending: int


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A follow-up visit: name, due day, inclusive window, questions to answer, tests to do."""

    visit: str
    due: date
    opens: date
    closes: date
    items: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
