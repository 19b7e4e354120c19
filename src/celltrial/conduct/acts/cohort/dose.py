"""Dose decisions: the engine recommends, a signed committee record decides (C5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_free, check_reason, check_signatures, dose_decision
from celltrial.conduct.acts.cohort import commands
from celltrial.conduct.acts.cohort.dlt import check_adjudicated
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, cohort_stream, subject_stream
from celltrial.conduct.facts.cohort import events
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.gates.enrolment import check_level_open, takes_place
from celltrial.conduct.ruling import Ruling, fail, refusal
from celltrial.conduct.views.counting import count_levels, counts_for_policy, current_level
from celltrial.conduct.vocabulary import CohortKind, DoseMove
from celltrial.core.dates import Instant
from celltrial.core.values import ABSENT, NOT_STATED, Count, Identifier, as_written, between, message

if TYPE_CHECKING:
    from celltrial.designs.policy import Decision

#: By the name of the policy's reason (`celltrial.designs.Reason`).
_MOVES: Final = {
    "ESCALATE": DoseMove.ESCALATE,
    "STAY": DoseMove.STAY,
    "START": DoseMove.STAY,
    "DE_ESCALATE": DoseMove.DE_ESCALATE,
    "HOLD_FOR_PENDING": DoseMove.WAIT,
}


def engine_answer(state: TrialState, at: Instant) -> tuple[DoseMove, int | None, Decision]:
    """Return the move, the next or recommended level (1, 2, ...), and the policy's own decision.

    The policy is the object that planned the trial. A move is told by the levels: up, down or the same.
    """
    plan = state.plan
    assert plan is not None
    assert plan.policy is not None
    decision = plan.policy.decide(counts_for_policy(state, at))
    if decision.stops:
        level = None if decision.recommended is None else decision.recommended + 1
        return (DoseMove.STOP if level is None else DoseMove.SELECT), level, decision
    if decision.next_dose is None:
        return DoseMove.WAIT, None, decision
    return _MOVES.get(decision.reason.name, DoseMove.STAY), decision.next_dose + 1, decision


def check_ready(state: TrialState, at: Instant) -> Conditions:
    """Yield what keeps the design from being asked: no design, no cohort, one still to be filled, a DLT in question, an open window."""
    plan = state.plan
    if plan is None or plan.policy is None:
        yield fail(
            Code.PROTOCOL_SILENT,
            message("dose_finding_design"),
            NOT_STATED,
            TRIAL,
            "2.2.2.3-a",
            "escalation.design",
        )
        return
    if not any(item.kind is CohortKind.ESCALATION for item in state.cohorts.values()):
        yield fail(Code.NOT_KNOWN, message("cohort"), ABSENT, TRIAL)
    yield from _check_cohorts_full(state)
    for subject in state.subjects.values():
        yield from check_adjudicated(state, subject, at.local_date)
    if not plan.policy.uses_pending:
        yield from _check_windows(state)


def _check_cohorts_full(state: TrialState) -> Conditions:
    """Yield each open escalation cohort of which somebody is still to be infused: the rule speaks on whole cohorts.

    A cohort that cannot be filled is closed, which says so on the record.
    """
    for item in state.cohorts.values():
        infused = sum(bool(state.subjects[name].infusions) for name in item.subjects if takes_place(state, name))
        if item.kind is CohortKind.ESCALATION and item.is_open and infused < item.size:
            found, about = Count(infused, "infused"), cohort_stream(item.cohort)
            yield fail(
                Code.COHORT_RUNNING, message("or_cohort_closed", infused=Count(item.size, "infused")), found, about, "2.2.2.3-a",
                "escalation.design",
            )  # fmt: skip


def _check_windows(state: TrialState) -> Conditions:
    for subject in state.subjects.values():
        window = subject.dlt_window
        if window is not None and window.evaluable is None and not window.dlt:
            found, about = (
                message("until", what=Identifier(subject.subject), when=window.closes),
                subject_stream(subject.subject),
            )
            needed, field = message("every_dlt_window_complete"), "escalation.dlt.window"
            yield fail(Code.WINDOW_OPEN, needed, found, about, "2.2.3-a", field)


def _recommend(state: TrialState, request: Request[commands.RecommendDose], now: datetime) -> Ruling:  # noqa: ARG001
    c = request.command
    failed = [
        *check_ready(state, request.occurred),
        *check_free("recommendation", c.recommendation, state.recommendations),
    ]
    version, protocol = state.in_force, state.protocol
    if failed or version is None or protocol is None or protocol.escalation is None:
        return answer(request, failed)
    move, level, decision = engine_answer(state, request.occurred)
    fact = events.DoseRecommended(
        c.recommendation,
        protocol.escalation.design.kind,
        move,
        current_level(state),
        level,
        decision.cohort_size,
        decision.reason.code,
        count_levels(state),
        version.sha256,
    )
    return answer(request, (), (TRIAL, fact))


def check_fresh(state: TrialState, known: events.DoseRecommended, at: Instant, about: str) -> Conditions:
    """Yield a recommendation that the engine would not give now: other counts, another protocol, an open question.

    One that was decided and followed by a cohort is used up; the next decision needs its own.
    """
    version, key = state.in_force, known.recommendation
    for subject in state.subjects.values():
        yield from check_adjudicated(state, subject, at.local_date)
    if any(item.followed and item.recommendation == key for item in state.decisions):
        yield fail(
            Code.RECOMMENDATION_STALE, message("recommendation_not_yet_followed"), as_written(key), about, "2.2.2.3-a"
        )
    elif version is None or known.protocol_sha256 != version.sha256:
        yield fail(Code.RECOMMENDATION_STALE, message("by_the_protocol_in_force"), as_written(key), about, "2.2.2.3-a")
    elif known.counts != count_levels(state) or engine_answer(state, at)[:2] != (known.move, known.next_level):
        yield fail(Code.RECOMMENDATION_STALE, message("counts_as_they_are_now"), as_written(key), about, "2.2.2.3-a")


def _sign(state: TrialState, request: Request[commands.SignDoseDecision], now: datetime) -> Ruling:
    c, about = request.command, f"decision/{request.command.decision}"
    known = state.recommendations[c.recommendation]
    protocol = state.protocol
    if protocol is None or protocol.escalation is None:
        return refusal(
            Code.NOT_KNOWN, message("recommendation"), as_written(c.recommendation), about=about, input="recommendation"
        )
    body = protocol.escalation.decision_body
    failed = [*check_signatures(c.signatures, [body], now, about, "escalation.decision_body")]
    failed.extend(check_free(about, c.decision, {item.decision for item in state.decisions}))
    failed.extend(check_fresh(state, known.fact, request.occurred, about))
    deviates = (c.move, c.next_level) != (known.fact.move, known.fact.next_level)
    if deviates:
        failed.extend(check_reason(request, about))
    if c.next_level is not None:
        levels = len(protocol.dose.levels)
        if not 1 <= c.next_level <= levels:
            failed.append(
                fail(
                    Code.VALUE_NOT_USABLE,
                    message("level", level=between(1, levels)),
                    c.next_level,
                    about,
                    "",
                    "dose.levels",
                    input="next_level",
                )
            )
        if deviates:  # the engine may lead back to a level that a DLT had closed; a committee alone may not
            failed.extend(check_level_open(state, c.next_level))
    fact = events.DoseDecisionSigned(c.decision, c.recommendation, c.move, c.next_level, deviates, c.signatures)
    return answer(request, failed, (TRIAL, fact))


def _declare(state: TrialState, request: Request[commands.DeclareRecommendedDose], now: datetime) -> Ruling:
    c, about = request.command, f"level/{request.command.level}"
    protocol = state.protocol
    if protocol is None or protocol.escalation is None:
        return refusal(
            Code.PROTOCOL_SILENT, message("dose_finding_design"), NOT_STATED, about=about, field="escalation"
        )
    body = protocol.escalation.decision_body
    failed = [*check_signatures(c.signatures, [body], now, about, "escalation.decision_body")]
    failed.extend(check_level_open(state, c.level))
    last = state.decisions[-1] if state.decisions else None
    if last is None or last.next_level != c.level or last.move is not DoseMove.SELECT:
        found = dose_decision(last)
        failed.append(
            fail(
                Code.DECISION_MISSING,
                message("signed_decision_selecting_level", level=c.level),
                found,
                about,
                "2.2.2.3-f",
            )
        )
    return answer(request, failed, (TRIAL, events.RecommendedDoseDeclared(c.level, c.signatures)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.RecommendDose: _recommend,
        commands.SignDoseDecision: _sign,
        commands.DeclareRecommendedDose: _declare,
    }
)
"""Command type to its decider."""
