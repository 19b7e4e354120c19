"""Decisions in long-term follow-up (F1 to F4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_text
from celltrial.conduct.acts.follow_up import commands
from celltrial.conduct.acts.follow_up.adult_care import check_transition
from celltrial.conduct.acts.follow_up.extending import extend_follow_up
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request
from celltrial.conduct.facts.follow_up.events import FollowUpVisitRecorded, LateSafetyTested
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions, act_of, check_alive
from celltrial.conduct.gates.consent import check_majority
from celltrial.conduct.ruling import Condition, Ruling, fail
from celltrial.conduct.views.growth import check_growth
from celltrial.conduct.views.late_samples import LATE_TESTS
from celltrial.conduct.views.scheduling import reconsent_to, reschedule_fact
from celltrial.conduct.vocabulary import Answer, PlannedVisit
from celltrial.core.terms import same_term
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Count,
    Term,
    as_written,
    at_least,
    at_most,
    between,
    message,
    more_than,
    names,
    one_of,
)

Found = tuple[Act, FollowUpState]


def _find(state: TrialState, subject_id: str, request: Request[Any]) -> Found | list[Condition]:
    act = act_of(state, subject_id, request.occurred)
    known = act.subject.follow_up
    if known is None:
        return [fail(Code.FOLLOW_UP_MISSING, message("schedule"), ABSENT, act.about, "3.1-a", "follow_up")]
    return act, known


def _check_day(act: Act, on: date) -> Conditions:
    if on > act.today:
        yield fail(Code.TIME_IN_FUTURE, at_most(act.today), on, act.about)


def _check_in_follow_up(act: Act, known: FollowUpState, on: date) -> Conditions:
    """Yield a contact after death, or after the consent to follow-up was withdrawn."""
    yield from check_alive(act, on)
    yield from _check_consent(act, known, on)


def _check_consent(act: Act, known: FollowUpState, on: date) -> Conditions:
    if known.withdrawn_on is not None and on > known.withdrawn_on:
        yield fail(
            Code.CONSENT_MISSING,
            message("consent_on", day=on),
            message("withdrawn_on", day=known.withdrawn_on),
            act.about,
            "3.1-k",
        )


def _visit_of(known: FollowUpState, name: str) -> PlannedVisit | None:
    return next((item for item in known.visits if item.visit == name), None)


def _reschedule(state: TrialState, request: Request[commands.RescheduleFollowUp], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    found = _find(state, c.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    failed = [*check_text(c.cause, "cause", act.about, "cause")]
    if act.protocol.follow_up is None:
        failed.append(fail(Code.PROTOCOL_SILENT, message("follow_up"), NOT_STATED, act.about, "3.1-a", "follow_up"))
        return answer(request, failed)
    fact = reschedule_fact(act, c.cause, known.starts)
    facts: list[tuple[str, Any]] = [(act.about, fact)]
    if fact.ends > fact.previous_end:
        facts.append((TRIAL, reconsent_to(fact)))
    return answer(request, failed, *facts)


def _named_as_asked(fact: FollowUpVisitRecorded, known: FollowUpState) -> FollowUpVisitRecorded:
    """Return the visit with each answer under the name of the question that the schedule asks, whatever it was called."""
    asked = tuple(dict.fromkeys(item for visit in known.visits for item in visit.items))

    def own(name: str) -> str:
        return name if name in asked else next((q for q in asked if same_term(name, q, "follow_up_item")), name)

    return replace(fact, items=tuple(replace(item, item=own(item.item)) for item in fact.items))


def _visit(state: TrialState, request: Request[commands.RecordFollowUpVisit], now: datetime) -> Ruling:  # noqa: ARG001
    found = _find(state, request.command.fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    fact = _named_as_asked(request.command.fact, known)
    failed = [*_check_day(act, fact.on), *_check_in_follow_up(act, known, fact.on)]
    planned = _visit_of(known, fact.visit)
    if planned is None:
        failed.append(
            fail(Code.NOT_KNOWN, message("planned_visit"), as_written(fact.visit), act.about, input="fact.visit")
        )
        return answer(request, failed)
    if fact.visit in known.done:
        failed.append(
            fail(Code.ALREADY_DONE, message("visit_still_due"), as_written(fact.visit), act.about, input="fact.visit")
        )
    if fact.on < planned.opens:
        failed.append(fail(Code.ORDER_WRONG, at_least(planned.opens), fact.on, act.about, input="fact.on"))
    answered = [item.item for item in fact.items]
    asked = {item for visit in known.visits for item in visit.items}
    failed.extend(
        fail(
            Code.CONCEPT_NOT_KNOWN,
            names(planned.items),
            as_written(item),
            act.about,
            "3.1-b",
            "follow_up.items",
            input="fact.items",
        )
        for item in dict.fromkeys(answered)
        if item not in asked
    )
    failed.extend(
        fail(Code.VALUE_NOT_USABLE, message("one_answer"), answered.count(item), f"{act.about}/{item}")
        for item in dict.fromkeys(answered)
        if answered.count(item) > 1
    )
    failed.extend(
        fail(
            Code.ITEM_NOT_ANSWERED,
            one_of(*Answer),
            ABSENT,
            f"{act.about}/{item}",
            "3.1-b",
            "follow_up.items",
        )
        for item in planned.items
        if item not in answered
    )
    return answer(request, failed, (act.about, fact))


def _missed(state: TrialState, request: Request[commands.RecordMissedVisit], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    found = _find(state, fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    planned, failed = _visit_of(known, fact.visit), [*check_text(fact.reason, "reason", act.about, "fact.reason")]
    left = [day for day in (act.subject.died_on, known.withdrawn_on) if day is not None]
    if planned is None or fact.visit in {*known.done, *known.missed} or any(day <= planned.closes for day in left):
        failed.append(
            fail(Code.NOT_KNOWN, message("visit_still_due"), as_written(fact.visit), act.about, input="fact.visit")
        )
    elif act.today <= planned.closes:
        failed.append(fail(Code.ORDER_WRONG, more_than(planned.closes), act.today, act.about))
    return answer(request, failed, (act.about, fact))


def _contact(state: TrialState, request: Request[commands.RecordContactAttempt], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    found = _find(state, fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    checked = _check_in_follow_up if fact.reached else _check_consent
    failed = [*check_text(fact.method, "method", act.about, "fact.method"), *checked(act, known, act.today)]
    return answer(request, failed, (act.about, fact))


def _lost(state: TrialState, request: Request[commands.DeclareLostToFollowUp], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    found = _find(state, fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    failed = [*_check_day(act, fact.last_contact)]
    plan = act.protocol.follow_up
    needed = plan.contact_attempts_before_lost if plan is not None else 1
    if known.attempts < needed:
        field = "follow_up.contact_attempts_before_lost"
        failed.append(
            fail(
                Code.ATTEMPTS_TOO_FEW,
                at_least(Count(needed, "contact_attempt")),
                known.attempts,
                act.about,
                "3.1-n",
                field,
            )
        )
    if known.is_closed or act.subject.died_on is not None:
        failed.append(fail(Code.ALREADY_DONE, message("follow_up_running"), message("closed"), act.about))
    seen = max(known.starts, known.last_contact or known.starts)
    if fact.last_contact < seen:
        failed.append(fail(Code.ORDER_WRONG, at_least(seen), fact.last_contact, act.about, input="fact.last_contact"))
    return answer(request, failed, (act.about, fact))


def _test(state: TrialState, request: Request[Any], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    found = _find(state, fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    failed = [*_check_day(act, fact.on), *_check_consent(act, known, fact.on), *check_majority(act)]
    checked = _check_sample(act, fact) if isinstance(fact, LateSafetyTested) else check_growth(act, fact)
    failed.extend(checked)
    return answer(request, failed, (act.about, fact))


def _check_sample(act: Act, fact: LateSafetyTested) -> Conditions:
    """Yield a test that nobody knows, whose result nothing would follow, and a share that is none."""
    plan = act.protocol.follow_up
    kinds = LATE_TESTS | {item.kind for item in plan.assays} if plan is not None else LATE_TESTS
    if fact.test not in kinds:
        yield fail(
            Code.NOT_KNOWN,
            one_of(*(Term("assay", kind) for kind in sorted(kinds))),
            Term("assay", fact.test) if fact.test.strip() else ABSENT,
            act.about,
            "",
            "follow_up.assays",
            input="fact.test",
        )
    if fact.share is not None and not 0 <= fact.share <= 1:
        yield fail(Code.VALUE_NOT_USABLE, between(0, 1), fact.share, act.about, input="fact.share")
    if fact.test == "clonality" and fact.answer is Answer.YES and fact.share is None:
        yield fail(Code.VALUE_NOT_USABLE, message("share_of_the_largest_clone"), ABSENT, act.about)


def _transition(state: TrialState, request: Request[commands.TransitionToAdultCare], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    found = _find(state, fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    failed = [*_check_in_follow_up(act, known, fact.on), *check_transition(act, fact)]
    return answer(request, failed, (act.about, fact))


def _transfer(state: TrialState, request: Request[commands.TransferSubject], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    found = _find(state, fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act = found[0]
    failed = [
        *check_text(fact.to_study, "study", act.about, "fact.to_study"),
        *check_text(fact.subject_there, "identifier", act.about, "fact.subject_there"),
    ]
    if fact.entered_on is not None and fact.entered_on < fact.left_on:
        failed.append(
            fail(Code.ORDER_WRONG, at_least(fact.left_on), fact.entered_on, act.about, input="fact.entered_on")
        )
    return answer(request, failed, (act.about, fact))


def _complete(state: TrialState, request: Request[commands.CompleteFollowUp], now: datetime) -> Ruling:  # noqa: ARG001
    fact = request.command.fact
    found = _find(state, fact.subject, request)
    if isinstance(found, list):
        return answer(request, found)
    act, known = found
    failed = [*_check_day(act, fact.on)]
    if known.is_closed:
        failed.append(fail(Code.ALREADY_DONE, message("follow_up_running"), message("closed"), act.about))
    if act.subject.died_on is None and fact.on < known.ends:
        failed.append(
            fail(
                Code.FOLLOW_UP_RUNNING,
                at_least(known.ends),
                fact.on,
                act.about,
                "3.1-d",
                "follow_up.years",
                input="fact.on",
            )
        )
    return answer(request, failed, (act.about, fact))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.RescheduleFollowUp: _reschedule,
        commands.ExtendFollowUp: extend_follow_up,
        commands.RecordFollowUpVisit: _visit,
        commands.RecordMissedVisit: _missed,
        commands.RecordContactAttempt: _contact,
        commands.DeclareLostToFollowUp: _lost,
        commands.RecordLateSafetyTest: _test,
        commands.RecordGrowth: _test,
        commands.TransitionToAdultCare: _transition,
        commands.TransferSubject: _transfer,
        commands.CompleteFollowUp: _complete,
    }
)
"""Command type to its decider."""
