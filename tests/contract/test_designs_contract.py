"""What every design of the table must do: one suite for all rows, each new row is picked up.

Designs of other installed packages are picked up too: `pytest tests/contract/test_designs_contract.py -k KEY`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from celltrial.app.installed_designs import InstalledDesigns
from celltrial.core.errors import UserError
from celltrial.designs import DESIGNS as OWN
from celltrial.designs import (
    MODIFIERS,
    STOPPING_RULES,
    Counts,
    Policy,
    Reason,
    build_policy,
    build_stopping_rule,
)
from celltrial.designs.observation import Channel
from celltrial.locale import translate
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.exact_graph import DecisionGraph
from celltrial.simulation.monte_carlo import simulate_characteristics
from celltrial.simulation.monte_carlo_calendar import Calendar, simulate_calendar
from celltrial.simulation.scenario import Scenario, category_probabilities

DESIGNS = InstalledDesigns()
KEYS = sorted(DESIGNS)
EXACT = [key for key in KEYS if DESIGNS[key].exact]


def example_of(key: str, n_doses: int = 3) -> dict[str, object]:
    """The row's example, written for three doses, cut to fewer."""
    example = dict(DESIGNS[key].example)
    return {k: v[:n_doses] if k in {"skeleton", "doses"} else v for k, v in example.items()}


def policy_of(key: str, n_doses: int = 3) -> Policy:
    return build_policy(key, example_of(key, n_doses), n_doses=n_doses, designs=DESIGNS)


def random_counts(policy: Policy, rng: np.random.Generator, most: int) -> Counts:
    """Counts that the observation allows: any cohort history, whatever dose it went to."""
    channels = policy.observation.channels
    table = np.zeros((policy.n_doses, len(channels)), int)
    adds = np.array(policy.observation.categories)
    top = int(rng.integers(0, policy.n_doses))
    for _ in range(int(rng.integers(0, most + 1))):
        table[rng.integers(0, top + 1)] += adds[rng.integers(0, len(adds))]
    values = {c.value: tuple(int(v) for v in table[:, i]) for i, c in enumerate(channels)}
    return Counts(**values, current=top, last=(3, int(rng.integers(0, 2))))


def scenario_of(n_doses: int) -> Scenario:
    return Scenario(
        "rising",
        dlt_rates=tuple(np.linspace(0.08, 0.50, n_doses)),
        response_rates=tuple(np.linspace(0.15, 0.55, n_doses)),
        odds_ratio=2.0,
        moderate_rates=tuple(np.linspace(0.10, 0.30, n_doses)),
        feasible_rates=tuple(np.linspace(0.95, 0.70, n_doses)),
        overdose_above=0.30,
    )


@pytest.mark.parametrize("key", KEYS)
def test_decides_for_every_admissible_state(key: str) -> None:
    policy = policy_of(key)
    rng = np.random.default_rng(20261122)
    for _ in range(60):
        counts = random_counts(policy, rng, min(policy.max_subjects, 18))
        decision = policy.decide(counts)
        assert decision == policy.decide(counts), "not deterministic"
        if decision.stops:
            assert decision.next_dose is None
            assert decision.cohort_size == 0
        else:
            assert decision.next_dose is not None
            assert 0 <= decision.next_dose < policy.n_doses
            assert 1 <= decision.cohort_size <= policy.max_subjects
            assert decision.next_dose not in decision.eliminated
            assert decision.recommended is None


@pytest.mark.parametrize("key", KEYS)
def test_never_recommends_an_eliminated_or_untreated_dose(key: str) -> None:
    policy = policy_of(key)
    rng = np.random.default_rng(7)
    for _ in range(60):
        counts = random_counts(policy, rng, min(policy.max_subjects, 18))
        chosen = policy.select(counts)
        if chosen is not None:
            assert chosen not in policy.decide(counts).eliminated
            assert counts.n[chosen] > 0


@pytest.mark.parametrize("key", [key for key in KEYS if DESIGNS[key].monotone])
def test_more_toxicity_never_leads_higher(key: str) -> None:
    """One subject without any event becomes one with DLT, all else equal."""
    policy = policy_of(key)
    rng = np.random.default_rng(11)
    compared = 0
    for _ in range(400):
        counts = random_counts(policy, rng, min(policy.max_subjects, 12))
        j = counts.current
        if counts.n[j] - counts.dlt[j] - sum(counts.channel(c)[j] for c in (Channel.MODERATE, Channel.RESPONSE)) < 1:
            continue
        worse = replace(counts, dlt=tuple(y + (i == j) for i, y in enumerate(counts.dlt)))
        before, after = policy.decide(counts).next_dose, policy.decide(worse).next_dose
        if before is not None and after is not None:
            compared += 1
            assert after <= before, (counts, before, after)
    assert compared > 20


@pytest.mark.parametrize("key", KEYS)
def test_describes_itself_in_both_languages(key: str) -> None:
    for message in policy_of(key).describe():
        for language in ("en", "zh"):
            assert translate(message.id, language, **message.params)
    for reason in Reason:
        assert translate(reason.code, "en") != translate(reason.code, "zh")


def walk(
    policy: Policy, category: np.ndarray, counts: Counts, weight: float
) -> Iterator[tuple[Counts, int | None, float]]:
    """The plain interpreter: ask, treat one subject after the other, branch on every category."""
    decision = policy.decide(counts)
    if decision.next_dose is None:
        yield counts, decision.recommended, weight
        return
    j = decision.next_dose
    branches: dict[tuple[int, ...], float] = {(0,) * len(policy.observation.channels): weight}
    for _ in range(decision.cohort_size):
        following: dict[tuple[int, ...], float] = {}
        for adds, w in branches.items():
            for k, more in enumerate(policy.observation.categories):
                total = tuple(a + b for a, b in zip(adds, more, strict=True))
                following[total] = following.get(total, 0.0) + w * category[j, k]
        branches = following
    for adds, w in branches.items():
        values = {
            c.value: tuple(v + adds[i] * (d == j) for d, v in enumerate(counts.channel(c)))
            for i, c in enumerate(policy.observation.channels)
        }
        yield from walk(policy, category, Counts(**values, current=j, last=(adds[0], adds[1])), w)


def small(key: str) -> Policy:
    example = example_of(key, 2)
    if "max_subjects" in example:
        example["max_subjects"] = 8 if len(policy_of(key).observation.categories) == 2 else 6
    return build_policy(key, example, n_doses=2, designs=DESIGNS)


@pytest.mark.parametrize("key", EXACT)
def test_exact_engine_equals_the_plain_interpreter(key: str) -> None:
    policy = small(key)
    scenario = scenario_of(2)
    graph = compile_graph(policy)
    exact = exact_characteristics(graph, [scenario])[0]
    category = category_probabilities([scenario], policy.observation)[0]
    select, none, n, dlt = np.zeros(2), 0.0, np.zeros(2), np.zeros(2)
    for counts, chosen, weight in walk(policy, category, Counts.before(2, policy.start), 1.0):
        n += weight * np.array(counts.n)
        dlt += weight * np.array(counts.dlt)
        if chosen is None:
            none += weight
        else:
            select[chosen] += weight
    np.testing.assert_allclose(exact.prob_select, select, atol=1e-12)
    np.testing.assert_allclose(exact.prob_none, none, atol=1e-12)
    np.testing.assert_allclose(exact.expected_n, n, atol=1e-12)
    np.testing.assert_allclose(exact.expected_dlt, dlt, atol=1e-12)


@pytest.mark.parametrize("key", EXACT)
def test_simulation_agrees_with_exact(key: str) -> None:
    policy = policy_of(key)
    graph = compile_graph(policy)
    assert isinstance(graph, DecisionGraph)
    trials = 4_000
    exact = exact_characteristics(graph, [scenario_of(3)])[0]
    found = simulate_characteristics(policy, [scenario_of(3)], trials=trials, seed=4)[0]
    assert exact.total_probability_error is not None
    assert exact.total_probability_error < 1e-12
    for p, s in zip((*exact.prob_select, exact.prob_none), (*found.prob_select, found.prob_none), strict=True):
        assert abs(p - s) <= 4 * math.sqrt(max(p * (1 - p), 1e-9) / trials) + 1e-12
    for name in ("expected_n", "expected_dlt"):
        for p, s, e in zip(getattr(exact, name), getattr(found, name), found.standard_error[name], strict=True):
            assert abs(p - s) <= 4 * e + 1e-9


@pytest.mark.parametrize("key", [key for key in KEYS if not DESIGNS[key].exact])
def test_calendar_simulation_agrees_with_exact_where_every_window_closes_first(key: str) -> None:
    """A design that decides with open windows, on subjects so far apart that none is open."""
    policy = policy_of(key)
    graph = compile_graph(policy)
    exact = exact_characteristics(graph, [scenario_of(3)])[0]
    trials = 1_000
    apart = Calendar(window=1.0, arrival_gap=1e6, first_is_ready=False)
    found = simulate_calendar(policy, [scenario_of(3)], apart, trials=trials, seed=6)[0].characteristics
    for p, s in zip((*exact.prob_select, exact.prob_none), (*found.prob_select, found.prob_none), strict=True):
        assert abs(p - s) <= 4 * math.sqrt(max(p * (1 - p), 1e-9) / trials) + 1e-12
    for p, s, e in zip(exact.expected_n, found.expected_n, found.standard_error["expected_n"], strict=True):
        assert abs(p - s) <= 4 * e + 1e-9


@pytest.mark.parametrize("key", KEYS)
def test_bad_input_is_one_clear_message(key: str) -> None:
    row = DESIGNS[key]
    with pytest.raises(UserError, match=r"DSG-005: expected doses_up_to\(max_doses=12\); found 40 "):
        build_policy(key, row.example, n_doses=40, designs=DESIGNS)
    with pytest.raises(UserError, match="DSG-007"):
        build_policy(key, {**row.example, "traget": 0.3}, n_doses=3, designs=DESIGNS)
    for name, value, rule in (
        ("target_dlt_rate", 1.2, "target"),
        ("cohort_size", 0, "cohort_size"),
        ("max_subjects", 0, "max_subjects"),
    ):
        if name in row.example:
            with pytest.raises(UserError, match=rule):
                build_policy(key, {**row.example, name: value}, n_doses=3, designs=DESIGNS)


def told(key: str, example: dict[str, object]) -> list[tuple[str, str]]:
    """Build, which must be refused; return what was expected and what was found, fault by fault."""
    with pytest.raises(UserError) as caught:
        build_policy(key, example, n_doses=3, designs=DESIGNS)
    for item in caught.value.faults:
        for language in ("en", "zh"):
            assert translate(item.id, language, where=item.where, **item.params)
    return [(str(item.params["expected"]), str(item.params["found"])) for item in caught.value.faults]


def numbers_of(key: str) -> list[str]:
    """Return the parameters of the example that are one number."""
    return [name for name, value in DESIGNS[key].example.items() if isinstance(value, int | float)]


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_parameter_is_named(key: str) -> None:
    for item in dataclasses.fields(DESIGNS[key].params):
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            rest = {name: value for name, value in example_of(key).items() if name != item.name}
            [(expected, found)] = told(key, rest)
            assert expected == item.name
            assert found == (", ".join(sorted(rest)) or "-")


@pytest.mark.parametrize("key", KEYS)
def test_what_is_no_number_is_told_with_the_rule(key: str) -> None:
    for name in numbers_of(key):
        for value, shown in (("many", "many"), (None, "None"), ([], "[]"), (True, "True"), (math.nan, "nan")):
            faults = told(key, {**example_of(key), name: value})
            assert any(shown in found for _, found in faults), (name, value, faults)
            assert all(expected for expected, _ in faults)


@pytest.mark.parametrize("key", KEYS)
def test_numbers_beyond_every_sense_are_told(key: str) -> None:
    for name in numbers_of(key):
        unbounded = name in {"reference_dose", "max_pending"} or key not in OWN  # a stranger may have no upper limit
        for value in (-1,) if unbounded else (-1, 10**9):
            faults = told(key, {**example_of(key), name: value})
            assert any(str(value) in found.replace(",", "") or "1e+09" in found for _, found in faults), (name, faults)


@pytest.mark.parametrize("key", [key for key in KEYS if "skeleton" in DESIGNS[key].example])
def test_a_skeleton_must_rise_and_fit_the_ladder(key: str) -> None:
    for skeleton in (
        [0.3, 0.2, 0.4],
        [0.2, 0.2, 0.4],
        [0.0, 0.2, 0.4],
        [0.2, 0.4, 1.0],
        [0.1, math.nan, 0.4],
        [0.1, 0.2],
        [],
    ):
        assert told(key, {**example_of(key), "skeleton": skeleton})


@pytest.mark.parametrize("key", KEYS)
def test_more_dlts_than_subjects_are_refused(key: str) -> None:
    policy = policy_of(key)
    others = {c.value: (0, 0, 0) for c in policy.observation.channels[2:]}
    with pytest.raises(UserError, match=r"DSG-001: expected counts_at_every_dose\(name=dlt\); found"):
        policy.decide(Counts((3, 0, 0), (4, 0, 0), 0, last=(3, 3), **others))


@pytest.mark.parametrize("kind", sorted(MODIFIERS))
def test_modifiers_keep_the_contract(kind: str) -> None:
    inside = "boin12" if kind == "plateau" else "boin"
    wrapped = build_policy(
        inside,
        DESIGNS[inside].example,
        n_doses=3,
        modifiers=[{"kind": kind, "params": MODIFIERS[kind].example}],
    )
    exact = exact_characteristics(compile_graph(wrapped), [scenario_of(3)])[0]
    found = simulate_characteristics(wrapped, [scenario_of(3)], trials=4_000, seed=5)[0]
    for p, s in zip(exact.prob_select, found.prob_select, strict=True):
        assert abs(p - s) <= 4 * math.sqrt(max(p * (1 - p), 1e-9) / 4_000)
    for message in wrapped.describe():
        assert translate(message.id, "en", **message.params) != translate(message.id, "zh", **message.params)


@pytest.mark.parametrize("kind", sorted(STOPPING_RULES))
def test_stopping_rules_are_monotone_and_described(kind: str) -> None:
    rule = build_stopping_rule(kind, STOPPING_RULES[kind].example)
    for n in range(1, 21):
        crossed = [rule.is_crossed(x, n) for x in range(n + 1)]
        assert crossed == sorted(crossed)
    low, high = rule.characteristics([0.1, 0.5], 20)
    assert low.prob_stop < high.prob_stop
    assert max(low.total_probability_error, high.total_probability_error) < 1e-12
    for message in rule.describe():
        assert translate(message.id, "en", **message.params) != translate(message.id, "zh", **message.params)
