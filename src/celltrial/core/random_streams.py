"""Named streams of chance from one root seed.

Streams are named, not counted: purpose, scenario, chunk. Each name becomes
integers by a fixed hash and is passed as the spawn key of a counter-based
generator, so a result depends neither on the number of workers nor on order.
"""

from __future__ import annotations

import hashlib

import numpy as np


def spawn_key(*names: str | int) -> tuple[int, ...]:
    """Return the integers that stand for a stream's name (first 8 bytes of SHA-256 of each part)."""
    return tuple(
        int.from_bytes(hashlib.sha256(f"{type(name).__name__}:{name}".encode()).digest()[:8], "big") for name in names
    )


def stream(root_seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of the stream with this name under this root seed.

    >>> a, b = stream(1, "twin", "onset"), stream(1, "twin", "onset")
    >>> bool(a.random() == b.random())
    True
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(root_seed, spawn_key=spawn_key(*names))))
