"""The later administrations of a course and further rounds: on their days, held by what happened, left out with signatures.

A virtual site asks on the first day of the window and again each day; after the last one, or where the course is stopped,
investigator and medical monitor sign that the administration is not given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

from celltrial.conduct.acts.assessment import commands as measure
from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.assessment.events import ConcomitantMedicationGiven
from celltrial.conduct.gates.act import Act, found_act
from celltrial.conduct.gates.course import Due, check_course, due, needs_lymphodepletion, window_of
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.core.dates import Instant
from celltrial.core.random_streams import stream
from celltrial.protocol.model.regimen import Course
from celltrial.protocol.regimen import Round, drug_days, planned_administrations
from celltrial.simulation.twin.evidence import record_evidence
from celltrial.simulation.twin.product import days_to_site
from celltrial.simulation.twin.world import Virtual, World, alive


def chosen_course(world: World, subject: Virtual, here: Round) -> Course:
    """Return the course of a round that a subject's finding will choose; the only one where there is no choice."""
    drawn = stream(world.seed, "twin", "course", subject.number, here.number).random()
    return here.courses[int(drawn * len(here.courses))]


def prepare(world: World, subject: Virtual) -> bool:
    """Write down what chooses and opens the course that is due; tell whether lymphodepletion comes before it.

    Of courses chosen by a finding each is the subject's with the same probability; what a further course asks for is met;
    what lets lymphodepletion be left out is met by half. Each is drawn once for a subject and a round.
    """
    found = due_of(world, subject)
    if found is None or not found[1].step.is_first:
        return False
    here = found[1]
    number = here.round.number
    draw = stream(world.seed, "twin", "course", subject.number, number).random(2)
    chosen = chosen_course(world, subject, here.round)
    record_evidence(world, subject, chosen.when)
    if number > 1:
        record_evidence(world, subject, chosen.criteria)
    regimen = world.protocol.treatment.lymphodepletion
    for item in regimen.skip_if if regimen is not None else ():
        record_evidence(world, subject, (item,), failing=item.concept if draw[1] >= 1 / 2 else "")
    now = due_of(world, subject)
    return (
        now is not None
        and needs_lymphodepletion(now[0])
        and not (bool(regimen is not None and regimen.skip_if) and draw[1] < 1 / 2)
    )


def due_of(world: World, subject: Virtual) -> tuple[Act, Due] | None:
    """Return what is due for a subject now; None where nothing is."""
    act = found_act(world.staff.desk.state, subject.id, Instant(world.staff.now, world.zone_of(subject.site)))
    here = None if act is None else due(act)
    return None if act is None or here is None else (act, here)


def share_due(world: World, subject: Virtual) -> Decimal:
    """Return the part of the level's dose that is due; 1 where nothing is."""
    found = due_of(world, subject)
    return Decimal(1) if found is None else found[1].step.share


def bags_due(world: World, subject: Virtual) -> tuple[str, ...]:
    """Return the bag for the administration that is due: the first left of its component; none where the batch is one bag."""
    found = due_of(world, subject)
    component = found[1].step.planned.component if found is not None else None
    left = world.staff.desk.state.batches[subject.batch].left
    return tuple(bag.bag for bag in left if component in {None, bag.component})[:1]


#: Asks for the infusion of what is due, and returns the answer.
Giving = Callable[[World, Virtual], Ruling]


def go_on(world: World, subject: Virtual, give: Giving) -> None:
    """Enter the next administration of the course under way, on the first day on which it is planned."""
    found = due_of(world, subject)
    if found is None:
        return
    if found[1].step.is_first:
        begin_round(world, subject, found[1])
        return
    window = window_of(*found)
    assert window is not None
    planned = max(window[0] + timedelta(days=found[1].step.planned.early), world.today(subject.site))
    days = (planned - world.today(subject.site)).days
    world.later(subject, days, partial(next_administration, give=give), hour=10 if days else 11)


def begin_round(world: World, subject: Virtual, here: Due) -> None:
    """Enter the making of the product for a further round, so that it is there when its interval is over.

    Nobody is treated again after progression.
    """
    if subject.progressed or not alive(world, subject) or here.round.number <= subject.round:
        return
    subject.round, subject.attempt, subject.tries = here.round.number, 0, 0
    infusions = world.staff.desk.state.subjects[subject.id].infusions
    start = next(item for item in infusions if item.round == infusions[-1].round).at.utc
    every = here.step.course.every
    opens = (start - world.staff.now).total_seconds() / 86_400 + (every.days if every is not None else 1)
    world.later(subject, max(1, math.ceil(opens - days_to_site(world))), world.collect)


def next_administration(world: World, subject: Virtual, *, give: Giving) -> None:
    """Ask for the administration that is due; wait while it is held, and sign where it will not be given."""
    found = due_of(world, subject)
    person = world.staff.desk.state.subjects[subject.id]
    if found is None or found[1].step.is_first or not person.is_active:
        return
    conditions = tuple(check_course(found[0], found[0].at))
    if not conditions:
        answer = give(world, subject)
        if not isinstance(answer, Refused):
            go_on(world, subject, give)
            return
        conditions = answer.conditions
    window, codes = window_of(*found), {item.code for item in conditions}
    stopped = Code.COURSE_STOPPED in codes
    if not stopped and window is not None and world.today(subject.site) < window[1]:
        world.later(subject, 1, partial(next_administration, give=give))
        return
    signed = (
        world.staff.signature(Role.INVESTIGATOR, "administration not given", subject.site),
        world.staff.signature(Role.MEDICAL_MONITOR, "administration not given"),
    )
    why = "the course is stopped" if stopped else "refused on every day of its window"
    omit = ask.OmitAdministration(subject.id, why, signed, rest_of_course=stopped)
    world.staff.must(Role.INVESTIGATOR, omit, site=subject.site)
    go_on(world, subject, give)


def record_drugs(world: World, subject: Virtual) -> None:
    """Record the drugs beside the cells on the days on which the plan gives them, one record for each run of days."""
    first = world.today(subject.site)
    anchors = [round(one.day) for one in planned_administrations(world.protocol) if one.round == subject.round]
    anchors = [day - anchors[0] for day in anchors]
    for drug in world.protocol.treatment.drugs:
        days = [math.floor(day) for day in drug_days(drug, anchors)]
        begins, ends = first + timedelta(days=min(days)), first + timedelta(days=max(days))
        amount = Decimal(str(drug.dose))
        fact = ConcomitantMedicationGiven(subject.id, drug.drug, drug.role, amount, drug.unit, begins, ends)
        world.later(subject, max(*days, 0), partial(_record, fact=fact), hour=20)


def _record(world: World, subject: Virtual, *, fact: ConcomitantMedicationGiven) -> None:
    """Record a drug, unless the subject has died before its last day."""
    if world.staff.desk.state.subjects[subject.id].died_on is None:
        world.staff.must(Role.COORDINATOR, measure.RecordConcomitantMedication(fact), site=subject.site)
