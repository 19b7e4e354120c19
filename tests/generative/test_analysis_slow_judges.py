"""Slow, plain implementations judge the analyses on invented data."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from celltrial.analysis import agreement, cumulative_incidence, event_rate, exposure, kaplan_meier, restricted_mean
from celltrial.analysis.profile import profile
from celltrial.core.results import NotEstimable

FOLLOW_UP = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["", "event", "death"])), min_size=1, max_size=25)
FEW = settings(max_examples=60, deadline=None)


def product_limit(rows):
    """Survival after each distinct time, in fractions: one factor for each time, one loop over subjects."""
    survival, out = Fraction(1), {}
    for when in sorted({t for t, _ in rows}):
        at_risk = sum(t >= when for t, _ in rows)
        died = sum(t == when and e for t, e in rows)
        survival *= 1 - Fraction(died, at_risk)
        out[when] = (survival, at_risk, died)
    return out


@FEW
@given(FOLLOW_UP)
def test_kaplan_meier_equals_the_product_in_fractions(rows):
    rows = [(t, cause == "event") for t, cause in rows]
    curve = kaplan_meier.estimate([t for t, _ in rows], [e for _, e in rows])
    expected = product_limit(rows)
    assert list(curve.time) == list(expected)
    for i, (survival, at_risk, died) in enumerate(expected.values()):
        assert curve.survival[i] == pytest.approx(float(survival), abs=1e-12)
        assert (curve.n_risk[i], curve.n_event[i]) == (at_risk, died)
    assert curve.n == sum(curve.n_event) + sum(curve.n_censored)


@FEW
@given(FOLLOW_UP)
def test_median_equals_the_rule_in_fractions(rows):
    """Half the sum of the first time at or below 1/2 and the first time below it, or the last time seen."""
    rows = [(t, cause == "event") for t, cause in rows]
    steps = [(t, s) for t, (s, _, _) in product_limit(rows).items()]
    reached = [t for t, s in steps if s <= Fraction(1, 2)]
    passed = [t for t, s in steps if s < Fraction(1, 2)]
    found = kaplan_meier.estimate([t for t, _ in rows], [e for _, e in rows]).median
    if not reached:
        assert isinstance(found, NotEstimable)
    elif passed:
        assert found.value == (reached[0] + passed[0]) / 2
    else:
        assert found.value == (reached[0] + steps[-1][0]) / 2


@FEW
@given(FOLLOW_UP, st.integers(1, 12))
def test_restricted_mean_is_the_area_under_the_product(rows, horizon):
    rows = [(t, cause == "event") for t, cause in rows]
    curve = kaplan_meier.estimate([t for t, _ in rows], [e for _, e in rows])
    found = restricted_mean.estimate(curve, horizon=horizon)
    assume(not isinstance(found, NotEstimable))
    expected = product_limit(rows)
    area = Fraction(0)
    for start in range(horizon):  # all times are whole: the curve is constant on [start, start + 1)
        heights = [s for t, (s, _, _) in expected.items() if t <= start]
        area += heights[-1] if heights else 1
    assert found.value == pytest.approx(float(area), abs=1e-9)
    assert 0 <= found.interval.low <= found.value <= found.interval.high <= horizon


@FEW
@given(FOLLOW_UP)
def test_incidences_and_survival_sum_to_one(rows):
    """Aalen-Johansen by its definition: sum of S(t-) d_cause/n, in fractions."""
    time, cause = [t for t, _ in rows], [c for _, c in rows]
    found = cumulative_incidence.estimate(time, cause)
    assume(not isinstance(found, NotEstimable))
    free = product_limit([(t, c != "") for t, c in rows])
    before, sums = Fraction(1), dict.fromkeys(found, Fraction(0))
    for i, (when, (survival, at_risk, _)) in enumerate(free.items()):
        for name in found:
            sums[name] += before * Fraction(sum(t == when and c == name for t, c in rows), at_risk)
            assert found[name].time[i] == when
            assert found[name].probability[i] == pytest.approx(float(sums[name]), abs=1e-12)
        before = survival
        assert sum(sums.values()) + survival == 1


@FEW
@given(
    st.lists(st.tuples(st.integers(1, 40), st.floats(0.1, 1e5)), min_size=2, max_size=9, unique_by=lambda p: p[0]),
    st.sampled_from(["linear", "linear_up_log_down"]),
    st.integers(1, 40),
)
def test_area_equals_quadrature_of_the_interpolated_profile(points, trapezoid, end):
    points = sorted(points)
    assume(end <= points[-1][0])
    samples = profile([t for t, _ in points], [v for _, v in points])
    found = exposure.estimate(samples, end=end, trapezoid=trapezoid)
    knots = [(0, 0.0), *points]

    def value(t):
        for (t1, v1), (t2, v2) in itertools.pairwise(knots):
            if t1 <= t <= t2:
                share = (t - t1) / (t2 - t1)
                if trapezoid != "linear" and 0 < v2 < v1:
                    return math.exp(math.log(v1) * (1 - share) + math.log(v2) * share)
                return v1 + (v2 - v1) * share
        raise AssertionError(t)

    pieces = [t for t, _ in knots if t < end] + [end]
    area = sum(
        integrate.quad(value, a, b, epsabs=1e-9, epsrel=1e-9, limit=100)[0] for a, b in itertools.pairwise(pieces)
    )
    assert found.value == pytest.approx(area, rel=1e-6)


@FEW
@given(st.lists(st.integers(0, 30), min_size=4, max_size=4))
def test_kappa_variance_equals_the_delta_method(table):
    """Numerical gradient of kappa over the four shares, with the multinomial covariance."""
    n = sum(table)
    assume(n > 0)

    def kappa(p):
        a, b, c, d = p
        chance = (a + b) * (a + c) + (c + d) * (b + d)
        return (a + d - chance) / (1 - chance)

    p = np.array(table, dtype=float) / n
    chance = (p[0] + p[1]) * (p[0] + p[2]) + (p[2] + p[3]) * (p[1] + p[3])
    assume(chance < 0.999)
    first = [True] * table[0] + [True] * table[1] + [False] * table[2] + [False] * table[3]
    second = [True] * table[0] + [False] * table[1] + [True] * table[2] + [False] * table[3]
    found = agreement.estimate(first, second).kappa
    assert found.value == pytest.approx(kappa(p), abs=1e-12)
    step = 1e-6
    gradient = np.array([(kappa(p + step * e) - kappa(p - step * e)) / (2 * step) for e in np.eye(4)])
    variance = gradient @ (np.diag(p) - np.outer(p, p)) @ gradient / n
    assert found.detail["std_error"] ** 2 == pytest.approx(variance, abs=1e-7)


@FEW
@given(st.integers(1, 60), st.floats(0.5, 0.99))
def test_poisson_limits_solve_their_equations(events, level):
    """The tail beyond each limit holds half of what the level leaves out."""
    limits, _ = event_rate.exact_poisson(events, level=level)
    tail = (1 - level) / 2
    assert stats.poisson.sf(events - 1, limits.low) == pytest.approx(tail, abs=1e-9)
    assert stats.poisson.cdf(events, limits.high) == pytest.approx(tail, abs=1e-9)
