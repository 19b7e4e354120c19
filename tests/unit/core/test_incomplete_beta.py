"""The incomplete beta function against scipy, and against exact sums in fractions."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from random import Random

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from celltrial.core.incomplete_beta import incomplete_beta
from celltrial.designs import build_stopping_rule
from celltrial.designs.escalation.boin import elimination_limit

shapes = st.floats(0.05, 600)


@given(shapes, shapes, st.floats(0, 1))
def test_it_is_scipys(a, b, x):
    assert incomplete_beta(a, b, x) == pytest.approx(scipy.special.betainc(a, b, x), rel=0, abs=1e-12)


def test_near_the_mean_of_large_trials_it_is_scipys_too():
    choose = Random(1)
    for _ in range(500):
        n = choose.randint(1, 2000)
        x = choose.randint(0, n)
        p = min(max((x + choose.gauss(0, 2) * (x + 1) ** 0.5) / (n + 2), 0.0), 1.0)
        assert incomplete_beta(x + 0.6, n - x + 1.4, p) == pytest.approx(
            scipy.special.betainc(x + 0.6, n - x + 1.4, p), rel=0, abs=1e-11
        )


@given(st.integers(1, 60), st.data(), st.integers(1, 99))
def test_for_whole_shapes_it_is_the_binomial_tail(n, data, percent):
    """P(Beta(k, n - k + 1) <= p) = P(Bin(n, p) >= k), as a fraction."""
    k, p = data.draw(st.integers(1, n)), Fraction(percent, 100)
    tail = sum(comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))
    assert incomplete_beta(k, n - k + 1, percent / 100) == pytest.approx(float(tail), rel=1e-11, abs=1e-14)


@pytest.mark.parametrize(("a", "b", "x"), [(0, 1, 0.5), (1, 0, 0.5), (1, 1, -0.1), (1, 1, 1.1), (1, 1, float("nan"))])
def test_what_has_no_value_is_refused(a, b, x):
    with pytest.raises(ValueError, match="a and b are above 0"):
        incomplete_beta(a, b, x)


def test_the_ends():
    assert incomplete_beta(0.3, 2, 0) == 0
    assert incomplete_beta(0.3, 2, 1) == 1


@given(st.integers(1, 120), st.floats(0.02, 0.9), st.floats(0.55, 0.995), st.floats(0.1, 5), st.floats(0.1, 5))
def test_limits_found_by_halving_are_those_that_scipy_gives_one_after_another(n, rate, certainty, a, b):
    y = np.arange(n + 1)
    above = scipy.special.betainc(n - y + 1, y + 1, 1 - rate) > certainty
    assert elimination_limit(n, rate, certainty) == (int(above.argmax()) if above.any() else n + 1)
    crossed = scipy.special.betainc(b + n - y, a + y, 1 - rate) > certainty
    params = {"threshold": rate, "certainty": certainty, "prior_a": a, "prior_b": b, "min_n": 1}
    rule = build_stopping_rule("beta_binomial", params)
    assert rule.boundary(n) == (int(crossed.argmax()) if crossed.any() else None)
