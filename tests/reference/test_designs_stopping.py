"""Stopping rules against worked examples and clinfun 1.1.5."""

from __future__ import annotations

import pytest

from celltrial.core.intervals import upper_bound_zero_events
from celltrial.designs import build_stopping_rule

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
