"""A factor of the batch or of its handling beside an outcome (clauses 2.2.2.2-e, 2.1.2.3-e, 2.1.2.2-a)."""

from __future__ import annotations

import pytest

from celltrial.analysis import comparability, factor, proportion
from celltrial.analysis.terms import Caveat, Reason
from celltrial.core.errors import UserError


def test_severe_crs_in_2_of_34_is_described_only():
    """AC-A5.1: grade 3 or more in 2 of 34: no contrast, rates with exact intervals, marked as few."""
    positivity = [10 + index for index in range(34)]
    outcomes = [index in {20, 30} for index in range(34)]
    found = factor.estimate("positivity", positivity, outcomes)
    assert (found.contrast.reason, found.contrast.n) == (Reason.FEW_EVENTS, 34)
    assert found.cut == 26.5
    low, high = found.groups["below"], found.groups["at_or_above"]
    assert (low.value, low.n, high.n) == (0, 17, 17)
    assert (round(high.interval.low, 4), round(high.interval.high, 4)) == (0.0146, 0.3644)  # binom.test(2, 17)
    assert Caveat.DESCRIPTIVE_FEW in high.caveats


def test_transduction_efficiency_and_response():
    """Clause 2.2.2.2-e: 12/20 below and 18/20 at or above the cut; difference 30 points, Miettinen-Nurminen interval."""
    values = [20.0] * 20 + [40.0] * 20
    outcomes = [True] * 12 + [False] * 8 + [True] * 18 + [False] * 2
    found = factor.estimate("positivity", values, outcomes, cut=30)
    assert {name: rate.value for name, rate in found.groups.items()} == {"below": 0.6, "at_or_above": 0.9}
    assert found.contrast.value == pytest.approx(0.3)
    same = comparability.estimate_difference("x", (18, 20), (12, 20), margin=None, level=0.95).contrast
    assert found.contrast.interval == same.interval
    assert found.contrast.interval.low > 0
    assert found.groups["below"] == proportion.estimate(12, 20, population="infused")


def test_operators_are_described_each_and_two_are_contrasted():
    """Clause 2.1.2.3-e: outcome by who or where it was handled."""
    values = ["S1"] * 10 + ["S2"] * 10 + ["S3"] * 10
    outcomes = ([True] * 6 + [False] * 4) * 3
    found = factor.estimate("site", values, outcomes)
    assert list(found.groups) == ["S1", "S2", "S3"]
    assert found.cut is None
    assert found.contrast.reason is Reason.NO_PAIRS
    two = factor.estimate("site", values[:20], outcomes[:20])
    assert two.contrast.value == pytest.approx(0)


def test_subjects_without_a_value_are_counted_apart():
    found = factor.estimate("positivity", [None, 1.0, 2.0, None], [True, True, False, False])
    assert found.unknown == 2
    assert sum(rate.n for rate in found.groups.values()) == 2
    assert factor.estimate("positivity", [], []).groups == {}


def test_equal_values_make_one_group_and_no_contrast():
    found = factor.estimate("positivity", [5.0] * 20, [True, False] * 10)
    assert found.groups["below"].reason is Reason.NO_SUBJECTS
    assert found.contrast.reason is Reason.NO_PAIRS


@pytest.mark.parametrize(("values", "outcomes"), [([1.0], []), ([1.0, "S1"], [True, False]), ([float("nan")], [True])])
def test_bad_input_is_refused(values, outcomes):
    with pytest.raises(UserError, match="ANL-014"):
        factor.estimate("positivity", values, outcomes)
