"""Cellular kinetics and assay agreement: AC-A3.1 to A3.4 and the named rules."""

from __future__ import annotations

import math

import pytest

from celltrial.analysis import assay_agreement, exposure, half_life, kinetics
from celltrial.analysis.assay_agreement import Pair
from celltrial.analysis.kinetics import KineticsRules
from celltrial.analysis.profile import profile
from celltrial.core.errors import UserError
from celltrial.core.results import NotEstimable
from celltrial.datasets.schema import ADPC

DAYS = [0, 1, 3, 7, 10, 14, 21, 28]
COPIES = [0, 0, 500, 20000, 80000, 40000, 10000, 5000]


def test_worked_example():
    found = kinetics.estimate_subject("S1", profile(DAYS, COPIES))
    assert (found.cmax.value, found.tmax.value, found.tlast.value) == (80000, 10, 28)
    assert round(found.auc.value) == 624309
    assert round(found.half_life.value, 2) == 4.67
    assert found.cmax.caveats == ()
    linear = kinetics.estimate_subject("S1", profile(DAYS, COPIES), KineticsRules(trapezoid="linear"))
    assert linear.auc.value == 659000


def test_missing_last_visit_is_not_estimable_unless_the_rule_says_so():
    short = profile(DAYS[:-1], COPIES[:-1])
    refused = exposure.estimate(short)
    assert (refused.reason, refused.params["last"], refused.params["end"]) == ("last_sample_too_early", 21, 28)
    cut = exposure.estimate(short, end_rule="truncate")
    assert "truncated_at_last_sample" in cut.caveats
    assert exposure.estimate(short, end_rule="extrapolate").reason == "too_few_points"
    on = exposure.estimate(profile(DAYS, COPIES), end=35, end_rule="extrapolate")
    assert "extrapolated" in on.caveats
    to_28 = exposure.estimate(profile(DAYS, COPIES))
    slope = half_life.estimate(profile(DAYS, COPIES)).detail["lambda_z"]
    assert on.value - to_28.value == pytest.approx(5000 / slope * (1 - math.exp(-7 * slope)))
    within = exposure.estimate(profile([*DAYS[:-1], 27], COPIES), tolerance=2)
    assert "truncated_at_last_sample" in within.caveats


def test_missing_peak_window_makes_cmax_a_lower_bound():
    found = kinetics.estimate_subject("S1", profile([0, 1, 3, 21, 28], [0, 0, 500, 10000, 5000]))
    assert "cmax_lower_bound" in found.cmax.caveats
    assert "cmax_lower_bound" in found.tmax.caveats


def test_below_limit_is_zero_before_dropped_between_and_tail_after():
    values = [None, None, 500, None, 80000, 40000, None, None]
    below = [True, True, False, True, False, False, True, True]
    cleaned = profile(DAYS, values, below)
    assert (cleaned.time, cleaned.value) == ((0, 1, 3, 10, 14), (0, 0, 500, 80000, 40000))
    assert (cleaned.tail, cleaned.dropped, cleaned.last_sampled) == ((21, 28), 1, 28)
    area = exposure.estimate(cleaned)
    assert set(area.caveats) == {"below_lloq_dropped", "below_lloq_tail_zero"}
    assert area.value == pytest.approx(500 + 40250 * 7 + 40000 * 4 / math.log(2))


LLOQ_50 = ([None, None, *COPIES[2:-1], None], [True, True, *[False] * 5, True], [50.0] * 8)


@pytest.mark.parametrize(
    ("rule", "linear"),
    [
        # 0-3 d: 500; 3-21 d: 41000 + 150000 + 240000 + 175000; 21-28 d: nothing
        ("censored", 606_500),
        # 0-1 d: 25; 1-3 d: (25 + 500) / 2 x 2 = 525; 3-21 d: 606000; 21-28 d: (10000 + 25) / 2 x 7 = 35087.5
        ("half_lloq", 641_637.5),
        # 0-3 d: 500; 3-21 d: 606000; 21-28 d: 10000 / 2 x 7 = 35000
        ("zero", 641_500),
    ],
)
def test_area_counts_values_below_the_limit_as_the_rule_says(rule, linear):
    """The example of AC-A3.1 with days 0, 1 and 28 below a limit of 50 copies/ug, by hand with the linear trapezoid."""
    values, below, limits = LLOQ_50
    cleaned = profile(DAYS, values, below, lloq=limits, below_limit=rule)
    area = exposure.estimate(cleaned, trapezoid="linear")
    assert area.value == linear
    expected = {"below_lloq_tail_zero"} if rule == "censored" else {"below_lloq_replaced"}
    assert set(area.caveats) == expected


def test_half_the_limit_is_never_a_peak_a_last_value_or_part_of_a_half_life():
    values, below, limits = LLOQ_50
    rules = [KineticsRules(below_limit=name) for name in ("censored", "half_lloq")]
    plain, half = (
        kinetics.estimate_subject("S1", profile(DAYS, values, below, lloq=limits, below_limit=rule.below_limit), rule)
        for rule in rules
    )
    for name in ("cmax", "tmax", "tlast", "half_life"):
        assert getattr(half, name) == getattr(plain, name)
    assert half.tlast.value == 21
    never = profile([7, 14], [None, None], [True, True], lloq=[50.0, 50.0], below_limit="half_lloq")
    assert kinetics.estimate_subject("S1", never, rules[1]).auc.reason == "never_quantifiable"


def test_between_quantifiable_values_half_the_limit_counts_and_without_a_limit_nothing_does():
    """By hand: 0-7 d 35, 7-14 d (10 + 1) / 2 x 7 = 38.5, 14-28 d (1 + 4) / 2 x 14 = 35."""
    days, values, below = [0, 7, 14, 28], [0.0, 10.0, None, 4.0], [False, False, True, False]
    known = profile(days, values, below, lloq=[None, 2.0, 2.0, 2.0], below_limit="half_lloq")
    assert exposure.estimate(known, trapezoid="linear").value == 35 + 38.5 + 35
    for limit in (None, 0.0):
        unknown = profile(days, values, below, lloq=[limit] * 4, below_limit="half_lloq")
        assert unknown == profile(days, values, below)


def test_samples_of_one_time_are_averaged_with_half_the_limit():
    cleaned = profile([7, 7, 14], [9.0, None, None], [False, True, True], lloq=[2.0] * 3, below_limit="half_lloq")
    assert (cleaned.value, cleaned.replaced) == ((5.0,), ((14.0, 1.0),))


def test_always_below_limit_has_no_kinetics():
    found = kinetics.estimate_subject("S1", profile([7, 14], [None, None], [True, True]))
    for name in kinetics.PARAMETERS:
        assert getattr(found, name).reason == "never_quantifiable"
    assert exposure.estimate(profile([], [])).reason == "no_samples"
    assert kinetics.estimate_subject("S1", profile([], [])).cmax.reason == "no_samples"


def test_unusable_value_is_left_out():
    """An assay that another drug disturbed gives no value and is not below the limit."""
    cleaned = profile([0, 7, 14], [0.0, None, 10.0])
    assert (cleaned.time, cleaned.samples) == ((0, 14), 2)


def test_value_on_the_last_day_is_interpolated_from_a_later_sample():
    area = exposure.estimate(profile([0, 14, 42], [0, 100, 100]), trapezoid="linear")
    assert area.value == pytest.approx(100 * 14 / 2 + 100 * 14)
    assert "interpolated" in area.caveats
    falling = exposure.estimate(profile([0, 14, 42], [0, 100, 25]))
    assert falling.value == pytest.approx(700 + 50 * 14 / math.log(2))  # half after 14 days


def test_equal_values_after_the_peak_have_a_linear_area():
    """PKNCA's lin-log is NaN here."""
    found = exposure.estimate(profile([0, 7, 14, 28], [0, 10, 10, 10]), trapezoid="linear_log")
    assert found.value == 35 + 210


def test_half_life_that_does_not_exist():
    assert half_life.estimate(profile([0, 7, 14, 21], [0, 10, 5, 2])).reason == "too_few_points"
    rising = profile([0, 7, 14, 21, 28], [0, 10, 2, 3, 4])
    assert half_life.estimate(rising).reason == "not_declining"
    assert half_life.estimate(rising, rule="best_fit").reason == "not_declining"
    assert exposure.estimate(rising, end=40, end_rule="extrapolate").reason == "not_declining"
    assert half_life.estimate(profile([0], [0])).reason == "never_quantifiable"


def test_best_fit_ignores_rising_windows_even_with_the_better_fit():
    """PKNCA picks the rising window by R squared, finds no decline and gives up; we do not."""
    samples = profile([0, 1, 2, 3, 4, 5], [0, 100, 8, 1, 3, 2])
    assert half_life.estimate(samples, rule="last_points").reason == "not_declining"
    found = half_life.estimate(samples, rule="best_fit")
    assert found.detail["points"] == 4
    assert "short_half_life_window" in found.caveats


FLAT = [0, 7, 14, 21, 28, 56]


@pytest.mark.parametrize("rule", ["last_points", "best_fit"])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([0, 1000, 900, 5, 5, 5], "not_declining"),  # a plateau at the floor of the assay
        ([0, 1000, 900, 5, 5, 4.999999], "not_declining"),
        ([0, 1000, 900, 5.1, 4.9, 5.0], "not_declining"),  # the same with noise
        ([0, 1000, 900, 5, 5.2, 5.5], "not_declining"),
        ([0, 1000, 900, 5, 50, 500], "not_declining"),  # a second expansion
        ([0, 1000, 5, 5, 5, 5], "not_declining"),
        ([0, 1000, 950, 930, 910, 880], "half_life_beyond_observation"),  # falls, by far less than half
        ([0, 1000, 900, 5, 4.8, 4.5], "half_life_beyond_observation"),
        ([1000, 900, 800, 700, 600, 560], "half_life_beyond_observation"),
        ([0, 0, 0, 1000, 900, 800], "too_few_points"),
        ([0, 5, 5, 5, 5, 5], "not_declining"),
        ([0, 0, 0, 0, 0, 0], "never_quantifiable"),
    ],
)
def test_a_tail_that_does_not_decline_has_no_half_life(rule, values, reason):
    found = half_life.estimate(profile(FLAT, values), rule=rule)
    assert found.reason == reason
    end = exposure.estimate(profile(FLAT, values), end=100, end_rule="extrapolate", half_life_rule=rule)
    assert reason in ("never_quantifiable", end.reason)


@pytest.mark.parametrize(
    ("values", "poor"),
    [([0, 1000, 300, 30, 5, 5], True), ([0, 1000, 500, 250, 125, 8], False), ([0, 1000, 300, 90, 30, 2], False)],
)
def test_a_line_that_describes_its_points_poorly_says_so(values, poor):
    found = half_life.estimate(profile(FLAT, values))
    assert ("poor_half_life_fit" in found.caveats) is poor
    assert (found.detail["adjusted_r2"] < 0.8) is poor


def test_a_long_half_life_that_the_profile_shows_is_kept():
    """Halving every 30 days over 56 days, and every 55: both within what was seen."""
    for truth in (30, 55):
        values = [0, *(1000 * 2 ** (-(day - 7) / truth) for day in FLAT[1:])]
        assert half_life.estimate(profile(FLAT, values)).value == pytest.approx(truth)


def test_negative_and_infinite_values_are_refused_before_any_slope():
    for bad in (-1.0, float("inf"), float("nan")):
        with pytest.raises(UserError, match="ANL-009"):
            profile(FLAT, [0, 1000, 900, 5, bad, 5])


@pytest.mark.parametrize(("time", "value"), [([1], [1, 2]), ([math.nan], [1]), ([1], [-1]), ([1], [math.inf])])
def test_bad_samples_are_refused(time, value):
    with pytest.raises(UserError, match="ANL-009"):
        profile(time, value)


@pytest.mark.parametrize("end", [0, -1, math.inf, math.nan])
def test_bad_end_is_refused(end):
    with pytest.raises(UserError, match="ANL-008"):
        exposure.estimate(profile(DAYS, COPIES), end=end)


def samples(*rows):
    names = ("usubjid", "assay", "analyte", "time_days", "value", "unit")
    n = len(rows)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return ADPC.conform({**columns, "seq": list(range(n)), "below_lloq": [False] * n})


def test_table_gives_every_subject_and_a_summary():
    rows = [("S1", "qpcr", "car", float(d), float(v), "copies/ug") for d, v in zip(DAYS, COPIES, strict=True)]
    rows += [("S2", "qpcr", "car", float(d), 2.0 * v, "copies/ug") for d, v in zip(DAYS[:-1], COPIES, strict=False)]
    rows += [("S2", "flow", "car", 10.0, 9.4, "%"), ("S2", "qpcr", "car", -3.0, 1e9, "copies/ug")]
    found = kinetics.estimate(samples(*rows), assay="qpcr")
    assert [subject.usubjid for subject in found.subjects] == ["S1", "S2"]
    assert (found.unit, found.summary["cmax"].n, found.summary["auc"].n) == ("copies/ug", 2, 1)
    assert dict(found.summary["auc"].not_estimable) == {"last_sample_too_early": 1}
    assert found.summary["cmax"].median == 120000
    assert found.summary["cmax"].geometric_mean.value == pytest.approx(80000 * math.sqrt(2))
    assert kinetics.estimate(samples(*rows), assay="ddpcr").reason == "no_samples"


def test_geometric_mean_interval():
    """R: exp(t.test(log(c(1,2,4,8)))$conf.int) = 0.711 to 11.25, estimate 2.828427."""
    values = [kinetics.estimate_subject("S", profile([0, 7], [0, v])).cmax for v in (1, 2, 4, 8)]
    mean = kinetics.summarise("cmax", values).geometric_mean
    assert mean.value == pytest.approx(2**1.5)
    half = 3.182446305 * math.log(2) * math.sqrt(5 / 3) / 2  # t(0.975, 3) and the sd of 0, 1, 2, 3
    assert mean.interval.low == pytest.approx(2**1.5 * math.exp(-half))
    assert kinetics.summarise("cmax", []).geometric_mean.reason == "no_subjects"


@pytest.mark.parametrize(("column", "code"), [(2, "ANL-010"), (5, "ANL-011")])
def test_mixed_analytes_and_units_are_refused(column, code):
    one = ["S1", "qpcr", "car", 7.0, 5.0, "copies/ug"]
    other = list(one)
    other[column] = "other"
    with pytest.raises(UserError, match=code):
        kinetics.estimate(samples(tuple(one), tuple(other)), assay="qpcr")


def test_share_of_cells():
    share = assay_agreement.share_of_cells(30303, 2)
    assert round(100 * share.value, 1) == 10.0
    assert round(share.detail["genomes_per_ug"]) == 151515
    assert assay_agreement.share_of_cells(30303, None).reason == "no_vector_copy_number"
    with pytest.raises(UserError, match="ANL-012"):
        assay_agreement.share_of_cells(1, 0)


def test_concordant_and_discordant_pairs():
    pairs = [Pair("a", 30303, 0.094, 2), Pair("b", 30303, 0.01, 2), Pair("c", 3000, 0.01, 2)]
    found = assay_agreement.estimate(pairs, max_fold=3)
    assert [sample for sample, _ in found.discordant] == ["b"]
    assert found.discordant[0][1] == pytest.approx(10, rel=1e-4)
    assert found.ratio.n == 3
    assert found.ratio.interval.low < found.ratio.value < found.ratio.interval.high


def test_signal_in_one_assay_only_is_discordant():
    pairs = [Pair("a", 30303, 0.0, 2), Pair("b", 0, 0.1, 2), Pair("c", 0, 0.0, 2)]
    found = assay_agreement.estimate(pairs, max_fold=3)
    assert dict(found.discordant) == {"a": math.inf, "b": 0.0}
    assert isinstance(found.ratio, NotEstimable)


def test_without_vector_copy_number_only_ranks_agree():
    pairs = [Pair("a", 10, 0.01), Pair("b", 100, 0.05), Pair("c", 1000, 0.04), Pair("d", 2000, 0.2)]
    found = assay_agreement.estimate(pairs, max_fold=3)
    assert found.ratio.reason == "no_vector_copy_number"
    assert found.rank.value == pytest.approx(0.8)  # ranks 1 2 3 4 against 1 3 2 4: 1 - 6*2/60
    assert "ranks_only" in found.rank.caveats
    assert assay_agreement.estimate([], max_fold=3).rank.reason == "no_pairs"
    assert assay_agreement.estimate([Pair("a", 1, 0.1)] * 3, max_fold=3).rank.reason == "no_variation"
    with pytest.raises(UserError, match="ANL-013"):
        assay_agreement.estimate(pairs, max_fold=1)


def test_first_value_below_the_limit_needs_no_assumption():
    area = exposure.estimate(profile([0.04, 7, 14, 28], [None, 10, 5, 1], [True, False, False, False]))
    assert area.caveats == ()
    assumed = exposure.estimate(profile([7, 14, 28], [10, 5, 1]))
    assert assumed.caveats == ("baseline_assumed_zero",)


def test_no_reached_baseline_and_one_number():
    assert exposure.estimate(profile([], [])).reason == "no_samples"
    assert exposure.estimate(profile([7], [None], [True])).reason == "never_quantifiable"
    one = kinetics.summarise("cmax", [kinetics.estimate_subject("S", profile([7], [4.0])).cmax])
    assert (one.geometric_mean.value, one.geometric_mean.interval) == (pytest.approx(4.0), None)
    zero = kinetics.summarise("tmax", [kinetics.estimate_subject("S", profile([0], [4.0])).tmax])
    assert zero.geometric_mean.reason == "no_subjects"


def test_analyte_is_chosen():
    rows = [("S1", "qpcr", name, 7.0, value, "copies/ug") for name, value in (("car", 5.0), ("other", 9.0))]
    assert kinetics.estimate(samples(*rows), assay="qpcr", analyte="other").subjects[0].cmax.value == 9


def test_two_pairs_have_no_limits_of_agreement():
    found = assay_agreement.estimate([Pair("a", 30303, 0.094, 2), Pair("b", 30303, 0.1, 2)], max_fold=3)
    assert (found.ratio.n, found.ratio.interval) == (2, None)
