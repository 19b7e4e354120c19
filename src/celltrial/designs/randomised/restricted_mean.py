"""Restricted mean survival time: the difference of the areas under two Kaplan-Meier curves up to a stated time.

Variance by Greenwood: sum over event times of (area from there to the limit)^2 d / (n (n - d)). Positive means the treated arm
lives longer. Needs no proportional hazards; says nothing past the limit. Royston & Parmar (2013), doi:10.1186/1471-2288-13-152.
Checked against survRM2 (analysis_reference.json) and judges the compiled simulation loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from celltrial.core.values import message
from celltrial.designs.randomised.weighted_log_rank import check_survival_data
from celltrial.designs.sizing.ranges import demand, positive, that


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The mean survival time up to the limit in one arm, with its variance."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class RestrictedMeanDifference:
    """Treated minus control, with both arms; z is difference / standard error."""

    difference: float
    variance: float
    treated: RestrictedMean
    control: RestrictedMean

    @property
    def z(self) -> float:
        """The test statistic; 0 where the variance is nil."""
        return self.difference / self.variance**0.5 if self.variance > 0 else 0.0


def restricted_mean_difference(
    time: ArrayLike, event: ArrayLike, treated: ArrayLike, *, until: float
) -> RestrictedMeanDifference:
    """Return the difference of restricted means up to `until` (> 0, within the follow-up of both arms).

    >>> r = restricted_mean_difference([1, 2, 3, 4, 2, 5, 6, 6], [1, 1, 1, 0, 1, 1, 0, 0], [0] * 4 + [1] * 4, until=4)
    >>> round(r.treated.mean, 3), round(r.control.mean, 3)
    (3.5, 2.5)
    """
    t, died, arm = check_survival_data(time, event, treated)
    reach = min(float(t[arm].max()), float(t[~arm].max()))
    demand(
        positive("DSG-305", until=until),
        that(
            until <= reach, "DSG-311", expected=message("until_follow_up_of_both_arms", limit=reach), found=f"{until}"
        ),
    )
    one, two = _one_arm(t[arm], died[arm], until), _one_arm(t[~arm], died[~arm], until)
    return RestrictedMeanDifference(one.mean - two.mean, one.variance + two.variance, one, two)


def _one_arm(time: NDArray[np.float64], died: NDArray[np.bool_], until: float) -> RestrictedMean:
    moments = np.unique(time[died & (time <= until)])
    n = np.array([(time >= m).sum() for m in moments], dtype=float)
    d = np.array([(died & (time == m)).sum() for m in moments], dtype=float)
    survival = np.concatenate([[1.0], np.cumprod(1 - d / n)])
    edges = np.concatenate([[0.0], moments, [until]])
    pieces = survival * np.diff(edges)
    to_the_right = pieces[::-1].cumsum()[::-1][1:]
    jumps = np.divide(d, n * (n - d), out=np.zeros_like(d), where=n > d)
    return RestrictedMean(float(pieces.sum()), float(to_the_right**2 @ jumps))
