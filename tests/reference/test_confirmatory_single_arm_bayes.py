"""Predictive probability, BOP2, one-sample log-rank, pooled null and assurance against published and other programs' numbers."""

from __future__ import annotations

import math

import pytest

from celltrial.designs.single_arm.assurance import Assurance, assurance
from celltrial.designs.single_arm.bop2 import Bop2, CutOff, JointRates, Watched, bop2_bounds, follow_bop2
from celltrial.designs.single_arm.bop2_calibration import Bop2Demand, calibrate_bop2
from celltrial.designs.single_arm.null_rate import NullEvidence, Study, null_rate
from celltrial.designs.single_arm.one_sample_log_rank import NullWeibull, OneSampleLogRank, one_sample_log_rank_size
from celltrial.designs.single_arm.predictive_probability import (
    PredictiveProbability,
    PredictiveProbabilitySearch,
    predictive_probability,
    predictive_probability_design,
    search_predictive_probability,
)


def test_lee_liu_2008_worked_example():
    # Lee & Liu (2008), table 1: 16 of 23, 40 in all, prior Beta(0.6, 0.4), 60 %, theta_T 0.9
    params = PredictiveProbability(0.60, 0.80, (23, 40), 0.90, prior=(0.6, 0.4))
    assert round(predictive_probability(params, 23, 16), 4) == 0.5656


@pytest.mark.parametrize("theta", [0.852, 0.90, 0.922])
def test_lee_liu_2008_design(theta):
    # Lee & Liu (2008), table 2 and figure: 20 % / 40 %, alpha and beta 10 %, theta_L 0.001, any theta_T in [0.852, 0.922]
    design = predictive_probability_design(PredictiveProbability(0.2, 0.4, tuple(range(10, 37)), theta))
    bounds = dict(zip(design.looks.sizes, design.looks.stop_low, strict=True))
    first = {}
    for n, bound in bounds.items():
        first.setdefault(bound, n)
    assert first == {0: 10, 1: 17, 2: 21, 3: 24, 4: 27, 5: 29, 6: 31, 7: 33, 8: 34, 9: 35, 10: 36}
    assert round(design.under_null.p_success, 3) == 0.088
    assert round(design.under_alternative.p_success, 3) == 0.906
    assert round(design.under_null.p_early, 2) == 0.86
    assert round(design.under_null.expected_n, 2) == 27.67


def test_lee_liu_2008_smallest_size():
    found = search_predictive_probability(PredictiveProbabilitySearch(0.2, 0.4, 0.1, 0.1, n_min=25, n_max=45))
    assert found.looks.sizes[-1] == 36
    assert found.looks.stop_high[-1] == 11


@pytest.mark.shared
def test_bop2_bounds_equal_bop2fe(design_cases):
    for case in design_cases("bop2fe"):
        i, o = case["inputs"], case["outputs"]
        looks = tuple(sum(i["n"][: k + 1]) for k in range(len(i["n"])))
        cut_off = CutOff(o["opt"]["lambda"], o["opt"]["gamma"])
        bounds = bop2_bounds(Bop2(looks, Watched(i["H0"], cut_off), early_success=o["opt"]["eta"]))
        assert list(bounds.futile_at_most) == o["boundary"][0]
        assert list(bounds.proven_at_least) == o["boundary"][1]
        for column, rate in enumerate((i["H0"], i["H1"])):
            course = follow_bop2(bounds, JointRates(rate))
            stop, prove, mean, reject = (row[column] for row in o["oc"])

            def error(p, n=i["nsim"]):
                return 4 * math.sqrt(p * (1 - p) / n)

            # BOP2FE counts a failure at the last look as stopping for futility too
            assert stop == pytest.approx(1 - course.p_success, abs=error(stop)) or stop == pytest.approx(
                course.p_early_stop, abs=error(stop)
            )
            assert reject == pytest.approx(course.p_success, abs=error(reject))
            assert prove == pytest.approx(course.p_early_success, abs=error(prove))
            assert mean == pytest.approx(course.expected_n, abs=4 * 11 / math.sqrt(i["nsim"]))


@pytest.mark.shared
def test_exact_calibration_is_never_worse_than_the_simulated_one(design_cases):
    (case,) = design_cases("bop2fe", H0=0.3)
    i, o = case["inputs"], case["outputs"]
    wanted = Bop2Demand((10, 20, 30, 40), 0.3, None, (JointRates(0.3),), JointRates(0.5), i["t1e"], etas=13)
    ours = calibrate_bop2(wanted)
    theirs = bop2_bounds(
        Bop2(wanted.looks, Watched(0.3, CutOff(o["opt"]["lambda"], o["opt"]["gamma"])), early_success=o["opt"]["eta"])
    )
    assert ours.under_nulls[0].p_success <= 0.05
    assert ours.under_alternative.p_success > follow_bop2(theirs, JointRates(0.5)).p_success + 0.1


def test_wu_2015_example():
    # Wu (2015): primary biliary cirrhosis, Weibull shape 1.22, median 9 years, 1.75, accrual 5, follow-up 3, 5 %, 80 %
    size = one_sample_log_rank_size(OneSampleLogRank(NullWeibull(9.0, 1.22), 1 / 1.75, 5.0, 3.0))
    assert size.subjects == 88


@pytest.mark.parametrize(
    ("method", "tau", "mean", "error"),
    [
        ("dersimonian_laird", 0.104488763092999, -0.743697497988461, 0.22597282500887383),
        ("paule_mandel", 0.12299141394278476, -0.7490152047231384, 0.22709985792113332),
    ],
)
def test_pooled_null_equals_statsmodels(method, tau, mean, error):
    # statsmodels 0.15.0, combine_effects(y, v, method_re="chi2" / "iterated", use_t=True), Python 3.11, November 2026:
    # tau2, mean_effect_re, sd_eff_w_re_hksj; q 7.175475992208028, i2 0.44254569253054876
    counts = ((12, 40), (9, 30), (20, 45), (5, 32), (14, 38))
    studies = tuple(Study(str(k), x, n) for k, (x, n) in enumerate(counts))
    found = null_rate(NullEvidence(studies, method=method))
    assert found.tau_squared == pytest.approx(tau, rel=1e-7)
    assert found.logit == pytest.approx(mean, rel=1e-8)
    assert found.logit_error == pytest.approx(error, rel=1e-8)
    assert found.i_squared == pytest.approx(0.44254569253054876, rel=1e-10)


@pytest.mark.parametrize(("x", "nominal", "expected"), [(9, 98.2, 87.3), (8, 91.1, 77.9)])
def test_acceptance_p82(x, nominal, expected):
    found = assurance(Assurance(56, 18, x, 20))
    assert round(100 * found.nominal_power, 1) == nominal
    assert round(100 * found.assurance, 1) == expected
