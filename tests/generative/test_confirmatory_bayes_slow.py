"""Enumeration of every outcome judges the exact recursions of the Bayesian single-arm designs."""

from __future__ import annotations

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, betabinom

from celltrial.designs.single_arm.bop2 import Bop2, CutOff, JointRates, Watched, bop2_bounds, follow_bop2
from celltrial.designs.single_arm.predictive_probability import PredictiveProbability, predictive_probability


@st.composite
def truths(draw):
    e, t = draw(st.floats(0.02, 0.98)), draw(st.floats(0.02, 0.98))
    low, high = max(0.0, e + t - 1), min(e, t)
    return JointRates(e, t, low + draw(st.floats(0, 1)) * (high - low))


def better(count, n, null, *, toxic):
    return (beta.cdf if toxic else beta.sf)(null, null + count, 1 - null + n - count)


@settings(max_examples=10, deadline=None)
@given(truths(), st.floats(0.3, 0.99), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 3)), st.sampled_from("etb"))
def test_bop2_course_equals_enumeration(truth, scale, power, eta, which):
    looks, p_e, p_t = (2, 4, 6), 0.25, 0.35
    cut = CutOff(scale, power)
    e = Watched(p_e, cut) if which in "eb" else None
    t = Watched(p_t, cut) if which in "tb" else None
    ours = follow_bop2(bop2_bounds(Bop2(looks, e, t, eta)), truth)
    both = truth.p_both
    cells = {
        (0, 0): 1 - truth.efficacy - truth.toxicity + both,
        (1, 0): truth.efficacy - both,
        (0, 1): truth.toxicity - both,
        (1, 1): both,
    }
    success = mean = 0.0
    verdicts = {}
    for n, x, y in itertools.product(looks, range(7), range(7)):
        if x > n or y > n:
            continue
        chances = [better(x, n, p_e, toxic=False)] * (e is not None) + [better(y, n, p_t, toxic=True)] * (t is not None)
        if min(chances) < scale * (n / 6) ** power:
            verdicts[n, x, y] = "stop"
        elif n == 6 or (eta is not None and min(chances) >= 1 - (1 - scale) * (n / 6) ** eta):
            verdicts[n, x, y] = "success"
    for outcome in itertools.product(cells, repeat=6):
        weight = math.prod(cells[cell] for cell in outcome)
        for n in looks:
            key = (n, sum(c[0] for c in outcome[:n]), sum(c[1] for c in outcome[:n]))
            if key in verdicts:
                success += weight * (verdicts[key] == "success")
                mean += weight * n
                break
    assert math.isclose(ours.p_success, success, abs_tol=1e-10)
    assert math.isclose(ours.expected_n, mean, rel_tol=1e-9)
    assert ours.total_error < 1e-12


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.data())
def test_predictive_probability_equals_its_definition(total, data):
    n = data.draw(st.integers(1, total))
    x = data.draw(st.integers(0, n))
    p0, theta = data.draw(st.floats(0.1, 0.6)), data.draw(st.floats(0.5, 0.99))
    a, b = data.draw(st.floats(0.2, 3)), data.draw(st.floats(0.2, 3))
    looks = (n, total) if n < total else (total,)
    params = PredictiveProbability(p0, p0 + 0.2, looks, theta, prior=(a, b))
    plain = sum(
        betabinom.pmf(y, total - n, a + x, b + n - x)
        for y in range(total - n + 1)
        if beta.sf(p0, a + x + y, b + total - x - y) > theta
    )
    assert math.isclose(predictive_probability(params, n, x), plain, abs_tol=1e-10)
