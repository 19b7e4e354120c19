"""Sample size for comparing two response rates, fixed or group-sequential.

Difference of proportions, variance pooled under the null and separate under the alternative: with r treated per control and
pooled rate pbar = (r p1 + p2) / (1 + r), control subjects
  n2 = (z_a sqrt((1 + 1/r) pbar (1 - pbar)) + z_b sqrt(p1 (1 - p1) / r + p2 (1 - p2)))^2 / (p1 - p2)^2,
all subjects n2 (1 + r), times the inflation of the design. Fleiss, Levin & Paik (2003), ch. 4, without continuity
correction. Checked against rpact 3.3.4 `getSampleSizeRates` and gsDesign 3.10.1 `nBinomial`. The bounds on the effect scale are
the differences at which the pooled statistic crosses, the control rate being as planned (rpact's convention).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import optimize, special

from celltrial.designs.policy import Message
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.rounding import whole_up
from celltrial.designs.sizing.ranges import demand, positive, that

__all__ = ["RatesPlan", "RatesSize", "describe", "rates_size"]


@dataclass(frozen=True, slots=True)
class RatesPlan:
    """What the protocol must state: the two rates (treated above control), looks and errors, treated per control."""

    treated_rate: float
    control_rate: float
    design: GroupSequential
    ratio: float = 1.0

    def __post_init__(self) -> None:
        demand(
            that(
                0 < self.control_rate < self.treated_rate < 1,
                "DSG-304",
                expected="0 < control_rate < treated_rate < 1",
                found=f"control_rate={self.control_rate}, treated_rate={self.treated_rate}",
            ),
            positive("DSG-306", ratio=self.ratio),
        )


@dataclass(frozen=True, slots=True)
class RatesSize:
    """Subjects, not rounded: of the fixed design, at most, and expected under the planned rates.

    critical_difference: observed difference that crosses the efficacy bound at each look; 1 where none can.
    """

    subjects_fixed: float
    subjects: float
    expected_subjects: float
    critical_difference: tuple[float, ...]


def rates_size(params: RatesPlan) -> RatesSize:
    """Return the sample size and the differences that would cross.

    >>> from celltrial.designs.randomised.group_sequential import GroupSequential
    >>> round(rates_size(RatesPlan(0.4, 0.2, GroupSequential((1.0,)))).subjects_fixed, 4)
    162.4485
    """
    looks, r = params.design, params.ratio
    p1, p2 = params.treated_rate, params.control_rate
    z_a, z_b = -float(special.ndtri(looks.alpha_side)), -float(special.ndtri(looks.beta))
    pooled = (r * p1 + p2) / (1 + r)
    null = math.sqrt((1 + 1 / r) * pooled * (1 - pooled))
    other = math.sqrt(p1 * (1 - p1) / r + p2 * (1 - p2))
    fixed = (1 + r) * ((z_a * null + z_b * other) / (p1 - p2)) ** 2
    design = boundaries(looks)
    n = fixed * design.inflation
    differences = tuple(
        _difference(z, n * t / (1 + r), p2, r) for z, t in zip(design.upper, looks.information, strict=True)
    )
    return RatesSize(fixed, n, n * design.under_alternative.information, differences)


def _difference(z: float, n_control: float, p2: float, r: float) -> float:
    """Return d with d / sqrt(pbar (1 - pbar) (1 + 1/r) / n2) = z."""

    def miss(d: float) -> float:
        pooled = (r * (p2 + d) + p2) / (1 + r)
        return d - z * math.sqrt(pooled * (1 - pooled) * (1 + 1 / r) / n_control)

    top = 1 - p2
    if not math.isfinite(z) or miss(top) < 0:
        return 1.0
    return float(optimize.brentq(miss, 0.0, top, xtol=1e-13))


def describe(params: RatesPlan, result: RatesSize) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.rates",
        {
            "treated_rate": 100 * params.treated_rate,
            "control_rate": 100 * params.control_rate,
            "subjects": whole_up(result.subjects),
            "fixed": whole_up(result.subjects_fixed),
            "expected": result.expected_subjects,
        },
    )
