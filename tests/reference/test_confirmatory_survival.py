"""Survival tests and simulations against R (survival, survRM2 1.0.4), lifelines 0.30, scipy and rpact 3.3.4."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.log_rank_events import LogRank, log_rank_events, log_rank_power
from celltrial.designs.randomised.max_combo import MAX_COMBO_WEIGHTS, max_combo, max_normal_p
from celltrial.designs.randomised.piecewise_hazard import PiecewiseHazard, constant_hazard
from celltrial.designs.randomised.restricted_mean import restricted_mean_difference
from celltrial.designs.randomised.sequential_survival import SequentialSurvival, simulate_sequential_survival
from celltrial.designs.randomised.survival_power import LOST_POWER, SurvivalPower, simulate_survival_power
from celltrial.designs.randomised.survival_scenario import SurvivalScenario, VeinToVein
from celltrial.designs.randomised.survival_size_by_simulation import (
    SurvivalSizeBySimulation,
    survival_size_by_simulation,
)
from celltrial.designs.randomised.weighted_log_rank import FlemingHarrington, weighted_log_rank

SIX_WEEKS = 6 * 7 / 30.4375


def table(shared, name):
    with (shared / "data" / name).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def lung(shared):
    rows = table(shared, "survival_lung.csv")
    time = [float(r["time"]) for r in rows]
    return time, [r["status"] == "2" for r in rows], [r["sex"] == "2" for r in rows]


@pytest.mark.shared
def test_log_rank_equals_r_survdiff_on_lung(shared):
    reference = json.loads((shared / "reference" / "analysis_reference.json").read_text(encoding="utf-8"))
    found = weighted_log_rank(*lung(shared), (FlemingHarrington(),))
    assert found.z[0] ** 2 == pytest.approx(reference["survival"]["lung"]["km_by_sex"]["logrank"]["chisq"], rel=1e-10)
    assert found.z[0] > 0  # women live longer
    assert found.events == 165


@pytest.mark.shared
@pytest.mark.parametrize("weight", MAX_COMBO_WEIGHTS)
def test_weighted_log_rank_equals_lifelines(shared, weight):
    from lifelines.statistics import logrank_test

    time, event, arm = (np.array(column) for column in lung(shared))
    theirs = logrank_test(
        time[arm], time[~arm], event[arm], event[~arm], weightings="fleming-harrington", p=weight.rho, q=weight.gamma
    )
    ours = weighted_log_rank(time, event, arm, (weight,))
    assert ours.z[0] ** 2 == pytest.approx(theirs.test_statistic, rel=1e-8)


@pytest.mark.shared
def test_restricted_mean_equals_survrm2_vignette(shared):
    # survRM2 vignette (Uno): PBC trial, first 312 subjects, death, 10 years: 7.146 (0.283) against 7.283 (0.295)
    rows = [r for r in table(shared, "survival_pbc.csv") if int(r["id"]) <= 312]
    time = [float(r["time"]) / 365.25 for r in rows]
    event, arm = [r["status"] == "2" for r in rows], [r["trt"] == "1" for r in rows]
    found = restricted_mean_difference(time, event, arm, until=10.0)
    assert found.treated.mean == pytest.approx(7.146, abs=6e-4)
    assert found.control.mean == pytest.approx(7.283, abs=6e-4)
    assert math.sqrt(found.treated.variance) == pytest.approx(0.283, abs=6e-4)
    assert math.sqrt(found.control.variance) == pytest.approx(0.295, abs=6e-4)
    assert found.difference == pytest.approx(-0.137, abs=6e-4)


@pytest.mark.shared
def test_max_combo_p_on_lung_equals_scipy(shared):
    found = weighted_log_rank(*lung(shared), MAX_COMBO_WEIGHTS)
    theirs = 1 - multivariate_normal.cdf(
        np.full(4, found.z.max()), cov=found.correlation, allow_singular=True, maxpts=400_000, abseps=1e-5, rng=1
    )
    assert max_combo(*lung(shared)) == pytest.approx(theirs, abs=2e-4)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9])
def test_normal_maximum_equals_scipy(rho):
    correlation = np.full((3, 3), rho) + (1 - rho) * np.eye(3)
    bounds = np.array([0.5, 1.5, 2.2])
    ours = max_normal_p(bounds, np.repeat(correlation[None], 3, axis=0))
    theirs = [1 - multivariate_normal.cdf(np.full(3, b), cov=correlation, abseps=1e-6, rng=1) for b in bounds]
    assert ours == pytest.approx(theirs, abs=2e-4)


@pytest.mark.shared
def test_three_look_simulation_equals_rpact(design_cases):
    (case,) = design_cases("survival_simulation")
    i, o = case["inputs"], case["outputs"]
    design = GroupSequential((1 / 3, 2 / 3, 1.0))
    for k, ratio in enumerate(i["hazardRatio"]):
        truth = SurvivalScenario(
            i["maxNumberOfSubjects"],
            i["accrualTime"][1],
            constant_hazard(rate=i["lambda2"]),
            constant_hazard(rate=i["lambda2"] * ratio),
            dropout_hazard=-math.log1p(-i["dropoutRate"]) / i["dropoutTime"],
        )
        params = SequentialSurvival(design, tuple(i["plannedEvents"]), truth, trials=i["iterations"])
        ours = simulate_sequential_survival(params, root_seed=20261122)
        both = math.sqrt(2)  # both sides are simulated

        def close(a, b, both=both):
            error = max(math.sqrt(b * (1 - b) / 10_000), 1e-4) * both
            return abs(a - b) < 4 * error

        assert close(ours.power, o["overallReject"][k])
        assert all(close(a, row[k]) for a, row in zip(ours.success, o["rejectPerStage"], strict=True))
        assert ours.expected_events == pytest.approx(o["expectedNumberOfEvents"][k], abs=4 * both * 0.24)
        assert ours.expected_duration == pytest.approx(o["studyDuration"][k], abs=4 * both * 0.04)
        for look in range(2):
            assert ours.look_times[look] == pytest.approx(o["analysisTime"][look][k], abs=4 * both * 0.011)


def hr_065(lag):
    control = constant_hazard(median=6.0)
    return SurvivalScenario(300, 18.0, control, constant_hazard(median=6.0 / 0.65), vein_to_vein=lag)


def test_acceptance_p84_delay_lowers_power_and_says_so():
    events = log_rank_events(LogRank(0.65, 0.05, 0.90)).events
    at_once = simulate_survival_power(SurvivalPower(hr_065(VeinToVein()), events, trials=4000), root_seed=5)
    later = simulate_survival_power(SurvivalPower(hr_065(VeinToVein(SIX_WEEKS)), events, trials=4000), root_seed=5)
    formula = log_rank_power(LogRank(0.65), events)
    assert at_once.tests[0].power == pytest.approx(formula, abs=4 * at_once.tests[0].mc_error)
    assert at_once.caveats == ()
    assert later.tests[0].power_without_lag == at_once.tests[0].power
    assert later.tests[0].power < formula - 0.1
    assert LOST_POWER in later.caveats
    # a subject of the treated arm has the event before week 6 with probability 1 - 2^(-lag / median)
    assert later.never_infused == pytest.approx(1 - 2 ** (-SIX_WEEKS / 6), abs=0.005)


def large_sample_power(truth, treated, time):
    """Power of the log-rank test from its mean and variance by quadrature (Schoenfeld 1981), analysis at this calendar time.

    treated: hazard of the treated arm from randomisation on; no dropout; both arms alike in size.
    """
    t = (np.arange(40_000) + 0.5) * time / 40_000
    entered = np.clip((time - t) / truth.accrual, 0, 1) * truth.subjects / 2

    def course(hazard):
        rate = np.array(hazard.rates)[np.searchsorted(hazard.starts, t, side="right") - 1]
        return rate, entered * np.exp(-hazard.cumulative(t))

    (h0, y0), (h1, y1) = course(truth.control), course(treated)
    both = y0 + y1
    drift = np.sum(y0 * y1 / both * (h0 - h1)) * time / t.size
    variance = np.sum(y0 * y1 / both**2 * (y0 * h0 + y1 * h1)) * time / t.size
    return 0.5 * math.erfc((1.959964 - drift / math.sqrt(variance)) / math.sqrt(2))


@pytest.mark.parametrize(
    ("starts", "factors", "lag"),
    [
        ((0.0,), (0.65,), SIX_WEEKS),  # effect from the infusion on, six weeks after randomisation
        ((0.0, 3.0), (1.0, 0.55), 0.0),  # delayed effect
        ((0.0, 2.0), (1.4, 0.45), 0.0),  # crossing hazards
        ((0.0, 2.0), (1.2, 0.5), 1.0),  # both, after a month of manufacture
    ],
)
def test_simulated_power_equals_the_large_sample_law_without_proportional_hazards(starts, factors, lag):
    base = math.log(2) / 6
    after = PiecewiseHazard(starts, tuple(base * f for f in factors))
    from_start = after
    if lag:
        from_start = PiecewiseHazard((0.0, *(lag + s for s in starts)), (base, *after.rates))
    truth = SurvivalScenario(400, 12.0, constant_hazard(rate=base), after, vein_to_vein=VeinToVein(lag))
    out = simulate_survival_power(SurvivalPower(truth, 280, trials=5000), root_seed=8)
    law = large_sample_power(truth, from_start, out.mean_time)
    assert out.tests[0].power == pytest.approx(law, abs=4 * out.tests[0].mc_error + 0.01)


#: gsDesign2, tests/testthat/_snaps/independent_as_gt.md at commit 004af38: enrolment over 18 months, control median 12 months,
#: hazard ratio 1 for 4 months and 0.6 after, dropout hazard 0.001, analysis at month 36, one-sided 2.5 %, power 90 %:
#: 458.3509 subjects and 321.3931 events by the log-rank test (Yung & Liu), 463.078 and 324.7077 by the average hazard ratio.
GSDESIGN2 = {458: 321, 463: 325}


def delayed_effect(subjects):
    rate = math.log(2) / 12
    return SurvivalScenario(
        subjects,
        18.0,
        constant_hazard(rate=rate),
        PiecewiseHazard((0.0, 4.0), (rate, 0.6 * rate)),
        dropout_hazard=0.001,
    )


@pytest.mark.parametrize(("subjects", "events"), GSDESIGN2.items())
def test_simulated_power_under_a_delayed_effect_equals_gsdesign2(subjects, events):
    """Its formulas are for large samples: 1 point beside 4 standard errors; the last event is seen at month 36."""
    out = simulate_survival_power(SurvivalPower(delayed_effect(subjects), events, trials=8000), root_seed=4)
    assert out.tests[0].power == pytest.approx(0.90, abs=4 * out.tests[0].mc_error + 0.01)
    assert out.mean_time == pytest.approx(36.0, abs=0.2)


def test_simulated_size_under_a_delayed_effect_equals_gsdesign2():
    start = SurvivalPower(delayed_effect(300), round(300 * 321.3931 / 458.3509), trials=4000)
    found = survival_size_by_simulation(SurvivalSizeBySimulation(start, 0.90), root_seed=4)
    assert found.subjects == pytest.approx(458.3509, rel=0.05)
    assert found.events / found.subjects == pytest.approx(321.3931 / 458.3509, abs=0.002)
