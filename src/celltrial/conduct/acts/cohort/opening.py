"""Decisions on opening, expanding and closing cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_free, check_text, dose_decision
from celltrial.conduct.acts.cohort import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, cohort_stream
from celltrial.conduct.facts.cohort import events
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.gates.comparability import check_comparability
from celltrial.conduct.gates.enrolment import check_level_open, check_recommended, part_of
from celltrial.conduct.gates.suspension import check_level_not_suspended
from celltrial.conduct.ruling import Condition, Ruling, fail, refusal
from celltrial.conduct.vocabulary import CohortKind, DoseMove
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Count,
    Identifier,
    Term,
    as_written,
    at_least,
    at_most,
    between,
    message,
    more_than,
    one_of,
)
from celltrial.protocol import Protocol

_TREATING: Final = frozenset({DoseMove.ESCALATE, DoseMove.STAY, DoseMove.DE_ESCALATE})


def _open(state: TrialState, request: Request[commands.OpenCohort], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, cohort_stream(request.command.cohort)
    if state.protocol is None:
        return refusal(Code.NO_PROTOCOL, message("approved_protocol"), ABSENT, about=about)
    failed: list[Condition] = [*check_free(about, c.cohort, state.cohorts)]
    levels = len(state.protocol.dose.levels)
    if not 1 <= c.level <= levels:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                message("level", level=between(1, levels)),
                c.level,
                about,
                "",
                "dose.levels",
                input="level",
            )
        )
    if c.size < 1:
        failed.append(fail(Code.VALUE_NOT_USABLE, at_least(1), c.size, about, input="size"))
    failed += [*check_level_open(state, c.level), *check_level_not_suspended(state, c.level)]
    failed += [*_check_grounds(state, c, about), *_check_part(state.protocol, c, about)]
    return answer(request, failed, (about, events.CohortOpened(c.cohort, c.level, c.size, c.kind)))


def _check_part(protocol: Protocol, c: commands.OpenCohort, about: str) -> Conditions:
    """Yield a cohort that is none of those that the protocol names, or larger than it may be; dose finding has its own."""
    if not protocol.cohorts or c.kind is CohortKind.ESCALATION:
        return
    part = part_of(protocol, c.cohort)
    if part is None:
        known = one_of(*(Identifier(item.id) for item in protocol.cohorts))
        yield fail(Code.VALUE_NOT_USABLE, known, as_written(c.cohort), about, "", "cohorts", input="cohort")
    elif part.maximum is not None and c.size > part.maximum:
        field = f"cohorts.{protocol.cohorts.index(part)}.maximum"
        yield fail(Code.VALUE_NOT_USABLE, at_most(part.maximum), c.size, about, "", field, input="size")


def _check_grounds(state: TrialState, c: commands.OpenCohort, about: str) -> Conditions:
    """Yield a cohort for which there is no ground: first level, signed decision, recommended dose, or stage."""
    if c.kind is CohortKind.EXPANSION:
        yield from check_recommended(state, c.level, about)
        return
    if c.kind is CohortKind.CONFIRMATORY:
        if state.stage != "confirmatory":
            yield fail(
                Code.TRANSITION_CRITERION,
                message("confirmatory_stage"),
                Term("trial_stage", state.stage),
                about,
                "2.2.5-j",
                "trial.phase",
            )
        yield from check_comparability(state)
        return
    yield from _check_escalation(state, c, about)


def _check_escalation(state: TrialState, c: commands.OpenCohort, about: str) -> Conditions:
    protocol = state.protocol
    if protocol is None or protocol.escalation is None:
        yield fail(Code.PROTOCOL_SILENT, message("dose_escalation"), NOT_STATED, about, "2.2.2.3-a", "escalation")
        return
    if not any(item.kind is CohortKind.ESCALATION for item in state.cohorts.values()):
        start = protocol.dose.start_level
        if c.level != start:
            yield fail(
                Code.DECISION_MISSING,
                message("starting_level", level=start),
                c.level,
                about,
                "2.2.2.1-a",
                "dose.start_level",
                input="level",
            )
    else:
        yield from _check_decision(state, c.level, about)
    yield from _check_size(state, c.size, about)


def _check_decision(state: TrialState, level: int, about: str) -> Conditions:
    """Yield a missing decision to treat at a level; one decision opens or enlarges one cohort, once."""
    last = state.decisions[-1] if state.decisions else None
    if last is None or last.move not in _TREATING or last.next_level != level:
        found = dose_decision(last)
    elif last.followed:
        found = message("followed_already", decision=Identifier(last.decision))
    else:
        return
    needed = message("signed_decision_for_level", level=level)
    yield fail(Code.DECISION_MISSING, needed, found, about, "2.2.2.3-a", "escalation.decision_body")


def largest_addition(state: TrialState) -> int:
    """Return how many subjects the design asks for next: as last recommended, at first its own first cohort."""
    plan = state.plan
    if plan is None or plan.policy is None:
        return 0
    if state.decisions:
        known = state.recommendations[state.decisions[-1].recommendation].fact
        if known.size:
            return known.size
    from celltrial.designs.policy import Counts

    return plan.policy.decide(Counts.before(plan.policy.n_doses, plan.policy.start)).cohort_size


def _check_size(state: TrialState, size: int, about: str) -> Conditions:
    most = largest_addition(state)
    if size > most:
        yield fail(
            Code.VALUE_NOT_USABLE,
            message("as_the_design_asks", size=at_most(Count(most, "subject"))),
            size,
            about,
            "2.2.2.3-a",
            "escalation.design",
        )


def _expand(state: TrialState, request: Request[commands.ExpandCohort], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, cohort_stream(request.command.cohort)
    cohort = state.cohorts[c.cohort]
    failed: list[Condition] = [
        *check_level_open(state, cohort.level),
        *check_level_not_suspended(state, cohort.level),
    ]
    if not cohort.is_open:
        failed.append(fail(Code.COHORT_CLOSED, message("open_cohort"), message("closed"), about))
    if c.size <= cohort.size:
        failed.append(fail(Code.VALUE_NOT_USABLE, more_than(cohort.size), c.size, about, input="size"))
    if state.protocol is not None:
        failed.extend(
            _check_part(state.protocol, commands.OpenCohort(c.cohort, cohort.level, c.size, cohort.kind), about)
        )
    if cohort.kind is CohortKind.ESCALATION:
        failed.extend(_check_decision(state, cohort.level, about))
        failed.extend(_check_size(state, c.size - cohort.size, about))
    if cohort.kind is CohortKind.EXPANSION:
        failed.extend(check_recommended(state, cohort.level, about))
    return answer(request, failed, (about, events.CohortExpanded(c.cohort, c.size)))


def _close(state: TrialState, request: Request[commands.CloseCohort], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, cohort_stream(request.command.cohort)
    cohort = state.cohorts[c.cohort]
    failed = [*check_text(c.why, "reason", about, "why")]
    if not cohort.is_open:
        failed.append(fail(Code.COHORT_CLOSED, message("open_cohort"), message("closed"), about))
    return answer(request, failed, (about, events.CohortClosed(c.cohort, as_written(c.why))))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {commands.OpenCohort: _open, commands.ExpandCohort: _expand, commands.CloseCohort: _close}
)
"""Command type to its decider."""
