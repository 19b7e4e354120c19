"""The site that this process serves: its ledger, its door, its key. Set once at the start; pages reach it by their visit."""

from __future__ import annotations

from dataclasses import dataclass, field

from celltrial.app.doorkeeping import Door
from celltrial.app.holding import Trials
from celltrial.site.throttle import Throttle


@dataclass(frozen=True, slots=True)
class House:
    """What the pages stand on.

    secure: whether people reach the site through TLS; cookies are for that alone then.
    """

    trials: Trials
    door: Door
    secure: bool = False
    throttle: Throttle = field(default_factory=Throttle)


_houses: list[House] = []


def open_house(house: House) -> None:
    """Let the pages of this process stand on a house; the one before it, of an earlier test, is forgotten."""
    _houses[:] = [house]


def the_house() -> House:
    """Return the house of this process."""
    return _houses[0]
