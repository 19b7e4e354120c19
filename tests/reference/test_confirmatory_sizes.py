"""Randomised sample sizes against rpact 3.3.4, gsDesign 3.10.1 (R 4.2.2) and AC-P8.4."""

from __future__ import annotations

import math

import pytest

from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.lachin_foulkes import LachinFoulkes, lachin_foulkes
from celltrial.designs.randomised.log_rank_events import LogRank, log_rank_events, log_rank_power
from celltrial.designs.randomised.rates_size import RatesPlan, rates_size
from celltrial.designs.randomised.survival_size import SurvivalPlan, survival_size


def looks(text):
    return GroupSequential((1.0,)) if text.startswith("fixed") else GroupSequential((1 / 3, 2 / 3, 1.0))


def test_acceptance_p84_events():
    assert log_rank_events(LogRank(0.65, 0.05, 0.90)).events == 227


def test_freedman_1982():
    # Freedman (1982): d = (1.96 + 1.2816)^2 ((1 + HR) / (1 - HR))^2 with equal arms; at HR 0.5 that is 94.6
    count = log_rank_events(LogRank(0.5, method="freedman"))
    assert count.events == math.ceil(10.507418 * 9)
    assert log_rank_power(LogRank(0.5, method="freedman"), count.exact) == pytest.approx(0.9, abs=1e-12)


@pytest.mark.shared
def test_survival_size_equals_rpact(design_cases):
    for case in design_cases("survival_sample_size"):
        i, o = case["inputs"], case["outputs"]
        dropout = [-math.log1p(-i[f"dropoutRate{k}"]) / i["dropoutTime"] for k in (1, 2)]
        plan = SurvivalPlan(
            i["hazardRatio"],
            i["lambda2"],
            i["accrualTime"][1],
            i["followUpTime"],
            looks(i["design"]),
            i["allocationRatioPlanned"],
            *dropout,
        )
        ours = survival_size(plan)
        assert ours.events_fixed == pytest.approx(o["eventsFixed"], rel=1e-6), case["id"]
        assert ours.events == pytest.approx(o["cumulativeEventsPerStage"], rel=1e-6)
        assert ours.subjects == pytest.approx(o["maxNumberOfSubjects"], rel=1e-6)
        assert ours.subjects_fixed == pytest.approx(o["nFixed"], rel=1e-6)
        assert ours.times == pytest.approx(o["analysisTime"], rel=1e-6)
        assert ours.expected_events == pytest.approx(o["expectedEventsH1"], rel=1e-6)
        assert ours.expected_duration == pytest.approx(o["studyDuration"], rel=1e-6)
        assert ours.critical_hazard_ratio == pytest.approx(o["criticalValuesEffectScale"], rel=1e-6)


@pytest.mark.shared
def test_survival_size_equals_gsdesign(design_cases):
    for case in design_cases("survival_n_gsdesign"):
        i, o = case["inputs"], case["outputs"]
        params = LachinFoulkes(i["hr"], i["lambdaC"], i["R"], i["minfup"], i["eta"], i["alpha"], i["beta"])
        ours = lachin_foulkes(params)
        assert ours.subjects == pytest.approx(o["n"], rel=1e-6)
        assert ours.events == pytest.approx(o["d"], rel=1e-6)


@pytest.mark.shared
def test_rates_size_equals_rpact(design_cases):
    for case in design_cases("rates_sample_size"):
        i, o = case["inputs"], case["outputs"]
        ours = rates_size(RatesPlan(i["pi1"], i["pi2"], looks(i["design"]), i["allocationRatioPlanned"]))
        assert ours.subjects_fixed == pytest.approx(o["nFixed"], rel=1e-6)
        assert ours.subjects == pytest.approx(o["maxNumberOfSubjects"], rel=1e-6)
        assert ours.critical_difference == pytest.approx(o["criticalValuesEffectScale"], abs=1e-6)
        if o["expectedH1"]:
            assert ours.expected_subjects == pytest.approx(o["expectedH1"], rel=1e-6)


@pytest.mark.shared
def test_rates_size_equals_gsdesign(design_cases):
    for case in design_cases("binomial_n_gsdesign"):
        i, o = case["inputs"], case["outputs"]
        plan = RatesPlan(i["p1"], i["p2"], GroupSequential((1.0,), i["alpha"], i["beta"]), i["ratio"])
        assert rates_size(plan).subjects == pytest.approx(o["n"], rel=1e-8)
