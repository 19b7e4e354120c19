"""A longer follow-up for all whom it concerns, in one transaction: never shorter, and nothing at all a second time (3.1-i).

What a register asks for stays in force: whoever is infused later is followed as long. Subjects who died, completed
follow-up or withdrew from it are left alone; one who consents anew is extended by the same command given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.clinical.follow_up import MINIMUM_YEARS, extended_end
from celltrial.conduct.codes import Code
from celltrial.conduct.deciding import TRIAL, answer, check_text, subject_stream
from celltrial.conduct.decision import Decision
from celltrial.conduct.envelope import Request
from celltrial.conduct.follow_up.commands import ExtendFollowUp
from celltrial.conduct.follow_up.events import ClassYears, FollowUpLengthened, FollowUpRescheduled
from celltrial.conduct.follow_up.scheduling import reconsent_to, reschedule_fact, years_owed
from celltrial.conduct.follow_up.state import FollowUpState
from celltrial.conduct.gates.act import Act, Conditions, fail
from celltrial.conduct.state import TrialState
from celltrial.conduct.subject.state import SubjectState

__all__ = ["extend_follow_up", "owes_extension", "raised"]

_LONGEST: Final = 150


def raised(known: Mapping[str, Decimal], asked: Iterable[ClassYears]) -> Mapping[str, Decimal]:
    """Return the minimums with those asked for, each as long as before at least."""
    found = dict(known)
    for item in asked:
        found[item.follow_up_class] = max(item.years, found.get(item.follow_up_class, Decimal(0)))
    return MappingProxyType(found)


def _check_years(command: ExtendFollowUp) -> Conditions:
    for item in command.minimum_years:
        if item.follow_up_class not in MINIMUM_YEARS:
            yield fail(Code.NOT_KNOWN, " or ".join(MINIMUM_YEARS), item.follow_up_class, TRIAL, "3.1-e")
        if not 0 < item.years <= _LONGEST:
            yield fail(Code.VALUE_NOT_USABLE, f"0 < years <= {_LONGEST}", item.years, TRIAL, "3.1-d")
    if command.minimum_years:
        yield from check_text(command.register, "the register that asks for them", TRIAL)


def extend_follow_up(state: TrialState, request: Request[ExtendFollowUp], now: datetime) -> Decision:  # noqa: ARG001
    """Return the longer schedules with what each opens, or why there can be none."""
    c = request.command
    failed = [*check_text(c.cause, "a cause", TRIAL), *_check_years(c)]
    if state.protocol is None or state.protocol.follow_up is None:
        failed.append(fail(Code.PROTOCOL_SILENT, "follow-up", "not stated", TRIAL, "3.1-a", "follow_up"))
    if failed:
        return answer(request, failed)
    ruled = state.changed(minimum_years=raised(state.minimum_years, c.minimum_years))
    longer = tuple(_longer(ruled, request))
    facts: list[tuple[str, Any]] = [
        (TRIAL, FollowUpLengthened(c.cause, c.register, c.minimum_years, tuple(item.subject for item in longer)))
    ]
    for fact in longer:
        facts += [(subject_stream(fact.subject), fact), (TRIAL, reconsent_to(fact))]
    return answer(request, (), *facts)


def _followed(state: TrialState) -> Iterator[tuple[SubjectState, FollowUpState]]:
    """Yield every subject in follow-up, with the schedule."""
    for subject in state.subjects.values():
        known = subject.follow_up
        if known is None or subject.died_on is not None:
            continue
        if known.completed_on is None and known.withdrawn_on is None:
            yield subject, known


def _longer(state: TrialState, request: Request[ExtendFollowUp]) -> Iterator[FollowUpRescheduled]:
    """Yield the schedule of every subject in follow-up whose last day moves out."""
    for subject, known in _followed(state):
        assert state.plan is not None
        act = Act(state, subject, state.sites[subject.site], state.plan, request.occurred)
        fact = reschedule_fact(act, request.command.cause, known.starts)
        if fact.ends > fact.previous_end:
            yield fact


def owes_extension(state: TrialState) -> bool:
    """Tell whether somebody's follow-up is shorter than the protocol in force or a named register now asks for."""
    if state.protocol is None or state.protocol.follow_up is None:
        return False
    _, years, _ = years_owed(state.protocol, state.minimum_years)
    return any(extended_end(known.ends, known.starts, years) > known.ends for _, known in _followed(state))
