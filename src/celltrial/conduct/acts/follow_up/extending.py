"""A longer follow-up for all whom it concerns, in one transaction: never shorter, and nothing at all a second time (3.1-i).

What a register asks for stays in force: whoever is infused later is followed as long. Subjects who died, completed
follow-up or withdrew from it are left alone; one who consents anew is extended by the same command given again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from celltrial.clinical.follow_up import MINIMUM_YEARS
from celltrial.conduct.acts.checks import answer, check_text
from celltrial.conduct.acts.follow_up.commands import ExtendFollowUp
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, subject_stream
from celltrial.conduct.facts.follow_up.events import FollowUpLengthened, FollowUpRescheduled
from celltrial.conduct.facts.follow_up.state import raised
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import Ruling, fail
from celltrial.conduct.views.extending import followed
from celltrial.conduct.views.scheduling import reconsent_to, reschedule_fact
from celltrial.core.values import NOT_STATED, Duration, Term, message, one_of

_LONGEST: Final = 150


def _check_years(command: ExtendFollowUp) -> Conditions:
    for item in command.minimum_years:
        if item.follow_up_class not in MINIMUM_YEARS:
            yield fail(
                Code.NOT_KNOWN,
                one_of(*(Term("follow_up_class", kind) for kind in MINIMUM_YEARS)),
                Term("follow_up_class", item.follow_up_class),
                TRIAL,
                "3.1-e",
            )
        if not 0 < item.years <= _LONGEST:
            yield fail(
                Code.VALUE_NOT_USABLE,
                message("above_zero_up_to", limit=Duration(_LONGEST, "a")),
                item.years,
                TRIAL,
                "3.1-d",
            )
    if command.minimum_years:
        yield from check_text(command.register, "register_that_asks_for_them", TRIAL, "register")


def extend_follow_up(state: TrialState, request: Request[ExtendFollowUp], now: datetime) -> Ruling:  # noqa: ARG001
    """Return the longer schedules with what each opens, or why there can be none."""
    c = request.command
    failed = [*check_text(c.cause, "cause", TRIAL, "cause"), *_check_years(c)]
    if state.protocol is None or state.protocol.follow_up is None:
        failed.append(fail(Code.PROTOCOL_SILENT, message("follow_up"), NOT_STATED, TRIAL, "3.1-a", "follow_up"))
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


def _longer(state: TrialState, request: Request[ExtendFollowUp]) -> Iterator[FollowUpRescheduled]:
    """Yield the schedule of every subject in follow-up whose last day moves out."""
    for subject, known in followed(state):
        assert state.plan is not None
        act = Act(state, subject, state.site_of(subject.site), state.plan, request.occurred)
        fact = reschedule_fact(act, request.command.cause, known.starts)
        if fact.ends > fact.previous_end:
            yield fact
