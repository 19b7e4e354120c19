"""Stopping rules read off the state: whom a rule looks at, who had a qualifying event, and whether its boundary is crossed.

Two counts are kept. As known: every qualifying event that is on record now.
As occurred: events and subjects put in order of onset, so that an event entered
late is counted where it belongs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from celltrial.conduct.facts.safety.grades import grade_on
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.facts.scope.events import StoppingBoundaryCrossed
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.plan import CompiledRule
from celltrial.conduct.timing import closing_day
from celltrial.conduct.vocabulary import ScopeKind
from celltrial.core.terms import same_term
from celltrial.protocol.model.stopping import EventFilter

if TYPE_CHECKING:
    from celltrial.designs.stopping.boundary import BoundaryRule

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
    """Return the first day in the window on which a subject had a qualifying event; death counts whatever its cause.

    An event whose onset is known less exactly than to the day counts from the first day of the window it may have begun on.
    """
    days = [
        max(event.earliest, opens)
        for event in subject.adverse_events.values()
        if event.began_within(opens, closes) and _qualifies(rule, event)
    ]
    if rule.deaths and subject.died_on is not None and opens <= subject.died_on <= closes:
        days.append(subject.died_on)
    return min(days, default=None)


def exposed_subjects(state: TrialState, rule: CompiledRule, target: str) -> list[Exposed]:
    """Return the subjects a rule looks at, in order of infusion; `target` is the dose level of a level rule."""
    found = [
        (subject.infusions[0].at.utc, subject.subject, _seen_by(rule, subject))
        for subject in state.subjects.values()
        if subject.infusions and not (target and str(subject.level) != target)
    ]
    return [item for _, _, item in sorted(found, key=itemgetter(0, 1))]


#: What rules saw of subjects as they are, by rule and subject. States never change, so that the same one is seen alike.
_SEEN: Final[dict[tuple[int, str], tuple[CompiledRule, SubjectState, Exposed]]] = {}
_MOST_SEEN: Final = 65536


def _seen_by(rule: CompiledRule, subject: SubjectState) -> Exposed:
    """Return an infused subject as a rule sees it: one event changes one subject, and a rule looks at all of them."""
    key = (id(rule), subject.subject)
    kept = _SEEN.get(key)
    if kept is not None and kept[0] is rule and kept[1] is subject:
        return kept[2]
    opens = subject.infusions[0].at.local_date
    closes = closing_day(opens, rule.rule.event.window)
    seen = Exposed(subject.subject, opens, closes, first_event(rule.rule.event, subject, opens, closes))
    if len(_SEEN) >= _MOST_SEEN:
        _SEEN.clear()
    _SEEN[key] = (rule, subject, seen)
    return seen


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


@dataclass(frozen=True, slots=True)
class RuleMeter:
    """How far a stopping rule is from its boundary.

    target:   the dose level of a rule that looks at levels; "" for the whole trial.
    events:   subjects with a qualifying event, as known now; evaluable: those the rule counts with them.
    pending:  infused, without an event, and not counted yet because their window runs.
    boundary: the least number of events that stops at this number evaluable; None where none does (too few, say).
    is_crossed: whether the boundary is met now, in either order of counting.
    planned:  subjects planned to be infused, as the protocol states; None where it states none.
    """

    rule: CompiledRule
    target: str
    events: int
    evaluable: int
    pending: int
    boundary: int | None
    is_crossed: bool
    planned: int | None

    @property
    def distance(self) -> int | None:
        """Further events that would stop at this number evaluable; None where none would."""
        return None if self.boundary is None else max(self.boundary - self.events, 0)

    def crossing_by_plan(self, rate: float) -> float | None:
        """Return the probability of crossing by the planned size at a true rate; None where no size is planned, or it is
        passed, or the rule counts exposure in place of subjects.
        """
        counted = self.rule.boundary.denominator == "subjects"
        if not counted or self.planned is None or self.target or self.evaluable > self.planned:
            return None
        return self.rule.boundary.crossing_from(self.events, self.evaluable, rate, self.planned)


def rule_meters(state: TrialState, today: date) -> tuple[RuleMeter, ...]:
    """Return a meter for each rule in force, and for each level with somebody infused where a rule looks at levels."""
    if state.plan is None:
        return ()
    levels = sorted({str(item.level) for item in state.subjects.values() if item.infusions and item.level is not None})
    plan = state.plan.protocol.assumptions
    found = []
    for rule in state.plan.rules:
        for target in levels if ScopeKind(rule.rule.scope) is ScopeKind.LEVEL else [""]:
            exposed = exposed_subjects(state, rule, target)
            events, evaluable = _Tally(rule, exposed, today).on(_FOREVER)
            quiet = sum(item.event is None for item in exposed)
            boundary = rule.boundary.boundary(evaluable) if evaluable else None
            is_met = judge_rule(rule, target, exposed, today) is not None
            planned = plan.target_infused if plan is not None and "target_infused" in plan.model_fields_set else None
            found.append(
                RuleMeter(rule, target, events, evaluable, quiet - (evaluable - events), boundary, is_met, planned)
            )
    return tuple(found)
