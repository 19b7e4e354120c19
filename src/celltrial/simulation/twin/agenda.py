"""What happens next: acts in order of time, ties in order of entry."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

Act = Callable[[], None]


class Agenda:
    """A queue of acts by simulated time."""

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, Act]] = []
        self._entered = 0

    def at(self, when: datetime, act: Act) -> None:
        """Enter an act."""
        heapq.heappush(self._queue, (when, self._entered, act))
        self._entered += 1

    def take(self) -> tuple[datetime, Act] | None:
        """Remove and return the next act with its time; None when nothing is left."""
        if not self._queue:
            return None
        when, _, act = heapq.heappop(self._queue)
        return when, act
