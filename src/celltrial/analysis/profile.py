"""One concentration-time profile, with values below the limit put where the rule wants them.

What becomes of a value below the lower limit of quantification (LLOQ) has a name:

- `censored`: before the first quantifiable value it is 0; between two quantifiable values it is left out; after the
  last one it is the tail, which tells that follow-up went on but adds no area;
- `half_lloq`: it counts in the area as half the limit that is beside it; a sample without a limit stays censored;
- `zero`: it counts in the area as 0.

Whatever the rule, such a value is never the peak, never the last quantifiable one and no part of a half-life.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.core.values import message, or_absent
from celltrial.datasets.kinetic_rules import BelowLimit


@dataclass(frozen=True, slots=True)
class Profile:
    """A cleaned profile.

    time, value:   points up to the last quantifiable one, in order; censored leading values are 0.
    tail:          times of samples below LLOQ after the last quantifiable value.
    dropped:       samples below LLOQ between quantifiable ones, left out.
    samples:       number of usable samples, below LLOQ or not.
    replaced:      (time, value) of samples below LLOQ for which the rule puts a number, in order; not in `value`.
    """

    time: tuple[float, ...]
    value: tuple[float, ...]
    tail: tuple[float, ...]
    dropped: int
    samples: int
    replaced: tuple[tuple[float, float], ...] = ()

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

    @property
    def area_points(self) -> list[tuple[float, float]]:
        """Every (time, value) that bounds an area, in order."""
        return sorted((*zip(self.time, self.value, strict=True), *self.replaced))

    @property
    def seen(self) -> set[float]:
        """Times at which a sample tells how many cells there were."""
        return {*self.time, *self.tail, *(time for time, _ in self.replaced)}


@dataclass(frozen=True, slots=True)
class _Sample:
    """What was found at one time: the mean, whether any part of it is quantifiable, what a rule puts in its place."""

    time: float
    value: float
    above: bool
    instead: float | None


def profile(
    time: Sequence[float],
    value: Sequence[float | None],
    below_lloq: Sequence[bool] | None = None,
    *,
    lloq: Sequence[float | None] | None = None,
    below_limit: BelowLimit = "censored",
) -> Profile:
    """Return the profile of samples in any order.

    value None without `below_lloq` is an unusable sample and left out; 0 counts as below the limit.
    Samples at one time are averaged, those below the limit as 0, or as half of it by `half_lloq`. Raises ANL-009 for
    unequal lengths, a time that is not finite, or a negative value.

    lloq: the limit of each sample, in the unit of its value; None or 0 where none is recorded.

    >>> profile([0, 7, 14, 21, 28], [None, 9.0, None, 4.0, None], [True, False, True, False, True])
    Profile(time=(0.0, 7.0, 21.0), value=(0.0, 9.0, 4.0), tail=(28.0,), dropped=1, samples=5, replaced=())
    >>> profile([7, 14], [9.0, None], [False, True], lloq=[2.0, 2.0], below_limit="half_lloq").replaced
    ((14.0, 1.0),)
    """
    ordered = _samples(time, value, below_lloq, lloq, below_limit)
    above = [i for i, item in enumerate(ordered) if item.above]
    if not above:
        return Profile((), (), tuple(item.time for item in ordered), 0, len(ordered))
    first, last = above[0], above[-1]
    counted = {i for i, item in enumerate(ordered) if not item.above and item.instead is not None}
    kept = [item for i, item in enumerate(ordered) if item.above or (i < first and i not in counted)]
    dropped = sum(not item.above and i not in counted for i, item in enumerate(ordered) if first < i < last)
    return Profile(
        tuple(item.time for item in kept),
        tuple(item.value for item in kept),
        tuple(item.time for item in ordered[last + 1 :]),
        dropped,
        len(ordered),
        tuple((item.time, item.instead) for item in ordered if not item.above and item.instead is not None),
    )


def _samples(
    time: Sequence[float],
    value: Sequence[float | None],
    below_lloq: Sequence[bool] | None,
    lloq: Sequence[float | None] | None,
    below_limit: BelowLimit,
) -> list[_Sample]:
    """Return the usable samples in order, those at one time as one."""
    below = [False] * len(time) if below_lloq is None else list(below_lloq)
    limits = [None] * len(time) if lloq is None else list(lloq)
    if not len(time) == len(value) == len(below) == len(limits):
        found = message(
            "times_values_flags_limits", times=len(time), values=len(value), flags=len(below), limits=len(limits)
        )
        raise UserError(fault("ANL-009", expected=message("time_and_value_of_every_sample"), found=found))
    points: dict[float, list[tuple[float, bool, float | None]]] = {}
    for t, v, flag, limit in zip(time, value, below, limits, strict=True):
        if not math.isfinite(t) or (v is not None and not (math.isfinite(v) and v >= 0)):
            raise UserError(
                fault(
                    "ANL-009",
                    expected=message("finite_time_and_a_value_at_least_0"),
                    found=message("time_value", time=t, value=or_absent(v)),
                )
            )
        if flag or v == 0:
            instead = _instead(limit, below_limit)
            points.setdefault(float(t), []).append((instead or 0.0, False, instead))
        elif v is not None:
            points.setdefault(float(t), []).append((float(v), True, float(v)))
    return [_joined(t, found) for t, found in sorted(points.items())]


def _joined(time: float, found: list[tuple[float, bool, float | None]]) -> _Sample:
    mean = sum(value for value, _, _ in found) / len(found)
    known = all(instead is not None for _, _, instead in found)
    return _Sample(time, mean, any(above for _, above, _ in found), mean if known else None)


def _instead(limit: float | None, rule: BelowLimit) -> float | None:
    """Return the number that stands for a value below the limit; None where it stays censored."""
    if rule == "zero":
        return 0.0
    return limit / 2 if rule == "half_lloq" and limit is not None and limit > 0 else None
