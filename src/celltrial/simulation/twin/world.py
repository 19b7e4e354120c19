"""The virtual world: the protocol, what is supposed true, the staff, the agenda, the subjects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final

import numpy as np

from celltrial.conduct.envelope import Role
from celltrial.core.dates import zone
from celltrial.core.random_streams import stream
from celltrial.designs.randomised.allocation import Stratum
from celltrial.designs.randomised.permuted_blocks import BlockState
from celltrial.designs.single_arm.binomial_looks import Looks
from celltrial.protocol import Protocol
from celltrial.protocol.model.assumptions import Assumptions
from celltrial.protocol.model.escalation import Escalation
from celltrial.simulation.twin.agenda import Agenda
from celltrial.simulation.twin.desk import Staff
from celltrial.simulation.twin.offices import Statistician
from celltrial.simulation.twin.scenarios import Supposed
from celltrial.simulation.twin.truth import Truth

#: Zones of the virtual sites, in order; more sites begin again from the first.
ZONES: Final = (("CN", "Asia/Shanghai"), ("CN", "Asia/Urumqi"), ("DE", "Europe/Berlin"))


@dataclass(frozen=True, slots=True)
class Seen:
    """An assessment as the committee sees it: its day, the category that settles it, and what each reader sees."""

    on: date
    category: str
    reads: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LookHeld:
    """A look that was held.

    seen: subjects of a single arm, or events of a comparison. value: responders, or the statistic; bound: from where it stops
    for activity; None where the data reach no planned look. verdict: `continue`, `efficacy`, `futility` or `final`.
    """

    look: int
    looks: int
    seen: int
    value: float
    bound: float | None
    verdict: str


@dataclass(slots=True)
class Virtual:
    """A virtual subject: its truth, and what has happened to it so far.

    attempt: manufactures for the round under way; made: all of them. round: the round under way; given: the last begun.
    begins: the day from which a randomised subject's disease is followed; treated_on: its first treatment, cells or control.
    lost_after, malignancy_after: days of follow-up until nobody reaches the subject, and until a new malignancy.
    endures: cumulative hazard that is left until progression; expectation: which forecast of it is in force.
    """

    number: int
    id: str
    site: str
    truth: Truth
    identity: str
    attempt: int = 0
    made: int = 0
    batch: str = ""
    round: int = 1
    given: int = 0
    level: int = 0
    collected: datetime | None = None
    infused: datetime | None = None
    progressed: bool = False
    gone: bool = False
    planned_infusion: datetime | None = None
    tries: int = 0
    seen: dict[str, Seen] = field(default_factory=dict)
    part: str = ""
    arm: str = ""
    with_cells: bool = True
    randomised: date | None = None
    begins: date | None = None
    treated_on: date | None = None
    endures: float = 0.0
    expectation: int = 0
    withdrawn: bool = False
    lost_after: float = math.inf
    malignancy_after: float = math.inf
    malignancy_told: bool = False


@dataclass(slots=True)
class World:
    """Everything the virtual trial runs on.

    collect: what begins a product, which a treatment asks for again, too: for a further round, and for one that did not last.
    """

    protocol: Protocol
    plan: Escalation | None
    assumptions: Assumptions
    scenario: Supposed
    seed: int
    staff: Staff
    agenda: Agenda
    start: date
    end: date
    collect: Callable[[World, Virtual], None]
    subjects: dict[str, Virtual] = field(default_factory=dict)
    arrivals: int = 0
    events: int = 0
    cohorts: int = 0
    finding_dose: bool = True
    recruiting: bool = True
    looks: Looks | None = None
    statistician: Statistician | None = None
    held: list[LookHeld] = field(default_factory=list)
    look_pending: bool = False
    ended: bool = False
    analysed_on: date | None = None
    blocks: dict[tuple[str, ...], BlockState] = field(default_factory=dict)
    allocated: list[tuple[Stratum, str]] = field(default_factory=list)
    process_version: str = field(init=False)
    chance: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        """Take the stream of what belongs to no single subject, and the process that the protocol states."""
        self.chance = stream(self.seed, "twin", "trial")
        process = self.protocol.manufacturing
        self.process_version = process.process_version if process is not None else "P1"

    def at(self, days: float, act: Callable[[World], None]) -> None:
        """Enter an act on the whole trial so many days from now."""
        self.agenda.at(self.staff.now + timedelta(days=days), partial(act, self))

    @property
    def sites(self) -> list[str]:
        """Site identifiers."""
        return [f"S{number + 1}" for number in range(self.assumptions.sites)]

    def zone_of(self, site: str) -> str:
        """Return the IANA zone of a site."""
        return ZONES[(int(site[1:]) - 1) % len(ZONES)][1]

    def moment(self, day: date, site: str, hour: int = 10, minute: int = 0) -> datetime:
        """Return a moment on a site-local day, in UTC."""
        return datetime.combine(day, time(hour, minute), tzinfo=zone(self.zone_of(site))).astimezone(UTC)

    def today(self, site: str) -> date:
        """Return the site's calendar date now."""
        return self.staff.now.astimezone(zone(self.zone_of(site))).date()

    def later(self, subject: Virtual, days: float, act: Callable[[World, Virtual], None], hour: int = 10) -> None:
        """Enter an act on a subject so many site-local days from now."""
        day = self.today(subject.site) + timedelta(days=round(days))
        when = max(self.moment(day, subject.site, hour), self.staff.now)
        self.agenda.at(when, partial(act, self, subject))

    def event_id(self) -> str:
        """Return a new adverse-event identifier."""
        self.events += 1
        return f"AE-{self.events:04d}"

    @property
    def infused(self) -> int:
        """How many subjects were infused."""
        return sum(one.infused is not None for one in self.subjects.values())

    def sign(self, role: Role, meaning: str, site: str | None = None) -> tuple[object, ...]:
        """Return one signature as a tuple."""
        return (self.staff.signature(role, meaning, site),)


def on_day(world: World, subject: Virtual, day: float, act: Callable[[World, Virtual], None], hour: int = 10) -> None:
    """Enter an act so many days after infusion, inside the simulated period."""
    assert subject.infused is not None
    on_calendar(world, subject, subject.infused.date(), day, act, hour)


def on_calendar(
    world: World,
    subject: Virtual,
    origin: date,
    day: float,
    act: Callable[[World, Virtual], None],
    hour: int = 10,
) -> None:
    """Enter an act so many days after an origin, inside the simulated period and not in the past."""
    when = world.moment(origin + timedelta(days=round(day)), subject.site, hour)
    if when.date() <= world.end and when > world.staff.now:
        world.agenda.at(when, lambda: act(world, subject))


def alive(world: World, subject: Virtual) -> bool:
    """Tell whether the subject lives."""
    return world.staff.desk.state.subjects[subject.id].died_on is None
