"""Events for a log-rank test under proportional hazards.

With allocation r = treated per control, Schoenfeld: d = (z_a + z_b)^2 (1 + r)^2 / (r ln(HR)^2); Freedman:
d = (z_a + z_b)^2 (1 + r HR)^2 / (r (1 - HR)^2). Schoenfeld (1981), doi:10.1093/biomet/68.1.316; Freedman (1982),
doi:10.1002/sim.4780010204. z_a is the quantile of alpha / sided. Both hold only while hazards are proportional from the day of
randomisation: a manufacturing delay breaks that (see `survival_power`). The value is not rounded; `events` is its ceiling.
Checked against AC-P8.4 (HR 0.65, two-sided 5 %, 90 %: 227), rpact 3.3.4 `getSampleSizeSurvival` (eventsFixed) and
Freedman's closed form at HR 0.5 (doubling a rate).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.rounding import whole_up
from celltrial.designs.sizing.ranges import between, demand, positive, that


@dataclass(frozen=True, slots=True)
class LogRank:
    """What the protocol must state for a log-rank test.

    hazard_ratio: treated over control, between 0.001 and 1,000 and not 1; alpha: error, of all sides together; power: in (alpha, 1).
    sided: 1 or 2; ratio: treated per control, between 0.001 and 1,000; method: "schoenfeld" or "freedman".
    """

    hazard_ratio: float
    alpha: float = 0.05
    power: float = 0.90
    sided: int = 2
    ratio: float = 1.0
    method: Literal["schoenfeld", "freedman"] = "schoenfeld"

    def __post_init__(self) -> None:
        demand(
            between("DSG-304", 1e-3, 1e3, hazard_ratio=self.hazard_ratio),
            that(
                self.hazard_ratio != 1, "DSG-304", expected=message("hazard_ratio_other_than_1"), found="hazard_ratio=1"
            ),
            that(self.sided in {1, 2}, "DSG-302", expected=message("sided_1_or_2"), found=f"sided={self.sided}"),
            between("DSG-302", 0, 0.5 * self.sided, alpha=self.alpha),
            between("DSG-302", self.alpha / max(self.sided, 1), 1, power=self.power),
            between("DSG-306", 1e-3, 1e3, ratio=self.ratio),
            that(
                self.method in {"schoenfeld", "freedman"},
                "DSG-304",
                expected=message("method_schoenfeld_or_freedman"),
                found=f"method={self.method}",
            ),
        )

    @property
    def per_event(self) -> float:
        """Squared standardised effect that one event carries."""
        if self.method == "schoenfeld":
            return self.ratio * math.log(self.hazard_ratio) ** 2 / (1 + self.ratio) ** 2
        return self.ratio * (1 - self.hazard_ratio) ** 2 / (1 + self.ratio * self.hazard_ratio) ** 2


@dataclass(frozen=True, slots=True)
class EventCount:
    """The number of events: not rounded, and to observe."""

    exact: float
    events: int


def log_rank_events(params: LogRank) -> EventCount:
    """Return the number of events for the wanted power.

    >>> log_rank_events(LogRank(0.65)).events
    227
    """
    z = -float(special.ndtri(params.alpha / params.sided)) + float(special.ndtri(params.power))
    exact = z * z / params.per_event
    return EventCount(exact, whole_up(exact))


def log_rank_power(params: LogRank, events: float) -> float:
    """Return the power of this many events in the direction of the effect; `params.power` is not used.

    >>> round(log_rank_power(LogRank(0.65), 227), 4)
    0.9006
    """
    demand(positive("DSG-304", events=events))
    return float(special.ndtr(math.sqrt(events * params.per_event) + special.ndtri(params.alpha / params.sided)))


def critical_hazard_ratio(z: float, events: float, *, ratio: float = 1.0) -> float:
    """Return the observed hazard ratio at which the statistic equals z, exp(-z (1 + r) / sqrt(r d)).

    >>> round(critical_hazard_ratio(1.959964, 246.7871), 4)
    0.7792
    """
    demand(positive("DSG-304", events=events), positive("DSG-306", ratio=ratio))
    return math.exp(-z * (1 + ratio) / math.sqrt(ratio * events))


def describe(params: LogRank, result: EventCount) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.log_rank",
        {
            "hazard_ratio": params.hazard_ratio,
            "events": result.events,
            "sided": params.sided,
            "alpha": 100 * params.alpha,
            "power": 100 * params.power,
        },
    )
