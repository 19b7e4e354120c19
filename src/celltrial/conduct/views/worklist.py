"""What must happen next, and whose it is: derived from the state at a moment, never stored.

Open tasks and alerts, DLT windows that ended and suspected DLTs, expedited reports, drafts of adverse events, queries, batches
on their way, about to expire or in quarantine, assessments of sentinels, subjects
depleted and not yet infused, follow-up visits, results and answers still open,
suspensions and halts in force, comparability, dose decisions, reads, consents
at majority, moves to adult care, follow-up too short for an amendment, the review of the evidence. A visit overdue climbs: coordinator, after
30 days investigator, after 60 medical monitor, after 90 sponsor (3.1-n); an overdue
review of the evidence passes to the sponsor (AC-X3.1), an overdue rescue to the
medical monitor (2.1.2.1-d).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from celltrial.clinical.annual_contact import ContactState
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, batch_stream, subject_stream
from celltrial.conduct.facts.batch.state import UNUSED
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act
from celltrial.conduct.gates.consent import check_majority
from celltrial.conduct.gates.sentinel import due_assessments
from celltrial.conduct.timing import closing_day
from celltrial.conduct.views.adult_care import adult_care_day
from celltrial.conduct.views.contacts import state_of
from celltrial.conduct.views.dlt import dlt_task, suspected_dlts
from celltrial.conduct.views.extending import is_extension_due
from celltrial.conduct.views.late_samples import is_due, results_due
from celltrial.conduct.vocabulary import BatchStatus, Origin, ScopeStatus
from celltrial.core.dates import Instant


class Due(StrEnum):
    """What kind of thing is due; texts are under `conduct.due.<value>`."""

    TASK = "task"
    ALERT = "alert"
    DLT_WINDOW = "dlt_window"
    DLT_ADJUDICATION = "dlt_adjudication"
    EXPEDITED_REPORT = "expedited_report"
    ADVERSE_EVENT_DRAFT = "adverse_event_draft"
    QUERY = "query"
    BATCH_EXPIRY = "batch_expiry"
    FOLLOW_UP_VISIT = "follow_up_visit"
    FOLLOW_UP_TEST = "follow_up_test"
    FOLLOW_UP_ANSWER = "follow_up_answer"
    SUSPENSION = "suspension"
    SITE_ACCEPTANCE = "site_acceptance"
    HALT = "halt"
    QUARANTINE = "quarantine"
    COMPARABILITY = "comparability"
    DOSE_DECISION = "dose_decision"
    INFUSION = "infusion"
    READ = "read"
    ADJUDICATION = "adjudication"
    MAJORITY_CONSENT = "majority_consent"
    EVIDENCE_REVIEW = "evidence_review"
    ADULT_CARE = "adult_care"
    FOLLOW_UP_EXTENSION = "follow_up_extension"
    SENTINEL = "sentinel"
    RECEIPT = "receipt"
    SIGNATURE = "signature"


#: Roles on whose list a signature is that anybody at the bench or the site may give.
SIGNERS: Final = (Role.COORDINATOR, Role.INVESTIGATOR, Role.CELL_PROCESSING, Role.QUALITY_ASSURANCE)
#: Days overdue from which a follow-up visit belongs to this role.
ESCALATION: Final = ((90, Role.SPONSOR), (60, Role.MEDICAL_MONITOR), (30, Role.INVESTIGATOR), (0, Role.COORDINATOR))
_TO_DO: Final = frozenset({ContactState.IN_WINDOW, ContactState.OVERDUE})
_EXPIRY_NOTICE: Final = timedelta(days=7)
_REVIEW_NOTICE: Final = timedelta(days=30)
_ADULT_CARE_NOTICE: Final = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing due.

    key:   identifier or code of what is due; `about` is a stream.
    owner: role on whose list it is.
    due:   site-local day, None where there is none.
    """

    kind: Due
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
    """Return everything due at a moment, the earliest due first; what has no due day comes last.

    A trial of historical records takes no acts (ADR 0032): nothing but its open records is due.
    """
    if state.origin is Origin.RETROSPECTIVE:
        return tuple(_records(state, at))
    items = [
        *_records(state, at), *_windows(state, at), *_suspicions(state, at), *_batches(state, at), *_visits(state, at), *_answers(state), *_stopped(state),
        *_open_decisions(state), *_depleted(state, at), *_reads(state), *_majority(state, at), *_evidence(state, at),
        *_sentinels(state, at), *_growing_up(state, at), *_signatures(state, at),
    ]  # fmt: skip
    return tuple(sorted(items, key=lambda item: (item.due or date.max, item.kind, item.key, item.about)))


def _records(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    for task in state.tasks.values():
        late = task.kind == Code.TASK_RESCUE and task.due is not None and at.local_date > task.due
        yield WorkItem(Due.TASK, task.task, task.about, Role.MEDICAL_MONITOR if late else task.owner, task.due)
    for alert in state.alerts.values():
        if not alert.acknowledged:
            yield WorkItem(Due.ALERT, alert.alert, alert.about, alert.for_role)
    for key, report in state.reports.items():
        if not report.submitted:
            about = subject_stream(state.subject_of_event(report.event))
            yield WorkItem(Due.EXPEDITED_REPORT, key, about, Role.SPONSOR, report.due.local_date)
    for draft in state.event_drafts.values():
        first_day = draft.aware.local_date
        owner = Role.MEDICAL_MONITOR if at.local_date > first_day else Role.INVESTIGATOR
        about = subject_stream(draft.subject) if draft.subject in state.subjects else TRIAL
        yield WorkItem(Due.ADVERSE_EVENT_DRAFT, draft.event, about, owner, first_day)
    for query in state.queries.values():
        if query.status != "closed":
            owner = Role.COORDINATOR if query.status == "open" else Role.DATA_MANAGER
            yield WorkItem(Due.QUERY, query.query, query.about, owner)


def _windows(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    for subject in state.subjects.values():
        window = subject.dlt_window
        if window is None or window.evaluable is not None:
            continue
        if window.dlt or subject.died_on is not None or at.local_date > window.closes:
            about = subject_stream(subject.subject)
            yield WorkItem(Due.DLT_WINDOW, subject.subject, about, Role.INVESTIGATOR, window.closes + timedelta(days=1))


def _suspicions(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    """Yield each event that by its length alone has come to be a suspected DLT, with no write that opened a task."""
    escalation = state.protocol.escalation if state.protocol is not None else None
    for subject in state.subjects.values():
        if escalation is None or subject.dlt_window is None:
            continue
        today = Instant(at.utc, state.zone_of(subject.site)).local_date
        for event in suspected_dlts(escalation.dlt, subject, state.tasks, today):
            if dlt_task(event) not in state.tasks:
                about = subject_stream(subject.subject)
                yield WorkItem(Due.DLT_ADJUDICATION, event, about, Role.MEDICAL_MONITOR, today)


def _batches(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    for batch in state.batches.values():
        if batch.status is BatchStatus.QUARANTINED:
            yield WorkItem(Due.QUARANTINE, batch.batch, batch_stream(batch.batch), Role.QUALITY_ASSURANCE)
        if batch.status is BatchStatus.SHIPPED:
            yield WorkItem(Due.RECEIPT, batch.batch, batch_stream(batch.batch), Role.COORDINATOR)
        expires = batch.expires
        live = batch.status in UNUSED and batch.status is not BatchStatus.QUARANTINED
        if expires is not None and live and expires.utc - at.utc <= _EXPIRY_NOTICE:
            yield WorkItem(
                Due.BATCH_EXPIRY, batch.batch, batch_stream(batch.batch), Role.QUALITY_ASSURANCE, expires.local_date
            )


def _visits(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    for subject in state.subjects.values():
        plan = subject.follow_up
        if plan is None or plan.is_closed or subject.died_on is not None:
            continue
        today = Instant(at.utc, state.zone_of(subject.site)).local_date
        about = subject_stream(subject.subject)
        stated = state.protocol.follow_up if state.protocol is not None else None
        for visit in plan.visits:
            if state_of(subject, visit, today) in _TO_DO and is_due(plan, stated, visit):
                owner = escalated_to(max((today - visit.closes).days, 0))
                yield WorkItem(Due.FOLLOW_UP_VISIT, visit.visit, about, owner, visit.closes)
        for test, visit in results_due(plan, stated):
            owner = escalated_to(max((today - visit.closes).days, 0))
            yield WorkItem(Due.FOLLOW_UP_TEST, f"{visit.visit}/{test}", about, owner, visit.closes)


def _answers(state: TrialState) -> Iterator[WorkItem]:
    """Yield each item of a follow-up visit answered "unknown", until a later contact or a correction answers it."""
    for subject in state.subjects.values():
        for visit, item in subject.follow_up.open_answers if subject.follow_up is not None else ():
            yield WorkItem(Due.FOLLOW_UP_ANSWER, f"{visit}/{item}", subject_stream(subject.subject), Role.COORDINATOR)


def _stopped(state: TrialState) -> Iterator[WorkItem]:
    """Yield what keeps a scope closed: a suspension, a site that has not accepted the resume or the version, a halt."""
    stopping = state.protocol.stopping if state.protocol is not None else None
    longest = stopping.longest_evaluation if stopping is not None else None
    for item in state.suspensions.values():
        about = f"suspension/{item.suspension}"
        if item.status in {ScopeStatus.SUSPENDED, ScopeStatus.UNDER_EVALUATION}:
            due = None if longest is None else closing_day(item.since.local_date, longest)
            yield WorkItem(Due.SUSPENSION, item.suspension, about, Role.MEDICAL_MONITOR, due)
        for site in state.sites.values() if item.is_lifted and item.sites else ():
            if site.is_open and site.site not in item.sites:
                yield WorkItem(Due.SITE_ACCEPTANCE, item.suspension, f"site/{site.site}", Role.INVESTIGATOR)
    for site in state.sites.values():
        if site.is_open and site.version != state.version:
            yield WorkItem(Due.SITE_ACCEPTANCE, state.version, f"site/{site.site}", Role.INVESTIGATOR)
    for halt in state.halts.values():
        if not halt.lifted:
            yield WorkItem(Due.HALT, halt.halt, f"halt/{halt.halt}", Role.QUALITY_ASSURANCE)


def _open_decisions(state: TrialState) -> Iterator[WorkItem]:
    """Yield process changes without a conclusion, recommendations without a decision, and follow-up that is too short."""
    for key, change in state.changes.items():
        if not change.conclusion:
            yield WorkItem(Due.COMPARABILITY, key, f"change/{key}", Role.QUALITY_ASSURANCE)
    decided = {item.recommendation for item in state.decisions}
    for last in [*state.recommendations][-1:]:
        if last in decided:
            continue
        yield WorkItem(Due.DOSE_DECISION, last, f"recommendation/{last}", Role.SAFETY_BOARD)
    if is_extension_due(state):
        yield WorkItem(Due.FOLLOW_UP_EXTENSION, state.version, TRIAL, Role.DATA_MANAGER)


def _depleted(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    """Yield each subject who was depleted and waits for the cells, due on the last day the protocol allows.

    After that day the medical monitor decides whether lymphodepletion is repeated (AC-C4.5).
    """
    regimen = state.protocol.treatment.lymphodepletion if state.protocol is not None else None
    for subject in state.subjects.values():
        course = subject.lymphodepletion
        if regimen is None or course is None or course.ended_on is None or not subject.is_active:
            continue
        due = course.ended_on + timedelta(days=regimen.maximum_days_to_infusion)
        today = Instant(at.utc, state.zone_of(subject.site)).local_date
        owner = Role.MEDICAL_MONITOR if today > due else Role.INVESTIGATOR
        yield WorkItem(Due.INFUSION, course.batch, subject_stream(subject.subject), owner, due)


def _reads(state: TrialState) -> Iterator[WorkItem]:
    """Yield each assigned reader whose reads are not locked, and each subject whose readers differ."""
    for subject in state.subjects.values():
        about = subject_stream(subject.subject)
        for item in subject.readers:
            if item.reader not in subject.locked_readers and not item.is_adjudicator:
                yield WorkItem(Due.READ, item.reader, about, Role.INDEPENDENT_REVIEWER)
        if subject.needs_adjudication:
            named = [item.reader for item in subject.readers if item.is_adjudicator]
            owner = Role.INDEPENDENT_REVIEWER if named else Role.DATA_MANAGER
            yield WorkItem(Due.ADJUDICATION, named[0] if named else "adjudicator", about, owner)


def _majority(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    """Yield each subject who came of age without an own consent."""
    if state.plan is None:
        return
    for subject in state.subjects.values():
        act = Act(state, subject, state.site_of(subject.site), state.plan, at)
        if subject.born is not None and subject.died_on is None and any(check_majority(act)):
            yield WorkItem(Due.MAJORITY_CONSENT, subject.subject, act.about, Role.INVESTIGATOR)


def _growing_up(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    """Yield each move to adult care that is due, from half a year before the birthday on; overdue it climbs as a visit."""
    for subject in state.subjects.values():
        known, due = subject.follow_up, adult_care_day(state.protocol, subject)
        if known is None or due is None or known.adult_care is not None:
            continue
        today = Instant(at.utc, state.zone_of(subject.site)).local_date
        if not known.is_closed and subject.died_on is None and today >= due - _ADULT_CARE_NOTICE:
            owner = escalated_to(max((today - due).days, 0))
            yield WorkItem(Due.ADULT_CARE, subject.subject, subject_stream(subject.subject), owner, due)


def _sentinels(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    """Yield each assessment that is due for the first subject of a level, from the day it is due."""
    if state.protocol is None:
        return
    firsts: dict[int, str] = {}
    for slot in sorted((item for item in state.slots if item.infused), key=lambda item: item.infusion.utc):
        firsts.setdefault(slot.level, slot.subject)
    for name in dict.fromkeys(firsts.values()):
        subject = state.subjects[name]
        zone = state.zone_of(subject.site)
        today, infused = (Instant(moment.utc, zone).local_date for moment in (at, subject.infusions[0].at))
        for concept, day in due_assessments(state.protocol, subject, zone, today):
            due = infused + timedelta(days=day)
            yield WorkItem(Due.SENTINEL, f"{concept}/{day}", subject_stream(name), Role.INVESTIGATOR, due)


def _evidence(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    """Yield the review of the evidence from 30 days before it is due; overdue it is the sponsor's."""
    governance = state.protocol.governance if state.protocol is not None else None
    if governance is None or governance.evidence_review_interval is None:
        return
    days = [day for day in (governance.last_evidence_review, state.evidence_reviewed) if day is not None]
    last = max(days) if days else state.versions[0].since.local_date
    due = closing_day(last, governance.evidence_review_interval)
    if at.local_date >= due - _REVIEW_NOTICE:
        owner = Role.SPONSOR if at.local_date > due else Role.MEDICAL_MONITOR
        yield WorkItem(Due.EVIDENCE_REVIEW, "evidence", "trial", owner, due)


def _signatures(state: TrialState, at: Instant) -> Iterator[WorkItem]:
    """Yield each signature that an act still waits for, for every role that may give it.

    An act whose time is over, or that was refused with every signature given, is back on the list of who began it: what
    was done and seen must not be forgotten because nobody signed it in time.
    """
    for key, act in state.pending.items():
        owners: tuple[str, ...] = tuple(dict.fromkeys(role for item in act.open for role in item.roles or SIGNERS))
        if act.is_over(at) or not act.open:
            owners = (act.initiator.role,)
        for owner in owners:
            due = act.asked.expires.local_date
            yield WorkItem(Due.SIGNATURE, f"{act.asked.command}/{key}", act.asked.about, owner, due)
