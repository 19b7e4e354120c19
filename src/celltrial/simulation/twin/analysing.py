"""The primary analysis of a trial that finds no dose: reads are locked, a cut is taken, the analysis begins on it."""

from __future__ import annotations

from datetime import timedelta

from celltrial.conduct.acts.assessment import commands as measure
from celltrial.conduct.acts.trial import commands as keep
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.assessment.events import PrimaryAnalysisStarted
from celltrial.simulation.twin import reading
from celltrial.simulation.twin.committee import planned_size
from celltrial.simulation.twin.world import World

#: The name of the cut of the primary analysis.
PRIMARY = "primary"


def days_to_analysis(world: World) -> float:
    """Return days from the last first infusion to the primary analysis.

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


def plan_primary(world: World) -> None:
    """Enter the primary analysis once as many were infused as the trial means to treat; nobody is recruited any more."""
    if world.plan is not None or world.analysis_planned or world.infused < planned_size(world):
        return
    world.analysis_planned, world.recruiting = True, False
    world.agenda.at(world.staff.now + timedelta(days=days_to_analysis(world) + 14), lambda: analyse(world))


def analyse(world: World) -> None:
    """Lock every read, take the cut and begin the primary analysis; who died before an assessment is unreadable."""
    if world.protocol.efficacy is None:
        return
    for subject in world.subjects.values():
        if subject.seen:
            reading.lock(world, subject)
    state = world.staff.desk.state
    count = len(reading.readers(world))
    unreadable = tuple(
        name for name, person in state.subjects.items() if person.infusions and len(person.primary_reads_locked) < count
    )
    world.staff.must(Role.STATISTICIAN, keep.TakeDataCut(PRIMARY, world.staff.desk.head))
    world.staff.must(Role.STATISTICIAN, measure.StartPrimaryAnalysis(PrimaryAnalysisStarted(PRIMARY, unreadable)))
