"""Proportions against R 4.2.2 `binom.test` and against the printed intervals of CAR-T trials."""

from __future__ import annotations

import json

import pytest

from celltrial.analysis import proportion
from celltrial.core.results import NotEstimable


@pytest.mark.shared
def test_exact_intervals_equal_binom_test(shared):
    cases = json.loads((shared / "reference" / "analysis_reference.json").read_text())["efficacy_misc"][
        "clopper_pearson"
    ]
    assert len(cases["grid"]) > 10
    for case in (*cases["grid"], *cases["published"]):
        found = proportion.estimate(case["x"], case["n"], population="infused", level=case["level"])
        assert found.value == pytest.approx(case["est"], abs=1e-14)
        assert (found.interval.low, found.interval.high) == pytest.approx(tuple(case["cp"]), abs=1e-12)


@pytest.mark.parametrize(
    ("x", "n", "rate", "low", "high"),
    [
        (27, 34, 79.4, 62.1, 91.3),  # AC-A6.1
        (18, 34, 52.9, 35.1, 70.2),
        (18, 40, 45.0, 29.3, 61.5),
        (61, 115, 53.0, 43.5, 62.4),  # AC-A6.5, as printed for JULIET
        (65, 79, 82.3, 72.1, 90.0),  # AC-A6.5, as printed for ELIANA
        (6, 40, 15.0, 5.7, 29.8),  # AC-A1.1
        (3, 40, 7.5, 1.6, 20.4),  # AC-A2.1
    ],
)
def test_acceptance_numbers(x, n, rate, low, high):
    found = proportion.estimate(x, n, population="infused")
    percent = [round(100 * value, 1) for value in (found.value, found.interval.low, found.interval.high)]
    assert percent == [rate, low, high]


def test_empty_set_is_not_zero():
    found = proportion.estimate(0, 0, population="infused")
    assert isinstance(found, NotEstimable)
    assert found.reason == "no_subjects"
