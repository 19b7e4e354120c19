"""Stopping rules: the planner's own rule objects, asked again at every write that could matter (P7, C7).

Two counts are kept. As known: every qualifying event that is on record now.
As occurred: events and subjects put in order of onset, so that an event entered
late is counted where it belongs. Either crossing suspends, at once and by
itself; a later downgrade never takes a suspension back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from celltrial.conduct.cohort.dlt import grade_on, same_term
from celltrial.conduct.cohort.events import RecommendedDoseReopened
from celltrial.conduct.deciding import TRIAL
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.plan import CompiledRule
from celltrial.conduct.safety.state import AdverseEvent
from celltrial.conduct.scope.events import ScopeSuspended, StoppingBoundaryCrossed
from celltrial.conduct.state import TrialState
from celltrial.conduct.subject.state import SubjectState
from celltrial.conduct.timing import closing_day
from celltrial.conduct.vocabulary import Origin, ScopeKind
from celltrial.core.dates import Instant
from celltrial.designs.stopping.boundary import BoundaryRule
from celltrial.protocol.model.stopping import EventFilter

__all__ = ["Exposed", "crossing", "exposed_subjects", "first_event", "judge_rule", "on_record", "watch_stopping"]

_FOREVER: Final = date.max


@dataclass(frozen=True, slots=True)
class Exposed:
    """An infused subject as a rule sees it: first infusion, end of the rule's window, first qualifying event."""

    subject: str
    infused: date
    window_ends: date
    event: date | None


def _qualifies(rule: EventFilter, event: AdverseEvent) -> bool:
    if rule.deaths and event.is_fatal:
        return True
    if rule.scale is None and event.counted_grade < rule.grade_at_least:  # settles most events, and costs nothing
        return False
    if rule.terms and not any(same_term(item, event.category) or same_term(item, event.term) for item in rule.terms):
        return False
    if rule.related_only and not event.is_related:
        return False
    if rule.scale is None:
        return True
    grade = grade_on(event, rule.scale)
    return grade is not None and grade >= rule.grade_at_least


def first_event(rule: EventFilter, subject: SubjectState, opens: date, closes: date) -> date | None:
    """Return the first day in the window on which a subject had a qualifying event; death counts whatever its cause."""
    days = [
        event.onset
        for event in subject.adverse_events.values()
        if opens <= event.onset <= closes and _qualifies(rule, event)
    ]
    if rule.deaths and subject.died_on is not None and opens <= subject.died_on <= closes:
        days.append(subject.died_on)
    return min(days, default=None)


def exposed_subjects(state: TrialState, rule: CompiledRule, target: str) -> list[Exposed]:
    """Return the subjects a rule looks at, in order of infusion; `target` is the dose level of a level rule."""
    found = []
    for subject in state.subjects.values():
        if not subject.infusions or (target and str(subject.level) != target):
            continue
        first = subject.infusions[0].at
        closes = closing_day(first.local_date, rule.rule.event.window)
        event = first_event(rule.rule.event, subject, first.local_date, closes)
        found.append((first.utc, Exposed(subject.subject, first.local_date, closes, event)))
    return [item for _, item in sorted(found, key=lambda pair: (pair[0], pair[1].subject))]


class _Tally:
    """Events and denominator of a rule on any day, from sorted days.

    A subject with an event counts from the day of the event; one without counts when the window is past, or from the
    infusion where the rule counts everybody exposed.
    """

    def __init__(self, rule: CompiledRule, exposed: list[Exposed], today: date) -> None:
        quiet = [item for item in exposed if item.event is None]
        self.events = sorted(item.event for item in exposed if item.event is not None)
        self.later = sorted(item.infused for item in exposed)
        self.past = sorted(item.window_ends for item in quiet)
        self.today = today
        self.everybody = rule.rule.denominator == "exposed"

    def on(self, day: date) -> tuple[int, int]:
        """Return events with onset by `day`, and the denominator then."""
        events = bisect_right(self.events, day)
        if self.everybody:
            return events, bisect_right(self.later, day)
        return events, events + bisect_left(self.past, min(day, self.today))


def crossing(state: TrialState, rule: CompiledRule, target: str, today: date) -> StoppingBoundaryCrossed | None:
    """Return the crossing of a rule, as known or as occurred; None where neither is crossed."""
    return judge_rule(rule, target, exposed_subjects(state, rule, target), today)


def on_record(state: TrialState, rule_id: str, target: str) -> int:
    """Return how many subjects have a qualifying event of a rule on record; 0 where the rule is no longer in force."""
    rules = state.plan.rules if state.plan is not None else ()
    found = (exposed_subjects(state, rule, target) for rule in rules if rule.rule.id == rule_id)
    return sum(item.event is not None for item in next(found, []))


def judge_rule(rule: CompiledRule, target: str, exposed: list[Exposed], today: date) -> StoppingBoundaryCrossed | None:
    """Return the crossing of a rule among these subjects on a day; None where it is met in neither order."""
    tally = _Tally(rule, exposed, today)
    known = tally.on(_FOREVER)
    as_known = is_crossed(rule.boundary, *known)
    day = next((d for d in dict.fromkeys(tally.events) if is_crossed(rule.boundary, *tally.on(d))), None)
    if not as_known and day is None:
        return None
    x, n = known if as_known or day is None else tally.on(day)
    limit = rule.boundary.boundary(n) or 0
    scope = ScopeKind(rule.rule.scope)
    return StoppingBoundaryCrossed(
        rule.rule.id, scope, target, x, n, limit, as_known=as_known, as_occurred=day, on_record=known[0]
    )


@lru_cache(maxsize=65536)
def is_crossed(boundary: BoundaryRule, events: int, evaluable: int) -> bool:
    """Tell whether a boundary is crossed; nobody evaluable crosses nothing."""
    return evaluable > 0 and boundary.is_crossed(events, evaluable)


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
        yield TRIAL, RecommendedDoseReopened(level, f"{rule.rule.id}: {found.events}/{found.evaluable}")
