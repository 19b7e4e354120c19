"""The vein-to-vein board: each subject's lane from consent to infusion, dated by the records.

A lane shows the steps of the product that is on its way now; attempts that were lost are beside it with their cause.
A step without a record is not drawn as done: whether it is still to come, not needed by the protocol, or cut off by the end of
the subject's way is distinguished. What blocks the next step is asked of the gate that will be asked when it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from celltrial.conduct.envelope import Event, batch_stream, subject_stream
from celltrial.conduct.facts.batch import events as batch
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events as journey
from celltrial.conduct.facts.subject.state import Stage, SubjectState
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.lymphodepletion import check_lymphodepletion
from celltrial.conduct.ruling import Condition
from celltrial.conduct.timing import days_between
from celltrial.conduct.views.worklist import WorkItem, worklist
from celltrial.conduct.vocabulary import BatchStatus, ConsentKind, ExitReason
from celltrial.core.dates import Instant


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
    """The status of a step of a lane.

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
    """One step: its status, the site-local day of its record, and whole days since the step on record before it."""

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
    due:        what is due about the subject or the product, the most urgent first, with the role whose it is.
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
    def is_going(self) -> bool:
        """Whether the way goes on: neither ended nor at the infusion."""
        return self.ended is None and self.next_step is not None

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


class StepDates:
    """When each step was taken, by subject or batch: filled from events one after another, in order.

    Events with corrections applied make the dates of today; `needs_all` tells an event after which they are made anew.
    """

    def __init__(self, events: Iterable[Event[Any]] = ()) -> None:
        self.position = 0
        self.steps: dict[tuple[str, Step], date] = {}
        self.losses: dict[str, tuple[date, str]] = {}
        self.exits: dict[str, date] = {}
        for event in events:
            self.take(event)

    @staticmethod
    def needs_all(event: Event[Any]) -> bool:
        """Tell whether an event changes what earlier ones said."""
        return isinstance(event.fact, FactCorrected)

    def take(self, event: Event[Any]) -> None:
        """Note what an event dates: the first of its kind; of lymphodepletion the last course, of an exit the first."""
        fact, day = event.fact, event.occurred.local_date
        kind = type(fact)
        self.position = max(self.position, event.position)
        if kind in _OF_BATCH:
            self.steps.setdefault((fact.batch, _OF_BATCH[kind]), day)
        elif kind in _OF_SUBJECT:
            self.steps[fact.subject, _OF_SUBJECT[kind]] = day
            if kind is journey.LymphodepletionStarted:  # a course given again is not completed by the one before
                self.steps.pop((fact.subject, Step.LYMPHODEPLETION_COMPLETED), None)
        elif kind in _LOSSES:
            self.losses[fact.batch] = (day, fact.cause)
        elif isinstance(fact, journey.CellsInfused):
            self.steps.setdefault((fact.subject, Step.INFUSED), day)
        elif isinstance(fact, journey.ConsentSigned) and fact.kind is ConsentKind.MAIN:
            self.steps.setdefault((fact.subject, Step.CONSENTED), fact.signed_on)
        elif isinstance(fact, journey.SubjectDiscontinued):
            self.exits.setdefault(fact.subject, day)


def vein_to_vein_lanes(
    dates: StepDates, state: TrialState, at: Instant, due: Iterable[WorkItem] | None = None
) -> tuple[Lane, ...]:
    """Return a lane for every subject with a record of consent or enrolment, in order of enrolment, then of identifier.

    dates: of the events that `state` is folded from, with corrections applied (see `cut_events`).
    at:    the moment asked about; days are those of each subject's site.
    due:   what is due then; the worklist of the state unless given.
    """
    by_stream: dict[str, list[WorkItem]] = {}
    for item in worklist(state, at) if due is None else due:
        by_stream.setdefault(item.about, []).append(item)
    begun = [item for item in state.subjects.values() if item.enrolled or (item.subject, Step.CONSENTED) in dates.steps]
    never = datetime.max.replace(tzinfo=UTC)
    begun.sort(key=lambda item: (item.enrolled.utc if item.enrolled else never, item.subject))
    return tuple(_lane(state, item, dates, by_stream, at) for item in begun)


def _lane(
    state: TrialState, subject: SubjectState, dates: StepDates, by_stream: dict[str, list[WorkItem]], at: Instant
) -> Lane:
    current = _current(state, subject)
    product = state.batches.get(current)
    keys = (subject.subject, current)
    days = {step: day for step in Step for key in keys if (day := dates.steps.get((key, step))) is not None}
    ended = None if Step.INFUSED in days else _ended(subject, dates)
    today = Instant(at.utc, state.zone_of(subject.site)).local_date
    over = ended is not None or Step.INFUSED in days
    streams = (subject_stream(subject.subject), *(batch_stream(name) for name in subject.batches))
    due = [item for stream in streams for item in by_stream.get(stream, ())]
    slot = next((item for item in state.slots if item.subject == subject.subject and not item.infused), None)
    return Lane(
        subject.subject,
        subject.site,
        subject.level,
        subject.stage,
        current,
        product.status if product else None,
        product.attempt if product else 0,
        tuple(_steps(days, _unplanned(state), has_ended=ended is not None)),
        tuple(_lost(state, subject, current, dates.losses)),
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


def _ended(subject: SubjectState, dates: StepDates) -> tuple[ExitReason, date] | None:
    """Return why and when the way ended; death, once known, is the reason whatever was said before."""
    if subject.died_on is not None:
        return ExitReason.DEATH, subject.died_on
    left = dates.exits.get(subject.subject)
    return None if subject.exit_reason is None or left is None else (subject.exit_reason, left)


def _blocked(state: TrialState, subject: SubjectState, current: str, booked: Instant | None, at: Instant) -> Conditions:
    """Yield what the gate of lymphodepletion would refuse now; with no moment booked, for the earliest the drugs allow."""
    product, plan = state.batches.get(current), state.plan
    regimen = plan.protocol.treatment.lymphodepletion if plan is not None else None
    if plan is None or product is None or regimen is None or subject.stage not in _BEFORE_DEPLETION:
        return
    first = min(day for drug in regimen.drugs for day in drug.days)
    infusion = booked or Instant(at.utc + timedelta(days=-first), at.zone)
    yield from check_lymphodepletion(Act(state, subject, state.site_of(subject.site), plan, at), product, infusion)
