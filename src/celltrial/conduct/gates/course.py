"""Course gate: which administration of the plan is due, and what keeps it from being given now (2.2.2.3-f).

A subject's place in the plan follows from what was given and omitted. At the start of a course its criteria and the
interval since the course before are judged; inside a course the day, the time since the administration before, and
every hold. The lymphodepletion before a course holds for all its administrations. Unknown is never clear: an event that
nobody graded holds, and of courses distinguished by a finding none is chosen while the finding is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.safety.grades import grade_on
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.eligibility import evidence_for, judge
from celltrial.conduct.ruling import Condition, fail
from celltrial.conduct.timing import after
from celltrial.core.dates import Instant
from celltrial.core.terms import same_term
from celltrial.core.truth import Truth
from celltrial.core.values import (
    UNKNOWN,
    Count,
    Identifier,
    Term,
    at_least,
    at_most,
    between,
    less_than,
    message,
    or_unknown,
)
from celltrial.protocol.model.regimen import Course, HoldRule
from celltrial.protocol.regimen import Regimen, Round, Step, is_depleted, regimen_of

_CLAUSE = "2.2.2.3-f"


@dataclass(frozen=True, slots=True)
class Due:
    """The administration that is due: its round and step, and what is not known about which course it is of."""

    round: Round
    step: Step
    unclear: tuple[Condition, ...] = ()


def due(act: Act) -> Due | None:
    """Return the administration that is due for the subject of an act; None where the plan is done."""
    regimen = regimen_of(act.protocol)
    found = regimen.following(act.subject.done)
    if found is None:
        return None
    here, steps = found
    if len(steps) == 1 and not steps[0].course.when:
        return Due(here, steps[0])
    if not steps[0].is_first:
        return Due(here, steps[0])
    waiting: list[Condition] = []
    for step in steps:
        verdicts = _when(act, regimen, step.course)
        if all(truth is Truth.TRUE for truth, _ in verdicts):
            return Due(here, step, tuple(waiting))
        if step is steps[-1] or not any(truth is Truth.FALSE for truth, _ in verdicts):
            waiting += [condition for _, condition in verdicts if condition is not None]
    return Due(here, steps[-1], tuple(waiting))


def _when(act: Act, regimen: Regimen, course: Course) -> list[tuple[Truth, Condition | None]]:
    """Return the verdict on each criterion that chooses a course, on the day lymphodepletion began where it has."""
    found = []
    for index, criterion in enumerate(course.when):
        evidence = evidence_for(act.subject, criterion, act.today)
        began = act.subject.lymphodepletion.started if act.subject.lymphodepletion is not None else None
        day = act.today if began is None else Instant(began.utc, act.site.zone).local_date
        if evidence is not None and evidence.on > day:
            day = act.today
        field = f"{regimen.paths[course.id]}.when.{index}"
        verdict = judge(criterion, evidence, day, field, _CLAUSE)
        found.append((verdict.truth, verdict.condition))
    return found


def needs_lymphodepletion(act: Act) -> bool:
    """Return whether the administration that is due comes after lymphodepletion: the first of a course that has it."""
    here = due(act)
    return here is not None and here.step.is_first and is_depleted(act.protocol, here.step.course)


def check_course(act: Act, infusion: Instant) -> Conditions:
    """Yield everything in the plan of courses that keeps the due administration from being given at a moment."""
    regimen, here = regimen_of(act.protocol), due(act)
    if here is None:
        field = "treatment.courses" if regimen.is_stated else "dose.repeat.doses"
        given = len(act.subject.infusions)
        if not regimen.is_stated:
            yield fail(
                Code.DOSES_EXHAUSTED, less_than(Count(len(regimen.rounds), "dose")), given, act.about, _CLAUSE, field
            )
        else:
            yield fail(Code.DOSES_EXHAUSTED, message("administration_of_the_plan"), given, act.about, _CLAUSE, field)
        return
    yield from here.unclear
    if here.step.is_first:
        yield from _check_interval(act, here, infusion, is_stated=regimen.is_stated)
        yield from _check_criteria(act, here)
    else:
        yield from _check_day(act, here, infusion)
        yield from check_holds(act, here, infusion)


def _check_interval(act: Act, here: Due, infusion: Instant, *, is_stated: bool) -> Conditions:
    """Yield a course before its interval from the one before is over, or after the longest time allowed."""
    before = [item for item in act.subject.infusions if item.round < here.round.number]
    if not before:
        return
    start = next(item for item in before if item.round == before[-1].round)
    course = here.step.course
    path = here.step.path.partition(".administrations")[0]
    if course.every is not None:
        opens = after(start.at, course.every)
        if infusion.utc < opens:
            field = f"{path}.every" if is_stated else "dose.repeat.interval"
            yield fail(Code.ORDER_WRONG, at_least(opens), infusion, act.about, _CLAUSE, field)
    if course.latest is not None:
        closes = after(start.at, course.latest)
        if infusion.utc > closes:
            yield fail(Code.ORDER_WRONG, at_most(closes), infusion, act.about, _CLAUSE, f"{path}.latest")


def _check_criteria(act: Act, here: Due) -> Conditions:
    if here.round.number == 1:
        return
    path = here.step.path.partition(".administrations")[0]
    for index, criterion in enumerate(here.step.course.criteria):
        field = f"{path}.criteria.{index}"
        verdict = judge(criterion, evidence_for(act.subject, criterion, act.today), act.today, field, _CLAUSE)
        if verdict.condition is not None:
            yield verdict.condition


def course_day(act: Act, here: Due) -> date | None:
    """Return day 0 of the round under way; None before its first administration."""
    given = act.subject.infusions_of(here.round.number)
    return Instant(given[0].at.utc, act.site.zone).local_date if given else None


def window_of(act: Act, here: Due) -> tuple[date, date] | None:
    """Return the first and last day on which a later administration of a course may be given; None before day 0 is known.

    A hold that was met moves the last day to its `latest_day`.
    """
    begins = course_day(act, here)
    if begins is None:
        return None
    planned = here.step.planned
    last = planned.day + planned.late
    for _, rule in _holds(here):
        if rule.latest_day is not None and any(_meets(rule, event) for event in _events(act, begins)):
            last = max(last, rule.latest_day)
    return begins + timedelta(days=planned.day - planned.early), begins + timedelta(days=last)


def _check_day(act: Act, here: Due, infusion: Instant) -> Conditions:
    window = window_of(act, here)
    day = Instant(infusion.utc, act.site.zone).local_date
    if window is None:
        yield fail(
            Code.ORDER_WRONG, message("first_administration_of_the_course"), UNKNOWN, act.about, _CLAUSE, here.step.path
        )
        return
    if not window[0] <= day <= window[1]:
        yield fail(Code.ORDER_WRONG, between(*window), day, act.about, _CLAUSE, f"{here.step.path}.day")
    within, last = here.step.planned.within, act.subject.infused_at
    if within is not None and last is not None and infusion.utc > after(last, within):
        yield fail(
            Code.ORDER_WRONG, at_most(after(last, within)), infusion, act.about, _CLAUSE, f"{here.step.path}.within"
        )


def check_holds(act: Act, here: Due, infusion: Instant) -> Conditions:
    """Yield every adverse event since day 0 of the course that holds its next administration, or ends the course."""
    begins = course_day(act, here)
    if begins is None:
        return
    today = Instant(infusion.utc, act.site.zone).local_date
    for field, rule in _holds(here):
        for event in _events(act, begins):
            if not _meets(rule, event):
                continue
            about = f"adverse_event/{event.event}"
            grade = grade_on(event, rule.scale)
            found = message(
                "event_of_grade", term=Term("adverse_event", event.term), grade=or_unknown(grade), onset=event.onset
            )
            if rule.until_grade is None:
                needed = message("no_event_from_grade", event=_named(rule), grade=rule.grade_at_least)
                yield fail(Code.COURSE_STOPPED, needed, found, about, _CLAUSE, field)
            elif not _is_over(event, rule, today):
                needed = message("resolved_to_grade", event=_named(rule), grade=rule.until_grade)
                yield fail(Code.ADMINISTRATION_HELD, needed, found, about, _CLAUSE, field)


def _named(rule: HoldRule) -> Identifier | Term:
    return Identifier(rule.term) if rule.term == "any" else Term("adverse_event", rule.term)


def _holds(here: Due) -> Iterator[tuple[str, HoldRule]]:
    path = here.step.path.partition(".administrations")[0]
    for index, rule in enumerate(here.step.course.hold):
        if rule.before in {"next", here.step.planned.id}:
            yield f"{path}.hold.{index}", rule


def _events(act: Act, begins: date) -> Iterator[AdverseEvent]:
    return (event for event in act.subject.adverse_events.values() if event.began_within(begins, act.today))


def _meets(rule: HoldRule, event: AdverseEvent) -> bool:
    """Tell whether an event is one of the rule's: of its grade or worse, or without any grade on its scale.

    Of rules on any event, one graded on another scale alone is none: scales are never mixed.
    """
    named = rule.term != "any"
    if named and not (same_term(rule.term, event.category) or same_term(rule.term, event.term)):
        return False
    if rule.related_only and not event.is_related:
        return False
    grade = grade_on(event, rule.scale)
    if grade is None:
        return named or not event.grades
    return grade >= rule.grade_at_least


def _is_over(event: AdverseEvent, rule: HoldRule, today: date) -> bool:
    """Tell whether an event is over by a day, or graded no more than the rule waits for."""
    if event.ended_on is not None and event.ended_on <= today:
        return True
    grade = grade_on(event, rule.scale)
    return grade is not None and rule.until_grade is not None and grade <= rule.until_grade
