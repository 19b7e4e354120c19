"""Decisions on lymphodepletion and the infusion moment it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_signatures, check_text
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.acts.subject.despite import changed_since, check_told, happened_anyway, told
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, Role, cohort_stream, subject_stream
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.cohort.events import StaggerSlotReleased, StaggerSlotReserved
from celltrial.conduct.facts.permit.events import Permitted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Act, Conditions, act_of
from celltrial.conduct.gates.infusion import check_booking
from celltrial.conduct.gates.lymphodepletion import check_lymphodepletion
from celltrial.conduct.gates.permit import permit_at
from celltrial.conduct.gates.suspension import check_open_or_in_flight, open_halts, open_suspensions
from celltrial.conduct.ruling import Ruling, fail
from celltrial.conduct.timing import days_between
from celltrial.core.dates import Instant, zone
from celltrial.core.values import ABSENT, Duration, as_written, at_least, at_most, between, message, more_than


def _act_and_batch(state: TrialState, request: Request[Any]) -> tuple[Act, BatchState]:
    c = request.command
    return act_of(state, c.subject, request.occurred), state.batches[c.batch]


def _slot(act: Act, infusion: Instant) -> tuple[str, StaggerSlotReserved]:
    level = act.subject.level or 0
    fact = StaggerSlotReserved(act.subject.subject, act.site.site, level, act.subject.cohort, infusion)
    return cohort_stream(act.subject.cohort), fact


def _has_slot(act: Act, infusion: Instant) -> bool:
    mine = (s for s in act.state.slots if s.subject == act.subject.subject and not s.infused)
    return any(slot.infusion.utc == infusion.utc for slot in mine)


def _plan(state: TrialState, request: Request[commands.PlanLymphodepletion], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    act, batch = _act_and_batch(state, request)
    failed = [*check_lymphodepletion(act, batch, c.infusion), *_check_regimen_fits(act, c.starts, c.infusion)]
    fact = events.LymphodepletionPlanned(c.subject, c.batch, c.starts, c.infusion)
    return answer(request, failed, (subject_stream(c.subject), fact), _slot(act, c.infusion))


def _check_regimen_fits(act: Act, starts: date, infusion: Instant) -> Conditions:
    """Yield a first day that does not lead to the planned infusion under the protocol's regimen."""
    plan = act.protocol.treatment.lymphodepletion
    if plan is None:
        return
    first = min(day for drug in plan.drugs for day in drug.days)
    last = max(day for drug in plan.drugs for day in drug.days)
    gap = days_between(starts, Instant(infusion.utc, act.site.zone).local_date)
    ends = gap - (last - first)
    low, high = plan.minimum_days_to_infusion, plan.maximum_days_to_infusion
    if not low <= ends <= high:
        needed = message("from_last_dose_to_infusion", time=between(Duration(low), Duration(high)))
        field = "treatment.lymphodepletion.maximum_days_to_infusion"
        yield fail(Code.DAYS_SINCE_LYMPHODEPLETION, needed, Duration(ends), act.about, "2.1.3-d", field)
    if starts < act.today:
        yield fail(Code.ORDER_WRONG, at_least(act.today), starts, act.about)


def _start(state: TrialState, request: Request[commands.StartLymphodepletion], now: datetime) -> Ruling:
    c = request.command
    act, batch = _act_and_batch(state, request)
    course = act.subject.lymphodepletion
    number = 1 if course is None else course.course + (course.started is not None)
    fact = events.LymphodepletionStarted(c.subject, c.batch, c.infusion, number)
    facts: list[tuple[str, Any]] = [(subject_stream(c.subject), fact)]
    if not _has_slot(act, c.infusion):
        facts.append(_slot(act, c.infusion))
    gate = [*check_lymphodepletion(act, batch, c.infusion), *_check_regimen_fits(act, act.today, c.infusion)]
    if happened_anyway(c):
        facts += told(request, gate, "lymphodepletion", act.about)
        return answer(request, check_told(request, now, act.about), *facts)
    begun = course is not None and course.started is not None
    if not begun and permit_at(state, Permitted.LYMPHODEPLETION, c, request.occurred) is not None:
        return answer(request, (), *facts, *changed_since(request, gate, "lymphodepletion", act.about))
    return answer(request, gate, *facts)


def _book(state: TrialState, request: Request[commands.BookInfusion], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    act, batch = _act_and_batch(state, request)
    return answer(request, check_booking(act, batch, c.infusion), _slot(act, c.infusion))


def _cancel(state: TrialState, request: Request[commands.CancelInfusion], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    subject = state.subjects.get(c.subject)
    held = any(slot.subject == c.subject and not slot.infused for slot in state.slots)
    failed = [*check_text(c.why, "reason", about, "why")]
    if subject is None or not held:
        failed.append(fail(Code.SLOT_MISSING, message("reserved_infusion_moment"), ABSENT, about))
    cohort = cohort_stream(subject.cohort if subject is not None else "")
    return answer(request, failed, (cohort, StaggerSlotReleased(c.subject, as_written(c.why))))


def _dose(state: TrialState, request: Request[commands.RecordLymphodepletionDose], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = []
    if act.subject.stage is not Stage.LYMPHODEPLETING:
        failed.append(fail(Code.SUBJECT_STAGE, Stage.LYMPHODEPLETING, act.subject.stage, about, "2.1.3-g"))
    if not (c.dose.is_finite() and c.dose > 0):
        failed.append(fail(Code.VALUE_NOT_USABLE, more_than(0), c.dose, about, input="dose"))
    course = act.subject.lymphodepletion
    started = course.started if course is not None else None
    if started is not None and c.on < Instant(started.utc, act.site.zone).local_date:
        failed.append(fail(Code.ORDER_WRONG, at_least(started.local_date), c.on, about, input="on"))
    if c.on > act.today:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(act.today), c.on, about, input="on"))
    if course is not None:
        failed.extend(_check_not_stopped(act, c.on, course.batch))
    fact = events.LymphodepletionAdministered(c.subject, c.agent, c.dose, c.unit, c.on)
    return answer(request, failed, (about, fact))


def _check_not_stopped(act: Act, day: date, batch: str) -> Conditions:
    """Yield what closes the course on this day; a dose given before that is recorded. An earlier day counts to its end."""
    moment = act.at.utc
    if day < act.today:
        moment = datetime.combine(day, time.max, tzinfo=zone(act.site.zone))
    suspensions = open_suspensions(act.state, act.subject.level, act.site.site, act.at, act.subject.arm)
    since = [*(item.since for item in suspensions), *(item.since for item in open_halts(act.state, act.at))]
    if any(item.utc <= moment for item in since):
        yield from check_open_or_in_flight(act, batch)


def _complete(state: TrialState, request: Request[commands.CompleteLymphodepletion], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed, course = [], act.subject.lymphodepletion
    if act.subject.stage is not Stage.LYMPHODEPLETING or course is None or course.started is None:
        failed.append(fail(Code.SUBJECT_STAGE, Stage.LYMPHODEPLETING, act.subject.stage, about))
    elif not Instant(course.started.utc, act.site.zone).local_date <= c.ended_on <= act.today:
        failed.append(fail(Code.ORDER_WRONG, at_most(act.today), c.ended_on, about, input="ended_on"))
    return answer(request, failed, (about, events.LymphodepletionCompleted(c.subject, c.ended_on)))


def _repeat(state: TrialState, request: Request[commands.DecideLymphodepletionRepeat], now: datetime) -> Ruling:
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = [*check_signatures(c.signatures, [Role.MEDICAL_MONITOR], now, about)]
    plan = act.protocol.treatment.lymphodepletion
    if act.subject.stage is not Stage.LYMPHODEPLETED:
        failed.append(fail(Code.SUBJECT_STAGE, Stage.LYMPHODEPLETED, act.subject.stage, about))
    if c.repeat and (plan is None or not plan.repeat_allowed):
        field = "treatment.lymphodepletion.repeat_allowed"
        failed.append(
            fail(Code.PROTOCOL_SILENT, message("repeat_allowed"), message("not_allowed"), about, "2.1.3-d", field)
        )
    return answer(request, failed, (about, events.LymphodepletionRepeatDecided(c.subject, c.repeat, c.signatures)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.PlanLymphodepletion: _plan,
        commands.StartLymphodepletion: _start,
        commands.BookInfusion: _book,
        commands.CancelInfusion: _cancel,
        commands.RecordLymphodepletionDose: _dose,
        commands.CompleteLymphodepletion: _complete,
        commands.DecideLymphodepletionRepeat: _repeat,
    }
)
"""Command type to its decider."""
