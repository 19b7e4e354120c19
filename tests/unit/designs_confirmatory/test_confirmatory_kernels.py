"""The compiled loops give what the same Python source gives uncompiled."""

from __future__ import annotations

import numpy as np
import pytest

from celltrial.designs.randomised import survival_kernel
from celltrial.designs.randomised.max_combo import MAX_COMBO_WEIGHTS
from celltrial.designs.randomised.piecewise_hazard import constant_hazard
from celltrial.designs.randomised.survival_power import SurvivalPower, simulate_survival_power
from celltrial.designs.randomised.survival_scenario import SurvivalScenario, VeinToVein, subject_times
from celltrial.designs.single_arm import simon_kernel

TRUTH = SurvivalScenario(
    40,
    6.0,
    constant_hazard(median=6.0),
    constant_hazard(median=9.0),
    vein_to_vein=VeinToVein(1.0, 0.3, 0.1),
    dropout_hazard=0.15,
)


@pytest.fixture(scope="module")
def compiled():
    """Compile every loop before its parts are replaced: a compiler that meets a plain part in its place refuses."""
    simon_kernel.search(5, 0.1, 0.3, 0.1, 0.1, all_sizes=True)
    times = subject_times(TRUTH, np.random.default_rng(1).random((2, 40, 4)))
    args = times.event, times.dropout, TRUTH.entry, TRUTH.in_treated
    survival_kernel.sequential(*args, np.array((5, 10)), np.array((9.0, 9.0)), np.array((-9.0, -9.0)))
    survival_kernel.analyse(*args, 4, np.zeros(1), np.zeros(1), 3.0)


@pytest.fixture
def uncompiled(monkeypatch, compiled):
    """Let the plain functions call each other plainly."""
    monkeypatch.setattr(survival_kernel, "_cut0", survival_kernel._cut_at)
    monkeypatch.setattr(survival_kernel, "_scores0", survival_kernel._scores)
    monkeypatch.setattr(survival_kernel, "_mean0", survival_kernel._mean_until)
    monkeypatch.setattr(simon_kernel, "_tables0", simon_kernel._tables)
    monkeypatch.setattr(simon_kernel, "_reject0", simon_kernel._reject)


def test_survival_loops(uncompiled):
    times = subject_times(TRUTH, np.random.default_rng(1).random((8, 40, 4)))
    args = times.event, times.dropout, TRUTH.entry, TRUTH.in_treated
    for events, upper, lower in (
        ((10, 38), (0.5, 1.5), (-0.5, 1.5)),
        ((5, 10), (9.0, 9.0), (-9.0, 9.0)),
        ((5, 10), (9.0, 9.0), (-9.0, -9.0)),
    ):
        looks = np.array(events), np.array(upper), np.array(lower)
        for fast, plain in zip(
            survival_kernel.sequential(*args, *looks), survival_kernel._sequential(*args, *looks), strict=True
        ):
            np.testing.assert_array_equal(fast, plain)
    rho = np.array([float(w.rho) for w in MAX_COMBO_WEIGHTS])
    gamma = np.array([float(w.gamma) for w in MAX_COMBO_WEIGHTS])
    for until, events in ((3.0, 4), (99.0, 20)):
        fast = survival_kernel.analyse(*args, events, rho, gamma, until)
        plain = survival_kernel._analyse(*args, events, rho, gamma, until)
        for a, b in zip(fast, plain, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("all_sizes", [True, False])
def test_simon_search(uncompiled, all_sizes):
    args = 30, 0.1, 0.3, 0.1, 0.1
    fast = simon_kernel.search(*args, all_sizes=all_sizes)
    plain = simon_kernel._search(*args, all_sizes=all_sizes)
    np.testing.assert_allclose(fast, plain, rtol=1e-12)
    if all_sizes:
        assert fast[:, 3].tolist() == list(range(25, 31))


def test_max_combo_is_settled_without_an_integral_where_it_can_be():
    cure = SurvivalScenario(100, 6.0, constant_hazard(median=3.0), constant_hazard(median=60.0))
    out = simulate_survival_power(SurvivalPower(cure, 50, weights=(), max_combo=True, trials=100), root_seed=1)
    assert [(t.test, t.power) for t in out.tests] == [("max_combo", 1.0)]
