"""Offices outside the virtual staff: who computes what a look at the data shows.

A virtual trial acts through commands and sees the public state; a statistic is no part of it. The statistician is handed in by
whoever runs the trial, with the very analysis that the report of the trial prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Compared:
    """What a look at a comparison of arms shows.

    events: with the reader of record; look: the planned look that they reach, 0 before the first; looks: how many there are.
    z: the statistic, positive where the cells fare better; bound: what it has to reach, None where no look is reached.
    """

    events: int
    look: int
    looks: int
    z: float
    bound: float | None

    @property
    def crossed(self) -> bool:
        """Whether the bound is reached."""
        return self.bound is not None and self.z >= self.bound


class Statistician(Protocol):
    """Who computes on the records as they stand."""

    def compare(self) -> Compared | None:
        """Return what the primary comparison shows now; None where it cannot be computed."""
        ...

    def responders(self, subjects: tuple[str, ...]) -> int:
        """Return how many of these subjects responded, by the reader of record."""
        ...
