"""Stopping rules against worked examples and clinfun 1.1.5."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.core.intervals import upper_bound_zero_events
from celltrial.designs import build_stopping_rule
from celltrial.designs.stopping.pocock import PocockParams, neighbours

PARAMS = {"threshold": 0.30, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3}


def test_boundary_table() -> None:
    """AC-P7.1."""
    rule = build_stopping_rule("beta_binomial", PARAMS)
    listed = {3: 3, 4: 4, 5: 4, 6: 5, 7: 5, 8: 5, 9: 6, 10: 6, 12: 7, 15: 8, 20: 10}
    assert {n: x for n, x in rule.boundaries(20).items() if n in listed} == listed
    for n, x in listed.items():
        assert rule.is_crossed(x, n)
        assert not rule.is_crossed(x - 1, n)
    assert not rule.is_crossed(2, 2), "no look before min_n"


def test_operating_characteristics() -> None:
    """AC-P7.2."""
    rule = build_stopping_rule("beta_binomial", PARAMS)
    found = rule.characteristics([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 20)
    assert [round(100 * c.prob_stop, 1) for c in found] == [0.2, 2.4, 12.9, 38.2, 70.1, 91.7]
    assert [round(c.expected_n, 1) for c in found] == [20.0, 19.7, 18.6, 16.1, 12.6, 9.1]


def test_upper_bounds_after_no_event() -> None:
    """AC-P7.3."""
    assert [round(100 * upper_bound_zero_events(n), 2) for n in (20, 100, 300)] == pytest.approx([13.91, 2.95, 0.99])


@pytest.mark.shared
def test_crossing_probabilities_of_clinfun(design_cases: Any) -> None:
    """clinfun 1.1.5 bdrycross.prob; it stops when events exceed r, so the least number that stops is r + 1."""
    found = design_cases("bdrycross")
    assert len(found) == 2
    for case in found:
        i = case["inputs"]
        rule = build_stopping_rule("listed", {"looks": i["n"], "limits": [r + 1 for r in i["r"]]})
        for (p, cross, early, size), ours in zip(
            case["outputs"]["cross_prob"], rule.characteristics(i["ptox"], i["n"][-1]), strict=True
        ):
            assert ours.rate == p
            np.testing.assert_allclose(
                [ours.prob_stop, ours.prob_stop - ours.prob_stop_at[-1], ours.expected_n],
                [cross, early, size],
                rtol=1e-8,
            )


@pytest.mark.shared
def test_boundaries_of_clinfun(design_cases: Any) -> None:
    """clinfun 1.1.5 toxbdry: its high boundary keeps the condition at the acceptable rate, its low one the other."""
    found = design_cases("tox_boundary")
    assert len(found) == 16
    same = 0
    for case in found:
        i, o = case["inputs"], case["outputs"]
        params = PocockParams(
            tuple(i["n"]),
            i["pLo"],
            i["pHi"],
            i["cP0"],
            i["cP1"],
            i["delta"],
            "acceptable" if i["priority"] == "null" else "unacceptable",
        )
        below, reached = neighbours(params)
        high, low = (tuple(r + 1 for r in o[name]) for name in ("hi_bdry", "lo_bdry"))
        same += (below, reached) == (high, low)
        rate, wanted = (i["pLo"], i["cP0"]) if i["priority"] == "null" else (i["pHi"], i["cP1"])
        crossing = [
            build_stopping_rule("listed", {"looks": i["n"], "limits": limits})
            .characteristics([rate], i["n"][-1])[0]
            .prob_stop
            for limits in (high, below, reached, low)
        ]
        # ours is the closest pair around the wanted probability, clinfun's a pair that brackets it
        assert crossing[0] <= crossing[1] + 1e-12 < wanted <= crossing[2] <= crossing[3] + 1e-12, case["id"]
    assert same >= 15  # one pair of clinfun's is not a closest pair


def test_combination() -> None:
    one = {"kind": "beta_binomial", "params": PARAMS}
    two = {"kind": "listed", "params": {"looks": [6, 12], "limits": [4, 8]}}
    either = build_stopping_rule("combined", {"how": "any", "parts": [one, two]})
    both = build_stopping_rule("combined", {"how": "all", "parts": [one, two]})
    assert (either.boundary(6), either.boundary(7), either.boundary(12)) == (4, 5, 7)
    assert (both.boundary(6), both.boundary(7), both.boundary(12)) == (5, None, 8)


def test_constant_hazard_equals_a_simulation() -> None:
    """200,000 Poisson processes, numpy PCG64 seed 6."""
    rule = build_stopping_rule(
        "constant_hazard", {"threshold": 0.1, "certainty": 0.9, "prior_a": 0.5, "prior_b": 5.0, "min_events": 2}
    )
    hazard, planned, trials = 0.12, 60.0, 200_000
    exact = rule.characteristics([hazard], planned)[0]
    rng = np.random.default_rng(6)
    times = np.cumsum(rng.exponential(1 / hazard, (trials, 40)), axis=1)
    latest = np.array([rule.latest_exposure(x) for x in range(1, 41)])
    crossed = (times < latest) & (times <= planned)
    stops = crossed.any(axis=1)
    exposure = np.where(stops, times[np.arange(trials), crossed.argmax(axis=1)], planned)
    assert abs(exact.prob_stop - stops.mean()) < 4 * np.sqrt(stops.mean() * (1 - stops.mean()) / trials)
    assert abs(exact.expected_n - exposure.mean()) < 4 * exposure.std() / np.sqrt(trials)
    np.testing.assert_allclose(exact.expected_events, hazard * exact.expected_n, rtol=1e-9)
    assert exact.total_probability_error < 1e-12


@pytest.mark.parametrize(
    ("kind", "params", "rule"),
    [
        ("beta_binomial", {**PARAMS, "threshold": 1.3}, "found threshold=1.3"),
        ("beta_binomial", {**PARAMS, "min_n": 0}, "min_n >= 1"),
        ("listed", {"looks": [5, 5], "limits": [2, 3]}, "looks_strictly_increasing"),
        ("pocock", {"looks": [5], "acceptable_rate": 0.4, "unacceptable_rate": 0.2}, "acceptable_rate < unacceptable"),
        ("combined", {"how": "some", "parts": []}, "how_any_all"),
        ("unknown", {}, "DSG-009"),
    ],
)
def test_bad_input(kind: str, params: dict[str, Any], rule: str) -> None:
    with pytest.raises(UserError, match=rule.replace("|", r"\|")):
        build_stopping_rule(kind, params)
