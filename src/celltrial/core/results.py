"""Results that know their population, their method and their limits.

An estimate is never a bare float: it echoes what was asked, on which set, how
its interval was made, and what to keep in mind. What cannot be computed is
`NotEstimable` with a reason code, never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided or one-sided interval; an open end is infinite."""

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its set, its method and its caveats.

    value:      the estimate, at full precision.
    population: the analysis set, by what happened: enrolled, apheresed, infused, ...
    n:          size of that set.
    method:     code of the method, such as "clopper_pearson".
    interval:   the interval, where there is one.
    caveats:    codes of what a reader must keep in mind.
    detail:     counts behind it, such as {"x": 27}.
    """

    value: float
    population: str
    n: int
    method: str
    interval: Interval | None = None
    caveats: tuple[str, ...] = ()
    detail: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """What could not be estimated, and why (a reason code with parameters)."""

    reason: str
    population: str
    n: int
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
