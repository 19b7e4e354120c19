"""Facts about adverse events: what was reported, derived, adjudicated, and told to agencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.envelope import Precision
from celltrial.conduct.vocabulary import Finding, GradeSource, Outcome, QualityCause, Relatedness, Seriousness
from celltrial.core.dates import Instant
from celltrial.core.values import Value


@dataclass(frozen=True, slots=True)
class AdverseEventReported:
    """An adverse event as the site reports it.

    event:       id, unique in the trial.
    term, code:  reported term and MedDRA code ("" before coding).
    category:    event of special interest, such as "crs", "icans", "infection"; "" for others.
    grade:       1..5; None when not yet known (it then counts at its worst).
    scale:       such as "CTCAE 5.0", "ASTCT 2019".
    onset:       site-local day; `onset_precision` says how much of it is known.
    seriousness: criteria met; empty for a non-serious event.
    expected:    whether the reference safety information lists it; None when not assessed.
    aware:       when the sponsor's side first knew: expedited clocks start here.
    quality_cause: a suspected product-quality cause, which halts the trial.
    findings:    raw signs, from which grades are derived.
    """

    subject: str
    event: str
    term: str
    code: str
    category: str
    grade: int | None
    scale: str
    onset: date
    onset_precision: Precision
    seriousness: tuple[Seriousness, ...]
    relatedness: Relatedness
    expected: bool | None
    aware: Instant
    quality_cause: QualityCause | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class AdverseEventDrafted:
    """An adverse event that cannot be reported yet, as far as it is known; drafted again under its id, the last one holds.

    subject: as it was given; it need not be known in the trial.
    event:   id that the report will have.
    typed:   what was typed, as it was typed.
    missing: fields of the report that are missing or not usable.
    aware:   when the sponsor's side first knew: the clocks of the report start there.
    """

    subject: str
    event: str
    typed: str
    missing: tuple[str, ...]
    aware: Instant


@dataclass(frozen=True, slots=True)
class AdverseEventDraftWithdrawn:
    """A draft was withdrawn: it was none, or is elsewhere. The reason is in the envelope."""

    event: str


@dataclass(frozen=True, slots=True)
class AdverseEventGraded:
    """A grade from the engine, the site or the adjudicator; earlier ones stay beside it.

    at_least: the true grade may be higher, because an input is missing; `at_most` is the highest it can be then.
    rule:     rule id and version for a derived grade; deciding domain in `deciding`.
    """

    subject: str
    event: str
    source: GradeSource
    grade: int | None
    scale: str
    at_least: bool = False
    rule: str = ""
    deciding: str = ""
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class SignsRecorded:
    """Raw signs of an event came in after its report; its grade is derived again from all of them."""

    subject: str
    event: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class AdverseEventReassessed:
    """Relatedness, seriousness or the suspected quality cause changed."""

    subject: str
    event: str
    relatedness: Relatedness
    seriousness: tuple[Seriousness, ...]
    expected: bool | None
    quality_cause: QualityCause | None = None


@dataclass(frozen=True, slots=True)
class AdverseEventRecoded:
    """The coder changed code or category."""

    subject: str
    event: str
    code: str
    category: str


@dataclass(frozen=True, slots=True)
class AdverseEventResolved:
    """An event ended on that day, with its outcome."""

    subject: str
    event: str
    ended_on: date
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ExpeditedReportDue:
    """An agency must be told by `due`; the clock started at awareness, not at entry."""

    event: str
    subject: str
    rule: str
    started: Instant
    due: Instant


@dataclass(frozen=True, slots=True)
class ExpeditedReportSubmitted:
    """An agency was told."""

    event: str
    rule: str
    reference: str


@dataclass(frozen=True, slots=True)
class QueryOpened:
    """Two records do not fit together, or somebody asks about a value; `code` is a catalogue key.

    position, field: of the value that it is about, as in `FactCorrected`; None and "" where it is about a whole record.
    """

    query: str
    about: str
    code: str
    detail: Value
    position: int | None = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class QueryAnswered:
    """A query was answered by the site.

    correction: position of the correction that the answer rests on; None where nothing was corrected.
    """

    query: str
    answer: str
    correction: int | None = None


@dataclass(frozen=True, slots=True)
class QueryClosed:
    """A query was closed by data management."""

    query: str


@dataclass(frozen=True, slots=True)
class QueryReopened:
    """A closed query was opened again; the reason is in the envelope."""

    query: str
