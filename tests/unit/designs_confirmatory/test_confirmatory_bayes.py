"""Predictive probability, BOP2, one-sample log-rank, pooled null, assurance: rules, properties, bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.core.results import NotEstimable
from celltrial.designs.single_arm.assurance import Assurance, assurance
from celltrial.designs.single_arm.bop2 import Bop2, CutOff, JointRates, Watched, bop2_bounds, follow_bop2
from celltrial.designs.single_arm.bop2_calibration import Bop2Demand, calibrate_bop2
from celltrial.designs.single_arm.null_rate import NullEvidence, Study, null_rate
from celltrial.designs.single_arm.one_sample_log_rank import (
    NullWeibull,
    OneSampleLogRank,
    one_sample_log_rank_size,
    one_sample_z,
)
from celltrial.designs.single_arm.predictive_probability import (
    PredictiveProbability,
    PredictiveProbabilitySearch,
    predictive_probability,
    predictive_probability_design,
    search_predictive_probability,
)
from celltrial.locale import has

LOOKS = tuple(range(10, 37))
CUT = CutOff(0.9, 1.0)


def test_predictive_probability_is_certain_at_the_end_and_grows_with_responses():
    params = PredictiveProbability(0.2, 0.4, LOOKS)
    assert predictive_probability(params, 36, 11) == pytest.approx(1)
    assert predictive_probability(params, 36, 10) == 0
    curve = [predictive_probability(params, 20, x) for x in range(21)]
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(curve))


def test_predictive_probability_before_the_trial_is_the_prior_chance():
    params = PredictiveProbability(0.2, 0.4, (10, 30), prior=(3.0, 7.0))
    after = [predictive_probability(params, 1, x) for x in (0, 1)]
    assert predictive_probability(params, 0, 0) == pytest.approx(0.7 * after[0] + 0.3 * after[1])


def test_early_success_needs_its_threshold():
    plain = predictive_probability_design(PredictiveProbability(0.2, 0.4, LOOKS))
    early = predictive_probability_design(PredictiveProbability(0.2, 0.4, LOOKS, efficacy=0.999))
    assert sum(plain.under_alternative.success[:-1]) == 0
    assert sum(early.under_alternative.success[:-1]) > 0.3
    assert early.under_alternative.expected_n < plain.under_alternative.expected_n


def test_impossible_goal_never_succeeds():
    design = predictive_probability_design(PredictiveProbability(0.2, 0.4, (3, 5), 0.99999999))
    assert design.looks.stop_high[-1] == 6
    assert design.under_alternative.p_success == 0


def test_bop2_watches_one_endpoint_as_it_does_two():
    only = bop2_bounds(Bop2((10, 20), efficacy=Watched(0.2, CUT)))
    both = bop2_bounds(Bop2((10, 20), efficacy=Watched(0.2, CUT), toxicity=Watched(0.3, CUT)))
    assert only.futile_at_most == both.futile_at_most
    harmless = follow_bop2(both, JointRates(0.4, 0.0))
    assert harmless.p_success == pytest.approx(follow_bop2(only, JointRates(0.4)).p_success)
    toxic_only = bop2_bounds(Bop2((10, 20), toxicity=Watched(0.3, CUT)))
    sure = follow_bop2(both, JointRates(1.0, 0.2))
    assert sure.p_success == pytest.approx(follow_bop2(toxic_only, JointRates(0.0, 0.2)).p_success)


def test_bop2_early_success_of_toxicity_and_of_both():
    quiet = bop2_bounds(Bop2((10, 20), toxicity=Watched(0.3, CUT), early_success=1.0))
    assert quiet.safe_at_most[0] < quiet.toxic_at_least[0]
    assert follow_bop2(quiet, JointRates(0.0, 0.01)).p_early_success > 0.8
    both = bop2_bounds(Bop2((10, 20), Watched(0.2, CUT), Watched(0.3, CUT), early_success=1.0))
    course = follow_bop2(both, JointRates(0.6, 0.01))
    assert 0 < course.p_early_success < course.p_success
    assert sum(course.stop_at) == pytest.approx(1)


def test_bop2_dependence_between_endpoints_matters_and_is_used():
    bounds = bop2_bounds(Bop2((10, 20, 30), Watched(0.2, CUT), Watched(0.3, CUT)))
    apart = follow_bop2(bounds, JointRates(0.4, 0.2, 0.0)).p_success
    together = follow_bop2(bounds, JointRates(0.4, 0.2, 0.2)).p_success
    assert abs(apart - together) > 0.005


def test_calibration_keeps_every_null():
    nulls = (JointRates(0.2, 0.4), JointRates(0.2, 0.2), JointRates(0.45, 0.4))
    wanted = Bop2Demand((10, 20, 30, 40), 0.2, 0.4, nulls, JointRates(0.45, 0.2), alpha=0.1, scales=25, powers=6)
    strict = calibrate_bop2(wanted)
    assert all(item.p_success <= 0.1 for item in strict.under_nulls)
    loose = calibrate_bop2(Bop2Demand((10, 20, 30, 40), 0.2, 0.4, nulls[:1], JointRates(0.45, 0.2), 0.1, 25, 6))
    assert loose.under_alternative.p_success >= strict.under_alternative.p_success
    assert follow_bop2(loose.bounds, nulls[2]).p_success > 0.1


def test_one_sample_size_is_enough_in_simulation():
    params = OneSampleLogRank(NullWeibull(6.0), 0.85, accrual=12.0, follow_up=6.0, alpha=0.05, power=0.8)
    size = one_sample_log_rank_size(params)
    rng = np.random.default_rng(11)
    reject = {1.0: 0, 0.85: 0}
    for ratio in reject:
        for _ in range(2000):
            time = rng.exponential(6 / math.log(2) / ratio, size.subjects)
            end = params.accrual * rng.random(size.subjects) + params.follow_up
            x, d = np.minimum(time, end), time <= end
            expected = math.log(2) * x.sum() / 6
            reject[ratio] += (expected - d.sum()) / math.sqrt(expected) > 1.6449
    assert reject[0.85] / 2000 == pytest.approx(0.806, abs=4 * math.sqrt(0.16 / 2000))
    assert reject[1.0] / 2000 < 0.06  # the test is known to be conservative
    assert size.events_alternative < size.events_null < size.subjects
    assert one_sample_z([6.0] * 10, [0] * 10, params.null) > 0


def test_one_sample_size_where_follow_up_is_endless():
    # everybody has the event: the size depends on the hazard ratio alone
    ends = [
        one_sample_log_rank_size(OneSampleLogRank(NullWeibull(0.01, 2.0), 0.6, 5.0, follow_up)).exact
        for follow_up in (30.0, 300.0)
    ]
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)
    size = one_sample_log_rank_size(OneSampleLogRank(NullWeibull(0.01, 2.0), 0.6, 5.0, 30.0))
    assert size.events_alternative == pytest.approx(size.subjects)


@pytest.mark.parametrize(
    ("median", "shape", "accrual", "follow_up"),
    [(0.9, 12.2, 2.5, 0.3), (18, 12.2, 50, 6), (9, 0.3, 5, 0), (9, 1.22, 5, 3)],
)
def test_one_sample_size_for_a_hazard_that_rises_steeply(median, shape, accrual, follow_up):
    """The share with the event, once more as the mean over all moments of entry."""
    params = OneSampleLogRank(NullWeibull(median, shape), 0.5, accrual, follow_up)
    size = one_sample_log_rank_size(params)
    censored = follow_up + accrual * (np.arange(200_000) + 0.5) / 200_000
    hazard = math.log(2) * (censored / median) ** shape
    assert size.events_alternative / size.subjects == pytest.approx(1 - np.exp(-0.5 * hazard).mean(), rel=1e-6)
    assert size.events_null / size.subjects == pytest.approx(1 - np.exp(-hazard).mean(), rel=1e-6)


def test_homogeneous_studies_have_no_variance_between():
    same = tuple(Study(f"S{k}", 10, 50) for k in range(4))
    for method in ("paule_mandel", "dersimonian_laird"):
        found = null_rate(NullEvidence(same, method=method))
        assert (found.tau_squared, found.i_squared) == (0, 0)
        assert found.pooled == pytest.approx(0.2)
        assert found.interval.high == pytest.approx(0.2)


def test_prediction_is_wider_than_the_mean_and_needs_three_studies():
    studies = (Study("A", 5, 50), Study("B", 20, 50), Study("C", 12, 40))
    found = null_rate(NullEvidence(studies))
    assert found.prediction.high > found.interval.high > found.pooled
    two = null_rate(NullEvidence(studies[:2]))
    assert isinstance(two.prediction, NotEstimable)
    assert has(two.prediction.reason)


def test_nobody_or_everybody_responded_is_no_obstacle():
    found = null_rate(NullEvidence((Study("A", 0, 20), Study("B", 3, 25), Study("C", 12, 12), Study("D", 4, 25))))
    assert 0 < found.pooled < 1
    assert found.tau_squared > 0


def test_assurance_meets_power_when_much_is_known():
    much = assurance(Assurance(56, 18, 45_000, 100_000))
    assert much.assurance == pytest.approx(much.nominal_power, abs=1e-3)
    sure = assurance(Assurance(10, 0, 1, 5))
    assert (sure.nominal_power, sure.assurance) == (pytest.approx(1), pytest.approx(1))


@pytest.mark.parametrize(
    ("build", "fault_id", "found"),
    [
        (lambda: PredictiveProbability(0.4, 0.2, LOOKS), "DSG-201", "null_rate=0.4"),
        (lambda: PredictiveProbability(0.2, 0.4, (10, 10)), "DSG-205", "(10, 10)"),
        (lambda: PredictiveProbability(0.2, 0.4, LOOKS, 1.0), "DSG-208", "final_probability=1.0"),
        (lambda: PredictiveProbability(0.2, 0.4, LOOKS, futility=0.9, efficacy=0.5), "DSG-208", "efficacy=0.5"),
        (lambda: PredictiveProbability(0.2, 0.4, LOOKS, prior=(0, 1)), "DSG-207", "prior_a=0"),
        (lambda: predictive_probability(PredictiveProbability(0.2, 0.4, LOOKS), 10, 11), "DSG-203", "x=11"),
        (lambda: PredictiveProbabilitySearch(0.4, 0.2), "DSG-201", "null_rate=0.4"),
        (lambda: PredictiveProbabilitySearch(0.2, 0.4, first_look=10, n_min=5), "DSG-203", "n_min=5"),
        (
            lambda: search_predictive_probability(PredictiveProbabilitySearch(0.2, 0.25, n_min=20, n_max=22)),
            "DSG-204",
            "n_max=22",
        ),
        (lambda: Bop2((10, 20)), "DSG-208", "neither"),
        (lambda: Bop2((20, 10), Watched(0.2, CUT)), "DSG-205", "(20.0, 10.0)"),
        (lambda: Bop2((10, 301), Watched(0.2, CUT)), "DSG-203", "looks[1]=301"),
        (lambda: Bop2((10,), Watched(0.2, CUT), early_success=-1), "DSG-208", "early_success=-1"),
        (lambda: CutOff(1.1, 1), "DSG-208", "scale=1.1"),
        (lambda: Watched(1.0, CUT), "DSG-201", "null_rate=1.0"),
        (lambda: JointRates(0.4, 0.3, 0.35), "DSG-211", "both=0.35"),
        (lambda: JointRates(1.4), "DSG-211", "efficacy=1.4"),
        (lambda: Bop2Demand((10,), 0.2, None, (), JointRates(0.4)), "DSG-211", "absent"),
        (
            lambda: calibrate_bop2(Bop2Demand((5,), 0.2, None, (JointRates(0.2),), JointRates(0.4), 1e-9)),
            "DSG-204",
            "Bop2Demand",
        ),
        (lambda: NullWeibull(0.0), "DSG-209", "median=0.0"),
        (lambda: OneSampleLogRank(NullWeibull(6), 1.2, 5, 3), "DSG-209", "hazard_ratio=1.2"),
        (lambda: one_sample_z([], [], NullWeibull(6)), "DSG-209", "(0,)"),
        (lambda: one_sample_z([0.0], [0], NullWeibull(6)), "DSG-209", "expected_events=0"),
        (lambda: NullEvidence((Study("A", 1, 2),)), "DSG-210", "1 studies"),
        (lambda: NullEvidence((Study("A", 1, 2), Study("A", 1, 2))), "DSG-210", "1 labels"),
        (lambda: NullEvidence((Study("A", 3, 2), Study("B", 1, 2))), "DSG-210", "responders=3"),
        (lambda: NullEvidence((Study("A", 1, 2), Study("B", 1, 2)), method="reml"), "DSG-210", "reml"),
        (lambda: Assurance(56, 57, 9, 20), "DSG-203", "reject_from=57"),
        (lambda: Assurance(56, 18, 21, 20), "DSG-203", "responders=21"),
        (lambda: Assurance(56, 18, 9, 20, (0, 1)), "DSG-207", "prior_a=0"),
    ],
)
def test_bad_input_is_named(build, fault_id, found):
    with pytest.raises(UserError) as caught:
        build()
    assert fault_id in {item.id for item in caught.value.faults}
    assert found in str(caught.value)
