"""Log-rank tests and Cox models against R 4.2.2, survival 3.5-3, on lung; differences of proportions.

Numbers: ../shared/reference/analysis_reference.json, group `survival`.
"""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from celltrial.analysis import comparability, cox, fine_gray, gray_test, hazard_ratio, log_rank, subdistribution
from celltrial.core.errors import UserError
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


MODELS = [
    ("cox_efron", "efron", ("age", "sex", "ph.ecog"), None),
    ("cox_breslow", "breslow", ("age", "sex", "ph.ecog"), None),
    ("cox_strata", "efron", ("age", "ph.ecog"), "sex"),
]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "ties", "covariates", "by"), MODELS)
def test_cox_on_lung(expected, lung, name, ties, covariates, by):
    numbers = expected[name]
    rows = lung.drop_nulls(["age", "sex", "ph.ecog"])
    found = hazard_ratio.estimate(
        rows["time"].to_list(),
        (rows["status"] == 2).to_list(),
        {each: rows[each].to_list() for each in covariates},
        ties=ties,
        strata=None if by is None else rows[by].to_list(),
    )
    for key, ratio in found.items():
        assert ratio.detail["proportional_p_value"] == pytest.approx(numbers["zph"][key][2], rel=1e-7)
        assert (ratio.n, ratio.detail["events"]) == (227, 164)
        assert ratio.detail["coefficient"] == pytest.approx(numbers["coef"][key], abs=1e-8)
        assert ratio.detail["std_error"] == pytest.approx(numbers["se"][key], abs=1e-8)
        check_ratio(ratio, numbers, key)


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


@pytest.mark.shared
def test_the_proportional_hazards_of_all_covariates_together(expected, lung):
    rows = lung.drop_nulls(["age", "sex", "ph.ecog"])
    time, event = rows["time"].to_numpy().astype(float), (rows["status"] == 2).to_numpy()
    x = rows.select("age", "sex", "ph.ecog").to_numpy().astype(float)
    fitted = cox.fit(time, event, x)
    numbers = expected["cox_efron"]
    assert fitted.null_log_likelihood == pytest.approx(numbers["loglik"][0], abs=1e-8)
    assert fitted.score == pytest.approx(numbers["score"][0], abs=1e-8)
    found = cox.proportionality(time, event, x, fitted)
    assert found.together == pytest.approx((numbers["zph"]["GLOBAL"][0], numbers["zph"]["GLOBAL"][2]), abs=1e-8)


@pytest.mark.shared
@pytest.mark.parametrize(("cause", "name"), [("pcm", "finegray_pcm"), ("death", "finegray_death")])
def test_fine_gray_on_mgus2(shared, cause, name):
    """cmprsk 2.2-11 `crr`; its printed p values are rounded, so limits are compared instead."""
    numbers = json.loads((shared / "reference" / "analysis_reference.json").read_text())["survival"]["mgus2"][name]
    data = pl.read_csv(shared / "data" / "survival_mgus2.csv", null_values=["NA", ""])
    data = data.drop_nulls(["age", "sex", "mspike"])
    progressed = data["pstat"] == 1
    time = data.select(pl.when(progressed).then("ptime").otherwise("futime")).to_series()
    causes = ["pcm" if p else "death" if d else "" for p, d in zip(progressed, data["death"], strict=True)]
    covariates = {"age": data["age"], "sexM": (data["sex"] == "M").cast(pl.Float64), "mspike": data["mspike"]}
    found = subdistribution.estimate(
        time.to_list(), causes, {key: column.to_list() for key, column in covariates.items()}, of=cause
    )
    for key, ratio in found.items():
        assert ratio.n == numbers["n"]
        assert ratio.detail["coefficient"] == pytest.approx(numbers["coef"][key], abs=1e-8)
        assert ratio.detail["std_error"] == pytest.approx(numbers["se"][key], abs=1e-8)
        assert ratio.interval.low == pytest.approx(numbers["lower"][key], rel=1e-7)
        assert ratio.interval.high == pytest.approx(numbers["upper"][key], rel=1e-7)


@pytest.mark.shared
@pytest.mark.parametrize(("code", "cause"), [("1", "pcm"), ("2", "death")])
def test_gray_by_sex_on_mgus2(shared, code, cause):
    numbers = json.loads((shared / "reference" / "analysis_reference.json").read_text())["survival"]["mgus2"]
    data = pl.read_csv(shared / "data" / "survival_mgus2.csv", null_values=["NA", ""])
    progressed = data["pstat"] == 1
    time = data.select(pl.when(progressed).then("ptime").otherwise("futime")).to_series()
    causes = ["pcm" if p else "death" if d else "" for p, d in zip(progressed, data["death"], strict=True)]
    found = gray_test.estimate(time.to_list(), causes, data["sex"].to_list(), of=cause)
    wanted = numbers["cuminc_by_sex"]["tests"][code]
    assert (found.chi_square, found.p_value) == pytest.approx((wanted["stat"], wanted["pv"]), rel=1e-10)


def test_a_covariate_that_separates_has_no_ratio():
    time = [1, 2, 3, 4, 5, 6, 20, 21, 22, 23, 24, 25]
    event = [True] * 6 + [False] * 6
    found = hazard_ratio.estimate(time, event, {"x": [1] * 6 + [0] * 6})
    assert found.reason == "monotone_likelihood"
    found = subdistribution.estimate(time, ["a"] * 6 + ["b"] * 6, {"x": [1] * 6 + [0] * 6}, of="a")
    assert found.reason == "monotone_likelihood"


def test_covariates_that_say_the_same_have_no_ratio():
    time, x = list(range(1, 21)), [i % 3 for i in range(20)]
    found = hazard_ratio.estimate(time, [True] * 20, {"x": x, "twice": [2 * value + 1 for value in x]})
    assert found.reason == "collinear"
    assert hazard_ratio.estimate(time, [True] * 20, {"x": [1] * 20}).reason == "collinear"


def test_fine_gray_without_censoring_is_cox_with_the_competing_kept_at_risk():
    """Without censoring every weight is 1: whoever had the competing event stays at risk for ever."""
    rng = np.random.default_rng(3)
    x, time = rng.normal(size=(80, 2)), rng.integers(1, 30, 80).astype(float)
    event = rng.random(80) < 0.6
    found = fine_gray.fit(time, ["event" if flag else "death" for flag in event], x, of="event")
    kept = cox.fit(np.where(event, time, 99.0), event, x, ties="breslow")
    assert found.coefficients == pytest.approx(kept.coefficients, abs=1e-9)
    assert found.log_likelihood == pytest.approx(kept.log_likelihood, abs=1e-9)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", range(6))
def test_cox_against_the_likelihood_written_out(ties, seed):
    """The log-likelihood event by event in plain Python, climbed by scipy's Nelder-Mead: the slow judge."""
    from scipy import optimize

    rng = np.random.default_rng(seed)
    n = 40
    x = np.column_stack((rng.integers(0, 2, n), rng.normal(50, 10, n))).astype(float)
    time, event = rng.integers(1, 9, n).astype(float), rng.random(n) < 0.7
    strata = rng.integers(0, 2, n).tolist()

    def minus_likelihood(beta):
        total = 0.0
        for stratum in set(strata):
            rows = [i for i in range(n) if strata[i] == stratum]
            for when in {time[i] for i in rows if event[i]}:
                risk = sum(np.exp((x[i] - x.mean(0)) @ beta) for i in rows if time[i] >= when)
                tied = [i for i in rows if time[i] == when and event[i]]
                own = sum(np.exp((x[i] - x.mean(0)) @ beta) for i in tied)
                for k, i in enumerate(tied):
                    left_out = k / len(tied) if ties == "efron" else 0.0
                    total += (x[i] - x.mean(0)) @ beta - np.log(risk - left_out * own)
        return -total

    found = cox.fit(time, event, x, ties=ties, strata=strata)
    best = optimize.minimize(minus_likelihood, [0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert found.coefficients == pytest.approx(best.x, abs=1e-6)
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-9)


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
