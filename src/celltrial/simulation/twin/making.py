"""From collection to a batch at the site: leukapheresis, manufacture (which may fail), tests, release, transport."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from celltrial.conduct.acts.batch import commands as make
from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.batch.events import Bag
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import ExitReason, Lot
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.core.random_streams import stream
from celltrial.protocol.procedures import collection_procedures
from celltrial.protocol.regimen import bag_shares, bags_of_course, regimen_of, share_of
from celltrial.simulation.twin import analysing, controlling, course, disease, randomising, treating
from celltrial.simulation.twin.leaving import leave, still_here
from celltrial.simulation.twin.product import SHORT, days_to_test, lasts_days
from celltrial.simulation.twin.truth import USUAL_CELLS
from celltrial.simulation.twin.world import Virtual, World

#: How many weeks a refused collection is asked for again.
_WEEKS_TO_COLLECT: Final = 26
#: Shares of the cells of a batch that live, and that carry the receptor.
_VIABLE: Final = 0.88
_POSITIVE: Final = 0.45
_USUAL_WEIGHT: Final = Decimal(64)


def assign(world: World, subject: Virtual) -> None:
    """Randomise a subject; its disease is followed from today, and a control arm begins where it gets one."""
    randomising.randomise(world, subject)
    disease.begin(world, subject)
    if not subject.with_cells:
        controlling.begin(world, subject)
    analysing.plan_by_time(world)


def collect(world: World, subject: Virtual) -> None:
    """Plan a batch and collect for it."""
    if not still_here(world, subject):
        return
    subject.attempt, subject.made = subject.attempt + 1, subject.made + 1
    subject.batch = f"B-{subject.number:03d}-{subject.made}"
    staff = world.staff
    planned = subject.batch in staff.desk.state.batches
    if not planned and isinstance(staff.ask(Role.CELL_PROCESSING, make.PlanBatch(subject.batch, subject.id)), Refused):
        leave(world, subject, ExitReason.MANUFACTURING_FAILURE, "no further attempt")
        return
    if subject.made == 1 and not subject.truth.collection_works:
        leave(world, subject, ExitReason.OTHER, "collection failed")
        return
    command = ask.PerformLeukapheresis(
        subject.id,
        subject.batch,
        subject.identity,
        subject.batch,
        _collector(world, subject),
        Decimal("1.2e10"),
        staff.witness(Role.INVESTIGATOR, subject.site),
    )
    if isinstance(staff.ask(Role.COORDINATOR, command, site=subject.site), Refused):
        subject.attempt, subject.made, subject.tries = subject.attempt - 1, subject.made - 1, subject.tries + 1
        if subject.tries > _WEEKS_TO_COLLECT:
            leave(world, subject, ExitReason.OTHER, "collection refused")
        else:
            world.later(subject, 7, collect)
        return
    subject.collected = subject.collected or staff.now
    if randomising.is_point(world, subject, "after_collection"):
        assign(world, subject)
        if not subject.with_cells:
            return
    if subject.round == 1 and subject.truth.lost_after_days < 400:
        world.later(subject, subject.truth.lost_after_days + 1, watch, hour=12)
    world.later(subject, 2, start)


def _collector(world: World, subject: Virtual) -> str:
    """Return the account of whoever collects: of the role that the protocol has trained for it, else a coordinator."""
    asked, wanted = collection_procedures(world.protocol), world.protocol.sites
    trained = (item.role for item in (wanted.operators if wanted is not None else ()) if item.procedure in asked)
    return f"{next(trained, Role.COORDINATOR.value)}.{subject.site}"


def watch(world: World, subject: Virtual) -> None:
    """The day on which a waiting subject's time runs out."""
    if subject.infused is None:
        still_here(world, subject)


def start(world: World, subject: Virtual) -> None:
    """Begin manufacture."""
    if not still_here(world, subject):
        return
    run = f"RUN-{world.staff.now:%Y%j}-{subject.number:03d}"
    world.staff.must(
        Role.CELL_PROCESSING,
        make.ReceiveMaterial(
            subject.batch,
            "manufacturer",
            subject.identity,
            subject.batch,
            intact=True,
            witness=world.staff.witness(Role.QUALITY_ASSURANCE),
        ),
    )
    command = make.StartManufacture(
        subject.batch, world.process_version, run, (Lot("vector", f"V{1 + subject.number // 12:02d}"),)
    )
    world.staff.must(Role.CELL_PROCESSING, command)
    world.later(subject, _days_to_grow(world, subject), finish)


def _days_to_grow(world: World, subject: Virtual) -> int:
    """Return days from the start of a manufacture to its end; a short process varies by as much less."""
    whole = round(world.protocol.manufacturing.turnaround.days) if world.protocol.manufacturing else 21
    extra = subject.truth.turnaround_extra_days
    if whole < SHORT:
        return max(1, whole - 2 + extra * whole // 21)
    return whole - 6 + extra


def finish(world: World, subject: Virtual) -> None:
    """End manufacture: a failure may lead to a second attempt."""
    staff = world.staff
    if not _works(world, subject):
        staff.must(Role.CELL_PROCESSING, make.RecordManufactureFailure(subject.batch, "expansion", "poor_growth"))
        if not subject.gone:
            world.later(subject, 7, collect)
        return
    staff.must(
        Role.CELL_PROCESSING, make.CompleteManufacture(subject.batch, Decimal(str(round(subject.truth.total_cells))))
    )
    world.later(subject, days_to_test(world), release, hour=8 if lasts_days(world) else 10)


def usual_cells(world: World) -> float:
    """Return what a manufacture usually yields: enough for twice the largest planned dose, and never less than is usual.

    A process is made for its dose; how often a batch falls below it is then the spread of the yield.
    """
    dose = world.protocol.dose
    courses = [course for item in regimen_of(world.protocol).rounds for course in item.courses]
    whole = max(sum(share_of(course, one) for one in course.administrations) for course in courses)
    most = max(dose.planned(number, _USUAL_WEIGHT)[1] for number in range(1, len(dose.levels) + 1))
    needed = float(most * max(whole, Decimal(1)))
    positive = 1.0 if dose.basis is not DoseBasis.TARGET_POSITIVE_VIABLE else _VIABLE * _POSITIVE
    return max(USUAL_CELLS, 2 * needed / positive)


def _works(world: World, subject: Virtual) -> bool:
    """Tell whether a manufacture works; those of further rounds are drawn each by itself."""
    if subject.round == 1:
        return subject.truth.making_works[min(subject.attempt, 2) - 1]
    drawn = stream(world.seed, "twin", "making", subject.number, subject.made).random()
    return float(drawn) < world.assumptions.manufacturing_success


def bags_of(world: World, subject: Virtual, cells: Decimal) -> tuple[Bag, ...]:
    """Return the bags of a batch, one for each administration of the subject's course, that together hold its cells."""
    here = regimen_of(world.protocol).rounds[subject.round - 1]
    parts = bags_of_course(course.chosen_course(world, subject, here)) if bag_shares(world.protocol) else ()
    sizes = [(cells * share).to_integral_value() for _, share in parts]
    sizes[-1:] = [cells - sum(sizes[:-1])] if parts else []
    numbered = enumerate(zip(parts, sizes, strict=True), 1)
    return tuple(Bag(f"{number}", size, component) for number, ((component, _), size) in numbered)


def release(world: World, subject: Virtual) -> None:
    """Test and release; transport follows the next day."""
    staff, process = world.staff, world.protocol.manufacturing
    for test in process.release_tests if process else ():
        staff.must(Role.QUALITY_ASSURANCE, make.RecordQualityTest(subject.batch, test, None, "", passed=True))
    basis = world.protocol.dose.basis
    positive = subject.truth.total_cells * _VIABLE * _POSITIVE
    held = positive if basis is DoseBasis.TARGET_POSITIVE_VIABLE else subject.truth.total_cells
    cells = Decimal(str(round(held)))
    life = process.shelf_life.days if process else 180
    staff.must(
        Role.QUALITY_ASSURANCE,
        make.ReleaseBatch(
            subject.batch,
            cells,
            basis,
            Instant(staff.now + timedelta(days=life)),
            (staff.signature(Role.QUALITY_ASSURANCE, "release"),),
            viability=Decimal(str(_VIABLE)),
            positivity=Decimal(str(_POSITIVE)),
            vector_copy_number=Decimal(str(round(subject.truth.kinetics.copy_number, 2))),
            bags=bags_of(world, subject, cells),
        ),
    )
    if subject.gone:
        return
    if randomising.is_point(world, subject, "after_release"):
        assign(world, subject)
    if subject.with_cells and lasts_days(world):
        world.agenda.at(staff.now + timedelta(minutes=30), lambda: ship(world, subject))
    elif subject.with_cells:
        world.later(subject, 1, ship)


def ship(world: World, subject: Virtual) -> None:
    """Send the batch to the subject's site."""
    if not still_here(world, subject):
        return
    staff = world.staff
    shipment = f"SH-{subject.batch}"
    staff.must(Role.CELL_PROCESSING, make.ShipBatch(subject.batch, subject.site, "courier", shipment, "F1"))
    given, taken = Instant(staff.now), Instant(staff.now + timedelta(minutes=10))

    def hand_over() -> None:
        seen = staff.signature(Role.CELL_PROCESSING, "hand_over")
        hand = make.HandOverBatch(
            subject.batch, "manufacturer", "courier", given, taken, *_temperatures(world, -170, -165), seen
        )
        staff.must(Role.CELL_PROCESSING, hand)

    world.agenda.at(staff.now + timedelta(minutes=15), hand_over)
    if lasts_days(world):
        world.agenda.at(staff.now + timedelta(hours=3), lambda: receive(world, subject))
    else:
        world.later(subject, 2, receive)


def _temperatures(world: World, low: int, high: int) -> tuple[Decimal, Decimal]:
    """Return the lowest and highest temperature of a way: the usual ones of the frozen, else what the protocol allows."""
    process = world.protocol.manufacturing
    custody = process.custody if process is not None else None
    if custody is None or custody.temperature_low_c is None or custody.temperature_high_c is None:
        return Decimal(low), Decimal(high)
    least, most = Decimal(str(custody.temperature_low_c)), Decimal(str(custody.temperature_high_c))
    if least <= low and high <= most:
        return Decimal(low), Decimal(high)
    return least + (most - least) / 4, most - (most - least) / 4


def receive(world: World, subject: Virtual) -> None:
    """Receive at the site; treatment is planned next."""
    staff = world.staff
    hand = make.HandOverBatch(
        subject.batch,
        "courier",
        subject.site,
        Instant(staff.now - timedelta(minutes=15)),
        Instant(staff.now - timedelta(minutes=5)),
        *_temperatures(world, -168, -160),
        staff.signature(Role.COORDINATOR, "hand_over", subject.site),
    )
    staff.must(Role.COORDINATOR, hand, site=subject.site)
    command = make.ReceiveBatch(
        subject.batch,
        subject.site,
        subject.identity,
        subject.batch,
        intact=True,
        witness=staff.witness(Role.INVESTIGATOR, subject.site),
    )
    staff.must(Role.COORDINATOR, command, site=subject.site)
    if still_here(world, subject) and lasts_days(world):
        world.agenda.at(staff.now + timedelta(minutes=30), lambda: treating.plan(world, subject))
    elif still_here(world, subject):
        world.later(subject, 1, treating.plan)
