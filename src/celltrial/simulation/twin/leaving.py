"""Leaving: before infusion for one primary reason, with the slot given back and the committee told; at any time by death."""

from __future__ import annotations

from datetime import timedelta

from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.conduct.vocabulary import ExitReason
from celltrial.simulation.twin import assessing, committee
from celltrial.simulation.twin.world import Virtual, World, alive


def free_slot(world: World, subject: Virtual, why: str) -> None:
    """Give a reserved slot back where one was taken."""
    if subject.planned_infusion is not None and subject.given < subject.round:
        subject.planned_infusion = None
        world.staff.ask(Role.INVESTIGATOR, ask.CancelInfusion(subject.id, why), site=subject.site)


_REASONS = {
    "progression": ExitReason.PROGRESSION,
    "death": ExitReason.DEATH,
    "withdrawal": ExitReason.WITHDRAWAL,
}


def leave(world: World, subject: Virtual, reason: ExitReason, detail: str = "") -> None:
    """The subject leaves before infusion, for one primary reason; of who was treated already only the further round falls."""
    if subject.gone:
        return
    if subject.infused is not None:
        free_slot(world, subject, detail)
        return
    subject.gone = True
    subject.withdrawn = reason is ExitReason.WITHDRAWAL
    if reason is ExitReason.PROGRESSION and subject.begins is not None:
        assessing.progress(world, subject)
    if reason is ExitReason.DEATH:
        die(world, subject)
    else:
        world.staff.must(Role.INVESTIGATOR, ask.DiscontinueSubject(subject.id, reason, detail), site=subject.site)
    free_slot(world, subject, "left")
    committee.meet(world)


def die(world: World, subject: Virtual) -> None:
    """Death of the disease."""
    if alive(world, subject):
        command = ask.RecordDeath(subject.id, world.today(subject.site), "disease")
        world.staff.must(Role.INVESTIGATOR, command, site=subject.site)


def still_here(world: World, subject: Virtual) -> bool:
    """Tell whether the subject can still be treated; one whose time has run out leaves now."""
    if subject.gone:
        return False
    if subject.infused is not None:
        return alive(world, subject) and not subject.progressed
    if subject.collected is not None:
        waited = (world.staff.now - subject.collected) / timedelta(days=1)
        if waited > subject.truth.lost_after_days:
            leave(world, subject, _REASONS[subject.truth.lost_to])
            return False
    return True
