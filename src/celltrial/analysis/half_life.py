"""Terminal half-life from a log-linear fit to the end of a profile, with a named choice of window.

- `last_points`: the last three (or more) quantifiable points after the peak;
- `best_fit`: of all windows of at least three points after the peak that end at the last quantifiable
  point and decline, the one with the highest adjusted R squared; windows within 1e-4 of it count as
  equal and the longest wins.

Whatever the rule, a half-life that the profile does not show is not estimable:

- the tail is level: the line through the last three points changes by less than a twentieth, as at a plateau or at
  a floor of the assay;
- the tail rises: none of the last three points is lower than the one before it;
- the half-life of the window, or of the last three points, is longer than the whole time observed.

Difference from other software: PKNCA 0.12.1 gives numbers for such tails, and picks the window first and then asks whether it declines,
so that a rising window with a good fit loses the half-life; WinNonlin and we ask first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from celltrial.analysis.profile import Profile
from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.kinetic_rules import HalfLifeRule

_EQUAL_FIT: Final = 1e-4
#: A last window whose line changes by a smaller share than this is a plateau.
_LEAST_CHANGE: Final = 0.05
#: A window shorter than this many half-lives carries a caveat.
_SHORT_SPAN: Final = 2.0
#: A fit below this adjusted R squared carries one too: the customary least that a terminal slope is reported with.
_POOR_FIT: Final = 0.8


@dataclass(frozen=True, slots=True)
class _Fit:
    slope: float
    intercept: float
    adjusted_r2: float
    first: float
    last: float
    n: int


def estimate(profile: Profile, *, rule: HalfLifeRule = "last_points", points: int = 3) -> Estimate | NotEstimable:
    """Return the half-life ln 2 / lambda_z in the unit of the times.

    points: how many for `last_points`, the fewest for `best_fit`; at least 3. The peak itself is never
    part of the window. `detail` holds lambda_z, the window, adjusted R squared and the span ratio.
    Not estimable: `too_few_points`, `not_declining` (a flat or rising tail), `half_life_beyond_observation` with
    `half_life` and `observed`, both in the unit of the times.
    Checked against PKNCA 0.12.1 (R 4.2.2) on Theoph and Indometh, and AC-A3.1 (4.67 d).

    >>> from celltrial.analysis.profile import profile
    >>> p = profile([0, 1, 3, 7, 10, 14, 21, 28], [0, 0, 500, 20000, 80000, 40000, 10000, 5000])
    >>> round(estimate(p).value, 2)
    4.67
    """
    if not profile.quantifiable:
        return NotEstimable(Reason.NEVER_QUANTIFIABLE, Population.SUBJECT, profile.samples)
    start = profile.peak + 1
    time, value = profile.time[start:], profile.value[start:]
    usable = len(time)
    points = max(points, 3)
    if usable < points:
        params: dict[str, object] = {"points": usable, "needed": points}
        return NotEstimable(Reason.TOO_FEW_POINTS, Population.SUBJECT, profile.samples, MappingProxyType(params))
    sizes = [points] if rule == "last_points" else range(points, usable + 1)
    fits = [_fit(time[-size:], value[-size:]) for size in sizes]
    falling = [fit for fit in fits if fit.slope < 0]
    if not falling or _is_level(fits[0]) or value[-3] <= value[-2] <= value[-1]:
        return NotEstimable(Reason.NOT_DECLINING, Population.SUBJECT, profile.samples)
    best = max(fit.adjusted_r2 for fit in falling)
    chosen = max((fit for fit in falling if fit.adjusted_r2 >= best - _EQUAL_FIT), key=lambda fit: fit.n)
    half_life = math.log(2) / -chosen.slope
    observed = profile.time[-1] - min(profile.time[0], 0.0)
    slowest = max(half_life, math.log(2) / -fits[0].slope if fits[0].slope < 0 else 0.0)
    if slowest > observed:
        params = {"half_life": slowest, "observed": observed}
        return NotEstimable(
            Reason.HALF_LIFE_BEYOND_OBSERVATION, Population.SUBJECT, profile.samples, MappingProxyType(params)
        )
    span = (chosen.last - chosen.first) / half_life
    detail = MappingProxyType(
        {
            "lambda_z": -chosen.slope,
            "intercept": chosen.intercept,
            "adjusted_r2": chosen.adjusted_r2,
            "first": chosen.first,
            "last": chosen.last,
            "points": float(chosen.n),
            "span_ratio": span,
        }
    )
    caveats = (*((Caveat.SHORT_HALF_LIFE_WINDOW,) if span < _SHORT_SPAN else ()),
               *((Caveat.POOR_HALF_LIFE_FIT,) if chosen.adjusted_r2 < _POOR_FIT else ()))  # fmt: skip
    return Estimate(half_life, Population.SUBJECT, profile.samples, Method.LOG_LINEAR_REGRESSION, None, caveats, detail)


def _is_level(fit: _Fit) -> bool:
    """Tell whether the line changes by less than a twentieth from its first point to its last."""
    return abs(math.expm1(fit.slope * (fit.last - fit.first))) < _LEAST_CHANGE


def _fit(time: tuple[float, ...], value: tuple[float, ...]) -> _Fit:
    t, y = np.asarray(time), np.log(np.asarray(value))
    slope, intercept = np.polynomial.polynomial.polyfit(t, y, 1)[::-1]
    residual = float(np.sum((y - intercept - slope * t) ** 2))
    total = float(np.sum((y - y.mean()) ** 2))
    n = len(time)
    r2 = 1 - residual / total if total > 0 else 1.0
    return _Fit(float(slope), float(intercept), 1 - (1 - r2) * (n - 1) / (n - 2), time[0], time[-1], n)
