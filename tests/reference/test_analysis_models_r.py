"""Log-rank tests and Cox models against R 4.2.2, survival 3.5-3, on lung; differences of proportions.

Numbers: ../shared/reference/analysis_reference.json, group `survival`.
"""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from celltrial.analysis import comparability, hazard_ratio, log_rank
from celltrial.core.errors import NotConvergedError, UserError
from celltrial.core.results import NotEstimable


@pytest.fixture(scope="module")
def expected(shared):
    return json.loads((shared / "reference" / "analysis_reference.json").read_text())["survival"]["lung"]


@pytest.fixture(scope="module")
def lung(shared):
    return pl.read_csv(shared / "data" / "survival_lung.csv", null_values=["NA", ""])


@pytest.mark.shared
def test_log_rank_on_lung(expected, lung):
    time, event = lung["time"].to_list(), (lung["status"] == 2).to_list()
    sex = [str(value) for value in lung["sex"]]
    plain = log_rank.estimate(time, event, sex)
    numbers = expected["km_by_sex"]["logrank"]
    assert (plain.n, plain.events, plain.degrees) == (228, sum(numbers["obs"]), numbers["df"])
    assert plain.chi_square == pytest.approx(numbers["chisq"], rel=1e-12)
    assert plain.p_value == pytest.approx(numbers["p"], rel=1e-10)
    early = log_rank.estimate(time, event, sex, rho=1)
    assert early.chi_square == pytest.approx(expected["km_by_sex"]["peto"]["chisq"], rel=1e-10)


@pytest.mark.shared
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_on_lung(expected, lung, ties):
    numbers = expected[f"cox_{ties}"]
    rows = lung.drop_nulls(["age", "sex", "ph.ecog"])
    found = hazard_ratio.estimate(
        rows["time"].to_list(),
        (rows["status"] == 2).to_list(),
        {name: rows[name].to_list() for name in ("age", "sex", "ph.ecog")},
        ties=ties,
    )
    for name, ratio in found.items():
        assert (ratio.n, ratio.detail["events"]) == (227, 164)
        assert ratio.detail["coefficient"] == pytest.approx(numbers["coef"][name], abs=1e-8)
        assert ratio.detail["std_error"] == pytest.approx(numbers["se"][name], abs=1e-8)
        check_ratio(ratio, numbers, name)


def check_ratio(ratio, numbers, name):
    assert ratio.value == pytest.approx(numbers["hr"][name], rel=1e-8)
    assert ratio.interval.low == pytest.approx(numbers["lower"][name], rel=1e-8)
    assert ratio.interval.high == pytest.approx(numbers["upper"][name], rel=1e-8)
    assert ratio.detail["p_value"] == pytest.approx(numbers["p"][name], rel=1e-6)
    assert ratio.detail["log_likelihood"] == pytest.approx(numbers["loglik"][1], abs=1e-8)


@pytest.mark.shared
def test_cause_specific_cox_on_mgus2(shared):
    """Progression to a plasma cell malignancy, death before it censored."""
    numbers = json.loads((shared / "reference" / "analysis_reference.json").read_text())["survival"]["mgus2"]
    data = pl.read_csv(shared / "data" / "survival_mgus2.csv", null_values=["NA", ""]).drop_nulls(
        ["age", "sex", "mspike"]
    )
    progressed = data["pstat"] == 1
    time = data.select(pl.when(progressed).then("ptime").otherwise("futime")).to_series()
    covariates = {"age": data["age"], "sexM": (data["sex"] == "M").cast(pl.Float64), "mspike": data["mspike"]}
    found = hazard_ratio.estimate(
        time.to_list(), progressed.to_list(), {name: column.to_list() for name, column in covariates.items()}
    )
    wanted = numbers["cox_causespec"]
    for name, ratio in found.items():
        assert (ratio.n, ratio.detail["events"]) == (wanted["n"], wanted["nevent"])
        assert ratio.detail["coefficient"] == pytest.approx(wanted["coef"][name], abs=1e-8)
        assert ratio.detail["std_error"] == pytest.approx(wanted["se"][name], abs=1e-8)
        check_ratio(ratio, wanted, name)


def test_no_model_on_few_events():
    found = hazard_ratio.estimate([1, 2, 3, 4], [True] * 4, {"x": [0, 1, 0, 1]})
    assert isinstance(found, NotEstimable)
    assert (found.reason, found.params["events"], found.params["needed"]) == ("few_events", 4, 5)


def test_a_covariate_that_separates_does_not_converge():
    time = [1, 2, 3, 4, 5, 6, 20, 21, 22, 23, 24, 25]
    event = [True] * 6 + [False] * 6
    with pytest.raises(NotConvergedError):
        hazard_ratio.estimate(time, event, {"x": [1] * 6 + [0] * 6})


@pytest.mark.parametrize("covariates", [{}, {"x": [1.0]}, {"x": [1.0, float("nan")]}])
def test_bad_covariates_are_refused(covariates):
    with pytest.raises(UserError, match="ANL-007"):
        hazard_ratio.estimate([1, 2], [True, True], covariates)


def test_log_rank_that_does_not_exist():
    assert log_rank.estimate([1, 2], [True, True], ["a", "a"]).reason == "no_subjects"
    assert log_rank.estimate([1, 2], [False, False], ["a", "b"]).reason == "no_events_recorded"
    with pytest.raises(UserError, match="ANL-007"):
        log_rank.estimate([1, 2], [True], ["a", "b"])


@pytest.mark.parametrize(
    ("new", "reference", "low", "high"),
    [  # Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, Table II, Miettinen-Nurminen
        ((56, 70), (48, 80), 0.0528, 0.3382),
        ((9, 10), (3, 10), 0.1700, 0.8406),
        ((5, 56), (0, 29), -0.0326, 0.1933),
    ],
)
def test_difference_of_proportions(new, reference, low, high):
    interval = comparability.estimate_difference("crs", new, reference, margin=None, level=0.95).contrast.interval
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_ratio_of_means_is_welch_on_the_log_scale():
    from scipy import stats

    rng = np.random.default_rng(7)
    new, old = np.exp(rng.normal(1, 0.5, 12)), np.exp(rng.normal(1.2, 0.8, 40))
    found = comparability.estimate("cmax", list(new), list(old), margin=(0.5, 2.0))
    expected = stats.ttest_ind(np.log(new), np.log(old), equal_var=False).confidence_interval(0.90)
    assert np.log([found.contrast.interval.low, found.contrast.interval.high]) == pytest.approx(list(expected))


@pytest.mark.parametrize(
    ("margin", "conclusion"),
    [
        ((0.5, 2.0), "comparable"),
        ((0.98, 1.02), "inconclusive"),
        ((0.9999, 1.0001), "inconclusive"),
        (None, "no_margin"),
    ],
)
def test_conclusion_follows_from_interval_and_margin(margin, conclusion):
    """AC-A8.1: an interval that crosses the margin is inconclusive, and without a margin there is no claim."""
    new, old = [9.0, 10.0, 11.0, 10.5, 9.5, 10.0] * 2, [9.0, 10.0, 11.0, 10.0] * 10
    assert comparability.estimate("cmax", new, old, margin=margin).conclusion == conclusion


def test_far_apart_is_not_comparable():
    assert comparability.estimate("cmax", [1, 1.1, 0.9], [9, 10, 11], margin=(0.5, 2)).conclusion == "not_comparable"
    found = comparability.estimate_difference("crs", (30, 30), (0, 30), margin=(-0.1, 0.1))
    assert found.conclusion == "not_comparable"


def test_no_difference_in_small_groups_is_not_comparability():
    found = comparability.estimate_difference("crs", (3, 12), (10, 40), margin=(-0.15, 0.15))
    assert found.contrast.value == 0
    assert found.conclusion == "inconclusive"


def test_too_small_to_compare():
    assert comparability.estimate("cmax", [1.0], [1.0, 2.0], margin=(0.5, 2)).conclusion == "inconclusive"
    found = comparability.estimate_difference("crs", (0, 0), (1, 5), margin=None)
    assert (found.contrast.reason, found.conclusion) == ("no_subjects", "no_margin")


@pytest.mark.parametrize("margin", [(1.1, 2.0), (0.5, 0.9), (2.0, 0.5)])
def test_margin_that_does_not_hold_one_is_refused(margin):
    with pytest.raises(UserError, match="ANL-014"):
        comparability.estimate("cmax", [1.0, 2.0], [1.0, 2.0], margin=margin)


def test_impossible_values_are_refused():
    with pytest.raises(UserError, match="ANL-014"):
        comparability.estimate("cmax", [0.0, 2.0], [1.0, 2.0], margin=None)
    with pytest.raises(UserError, match="COR-020"):
        comparability.estimate_difference("crs", (3, 2), (1, 5), margin=None)
