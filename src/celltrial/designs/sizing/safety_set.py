"""Safety set: what a set of treated subjects can and cannot show.

Three answers for n subjects treated with comparable product: the smallest rate that would show itself with the wanted
chance, 1 - (1-chance)^(1/n); the chance that an event of a stated rate shows itself; and the upper bound if none is
seen. There is no pass mark: the guideline gives no number ("large enough"), so the product states the rate the
set can detect. Subjects on a process version that was not shown comparable do not count.
Checked against AC-P8.5 (100 treated, 1 %: 63 %; 300: 0.99 % against 1.00 %) and F5.1 (2,995 for one in a thousand).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from celltrial.designs.policy import Message
from celltrial.designs.sizing.event_detection import chance_to_see
from celltrial.designs.sizing.ranges import between, demand, whole
from celltrial.designs.sizing.rate_exclusion import ZeroEventBound, zero_event_bound


@dataclass(frozen=True, slots=True)
class SafetySet:
    """Who was, or will be, treated.

    treated_by_process: number treated with each version of the manufacturing process.
    comparable:         the versions shown comparable with the one to be marketed; only these count.
    chance:             wanted probability of seeing an event, in (0, 1).
    """

    treated_by_process: Mapping[str, int]
    comparable: frozenset[str]
    chance: float = 0.95

    def __post_init__(self) -> None:
        named = {f"treated[{key}]": value for key, value in self.treated_by_process.items()}
        demand(whole("DSG-402", 0, **named), between("DSG-401", 0, 1, chance=self.chance))


@dataclass(frozen=True, slots=True)
class SafetySetReach:
    """What the set can show.

    n:               subjects who count; not_counted: those on a process not shown comparable.
    detectable_rate: smallest rate seen with the wanted chance; None where nobody counts.
    if_none_seen:    the upper bound after zero events; None where nobody counts.
    """

    n: int
    not_counted: int
    chance: float
    detectable_rate: float | None
    if_none_seen: ZeroEventBound | None

    def chance_to_see(self, event_rate: float) -> float:
        """Return the probability that an event of this rate shows itself in the set."""
        return chance_to_see(event_rate, self.n)


def detectable_rate(n: int, chance: float = 0.95) -> float:
    """Return the smallest true rate that shows at least one event among n subjects with this chance.

    >>> round(detectable_rate(300), 5), round(detectable_rate(2995), 6)
    (0.00994, 0.001)
    """
    demand(whole("DSG-402", 1, n=n), between("DSG-401", 0, 1, chance=chance))
    return -math.expm1(math.log1p(-chance) / n)


def safety_set_reach(params: SafetySet) -> SafetySetReach:
    """Return what the safety set can show, counting only comparable product.

    >>> reach = safety_set_reach(SafetySet({"v1": 40, "v2": 100}, frozenset({"v2"})))
    >>> reach.n, reach.not_counted, round(reach.chance_to_see(0.01), 2)
    (100, 40, 0.63)
    """
    n = sum(count for key, count in params.treated_by_process.items() if key in params.comparable)
    left_out = sum(params.treated_by_process.values()) - n
    rate = detectable_rate(n, params.chance) if n else None
    return SafetySetReach(n, left_out, params.chance, rate, zero_event_bound(n) if n else None)


def describe(params: SafetySet, result: SafetySetReach) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.safety_set",
        {
            "n": result.n,
            "not_counted": result.not_counted,
            "chance": 100 * params.chance,
            "rate": 100 * (result.detectable_rate if result.detectable_rate is not None else 1.0),
        },
    )
