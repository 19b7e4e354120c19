"""How probable a crossing still is: against every sequence of those to come, and against the characteristics from nobody."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.designs import build_stopping_rule

RULE = build_stopping_rule(
    "beta_binomial", {"threshold": 0.3, "certainty": 0.9, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3}
)


def by_every_sequence(x, n, rate, max_n):
    total = 0.0
    for coming in product((0, 1), repeat=max_n - n):
        weight, events = 1.0, x
        crossed = n > 0 and RULE.is_crossed(x, n)
        for reached, event in enumerate(coming, start=n + 1):
            weight *= rate if event else 1 - rate
            events += event
            crossed = crossed or RULE.is_crossed(events, reached)
        total += weight if crossed else 0.0
    return total


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_is_the_share_of_all_sequences_that_cross(data):
    max_n = data.draw(st.integers(1, 10))
    n = data.draw(st.integers(0, max_n))
    x = data.draw(st.integers(0, n))
    rate = data.draw(st.floats(0, 1))
    assert RULE.crossing_from(x, n, rate, max_n) == pytest.approx(by_every_sequence(x, n, rate, max_n), abs=1e-12)


@pytest.mark.parametrize("rate", [0, 0.1, 0.3, 0.7, 1])
def test_from_nobody_it_is_the_probability_to_stop(rate):
    [found] = RULE.characteristics([rate], 20)
    assert RULE.crossing_from(0, 0, rate, 20) == pytest.approx(found.prob_stop, abs=1e-12)


@pytest.mark.parametrize("wrong", [(-1, 3, 0.1, 5), (4, 3, 0.1, 5), (1, 6, 0.1, 5), (1, 3, 1.5, 5)])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(UserError, match="DSG-001"):
        RULE.crossing_from(*wrong)
