"""Whether an adverse event is a dose-limiting toxicity under the protocol's own rules."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date

from celltrial.conduct.facts.safety.grades import grade_on
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.facts.subject.state import DltWindow, SubjectState
from celltrial.conduct.timing import days_between
from celltrial.core.terms import same_term
from celltrial.protocol.model.escalation import DltDefinition, DltRule


def _matches(rule: DltRule, event: AdverseEvent, today: date) -> bool:
    if rule.term != "any" and not (same_term(rule.term, event.category) or same_term(rule.term, event.term)):
        return False
    if any(same_term(item, event.term) or same_term(item, event.category) for item in rule.excluded_terms):
        return False
    if rule.related_only and not event.is_related:
        return False
    grade = grade_on(event, rule.scale)
    if grade is None or grade < rule.grade_at_least:
        return False
    if rule.longer_than is None:
        return True
    return days_between(event.earliest, event.ended_on or today) > rule.longer_than.days


def matching_rules(definition: DltDefinition, event: AdverseEvent, today: date) -> Iterator[str]:
    """Yield the ids of the rules that an event meets, whatever its onset."""
    return (rule.id for rule in definition.rules if _matches(rule, event, today))


def is_dlt_of(definition: DltDefinition, event: AdverseEvent, subject: SubjectState, today: date) -> bool:
    """Tell whether an event is a DLT in any window of its subject: that of the first course, or of a further one."""
    windows = (*((subject.dlt_window,) if subject.dlt_window is not None else ()), *subject.later_windows)
    return any(is_dlt(definition, event, window, today) for window in windows)


def is_dlt(definition: DltDefinition, event: AdverseEvent, window: DltWindow, today: date) -> bool:
    """Tell whether an event that may have begun within the window is a DLT; death within the window always is."""
    if not event.began_within(window.opens, window.closes):
        return False
    return event.is_fatal or any(True for _ in matching_rules(definition, event, today))


def dlt_task(event: str) -> str:
    """Return the key of the task to adjudicate an event.

    >>> dlt_task("AE-7")
    'dlt/AE-7'
    """
    return f"dlt/{event}"


def suspected_dlts(
    definition: DltDefinition, subject: SubjectState, tasks: Container[str], today: date
) -> Iterator[str]:
    """Yield the events of a subject that nobody has adjudicated yet and that may be a DLT.

    tasks: keys of the open tasks. A rule that asks how long a grade lasts is met by time alone, without any write,
           so the rules are asked again on the day.
    """
    window = subject.dlt_window
    if window is None:
        return
    settled = {*subject.dlts, *subject.not_dlts}
    for event in subject.adverse_events.values():
        due = event.event not in settled and is_dlt_of(definition, event, subject, today)
        if due or dlt_task(event.event) in tasks:
            yield event.event
