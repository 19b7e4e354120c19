"""Sizing and watching a registry: acceptance numbers, the table of another program, and the definition by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from celltrial.analysis.signals.registry import (
    chance_of_call,
    chance_of_one,
    critical_value,
    kept,
    log_ratio,
    persons_needed,
    upper_limit,
)


def test_the_acceptance_numbers_of_a_registry():
    """AC-F5.1: 300 persons see an event of one in a thousand with 25.9 %; 95 % takes 2,995."""
    assert round(100 * chance_of_one(0.001, 300), 1) == 25.9
    assert persons_needed(0.001) == 2995
    assert chance_of_one(0.001, 2994) < 0.95 <= chance_of_one(0.001, 2995)
    assert math.isclose(upper_limit(300), 0.00994, rel_tol=1e-3)
    assert round(kept(1000, 0.05, 15)) == 463


#: EXCHANGE, section 7.5: T by M = 1, 3, 4, by a recursion of others; M = 1 is the table of Kulldorff 2011.
TABLE = {
    1: (2.853937, 1.774218, None), 2: (3.046977, 2.349679, 2.000158), 5: (3.297183, 2.803955, 2.623668),
    10: (3.467952, 3.064248, 2.921561), 20: (3.628123, 3.288216, 3.176370),
}  # fmt: skip


@pytest.mark.parametrize("length", TABLE)
def test_critical_values_are_those_of_the_table(length):
    for least, wanted in zip((1, 3, 4), TABLE[length], strict=True):
        if wanted is None:
            with pytest.raises(ValueError):
                critical_value(length, least)
        else:
            assert abs(critical_value(length, least) - wanted) < 1e-6


@pytest.mark.parametrize(("least", "excess"), [(1, 1.0), (3, 1.0), (3, 2.0)])
def test_the_chance_to_call_is_that_of_simulated_watches(least, excess):
    rng = np.random.default_rng(11)
    critical, length, calls, runs = 2.0, 4.0, 0, 20_000
    for _ in range(runs):
        times = np.cumsum(rng.exponential(1 / excess, 60))
        for number, when in enumerate(times[times < length], start=1):
            if number >= least and log_ratio(number, when) >= critical:
                calls += 1
                break
    expected = chance_of_call(critical, length, least, excess)
    assert abs(calls / runs - expected) < 4 * math.sqrt(expected * (1 - expected) / runs)
