"""From collection to a batch at the site: leukapheresis, manufacture (which may fail), tests, release, transport."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from celltrial.conduct.acts.batch import commands as make
from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.batch.events import Bag
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import ExitReason, Lot
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis
from celltrial.protocol import Protocol
from celltrial.protocol.regimen import bag_shares
from celltrial.simulation.twin import treating
from celltrial.simulation.twin.leaving import leave, still_here
from celltrial.simulation.twin.world import Virtual, World


def collect(world: World, subject: Virtual) -> None:
    """Plan a batch and collect for it."""
    if not still_here(world, subject):
        return
    subject.attempt += 1
    subject.batch = f"B-{subject.number:03d}-{subject.attempt}"
    staff = world.staff
    answer = staff.ask(Role.CELL_PROCESSING, make.PlanBatch(subject.batch, subject.id))
    if isinstance(answer, Refused):
        leave(world, subject, ExitReason.MANUFACTURING_FAILURE, "no further attempt")
        return
    if subject.attempt == 1 and not subject.truth.collection_works:
        leave(world, subject, ExitReason.OTHER, "collection failed")
        return
    command = ask.PerformLeukapheresis(
        subject.id,
        subject.batch,
        subject.identity,
        subject.batch,
        f"coordinator.{subject.site}",
        Decimal("1.2e10"),
        staff.witness(Role.INVESTIGATOR, subject.site),
    )
    if isinstance(staff.ask(Role.COORDINATOR, command, site=subject.site), Refused):
        subject.attempt -= 1
        world.later(subject, 7, collect)
        return
    subject.collected = subject.collected or staff.now
    if subject.truth.lost_after_days < 400:
        world.later(subject, subject.truth.lost_after_days + 1, watch, hour=12)
    world.later(subject, 2, start)


def watch(world: World, subject: Virtual) -> None:
    """The day on which a waiting subject's time runs out."""
    if subject.infused is None:
        still_here(world, subject)


def start(world: World, subject: Virtual) -> None:
    """Begin manufacture."""
    if not still_here(world, subject):
        return
    process = world.protocol.manufacturing
    version = process.process_version if process else "P1"
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
    command = make.StartManufacture(subject.batch, version, run, (Lot("vector", f"V{1 + subject.number // 12:02d}"),))
    world.staff.must(Role.CELL_PROCESSING, command)
    days = round(process.turnaround.days if process else 21) - 6 + subject.truth.turnaround_extra_days
    world.later(subject, days, finish)


def finish(world: World, subject: Virtual) -> None:
    """End manufacture: a failure may lead to a second attempt."""
    staff = world.staff
    if not subject.truth.making_works[min(subject.attempt, 2) - 1]:
        staff.must(Role.CELL_PROCESSING, make.RecordManufactureFailure(subject.batch, "expansion", "poor_growth"))
        if not subject.gone:
            world.later(subject, 7, collect)
        return
    staff.must(
        Role.CELL_PROCESSING, make.CompleteManufacture(subject.batch, Decimal(str(round(subject.truth.total_cells))))
    )
    world.later(subject, 5, release)


def bags_of(protocol: Protocol, cells: Decimal) -> tuple[Bag, ...]:
    """Return the bags of a batch, one for each administration of the course, that together hold its cells."""
    parts = bag_shares(protocol)
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
    positive = subject.truth.total_cells * 0.88 * 0.45
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
            viability=Decimal("0.88"),
            positivity=Decimal("0.45"),
            vector_copy_number=Decimal(str(round(subject.truth.kinetics.copy_number, 2))),
            bags=bags_of(world.protocol, cells),
        ),
    )
    if not subject.gone:
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
            subject.batch, "manufacturer", "courier", given, taken, Decimal(-170), Decimal(-165), seen
        )
        staff.must(Role.CELL_PROCESSING, hand)

    world.agenda.at(staff.now + timedelta(minutes=15), hand_over)
    world.later(subject, 2, receive)


def receive(world: World, subject: Virtual) -> None:
    """Receive at the site; treatment is planned next."""
    staff = world.staff
    hand = make.HandOverBatch(
        subject.batch,
        "courier",
        subject.site,
        Instant(staff.now - timedelta(minutes=15)),
        Instant(staff.now - timedelta(minutes=5)),
        Decimal(-168),
        Decimal(-160),
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
    if still_here(world, subject):
        world.later(subject, 1, treating.plan)
