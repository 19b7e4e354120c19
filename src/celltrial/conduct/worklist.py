"""What must happen next, and whose it is: derived from the state at a moment, never stored.

Open tasks and alerts, DLT windows that ended, expedited reports, batches about
to expire, follow-up visits due or overdue. A visit overdue climbs: coordinator,
after 30 days investigator, after 60 medical monitor, after 90 sponsor (3.1-n).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from celltrial.conduct.batch.state import UNUSED
from celltrial.conduct.deciding import batch_stream, subject_stream
from celltrial.conduct.envelope import Role
from celltrial.conduct.state import TrialState
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.dates import Instant

__all__ = ["ESCALATION", "Owed", "WorkItem", "escalated_to", "worklist"]


class Owed(StrEnum):
    """What kind of thing is owed; texts stand under `conduct.owed.<value>`."""

    TASK = "task"
    ALERT = "alert"
    DLT_WINDOW = "dlt_window"
    EXPEDITED_REPORT = "expedited_report"
    QUERY = "query"
    BATCH_EXPIRY = "batch_expiry"
    FOLLOW_UP_VISIT = "follow_up_visit"


#: Days overdue from which a follow-up visit belongs to this role.
ESCALATION: Final = ((90, Role.SPONSOR), (60, Role.MEDICAL_MONITOR), (30, Role.INVESTIGATOR), (0, Role.COORDINATOR))
_EXPIRY_NOTICE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing owed.

    key:   identifier or code of what is owed; `about` is a stream.
    owner: role on whose list it is.
    due:   site-local day, None where there is none.
    """

    kind: Owed
    key: str
    about: str
    owner: str
    due: date | None = None

    def days_overdue(self, today: date) -> int:
        """Return days past the due day; 0 on it and before."""
        return 0 if self.due is None else max((today - self.due).days, 0)


def escalated_to(days_overdue: int) -> Role:
    """Return the role to which a visit overdue by so many days belongs.

    >>> [escalated_to(days).value for days in (0, 30, 60, 90)]
    ['coordinator', 'investigator', 'medical_monitor', 'sponsor']
    """
    return next(role for days, role in ESCALATION if days_overdue >= days)


def worklist(state: TrialState, at: Instant) -> tuple[WorkItem, ...]:
    """Return everything owed at a moment, the earliest due first; what has no due day comes last."""
    items = [*_records(state), *_windows(state, at), *_batches(state, at), *_visits(state, at)]
    return tuple(sorted(items, key=lambda item: (item.due or date.max, item.kind, item.key, item.about)))


def _records(state: TrialState) -> Iterator[WorkItem]:
    for task in state.tasks.values():
        yield WorkItem(Owed.TASK, task.task, task.about, task.owner, task.due)
    for alert in state.alerts.values():
        if not alert.acknowledged:
            yield WorkItem(Owed.ALERT, alert.alert, alert.about, alert.for_role)
    for key, report in state.reports.items():
        if not report.submitted:
            about = subject_stream(state.subject_of_event(report.event))
            yield WorkItem(Owed.EXPEDITED_REPORT, key, about, Role.SPONSOR, report.due.local_date)
    for query in state.queries.values():
        if query.status != "closed":
            owner = Role.COORDINATOR if query.status == "open" else Role.DATA_MANAGER
            yield WorkItem(Owed.QUERY, query.query, query.about, owner)


def _windows(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    for subject in state.subjects.values():
        window = subject.dlt_window
        if window is None or window.evaluable is not None:
            continue
        if window.dlt or subject.died_on is not None or at.local_date > window.closes:
            about = subject_stream(subject.subject)
            yield WorkItem(
                Owed.DLT_WINDOW, subject.subject, about, Role.INVESTIGATOR, window.closes + timedelta(days=1)
            )


def _batches(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    for batch in state.batches.values():
        expires = batch.expires
        live = batch.status in UNUSED and batch.status is not BatchStatus.QUARANTINED
        if expires is not None and live and expires.utc - at.utc <= _EXPIRY_NOTICE:
            yield WorkItem(
                Owed.BATCH_EXPIRY, batch.batch, batch_stream(batch.batch), Role.QUALITY_ASSURANCE, expires.local_date
            )


def _visits(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    for subject in state.subjects.values():
        plan = subject.follow_up
        if plan is None or plan.is_closed or subject.died_on is not None:
            continue
        today = Instant(at.utc, state.sites[subject.site].zone).local_date
        settled = {*plan.done, *plan.missed}
        for visit in plan.visits:
            if visit.visit not in settled and visit.opens <= today:
                owner = escalated_to(max((today - visit.closes).days, 0))
                yield WorkItem(Owed.FOLLOW_UP_VISIT, visit.visit, subject_stream(subject.subject), owner, visit.closes)
