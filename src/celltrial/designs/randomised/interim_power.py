"""Power at an interim look: what the rest of a group-sequential trial can still show, given what was seen.

Conditional power under the planned effect and under the observed trend, and predictive power, from `conditional_power`;
the futility bounds that each of them would set at the earlier looks, from `futility_from_power`.
Checked there against closed forms and gsDesign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.conditional_power import conditional_power, futility_from_power, predictive_power
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.sizing.ranges import between, demand, positive, that, whole


@dataclass(frozen=True, slots=True)
class InterimLook:
    """What is known at the look.

    design:      the group-sequential design.
    look, z:     which look, from 1 to the last but one, and the statistic there.
    prior_drift, prior_share: prior of predictive power: its centre (effect times the root of the maximum information) and
                 its information as a share of the maximum; 0 is flat.
    least_power: below this power a look stops for futility, in (0, 1); for the bounds of one-sided designs.
    """

    design: GroupSequential
    look: int
    z: float
    prior_drift: float = 0.0
    prior_share: float = 0.0
    least_power: float = 0.2

    def __post_init__(self) -> None:
        finite = math.isfinite(self.z) and math.isfinite(self.prior_drift)
        found = f"z={self.z}, prior_drift={self.prior_drift}"
        demand(
            whole("DSG-309", 1, len(self.design.information) - 1, look=self.look),
            that(finite, "DSG-309", expected=message("finite_z"), found=found),
            positive("DSG-309", zero=True, prior_share=self.prior_share),
            between("DSG-309", 0, 1, least_power=self.least_power),
        )


@dataclass(frozen=True, slots=True)
class InterimPower:
    """The powers, and the futility bounds on Z at the looks before the last.

    planned, observed: conditional power under the planned effect and under the trend seen so far.
    predictive:        conditional power averaged over what is then believed of the effect.
    futility_planned, futility_predictive: bounds at which the power is `least_power`; None for a two-sided design.
    """

    planned: float
    observed: float
    predictive: float
    futility_planned: tuple[float, ...] | None
    futility_predictive: tuple[float, ...] | None


def interim_power(params: InterimLook) -> InterimPower:
    """Return conditional and predictive power at a look.

    >>> found = interim_power(InterimLook(GroupSequential((0.5, 1.0)), 1, 1.0))
    >>> round(found.planned, 3), round(found.observed, 3), round(found.predictive, 3)
    (0.58, 0.217, 0.29)
    """
    design = boundaries(params.design)
    drift = params.z / math.sqrt(params.design.information[params.look - 1])
    one_sided = params.design.sided == 1
    predictive = predictive_power(
        design, params.look, params.z, prior_drift=params.prior_drift, prior_share=params.prior_share
    )
    return InterimPower(
        conditional_power(design, params.look, params.z),
        conditional_power(design, params.look, params.z, drift=drift),
        predictive,
        futility_from_power(design, params.least_power).bounds if one_sided else None,
        futility_from_power(design, params.least_power, rule="predictive").bounds if one_sided else None,
    )


def describe(params: InterimLook, result: InterimPower) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.interim_power",
        {
            "look": params.look,
            "looks": len(params.design.information),
            "z": params.z,
            "planned": 100 * result.planned,
            "observed": 100 * result.observed,
            "predictive": 100 * result.predictive,
        },
    )
