"""The list of subjects between enrolment and infusion: where they are, what runs out, what stops them."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import Stage, SubjectState
from celltrial.conduct.timing import days_between
from celltrial.conduct.vocabulary import BatchStatus, Finding
from celltrial.core.dates import Instant

_STAGES = frozenset({Stage.ENROLLED, Stage.COLLECTED, Stage.READY, Stage.LYMPHODEPLETING, Stage.LYMPHODEPLETED})


@dataclass(frozen=True, slots=True)
class InFlight:
    """One subject on the way.

    lymphodepletion_day: site-local day of the course, 1 on its first; None before it begins.
    days_since_lymphodepletion: whole site-local days since its last day; None while it runs or before.
    batch_expires: of the batch meant for the infusion, None when not known.
    neutrophils:   counts recorded since lymphodepletion began, in order of record.
    """

    subject: str
    site: str
    stage: Stage
    batch: str
    batch_status: BatchStatus | None
    batch_expires: Instant | None
    planned_infusion: Instant | None
    lymphodepletion_day: int | None
    days_since_lymphodepletion: int | None
    neutrophils: tuple[Finding, ...]

    @property
    def is_lymphodepleting(self) -> bool:
        """Whether a course is running."""
        return self.stage is Stage.LYMPHODEPLETING


def in_flight(state: TrialState, at: Instant) -> tuple[InFlight, ...]:
    """Return every subject between enrolment and infusion, the most urgent first (lymphodepleted, then by stage)."""
    order = [Stage.LYMPHODEPLETED, Stage.LYMPHODEPLETING, Stage.READY, Stage.COLLECTED, Stage.ENROLLED]
    rows = [_row(state, item, at) for item in state.subjects.values() if item.stage in _STAGES]
    return tuple(sorted(rows, key=lambda row: (order.index(row.stage), row.subject)))


def _row(state: TrialState, subject: SubjectState, at: Instant) -> InFlight:
    course = subject.lymphodepletion
    batch_id = course.batch if course is not None else (subject.batches[-1] if subject.batches else "")
    batch = state.batches.get(batch_id)
    today = Instant(at.utc, state.zone_of(subject.site)).local_date
    ended = course.ended_on if course is not None else None
    started = course.started if course is not None else None
    began = Instant(started.utc, state.zone_of(subject.site)).local_date if started is not None else None
    return InFlight(
        subject.subject,
        subject.site,
        subject.stage,
        batch_id,
        batch.status if batch is not None else None,
        batch.expires if batch is not None else None,
        course.infusion if course is not None else None,
        days_between(began, today) + 1 if began is not None else None,
        days_between(ended, today) if ended is not None else None,
        subject.neutrophils,
    )
