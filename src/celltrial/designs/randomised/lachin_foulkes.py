"""Lachin and Foulkes' survival sample size: the variance of the effect under each hypothesis.

n = ((z_a sqrt(V0) + z_b sqrt(V1)) / ln HR)^2 with V1 = 1/(Qt Pt) + 1/(Qc Pc) and V0 the same at the pooled hazard
(Qt Lt + Qc Lc) in both arms; Q are the shares of the arms, P the probabilities of an event by the end. Lachin & Foulkes
(1986), doi:10.2307/2531201. Larger than Schoenfeld's number for small trials, because V1 > V0.
Checked against gsDesign 3.10.1 `nSurv(method = "LachinFoulkes")`. Not rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.core.lazy_scipy import special
from celltrial.designs.policy import Message
from celltrial.designs.randomised.survival_size import event_share
from celltrial.designs.rounding import whole_up
from celltrial.designs.sizing.ranges import between, demand, positive, that


@dataclass(frozen=True, slots=True)
class LachinFoulkes:
    """What the protocol must state.

    hazard_ratio in (0, 1); control_hazard > 0; accrual > 0 and follow_up >= 0 in the same unit; dropout_hazard >= 0, the
    same in both arms; alpha one-sided, in (0, 0.5); beta in (0, 1 - alpha); ratio: treated per control.
    """

    hazard_ratio: float
    control_hazard: float
    accrual: float
    follow_up: float
    dropout_hazard: float = 0.0
    alpha: float = 0.025
    beta: float = 0.20
    ratio: float = 1.0

    def __post_init__(self) -> None:
        demand(
            between("DSG-304", 0, 1, hazard_ratio=self.hazard_ratio),
            positive("DSG-305", control_hazard=self.control_hazard, accrual=self.accrual),
            positive("DSG-305", zero=True, follow_up=self.follow_up, dropout_hazard=self.dropout_hazard),
            between("DSG-302", 0, 0.5, alpha=self.alpha),
            that(
                0 < self.beta < 1 - self.alpha,
                "DSG-302",
                expected="0 < beta < 1 - alpha",
                found=f"beta={self.beta}, alpha={self.alpha}",
            ),
            positive("DSG-306", ratio=self.ratio),
        )


@dataclass(frozen=True, slots=True)
class LachinFoulkesSize:
    """Subjects and expected events, not rounded."""

    subjects: float
    events: float


def lachin_foulkes(params: LachinFoulkes) -> LachinFoulkesSize:
    """Return subjects and expected events.

    >>> size = lachin_foulkes(LachinFoulkes(0.6, 0.115524530093324, 18, 12, dropout_hazard=0.01))
    >>> round(size.subjects, 3), round(size.events, 3)
    (155.213, 119.028)
    """
    p = params
    treated, control = p.ratio / (1 + p.ratio), 1 / (1 + p.ratio)
    hazards = (p.control_hazard * p.hazard_ratio, p.control_hazard)
    pooled = treated * hazards[0] + control * hazards[1]
    end = p.accrual + p.follow_up
    p_t, p_c, p_0 = (event_share(h, p.dropout_hazard, p.accrual, end) for h in (*hazards, pooled))
    v_null = (1 / treated + 1 / control) / p_0
    v_alternative = 1 / (treated * p_t) + 1 / (control * p_c)
    z_a, z_b = -float(special.ndtri(p.alpha)), -float(special.ndtri(p.beta))
    n = ((z_a * math.sqrt(v_null) + z_b * math.sqrt(v_alternative)) / math.log(p.hazard_ratio)) ** 2
    return LachinFoulkesSize(n, n * (treated * p_t + control * p_c))


def describe(params: LachinFoulkes, result: LachinFoulkesSize) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.survival_lachin_foulkes",
        {
            "hazard_ratio": params.hazard_ratio,
            "events": whole_up(result.events),
            "subjects": whole_up(result.subjects),
        },
    )
