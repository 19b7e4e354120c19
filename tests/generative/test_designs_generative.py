"""Designs on generated input: plain loops judge the vectorised engines, and no input breaks a policy."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from celltrial.core.errors import UserError
from celltrial.designs import DESIGNS, MODIFIERS, STOPPING_RULES, Counts, build_policy, build_stopping_rule
from celltrial.designs.design import params_from
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.isotonic import isotonic_rates
from celltrial.designs.escalation.isotonic_kernel import _pool
from celltrial.designs.escalation.table_text import format_table, parse_table
from celltrial.designs.policy import Reason
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.exact_kernels import _expand, expand
from celltrial.simulation.scenario import Scenario

SMALL = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
rates = st.floats(0.0, 1.0).map(lambda p: round(p, 3))


def plain_boin(
    n: list[int], y: list[int], current: int, target: float, most: int, cohort: int
) -> tuple[int | None, int]:
    """BOIN written down from the paper, one state, no arrays."""
    low, high = 0.6 * target, 1.4 * target
    up = np.log((1 - low) / (1 - target)) / np.log(target * (1 - low) / (low * (1 - target)))
    down = np.log((1 - target) / (1 - high)) / np.log(high * (1 - target) / (target * (1 - high)))
    gone = len(n)
    for j in range(len(n)):
        if n[j] >= 3 and stats.beta.sf(target, 1 + y[j], 1 + n[j] - y[j]) > 0.95:
            gone = j
            break
    if gone == 0 or sum(n) >= most:
        return None, 0
    move = current
    if n[current] > 0:
        share = y[current] / n[current]
        if share <= up and current + 1 < gone and current + 1 < len(n):
            move = current + 1
        elif (share > down or current >= gone) and current > 0:
            move = current - 1
    return min(move, gone - 1), min(cohort, most - sum(n))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    """Counts of a trial that rose without skipping: each dose up to the current one was given."""
    doses = draw(st.integers(1, 5))
    current = draw(st.integers(0, doses - 1))
    n = [draw(st.integers(1, 9)) if j <= current else 0 for j in range(doses)]
    y = [draw(st.integers(0, size)) for size in n]
    return n, y, current


@SMALL
@given(histories(), st.sampled_from([0.15, 0.2, 0.25, 0.3, 0.35]), st.integers(1, 4))
def test_boin_equals_the_paper_written_down(
    history: tuple[list[int], list[int], int], target: float, cohort: int
) -> None:
    n, y, current = history
    params = boin.BoinParams(target, cohort, 60)
    decision = boin.build(params, len(n)).decide(Counts(tuple(n), tuple(y), current))
    expected, size = plain_boin(n, y, current, target, 60, cohort)
    assert (decision.next_dose, decision.cohort_size) == (expected, size)


def plain_three_plus_three(p: list[float]) -> tuple[list[float], float]:
    """3+3 (`previous`) as a recursion over doses: P(select each), P(none)."""
    passes = [(1 - q) ** 3 + 3 * q * (1 - q) ** 5 for q in p]
    reach, select = 1.0, [0.0] * len(p)
    none = 0.0
    for j in range(len(p)):
        stop = reach * (1 - passes[j])
        if j == 0:
            none = stop
        else:
            select[j - 1] += stop
        reach *= passes[j]
    select[-1] += reach
    return select, none


@SMALL
@given(st.lists(rates, min_size=1, max_size=5))
def test_three_plus_three_equals_its_recursion(p: list[float]) -> None:
    policy = build_policy("3+3", {"mtd_rule": "previous"}, n_doses=len(p))
    oc = exact_characteristics(compile_graph(policy), [Scenario("s", tuple(p))])[0]
    select, none = plain_three_plus_three(p)
    np.testing.assert_allclose(oc.prob_select, select, atol=1e-12)
    np.testing.assert_allclose(oc.prob_none, none, atol=1e-12)


@SMALL
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), min_size=1, max_size=6))
def test_both_isotonic_engines_give_the_least_squares_fit(cells: list[tuple[int, int, bool]]) -> None:
    """Against the max-min formula written as loops over all intervals."""
    n = np.array([[max(a, b) for a, b, _ in cells]], np.int16)
    y = np.array([[min(a, b) for a, b, _ in cells]], np.int16)
    fit = np.array([[keep and size > 0 for (_, _, keep), size in zip(cells, n[0], strict=True)]])
    value = (y[0] + 0.05) / (n[0] + 0.1)
    a, t = y[0] + 0.05, n[0] + 0.1
    weight = t * t * (t + 1) / (a * (t - a))
    kept = [j for j in range(len(cells)) if fit[0, j]]
    expected = np.full(len(cells), np.nan)
    for j in kept:
        lows = [i for i in kept if i <= j]
        highs = [k for k in kept if k >= j]
        means = [
            [
                np.average(value[[m for m in kept if i <= m <= k]], weights=weight[[m for m in kept if i <= m <= k]])
                for k in highs
            ]
            for i in lows
        ]
        expected[j] = max(min(row) for row in means)
    np.testing.assert_allclose(isotonic_rates(n, y, fit)[0], expected, rtol=1e-10)
    np.testing.assert_allclose(_pool(n, y, fit, 0.05)[0], expected, rtol=1e-10)


@SMALL
@given(st.integers(0, 2**32 - 1))
def test_expansion_finds_every_distinct_child_once(seed: int) -> None:
    """Against a dictionary; also where all hash weights are equal, so that every key collides with others."""
    rng = np.random.default_rng(seed)
    parents, doses = int(rng.integers(1, 40)), int(rng.integers(1, 4))
    counts = rng.integers(0, 3, (parents, doses, 2)).astype(np.int16)
    dose, size = rng.integers(0, doses, parents), rng.integers(1, 3, parents)
    offsets = np.array([0, 1, 3, 6])
    increments = np.array([[0, 0], [1, 0], [1, 1], [2, 0], [2, 1], [2, 2]], np.int16)
    memory = rng.integers(0, 2, 6)
    expected: dict[tuple[Any, ...], int] = {}
    edges = []
    for s in range(parents):
        for k in range(offsets[size[s]], offsets[size[s] + 1]):
            child = counts[s].copy()
            child[dose[s]] += increments[k]
            key = (child.tobytes(), int(dose[s]) * 2 + int(memory[k]))
            edges.append(expected.setdefault(key, len(expected)))
    for weights in (rng.integers(0, 2**63, (doses, 2), dtype=np.uint64), np.ones((doses, 2), np.uint64)):
        tags = np.ones(doses * 2, np.uint64)
        for engine in (expand, _expand) if parents < 6 else (expand,):
            with np.errstate(over="ignore"):
                children, tag, _, targets, fits = engine(
                    counts, dose, size, offsets, increments, memory, 2, weights, tags, 10_000
                )
            assert fits
            assert targets.tolist() == edges
            assert [(c.tobytes(), int(t)) for c, t in zip(children, tag, strict=True)] == list(expected)


@SMALL
@given(st.floats(0.05, 0.6), st.floats(0.5, 0.99), st.floats(0.1, 3), st.floats(0.1, 3), st.integers(1, 6), rates)
def test_stopping_characteristics_equal_enumeration(
    threshold: float, certainty: float, a: float, b: float, min_n: int, rate: float
) -> None:
    """All 2^9 sequences of nine subjects, one by one."""
    values = {"threshold": threshold, "certainty": certainty, "prior_a": a, "prior_b": b, "min_n": min_n}
    rule = build_stopping_rule("beta_binomial", values)
    stop = expected = 0.0
    limits = [rule.boundary(n) for n in range(1, 10)]
    for bits in range(512):
        x, weight, ended = 0, 1.0, 9
        for n in range(1, 10):
            hit = bits >> (n - 1) & 1
            x += hit
            weight *= rate if hit else 1 - rate
            if ended == 9 and limits[n - 1] is not None and x >= limits[n - 1]:
                ended, crossed = n, True
                break
        else:
            crossed = False
        # the rest of the sequence is free: the weight of a stopped prefix is shared by its continuations
        share = weight / 2 ** (9 - ended) if crossed else weight
        stop += share * crossed
        expected += share * ended
    found = rule.characteristics([rate], 9)[0]
    assert found.prob_stop == pytest.approx(stop, abs=1e-12)
    assert found.expected_n == pytest.approx(expected, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["target_dlt_rate", "cohort_size", "max_subjects", "low_dlt_rate", "elimination_certainty", "x"]
        ),
        st.integers(-3, 60) | st.floats(-1, 2),
        max_size=6,
    ),
    st.integers(-1, 45),
    st.integers(-2, 14),
)
def test_numbers_out_of_range_are_user_errors(values: dict[str, Any], n_doses: int, start: int) -> None:
    try:
        policy = build_policy("boin", values, n_doses=n_doses, start=start)
    except UserError as error:
        assert all(item.id.startswith("DSG-") and item.params["expected"] for item in error.faults)
    else:
        assert policy.decide(Counts.before(n_doses, start)).reason is Reason.START


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=4),
    st.lists(st.one_of(st.floats(-1, 2), st.integers(-2, 5), st.text(max_size=2)), max_size=4),
    st.dictionaries(st.sampled_from(["kind", "params", "x"]), st.integers() | st.text(max_size=3), max_size=2),
)
TABLES = [("design", key) for key in DESIGNS] + [("modifier", key) for key in MODIFIERS]
TABLES += [("rule", key) for key in STOPPING_RULES]


@pytest.mark.parametrize(("table", "key"), TABLES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_wrong_value_in_any_parameter_is_a_user_error(table: str, key: str, data: st.DataObject) -> None:
    """One field of a valid example gets an odd value: it is built, or refused in words; nothing else is raised."""
    rows: dict[str, Any] = {"design": DESIGNS, "modifier": MODIFIERS, "rule": STOPPING_RULES}
    row = rows[table][key]
    name = data.draw(st.sampled_from([item.name for item in dataclasses.fields(row.params)] or ["none"]))
    values = {**row.example, name: data.draw(ODD)}
    frame = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 12}
    try:
        if table == "design":
            policy = build_policy(key, values, n_doses=3)
        elif table == "modifier":
            inner = ("boin12", DESIGNS["boin12"].example) if key == "plateau" else ("boin", frame)
            policy = build_policy(*inner, n_doses=3, modifiers=[{"kind": key, "params": values}])
        else:
            assert build_stopping_rule(key, values).describe()
            return
    except UserError as error:
        assert all(item.id.startswith("DSG-") and item.params["expected"] for item in error.faults)
    else:
        assert policy.decide(Counts.before(3)).cohort_size >= 1


@pytest.mark.parametrize("change", [{"prior_sd": 1e9}, {"prior_sd": 0.0}, {"model": "logistic", "intercept": 1e6}])
def test_a_prior_without_measure_is_refused_before_a_grid_is_laid(change: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="prior_sd <= 10, intercept <= 10"):
        build_policy("crm", {**DESIGNS["crm"].example, **change}, n_doses=3)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="n,ESDU0123456789\n\t ;x", max_size=60))
def test_any_text_is_a_table_or_a_user_error(text: str) -> None:
    try:
        table = parse_table(text)
    except UserError as error:
        assert all(item.id == "DSG-015" for item in error.faults)
    else:
        assert parse_table(format_table(table)) == table


def test_unknown_and_missing_fields_are_all_listed() -> None:
    with pytest.raises(UserError) as caught:
        params_from("boin", boin.BoinParams, {"traget": 0.3, "cohort": 3})
    assert [(f.id, f.params["found"] if f.id == "DSG-007" else f.params["expected"]) for f in caught.value.faults] == [
        ("DSG-007", "cohort"),
        ("DSG-007", "traget"),
        ("DSG-008", "target_dlt_rate"),
        ("DSG-008", "cohort_size"),
        ("DSG-008", "max_subjects"),
    ]
