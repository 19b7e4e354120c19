"""Minimisation against the worked example in Pocock (1983), Clinical Trials: A Practical Approach, ch. 5."""

from __future__ import annotations

import pytest

from celltrial.designs.randomised.allocation import Allocation
from celltrial.designs.randomised.minimisation import Minimisation, arm_probabilities, imbalances

FACTORS = ("status", "age", "interval", "lesion")
# subjects in arms A and B by the next subject's levels: ambulatory, under 50, two years or more, visceral
TABLE = {"status": (30, 31), "age": (18, 17), "interval": (9, 8), "lesion": (19, 21)}
NEXT = {"status": "ambulatory", "age": "<50", "interval": ">=2", "lesion": "visceral"}


def earlier():
    """40 subjects in each arm that have these margins (the joint table is not printed and does not matter)."""
    found = []
    for arm, column in (("A", 0), ("B", 1)):
        for k in range(40):
            levels = {f: NEXT[f] if k < TABLE[f][column] else "other" for f in FACTORS}
            found.append((levels, arm))
    return found


@pytest.mark.parametrize("p_best", [1.0, 0.75])
def test_pocock_example_chooses_arm_a(p_best):
    arms = Allocation(("A", "B"), (1, 1))
    rule = Minimisation(arms, dict.fromkeys(FACTORS, 1.0), p_best=p_best, measure="variance")
    totals = [sum(TABLE[f][column] for f in FACTORS) for column in (0, 1)]
    assert totals == [76, 77]
    assert imbalances(rule, earlier(), NEXT) == (4.5, 6.5)
    assert arm_probabilities(rule, earlier(), NEXT) == (p_best, 1 - p_best)
    ties = Minimisation(arms, dict.fromkeys(FACTORS, 1.0), measure="range")
    assert imbalances(ties, earlier(), NEXT) == (5.0, 5.0)
    assert arm_probabilities(ties, earlier(), NEXT) == (0.5, 0.5)
