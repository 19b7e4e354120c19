"""Decisions about adverse events, expedited reports and queries (C6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_free, check_given, check_reason, check_text
from celltrial.conduct.acts.safety import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Precision, Request, Role, subject_stream
from celltrial.conduct.facts.safety.events import AdverseEventReported, QueryOpened, SignsRecorded
from celltrial.conduct.facts.safety.state import AdverseEvent, onset_between
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions, act_of, check_alive
from celltrial.conduct.ruling import Condition, Ruling, fail
from celltrial.conduct.views.derived import derived_facts
from celltrial.conduct.vocabulary import GradeSource
from celltrial.core.dates import Instant
from celltrial.core.values import (
    ABSENT,
    UNKNOWN,
    Identifier,
    Term,
    Value,
    as_written,
    at_least,
    at_most,
    between,
    message,
    one_of,
    or_absent,
)

_ADJUDICATORS: Final = frozenset({Role.MEDICAL_MONITOR, Role.SAFETY_BOARD})


def _event_of(state: TrialState, request: Request[Any]) -> tuple[Act, AdverseEvent]:
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    return act, act.subject.adverse_events[fact.event]


def _check_grade(grade: int | None, about: str) -> list[Condition]:
    if grade is not None and not 0 <= grade <= 5:
        return [fail(Code.VALUE_NOT_USABLE, one_of(between(0, 5), UNKNOWN), grade, about)]
    return []


def _report(state: TrialState, request: Request[commands.ReportAdverseEvent], now: datetime) -> Ruling:
    fact = request.command.fact
    act = act_of(state, fact.subject, request.occurred)
    about = act.about
    holder = state.subject_of_event(fact.event)
    failed = [
        *check_free(about, fact.event, {fact.event} if holder else ()),
        *check_text(fact.term, "term", about, "fact.term"),
    ]
    failed.extend(_check_grade(fact.grade, about))
    failed.extend(check_text(fact.scale, "grading_scale", about, "fact.scale"))
    if fact.onset > act.today:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(act.today), fact.onset, about, input="fact.onset"))
    failed.extend(check_alive(act, fact.onset))
    failed.extend(_check_first_known(act, fact))
    if fact.aware.utc > now:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(now), fact.aware, about, input="fact.aware"))
    stream = subject_stream(fact.subject)
    derived = derived_facts(
        act, fact.event, category=fact.category, term=fact.term, scale=fact.scale, grade=fact.grade, onset=fact.onset,
        findings=fact.findings, signer=request.actor.id,
    )  # fmt: skip
    return answer(request, failed, (stream, fact), *derived)


def _check_first_known(act: Act, fact: AdverseEventReported) -> Conditions:
    """Yield an event that was known before it began, or began before its subject was born: clocks start at the one, days at the other."""
    earliest, last = onset_between(fact.onset, fact.onset_precision)
    known = Instant(fact.aware.utc, act.site.zone)
    if fact.onset_precision is not Precision.UNKNOWN and known.local_date < earliest <= act.today:
        yield fail(Code.ORDER_WRONG, at_least(earliest), known, act.about, input="fact.aware")
    if act.subject.born is not None and last < act.subject.born:
        yield fail(Code.ORDER_WRONG, at_least(act.subject.born), fact.onset, act.about, input="fact.onset")


def _draft(state: TrialState, request: Request[commands.DraftAdverseEvent], now: datetime) -> Ruling:
    """Keep what is known: nothing about the subject is asked, because a serious event must not be lost for it."""
    fact = request.command.fact
    known = fact.subject in state.subjects
    about = subject_stream(fact.subject) if known else TRIAL
    failed = [*check_given(about, fact.event, {fact.event} if state.subject_of_event(fact.event) else ())]
    if fact.aware.utc > now:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(now), fact.aware, about, input="fact.aware"))
    return answer(request, failed, (about, fact))


def _withdraw_draft(state: TrialState, request: Request[commands.WithdrawAdverseEventDraft], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    about = f"adverse_event/{fact.event}"
    failed = [*check_reason(request, about)]
    draft = state.event_drafts.get(fact.event)
    if draft is None:
        failed.append(
            fail(Code.NOT_KNOWN, message("adverse_event_draft"), as_written(fact.event), about, input="fact.event")
        )
    stream = subject_stream(draft.subject) if draft is not None and draft.subject in state.subjects else TRIAL
    return answer(request, failed, (stream, fact))


def _signs(state: TrialState, request: Request[commands.RecordSigns], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act, event = _event_of(state, request)
    failed = []
    if not fact.findings:
        failed.append(fail(Code.VALUE_NOT_USABLE, message("findings"), ABSENT, act.about))
    reported = event.grades[GradeSource.REPORTED]
    derived = derived_facts(
        act, fact.event, category=event.category, term=event.term, scale=reported.scale, grade=reported.grade,
        onset=event.onset, findings=(*event.findings, *fact.findings), signer=request.actor.id,
        before=event.grades.get(GradeSource.DERIVED) if _is_another_day(event, fact) else None,
    )  # fmt: skip
    return answer(request, failed, (act.about, fact), *derived)


def _is_another_day(event: AdverseEvent, fact: SignsRecorded) -> bool:
    """Tell whether signs are of another day than those on record; undated ones belong to what is there."""
    known = max((item.on for item in event.findings if item.on is not None), default=event.onset)
    return any(item.on is not None and item.on != known for item in fact.findings)


def _grade(state: TrialState, request: Request[commands.GradeAdverseEvent], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    about = subject_stream(fact.subject)
    failed = [*_check_grade(fact.grade, about), *check_text(fact.scale, "grading_scale", about, "fact.scale")]
    failed.extend(check_reason(request, about))
    if fact.source is GradeSource.DERIVED:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE, message("reported_or_adjudicated_grade"), fact.source, about, input="fact.source"
            )
        )
    if fact.source is GradeSource.ADJUDICATED and request.actor.role not in _ADJUDICATORS:
        failed.append(fail(Code.ROLE_NOT_ALLOWED, one_of(*sorted(_ADJUDICATORS)), request.actor.role, about))
    return answer(request, failed, (subject_stream(fact.subject), fact))


def _changed_event(state: TrialState, request: Request[Any], now: datetime) -> Ruling:  # noqa: ARG001
    """Another value in place of an earlier one: the reason is with it."""
    fact = request.command.fact
    failed = check_reason(request, f"adverse_event/{fact.event}")
    return answer(request, failed, (subject_stream(fact.subject), fact))


def _resolve(state: TrialState, request: Request[commands.ResolveAdverseEvent], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    act, event = _event_of(state, request)
    failed = []
    if not event.onset <= fact.ended_on <= act.today:
        failed.append(
            fail(Code.ORDER_WRONG, between(event.onset, act.today), fact.ended_on, act.about, input="fact.ended_on")
        )
    return answer(request, failed, (act.about, fact))


def _submit(state: TrialState, request: Request[commands.SubmitExpeditedReport], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    report = state.reports.get(f"{fact.event}/{fact.rule}")
    failed = [*check_text(fact.reference, "reference", TRIAL, "fact.reference")]
    if report is None or report.submitted:
        found = ABSENT if report is None else message("submitted")
        failed.append(fail(Code.NOT_KNOWN, message("report_due"), found, f"report/{fact.event}/{fact.rule}"))
    return answer(request, failed, (subject_stream(state.subject_of_event(fact.event)), fact))


def _typed(value: Value) -> str:
    """Return what a person wrote; "" where that is nothing."""
    return value.text if isinstance(value, Identifier) else ""


def _open_query(state: TrialState, request: Request[commands.OpenQuery], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    failed = [
        *check_given("query", fact.query, state.queries),
        *check_text(_typed(fact.detail), "question", "query", "fact.detail"),
        *_check_place(state, fact),
    ]
    return answer(request, failed, (TRIAL, fact))


def _check_place(state: TrialState, fact: QueryOpened) -> Conditions:
    """Yield a value that is named by half, or on no record; that the record has it is asked where the ledger is at hand."""
    if (fact.position is None) is not (not fact.field):
        missing = "fact.field" if fact.position is not None else "fact.position"
        yield fail(Code.VALUE_NOT_USABLE, message("record_and_field"), ABSENT, fact.about, input=missing)
    elif fact.position is not None and not 0 < fact.position <= state.position:
        needed = message("record", number=between(1, state.position))
        yield fail(Code.NOT_KNOWN, needed, fact.position, fact.about, input="fact.position")


def _check_query(state: TrialState, query_id: str, *wanted: str) -> Conditions:
    query = state.queries.get(query_id)
    if query is None or query.status not in wanted:
        needed = message("query", status=one_of(*(Term("query_status", item) for item in wanted)))
        found = or_absent(None if query is None else Term("query_status", query.status))
        yield fail(Code.NOT_KNOWN, needed, found, f"query/{query_id}")


def _answer_query(state: TrialState, request: Request[commands.AnswerQuery], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    failed = [
        *check_text(fact.answer, "answer", f"query/{fact.query}", "fact.answer"),
        *_check_query(state, fact.query, "open"),
    ]
    if fact.correction is not None and not 0 < fact.correction <= state.position:
        needed = message("record", number=between(1, state.position))
        failed.append(fail(Code.NOT_KNOWN, needed, fact.correction, f"query/{fact.query}", input="fact.correction"))
    return answer(request, failed, (TRIAL, fact))


def _close_query(state: TrialState, request: Request[commands.CloseQuery], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    return answer(request, _check_query(state, fact.query, "answered"), (TRIAL, fact))


def _reopen_query(state: TrialState, request: Request[commands.ReopenQuery], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    failed = [*check_reason(request, f"query/{fact.query}"), *_check_query(state, fact.query, "answered", "closed")]
    return answer(request, failed, (TRIAL, fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.ReportAdverseEvent: _report,
        commands.DraftAdverseEvent: _draft,
        commands.WithdrawAdverseEventDraft: _withdraw_draft,
        commands.GradeAdverseEvent: _grade,
        commands.RecordSigns: _signs,
        commands.ReassessAdverseEvent: _changed_event,
        commands.RecodeAdverseEvent: _changed_event,
        commands.ResolveAdverseEvent: _resolve,
        commands.SubmitExpeditedReport: _submit,
        commands.OpenQuery: _open_query,
        commands.AnswerQuery: _answer_query,
        commands.CloseQuery: _close_query,
        commands.ReopenQuery: _reopen_query,
    }
)
"""Command type to its decider."""
