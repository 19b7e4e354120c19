"""Exact operating characteristics: propagate probabilities over all reachable states.

One compiled graph serves any number of scenarios at once. There is no Monte Carlo
error; the only error is rounding, reported as |sum of probabilities - 1|.

>>> from celltrial.designs import build_policy
>>> from celltrial.simulation.scenario import Scenario
>>> policy = build_policy("3+3", {"mtd_rule": "previous"}, n_doses=4)
>>> oc = exact_characteristics(compile_graph(policy), [Scenario("rising", (0.1, 0.2, 0.3, 0.5))])[0]
>>> [round(100 * p, 1) for p in oc.prob_select], round(oc.expected_total_n, 1)
([26.4, 32.5, 26.3, 5.5], 11.6)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs.policy import Policy, Reason
from celltrial.simulation.characteristics import OVERDOSED_SHARE, OperatingCharacteristics
from celltrial.simulation.exact_graph import MAX_STATES, DecisionGraph, Layer, TooManyStates, compile_graph
from celltrial.simulation.scenario import Scenario, category_probabilities

Floats = NDArray[np.float64]
_BLOCK = 32


@dataclass(slots=True)
class _Sums:
    """Running sums of one block of scenarios; the last axis is the scenario."""

    selected: Floats
    reasons: Floats
    totals: Floats
    treated: Floats
    overdosing: Floats


def operating_characteristics(
    policy: Policy,
    scenarios: Sequence[Scenario],
    *,
    max_states: int = MAX_STATES,
    trials: int = 10_000,
    seed: int = 1,
) -> tuple[OperatingCharacteristics, ...]:
    """Return the operating characteristics under each scenario, exact where the states fit.

    Where more than `max_states` states are reached or projected, or the policy does not decide from counts
    alone, the same call simulates `trials` trials under `seed`; the result says which it was.
    """
    graph = compile_graph(policy, max_states=max_states)
    if isinstance(graph, TooManyStates):
        from celltrial.simulation.monte_carlo import simulate_characteristics

        return simulate_characteristics(policy, scenarios, trials=trials, seed=seed)
    return exact_characteristics(graph, scenarios)


def exact_characteristics(
    graph: DecisionGraph | TooManyStates, scenarios: Sequence[Scenario]
) -> tuple[OperatingCharacteristics, ...]:
    """Return the exact operating characteristics under each scenario.

    Raises UserError where the graph did not fit or a scenario has another number of doses.
    """
    if isinstance(graph, TooManyStates):
        raise UserError(
            fault("SIM-104", expected=message("graph_that_fits"), found=message("states", number=graph.projected))
        )
    _check_doses(graph.policy, scenarios)
    return tuple(
        oc
        for first in range(0, len(scenarios), _BLOCK)
        for oc in _block(graph, tuple(scenarios[first : first + _BLOCK]))
    )


def _check_doses(policy: Policy, scenarios: Sequence[Scenario]) -> None:
    for scenario in scenarios:
        if len(scenario.dlt_rates) != policy.n_doses:
            expected, found = message("dlt_rates", n_doses=policy.n_doses), str(len(scenario.dlt_rates))
            raise UserError(fault("SIM-101", where=scenario.name, expected=expected, found=found))


def _outcomes(graph: DecisionGraph, category: Floats) -> Floats:
    """Return P(outcome) [dose, outcome row, scenario]."""
    sizes = range(len(graph.offsets) - 1)
    tables = [graph.policy.observation.outcome_probabilities(size, category) for size in sizes]
    return np.ascontiguousarray(np.concatenate(tables, axis=-1).transpose(1, 2, 0))


def layer_probabilities(graph: DecisionGraph, scenarios: Sequence[Scenario]) -> Iterator[tuple[Layer, Floats, Floats]]:
    """Yield each layer with the probability of its states [state, scenario] and of (dose, size) [dose, size, scenario]."""
    from celltrial.simulation.exact_kernels import propagate

    outcome = _outcomes(graph, category_probabilities(scenarios, graph.policy.observation))
    prob = np.ones((1, len(scenarios)))
    for t, layer in enumerate(graph.layers):
        children = len(graph.layers[t + 1].current) if t + 1 < len(graph.layers) else 0
        dose, size = layer.next[layer.going], layer.size[layer.going]
        following, treated = propagate(
            prob, layer.going, dose, size, graph.offsets, layer.starts, layer.targets, outcome, children
        )
        yield layer, prob, treated
        prob = following


def _block(graph: DecisionGraph, scenarios: tuple[Scenario, ...]) -> list[OperatingCharacteristics]:
    from celltrial.simulation.exact_kernels import add_rows

    policy, q = graph.policy, len(scenarios)
    over = np.array([_overdoses(s) for s in scenarios])
    sums = _Sums(
        selected=np.zeros((policy.n_doses + 1, q)),
        reasons=np.zeros((max(Reason) + 1, q)),
        totals=np.zeros((policy.max_subjects + 1, q)),
        treated=np.zeros((policy.n_doses, len(graph.offsets), q)),
        overdosing=np.zeros(q),
    )
    for layer, prob, treated in layer_probabilities(graph, scenarios):
        sums.treated += treated
        if len(layer.ended):
            add_rows(sums.selected, layer.recommended + 1, prob, layer.ended)
            add_rows(sums.reasons, layer.reason[layer.ended], prob, layer.ended)
            add_rows(sums.totals, layer.enrolled, prob, layer.ended)
            _add_overdosing(sums.overdosing, layer, prob, over)
    adds = _mean_increments(graph, category_probabilities(scenarios, policy.observation))
    expected = np.einsum("jmq,jmqc->qjc", sums.treated, adds)
    return [_result(graph, scenario, sums, expected[i], over[i], i) for i, scenario in enumerate(scenarios)]


def _overdoses(scenario: Scenario) -> list[bool]:
    limit = scenario.overdose_above
    return [limit is not None and rate > limit + 1e-12 for rate in scenario.dlt_rates]


def _mean_increments(graph: DecisionGraph, category: Floats) -> Floats:
    """Return the mean addition to each channel [dose, size, scenario, channel]."""
    one = np.einsum("qjk,kc->jqc", category, np.array(graph.policy.observation.categories, float))
    sizes = np.arange(len(graph.offsets))
    return np.asarray(sizes[None, :, None, None] * one[:, None, :, :])


def _add_overdosing(into: Floats, layer: Layer, prob: Floats, over: NDArray[np.bool_]) -> None:
    n = layer.counts[layer.ended, :, 0].astype(np.float64)
    masks, group = np.unique(over, axis=0, return_inverse=True)
    for g, mask in enumerate(masks):
        if mask.any():
            many = layer.ended[n @ mask > OVERDOSED_SHARE * n.sum(axis=1)]
            members = np.flatnonzero(group == g)
            into[members] += prob[np.ix_(many, members)].sum(axis=0)


def _result(
    graph: DecisionGraph,
    scenario: Scenario,
    sums: _Sums,
    expected: Floats,
    over: NDArray[np.bool_],
    i: int,
) -> OperatingCharacteristics:
    judged = scenario.overdose_above is not None
    selected = sums.selected[:, i]
    return OperatingCharacteristics(
        scenario=scenario.name,
        prob_select=tuple(selected[1:].tolist()),
        prob_none=float(selected[0]),
        prob_stop=MappingProxyType(
            {Reason(r).name.lower(): float(sums.reasons[r, i]) for r in Reason if sums.reasons[r, i] > 0}
        ),
        expected_n=tuple(expected[:, 0].tolist()),
        expected_dlt=tuple(expected[:, 1].tolist()),
        n_distribution=MappingProxyType({n: float(p) for n, p in enumerate(sums.totals[:, i]) if p > 0}),
        prob_select_overdose=float(selected[1:][over].sum()) if judged else None,
        expected_n_overdose=float(expected[over, 0].sum()) if judged else None,
        prob_overdosing=float(sums.overdosing[i]) if judged else None,
        exact=True,
        states=graph.states,
        total_probability_error=abs(float(selected.sum()) - 1),
    )
