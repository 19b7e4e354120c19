"""A'Hern's single stage: the smallest exact size for two rates and two errors.

The smallest n for which some r satisfies P(X >= r | n, p0) <= alpha and P(X >= r | n, p1) >= 1 - beta, both exact.
A'Hern (2001), doi:10.1002/sim.721. Unlike Fleming's normal approximation, a trial that accepts p1 excludes p0 from the
exact one-sided interval. Checked against the size quoted for 10 % against 20 %, 5 %, 80 % (n=78, attained alpha 4.53 %,
power 80.81 %, the digits cut where we round to 80.82) in Khan, Sarker & Hackshaw (2012), PMC3504941, and clinfun 1.1.5 `ph2single`.
Because of the saw-tooth, n + 1 may fall short of the power: `one_stage.one_stage_sizes` gives the size that is safe.
"""

from __future__ import annotations

from celltrial.designs.policy import Message
from celltrial.designs.single_arm.one_stage import OneStage, OneStageDesign, one_stage_sizes


def a_hern(params: OneStage) -> OneStageDesign:
    """Return A'Hern's design: size, criterion and attained errors.

    >>> d = a_hern(OneStage(0.10, 0.20, alpha=0.05, power=0.80))
    >>> d.n, d.reject_from, round(100 * d.alpha, 2), round(100 * d.power, 2)
    (78, 13, 4.53, 80.82)
    """
    return one_stage_sizes(params).smallest


def describe(params: OneStage, result: OneStageDesign) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.a_hern",
        {
            "null_rate": 100 * params.null_rate,
            "alternative_rate": 100 * params.alternative_rate,
            "n": result.n,
            "reject_from": result.reject_from,
            "alpha": 100 * result.alpha,
            "power": 100 * result.power,
        },
    )
