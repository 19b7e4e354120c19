"""Area under the curve from infusion to a day, by a named trapezoid and a named rule for the end.

Trapezoids: `linear`; `linear_up_log_down` (logarithmic wherever the value falls); `linear_log` (linear
up to the peak, logarithmic after it).

"AUC to day 28" is ambiguous when nobody was sampled on day 28, so the rule has a name:

- `interpolate`: the value on the last day is read between the samples before and after it; without a
  sample on or after that day there is no estimate;
- `truncate`: the area ends at the last quantifiable sample, wherever it is, and says so;
- `extrapolate`: beyond the last quantifiable sample the terminal slope carries on.

Samples below the limit for which the profile's rule puts a number (half the limit, or 0) bound the area like any other;
the area then ends, or carries on, at the last of them.

The rules differ up to a hundredfold on sparse sampling; results of different rules are not compared.

Differences from other software: PKNCA's `lin-log` is NaN where two equal values follow the peak; the
logarithmic trapezoid has the linear one as its limit there, which we use.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from celltrial.analysis import half_life
from celltrial.analysis.profile import Profile
from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.kinetic_rules import Baseline, EndRule, HalfLifeRule, Trapezoid

_METHODS: Final = {
    "linear": Method.LINEAR,
    "linear_up_log_down": Method.LINEAR_UP_LOG_DOWN,
    "linear_log": Method.LINEAR_LOG,
}


def estimate(
    profile: Profile,
    *,
    end: float = 28.0,
    trapezoid: Trapezoid = "linear_up_log_down",
    end_rule: EndRule = "interpolate",
    tolerance: float = 0.0,
    baseline: Baseline = "zero",
    half_life_rule: HalfLifeRule = "last_points",
) -> Estimate | NotEstimable:
    """Return the area from time 0 to `end`, in value x time units.

    tolerance: a last sample up to this much before `end` counts as taken at the end (visit window);
               the area is then truncated there, with a caveat.
    baseline:  "observed" needs a sample at time 0, "zero" takes 0 there when it is missing, as befits
               cells that the subject never had before; a caveat says so unless the first value is 0 too.
    Raises ANL-008 unless 0 < end. Checked against PKNCA 0.12.1 (R 4.2.2) on Theoph for the three
    trapezoids, and AC-A3.1 (659,000 linear; 624,309 linear up, log down).

    >>> from celltrial.analysis.profile import profile
    >>> p = profile([0, 1, 3, 7, 10, 14, 21, 28], [0, 0, 500, 20000, 80000, 40000, 10000, 5000])
    >>> estimate(p, trapezoid="linear").value, round(estimate(p).value)
    (659000.0, 624309)
    """
    if not (math.isfinite(end) and end > 0):
        raise UserError(fault("ANL-008", expected="0 < end < infinity", found=str(end)))
    if not profile.samples:
        return NotEstimable(Reason.NO_SAMPLES, Population.SUBJECT, 0)
    if not profile.quantifiable:
        return _refuse(profile, Reason.NEVER_QUANTIFIABLE)
    points = [(t, v) for t, v in profile.area_points if t >= 0]
    caveats: list[Caveat] = [Caveat.BELOW_LLOQ_DROPPED] if profile.dropped else []
    if profile.replaced:
        caveats.append(Caveat.BELOW_LLOQ_REPLACED)
    if not points or points[0][0] > 0:
        if baseline == "observed":
            return _refuse(profile, Reason.NO_BASELINE_SAMPLE)
        if not points or points[0][1] > 0:
            caveats.append(Caveat.BASELINE_ASSUMED_ZERO)
        points.insert(0, (0.0, 0.0))
    peak_time = profile.time[profile.peak]
    area = sum(_segment(a, b, end, trapezoid, peak_time) for a, b in pairwise(points))
    added = _beyond(profile, points[-1], end, end_rule, tolerance, half_life_rule)
    if isinstance(added, NotEstimable):
        return added
    extra, end_caveats = added
    if points[-1][0] > end and all(t != end for t, _ in points):
        end_caveats = (Caveat.INTERPOLATED,)
    detail = MappingProxyType({"end": end, "last_quantifiable": profile.time[-1], "extrapolated": extra})
    return Estimate(
        area + extra,
        Population.SUBJECT,
        profile.samples,
        _METHODS[trapezoid],
        None,
        (*caveats, *end_caveats),
        detail,
    )


def _refuse(profile: Profile, reason: Reason, **params: object) -> NotEstimable:
    return NotEstimable(reason, Population.SUBJECT, profile.samples, MappingProxyType(params))


def _beyond(
    profile: Profile,
    last: tuple[float, float],
    end: float,
    end_rule: EndRule,
    tolerance: float,
    half_life_rule: HalfLifeRule,
) -> tuple[float, tuple[Caveat, ...]] | NotEstimable:
    """Return the area between the last quantifiable point and `end`, and what it rests on."""
    time, value = last
    if time >= end:
        return 0.0, ()
    if end_rule == "extrapolate":
        fitted = half_life.estimate(profile, rule=half_life_rule)
        if isinstance(fitted, NotEstimable):
            return fitted
        slope = fitted.detail["lambda_z"]
        return value / slope * -math.expm1(-slope * (end - time)), (Caveat.EXTRAPOLATED,)
    if profile.tail and profile.last_sampled >= end - tolerance:
        return 0.0, (Caveat.BELOW_LLOQ_TAIL_ZERO,)
    if end_rule == "truncate" or time >= end - tolerance:
        return 0.0, (Caveat.TRUNCATED_AT_LAST_SAMPLE,)
    return _refuse(profile, Reason.LAST_SAMPLE_TOO_EARLY, last=profile.last_sampled, end=end)


def _segment(
    a: tuple[float, float], b: tuple[float, float], end: float, trapezoid: Trapezoid, peak_time: float
) -> float:
    """Return the area between two points, as far as `end`."""
    (t1, v1), (t2, v2) = a, b
    if t1 >= end:
        return 0.0
    after_peak = t1 >= peak_time if trapezoid == "linear_log" else v2 < v1
    logarithmic = trapezoid != "linear" and after_peak and v1 > 0 and v2 > 0 and v1 != v2
    if t2 > end:
        share = (end - t1) / (t2 - t1)
        v2 = v1 * (v2 / v1) ** share if logarithmic else v1 + (v2 - v1) * share
        t2 = end
    if logarithmic and v1 != v2:
        return (v1 - v2) * (t2 - t1) / math.log(v1 / v2)
    return (v1 + v2) * (t2 - t1) / 2


def to_last(
    profile: Profile, *, trapezoid: Trapezoid = "linear_up_log_down", baseline: Baseline = "zero"
) -> Estimate | NotEstimable:
    """Return the area from time 0 to the last quantifiable sample (AUClast), in value x time units.

    Checked against PKNCA 0.12.1 (R 4.2.2) on Theoph for the three trapezoids.

    >>> from celltrial.analysis.profile import profile
    >>> to_last(profile([0, 2, 4], [0, 10, 5]), trapezoid="linear").value
    25.0
    """
    if not profile.samples or not profile.quantifiable:
        return _refuse(profile, Reason.NEVER_QUANTIFIABLE if profile.samples else Reason.NO_SAMPLES)
    end = profile.time[-1]
    if not end > 0:
        return _refuse(profile, Reason.TOO_FEW_POINTS, points=1, needed=2)
    return estimate(profile, end=end, trapezoid=trapezoid, end_rule="truncate", baseline=baseline)


def to_first_below(
    profile: Profile, *, trapezoid: Trapezoid = "linear_up_log_down", baseline: Baseline = "zero"
) -> Estimate | NotEstimable:
    """Return AUCall: AUClast and, where samples below the limit follow, the triangle down to 0 at the first of them.

    >>> from celltrial.analysis.profile import profile
    >>> to_first_below(profile([0, 2, 4, 6], [0, 10, 5, None], [False, False, False, True]), trapezoid="linear").value
    30.0
    """
    last = to_last(profile, trapezoid=trapezoid, baseline=baseline)
    if isinstance(last, NotEstimable) or not profile.tail:
        return last
    triangle = profile.value[-1] * (profile.tail[0] - profile.time[-1]) / 2
    return replace(last, value=last.value + triangle)


def to_infinity(
    profile: Profile,
    *,
    trapezoid: Trapezoid = "linear_up_log_down",
    baseline: Baseline = "zero",
    half_life_rule: HalfLifeRule = "last_points",
    most_extrapolated: float = 0.2,
) -> Estimate | NotEstimable:
    """Return AUCinf: AUClast and the last observed value over the terminal slope, with the share that this adds.

    `detail` holds `extrapolated_share`; above `most_extrapolated` a caveat says so. Not estimable without a half-life.
    Checked against the whole area of an exponential decline, where it is exact.

    >>> from celltrial.analysis.profile import profile
    >>> import math
    >>> decline = profile([0, 1, 2, 3, 4], [100 * math.exp(-0.5 * t) for t in range(5)])
    >>> round(to_infinity(decline, most_extrapolated=0.1).value, 6)
    200.0
    """
    last = to_last(profile, trapezoid=trapezoid, baseline=baseline)
    if isinstance(last, NotEstimable):
        return last
    fitted = half_life.estimate(profile, rule=half_life_rule)
    if isinstance(fitted, NotEstimable):
        return fitted
    beyond = profile.value[-1] / fitted.detail["lambda_z"]
    share = beyond / (last.value + beyond)
    caveats = (*last.caveats, Caveat.EXTRAPOLATED)
    if share > most_extrapolated:
        caveats = (*caveats, Caveat.MOSTLY_EXTRAPOLATED)
    detail = MappingProxyType({**last.detail, "extrapolated": beyond, "extrapolated_share": share})
    return replace(last, value=last.value + beyond, caveats=caveats, detail=detail)
