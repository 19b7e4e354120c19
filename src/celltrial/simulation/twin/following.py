"""Long-term follow-up: visits, late tests, growth, coming of age, loss, a late malignancy with its work-up, the last day.

Loss and malignancy come at the rates that the planning assumptions state, and not at all where they state none; when is drawn
for each subject at the infusion, from a stream of its own. Whoever is lost is tried as often as the protocol says first.
"""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from celltrial.clinical.annual_contact import DelayedEvent
from celltrial.conduct.acts.follow_up import commands as after
from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.acts.trial import commands as keep
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.follow_up import events as fact
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.consent import MAJORITY_YEARS
from celltrial.conduct.views import late_samples
from celltrial.conduct.views.adult_care import adult_care_day
from celltrial.conduct.views.contacts import classes_of
from celltrial.conduct.vocabulary import Answer, ConsentKind, PlannedVisit
from celltrial.core.dates import add_years
from celltrial.core.random_streams import stream
from celltrial.simulation.twin.world import Virtual, World, alive, on_calendar

_YEAR: Final = 365.25
#: Months after which the transgene is not found any more.
_PERSISTS: Final = timedelta(days=540)
#: Work that a new malignancy puts on the investigator's list.
_WORK_UP: Final = frozenset({Code.TASK_MALIGNANCY_WORK_UP, Code.TASK_CLONALITY, Code.TASK_INTEGRATION_SITES})


def begin(world: World, subject: Virtual) -> None:
    """Draw what will befall the subject in follow-up, and enter the visits that the infusion created."""
    drawn = stream(world.seed, "twin", "late", subject.number).random(2)
    stated = world.assumptions
    subject.lost_after = _time(float(drawn[0]), stated.lost_to_follow_up_per_year)
    subject.malignancy_after = _time(float(drawn[1]), stated.new_malignancy_per_year)
    schedule(world, subject)


def _time(uniform: float, per_year: float | None) -> float:
    """Return days until an event of a yearly rate; infinity where none is stated."""
    return -math.log(max(uniform, 1e-12)) / per_year * _YEAR if per_year else math.inf


def _person(world: World, subject: Virtual) -> SubjectState:
    return world.staff.desk.state.subjects[subject.id]


def schedule(world: World, subject: Virtual) -> None:
    """Enter the visits of the schedule in force, and the day after its last."""
    known = _person(world, subject).follow_up
    for visit in known.visits if known is not None else ():
        on_calendar(world, subject, visit.due, 0, partial(_visit, name=visit.visit), hour=15)
    if known is not None:
        on_calendar(world, subject, known.ends, 1, _complete, hour=18)


def due_visit(world: World, subject: Virtual, name: str) -> tuple[FollowUpState, PlannedVisit] | None:
    """Return a visit that is due now with its schedule; None where it moved, is settled, or follow-up is over."""
    known, today = _person(world, subject).follow_up, world.today(subject.site)
    visit = next((item for item in known.visits if item.visit == name), None) if known is not None else None
    if known is None or visit is None or known.is_closed or not alive(world, subject):
        return None
    settled = name in {*known.done, *known.missed} or visit.due > today
    return None if settled else (known, visit)


def _visit(world: World, subject: Virtual, *, name: str) -> None:
    """Hold a visit: its answers, the tests that it asks for, growth of a child; or try to reach whoever does not come."""
    found = due_visit(world, subject, name)
    if found is None:
        return
    known = found[0]
    plan, today = world.protocol.follow_up, world.today(subject.site)
    assert plan is not None
    since = (today - known.starts).days
    if since > subject.lost_after:
        _lose(world, subject, known)
        return
    _come_of_age(world, subject)
    ill = since > subject.malignancy_after and not subject.malignancy_told
    items = tuple(
        fact.FollowUpItem(item, Answer.YES if ill and _asks_for_malignancy(world, item) else Answer.NO)
        for item in plan.items
    )
    seen = fact.FollowUpVisitRecorded(subject.id, name, today, items)
    world.staff.must(Role.INVESTIGATOR, after.RecordFollowUpVisit(seen), site=subject.site)
    if ill and any(item.answer is Answer.YES for item in items):
        subject.malignancy_told = True
        _work_up(world, subject)
    _test(world, subject)
    _grow(world, subject)
    _hand_over(world, subject)


def _asks_for_malignancy(world: World, item: str) -> bool:
    return DelayedEvent.NEW_MALIGNANCY in classes_of(world.protocol.follow_up, {item})


def _lose(world: World, subject: Virtual, known: FollowUpState) -> None:
    """Try to reach a subject as often as the protocol asks; nobody answers."""
    plan = world.protocol.follow_up
    assert plan is not None
    means = plan.contact_means or ("telephone",)
    for number in range(plan.contact_attempts_before_lost):
        tried = fact.ContactAttempted(subject.id, means[number % len(means)], reached=False)
        world.staff.must(Role.COORDINATOR, after.RecordContactAttempt(tried), site=subject.site)
    last = max(known.starts, known.last_contact or known.starts)
    lost = fact.SubjectLostToFollowUp(subject.id, last)
    world.staff.must(Role.INVESTIGATOR, after.DeclareLostToFollowUp(lost), site=subject.site)


def _work_up(world: World, subject: Virtual) -> None:
    """Look for the transgene in the tumour and for a clone, and close the tasks with what was found."""
    today = world.today(subject.site)
    from_product = stream(world.seed, "twin", "tumour", subject.number).random() < 0.1
    answer = Answer.YES if from_product else Answer.NO
    for test in ("transgene_in_tumour", "clonality", "integration"):
        share = Decimal("0.05") if test == "clonality" else None
        tested = fact.LateSafetyTested(
            subject.id, test, today, answer if test == "transgene_in_tumour" else Answer.NO, share
        )
        world.staff.must(Role.INVESTIGATOR, after.RecordLateSafetyTest(tested), site=subject.site)
    world.later(subject, 14, _close_work_up)


def _close_work_up(world: World, subject: Virtual) -> None:
    about = f"subject/{subject.id}"
    for task in tuple(world.staff.desk.state.tasks.values()):
        if task.about == about and task.kind in _WORK_UP:
            world.staff.must(Role.INVESTIGATOR, keep.CloseTask(task.task, "worked up"), site=subject.site)


def _test(world: World, subject: Virtual) -> None:
    """Record a result for each late test whose visit took place and that has none yet."""
    known, today = _person(world, subject).follow_up, world.today(subject.site)
    if known is None:
        return
    found = sorted({test.partition(":")[0] for test, _ in late_samples.results_due(known, world.protocol.follow_up)})
    for test in found:
        persists = test == "persistence" and today - known.starts < _PERSISTS
        tested = fact.LateSafetyTested(subject.id, test, today, Answer.YES if persists else Answer.NO)
        world.staff.must(Role.COORDINATOR, after.RecordLateSafetyTest(tested), site=subject.site)


def _age(world: World, subject: Virtual) -> float:
    born = _person(world, subject).born
    return (world.today(subject.site) - born).days / _YEAR if born is not None else MAJORITY_YEARS


def _grow(world: World, subject: Virtual) -> None:
    """Measure a child's height and weight, which the application holds against the standard."""
    plan, age = world.protocol.follow_up, _age(world, subject)
    children = plan.paediatric if plan is not None else None
    if children is None or not children.growth_monitoring or age >= MAJORITY_YEARS:
        return
    today = world.today(subject.site)
    height = 76 + 6.0 * min(age, 15) + 1.5 * max(0.0, min(age, 17) - 15)
    weight = 9 + 2.4 * age + 0.04 * age**2
    for measure, value, unit in (("height", height, "cm"), ("weight", weight, "kg")):
        grown = fact.GrowthMeasured(subject.id, measure, Decimal(str(round(value, 1))), today, unit)
        world.staff.must(Role.COORDINATOR, after.RecordGrowth(grown), site=subject.site)


def _come_of_age(world: World, subject: Virtual) -> None:
    """Sign the own consent of a subject who came of age since the first one."""
    person, today = _person(world, subject), world.today(subject.site)
    main = person.consents.get(ConsentKind.MAIN)
    if person.born is None or main is None or ConsentKind.MAJORITY in person.consents:
        return
    if main.signed_on < add_years(person.born, MAJORITY_YEARS) <= today:
        version = world.protocol.population.consents.main_version
        signed = ask.SignConsent(subject.id, ConsentKind.MAJORITY, version, today)
        world.staff.must(Role.INVESTIGATOR, signed, site=subject.site)


def _hand_over(world: World, subject: Virtual) -> None:
    """Hand a subject who grew up over to adult care, once."""
    person, today = _person(world, subject), world.today(subject.site)
    day = adult_care_day(world.protocol, person)
    known = person.follow_up
    if day is None or day > today or known is None or known.adult_care is not None or known.is_closed:
        return
    moved = fact.CareTransitioned(subject.id, today, "adult clinic", f"summary-{subject.id}")
    world.staff.must(Role.INVESTIGATOR, after.TransitionToAdultCare(moved), site=subject.site)


def _complete(world: World, subject: Virtual) -> None:
    """End follow-up after the last day of the schedule that is in force then."""
    known, today = _person(world, subject).follow_up, world.today(subject.site)
    if known is None or known.is_closed or not alive(world, subject) or known.ends >= today:
        return
    done = fact.FollowUpCompleted(subject.id, today, "last day of the schedule")
    world.staff.must(Role.INVESTIGATOR, after.CompleteFollowUp(done), site=subject.site)


def extend_to(world: World, *, register: str, cause: str) -> None:
    """Extend the follow-up of everybody to what another version of the guideline asks for, and enter the new visits."""
    world.staff.must(Role.DATA_MANAGER, after.ExtendFollowUp(cause, register), reason=cause)
    for subject in world.subjects.values():
        if subject.infused is not None:
            schedule(world, subject)
