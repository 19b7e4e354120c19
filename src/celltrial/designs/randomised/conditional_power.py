"""Conditional and predictive power of a group-sequential trial, and futility bounds from them.

Given Z_k at look k, the statistics still to come follow the canonical process restarted at (I_k, Z_k). Conditional power is
the probability of a later efficacy crossing under a stated drift; predictive power averages it over what is then
believed of the drift, N(m, v) with
  v = 1 / (t_k + w), m = v (Z_k sqrt(t_k) + w mu0),
a normal prior worth a share w of the maximum information (0: flat) around mu0. With one look left and no futility bound
conditional power is Phi((Z_k sqrt t + drift (1 - t) - c) / sqrt(1 - t)) (Lan & Wittes 1988, doi:10.2307/2531870).
Predictive power: Spiegelhalter, Freedman & Blackburn (1986), doi:10.1016/0197-2456(86)90003-6, in closed form for one look
left: Phi((Z_k - c sqrt t) / sqrt(1 - t)) for a flat prior. Both closed forms are tests. Later futility bounds stop the
trial here (as planned) unless `heed_futility` is False, which is rpact's and gsDesign's non-binding view.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import optimize
from celltrial.core.values import message
from celltrial.designs.randomised.canonical_process import advance, start, upper_tail
from celltrial.designs.randomised.group_sequential import FixedFutility, GroupSequentialDesign
from celltrial.designs.sizing.ranges import between, demand, positive, that, whole

#: Gauss-Hermite nodes that average over the drift; 64 moves no result by more than 1e-9.
_X, _W = np.polynomial.hermite_e.hermegauss(48)


def _check(design: GroupSequentialDesign, look: int, z: float) -> None:
    demand(
        whole("DSG-309", 1, len(design.upper) - 1, look=look),
        that(math.isfinite(z), "DSG-309", expected=message("finite_z"), found=f"z={z}"),
    )


def conditional_power(
    design: GroupSequentialDesign, look: int, z: float, *, drift: float | None = None, heed_futility: bool = True
) -> float:
    """Return the probability of crossing an efficacy bound after this look, given Z = z there.

    look: 1 .. number of looks - 1; z: statistic at that look; drift: effect times root of the maximum information,
    the planned one unless given (the observed trend is z / sqrt(t)).

    >>> from celltrial.designs.randomised.boundaries import boundaries
    >>> from celltrial.designs.randomised.group_sequential import GroupSequential
    >>> d = boundaries(GroupSequential((0.5, 1.0)))
    >>> round(conditional_power(d, 1, 1.0), 3), round(conditional_power(d, 1, 1.0, drift=1.0 / 0.5**0.5), 3)
    (0.58, 0.217)
    """
    _check(design, look, z)
    times, theta = design.params.information, design.drift if drift is None else drift
    t = times[look - 1]
    seen = z * math.sqrt(t)

    def ahead(k: int, bound: float) -> float:
        """Return a bound on Z at look k as one on the process from here on, which starts at 0."""
        return (bound * math.sqrt(times[k]) - seen) / math.sqrt(times[k] - t)

    alive, total = start(), 0.0
    for k in range(look, len(times)):
        high = ahead(k, design.upper[k])
        total += upper_tail(alive, times[k] - t, theta, high)
        if k + 1 < len(times):
            low = design.lower[k] if heed_futility or design.params.sided == 2 else -math.inf
            alive = advance(alive, times[k] - t, theta, ahead(k, low), high, times[k + 1] - t)
    return total


def predictive_power(
    design: GroupSequentialDesign,
    look: int,
    z: float,
    *,
    prior_drift: float = 0.0,
    prior_share: float = 0.0,
    heed_futility: bool = True,
) -> float:
    """Return conditional power averaged over what is believed of the drift, given Z = z at this look.

    prior_share: information of the prior as a share of the maximum, >= 0 (0: flat); prior_drift: its centre.

    >>> from celltrial.designs.randomised.boundaries import boundaries
    >>> from celltrial.designs.randomised.group_sequential import GroupSequential
    >>> round(predictive_power(boundaries(GroupSequential((0.5, 1.0))), 1, 1.0), 3)
    0.29
    """
    _check(design, look, z)
    demand(positive("DSG-309", zero=True, prior_share=prior_share))
    t = design.params.information[look - 1]
    variance = 1 / (t + prior_share)
    mean = variance * (z * math.sqrt(t) + prior_share * prior_drift)
    drifts = mean + math.sqrt(variance) * _X
    powers = [
        conditional_power(design, look, z, drift=float(drift), heed_futility=heed_futility) if weight > 1e-12 else 0.0
        for drift, weight in zip(drifts, _W, strict=True)
    ]
    return float(np.dot(powers, _W) / _W.sum())


def futility_from_power(
    design: GroupSequentialDesign,
    least: float,
    *,
    rule: Literal["planned", "observed", "predictive"] = "planned",
    binding: bool = False,
) -> FixedFutility:
    """Return the futility bounds below which conditional or predictive power is less than `least`.

    least: in (0, 1); rule: conditional power under the planned drift, under the observed trend z / sqrt(t), or
    predictive power with a flat prior. Efficacy bounds as in `design`; later futility bounds are not heeded. Put the
    result into the parameters and compute the design again to see what it costs.

    >>> from celltrial.designs.randomised.boundaries import boundaries
    >>> from celltrial.designs.randomised.group_sequential import GroupSequential
    >>> [round(z, 3) for z in futility_from_power(boundaries(GroupSequential((0.5, 1.0))), 0.2).bounds]
    [-0.042]
    """
    demand(between("DSG-309", 0, 1, least=least))
    if design.params.sided == 2:
        raise UserError(fault("DSG-303", expected=message("sided_1_for_futility_bounds"), found="sided=2"))
    found = []
    for look in range(1, len(design.upper)):
        t = design.params.information[look - 1]

        def miss(z: float, look: int = look, t: float = t) -> float:
            if rule == "predictive":
                return predictive_power(design, look, z, heed_futility=False) - least
            drift = None if rule == "planned" else z / math.sqrt(t)
            return conditional_power(design, look, z, drift=drift, heed_futility=False) - least

        # a look with little information moves the planned power only where its z is far out
        reach = (12 + design.drift + design.upper[-1]) / math.sqrt(t) if rule == "planned" else 12.0
        found.append(float(optimize.brentq(miss, -reach, reach, xtol=1e-12)))
    return FixedFutility(tuple(found), binding)
