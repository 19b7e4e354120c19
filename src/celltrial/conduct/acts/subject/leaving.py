"""Decisions on leaving treatment, death, and disclosure of the arm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_reason, check_text
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, cohort_stream, subject_stream
from celltrial.conduct.facts.cohort.events import StaggerSlotReleased
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.act import act_of
from celltrial.conduct.ruling import Ruling, fail
from celltrial.core.values import Sayable, as_value, as_written, at_least, at_most, message


def _slot_facts(state: TrialState, subject: SubjectState, reason: Sayable) -> list[tuple[str, Any]]:
    held = any(slot.subject == subject.subject and not slot.infused for slot in state.slots)
    return [(cohort_stream(subject.cohort), StaggerSlotReleased(subject.subject, as_value(reason)))] if held else []


def _discontinue(state: TrialState, request: Request[commands.DiscontinueSubject], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = []
    if act.subject.exit_reason is not None:
        failed.append(fail(Code.ALREADY_DONE, message("one_primary_reason"), act.subject.exit_reason, about))
    fact = events.SubjectDiscontinued(c.subject, c.reason, act.subject.stage.value, c.detail)
    return answer(request, failed, (about, fact), *_slot_facts(state, act.subject, c.reason))


def _death(state: TrialState, request: Request[commands.RecordDeath], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    failed = []
    if act.subject.died_on is not None:
        failed.append(fail(Code.ALREADY_DONE, message("alive"), message("died", day=act.subject.died_on), about))
    if c.died_on > act.today:
        failed.append(fail(Code.TIME_IN_FUTURE, at_most(act.today), c.died_on, about, input="died_on"))
    last = act.subject.infused_at
    if last is not None and c.died_on < last.local_date:
        failed.append(fail(Code.ORDER_WRONG, at_least(last.local_date), c.died_on, about, input="died_on"))
    fact = events.SubjectDied(c.subject, c.died_on, c.cause)
    return answer(request, failed, (about, fact), *_slot_facts(state, act.subject, message("slot_for_death")))


def _unblind(state: TrialState, request: Request[commands.UnblindSubject], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    failed = [*check_reason(request, about), *check_text(c.to_account, "account", about, "to_account")]
    known = state.accounts.get(c.to_account)
    if state.accounts and (known is None or not known.grants):
        failed.append(
            fail(Code.NOT_KNOWN, message("account_with_a_role"), as_written(c.to_account), about, input="to_account")
        )
    return answer(request, failed, (about, events.TreatmentUnblinded(c.subject, c.to_account)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {
        commands.DiscontinueSubject: _discontinue,
        commands.RecordDeath: _death,
        commands.UnblindSubject: _unblind,
    }
)
"""Command type to its decider."""
