"""How often one address may try to log in, beside the lock of an account: a list of names must not be tried through."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

#: So many attempts of one address within so many seconds; a ward behind one address still gets in.
ATTEMPTS: Final = 30
SECONDS: Final = 300.0
#: Addresses that are remembered; the ones not heard of for longest are forgotten first.
_ADDRESSES: Final = 10_000


class Throttle:
    """Counts attempts by address, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._tries: dict[str, deque[float]] = {}

    def wait_of(self, address: str) -> int:
        """Count an attempt and return 0, or return the seconds to wait where there were too many; those do not count.

        >>> still = Throttle(lambda: 0.0)
        >>> [still.wait_of("192.0.2.1") for _ in range(31)][-2:], still.wait_of("192.0.2.2")
        ([0, 300], 0)
        """
        now = self._clock()
        with self._lock:
            tries = self._tries.pop(address, deque())
            self._tries[address] = tries
            if len(self._tries) > _ADDRESSES:
                del self._tries[next(iter(self._tries))]
            while tries and now - tries[0] >= SECONDS:
                tries.popleft()
            if len(tries) >= ATTEMPTS:
                return max(1, round(SECONDS - (now - tries[0])))
            tries.append(now)
            return 0
