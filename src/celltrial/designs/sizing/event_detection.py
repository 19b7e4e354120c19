"""Event detection: how many subjects must be seen before a rare event shows itself.

With true rate p the chance that n subjects show at least one event is 1 - (1-p)^n. The size for a wanted
chance is the smallest n with 1 - (1-p)^n >= chance. Exact; the Poisson shortcut n = -ln(1-chance)/p, behind
the "rule of three", asks for up to one subject in twenty more at p = 5 % and is not used.
Checked against AC-P8.5 (1, 2, 3, 5 % need 299, 149, 99, 59) and F5.1 (300 subjects, 0.1 %: 25.9 %).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.designs.policy import Message
from celltrial.designs.sizing.ranges import between, demand, whole


@dataclass(frozen=True, slots=True)
class EventDetection:
    """What the protocol must state to size the search for an event.

    event_rate: true rate of the event that must not be missed, above one in a billion and below 1; p.
    chance:     wanted probability of at least one event, in (0, 1).
    """

    event_rate: float
    chance: float = 0.95

    def __post_init__(self) -> None:
        demand(between("DSG-401", 1e-9, 1, event_rate=self.event_rate), between("DSG-401", 0, 1, chance=self.chance))


def chance_to_see(event_rate: float, n: int) -> float:
    """Return the probability of at least one event among n subjects.

    event_rate in [0, 1]; n >= 0 whole. 1 - (1-p)^n, computed so that small p keeps its digits.

    >>> round(100 * chance_to_see(0.001, 300), 1), round(100 * chance_to_see(0.01, 100), 1)
    (25.9, 63.4)
    """
    demand(between("DSG-401", 0, 1, closed=True, event_rate=event_rate), whole("DSG-402", 0, n=n))
    if event_rate == 1:
        return float(n > 0)
    return -math.expm1(n * math.log1p(-event_rate))


def subjects_to_see(params: EventDetection) -> int:
    """Return the smallest number of subjects that shows at least one event with the wanted chance.

    >>> [subjects_to_see(EventDetection(rate)) for rate in (0.01, 0.02, 0.03, 0.05)]
    [299, 149, 99, 59]
    """
    guess = math.log1p(-params.chance) / math.log1p(-params.event_rate)
    n = max(1, math.ceil(guess) - 1)
    while chance_to_see(params.event_rate, n) < params.chance * (1 - 1e-14):
        n += 1
    return n


def describe(params: EventDetection, result: int) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.event_detection",
        {"event_rate": 100 * params.event_rate, "chance": 100 * params.chance, "n": result},
    )
