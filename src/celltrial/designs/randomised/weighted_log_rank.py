"""Weighted log-rank tests on data: Fleming and Harrington's family, jointly, with ties.

At each event time with n at risk (n1 of them treated) and d events (d1 treated), the score gains w (d n1/n - d1) and the
covariance of two weights gains w_a w_b d (n1/n)(1 - n1/n)(n - d)/(n - 1), with w = S(t-)^rho (1 - S(t-))^gamma and S the pooled
Kaplan-Meier estimate. Z > 0 means fewer events in the treated arm. (0, 0) is the log-rank test; (0, 1) looks at late effects.
Harrington & Fleming (1982), doi:10.1093/biomet/69.3.553. Checked against lifelines 0.30 `logrank_test` (plain and weighted) and
judges the compiled simulation loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from celltrial.core.values import ABSENT, message
from celltrial.designs.sizing.ranges import demand, positive, that

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FlemingHarrington:
    """A weight S^rho (1 - S)^gamma; both >= 0."""

    rho: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        demand(positive("DSG-304", zero=True, rho=self.rho, gamma=self.gamma))


@dataclass(frozen=True, slots=True)
class WeightedLogRank:
    """Statistics of the weights asked for.

    z: one statistic each, shape (m,); correlation: under the null, shape (m, m); events: number of events.
    """

    z: Array
    correlation: Array
    events: int


def check_survival_data(
    time: ArrayLike, event: ArrayLike, treated: ArrayLike
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the three columns as arrays of one length; raise UserError (DSG-311) where they are not usable."""
    t, d, arm = np.asarray(time, dtype=float), np.asarray(event, dtype=bool), np.asarray(treated, dtype=bool)
    demand(
        that(
            t.ndim == 1 and t.shape == d.shape == arm.shape and t.size > 1,
            "DSG-311",
            expected=message("three_columns_of_one_length_two_subjects_or_more"),
            found=f"lengths {t.shape}, {d.shape}, {arm.shape}",
        ),
        that(
            bool(np.all(np.isfinite(t) & (t >= 0))),
            "DSG-311",
            expected=message("finite_times_at_least_0"),
            found=f"{t}",
        ),
        that(bool(arm.any() and not arm.all()), "DSG-311", expected=message("subjects_in_both_arms"), found=f"{arm}"),
    )
    return t, d, arm


def weighted_log_rank(
    time: ArrayLike, event: ArrayLike, treated: ArrayLike, weights: tuple[FlemingHarrington, ...]
) -> WeightedLogRank:
    """Return the statistics of several weights on the same data.

    time: follow-up, >= 0; event: whether it ended in the event; treated: arm.

    >>> r = weighted_log_rank([1, 2, 3, 4, 5, 6], [1] * 6, [0, 0, 1, 0, 1, 1], (FlemingHarrington(),))
    >>> round(float(r.z[0]), 4), r.events
    (1.599, 6)
    """
    t, died, arm = check_survival_data(time, event, treated)
    demand(that(weights, "DSG-304", expected=message("one_weight_or_more"), found=ABSENT))
    score, variance = np.zeros(len(weights)), np.zeros((len(weights), len(weights)))
    survival = 1.0
    for moment in np.unique(t[died]):
        risk, now = t >= moment, died & (t == moment)
        n, d = int(risk.sum()), int(now.sum())
        share = float((risk & arm).sum()) / n
        w = np.array([survival**weight.rho * (1 - survival) ** weight.gamma for weight in weights])
        score += w * (d * share - float((now & arm).sum()))
        variance += np.outer(w, w) * (d * share * (1 - share) * (n - d) / max(n - 1, 1))
        survival *= 1 - d / n
    deviation = np.sqrt(np.diag(variance))
    safe = np.where(deviation > 0, deviation, 1.0)
    z = np.where(deviation > 0, score / safe, 0.0)
    return WeightedLogRank(z, variance / np.outer(safe, safe), int(died.sum()))
