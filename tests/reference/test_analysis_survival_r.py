"""Survival against R 4.2.2: survival 3.5-3, survRM2 1.0-4, cmprsk 2.2-11, on lung and mgus2.

Numbers: ../shared/reference/analysis_reference.json, group `survival`; data ../shared/data.
"""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

from celltrial.analysis import cumulative_incidence, kaplan_meier, restricted_mean

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def expected(shared):
    return json.loads((shared / "reference" / "analysis_reference.json").read_text())["survival"]


@pytest.fixture(scope="module")
def lung(shared):
    return pl.read_csv(shared / "data" / "survival_lung.csv", null_values=["NA", ""])


@pytest.fixture(scope="module")
def mgus2(shared):
    data = pl.read_csv(shared / "data" / "survival_mgus2.csv", null_values=["NA", ""])
    progressed = pl.col("pstat") == 1
    return data.with_columns(
        time=pl.when(progressed).then("ptime").otherwise("futime"),
        cause=pl.when(progressed)
        .then(pl.lit("pcm"))
        .when(pl.col("death") == 1)
        .then(pl.lit("death"))
        .otherwise(pl.lit("")),
    )


@pytest.mark.parametrize("conf_type", ["log-log", "log", "plain"])
@pytest.mark.parametrize("sex", [1, 2])
def test_kaplan_meier_on_lung(expected, lung, sex, conf_type):
    numbers = expected["lung"]["km_by_sex"][str(sex)][conf_type]
    rows = lung.filter(pl.col("sex") == sex)
    curve = kaplan_meier.estimate(rows["time"].to_list(), (rows["status"] == 2).to_list(), conf_type=conf_type)
    assert (curve.n, curve.events) == (numbers["n"], numbers["events"])
    for i, when in enumerate(numbers["times"]):
        at = curve.at(when)
        assert at.value == pytest.approx(numbers["surv"][i], abs=1e-12)
        assert at.interval.low == pytest.approx(numbers["lower"][i], abs=1e-12)
        assert at.interval.high == pytest.approx(numbers["upper"][i], abs=1e-12)
        step = int(np.searchsorted(curve.time, when, side="right")) - 1
        # R's summary gives the standard error of the survival itself
        assert curve.std_error[step] == pytest.approx(numbers["std_err"][i], abs=1e-12)
    assert list(curve.numbers_at_risk(numbers["times"])) == numbers["n_risk"]
    for p, name in ((0.25, "q25"), (0.5, "median"), (0.75, "q75")):
        assert curve.quantile(p).value == numbers[name]
    assert (curve.median.interval.low, curve.median.interval.high) == (numbers["median_lcl"], numbers["median_ucl"])
    first = curve.quantile(0.25).interval
    assert (first.low, first.high) == (numbers["q25_lcl"], numbers["q25_ucl"])


def test_restricted_mean_on_lung(expected, lung):
    numbers = expected["lung"]["rmst_365"]
    curve = kaplan_meier.estimate(lung["time"].to_list(), (lung["status"] == 2).to_list())
    found = restricted_mean.estimate(curve, horizon=numbers["tau"])
    assert found.value == pytest.approx(numbers["rmean"], rel=1e-12)
    assert found.detail["std_error"] == pytest.approx(numbers["se"], rel=1e-12)


def test_aalen_johansen_on_mgus2(expected, mgus2):
    numbers = expected["mgus2"]["aalen_johansen"]
    found = cumulative_incidence.estimate(mgus2["time"].to_list(), mgus2["cause"].to_list())
    for i, when in enumerate(numbers["times"]):
        for cause in ("pcm", "death"):
            state = numbers["states"].index(cause)
            at = found[cause].at(when)
            assert at.value == pytest.approx(numbers["pstate"][i][state], abs=1e-12)
            assert at.detail["std_error"] == pytest.approx(numbers["std_err"][i][state], abs=1e-12)
            assert at.interval.low == pytest.approx(numbers["lower"][i][state], abs=1e-12)
            assert at.interval.high == pytest.approx(numbers["upper"][i][state], abs=1e-12)


def test_cumulative_incidence_by_sex_on_mgus2(expected, mgus2):
    numbers = expected["mgus2"]["cuminc_by_sex"]
    for sex in ("F", "M"):
        rows = mgus2.filter(pl.col("sex") == sex)
        found = cumulative_incidence.estimate(rows["time"].to_list(), rows["cause"].to_list())
        for code, cause in (("1", "pcm"), ("2", "death")):
            for i, when in enumerate(numbers["times"]):
                at = found[cause].at(when)
                assert at.value == pytest.approx(numbers["est"][f"{sex} {code}"][i], abs=1e-12)
                # cmprsk uses Aalen's variance, ours is the infinitesimal jackknife: close, not equal
                error = math.sqrt(numbers["var"][f"{sex} {code}"][i])
                assert at.detail["std_error"] == pytest.approx(error, rel=0.02)
