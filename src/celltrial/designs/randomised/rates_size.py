"""Sample size for comparing two response rates, fixed or group-sequential: superiority, or non-inferiority by a margin.

Difference of proportions, the variance under the null at the rates that fit best under it and separate under the alternative: with
r treated per control, null rates q1 and q2 = q1 + margin, control subjects
  n2 = (z_a sqrt(q1 (1 - q1) / r + q2 (1 - q2)) + z_b sqrt(p1 (1 - p1) / r + p2 (1 - p2)))^2 / (p1 - p2 + margin)^2,
all subjects n2 (1 + r), times the inflation of the design. Without a margin q1 = q2 is the pooled rate (Fleiss, Levin & Paik
2003, ch. 4, without continuity correction); with one they are the maximum likelihood rates under it (Farrington & Manning
1990, doi:10.1002/sim.4780091208, their method 3). Checked against rpact 3.3.4 `getSampleSizeRates` and gsDesign 3.10.1
`nBinomial`; with a margin against the example that gsDesign prints (rates 0.677, margin 0.07, 2 : 1) and a direct search
for the null rates. The bounds on the effect scale are the differences at which the statistic crosses, the control rate being
as planned (rpact's convention).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.core.lazy_scipy import optimize, special
from celltrial.designs.policy import Message
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.rounding import whole_up
from celltrial.designs.sizing.ranges import demand, positive, that


@dataclass(frozen=True, slots=True)
class RatesPlan:
    """What the protocol must state: the two rates, looks and errors, treated per control.

    margin:          non-inferiority margin as a difference of rates, 0 for superiority; the treated rate may be worse by less.
    lower_is_better: the rates are of something bad. Without a margin the planned rates say so themselves.
    """

    treated_rate: float
    control_rate: float
    design: GroupSequential
    ratio: float = 1.0
    margin: float = 0.0
    lower_is_better: bool = False

    def __post_init__(self) -> None:
        p1, p2 = self.better_rates
        effect = "treated_rate != control_rate" if self.margin == 0 else "treated_rate > control_rate - margin"
        if self.margin and self.lower_is_better:
            effect = "treated_rate < control_rate + margin"
        expected = f"0 < treated_rate < 1, 0 < control_rate < 1, 0 <= margin < 1, {effect}"
        found = f"treated_rate={self.treated_rate}, control_rate={self.control_rate}, margin={self.margin}"
        fits = 0 < p1 < 1 and 0 < p2 < 1 and 0 <= self.margin < 1 and p1 - p2 + self.margin > 0
        demand(that(fits, "DSG-304", expected=expected, found=found), positive("DSG-306", ratio=self.ratio))

    @property
    def is_mirrored(self) -> bool:
        """Whether fewer is better, so that both rates are taken as those of the opposite."""
        return self.lower_is_better if self.margin else self.treated_rate < self.control_rate

    @property
    def better_rates(self) -> tuple[float, float]:
        """Treated and control rate of what is wanted."""
        p1, p2 = self.treated_rate, self.control_rate
        return (1 - p1, 1 - p2) if self.is_mirrored else (p1, p2)


@dataclass(frozen=True, slots=True)
class RatesSize:
    """Subjects, not rounded: of the fixed design, at most, and expected under the planned rates.

    critical_difference: observed difference (treated less control) that crosses the efficacy bound at each look; 1, or -1 where
                         fewer is better, where none can.
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
    looks, r, margin = params.design, params.ratio, params.margin
    p1, p2 = params.better_rates
    z_a, z_b = -float(special.ndtri(looks.alpha_side)), -float(special.ndtri(looks.beta))
    null = _null_deviation(p1, p2, r, margin)
    other = math.sqrt(p1 * (1 - p1) / r + p2 * (1 - p2))
    fixed = (1 + r) * ((z_a * null + z_b * other) / (p1 - p2 + margin)) ** 2
    design = boundaries(looks)
    n = fixed * design.inflation
    sign = -1.0 if params.is_mirrored else 1.0
    differences = tuple(
        sign * _difference(z, n * t / (1 + r), p2, r, margin)
        for z, t in zip(design.upper, looks.information, strict=True)
    )
    return RatesSize(fixed, n, n * design.under_alternative.information, differences)


def null_rates(p1: float, p2: float, ratio: float, margin: float) -> tuple[float, float]:
    """Return the rates (treated, control) that fit observed rates best among those with treated = control - margin.

    Rates in [0, 1]; ratio: treated per control. The root of the likelihood equation that lies in range, in closed form
    (Farrington & Manning 1990, appendix); without a margin the pooled rate twice.

    >>> [round(q, 6) for q in null_rates(0.4, 0.2, 1.0, 0.0)]
    [0.3, 0.3]
    """
    if margin == 0:
        pooled = (ratio * p1 + p2) / (1 + ratio)
        return pooled, pooled
    share, shift = 1 / ratio, -margin
    a = 1 + share
    b = -(1 + share + p1 + share * p2 + shift * (share + 2))
    c = shift * shift + shift * (2 * p1 + share + 1) + p1 + share * p2
    d = -p1 * shift * (1 + shift)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    u = math.copysign(math.sqrt(max(b * b / (3 * a) ** 2 - c / (3 * a), 0.0)), v)
    angle = (math.pi + math.acos(min(max(v / u**3, -1.0), 1.0))) / 3 if u else math.pi / 2
    treated = min(max(2 * u * math.cos(angle) - b / (3 * a), 0.0), 1 - margin)
    return treated, treated + margin


def _null_deviation(p1: float, p2: float, r: float, margin: float) -> float:
    """Return the standard deviation of the difference under the null, times the square root of the control subjects."""
    q1, q2 = null_rates(p1, p2, r, margin)
    return math.sqrt(q1 * (1 - q1) / r + q2 * (1 - q2))


def _difference(z: float, n_control: float, p2: float, r: float, margin: float) -> float:
    """Return d with (d + margin) / (its standard deviation under the null) = z."""

    def miss(d: float) -> float:
        return d + margin - z * _null_deviation(p2 + d, p2, r, margin) / math.sqrt(n_control)

    top, bottom = 1 - p2, max(-margin, -p2)
    if not math.isfinite(z) or miss(top) < 0:
        return 1.0
    return bottom if miss(bottom) >= 0 else float(optimize.brentq(miss, bottom, top, xtol=1e-13))


def describe(params: RatesPlan, result: RatesSize) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    values = {
        "treated_rate": 100 * params.treated_rate,
        "control_rate": 100 * params.control_rate,
        "subjects": whole_up(result.subjects),
        "fixed": whole_up(result.subjects_fixed),
        "expected": result.expected_subjects,
    }
    if params.margin == 0:
        return Message("design.sentence.rates", values)
    return Message("design.sentence.rates_margin", {**values, "margin": 100 * params.margin})
