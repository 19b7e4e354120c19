"""Non-compartmental analysis against PKNCA 0.12.1 (R 4.2.2): Theoph and Indometh, default options.

Numbers: ../shared/reference/analysis_reference.json, group `nca`; suggested tolerance 1e-10.
"""

from __future__ import annotations

import itertools
import json

import pytest

from celltrial.analysis import exposure, half_life
from celltrial.analysis.profile import profile
from celltrial.core.results import NotEstimable

pytestmark = pytest.mark.shared
RULES = {"linear": "linear", "linear_up_log_down": "lin up/log down", "linear_log": "lin-log"}


@pytest.fixture(scope="module")
def nca(shared):
    return json.loads((shared / "reference" / "analysis_reference.json").read_text())["nca"]


@pytest.mark.parametrize("trapezoid", RULES)
def test_area_to_the_last_sample_on_theoph(nca, trapezoid):
    expected = nca["theoph"][RULES[trapezoid]]
    assert len(expected) == 12
    for subject, numbers in expected.items():
        samples = nca["theoph"]["input"][subject]
        area = exposure.estimate(
            profile(samples["time"], samples["conc"]), end=28, trapezoid=trapezoid, end_rule="truncate"
        )
        if numbers["auclast"] is None:
            # PKNCA's lin-log is NaN where two equal values follow the peak; the limit of the
            # logarithmic trapezoid is the linear one, and every other rule has a number here.
            assert trapezoid == "linear_log"
            values = samples["conc"][samples["conc"].index(max(samples["conc"])) :]
            assert any(a == b for a, b in itertools.pairwise(values))
            assert area.value > 0
        else:
            assert area.value == pytest.approx(numbers["auclast"], rel=1e-10)
            assert area.value == pytest.approx(numbers["aucint.last_0_28"], rel=1e-10)


def test_peak_and_half_life_on_theoph(nca):
    for subject, numbers in nca["theoph"]["linear"].items():
        samples = nca["theoph"]["input"][subject]
        cleaned = profile(samples["time"], samples["conc"])
        assert cleaned.value[cleaned.peak] == numbers["cmax"]
        assert cleaned.time[cleaned.peak] == numbers["tmax"]
        check_half_life(half_life.estimate(cleaned, rule="best_fit"), numbers)


def test_half_life_on_indometh(nca):
    for subject, numbers in nca["indometh"]["lin up/log down"].items():
        samples = nca["indometh"]["input"][subject]
        check_half_life(half_life.estimate(profile(samples["time"], samples["conc"]), rule="best_fit"), numbers)


def check_half_life(found, numbers):
    assert found.value == pytest.approx(numbers["half.life"], rel=1e-10)
    assert found.detail["lambda_z"] == pytest.approx(numbers["lambda.z"], rel=1e-10)
    assert found.detail["adjusted_r2"] == pytest.approx(numbers["adj.r.squared"], rel=1e-10)
    assert found.detail["points"] == numbers["lambda.z.n.points"]
    assert found.detail["first"] == numbers["lambda.z.time.first"]
    assert found.detail["span_ratio"] == pytest.approx(numbers["span.ratio"], rel=1e-10)


def test_no_sample_at_time_zero_is_no_area_when_a_baseline_must_be_observed(nca):
    for subject, numbers in nca["indometh"]["lin up/log down"].items():
        samples = nca["indometh"]["input"][subject]
        cleaned = profile(samples["time"], samples["conc"])
        refused = exposure.estimate(cleaned, end=28, end_rule="truncate", baseline="observed")
        assert numbers["auclast"] is None
        assert isinstance(refused, NotEstimable)
        assert refused.reason == "no_baseline_sample"
        # PKNCA's aucint.last puts 0 at the start of the interval, as our baseline="zero" does.
        area = exposure.estimate(cleaned, end=28, end_rule="truncate", baseline="zero")
        assert area.value == pytest.approx(numbers["aucint.last_0_28"], rel=1e-10)
        assert "baseline_assumed_zero" in area.caveats


@pytest.mark.parametrize("trapezoid", RULES)
def test_extrapolated_area_agrees_with_infinity_minus_the_rest(nca, trapezoid):
    """AUC to infinity by PKNCA equals ours to a very late day, by each rule for which PKNCA has a number."""
    compared = 0
    for subject, numbers in nca["theoph"][RULES[trapezoid]].items():
        samples = nca["theoph"]["input"][subject]
        area = exposure.estimate(
            profile(samples["time"], samples["conc"]), end=5000, end_rule="extrapolate", half_life_rule="best_fit",
            trapezoid=trapezoid,
        )  # fmt: skip
        assert "extrapolated" in area.caveats
        if numbers["aucinf.obs"] is not None:
            assert area.value == pytest.approx(numbers["aucinf.obs"], rel=1e-9)
            compared += 1
    assert compared >= (12 if trapezoid != "linear_log" else 1)


@pytest.mark.parametrize("trapezoid", ["linear", "linear_up_log_down"])
def test_area_to_infinity_and_its_share_on_theoph(nca, trapezoid):
    """PKNCA's `aucinf.obs` where it gives one: AUClast and the last value over the slope of the best fit."""
    compared = 0
    for subject, numbers in nca["theoph"][RULES[trapezoid]].items():
        samples = nca["theoph"]["input"][subject]
        cleaned = profile(samples["time"], samples["conc"])
        found = exposure.to_infinity(cleaned, trapezoid=trapezoid, half_life_rule="best_fit")
        last = exposure.to_last(cleaned, trapezoid=trapezoid)
        if isinstance(found, NotEstimable):
            continue
        assert last.value == pytest.approx(numbers["auclast"], rel=1e-10)
        slope = half_life.estimate(cleaned, rule="best_fit").detail["lambda_z"]
        assert found.value == pytest.approx(numbers["auclast"] + numbers["clast.obs"] / slope, rel=1e-9)
        if numbers.get("aucinf.obs") is not None:
            assert found.value == pytest.approx(numbers["aucinf.obs"], rel=1e-9)
        assert 100 * found.detail["extrapolated_share"] == pytest.approx(numbers["aucpext.obs"], rel=1e-8)
        compared += 1
    assert compared > 8
