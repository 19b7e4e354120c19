"""The vein-to-vein board: each subject's lane from consent to infusion, dated by the records.

A lane shows the steps of the product that is on its way now; attempts that were lost stand beside it with their cause.
A step without a record is not drawn as done: whether it is still to come, not needed by the protocol, or cut off by the end of
the subject's way is told apart. What blocks the next step is asked of the gate that will be asked when it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from celltrial.conduct.decision import Condition
from celltrial.conduct.envelope import batch_stream, subject_stream
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events as journey
from celltrial.conduct.facts.subject.state import Stage, SubjectState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.lymphodepletion import check_lymphodepletion
from celltrial.conduct.timing import days_between
from celltrial.conduct.views.worklist import WorkItem, worklist
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind, ExitReason
from celltrial.core.dates import Instant
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones, milestones


class Step(StrEnum):
    """A step from vein to vein, in order."""

    CONSENTED = "consented"
    ENROLLED = "enrolled"
    COLLECTED = "collected"
    MATERIAL_RECEIVED = "material_received"
    MANUFACTURE_STARTED = "manufacture_started"
    MANUFACTURE_COMPLETED = "manufacture_completed"
    RELEASED = "released"
    SHIPPED = "shipped"
    RECEIVED = "received"
    LYMPHODEPLETION_STARTED = "lymphodepletion_started"
    LYMPHODEPLETION_COMPLETED = "lymphodepletion_completed"
    INFUSED = "infused"


class Mark(StrEnum):
    """How a step of a lane stands.

    DONE: a record shows it. NEXT: the first step without a record on a way that goes on. AHEAD: after that one.
    NO_RECORD: a later step is on record and this one is not. NOT_PLANNED: the protocol has no such step.
    NOT_REACHED: the way ended before it.
    """

    DONE = "done"
    NEXT = "next"
    AHEAD = "ahead"
    NO_RECORD = "no_record"
    NOT_PLANNED = "not_planned"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class LaneStep:
    """One step: how it stands, the site-local day of its record, and whole days since the step on record before it."""

    step: Step
    mark: Mark
    on: date | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class LostAttempt:
    """A product of the subject that will not be given: which attempt, what became of it, when, and the cause recorded."""

    batch: str
    attempt: int
    status: BatchStatus
    on: date | None
    cause: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One subject's way to the infusion.

    batch:      the product on its way, "" before one is planned; `attempt` counts the runs that made it.
    steps:      every `Step` in order.
    lost:       earlier attempts.
    waiting:    whole site-local days since the last step on record; None before the first and after the end.
    expires:    of the released product.
    infusion:   the moment booked.
    ended:      why and when the way ended without an infusion.
    blocked_by: what the gate of lymphodepletion would refuse today; empty where the lane does not stand before that gate.
    due:        what is owed about the subject or the product, the most urgent first, with the role whose it is.
    """

    subject: str
    site: str
    level: int | None
    stage: Stage
    batch: str
    batch_status: BatchStatus | None
    attempt: int
    steps: tuple[LaneStep, ...]
    lost: tuple[LostAttempt, ...]
    waiting: int | None
    expires: Instant | None
    infusion: Instant | None
    ended: tuple[ExitReason, date] | None
    blocked_by: tuple[Condition, ...]
    due: tuple[WorkItem, ...]

    @property
    def next_step(self) -> Step | None:
        """The step that comes next; None where the way has ended."""
        return next((item.step for item in self.steps if item.mark is Mark.NEXT), None)


#: What a batch's own records say of its steps.
_OF_BATCH: Final[dict[type[Any], Step]] = {
    batch.BatchCollected: Step.COLLECTED,
    batch.MaterialReceived: Step.MATERIAL_RECEIVED,
    batch.ManufactureStarted: Step.MANUFACTURE_STARTED,
    batch.ManufactureCompleted: Step.MANUFACTURE_COMPLETED,
    batch.BatchReleased: Step.RELEASED,
    batch.OutOfSpecificationUseApproved: Step.RELEASED,
    batch.BatchShipped: Step.SHIPPED,
    batch.BatchReceived: Step.RECEIVED,
}
_OF_SUBJECT: Final[dict[type[Any], Step]] = {
    journey.SubjectEnrolled: Step.ENROLLED,
    journey.LymphodepletionStarted: Step.LYMPHODEPLETION_STARTED,
    journey.LymphodepletionCompleted: Step.LYMPHODEPLETION_COMPLETED,
}
_LOST: Final = frozenset(
    {BatchStatus.FAILED, BatchStatus.REJECTED, BatchStatus.EXPIRED, BatchStatus.RETURNED, BatchStatus.DESTROYED}
)
_LOSSES: Final[tuple[type[Any], ...]] = (
    batch.ManufactureFailed,
    batch.BatchRejected,
    batch.BatchRecalled,
    batch.BatchQuarantined,
)
_DEPLETION: Final = frozenset({Step.LYMPHODEPLETION_STARTED, Step.LYMPHODEPLETION_COMPLETED})
_BEFORE_DEPLETION: Final = frozenset({Stage.COLLECTED, Stage.READY})


def vein_to_vein_lanes(log: EventLog, state: TrialState, at: Instant) -> tuple[Lane, ...]:
    """Return a lane for every subject with a record of consent or enrolment, in order of enrolment, then of identifier.

    log:   the events with corrections applied, see `cut_events`; `state` is their fold.
    at:    the moment asked about; days are those of each subject's site.
    """
    dated = _dated(log)
    owed: dict[str, list[WorkItem]] = {}
    for item in worklist(state, at):
        owed.setdefault(item.about, []).append(item)
    causes = {
        event.fact.batch: (event.occurred.local_date, event.fact.cause) for kind in _LOSSES for event in log.of(kind)
    }
    people = milestones(log)
    begun = [item for item in state.subjects.values() if item.enrolled or (item.subject, Step.CONSENTED) in dated]
    never = datetime.max.replace(tzinfo=UTC)
    begun.sort(key=lambda item: (item.enrolled.utc if item.enrolled else never, item.subject))
    return tuple(_lane(state, item, _ended(people.get(item.subject)), dated, causes, owed, at) for item in begun)


def _dated(log: EventLog) -> dict[tuple[str, Step], date]:
    """Return the day of each step by subject or batch: the first of its kind, for lymphodepletion and infusion the last."""
    found: dict[tuple[str, Step], date] = {}
    for signed in log.facts(journey.ConsentSigned):
        if signed.kind is ConsentKind.MAIN:
            found.setdefault((signed.subject, Step.CONSENTED), signed.signed_on)
    for kind, step in _OF_BATCH.items():
        for event in log.of(kind):
            found.setdefault((event.fact.batch, step), event.occurred.local_date)
    for kind, step in _OF_SUBJECT.items():
        for event in log.of(kind):
            found[event.fact.subject, step] = event.occurred.local_date
    for event in log.of(journey.CellsInfused):
        found.setdefault((event.fact.subject, Step.INFUSED), event.occurred.local_date)
    return found


def _lane(
    state: TrialState,
    subject: SubjectState,
    ended: tuple[ExitReason, date] | None,
    dated: dict[tuple[str, Step], date],
    causes: dict[str, tuple[date, str]],
    owed: dict[str, list[WorkItem]],
    at: Instant,
) -> Lane:
    current = _current(state, subject)
    product = state.batches.get(current)
    days = {
        step: day for step in Step for key in (subject.subject, current) if (day := dated.get((key, step))) is not None
    }
    today = Instant(at.utc, state.zone_of(subject.site)).local_date
    steps = tuple(_steps(days, _unplanned(state), has_ended=ended is not None))
    over = ended is not None or Step.INFUSED in days
    streams = (subject_stream(subject.subject), *(batch_stream(name) for name in subject.batches))
    due = [item for stream in streams for item in owed.get(stream, ())]
    slot = next((item for item in state.slots if item.subject == subject.subject and not item.infused), None)
    return Lane(
        subject.subject,
        subject.site,
        subject.level,
        subject.stage,
        current,
        product.status if product else None,
        product.attempt if product else 0,
        steps,
        tuple(_lost(state, subject, current, causes)),
        None if over or not days else days_between(max(days.values()), today),
        product.expires if product else None,
        slot.infusion if slot else None,
        ended,
        () if over else tuple(_blocked(state, subject, current, slot.infusion if slot else None, at)),
        tuple(sorted(due, key=lambda item: (item.due or date.max, item.kind, item.key))),
    )


def _current(state: TrialState, subject: SubjectState) -> str:
    """Return the batch that was infused first, else that meant for the course, else the latest planned."""
    if subject.infusions:
        return subject.infusions[0].batch
    if subject.lymphodepletion is not None:
        return subject.lymphodepletion.batch
    known = [name for name in subject.batches if name in state.batches]
    return known[-1] if known else ""


def _unplanned(state: TrialState) -> frozenset[Step]:
    protocol = state.protocol
    if protocol is not None and protocol.treatment.lymphodepletion is None:
        return _DEPLETION
    return frozenset()


def _steps(days: dict[Step, date], unplanned: frozenset[Step], *, has_ended: bool) -> Iterator[LaneStep]:
    order = list(Step)
    done = [index for index, step in enumerate(order) if step in days]
    furthest, before, is_next_named = max(done, default=-1), None, False
    for index, step in enumerate(order):
        if step in days:
            yield LaneStep(step, Mark.DONE, days[step], None if before is None else days_between(before, days[step]))
            before = days[step]
        elif step in unplanned:
            yield LaneStep(step, Mark.NOT_PLANNED)
        elif index < furthest:
            yield LaneStep(step, Mark.NO_RECORD)
        elif has_ended:
            yield LaneStep(step, Mark.NOT_REACHED)
        else:
            yield LaneStep(step, Mark.AHEAD if is_next_named else Mark.NEXT)
            is_next_named = True


def _lost(
    state: TrialState, subject: SubjectState, current: str, causes: dict[str, tuple[date, str]]
) -> Iterable[LostAttempt]:
    for name in subject.batches:
        known = state.batches.get(name)
        if known is not None and (name != current or known.status in _LOST) and known.status is not BatchStatus.INFUSED:
            on, cause = causes.get(name, (None, ""))
            yield LostAttempt(name, known.attempt, known.status, on, cause)


def _ended(person: Milestones | None) -> tuple[ExitReason, date] | None:
    """Return why and when the way ended before an infusion; death, once known, is the reason whatever was said before."""
    if person is None or person.infused is not None:
        return None
    if person.died is not None:
        return ExitReason.DEATH, person.died
    if person.exit_reason is not None and person.exit_date is not None:
        return person.exit_reason, person.exit_date
    return None


def _blocked(state: TrialState, subject: SubjectState, current: str, booked: Instant | None, at: Instant) -> Conditions:
    """Yield what the gate of lymphodepletion would refuse now; with no moment booked, for the earliest the drugs allow."""
    product, plan = state.batches.get(current), state.plan
    regimen = plan.protocol.treatment.lymphodepletion if plan is not None else None
    if plan is None or product is None or regimen is None or subject.stage not in _BEFORE_DEPLETION:
        return
    first = min(day for drug in regimen.drugs for day in drug.days)
    infusion = booked or Instant(at.utc + timedelta(days=-first), at.zone)
    yield from check_lymphodepletion(Act(state, subject, state.site_of(subject.site), plan, at), product, infusion)
