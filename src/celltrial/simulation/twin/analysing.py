"""Looks at the data and the primary analysis of a trial that finds no dose.

A single arm is looked at when as many were infused as a stage of its design has, once they can have responded; nobody is
enrolled beyond a stage before its look. Arms are compared when the events are there that a planned look needs. At each look
the statistician takes a cut of the chain and issues a closed report; the board ends recruitment where a boundary is reached.
At the primary analysis every read is locked and adjudicated first.
"""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta
from typing import Final

from celltrial.conduct.acts.assessment import commands as measure
from celltrial.conduct.acts.cohort import commands as cohort
from celltrial.conduct.acts.trial import commands as keep
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.assessment.events import PrimaryAnalysisStarted
from celltrial.protocol.model.confirmatory import PrimaryAnalysis
from celltrial.simulation.twin import randomising, reading
from celltrial.simulation.twin.committee import FIRST, planned_size
from celltrial.simulation.twin.scenarios import primary_endpoint
from celltrial.simulation.twin.world import LookHeld, World

#: The name of the cut of the primary analysis.
PRIMARY: Final = "primary"
#: Days from the moment at which a look is due until its data are read and cleaned.
_DAYS_TO_LOOK: Final = 14
_EFFICACY, _FUTILITY, _CONTINUE, _FINAL = "efficacy", "futility", "continue", "final"


def days_to_analysis(world: World) -> float:
    """Return days from the last subject's begin to the primary analysis.

    The landmark of a sustained response with its window, and the least follow-up that the protocol asks of responders,
    counted from the first assessment that can show a response; the later of the two.
    """
    efficacy = world.protocol.efficacy
    if efficacy is None:
        return 0.0
    landmark = (efficacy.sustained_response_day or 0) + efficacy.sustained_response_window
    first = min((visit.day for visit in efficacy.visits), default=0)
    least = efficacy.minimum_responder_follow_up
    return max(float(landmark), first + (least.days if least is not None else 0.0))


def days_to_look(world: World) -> float:
    """Return days from the last infusion of a stage until its response is known: the landmark, or the second assessment."""
    efficacy, primary = world.protocol.efficacy, primary_endpoint(world.protocol)
    if efficacy is None or not efficacy.visits:
        return 0.0
    if primary is not None and primary.kind == "sustained_response":
        return float((efficacy.sustained_response_day or 0) + efficacy.sustained_response_window)
    return float(efficacy.visits[min(1, len(efficacy.visits) - 1)].day)


def after_infusion(world: World) -> None:
    """Enter the look of a stage that was just infused, or the primary analysis after the last."""
    if world.plan is not None or randomising.is_randomised(world.protocol):
        return
    sizes = world.looks.sizes if world.looks is not None else (planned_size(world),)
    held = len(world.held)
    if world.look_pending or held >= len(sizes) or world.infused < sizes[held]:
        return
    world.look_pending = True
    last = held + 1 == len(sizes)
    world.recruiting = not last
    days = days_to_analysis(world) if last else days_to_look(world)
    world.agenda.at(world.staff.now + timedelta(days=days + _DAYS_TO_LOOK), lambda: look_at_responders(world))


def look_at_responders(world: World) -> None:
    """Hold the look of a stage: count its responders against the bounds, go on, or stop for activity or its absence."""
    world.look_pending = False
    looks, stage = world.looks, len(world.held)
    if looks is None or world.statistician is None:
        analyse(world, None)
        return
    size, last = looks.sizes[stage], stage + 1 == len(looks.sizes)
    if last:
        lock_reads(world)
    infused = sorted((one.infused, one.id) for one in world.subjects.values() if one.infused is not None)
    found = world.statistician.responders(tuple(name for _, name in infused[:size]))
    stops = found >= looks.stop_high[stage] or found <= looks.stop_low[stage]
    verdict = _EFFICACY if found >= looks.stop_high[stage] else _FUTILITY if stops else _CONTINUE
    held = LookHeld(stage + 1, len(looks.sizes), size, float(found), float(looks.stop_high[stage]), verdict)
    if stops:
        end(world, held)
        return
    issue(world, held, f"look-{held.look}")
    larger = cohort.ExpandCohort(FIRST, looks.sizes[stage + 1])
    world.staff.must(Role.SPONSOR, larger)


def comparison_of(world: World) -> PrimaryAnalysis | None:
    """Return the planned comparison of the arms; None where the protocol states none."""
    confirmatory = world.protocol.confirmatory
    return confirmatory.primary_analysis if confirmatory is not None else None


def watch_events(world: World) -> None:
    """Enter a look once the events are there that it needs."""
    plan = comparison_of(world)
    if plan is None or world.look_pending or world.ended or len(world.held) >= len(plan.looks):
        return
    if _events(world) >= math.ceil(plan.looks[len(world.held)] * plan.events - 1e-9):
        world.look_pending = True
        world.agenda.at(world.staff.now + timedelta(days=_DAYS_TO_LOOK), lambda: look_at_arms(world))


def _events(world: World) -> int:
    """Return the events of the primary comparison, as the site knows them."""
    plan, efficacy, state = comparison_of(world), world.protocol.efficacy, world.staff.desk.state
    kinds = {item.id: item.kind for item in efficacy.endpoints} if efficacy is not None else {}
    counts_progression = plan is not None and kinds.get(plan.endpoint) == "progression_free_survival"
    people = [state.subjects[one.id] for one in world.subjects.values() if one.randomised is not None]
    return sum(p.died_on is not None or (counts_progression and p.progressed_on is not None) for p in people)


def look_at_arms(world: World) -> None:
    """Hold a look at the comparison: its bound follows from the events that are in, and from what was spent before."""
    world.look_pending = False
    plan = comparison_of(world)
    if plan is None or world.statistician is None:
        return
    final = len(world.held) + 1 == len(plan.looks)
    if final:
        lock_reads(world)
    found = world.statistician.compare()
    if found is None or (found.look <= len(world.held) and not final):
        watch_events(world)
        return
    verdict = _EFFICACY if found.crossed else _FINAL if final else _CONTINUE
    held = LookHeld(len(world.held) + 1, len(plan.looks), found.events, found.z, found.bound, verdict)
    if verdict == _CONTINUE:
        issue(world, held, f"look-{held.look}")
        watch_events(world)
    else:
        end(world, held)


def plan_by_time(world: World) -> None:
    """Enter the primary analysis of a randomised trial that states no comparison, once its last subject is randomised."""
    if comparison_of(world) is None and not world.look_pending and len(world.allocated) >= planned_size(world):
        world.look_pending, world.recruiting = True, False
        later = timedelta(days=days_to_analysis(world) + _DAYS_TO_LOOK)
        world.agenda.at(world.staff.now + later, lambda: analyse(world, None))


def issue(world: World, held: LookHeld, cut: str) -> None:
    """Take the cut of a look and issue its closed report."""
    world.held.append(held)
    written = hashlib.sha256(repr(held).encode()).hexdigest()
    world.staff.must(Role.STATISTICIAN, keep.TakeDataCut(cut, world.staff.desk.head))
    world.staff.must(Role.STATISTICIAN, keep.IssueMonitoringReport(f"report-{cut}", cut, closed=True, sha256=written))


def end(world: World, held: LookHeld) -> None:
    """End recruitment at a boundary or after the last look, and begin the primary analysis."""
    world.ended, world.recruiting = True, False
    for opened in world.staff.desk.state.cohorts.values():
        if opened.is_open:
            why = f"look {held.look} of {held.looks}: {held.verdict}"
            world.staff.must(Role.SPONSOR, cohort.CloseCohort(opened.cohort, why))
    analyse(world, held)


def lock_reads(world: World) -> None:
    """Read what is left, lock every reader, and have differences settled."""
    for subject in world.subjects.values():
        if subject.seen:
            reading.lock(world, subject)


def analyse(world: World, held: LookHeld | None) -> None:
    """Lock every read, take the cut and begin the primary analysis; who was never read is declared unreadable."""
    if world.protocol.efficacy is None:
        return
    lock_reads(world)
    world.analysed_on = world.staff.now.date()
    state, count = world.staff.desk.state, len(reading.readers(world))
    unreadable = tuple(
        name for name, person in state.subjects.items() if person.infusions and len(person.primary_reads_locked) < count
    )
    if held is not None:
        issue(world, held, PRIMARY)
    else:
        world.staff.must(Role.STATISTICIAN, keep.TakeDataCut(PRIMARY, world.staff.desk.head))
    world.staff.must(Role.STATISTICIAN, measure.StartPrimaryAnalysis(PrimaryAnalysisStarted(PRIMARY, unreadable)))
