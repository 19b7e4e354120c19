"""What may be asked about adverse events. A command that records carries the fact itself."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.facts.safety import events


@dataclass(frozen=True, slots=True)
class ReportAdverseEvent:
    """Report an adverse event."""

    fact: events.AdverseEventReported


@dataclass(frozen=True, slots=True)
class DraftAdverseEvent:
    """Keep an adverse event that cannot be reported yet; it stays on a list until it is reported or withdrawn."""

    fact: events.AdverseEventDrafted


@dataclass(frozen=True, slots=True)
class WithdrawAdverseEventDraft:
    """Take a draft of an adverse event off the list; the request's reason says why."""

    fact: events.AdverseEventDraftWithdrawn


@dataclass(frozen=True, slots=True)
class GradeAdverseEvent:
    """Record a reported or an adjudicated grade; a derived one comes from the engine alone."""

    fact: events.AdverseEventGraded


@dataclass(frozen=True, slots=True)
class RecordSigns:
    """Record raw signs of an adverse event after its report."""

    fact: events.SignsRecorded


@dataclass(frozen=True, slots=True)
class ReassessAdverseEvent:
    """Record a changed relatedness, seriousness or suspected quality cause."""

    fact: events.AdverseEventReassessed


@dataclass(frozen=True, slots=True)
class RecodeAdverseEvent:
    """Record changed coding."""

    fact: events.AdverseEventRecoded


@dataclass(frozen=True, slots=True)
class ResolveAdverseEvent:
    """Record the end of an event."""

    fact: events.AdverseEventResolved


@dataclass(frozen=True, slots=True)
class SubmitExpeditedReport:
    """Record that an agency was told."""

    fact: events.ExpeditedReportSubmitted


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """Ask about a record."""

    fact: events.QueryOpened


@dataclass(frozen=True, slots=True)
class AnswerQuery:
    """Answer a query."""

    fact: events.QueryAnswered


@dataclass(frozen=True, slots=True)
class CloseQuery:
    """Close a query."""

    fact: events.QueryClosed


@dataclass(frozen=True, slots=True)
class ReopenQuery:
    """Open a closed query again."""

    fact: events.QueryReopened
