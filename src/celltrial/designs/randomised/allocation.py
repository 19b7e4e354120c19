"""Arms and their ratio, shared by the ways of randomising."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs.sizing.ranges import demand, that, whole

#: A subject's levels, factor to level, such as {"site": "S1", "prior_lines": "3+"}.
Stratum = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Allocation:
    """The arms of a trial.

    arms: names, two or more, different; ratio: whole parts >= 1 in the same order, such as (2, 1).
    """

    arms: tuple[str, ...]
    ratio: tuple[int, ...]

    def __post_init__(self) -> None:
        named = {f"ratio[{k}]": part for k, part in enumerate(self.ratio)}
        demand(
            that(
                len(self.arms) >= 2 and len(set(self.arms)) == len(self.arms) == len(self.ratio) and all(self.arms),
                "DSG-306",
                expected=message("two_or_more_different_arms_one_part_of_the_ratio_each"),
                found=f"arms={self.arms}, ratio={self.ratio}",
            ),
            whole("DSG-306", 1, 20, **named),
        )

    @property
    def parts(self) -> int:
        """The sum of the ratio."""
        return sum(self.ratio)


def check_uniform(uniform: float) -> None:
    """Raise UserError (DSG-307) unless 0 <= uniform < 1."""
    if not 0 <= uniform < 1:
        raise UserError(fault("DSG-307", expected="0 <= uniform < 1", found=f"uniform={uniform}"))


def pick(weights: tuple[float, ...], uniform: float) -> int:
    """Return the index that a uniform number picks with these weights (>= 0, not all nil).

    >>> [pick((1, 1, 2), u) for u in (0.1, 0.3, 0.6, 0.99)]
    [0, 1, 2, 2]
    """
    check_uniform(uniform)
    ends = list(accumulate(weights))
    return bisect_right(ends, uniform * ends[-1])
