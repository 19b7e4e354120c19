"""Infused share: what share of those enrolled will be infused, step by step.

Cells are collected, a product is made, the subject waits for it, and comes to the infusion. Waiting subjects become
ineligible at a constant hazard, so that the share still eligible after a wait w is 2^(-w / m), m the median time to
ineligibility. The steps are taken as independent; there is no limit of manufacturing slots.
Checked against AC-P3.1 (0.97 x 0.92 x 2^(-4/18) x 0.97 = 74.2 %) and AC-P3.3 (median 9 weeks: waits of 4 and 6 weeks lose
26.5 % and 37.0 %), and against simulated subjects.
"""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.designs.policy import Message
from celltrial.designs.sizing.ranges import between, demand, positive


@dataclass(frozen=True, slots=True)
class InfusedShare:
    """What planning must assume.

    collected, made, infused: probability of success of collection, manufacturing, and of the steps after the product is
                              released, each in [0, 1] and given that the one before succeeded.
    waiting_days:             from collection to infusion, >= 0.
    median_days_to_ineligibility: of waiting subjects, > 0; None where nobody is lost while waiting.
    """

    collected: float
    made: float
    waiting_days: float
    median_days_to_ineligibility: float | None
    infused: float

    def __post_init__(self) -> None:
        median = self.median_days_to_ineligibility
        shares = {"collected": self.collected, "made": self.made, "infused": self.infused}
        demand(
            between("DSG-401", 0, 1, closed=True, **shares),
            positive("DSG-404", zero=True, waiting_days=self.waiting_days),
            None if median is None else positive("DSG-404", median_days_to_ineligibility=median),
        )


@dataclass(frozen=True, slots=True)
class InfusedSteps:
    """Shares of those enrolled.

    collected, made, still_eligible, infused: share left after each step; lost_waiting: share of those waiting who are lost.
    """

    collected: float
    made: float
    still_eligible: float
    infused: float
    lost_waiting: float


def infused_share(params: InfusedShare) -> InfusedSteps:
    """Return the share of those enrolled that is left after each step.

    >>> round(100 * infused_share(InfusedShare(0.97, 0.92, 28.0, 126.0, 0.97)).infused, 1)
    74.2
    """
    median = params.median_days_to_ineligibility
    waiting = 1.0 if median is None else float(2 ** (-params.waiting_days / median))
    made = params.collected * params.made
    return InfusedSteps(params.collected, made, made * waiting, made * waiting * params.infused, 1 - waiting)


def describe(params: InfusedShare, result: InfusedSteps) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.infused_share",
        {
            "collected": 100 * params.collected,
            "made": 100 * params.made,
            "waiting": params.waiting_days,
            "lost": 100 * result.lost_waiting,
            "infused": 100 * params.infused,
            "share": 100 * result.infused,
        },
    )
