"""A subject whose dose level closes before the infusion: the protocol's rule, and nothing else, says what follows (AC-P4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_signatures
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, Role, subject_stream
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.gates.act import act_of
from celltrial.conduct.gates.enrolment import CLOSED_LEVEL, closed_level_rule
from celltrial.conduct.ruling import Condition, Ruling, fail
from celltrial.core.values import ABSENT, message

_SIGNERS: Final = (Role.MEDICAL_MONITOR, Role.INVESTIGATOR)


def _reassign(state: TrialState, request: Request[commands.ReassignLevel], now: datetime) -> Ruling:
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    level = act.subject.level
    if level is None or not act.subject.is_active or act.subject.infusions:
        needed = message("enrolled_active_and_not_infused")
        return answer(request, [fail(Code.SUBJECT_STAGE, needed, act.subject.stage, about)])
    failed: list[Condition] = [*closed_level_rule(act.protocol, about)]
    if level not in state.closed_levels:
        failed.append(
            fail(
                Code.LEVEL_CLOSED, message("level_closed", level=level), message("open"), f"level/{level}", "2.2.2.3-a"
            )
        )
    below = max((item for item in range(1, level) if item not in state.closed_levels), default=None)
    if below is None:
        failed.append(fail(Code.LEVEL_CLOSED, message("open_lower_level"), ABSENT, about, "2.2.2.3-a", CLOSED_LEVEL))
    escalation = act.protocol.escalation
    rule = escalation.closed_level if escalation is not None else None
    roles = rule.signatures if rule is not None and len(rule.signatures) > 1 else _SIGNERS
    failed.extend(check_signatures(c.signatures, roles, now, about, CLOSED_LEVEL))
    return answer(request, failed, (about, events.LevelReassigned(c.subject, level, below or level, c.signatures)))


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType({commands.ReassignLevel: _reassign})
"""Command type to its decider."""
