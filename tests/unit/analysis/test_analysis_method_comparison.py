"""Two methods on the same samples, against other ways to the same numbers."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import polars as pl
import pytest

from celltrial.analysis import method_comparison
from celltrial.core.errors import UserError


@pytest.fixture(scope="module")
def pairs():
    rng = np.random.default_rng(4)
    truth = rng.normal(6, 2, 60)
    return np.exp(truth + rng.normal(0, 0.4, 60)).tolist(), np.exp(0.9 * truth + rng.normal(0, 0.4, 60)).tolist()


def test_deming_is_the_principal_axis_of_the_points(pairs):
    x, y = (np.log(values) for values in pairs)
    axis = np.linalg.eigh(np.cov(x, y))[1][:, -1]
    assert method_comparison.estimate(*pairs).deming.value == pytest.approx(axis[1] / axis[0], rel=1e-12)


def test_passing_bablok_is_the_shifted_median_of_all_slopes(pairs):
    """By its definition, pair by pair."""
    points = list(zip(map(math.log, pairs[0]), map(math.log, pairs[1]), strict=True))
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.combinations(points, 2))
    shift = sum(slope < -1 for slope in slopes)
    shifted = slopes[shift:] + [math.inf] * shift
    assert method_comparison.estimate(*pairs).passing_bablok.value == pytest.approx(statistics.median(shifted))


def test_the_methods_change_places_and_the_slopes_turn_over(pairs):
    one, other = method_comparison.estimate(*pairs), method_comparison.estimate(*reversed(pairs))
    assert one.deming.value == pytest.approx(1 / other.deming.value)
    assert one.passing_bablok.value == pytest.approx(1 / other.passing_bablok.value, rel=0.02)


def test_units_change_no_slope_but_the_concordance(pairs):
    first, second = pairs
    plain = method_comparison.estimate(first, second, same_unit=True)
    scaled = method_comparison.estimate(first, [1000 * value for value in second], same_unit=True)
    assert plain.deming.value == pytest.approx(scaled.deming.value)
    assert plain.passing_bablok.value == pytest.approx(scaled.passing_bablok.value)
    assert scaled.concordance.value < plain.concordance.value
    assert method_comparison.estimate(first, second).concordance is None


def test_concordance_without_bias_is_the_correlation():
    rng = np.random.default_rng(1)
    x, noise = rng.normal(0, 1, 400), rng.normal(0, 1, 400)
    noise -= noise.mean() + (noise @ (x - x.mean())) / ((x - x.mean()) @ (x - x.mean())) * (x - x.mean())
    y = x + noise
    y = (y - y.mean()) / y.std() * x.std() + x.mean()
    found = method_comparison.estimate(np.exp(x).tolist(), np.exp(y).tolist(), same_unit=True).concordance
    assert found.value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.interval.low < found.value < found.interval.high


def test_limits_cover_the_truth():
    """Nine in ten at the least, of 95 % limits, on simulated pairs of slope 1 with equal errors."""
    rng, covered = np.random.default_rng(9), [0, 0]
    for _ in range(120):
        truth = rng.normal(5, 2, 40)
        found = method_comparison.estimate(
            np.exp(truth + rng.normal(0, 0.5, 40)).tolist(), np.exp(truth + rng.normal(0, 0.5, 40)).tolist()
        )
        for i, each in enumerate((found.deming, found.passing_bablok)):
            covered[i] += each.interval.low <= 1 <= each.interval.high
    assert min(covered) >= 0.9 * 120


def test_what_nobody_saw_has_no_logarithm():
    values = [float(k) for k in range(12)]
    found = method_comparison.estimate(values, values)
    assert found.used == 11
    assert found.deming.caveats == ("unpaired_left_out",)
    few = method_comparison.estimate([0.0] * 5 + values[:6], values[:11])
    assert few.deming.reason == "too_few_points"
    assert method_comparison.estimate([1.0] * 12, values[:12]).deming.reason in {"no_variation", "too_few_points"}
    with pytest.raises(UserError, match="ANL-007"):
        method_comparison.estimate([1.0], [1.0, 2.0])


@pytest.mark.shared
def test_the_real_pairs_of_both_assays(shared):
    """133 pairs of Leipzig: the slope of either line is positive and the lines tell one story."""
    rows = pl.read_csv(shared / "data" / "cart_kinetics_leipzig_mm.csv", infer_schema_length=None)
    rows = rows.filter(pl.col("value").is_not_null())
    copies = rows.filter(pl.col("method") == "qPCR").group_by("patient_id", "day").agg(pl.col("value").mean())
    flow = rows.filter(pl.col("method") == "flow_abs").group_by("patient_id", "day").agg(pl.col("value").mean())
    both = copies.join(flow, on=["patient_id", "day"], suffix="_flow")
    found = method_comparison.estimate(both["value"].to_list(), both["value_flow"].to_list())
    assert found.used > 50
    assert found.deming.interval.low < found.passing_bablok.value < found.deming.interval.high
    assert found.passing_bablok.interval.low > 0
