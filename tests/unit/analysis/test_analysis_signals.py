"""Measures of disproportion on small tables, each beside a slow count or the definition."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import polars as pl
import pytest
from scipy import integrate, optimize, stats

from celltrial.analysis.signals import Prior, disproportion, fit_prior, likelihood_ratio, shrunken, two_by_two
from celltrial.analysis.signals.gamma_poisson import PUBLISHED, _loss, mean_log_likelihood
from celltrial.analysis.signals.likelihood_ratio import log_ratios

RNG = np.random.default_rng(7)
ROWS = pl.DataFrame(
    {
        "case": RNG.integers(1, 60, 400),
        "product": [f"P{i}" for i in RNG.integers(0, 5, 400)],
        "event": [f"e{i}" for i in RNG.integers(0, 9, 400)],
    }
)


def slow(case_rows, name, event):
    """The four cells by going over the cases one by one."""
    cells = {"a": 0, "b": 0, "c": 0, "d": 0}
    by_case = {}
    for case, one, what in case_rows:
        by_case.setdefault(case, set()).add((one, what))
    cells["a"] = sum((name, event) in held for held in by_case.values())
    counts = {
        "product": sum(any(one == name for one, _ in held) for held in by_case.values()),
        "event": sum(any(what == event for _, what in held) for held in by_case.values()),
    }
    cells["b"] = counts["product"] - cells["a"]
    cells["c"] = counts["event"] - cells["a"]
    cells["d"] = len(by_case) - cells["a"] - cells["b"] - cells["c"]
    return cells, counts["product"] * counts["event"] / len(by_case)


def test_cases_are_counted_once_however_often_they_are_written():
    table = two_by_two(pl.concat([ROWS, ROWS.head(50)]))
    rows = ROWS.rows()
    for name, event in product(("P0", "P3"), ("e1", "e5")):
        found = table.filter(product=name, event=event).row(0, named=True)
        cells, expected = slow(rows, name, event)
        assert {key: found[key] for key in "abcd"} == cells
        assert math.isclose(found["E"], expected)


def test_measures_are_what_their_definitions_say():
    table = pl.DataFrame(
        {"product": ["P"], "event": ["e"], "a": [14], "b": [122], "c": [8247], "d": [207484], "E": [5.2046]}
    )
    row = disproportion(table).row(0, named=True)
    assert math.isclose(row["prr"], (14 / 136) / (8247 / 215731))
    assert math.isclose(row["ror"], 14 * 207484 / (122 * 8247))
    chi = stats.chi2_contingency([[14, 122], [8247, 207484]], correction=True)[0]
    assert math.isclose(row["chi_squared"], chi)
    half = stats.norm.ppf(0.975) * math.sqrt(1 / 14 + 1 / 122 + 1 / 8247 + 1 / 207484)
    assert math.isclose(row["ror_low"], math.exp(math.log(row["ror"]) - half))
    assert math.isclose(row["ic"], math.log2(14.5 / 5.7046))
    low = stats.gamma.ppf(0.025, 14.5, scale=1 / 5.7046)
    assert math.isclose(row["ic025_gamma"], math.log2(low), rel_tol=1e-9)


def test_a_measure_that_is_not_defined_is_empty_and_a_correction_is_said():
    table = pl.DataFrame({"product": ["P"], "event": ["e"], "a": [3], "b": [1], "c": [0], "d": [50], "E": [0.2]})
    row = disproportion(table).row(0, named=True)
    assert row["prr"] is None
    assert row["corrected"]
    assert math.isclose(row["ror"], 3.5 * 50.5 / (1.5 * 0.5))
    assert all(math.isfinite(value) for value in row.values() if isinstance(value, float))


def test_the_gradient_of_the_fit_is_that_of_its_likelihood():
    n, e = RNG.integers(1, 9, 40).astype(float), RNG.gamma(1.0, 1.0, 40)
    w = np.full(40, 1 / 40)
    place = np.array([0.3, -0.5, 0.9, 0.1, -1.2])
    numeric = optimize.approx_fprime(place, lambda x: _loss(x, n, e, w)[0], 1e-7)
    assert np.allclose(_loss(place, n, e, w)[1], numeric, atol=1e-6)


def test_the_likelihood_is_that_of_a_mixture_of_counts_from_one_on():
    prior, n, e = Prior(0.7, 0.4, 2.0, 1.5, 0.3), np.array([1.0, 4.0]), np.array([0.5, 2.0])
    total = 0.0
    for count, expected in zip(n, e, strict=True):
        parts = []
        for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2)):
            law = stats.nbinom(alpha, beta / (beta + expected))
            parts.append(law.pmf(count) / (1 - law.pmf(0)))
        total += math.log(prior.share * parts[0] + (1 - prior.share) * parts[1])
    assert math.isclose(mean_log_likelihood(prior, n, e), total / 2, rel_tol=1e-12)


def test_shrunken_values_are_those_of_the_posterior_by_integration():
    prior, n, e = Prior(0.7, 0.4, 2.0, 1.5, 0.3), 5.0, 0.8

    def density(x):
        first = stats.gamma.pdf(x, prior.alpha1, scale=1 / prior.beta1)
        second = stats.gamma.pdf(x, prior.alpha2, scale=1 / prior.beta2)
        return (prior.share * first + (1 - prior.share) * second) * stats.poisson.pmf(n, x * e)

    total = integrate.quad(density, 0, np.inf)[0]
    mean = integrate.quad(lambda x: math.log(x) * density(x), 0, np.inf)[0] / total
    ebgm, low, high = shrunken(prior, [n], [e])
    assert math.isclose(ebgm[0], math.exp(mean), rel_tol=1e-7)
    for value, level in ((low[0], 0.05), (high[0], 0.95)):
        assert math.isclose(integrate.quad(density, 0, value)[0] / total, level, rel_tol=1e-6)


def test_a_fit_is_at_least_as_likely_as_what_made_the_data():
    truth = Prior(2.0, 0.5, 3.0, 3.0, 0.2)
    rng = np.random.default_rng(1)
    first = rng.random(30_000) < truth.share
    rate = np.where(
        first, rng.gamma(truth.alpha1, 1 / truth.beta1, 30_000), rng.gamma(truth.alpha2, 1 / truth.beta2, 30_000)
    )
    e = rng.gamma(1.0, 2.0, 30_000) + 0.05
    n = rng.poisson(rate * e)
    found = fit_prior(n[n > 0], e[n > 0])
    assert found.fitted
    assert mean_log_likelihood(found, n[n > 0], e[n > 0]) >= mean_log_likelihood(truth, n[n > 0], e[n > 0])
    assert found.bounded == ()


def test_a_fit_that_does_not_end_says_so_and_gives_the_published_prior(monkeypatch):
    from celltrial.analysis.signals import gamma_poisson

    monkeypatch.setattr(gamma_poisson, "_is_end", lambda end: False)
    found = fit_prior([1.0, 2.0, 3.0], [0.5, 0.5, 0.5])
    assert found == PUBLISHED
    assert not found.fitted


def test_the_chance_of_the_greatest_ratio_is_held_under_no_signal():
    """Where nothing stands out, the smallest p-value is below 0.1 about one time in ten."""
    share = np.array([0.5, 0.3, 0.15, 0.05])
    rng = np.random.default_rng(3)
    low = [
        likelihood_ratio(rng.multinomial(60, share), share * 6000, seed=i, draws=199).p_value.min() <= 0.1
        for i in range(200)
    ]
    assert 0.05 < np.mean(low) < 0.16


def test_log_ratios_are_the_formula():
    n, e = np.array([30.0, 10.0]), np.array([20.0, 20.0])
    wanted = 30 * math.log(30 / 20) + 10 * math.log(10 / 20)
    assert np.allclose(log_ratios(n, e), [wanted, 0.0])


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_chance(seed):
    one, two = (likelihood_ratio([9, 1, 4], [100, 300, 200], seed=seed).p_value for _ in range(2))
    assert (one == two).all()
