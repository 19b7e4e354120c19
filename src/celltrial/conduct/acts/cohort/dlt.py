"""Decisions on DLT windows and dose-limiting toxicities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_signatures, check_text
from celltrial.conduct.acts.cohort import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, Role, cohort_stream, subject_stream
from celltrial.conduct.facts.cohort import events
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import DltWindow, SubjectState
from celltrial.conduct.gates.act import Act, Conditions, act_of
from celltrial.conduct.gates.course import due
from celltrial.conduct.ruling import Condition, Ruling, fail
from celltrial.conduct.views.dlt import is_dlt_of, suspected_dlts
from celltrial.core.values import ABSENT, Term, as_written, between, message, more_than, or_unknown
from celltrial.protocol.regimen import regimen_of


def _complete(state: TrialState, request: Request[commands.CompleteDltWindow], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    window = act.subject.dlt_window
    if window is None or window.evaluable is not None:
        found = ABSENT if window is None else message("completed")
        return answer(
            request, [fail(Code.WINDOW_OPEN, message("open_dlt_window"), found, about, "", "escalation.dlt.window")]
        )
    dlt = window.dlt or _died_within(act, window)
    failed: list[Condition] = []
    passed = act.today > window.closes
    evaluable = c.evaluable if c.evaluable is not None and not dlt else _rule(act, dlt=dlt)
    here = due(act)
    if not dlt and here is not None and here.round.number == 1 and act.subject.is_active:
        needed = message("first_course_given_or_omitted")
        failed.append(fail(Code.WINDOW_OPEN, needed, as_written(here.step.planned.id), about, "", here.step.path))
    if not dlt and not passed and evaluable:
        failed.append(fail(Code.WINDOW_OPEN, more_than(window.closes), act.today, about, "", "escalation.dlt.window"))
    if c.evaluable is not None and not evaluable:
        failed.extend(check_text(c.why, "reason", about, "why"))
    if not dlt:
        failed.extend(check_adjudicated(state, act.subject, act.today))
    fact = events.DltWindowCompleted(c.subject, window.level, evaluable, dlt, c.why)
    return answer(request, failed, (cohort_stream(act.subject.cohort), fact))


def check_adjudicated(state: TrialState, subject: SubjectState, today: date) -> Conditions:
    """Yield each event of a subject that may be a DLT and that nobody has adjudicated: its outcome is not known yet."""
    escalation = state.protocol.escalation if state.protocol is not None else None
    if escalation is None:
        return
    about = subject_stream(subject.subject)
    for event in suspected_dlts(escalation.dlt, subject, state.tasks, today):
        yield fail(
            Code.ADJUDICATION_DUE,
            message("confirmed_or_ruled_out"),
            as_written(event),
            about,
            "2.2.3-a",
            "escalation.dlt.rules",
        )


def _died_within(act: Act, window: DltWindow) -> bool:
    died = act.subject.died_on
    return died is not None and window.opens <= died <= window.closes


def _rule(act: Act, *, dlt: bool) -> bool:
    """Return whether the protocol counts the subject: a DLT always; a partial dose only where it says how."""
    escalation = act.protocol.escalation
    partial = escalation.dlt.partial_dose_counts if escalation is not None else None
    first = act.subject.infusions_of(1)
    course = regimen_of(act.protocol).course(first[0].course) if first else None
    whole = course is None or len(first) == len(course.administrations)
    conforming = bool(first) and whole and all(item.conforming for item in first)
    return dlt or conforming or partial in {"assigned", "delivered"}


def _confirm(state: TrialState, request: Request[commands.ConfirmDoseLimitingToxicity], now: datetime) -> Ruling:
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    event, window = act.subject.adverse_events.get(c.event), act.subject.dlt_window
    escalation = act.protocol.escalation
    failed = [*check_signatures(c.signatures, [Role.MEDICAL_MONITOR], now, about)]
    if event is None or window is None or escalation is None:
        what = (
            message("adverse_event_of_this_subject")
            if event is None
            else message("dlt_window")
            if window is None
            else message("dose_escalation")
        )
        failed.append(fail(Code.NOT_KNOWN, what, as_written(c.event), about, input="event"))
        return answer(request, failed)
    if c.event in act.subject.dlts:
        failed.append(fail(Code.ALREADY_DONE, message("not_yet_confirmed"), as_written(c.event), about, input="event"))
    if not is_dlt_of(escalation.dlt, event, act.subject, act.today):
        wanted = message("rule_met_within", window=between(window.opens, window.closes))
        found = message(
            "event_of_grade",
            term=Term("adverse_event", event.term),
            grade=or_unknown(event.counted_grade),
            onset=event.onset,
        )
        failed.append(fail(Code.NOT_A_DLT, wanted, found, about, "2.2.3-a", "escalation.dlt.rules"))
    fact = events.DoseLimitingToxicityConfirmed(c.subject, c.event, window.level, c.signatures)
    return answer(request, failed, (cohort_stream(act.subject.cohort), fact))


def _rule_out(state: TrialState, request: Request[commands.RuleOutDoseLimitingToxicity], now: datetime) -> Ruling:
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = [*check_signatures(c.signatures, [Role.MEDICAL_MONITOR, Role.SAFETY_BOARD], now, about)]
    failed.extend(check_text(request.reason, "reason", about, "reason"))
    window, escalation = act.subject.dlt_window, act.protocol.escalation
    suspected = [] if escalation is None else suspected_dlts(escalation.dlt, act.subject, state.tasks, act.today)
    if c.event not in {*act.subject.dlts, *suspected}:
        failed.append(
            fail(Code.NOT_KNOWN, message("confirmed_or_suspected_dlt"), as_written(c.event), about, input="event")
        )
    level = window.level if window is not None else 0
    fact = events.DoseLimitingToxicityRuledOut(c.subject, c.event, level, c.signatures)
    return answer(request, failed, (cohort_stream(act.subject.cohort), fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.CompleteDltWindow: _complete,
        commands.ConfirmDoseLimitingToxicity: _confirm,
        commands.RuleOutDoseLimitingToxicity: _rule_out,
    }
)
"""Command type to its decider."""
