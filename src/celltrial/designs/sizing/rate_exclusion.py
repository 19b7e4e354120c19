"""Rate exclusion: what can be ruled out after no event was seen.

After zero events in n subjects the exact one-sided upper bound of the rate is 1 - (1-level)^(1/n); the rule
of three, 3/n, is beside it because readers expect it (Hanley & Lippman-Hand 1983,
doi:10.1001/jama.1983.03330370053031). The size that excludes a rate p is the smallest n whose bound is at
most p, that is (1-p)^n <= 1-level: the same equation as seeing the event with chance `level`.
Checked against AC-P5.4 (10, 5, 20 % need 29, 59, 14) and AC-P7.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.designs.policy import Message
from celltrial.designs.sizing.event_detection import EventDetection, subjects_to_see
from celltrial.designs.sizing.ranges import between, demand, whole


@dataclass(frozen=True, slots=True)
class RateExclusion:
    """What the protocol must state to size the exclusion of a rate.

    excluded_rate: rate that zero events must exclude, above one in a billion and below 1.
    level:         one-sided confidence, in (0, 1).
    """

    excluded_rate: float
    level: float = 0.95

    def __post_init__(self) -> None:
        demand(
            between("DSG-401", 1e-9, 1, excluded_rate=self.excluded_rate), between("DSG-401", 0, 1, level=self.level)
        )


@dataclass(frozen=True, slots=True)
class ZeroEventBound:
    """The upper bound after zero events: exact, and by the rule of three (95 % only; None at other levels)."""

    n: int
    level: float
    exact: float
    rule_of_three: float | None


def subjects_to_exclude(params: RateExclusion) -> int:
    """Return the smallest n such that zero events in n exclude the rate at this confidence.

    >>> [subjects_to_exclude(RateExclusion(rate)) for rate in (0.10, 0.05, 0.20)]
    [29, 59, 14]
    """
    return subjects_to_see(EventDetection(params.excluded_rate, params.level))


def zero_event_bound(n: int, *, level: float = 0.95) -> ZeroEventBound:
    """Return the exact upper bound after zero events in n subjects, and the rule of three beside it.

    >>> b = zero_event_bound(300)
    >>> round(100 * b.exact, 2), round(100 * b.rule_of_three, 2)
    (0.99, 1.0)
    """
    from celltrial.core.intervals import upper_bound_zero_events

    demand(whole("DSG-402", 1, n=n), between("DSG-401", 0, 1, level=level))
    return ZeroEventBound(n, level, upper_bound_zero_events(n, level=level), 3 / n if level == 0.95 else None)


def describe(params: RateExclusion, result: int) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.rate_exclusion",
        {"excluded_rate": 100 * params.excluded_rate, "level": 100 * params.level, "n": result},
    )
