"""From planning to infusion: the stagger slot, lymphodepletion, the check of the day, the cells."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

from celltrial.conduct.acts.batch import commands as make
from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.conduct.plan import REDOSE_CRITERIA
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import ExitReason, Finding
from celltrial.core.dates import Instant
from celltrial.simulation.twin import analysing, course, following, observing
from celltrial.simulation.twin.evidence import record_evidence
from celltrial.simulation.twin.leaving import free_slot, leave, still_here
from celltrial.simulation.twin.product import lasts_days
from celltrial.simulation.twin.world import Virtual, World

#: A subject for whom no slot opened for so many days loses eligibility.
_PATIENCE_DAYS = 240


def lead_days(world: World) -> int:
    """Return days from the first day of lymphodepletion to infusion; 1 without lymphodepletion."""
    regimen = world.protocol.treatment.lymphodepletion
    return -min(day for drug in regimen.drugs for day in drug.days) if regimen else 1


def plan(world: World, subject: Virtual) -> None:
    """Ask for the earliest infusion that the gate allows; try again in three days where it refuses."""
    if not still_here(world, subject):
        return
    if delivered_cells(world, subject) < least_cells(world, subject):
        leave(world, subject, ExitReason.MANUFACTURING_FAILURE, "too few cells for the assigned dose")
        return
    lead = lead_days(world)
    begins = world.today(subject.site) + timedelta(days=2)
    infusion = world.moment(begins + timedelta(days=lead), subject.site, 10)
    if lasts_days(world):
        infusion = world.staff.now + timedelta(hours=2)
    moment = Instant(infusion, world.zone_of(subject.site))
    with_regimen = course.prepare(world, subject)
    command = (
        ask.PlanLymphodepletion(subject.id, subject.batch, begins, moment)
        if with_regimen
        else ask.BookInfusion(subject.id, subject.batch, moment)
    )
    refresh(world, subject, "lymphodepletion" if with_regimen else "infusion")
    if isinstance(world.staff.ask(Role.INVESTIGATOR, command, site=subject.site), Refused):
        subject.tries += 1
        if lasts_days(world):
            world.later(subject, 1, world.collect)
            return
        if subject.tries * 3 > _PATIENCE_DAYS:
            leave(world, subject, ExitReason.OTHER, "no infusion slot")
            return
        world.later(subject, 3, plan)
        return
    subject.planned_infusion = infusion
    if with_regimen:
        world.agenda.at(world.moment(begins, subject.site, 9), lambda: deplete(world, subject))
    else:
        world.agenda.at(infusion, lambda: infuse(world, subject))


def refresh(world: World, subject: Virtual, before: str) -> None:
    """Repeat the assessments that the protocol wants fresh before a step."""
    due = tuple(item for item in world.protocol.population.criteria if before in item.recheck_before)
    record_evidence(world, subject, due)


def deplete(world: World, subject: Virtual) -> None:
    """Begin lymphodepletion; where the gate has closed since planning, plan again."""
    if not still_here(world, subject) or subject.planned_infusion is None:
        return
    refresh(world, subject, "lymphodepletion")
    course.prepare(world, subject)
    moment = Instant(subject.planned_infusion, world.zone_of(subject.site))
    command = ask.StartLymphodepletion(subject.id, subject.batch, moment)
    if isinstance(world.staff.ask(Role.INVESTIGATOR, command, site=subject.site), Refused):
        free_slot(world, subject, "gate closed")
        world.later(subject, 7, plan)
        return
    regimen = world.protocol.treatment.lymphodepletion
    assert regimen is not None
    days = sorted({day for drug in regimen.drugs for day in drug.days})
    base = world.today(subject.site) - timedelta(days=days[0])
    for day in days:
        world.agenda.at(world.moment(base + timedelta(days=day), subject.site, 11), partial(give, world, subject, day))
    world.agenda.at(world.moment(base + timedelta(days=days[-1]), subject.site, 18), lambda: depleted(world, subject))
    world.agenda.at(subject.planned_infusion, lambda: infuse(world, subject))


def give(world: World, subject: Virtual, day: int) -> None:
    """Give the agents of one day, unless the subject has left meanwhile; a suspension stops the course."""
    if subject.gone:
        return
    regimen = world.protocol.treatment.lymphodepletion
    assert regimen is not None
    today = world.today(subject.site)
    for drug in regimen.drugs:
        if day in drug.days:
            command = ask.RecordLymphodepletionDose(subject.id, drug.drug, Decimal(str(drug.dose)), drug.unit, today)
            world.staff.ask(Role.INVESTIGATOR, command, site=subject.site)


def depleted(world: World, subject: Virtual) -> None:
    """Record the last day of lymphodepletion, unless the subject has left meanwhile."""
    if subject.gone:
        return
    command = ask.CompleteLymphodepletion(subject.id, world.today(subject.site))
    world.staff.must(Role.INVESTIGATOR, command, site=subject.site)


def target_cells(world: World, subject: Virtual) -> Decimal:
    """Return the cells of the assigned dose for this subject that are due: the whole, or the share of a fraction."""
    weight = Decimal(str(subject.truth.weight_kg))
    return world.protocol.dose.planned(subject.level, weight)[1] * course.share_due(world, subject)


def least_cells(world: World, subject: Virtual) -> Decimal:
    """Return the lower end of the dose band of what is due."""
    weight, share = Decimal(str(subject.truth.weight_kg)), course.share_due(world, subject)
    return world.protocol.dose.accepted(subject.level, weight, share)[0]


def delivered_cells(world: World, subject: Virtual) -> Decimal:
    """Return the cells to give: the assigned dose, or what the batch, or the bag that is due, holds where that is less."""
    target = target_cells(world, subject)
    batch, bags = world.staff.desk.state.batches[subject.batch], course.bags_due(world, subject)
    held = sum((bag.cells for bag in batch.bags if bag.bag in bags), Decimal(0)) if batch.bags else batch.cells
    return target if held is None else min(target, held)


def infuse(world: World, subject: Virtual) -> None:
    """Check the subject, thaw and infuse; a refusal on the day leads to a new plan or to leaving."""
    if not still_here(world, subject) or subject.given >= subject.round:
        return
    answer = give_cells(world, subject)
    if isinstance(answer, Refused):
        world.staff.raise_gaps(answer)
        reason = ExitReason.OTHER if subject.truth.pre_infusion_ok else ExitReason.ADVERSE_EVENT
        leave(world, subject, reason, "refused on the day of infusion")
        return
    subject.given = subject.round
    if subject.infused is None:
        subject.infused = world.staff.now
        observing.follow(world, subject)
        analysing.after_infusion(world)
    else:
        following.schedule(world, subject)
    course.record_drugs(world, subject)
    course.go_on(world, subject, give_cells)


def give_cells(world: World, subject: Virtual) -> Ruling:
    """Make the bedside check, thaw what is due and ask for its infusion; return the answer."""
    staff, today = world.staff, world.today(subject.site)
    fever = "38.4" if not subject.truth.pre_infusion_ok else "36.7"
    findings = [
        Finding("body_temperature", fever, "degC", today),
        Finding("oxygen_saturation", "97", "%", today),
        Finding("body_weight", f"{subject.truth.weight_kg:g}", "kg", today),
    ]
    if subject.infused is not None and world.protocol.dose.repeat.redose_criteria is not None:
        findings.append(Finding(REDOSE_CRITERIA, "yes", on=today))
    staff.must(Role.INVESTIGATOR, ask.RecordPreInfusionCheck(subject.id, tuple(findings)), site=subject.site)
    infection = any("infusion" in item.recheck_before for item in world.protocol.population.criteria)
    if infection:
        refresh(world, subject, "infusion")
    course.prepare(world, subject)
    found, bags = course.due_of(world, subject), course.bags_due(world, subject)
    route = found[1].step.planned.route if found is not None else None
    command = ask.RecordInfusion(
        subject.id,
        subject.batch,
        subject.identity,
        subject.batch,
        delivered_cells(world, subject),
        world.protocol.dose.basis,
        f"investigator.{subject.site}",
        Decimal(str(subject.truth.weight_kg)) if world.protocol.dose.by_weight else None,
        route or world.protocol.treatment.infusion.route,
        staff.witness(Role.COORDINATOR, subject.site),
        bags=bags,
    )
    use_by = Instant(staff.now + timedelta(hours=2), world.zone_of(subject.site))
    seen = staff.witness(Role.COORDINATOR, subject.site)
    thaw = make.ThawBatch(subject.batch, subject.identity, subject.batch, use_by, seen, bags)
    batch = staff.desk.state.batches[subject.batch]
    thawed = bool(bags) and set(bags) <= set(batch.thawed_bags)
    if subject.truth.pre_infusion_ok and batch.needs_thaw and not thawed:
        staff.ask(Role.INVESTIGATOR, thaw, site=subject.site)
    return staff.ask(Role.INVESTIGATOR, command, site=subject.site)
