"""Every design on problems drawn at random: the exact engine against the interpreter that asks, treats and branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrial.designs import DESIGNS, MODIFIERS, Counts, Policy, build_policy
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario, category_probabilities

FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEYS = [key for key, row in DESIGNS.items() if row.exact]
rates = st.lists(st.floats(0, 1).map(lambda p: round(p, 2)), min_size=2, max_size=2).map(sorted).map(tuple)
FITTING = [kind for kind in MODIFIERS if kind not in {"plateau", "backfill"}]


@st.composite
def problems(draw: st.DrawFn, key: str) -> tuple[Policy, Scenario]:
    """A small design of this kind, of its own size, cohort and target, some with a modifier, and a truth."""
    example: dict[str, Any] = dict(DESIGNS[key].example)
    example |= {name: example[name][:2] for name in ("skeleton", "doses") if name in example}
    many = len(build_policy(key, DESIGNS[key].example, n_doses=3).observation.categories) > 2
    if "cohort_size" in example:
        example["cohort_size"] = draw(st.integers(1, 2 if many else 3))
    if "max_subjects" in example:
        example["max_subjects"] = draw(st.integers(example["cohort_size"], 5 if many else 9))
    if "stage_1_n" in example:
        example["stage_1_n"] = draw(st.integers(1, example["max_subjects"]))
    if "target_dlt_rate" in example:
        example["target_dlt_rate"] = draw(st.sampled_from([0.15, 0.2, 0.25, 0.3, 0.35]))
    chosen = draw(st.sampled_from([None, *FITTING]))
    modifiers = [] if chosen is None else [{"kind": chosen, "params": _fitted(chosen)}]
    policy = build_policy(key, example, n_doses=2, start=draw(st.integers(0, 1)), modifiers=modifiers)
    toxic, moderate = draw(rates), draw(rates)
    truth = Scenario(
        "drawn",
        toxic,
        response_rates=draw(rates),
        odds_ratio=draw(st.sampled_from([0.5, 1.0, 3.0])),
        moderate_rates=tuple((1 - p) * m for p, m in zip(toxic, moderate, strict=True)),
        feasible_rates=draw(rates),
        overdose_above=0.3,
    )
    return policy, truth


def _fitted(kind: str) -> dict[str, Any]:
    example = dict(MODIFIERS[kind].example)
    return {**example, "doses": example["doses"][:2]} if "doses" in example else example


def ends(policy: Policy, category: Any, counts: Counts, weight: float) -> Iterator[tuple[Counts, int | None, float]]:
    """Ask, treat one subject after the other, branch on every category; branches without weight are left out."""
    decision = policy.decide(counts)
    if decision.next_dose is None:
        yield counts, decision.recommended, weight
        return
    j, channels = decision.next_dose, policy.observation.channels
    branches: dict[tuple[int, ...], float] = {(0,) * len(channels): weight}
    for _ in range(decision.cohort_size):
        following: dict[tuple[int, ...], float] = {}
        for adds, w in branches.items():
            for k, more in enumerate(policy.observation.categories):
                total = tuple(a + b for a, b in zip(adds, more, strict=True))
                following[total] = following.get(total, 0.0) + w * category[j, k]
        branches = {adds: w for adds, w in following.items() if w > 0}
    for adds, w in branches.items():
        values = {
            c.value: tuple(v + adds[i] * (d == j) for d, v in enumerate(counts.channel(c)))
            for i, c in enumerate(channels)
        }
        yield from ends(policy, category, Counts(**values, current=j, last=(adds[0], adds[1])), w)


@pytest.mark.parametrize("key", KEYS)
@FEW
@given(data=st.data())
def test_the_exact_engine_equals_the_interpreter(key: str, data: st.DataObject) -> None:
    policy, truth = data.draw(problems(key))
    found = exact_characteristics(compile_graph(policy), [truth])[0]
    category = category_probabilities([truth], policy.observation)[0]
    select, none, n, dlt, sizes = np.zeros(2), 0.0, np.zeros(2), np.zeros(2), dict.fromkeys(range(40), 0.0)
    for counts, chosen, weight in ends(policy, category, Counts.before(2, policy.start), 1.0):
        n += weight * np.array(counts.n)
        dlt += weight * np.array(counts.dlt)
        sizes[sum(counts.n) + sum(counts.infeasible or ())] += weight
        if chosen is None:
            none += weight
        else:
            select[chosen] += weight
    np.testing.assert_allclose((*found.prob_select, found.prob_none), (*select, none), atol=1e-12)
    np.testing.assert_allclose((found.expected_n, found.expected_dlt), (n, dlt), atol=1e-11)
    for size, weight in sizes.items():
        assert found.n_distribution.get(size, 0.0) == pytest.approx(weight, abs=1e-12)
    assert found.total_probability_error is not None
    assert found.total_probability_error < 1e-12
