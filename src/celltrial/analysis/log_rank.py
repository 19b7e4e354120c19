"""Log-rank test of two or more groups, with Fleming-Harrington weights for late differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from celltrial.analysis.terms import Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.results import NotEstimable
from celltrial.core.values import message


@dataclass(frozen=True, slots=True)
class LogRank:
    """The test of equal survival.

    chi_square: statistic on `degrees` degrees of freedom; p_value: two-sided.
    rho, gamma: weights S(t-)^rho (1 - S(t-))^gamma; both 0 is the log-rank test.
    """

    groups: tuple[str, ...]
    n: int
    events: int
    chi_square: float
    degrees: int
    p_value: float
    rho: float
    gamma: float


def estimate(
    time: Sequence[float],
    event: Sequence[bool],
    group: Sequence[str],
    *,
    rho: float = 0.0,
    gamma: float = 0.0,
    strata: Sequence[str] | None = None,
) -> LogRank | NotEstimable:
    """Return the weighted log-rank test of the groups.

    rho = 1 weighs early differences (Peto-Peto), gamma = 1 late ones, as a delayed effect has; the
    weights belong in the protocol, not in the data. strata: one label per subject; groups are compared within a stratum and
    the differences added. Not estimable where the events leave a group no chance to differ (`no_variation`): nobody of it
    is at risk when they happen, or everybody has the event at once. Raises ANL-007 for unequal lengths or bad times.
    Harrington & Fleming (1982), doi:10.1093/biomet/69.3.553. Checked against R 4.2.2 survival 3.5-3
    `survdiff` on lung (rho 0 and 1), and, within strata, against the score test of a stratified Cox model without ties.
    """
    import greenwood

    if not len(time) == len(event) == len(group) == len(group if strata is None else strata) or not all(
        math.isfinite(t) and t >= 0 for t in time
    ):
        found = f"{len(time)} times, {len(event)} flags, {len(group)} groups"
        raise UserError(fault("ANL-007", expected=message("time_of_every_flag"), found=found))
    names = tuple(sorted(set(group)))
    events = sum(bool(flag) for flag in event)
    if len(names) < 2:
        return NotEstimable(Reason.NO_SUBJECTS, Population.GIVEN, len(time))
    if not events:
        return NotEstimable(Reason.NO_EVENTS_RECORDED, Population.GIVEN, len(time))
    response = greenwood.Surv(np.asarray(time, dtype=float), event=np.asarray(event, dtype=int))
    layers = None if strata is None else np.asarray(strata)
    try:
        found_test = greenwood.logrank_test(response, np.asarray(group), rho=rho, gamma=gamma, strata=layers)
    except np.linalg.LinAlgError:
        return NotEstimable(Reason.NO_VARIATION, Population.GIVEN, len(time))
    return LogRank(
        names, len(time), events, float(found_test.statistic), int(found_test.df), float(found_test.p_value), rho, gamma
    )
