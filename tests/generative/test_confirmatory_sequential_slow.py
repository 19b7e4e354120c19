"""A plain trapezoid on a dense grid judges the recursive integration."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from celltrial.designs.randomised.boundaries import boundaries, follow
from celltrial.designs.randomised.group_sequential import GroupSequential, WangTsiatis


def plain(times, upper, lower, drift):
    """Score-scale densities on one uniform grid per look, by the trapezoid rule."""
    success, futility = [], []
    grid = density = None
    for k, t in enumerate(times):
        root = math.sqrt(t)
        if k == 0:
            success.append(norm.sf(upper[0] - drift * root))
            futility.append(norm.cdf(lower[0] - drift * root))
            weight = None
        else:
            step = t - times[k - 1]
            mean = grid + drift * step
            weight = np.full(grid.size, grid[1] - grid[0])
            weight[[0, -1]] /= 2
            success.append(float((density * weight) @ norm.sf((upper[k] * root - mean) / math.sqrt(step))))
            futility.append(float((density * weight) @ norm.cdf((lower[k] * root - mean) / math.sqrt(step))))
        new = np.linspace(max(lower[k], -9 + drift * root) * root, min(upper[k], 9 + drift * root) * root, 1501)
        if k == 0:
            density = norm.pdf(new, drift * t, root)
        else:
            density = norm.pdf(new[:, None], mean, math.sqrt(step)) @ (density * weight)
        grid = new
    return success, futility


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_course_equals_plain_integration(data):
    looks = data.draw(st.integers(1, 4))
    steps = [data.draw(st.floats(0.15, 1.0)) for _ in range(looks)]
    times = tuple(float(t) for t in np.cumsum(steps) / sum(steps))
    upper = tuple(data.draw(st.floats(1.0, 4.0)) for _ in range(looks))
    lower = tuple(data.draw(st.floats(-4.0, 0.9)) for _ in range(looks))
    drift = data.draw(st.floats(-1.0, 4.5))
    ours = follow(times, upper, lower, drift)
    success, futility = plain(times, upper, lower, drift)
    np.testing.assert_allclose(ours.success, success, atol=2e-6)
    np.testing.assert_allclose(ours.futility, futility, atol=2e-6)
    going_on = 1 - sum(ours.success[:-1]) - sum(ours.futility[:-1])
    assert 0 <= going_on <= 1 + 1e-12


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 6), st.floats(-0.3, 0.6), st.sampled_from([0.01, 0.025, 0.1]), st.sampled_from([0.1, 0.3]))
def test_every_design_keeps_its_errors(looks, delta, alpha, beta):
    times = tuple((k + 1) / looks for k in range(looks))
    design = boundaries(GroupSequential(times, alpha, beta, WangTsiatis(delta)))
    assert math.isclose(design.under_null.p_success, alpha, abs_tol=1e-9)
    assert math.isclose(design.under_alternative.p_success, 1 - beta, abs_tol=1e-9)
    assert design.inflation >= 1 - 1e-9
