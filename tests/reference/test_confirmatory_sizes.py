"""Randomised sample sizes against rpact 3.3.4, gsDesign 3.10.1 (R 4.2.2) and AC-P8.4."""

from __future__ import annotations

import math

import pytest
from scipy import optimize

from celltrial.core.errors import UserError
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.lachin_foulkes import LachinFoulkes, lachin_foulkes
from celltrial.designs.randomised.log_rank_events import LogRank, log_rank_events, log_rank_power
from celltrial.designs.randomised.rates_size import RatesPlan, null_rates, rates_size
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


def test_non_inferiority_of_two_rates_equals_the_example_of_gsdesign():
    """gsDesign `nBinomial(p1 = .677, p2 = .677, delta0 = 0.07, ratio = 2)`: 2056.671 subjects, 685.5569 and 1371.114.

    Its own help page, alpha 0.025 and power 0.9; the output as printed on R-help, 15 November 2011.
    """
    plan = RatesPlan(0.677, 0.677, GroupSequential((1.0,), 0.025, 0.1), ratio=2.0, margin=0.07)
    found = rates_size(plan).subjects_fixed
    assert found == pytest.approx(2056.671, abs=5e-4)
    assert found / 3 == pytest.approx(685.5569, abs=5e-5)


@pytest.mark.parametrize(
    ("treated", "control", "margin", "ratio"),
    [
        (0.6, 0.65, 0.1, 1.0),
        (0.9, 0.85, 0.05, 2.0),
        (0.15, 0.1, 0.2, 0.5),
        (0.5, 0.5, 0.3, 3.0),
        (0.03, 0.02, 0.04, 1.0),
    ],
)
def test_the_null_rates_are_the_likeliest_under_the_margin(treated, control, margin, ratio):
    """Against a direct search over the likelihood of two binomials whose rates differ by the margin."""

    def loss(q):
        other = q + margin
        pairs = ((ratio, treated, q), (1.0, control, other))
        return -sum(n * (p * math.log(rate) + (1 - p) * math.log1p(-rate)) for n, p, rate in pairs)

    best = optimize.minimize_scalar(
        loss, bounds=(1e-9, 1 - margin - 1e-9), method="bounded", options={"xatol": 1e-12}
    ).x
    assert null_rates(treated, control, ratio, margin)[0] == pytest.approx(best, abs=1e-6)


def test_non_inferiority_where_fewer_is_better_is_the_mirror():
    one = GroupSequential((0.5, 1.0))
    more = rates_size(RatesPlan(0.8, 0.75, one, margin=0.1))
    fewer = rates_size(RatesPlan(0.2, 0.25, one, margin=0.1, lower_is_better=True))
    assert fewer.subjects == pytest.approx(more.subjects, rel=1e-12)
    assert fewer.critical_difference == pytest.approx([-d for d in more.critical_difference], abs=1e-12)
    assert rates_size(RatesPlan(0.2, 0.4, one)).subjects == pytest.approx(rates_size(RatesPlan(0.8, 0.6, one)).subjects)


@pytest.mark.parametrize(
    "values", [(0.5, 0.65, 0.1), (0.5, 0.7, 0.1), (0.4, 0.4, 0.0), (1.0, 0.5, 0.1), (0.5, 0.5, -0.1)]
)
def test_a_margin_that_the_planned_rates_do_not_stay_inside_is_refused(values):
    treated, control, margin = values
    with pytest.raises(UserError):
        RatesPlan(treated, control, GroupSequential((1.0,)), margin=margin)
