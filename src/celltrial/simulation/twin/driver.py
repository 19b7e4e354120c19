"""Run a virtual trial from registration to its last simulated day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from celltrial.conduct.acts.site import commands as site_commands
from celltrial.conduct.acts.trial import commands as trial_commands
from celltrial.conduct.envelope import Role
from celltrial.conduct.vocabulary import Origin, Resource
from celltrial.core.progress import Progress, Silent
from celltrial.protocol import Protocol, canonical_json, fingerprint
from celltrial.protocol.model.assumptions import Assumptions
from celltrial.protocol.policies import response_looks
from celltrial.simulation.twin import committee, making, screening
from celltrial.simulation.twin.agenda import Agenda
from celltrial.simulation.twin.desk import Desk, Staff
from celltrial.simulation.twin.happenings import Happening
from celltrial.simulation.twin.offices import Statistician
from celltrial.simulation.twin.scenarios import scenario_of
from celltrial.simulation.twin.world import ZONES, LookHeld, World

#: The day on which a virtual trial begins unless another is asked for.
FIRST_DAY: Final = date(2025, 3, 3)


@dataclass(frozen=True, slots=True)
class TwinSummary:
    """What a virtual trial came to; the trial itself is in the ledger.

    refusals: how often each condition refused a request, by code; refusals are part of a real trial.
    """

    trial: str
    scenario: str
    seed: int
    screened: int
    enrolled: int
    infused: int
    requests: int
    refusals: Mapping[str, int]
    ended: date
    recommended_level: int | None
    randomised: int = 0
    looks: tuple[LookHeld, ...] = ()
    analysed_on: date | None = None


def simulate_trial(
    protocol: Protocol,
    desk: Desk,
    *,
    seed: int,
    scenario: str | None = None,
    start: date = FIRST_DAY,
    years: float = 4.0,
    progress: Progress | None = None,
    statistician: Statistician | None = None,
    happenings: Sequence[Happening] = (),
) -> TwinSummary:
    """Drive a whole virtual trial through the commands of conduct.

    scenario: id of a scenario that the protocol states or implies, the first unless given (SIM-201 where there is none).
    start:    first day; years: simulated length after it.
    statistician: who computes at looks; without one a trial has its primary analysis and no look before it.
    happenings: what befalls the trial on days that its author chose.
    The same protocol, scenario, start and seed give the same requests.
    """
    begin = datetime.combine(start, time(9), tzinfo=UTC)
    world = World(
        protocol=protocol,
        plan=protocol.escalation,
        assumptions=protocol.assumptions or Assumptions(),
        scenario=scenario_of(protocol, scenario),
        seed=seed,
        staff=Staff(desk, begin),
        agenda=Agenda(),
        start=start,
        end=start + timedelta(days=round(365.25 * years)),
        collect=making.collect,
        looks=response_looks(protocol) if statistician is not None else None,
        statistician=statistician,
    )
    world.staff.move_to(begin)
    set_up(world)
    for item in happenings:
        world.at(item.day, item.act)
    run(world, progress or Silent())
    return summary_of(world)


def set_up(world: World) -> None:
    """Register the trial, approve the protocol, activate the sites, open the first cohort."""
    staff, about = world.staff, world.protocol.identification
    staff.must(
        Role.SPONSOR,
        trial_commands.RegisterTrial(about.id, about.title.said("en"), about.sponsor or "", Origin.SIMULATED),
    )
    signatures = (
        staff.signature(Role.SPONSOR, "approval"),
        staff.signature(Role.MEDICAL_MONITOR, "approval"),
    )
    staff.must(
        Role.SPONSOR,
        trial_commands.ApproveProtocol(
            about.version, canonical_json(world.protocol), fingerprint(world.protocol), signatures
        ),
    )
    for number, name in enumerate(world.sites):
        activate(world, name, *ZONES[number % len(ZONES)])
    committee.open_first(world)


def activate(world: World, name: str, country: str, zone_name: str) -> None:
    """Activate a site with what the protocol asks for, and qualify its operators."""
    staff, needs = world.staff, world.protocol.sites
    resources = tuple(Resource(item.name, item.minimum * 4) for item in needs.resources) if needs else ()
    staff.must(
        Role.SPONSOR, site_commands.ActivateSite(name, f"Virtual site {name[1:]}", country, zone_name, resources)
    )
    for item in needs.operators if needs else ():
        account = f"{item.role}.{name}"
        version, seen = item.sop_version or "", item.minimum_supervised
        trained = site_commands.QualifyOperator(name, account, item.procedure, version, None, seen)
        staff.must(Role.SPONSOR, trained)


def run(world: World, progress: Progress) -> None:
    """Carry out the agenda to the end of the simulated period."""
    world.agenda.at(world.staff.now + timedelta(days=3), lambda: screening.arrive(world))
    last = datetime.combine(world.end, time(23), tzinfo=UTC)
    total = (world.end - world.start).days
    progress.start("progress.simulate", total)
    shown = 0
    while (entry := world.agenda.take()) is not None:
        when, act = entry
        if when > last:
            break
        world.staff.move_to(when)
        act()
        day = (when.date() - world.start).days
        if day > shown:
            progress.advance(day - shown)
            shown = day
    progress.finish()


def summary_of(world: World) -> TwinSummary:
    """Return what the trial came to."""
    state = world.staff.desk.state
    return TwinSummary(
        trial=state.trial,
        scenario=world.scenario.id,
        seed=world.seed,
        screened=len(state.subjects),
        enrolled=sum(one.enrolled is not None for one in state.subjects.values()),
        infused=sum(bool(one.infusions) for one in state.subjects.values()),
        requests=world.staff.submitted,
        refusals=dict(sorted(world.staff.refusals.items())),
        ended=world.staff.now.date(),
        recommended_level=state.recommended_level,
        randomised=len(world.allocated),
        looks=tuple(world.held),
        analysed_on=world.analysed_on,
    )
