"""Decisions on product-quality halts: suspected is enough to halt; only validated measures lift (C8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_given, check_signatures, check_text
from celltrial.conduct.acts.scope import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role
from celltrial.conduct.facts.scope import events
from celltrial.conduct.facts.scope.events import CorrectiveActionImplemented
from celltrial.conduct.facts.scope.state import HaltState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Ruling, fail
from celltrial.core.values import ABSENT, Count, Identifier, as_written, at_least, at_most, between, message


def _about(halt: str) -> str:
    return f"halt/{halt}"


def _check_in_force(state: TrialState, halt: str) -> Conditions:
    if state.halts[halt].lifted:
        yield fail(Code.NOT_KNOWN, message("halt_in_force"), as_written(halt), _about(halt), input="halt")


def _halt(state: TrialState, request: Request[commands.HaltTrial], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _about(request.command.halt)
    failed = [*check_given(about, c.halt, {*state.halts, *state.suspensions})]
    return answer(request, failed, (TRIAL, events.TrialHalted(c.halt, c.cause, c.batch, c.event)))


def _rule_out(state: TrialState, request: Request[commands.RuleOutHaltCause], now: datetime) -> Ruling:
    c, about = request.command, _about(request.command.halt)
    failed = [*_check_in_force(state, c.halt)]
    failed.extend(check_text(c.evidence, "evidence", about, "evidence"))
    failed.extend(check_signatures(c.signatures, [Role.QUALITY_ASSURANCE, Role.MEDICAL_MONITOR], now, about))
    return answer(request, failed, (TRIAL, events.HaltCauseRuledOut(c.halt, c.evidence, c.signatures)))


def _implement(state: TrialState, request: Request[commands.ImplementCorrectiveAction], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _about(request.command.halt)
    failed = [*_check_in_force(state, c.halt)]
    failed.extend(check_text(c.action, "action", about, "action"))
    least = minimum_runs(state)
    if c.needed < least:
        failed.append(
            fail(
                Code.VALIDATION_SHORT,
                at_least(Count(least, "run")),
                c.needed,
                about,
                "2.1.3-n",
                "stopping.halt.minimum_validation_runs",
                input="needed",
            )
        )
    if c.on > request.occurred.local_date:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(request.occurred.local_date), c.on, about, input="on"))
    return answer(request, failed, (TRIAL, events.CorrectiveActionImplemented(c.halt, c.action, c.on, c.needed)))


def minimum_runs(state: TrialState) -> int:
    """Return the least number of good runs that the protocol accepts as validation; 1 where it says nothing."""
    stopping = state.protocol.stopping if state.protocol is not None else None
    halt = stopping.halt if stopping is not None else None
    return halt.minimum_validation_runs or 1 if halt is not None else 1


def _validate(state: TrialState, request: Request[commands.ValidateCorrectiveAction], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, _about(request.command.halt)
    failed = [*_check_in_force(state, c.halt)]
    if not any(item.action == c.action for item in state.halts[c.halt].implemented):
        failed.append(fail(Code.NOT_KNOWN, message("implemented_action"), as_written(c.action), about, input="action"))
    if not 0 <= c.passed <= c.tested:
        failed.append(
            fail(
                Code.VALUE_NOT_USABLE,
                between(0, c.tested),
                message("passed_of", passed=c.passed, tested=c.tested),
                about,
            )
        )
    if c.on > request.occurred.local_date:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(request.occurred.local_date), c.on, about, input="on"))
    fact = events.CorrectiveActionValidated(c.halt, c.action, c.on, c.passed, c.tested)
    return answer(request, failed, (TRIAL, fact))


def check_lift(halt: HaltState) -> Conditions:
    """Yield everything that keeps a halt in force: no action, an action not validated, too few runs, wrong order."""
    if halt.ruled_out:
        return
    if not halt.implemented:
        yield fail(
            Code.VALIDATION_MISSING, message("validated_corrective_action"), ABSENT, _about(halt.halt), "2.1.3-n"
        )
    for action in halt.implemented:
        yield from _check_action(halt, action)


def _check_action(halt: HaltState, action: CorrectiveActionImplemented) -> Conditions:
    about, clause, field = _about(halt.halt), "2.1.3-n", "stopping.halt.minimum_validation_runs"
    runs = [item for item in halt.validated if item.action == action.action]
    if not runs:
        yield fail(
            Code.VALIDATION_MISSING,
            message("validation_of", action=Identifier(action.action)),
            message("pending"),
            about,
            clause,
            field,
        )
        return
    last = runs[-1]
    if last.on < action.on:
        yield fail(Code.VALIDATION_EARLY, at_least(action.on), last.on, about, clause, field)
    if last.passed < action.needed or last.passed < last.tested:
        yield fail(
            Code.VALIDATION_SHORT,
            message("all_passed", runs=at_least(Count(action.needed, "run"))),
            message("passed_of", passed=last.passed, tested=last.tested),
            about,
            clause,
            field,
        )


def _lift(state: TrialState, request: Request[commands.LiftHalt], now: datetime) -> Ruling:
    c, about = request.command, _about(request.command.halt)
    failed = [*_check_in_force(state, c.halt), *check_lift(state.halts[c.halt])]
    failed.extend(check_signatures(c.signatures, [Role.QUALITY_ASSURANCE, Role.SPONSOR], now, about))
    return answer(request, failed, (TRIAL, events.HaltLifted(c.halt, c.signatures)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.HaltTrial: _halt,
        commands.RuleOutHaltCause: _rule_out,
        commands.ImplementCorrectiveAction: _implement,
        commands.ValidateCorrectiveAction: _validate,
        commands.LiftHalt: _lift,
    }
)
"""Command type to its decider."""
