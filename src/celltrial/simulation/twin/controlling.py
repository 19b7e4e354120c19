"""The control arm: what the protocol gives in the place of cells, from randomisation to its last dose or progression."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from celltrial.conduct.acts.assessment import commands as measure
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.assessment.events import ConcomitantMedicationGiven
from celltrial.conduct.gates.assignment import arm_of
from celltrial.core.random_streams import stream
from celltrial.protocol.model.regimen import DrugDose
from celltrial.simulation.twin.world import Virtual, World, alive

#: Days from randomisation to the first dose.
_TO_FIRST: Final = 5


def begin(world: World, subject: Virtual) -> None:
    """Enter the drugs of the subject's arm: all of them, or one that the physician chooses."""
    subject.treated_on = world.today(subject.site) + timedelta(days=_TO_FIRST)
    arm = arm_of(world.protocol, subject.arm)
    drugs = arm.drugs if arm is not None else ()
    if arm is not None and arm.choice == "one" and drugs:
        chosen = int(stream(world.seed, "twin", "choice", subject.number).random() * len(drugs))
        drugs = drugs[chosen : chosen + 1]
    for drug in drugs:
        world.later(subject, _TO_FIRST + _length(drug), partial(_record, drug=drug), hour=20)


def _length(drug: DrugDose) -> float:
    """Return days from the first to the last dose, where nothing ends it before."""
    if drug.days:
        return max(drug.days) - min(drug.days)
    return drug.every.days * ((drug.at_most or 1) - 1) if drug.every is not None else 0.0


def _record(world: World, subject: Virtual, *, drug: DrugDose) -> None:
    """Record a drug of the control arm from its first to its last dose; progression or death ends it."""
    person = world.staff.desk.state.subjects[subject.id]
    begun, last = subject.treated_on, world.today(subject.site)
    if begun is None or subject.withdrawn or not alive(world, subject):
        return
    ended = min(last, person.progressed_on) if person.progressed_on is not None else last
    if ended >= begun:
        amount = Decimal(str(drug.dose))
        given = ConcomitantMedicationGiven(subject.id, drug.drug, drug.role, amount, drug.unit, begun, ended)
        world.staff.must(Role.COORDINATOR, measure.RecordConcomitantMedication(given), site=subject.site)
