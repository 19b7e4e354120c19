"""What befalls a virtual trial on a day that its author chose: a change of the process, and the like.

A happening is a day after the start and an act on the virtual world. It goes through the commands of conduct like everything
else, so that what the trial does not allow does not happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from celltrial.conduct.acts.trial import commands as keep
from celltrial.conduct.envelope import Role
from celltrial.simulation.twin.world import World

Act = Callable[[World], None]


@dataclass(frozen=True, slots=True)
class Happening:
    """An act so many days after the start of the trial."""

    day: int
    act: Act


def process_change(day: int, *, change: str, step: str, to_version: str, classification: str, days: int) -> Happening:
    """Return a change of the manufacturing process; its products are used once they were concluded to be comparable.

    days: from the record of the change to the conclusion. Batches that are begun after it are of the new version.
    """
    return Happening(
        day, partial(_record, change=change, step=step, to=to_version, classification=classification, days=days)
    )


def _record(world: World, *, change: str, step: str, to: str, classification: str, days: int) -> None:
    before = world.process_version
    recorded = keep.RecordManufacturingChange(change, classification, step, before, to)
    world.staff.must(Role.QUALITY_ASSURANCE, recorded)
    world.at(days, partial(_conclude, change=change, to=to))


def _conclude(world: World, *, change: str, to: str) -> None:
    signed = (world.staff.signature(Role.QUALITY_ASSURANCE, "comparability"),)
    concluded = keep.ConcludeComparability(change, "comparable", f"CMP-{change}", signed)
    world.staff.must(Role.QUALITY_ASSURANCE, concluded)
    world.process_version = to
