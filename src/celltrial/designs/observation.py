"""What a design observes of one subject, and what follows for a cohort.

A subject falls into one category (no DLT, DLT; with or without response; ...).
Each category adds to the counts of the dose. Outcomes of a cohort that add the same
are one outcome; their probability is a sum over ordered subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Channel(StrEnum):
    """A count kept per dose; the value is the field of `Counts`."""

    N = "n"
    DLT = "dlt"
    RESPONSE = "response"
    BOTH = "both"
    MODERATE = "moderate"
    INFEASIBLE = "infeasible"


@dataclass(frozen=True, slots=True)
class Observation:
    """What is counted.

    name:       stable name.
    channels:   the counts kept per dose; the first is N, the second DLT.
    categories: for each category of a subject, what it adds to each channel.
    """

    name: str
    channels: tuple[Channel, ...]
    categories: tuple[tuple[int, ...], ...]

    def index(self, channel: Channel) -> int:
        """Return the position of a channel."""
        return self.channels.index(channel)

    def outcomes(self, size: int) -> tuple[tuple[int, ...], ...]:
        """Return the distinct additions to the counts that a cohort of `size` subjects can make, sorted.

        >>> DLT_ONLY.outcomes(2)
        ((2, 0), (2, 1), (2, 2))
        """
        found = {(0,) * len(self.channels)}
        for _ in range(size):
            found = {tuple(a + b for a, b in zip(o, c, strict=True)) for o in found for c in self.categories}
        return tuple(sorted(found))

    def outcome_probabilities(self, size: int, category: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each of `outcomes(size)`.

        category: probability of each category of a subject, along the last axis; leading axes are free
        (scenario, dose). The result has the outcomes along the last axis.

        >>> DLT_ONLY.outcome_probabilities(2, np.array([0.7, 0.3])).round(2).tolist()
        [0.49, 0.42, 0.09]
        """
        table = {(0,) * len(self.channels): np.ones(category.shape[:-1])}
        for _ in range(size):
            following: dict[tuple[int, ...], NDArray[np.float64]] = {}
            for outcome, weight in table.items():
                for k, adds in enumerate(self.categories):
                    key = tuple(a + b for a, b in zip(outcome, adds, strict=True))
                    term = weight * category[..., k]
                    following[key] = following[key] + term if key in following else term
            table = following
        return np.stack([table[key] for key in sorted(table)], axis=-1)


DLT_ONLY: Final = Observation("dlt", (Channel.N, Channel.DLT), ((1, 0), (1, 1)))
DLT_RESPONSE: Final = Observation(
    "dlt_response",
    (Channel.N, Channel.DLT, Channel.RESPONSE),
    ((1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)),
)
DLT_RESPONSE_JOINT: Final = Observation(
    "dlt_response_joint",
    (Channel.N, Channel.DLT, Channel.RESPONSE, Channel.BOTH),
    ((1, 0, 0, 0), (1, 0, 1, 0), (1, 1, 0, 0), (1, 1, 1, 1)),
)
DLT_MODERATE: Final = Observation(
    "dlt_moderate", (Channel.N, Channel.DLT, Channel.MODERATE), ((1, 0, 0), (1, 0, 1), (1, 1, 0))
)
DLT_FEASIBILITY: Final = Observation(
    "dlt_feasibility", (Channel.N, Channel.DLT, Channel.INFEASIBLE), ((1, 0, 0), (1, 1, 0), (0, 0, 1))
)
