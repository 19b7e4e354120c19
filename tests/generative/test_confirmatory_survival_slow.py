"""The plain tests on data judge the compiled simulation loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.designs.randomised.max_combo import MAX_COMBO_WEIGHTS
from celltrial.designs.randomised.piecewise_hazard import PiecewiseHazard
from celltrial.designs.randomised.restricted_mean import restricted_mean_difference
from celltrial.designs.randomised.survival_kernel import analyse, sequential
from celltrial.designs.randomised.survival_scenario import SurvivalScenario, VeinToVein, subject_times
from celltrial.designs.randomised.weighted_log_rank import FlemingHarrington, weighted_log_rank


def as_seen(times, trial, entry, cut):
    """Follow-up and event flags of those who had entered by the cut."""
    x = np.minimum(times.event[trial], times.dropout[trial])
    event = times.event[trial] <= times.dropout[trial]
    inside = entry < cut
    seen = entry + x <= cut
    return np.where(seen, x, cut - entry)[inside], (event & seen)[inside], inside


def cut_at(times, trial, entry, events):
    happened = times.event[trial] <= times.dropout[trial]
    calendar = np.sort((entry + times.event[trial])[happened])
    return calendar[min(events, calendar.size) - 1]


@st.composite
def trials(draw):
    n = draw(st.integers(12, 60))
    rate = st.floats(0.05, 1.0)
    treated = PiecewiseHazard((0.0, draw(st.floats(0.5, 5.0))), (draw(rate), draw(rate)))
    control = PiecewiseHazard((0.0,), (draw(rate),))
    lag = VeinToVein(draw(st.floats(0, 3)), draw(st.floats(0, 1)), draw(st.floats(0, 0.5)))
    ratio = draw(st.integers(1, 3))
    truth = SurvivalScenario(n, 8.0, control, treated, None, lag, ratio, draw(st.sampled_from([0.0, 0.05])))
    uniforms = np.random.default_rng(draw(st.integers(0, 10**6))).random((3, n, 4))
    return truth, subject_times(truth, uniforms), draw(st.integers(6, n // 2))


@settings(max_examples=25, deadline=None)
@given(trials(), st.floats(0.5, 6.0))
def test_one_analysis_equals_the_plain_tests(given_trial, until):
    truth, times, events = given_trial
    entry, arm = truth.entry, truth.in_treated
    rho = np.array([w.rho for w in MAX_COMBO_WEIGHTS], dtype=float)
    gamma = np.array([w.gamma for w in MAX_COMBO_WEIGHTS], dtype=float)
    u, v, when, mean = analyse(times.event, times.dropout, entry, arm, events, rho, gamma, until)
    for trial in range(3):
        cut = cut_at(times, trial, entry, events)
        assert when[trial, 0] == cut
        y, d, inside = as_seen(times, trial, entry, cut)
        assert when[trial, 1] == d.sum()
        plain = weighted_log_rank(y, d, arm[inside], MAX_COMBO_WEIGHTS)
        deviation = np.sqrt(np.diag(v[trial]))
        z = np.divide(u[trial], deviation, out=np.zeros(4), where=deviation > 0)
        np.testing.assert_allclose(z, plain.z, rtol=1e-9, atol=1e-9)
        reach = min(y[arm[inside]].max(), y[~arm[inside]].max(), until)
        assert mean[trial, 2] == reach
        rest = restricted_mean_difference(y, d, arm[inside], until=reach)
        np.testing.assert_allclose(mean[trial, :2], [rest.difference, rest.variance], rtol=1e-9, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(trials(), st.floats(0.5, 2.5), st.floats(-1.0, 0.4))
def test_several_looks_equal_the_plain_tests(given_trial, high, low):
    truth, times, events = given_trial
    entry, arm = truth.entry, truth.in_treated
    looks = (events // 2, events)
    bounds = np.array([high, 1.5]), np.array([low, 1.5])
    ended, success, cuts, total = sequential(times.event, times.dropout, entry, arm, np.array(looks), *bounds)
    for trial in range(3):
        for k in range(2):
            cut = cut_at(times, trial, entry, looks[k])
            y, d, inside = as_seen(times, trial, entry, cut)
            z = (
                weighted_log_rank(y, d, arm[inside], (FlemingHarrington(),)).z[0]
                if 0 < arm[inside].sum() < inside.sum()
                else 0
            )
            if z >= bounds[0][k] or z < bounds[1][k]:
                break
        assert (ended[trial], success[trial], cuts[trial, k]) == (k, z >= bounds[0][k], cut)
        assert total[trial] == d.sum()
