"""Permuted blocks, strata, minimisation: balance, reproducibility, bad input."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs.randomised.allocation import Allocation, pick
from celltrial.designs.randomised.minimisation import Minimisation, arm_probabilities, imbalances, minimise
from celltrial.designs.randomised.permuted_blocks import (
    PermutedBlocks,
    assign,
    assign_in_stratum,
    empty,
)

TWO = Allocation(("cells", "control"), (1, 1))
UNEQUAL = Allocation(("cells", "control"), (2, 1))


def draw_list(rule, uniforms):
    state, arms = empty(rule), []
    for pair in uniforms:
        arm, state = assign(rule, state, pair)
        arms.append(arm)
    return arms, state


@pytest.mark.parametrize(("arms", "sizes"), [(TWO, (4,)), (TWO, (2, 4, 6)), (UNEQUAL, (3, 6))])
def test_every_block_ends_balanced(arms, sizes):
    rule = PermutedBlocks(arms, sizes)
    state, counts, closed = empty(rule), Counter(), 0
    for pair in np.random.default_rng(1).random((500, 2)).tolist():
        arm, state = assign(rule, state, tuple(pair))
        counts[arm] += 1
        if not any(state.remaining):
            closed += 1
            assert counts["cells"] * arms.ratio[1] == counts["control"] * arms.ratio[0]
    assert closed > 50


def test_every_order_of_a_block_is_equally_likely():
    rule = PermutedBlocks(TWO, (4,))
    # each arm of a block of four is decided by twelfths: walk all the combinations exactly
    cells = [(k + 0.5) / 12 for k in range(12)]
    seen = Counter(tuple(draw_list(rule, [(0.0, u) for u in us])[0]) for us in itertools.product(cells, repeat=4))
    assert len(seen) == 6
    assert set(seen.values()) == {12**4 // 6}


def test_block_lengths_are_drawn_evenly():
    rule = PermutedBlocks(TWO, (2, 4))
    remaining = [sum(assign(rule, empty(rule), (u, 0.0))[1].remaining) + 1 for u in (0.0, 0.49, 0.5, 0.99)]
    assert remaining == [2, 2, 4, 4]


def test_strata_have_lists_of_their_own():
    rule = PermutedBlocks(TWO, (2,), ("site", "age"))
    rng = np.random.default_rng(2)
    earlier, counts = [], Counter()
    for _ in range(120):
        stratum = {"site": f"S{rng.integers(3)}", "age": "adult" if rng.random() < 0.5 else "child"}
        pair = tuple(rng.random(2).tolist())
        arm = assign_in_stratum(rule, earlier, stratum, pair)
        earlier.append((stratum, pair))
        counts[stratum["site"], stratum["age"], arm] += 1
    for site, age in itertools.product(("S0", "S1", "S2"), ("adult", "child")):
        assert abs(counts[site, age, "cells"] - counts[site, age, "control"]) <= 1


def test_same_uniforms_same_list():
    rule = PermutedBlocks(UNEQUAL, (3, 6))
    uniforms = [tuple(p) for p in np.random.default_rng(3).random((40, 2)).tolist()]
    assert draw_list(rule, uniforms) == draw_list(rule, uniforms)


def test_minimisation_balances_margins_better_than_chance():
    rule = Minimisation(TWO, {"site": 1.0, "age": 1.0, "lines": 2.0}, p_best=0.9)
    rng = np.random.default_rng(4)
    earlier, worst = [], []
    for _ in range(150):
        subject = {
            "site": f"S{rng.integers(8)}",
            "age": "old" if rng.random() < 0.3 else "young",
            "lines": str(rng.integers(3)),
        }
        earlier.append((subject, minimise(rule, earlier, subject, float(rng.random()))))
    for factor in rule.factors:
        for level in {s[factor] for s, _ in earlier}:
            arms = Counter(arm for s, arm in earlier if s[factor] == level)
            worst.append(abs(arms["cells"] - arms["control"]))
    assert max(worst) <= 6


def test_minimisation_keeps_an_unequal_ratio():
    rule = Minimisation(UNEQUAL, {"site": 1.0}, p_best=0.9)
    rng = np.random.default_rng(5)
    earlier = []
    for _ in range(300):
        subject = {"site": f"S{rng.integers(4)}"}
        earlier.append((subject, minimise(rule, earlier, subject, float(rng.random()))))
    assert Counter(arm for _, arm in earlier)["cells"] == pytest.approx(200, abs=12)


def test_first_subject_follows_the_ratio():
    rule = Minimisation(UNEQUAL, {"site": 1.0})
    assert imbalances(rule, [], {"site": "S1"}) == (0.5, 1.0)
    even = Minimisation(TWO, {"site": 1.0})
    assert arm_probabilities(even, [], {"site": "S1"}) == (0.5, 0.5)


def test_three_arms_share_what_is_left():
    rule = Minimisation(Allocation(("a", "b", "c"), (1, 1, 1)), {"site": 1.0}, p_best=0.8)
    odds = arm_probabilities(rule, [({"site": "S1"}, "a"), ({"site": "S1"}, "b")], {"site": "S1"})
    assert odds == pytest.approx((0.1, 0.1, 0.8))


def test_pick_never_takes_an_arm_without_weight():
    assert pick((1.0, 0.0), 1 - 2**-53) == 0
    assert pick((0.1, 0.2, 0.0), 1 - 2**-53) == 1
    assert pick((0.0, 0.7, 0.1, 0.2), 0.0) == 1
    rng = np.random.default_rng(0)
    for weights in rng.random((200, 3)).tolist():
        assert pick(tuple(weights), 1 - 2**-53) == 2


@pytest.mark.parametrize(
    ("build", "fault_id", "found"),
    [
        (lambda: Allocation(("cells",), (1,)), "DSG-306", "('cells',)"),
        (lambda: Allocation(("cells", "cells"), (1, 1)), "DSG-306", "cells"),
        (lambda: Allocation(("a", "b"), (1, 0)), "DSG-306", "ratio[1]=0"),
        (lambda: PermutedBlocks(TWO, (3,)), "DSG-306", "(3,)"),
        (lambda: PermutedBlocks(TWO, ()), "DSG-306", "()"),
        (lambda: PermutedBlocks(TWO, (4,), ("site", "site")), "DSG-310", "site"),
        (lambda: assign(PermutedBlocks(TWO, (4,)), empty(PermutedBlocks(TWO, (4,))), (0.0, 1.0)), "DSG-307", "1.0"),
        (lambda: assign(PermutedBlocks(TWO, (4,)), empty(PermutedBlocks(TWO, (4,))), (-0.1, 0.0)), "DSG-307", "-0.1"),
        (lambda: assign_in_stratum(PermutedBlocks(TWO, (4,), ("site",)), [], {}, (0, 0)), "DSG-310", "{}"),
        (lambda: Minimisation(TWO, {}), "DSG-310", "absent"),
        (lambda: Minimisation(TWO, {"site": 0.0}), "DSG-310", "weight=0.0"),
        (lambda: Minimisation(TWO, {"site": 1.0}, p_best=0.4), "DSG-306", "p_best=0.4"),
        (lambda: Minimisation(TWO, {"site": 1.0}, measure="sd"), "DSG-310", "measure=sd"),
        (lambda: minimise(Minimisation(TWO, {"site": 1.0}), [], {"age": "1"}, 0.5), "DSG-310", "age"),
        (
            lambda: minimise(Minimisation(TWO, {"site": 1.0}), [({"site": "1"}, "x")], {"site": "1"}, 0.5),
            "DSG-306",
            "x",
        ),
    ],
)
def test_bad_input_is_named(build, fault_id, found):
    with pytest.raises(UserError) as caught:
        build()
    assert caught.value.faults[0].id == fault_id
    assert found in str(caught.value)
