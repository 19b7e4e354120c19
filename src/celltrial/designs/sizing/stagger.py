"""Staggering: when subjects can be infused one after the other, what that costs, and what risk is left.

A level begins `between_levels` after the last infusion of the one before; within a level the second subject waits
`after_first_of_level`, every later one `between_later`. The cost is the day on which the last window closes, beside the same
trial without waiting within a level. The risk is the chance that a serious event whose time to onset is log-normal, through a
median and a 95th percentile, has not shown itself when the next subject is infused.
Checked against AC-P6.1 (28, 14, 28 days; three levels of three: 0, 28, 42, 70, 98, 112, 140, 168, 182 and 210, without
staggering 84; six per level: 336). The running trial enforces the same intervals, there from what really happened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.core.lazy_scipy import special
from celltrial.designs.policy import Message
from celltrial.designs.sizing.ranges import demand, positive, that, whole


@dataclass(frozen=True, slots=True)
class Stagger:
    """What the protocol must state, in days.

    levels, per_level:    dose levels and subjects at each, 1 to 50.
    after_first_of_level, between_later, between_levels: least time between infusions, >= 0.
    window:               DLT window after each infusion, > 0.
    onset_median, onset_p95: time from infusion to the serious event, median and 95th percentile; both or neither.
    """

    levels: int
    per_level: int
    after_first_of_level: float
    between_later: float
    between_levels: float
    window: float
    onset_median: float | None = None
    onset_p95: float | None = None

    def __post_init__(self) -> None:
        intervals = {name: getattr(self, name) for name in ("after_first_of_level", "between_later", "between_levels")}
        median, late = self.onset_median, self.onset_p95
        fits = (median is None) == (late is None) and (median is None or late is None or 0 < median < late < math.inf)
        demand(
            whole("DSG-402", 1, 50, levels=self.levels, per_level=self.per_level),
            positive("DSG-404", zero=True, **intervals),
            positive("DSG-404", window=self.window),
            that(fits, "DSG-404", expected="0 < onset_median < onset_p95", found=f"onset={median}, {late}"),
        )


@dataclass(frozen=True, slots=True)
class StaggerCalendar:
    """The calendar in days from the first infusion, and the risk of each interval.

    infusions:   earliest day of every infusion, level by level.
    ends:        day on which the last window closes; ends_at_once: the same with every level infused on one day.
    unseen_after_first, unseen_between_later, unseen_between_levels: chance that an event to come has not shown itself
                 when the next subject is infused; None where no time to onset is stated.
    """

    infusions: tuple[float, ...]
    ends: float
    ends_at_once: float
    unseen_after_first: float | None
    unseen_between_later: float | None
    unseen_between_levels: float | None


def stagger_calendar(params: Stagger) -> StaggerCalendar:
    """Return the calendar of a staggered escalation.

    >>> found = stagger_calendar(Stagger(3, 3, 28, 14, 28, 28))
    >>> found.infusions, found.ends, found.ends_at_once
    ((0, 28, 42, 70, 98, 112, 140, 168, 182), 210, 84)
    """
    days: list[float] = []
    for _ in range(params.levels):
        day = days[-1] + params.between_levels if days else 0
        for subject in range(params.per_level):
            waits = params.after_first_of_level if subject == 1 else params.between_later
            day += waits if subject else 0
            days.append(day)
    at_once = (params.levels - 1) * params.between_levels + params.window
    return StaggerCalendar(
        tuple(days),
        days[-1] + params.window,
        at_once,
        _unseen(params, params.after_first_of_level),
        _unseen(params, params.between_later),
        _unseen(params, params.between_levels),
    )


def _unseen(params: Stagger, interval: float) -> float | None:
    median, late = params.onset_median, params.onset_p95
    if median is None or late is None:
        return None
    if interval == 0:
        return 1.0
    return float(special.ndtr(-special.ndtri(0.95) * math.log(interval / median) / math.log(late / median)))


def describe(params: Stagger, result: StaggerCalendar) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.stagger",
        {
            "levels": params.levels,
            "per_level": params.per_level,
            "first": params.after_first_of_level,
            "later": params.between_later,
            "between": params.between_levels,
            "ends": result.ends,
            "at_once": result.ends_at_once,
        },
    )
