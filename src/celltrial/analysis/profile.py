"""One concentration-time profile, with values below the limit put where the rule wants them.

Rule for values below the lower limit of quantification (LLOQ): before the first quantifiable value
they are 0; between two quantifiable values they are left out; after the last one they are the tail,
which tells that follow-up went on but adds no area.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault

__all__ = ["Profile", "profile"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A cleaned profile.

    time, value:   points up to the last quantifiable one, in order; leading values below LLOQ are 0.
    tail:          times of samples below LLOQ after the last quantifiable value.
    dropped:       samples below LLOQ between quantifiable ones, left out.
    samples:       number of usable samples, below LLOQ or not.
    """

    time: tuple[float, ...]
    value: tuple[float, ...]
    tail: tuple[float, ...]
    dropped: int
    samples: int

    @property
    def quantifiable(self) -> bool:
        """Whether any value was above the limit."""
        return any(value > 0 for value in self.value)

    @property
    def last_sampled(self) -> float:
        """Time of the last usable sample."""
        return self.tail[-1] if self.tail else self.time[-1]

    @property
    def peak(self) -> int:
        """Index of the highest value, the first of equals."""
        return self.value.index(max(self.value))


def profile(time: Sequence[float], value: Sequence[float | None], below_lloq: Sequence[bool] | None = None) -> Profile:
    """Return the profile of samples in any order.

    value None without `below_lloq` is an unusable sample and left out; 0 counts as below the limit.
    Samples at one time are averaged, those below the limit as 0. Raises ANL-009 for unequal lengths, a
    time that is not finite, or a negative value.

    >>> profile([0, 7, 14, 21, 28], [None, 9.0, None, 4.0, None], [True, False, True, False, True])
    Profile(time=(0.0, 7.0, 21.0), value=(0.0, 9.0, 4.0), tail=(28.0,), dropped=1, samples=5)
    """
    below = [False] * len(time) if below_lloq is None else list(below_lloq)
    if not len(time) == len(value) == len(below):
        found = f"{len(time)} times, {len(value)} values, {len(below)} flags"
        raise UserError(fault("ANL-009", expected="one finite time and one value >= 0 for every sample", found=found))
    points: dict[float, list[float]] = {}
    for t, v, flag in zip(time, value, below, strict=True):
        if not math.isfinite(t) or (v is not None and not (math.isfinite(v) and v >= 0)):
            raise UserError(fault("ANL-009", expected="a finite time and a value >= 0", found=f"time {t}, value {v}"))
        if flag or v is not None:
            points.setdefault(float(t), []).append(0.0 if flag or v is None else float(v))
    ordered = [(t, sum(values) / len(values)) for t, values in sorted(points.items())]
    above = [i for i, (_, v) in enumerate(ordered) if v > 0]
    if not above:
        return Profile((), (), tuple(t for t, _ in ordered), 0, len(ordered))
    kept = [(t, v) for i, (t, v) in enumerate(ordered) if i < above[0] or (v > 0 and i <= above[-1])]
    tail = tuple(t for t, _ in ordered[above[-1] + 1 :])
    dropped = len(ordered) - len(kept) - len(tail)
    return Profile(tuple(t for t, _ in kept), tuple(v for _, v in kept), tail, dropped, len(ordered))
