"""The dose committee: it asks the engine, signs a decision, opens the next cohort, and evaluates suspensions."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from celltrial.conduct.acts.cohort import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.conduct.gates.enrolment import places_taken
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import CohortKind, DoseMove
from celltrial.simulation.twin.world import World

#: The first cohort; the only one of a trial that finds no dose.
FIRST: Final = "C01"


def cohort_size(world: World) -> int:
    """Return the size of an escalation cohort."""
    return int(world.plan.design.params.get("cohort_size", 3)) if world.plan is not None else 1


def open_level(world: World, level: int, size: int, kind: CohortKind) -> bool:
    """Open a cohort; tell whether the trial allowed it."""
    world.cohorts += 1
    name = f"C{world.cohorts:02d}"
    answer = world.staff.ask(Role.SPONSOR, ask.OpenCohort(name, level, size, kind))
    return isinstance(answer, Accepted)


def open_first(world: World) -> None:
    """Open the first cohort at the starting level: of escalation, or the one cohort of a trial that finds no dose."""
    world.finding_dose = world.plan is not None
    if world.finding_dose:
        size, kind = cohort_size(world), CohortKind.ESCALATION
    else:
        confirms = world.protocol.trial.phase == "confirmatory"
        size = world.looks.sizes[0] if world.looks is not None else planned_size(world)
        kind = CohortKind.CONFIRMATORY if confirms else CohortKind.EXPANSION
    named = world.protocol.cohorts if not world.finding_dose else ()
    for number, part in enumerate(named):
        share = size // len(named) + (number < size % len(named))
        most = share if part.maximum is None else min(share, part.maximum)
        world.staff.must(Role.SPONSOR, ask.OpenCohort(part.id, world.protocol.dose.start_level, max(most, 1), kind))
    if not named:
        world.staff.must(Role.SPONSOR, ask.OpenCohort(FIRST, world.protocol.dose.start_level, size, kind))
    world.cohorts = max(len(named), 1)


def planned_size(world: World) -> int:
    """Return how many a trial that finds no dose means to treat, or to randomise: its stated size, else the assumption."""
    plan = world.protocol.confirmatory
    stated = plan.sample_size if plan is not None else None
    if stated is None:
        return world.assumptions.target_infused
    return stated.enrolled if plan is not None and plan.randomisation is not None else stated.infused


def waiting_for_window(world: World) -> bool:
    """Tell whether a subject of an escalation cohort may still bring news for the dose decision."""
    state = world.staff.desk.state
    for cohort in state.cohorts.values():
        if cohort.kind is not CohortKind.ESCALATION:
            continue
        if cohort.is_open and places_taken(state, cohort) < cohort.size:
            return True
        for name in cohort.subjects:
            subject = state.subjects[name]
            waiting = subject.is_active and cohort.is_open
            if not (waiting or subject.infusions):
                continue
            window = subject.dlt_window
            if window is None or window.evaluable is None:
                return True
    return False


def meet(world: World) -> None:
    """Decide on the next dose once the present cohort is complete and observed."""
    if not world.finding_dose or waiting_for_window(world):
        return
    staff = world.staff
    number = len(staff.desk.state.recommendations) + 1
    if isinstance(staff.ask(Role.STATISTICIAN, ask.RecommendDose(f"R{number:02d}")), Refused):
        return
    recommendation = staff.desk.state.recommendations[f"R{number:02d}"].fact
    signatures = (staff.signature(Role.SAFETY_BOARD, "dose decision"),)
    decision = ask.SignDoseDecision(
        f"D{number:02d}", recommendation.recommendation, recommendation.move, recommendation.next_level, signatures
    )
    staff.must(Role.SAFETY_BOARD, decision)
    if recommendation.move in {DoseMove.STOP, DoseMove.SELECT}:
        conclude(world, recommendation.next_level)
        return
    size = recommendation.size or cohort_size(world)
    if recommendation.next_level is not None and not open_level(
        world, recommendation.next_level, size, CohortKind.ESCALATION
    ):
        world.agenda.at(staff.now + timedelta(days=14), lambda: meet(world))


def conclude(world: World, level: int | None) -> None:
    """End dose finding: declare the recommended dose and open the expansion, or stop recruiting."""
    world.finding_dose = False
    if level is None:
        world.recruiting = False
        return
    staff = world.staff
    signatures = (
        staff.signature(Role.SAFETY_BOARD, "recommended dose"),
        staff.signature(Role.SPONSOR, "recommended dose"),
    )
    staff.must(Role.SAFETY_BOARD, ask.DeclareRecommendedDose(level, signatures))
    wanted = world.assumptions.target_infused - world.infused
    transition = world.plan.transition if world.plan is not None else None
    if wanted <= 0 or transition is None:
        world.recruiting = False
        return
    size = min(wanted, transition.expansion_size or wanted)
    if not open_level(world, level, size, CohortKind.EXPANSION):
        world.recruiting = False
