"""Stopping rules: the planner's own rule objects, asked again at every write that could matter (P7, C7).

Two counts are kept. As known: every qualifying event that is on record now.
As occurred: events and subjects put in order of onset, so that an event entered
late is counted where it belongs. Either crossing suspends, at once and by
itself; a later downgrade never takes a suspension back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from celltrial.conduct.envelope import TRIAL
from celltrial.conduct.facts.cohort.events import RecommendedDoseReopened
from celltrial.conduct.facts.scope.events import ScopeSuspended
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.plan import CompiledRule
from celltrial.conduct.timing import closing_day
from celltrial.conduct.views.stopping import exposed_subjects, first_event, judge_rule
from celltrial.conduct.vocabulary import Origin
from celltrial.core.dates import Instant
from celltrial.core.values import Identifier, message


def _targets(state: TrialState, rule: CompiledRule) -> Iterator[str]:
    if rule.rule.scope == "trial":
        yield ""
        return
    yield from sorted({str(item.level) for item in state.subjects.values() if item.infusions and item.level})


def _is_suspended_by(state: TrialState, rule: str, target: str) -> bool:
    return any(
        item.cause == rule and item.target == target and not item.is_lifted for item in state.suspensions.values()
    )


def watch_stopping(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield a crossing and the suspension it brings; after a resume a rule fires again only on a further event.

    A write about a subject without a qualifying event cannot bring a crossing: it adds no event, and time only adds to
    the denominator. So the whole trial is counted only where the subject has one.
    """
    plan = state.plan
    if plan is None or state.origin is Origin.RETROSPECTIVE:
        return
    for rule in plan.rules:
        for target in _targets(state, rule):
            if not _is_suspended_by(state, rule.rule.id, target) and _may_cross(state, rule, fact):
                yield from _judge(state, rule, target, at)


def _may_cross(state: TrialState, rule: CompiledRule, fact: Any) -> bool:
    subject = state.subjects.get(getattr(fact, "subject", ""))
    if subject is None or not subject.infusions:
        return subject is None
    opens = subject.infusions[0].at.local_date
    return first_event(rule.rule.event, subject, opens, closing_day(opens, rule.rule.event.window)) is not None


def _judge(state: TrialState, rule: CompiledRule, target: str, at: Instant) -> Facts:
    exposed = exposed_subjects(state, rule, target)
    total = sum(item.event is not None for item in exposed)
    if total <= state.crossed.get((rule.rule.id, target), 0):
        return
    found = judge_rule(rule, target, exposed, at.local_date)
    if found is None:
        return
    key = (
        f"{rule.rule.id}/{target}/{1 + len(state.suspensions)}"
        if target
        else f"{rule.rule.id}/{1 + len(state.suspensions)}"
    )
    yield TRIAL, found
    yield TRIAL, ScopeSuspended(key, found.scope, target, rule.rule.id, found)
    level = state.recommended_level
    if level is not None and target in {"", str(level)}:
        yield (
            TRIAL,
            RecommendedDoseReopened(
                level,
                message("rule_met", rule=Identifier(rule.rule.id), events=found.events, evaluable=found.evaluable),
            ),
        )
