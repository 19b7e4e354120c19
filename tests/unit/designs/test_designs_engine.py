"""The engine around the designs: audit, worst case, calibration, fall-back, bad scenarios."""

from __future__ import annotations

import numpy as np
import pytest

from celltrial.core.errors import DefectError, UserError
from celltrial.designs import Counts, build_policy
from celltrial.designs.modifiers.max_increase import half_log_steps
from celltrial.simulation.audit import audit
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.exact import compile_graph, exact_characteristics, operating_characteristics
from celltrial.simulation.exact_graph import DecisionGraph, TooManyStates
from celltrial.simulation.exact_region import calibrate, worst_case
from celltrial.simulation.monte_carlo import simulate_characteristics
from celltrial.simulation.monte_carlo_compare import compare_designs, paired_difference
from celltrial.simulation.scenario import Scenario, joint_probability

FRAME = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}


def graph_of(design: str, params: dict[str, object], n_doses: int) -> DecisionGraph:
    graph = compile_graph(build_policy(design, params, n_doses=n_doses))
    assert isinstance(graph, DecisionGraph)
    return graph


def test_a_sound_design_has_no_findings() -> None:
    assert audit(graph_of("3+3", {"mtd_rule": "expand"}, 3)) == ()


def test_audit_finds_what_was_planted() -> None:
    """Escalation after 2/3 but not after 1/3, and a dose that is never left."""
    rows = [["S", "S"], ["S", "S", "S"], ["S", "S", "E", "D"]] + [["S"] * (n + 1) for n in range(4, 19)]
    kinds = {f.kind: f for f in audit(graph_of("decision_table", {"rows": rows, **FRAME}, 3))}
    assert set(kinds) == {"non_monotone", "rigid"}
    assert kinds["non_monotone"].example == Counts.before(3)


def test_audit_finds_a_dose_that_is_never_given() -> None:
    rows = [["S"] * (n + 1) for n in range(1, 19)]
    found = {f.kind: f for f in audit(graph_of("decision_table", {"rows": rows, **FRAME}, 3))}
    assert (found["unreachable_dose"].states, found["unreachable_dose"].dose) == (2, 1)


def test_audit_finds_incoherence() -> None:
    rows = [["E", "E"], ["E", "E", "E"], ["D", "E", "E", "E"]] + [["S"] * (n + 1) for n in range(4, 19)]
    kinds = {f.kind for f in audit(graph_of("decision_table", {"rows": rows, **FRAME}, 3))}
    assert {"incoherent_escalation", "incoherent_de_escalation"} <= kinds


def test_worst_case_is_no_better_than_any_curve_tried() -> None:
    graph = graph_of("boin", FRAME, 3)
    low, high = (0.05, 0.1, 0.2), (0.3, 0.5, 0.6)

    def wrong(oc: OperatingCharacteristics) -> float:
        return oc.prob_select_overdose or 0.0

    found = worst_case(graph, low, high, wrong, overdose_above=0.33)
    assert found == worst_case(graph, low, high, wrong, overdose_above=0.33), "not deterministic"
    rng = np.random.default_rng(5)
    curves = np.sort(np.array(low) + rng.random((300, 3)) * (np.array(high) - low), axis=1)
    others = exact_characteristics(graph, [Scenario("r", tuple(c), overdose_above=0.33) for c in curves])
    assert max(wrong(oc) for oc in others) <= found.value + 1e-12
    assert all(a <= p <= b for a, p, b in zip(low, found.scenario.dlt_rates, high, strict=True))
    with pytest.raises(UserError, match="SIM-102"):
        worst_case(graph, high, low, wrong)


def test_calibration_is_exact() -> None:
    toxic = Scenario("all too toxic", (0.5, 0.6, 0.7))
    chosen = calibrate(
        lambda c: build_policy("boin", {**FRAME, "elimination_certainty": c}, n_doses=3),
        [0.95, 0.90, 0.85, 0.80],
        toxic,
        lambda oc: 1 - oc.prob_none,
        at_most=0.25,
    )
    assert chosen.chosen < 0.95
    assert chosen.value <= 0.25 < chosen.tried[-2][1]


def test_too_many_states_are_simulated_and_said_so() -> None:
    policy = build_policy("boin", {"target_dlt_rate": 0.3, "cohort_size": 1, "max_subjects": 40}, n_doses=6)
    graph = compile_graph(policy, max_states=20_000)
    assert isinstance(graph, TooManyStates)
    with pytest.raises(UserError, match="SIM-104"):
        exact_characteristics(graph, [Scenario("s", (0.1,) * 6)])
    oc = operating_characteristics(
        policy, [Scenario("s", (0.05, 0.1, 0.2, 0.3, 0.4, 0.5))], max_states=20_000, trials=500, seed=3
    )[0]
    assert not oc.exact
    assert (oc.trials, oc.seed, oc.method) == (500, 3, "monte_carlo")
    assert len(oc.standard_error["prob_select"]) == 6


def test_designs_meet_the_same_virtual_subjects() -> None:
    """Two designs that decide alike give the same simulated trials; more subjects do not change the first."""
    scenario = [Scenario("s", (0.1, 0.3, 0.5))]
    plain = build_policy("boin", FRAME, n_doses=3)
    rows = list(plain.table.rows().values())
    table = build_policy("decision_table", {"rows": rows, **FRAME}, n_doses=3)
    one, two = (simulate_characteristics(p, scenario, trials=2_000, seed=9)[0] for p in (plain, table))
    assert one.prob_select == two.prob_select
    assert one.expected_dlt == two.expected_dlt


def test_simulation_is_the_same_in_parts() -> None:
    scenario = [Scenario("s", (0.1, 0.3, 0.5))]
    policy = build_policy("boin", FRAME, n_doses=3)
    assert simulate_characteristics(policy, scenario, trials=300, seed=9) == simulate_characteristics(
        policy, scenario, trials=300, seed=9
    )
    assert (
        simulate_characteristics(policy, scenario, trials=300, seed=9)[0].prob_select
        != simulate_characteristics(policy, scenario, trials=300, seed=10)[0].prob_select
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Scenario("x", (0.1, 1.2)), "SIM-102 at x: expected 0 <= dlt_rates <= 1"),
        (
            lambda: Scenario("x", (0.1, 0.2), response_rates=(0.1,)),
            r"SIM-101 at x: expected values_of\(number=2, name=response_rates\)",
        ),
        (lambda: Scenario("x", (0.6,), moderate_rates=(0.6,)), "dlt_moderate_and_odds_ratio"),
        (lambda: Scenario("x", ()), "dlt_moderate_and_odds_ratio"),
    ],
)
def test_bad_scenarios(make: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()


def test_a_scenario_must_fit_the_grid() -> None:
    with pytest.raises(UserError, match=r"SIM-101 at x: expected dlt_rates\(n_doses=3\); found 2"):
        exact_characteristics(graph_of("boin", FRAME, 3), [Scenario("x", (0.1, 0.2))])


def test_a_result_says_how_it_was_found() -> None:
    with pytest.raises(DefectError):
        OperatingCharacteristics("s", (1.0,), 0.0, {}, (3.0,), (0.0,), {3: 1.0}, None, None, None, exact=True)


def test_association_keeps_the_margins() -> None:
    for ratio in (0.2, 1.0, 5.0):
        both = joint_probability(0.3, 0.4, ratio)
        assert both * (1 - 0.3 - 0.4 + both) / ((0.3 - both) * (0.4 - both)) == pytest.approx(ratio)


def test_half_log_ladder() -> None:
    """AC-P4.1: rounded half-log steps are accepted, a tenfold step is not."""
    assert all(step.accepted for step in half_log_steps((1e6, 3e6, 1e7, 3e7, 1e8)))
    assert all(step.accepted for step in half_log_steps(tuple(10 ** (6 + i / 2) for i in range(5))))
    assert [step.accepted for step in half_log_steps((1e6, 1e7))] == [False]


def test_paired_difference_covers_the_exact_one() -> None:
    scenario = Scenario("s", (0.1, 0.3, 0.5))
    one, two = build_policy("boin", FRAME, n_doses=3), build_policy("mtpi", FRAME, n_doses=3)
    exact = compare_designs({"one": one, "two": two}, [scenario])
    truth = exact["one"][0].prob_select[1] - exact["two"][0].prob_select[1]
    found = paired_difference(one, two, scenario, dose=1, trials=4_000, seed=3)
    assert abs(found.difference - truth) < 4 * found.standard_error
    assert found.standard_error < 0.7 * found.unpaired_error
    with pytest.raises(UserError, match="0 <= dose < 3"):
        paired_difference(one, two, scenario, dose=3)
