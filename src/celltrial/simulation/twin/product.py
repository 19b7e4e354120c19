"""How many days a product takes to its site, and whether it lasts longer than days."""

from __future__ import annotations

from typing import Final

from celltrial.simulation.twin.world import World

#: Days below which a process is short, and those that a fresh product may last.
SHORT: Final = 10
_DAYS_FRESH: Final = 3


def days_to_test(world: World) -> int:
    """Return days from the end of a manufacture to its release."""
    process = world.protocol.manufacturing
    return 1 if process is not None and process.turnaround.days < SHORT else 5


def lasts_days(world: World) -> bool:
    """Tell whether the product lasts days only, so that it is sent, received and given on the day of its release."""
    process = world.protocol.manufacturing
    return process is not None and process.shelf_life.days <= _DAYS_FRESH


def days_to_site(world: World) -> float:
    """Return the usual days from a collection to a product at the site, with those to its infusion."""
    process = world.protocol.manufacturing
    if process is None:
        return 35
    if lasts_days(world):  # not a day early, for it would not last
        whole = round(process.turnaround.days)
        return 2 + max(1, whole - (2 if whole < SHORT else 6)) + days_to_test(world)
    return process.turnaround.days + 14
