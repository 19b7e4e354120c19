"""Boundaries of a group-sequential design: found look by look, with the drift that gives the power.

The definitions, references and checks are in `group_sequential`; the integral in `canonical_process`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import optimize, special
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.randomised.canonical_process import (
    Alive,
    advance,
    below,
    lower_bound,
    start,
    upper_bound,
    upper_tail,
)
from celltrial.designs.randomised.group_sequential import (
    Course,
    FixedFutility,
    Futility,
    GroupSequential,
    GroupSequentialDesign,
    HaybittlePeto,
    WangTsiatis,
)
from celltrial.designs.randomised.spending import Spending, spent

Bounds = tuple[float, ...]


def boundaries(params: GroupSequential) -> GroupSequentialDesign:
    """Return the bounds, the drift that gives the power, and the exact courses.

    >>> d = boundaries(GroupSequential((1 / 3, 2 / 3, 1), efficacy=Spending("obrien_fleming"), beta=0.1))
    >>> [round(z, 4) for z in d.upper], round(d.inflation, 5)
    ([3.7103, 2.5114, 1.993], 1.01185)
    >>> pocock = boundaries(GroupSequential((0.5, 1), alpha=0.05, sided=2, efficacy=WangTsiatis(0.5)))
    >>> [round(z, 3) for z in pocock.upper]
    [2.178, 2.178]
    """
    z_fixed = -float(special.ndtri(params.alpha_side)) - float(special.ndtri(params.beta))
    futility = params.futility
    if isinstance(futility, Futility):
        upper, lower, drift = _with_spending(params, futility, z_fixed)
    else:
        given = (*futility.bounds, -math.inf) if isinstance(futility, FixedFutility) else None
        held = given if given and isinstance(futility, FixedFutility) and futility.binding else None
        upper = _upper(params, held)
        if params.sided == 2:
            lower = tuple(-z for z in upper)
        else:
            lower = (*given[:-1], upper[-1]) if given else (-math.inf,) * len(upper)
        drift = _drift(params, upper, lower, z_fixed)
    return _report(params, upper, lower, drift, z_fixed)


def follow(information: Bounds, upper: Bounds, lower: Bounds, drift: float) -> Course:
    """Return the exact course under this drift.

    information: shares, increasing, the last 1; upper, lower: bounds of Z at each look. A trial that reaches the last
    look ends there; what lies between its two bounds counts as neither.

    >>> c = follow((0.5, 1.0), (2.178, 2.178), (-2.178, -2.178), 0.0)
    >>> round(c.p_success + sum(c.futility), 3)
    0.05
    """
    alive, success, futility, mean = start(), [], [], 0.0
    for k, t in enumerate(information):
        success.append(upper_tail(alive, t, drift, upper[k]))
        futility.append(below(alive, t, drift, lower[k]))
        mean += float(alive.mass.sum()) * (t - alive.information)
        if k + 1 < len(information):
            alive = advance(alive, t, drift, lower[k], upper[k], information[k + 1])
    return Course(drift, tuple(success), tuple(futility), mean)


def _next(params: GroupSequential, k: int) -> float | None:
    return params.information[k + 1] if k + 1 < len(params.information) else None


def _increments(spending: Spending, information: Bounds, total: float) -> list[float]:
    used = [0.0, *(spent(spending, t, total) for t in information)]
    return [b - a for a, b in pairwise(used)]


def _upper(params: GroupSequential, lower: Bounds | None) -> Bounds:
    """Return the efficacy bounds; `lower` is given only where stopping for futility is binding."""
    rule = params.efficacy
    if isinstance(rule, Spending):
        return _upper_spending(params, rule, lower)
    times = params.information
    if isinstance(rule, WangTsiatis):
        shape = tuple(t ** (rule.delta - 0.5) for t in times)
        if len(times) == 1:
            return (-float(special.ndtri(params.alpha_side)),)

        def miss(c: float) -> float:
            return _error(params, tuple(c * s for s in shape), lower) - params.alpha_side

        c = optimize.brentq(miss, 0.0, 12.0, xtol=1e-13)
        return tuple(c * s for s in shape)
    return _upper_haybittle(params, rule, lower)


def _error(params: GroupSequential, upper: Bounds, lower: Bounds | None) -> float:
    low = lower or (tuple(-z for z in upper) if params.sided == 2 else (-math.inf,) * len(upper))
    return follow(params.information, upper, low, 0.0).p_success


def _upper_haybittle(params: GroupSequential, rule: HaybittlePeto, lower: Bounds | None) -> Bounds:
    alive, used = start(), 0.0
    for k, t in enumerate(params.information[:-1]):
        used += upper_tail(alive, t, 0.0, rule.z)
        low = lower[k] if lower else -rule.z if params.sided == 2 else -math.inf
        alive = advance(alive, t, 0.0, low, rule.z, _next(params, k))
    left = params.alpha_side - used
    if left <= 0:
        raise UserError(fault("DSG-303", expected=message("haybittle_peto_z_that_leaves_error"), found=f"z={rule.z}"))
    return (*(rule.z for _ in params.information[:-1]), upper_bound(alive, params.information[-1], 0.0, left))


def _upper_spending(params: GroupSequential, spending: Spending, lower: Bounds | None) -> Bounds:
    alive, found = start(), []
    for k, step in enumerate(_increments(spending, params.information, params.alpha_side)):
        t = params.information[k]
        z = upper_bound(alive, t, 0.0, step)
        found.append(z)
        low = lower[k] if lower else -z if params.sided == 2 else -math.inf
        alive = advance(alive, t, 0.0, low, z, _next(params, k))
    return tuple(found)


def _drift(params: GroupSequential, upper: Bounds, lower: Bounds, z_fixed: float) -> float:
    """Return the drift whose probability of success is 1 - beta."""

    def miss(drift: float) -> float:
        return follow(params.information, upper, lower, drift).p_success - (1 - params.beta)

    high = z_fixed * 1.5 + 0.5
    while miss(high) < 0:
        high *= 1.5
        if high > 1e3:
            raise _hopeless(params)
    return float(optimize.brentq(miss, 0.5 * z_fixed, high, xtol=1e-12))


def _hopeless(params: GroupSequential) -> UserError:
    found = f"efficacy={params.efficacy}, futility={params.futility}"
    return UserError(
        fault("DSG-303", expected=message("bounds_under_which_some_effect_reaches_the_power"), found=found)
    )


def _with_spending(params: GroupSequential, futility: Futility, z_fixed: float) -> tuple[Bounds, Bounds, float]:
    """Return both bounds and the drift where futility spends an error of its own."""
    if futility.under_null:
        # what the null does not reject is spent below; bounds that do not bind leave a little more than 1 - alpha
        def left(total: float) -> float:
            return 1 - follow(params.information, *_walk(params, futility, 0.0, total), 0.0).p_success - total

        total = float(optimize.brentq(left, 1 - params.alpha_side - 1e-9, 1 - 1e-12, xtol=1e-13))
        upper, lower = _walk(params, futility, 0.0, total)
        return upper, lower, _drift(params, upper, lower, z_fixed)

    def miss(drift: float) -> float:
        upper, lower = _walk(params, futility, drift, params.beta)
        course = follow(params.information, upper, lower, drift)
        return math.fsum(course.futility) - params.beta

    low, high = 0.8 * z_fixed, 1.5 * z_fixed + 0.5
    while miss(high) > 0:
        high *= 1.3  # ends: with all of beta still to spend somewhere, a large drift crosses first
    drift = float(optimize.brentq(miss, low, high, xtol=1e-12))
    return *_walk(params, futility, drift, params.beta), drift


def _walk(params: GroupSequential, futility: Futility, drift: float, total: float) -> tuple[Bounds, Bounds]:
    """Return the bounds look by look, futility spending `total` under this drift; they meet at the last look."""
    times = params.information
    rule = params.efficacy
    lows = _increments(futility.spending, times, total)
    free = None if futility.binding and isinstance(rule, Spending) else _upper(params, None)
    highs = _increments(rule, times, params.alpha_side) if isinstance(rule, Spending) else []
    null: Alive = start()
    other: Alive = start()
    upper: list[float] = []
    lower: list[float] = []
    for k, t in enumerate(times):
        b = free[k] if free else upper_bound(null, t, 0.0, highs[k])
        a = b if k + 1 == len(times) else min(b, lower_bound(other, t, drift, lows[k]))
        upper.append(b)
        lower.append(a)
        if free is None:
            null = advance(null, t, 0.0, a, b, _next(params, k))
        other = advance(other, t, drift, a, b, _next(params, k))
    return tuple(upper), tuple(lower)


def _report(
    params: GroupSequential, upper: Bounds, lower: Bounds, drift: float, z_fixed: float
) -> GroupSequentialDesign:
    futility = params.futility
    kept = lower if params.sided == 2 or (futility is not None and futility.binding) else (-math.inf,) * len(upper)
    steps = follow(params.information, upper, kept, 0.0).success
    return GroupSequentialDesign(
        params=params,
        upper=upper,
        lower=lower,
        nominal=tuple(float(special.ndtr(-z)) for z in upper),
        alpha_spent=tuple(math.fsum(steps[: k + 1]) for k in range(len(steps))),
        drift=drift,
        inflation=(drift / z_fixed) ** 2,
        under_null=follow(params.information, upper, lower, 0.0),
        halfway=follow(params.information, upper, lower, drift / 2),
        under_alternative=follow(params.information, upper, lower, drift),
    )


def optimal_wang_tsiatis(params: GroupSequential) -> GroupSequentialDesign:
    """Return the Wang-Tsiatis design with the smallest mean information under the alternative.

    The shape is found by a bounded search over delta in [0, 1]; the minimum is flat, so delta is good to about 1e-4
    and another program's optimum may differ in the fourth decimal of a bound. `efficacy` of the parameters is replaced.

    >>> d = optimal_wang_tsiatis(GroupSequential((0.5, 1.0)))
    >>> round(d.params.efficacy.delta, 2)
    0.42
    """

    def cost(delta: float) -> float:
        return boundaries(replace(params, efficacy=WangTsiatis(delta))).expected_inflation[2]

    found = optimize.minimize_scalar(cost, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-6})
    return boundaries(replace(params, efficacy=WangTsiatis(float(found.x))))


def describe(params: GroupSequential, result: GroupSequentialDesign) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.group_sequential",
        {
            "looks": len(params.information),
            "upper": _listed(result.upper),
            "lower": _listed(result.lower),
            "alpha": 100 * params.alpha,
            "power": 100 * (1 - params.beta),
            "sided": params.sided,
            "inflation": result.inflation,
        },
    )


def _listed(bounds: Bounds) -> str:
    return ", ".join(f"{z:.4f}" if math.isfinite(z) else "-" for z in bounds)
