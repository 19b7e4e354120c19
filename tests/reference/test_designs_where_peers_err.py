"""What other programs get wrong, and what their users ask for: each has a test of ours.

Found in November 2026 in BOIN 2.7.2, dfcrm 0.2-2.1, crmPack 2.2.1, escalation 0.2.3, rpact 3.3.4, simtrial 1.0.2 and
gsDesign 3.10.1, and in the issues of their repositories.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.designs import DESIGNS, Counts, build_policy
from celltrial.designs.escalation.dose_estimates import dose_estimates
from celltrial.designs.policy import PendingSubject
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import FixedFutility, GroupSequential
from celltrial.designs.randomised.piecewise_hazard import constant_hazard
from celltrial.designs.randomised.sequential_survival import SequentialSurvival, simulate_sequential_survival
from celltrial.designs.randomised.survival_scenario import SurvivalScenario
from celltrial.simulation.exact import operating_characteristics
from celltrial.simulation.scenario import Scenario

TESTS = Path(__file__).parents[1]
ASKED = {
    "backfill cohorts, counted (escalation 9; crmPack 669, 926)": (
        "unit/designs/test_designs_backfill.py", "test_lower_doses_get_more_subjects_never_more_than_allowed"),
    "print and upload any decision table (escalation 6, 10)": (
        "integration/test_cli_design_table.py", "test_a_table_becomes_the_protocols_design"),
    "BOIN12 differs from its application (escalation 8)": (
        "reference/test_designs_optimisation.py", "test_published_application"),
    "inadmissible doses are recommended (escalation 2)": (
        "contract/test_designs_contract.py", "test_never_recommends_an_eliminated_or_untreated_dose"),
    "pathways two cohorts ahead (crmPack 265)": (
        "reference/test_designs_paths.py", "test_pathway_probabilities_are_those_of_the_exact_engine"),
    "flag rigid or incoherent designs (crmPack 569)": (
        "unit/designs/test_designs_engine.py", "test_audit_finds_what_was_planted"),
    "one interface for all designs (crmPack 872)": (
        "contract/test_designs_contract.py", "test_decides_for_every_admissible_state"),
    "wrong probabilities inside long simulations (crmPack 635, 888, 684)": (
        "contract/test_designs_contract.py", "test_simulation_agrees_with_exact"),
    "figures and tables fit for a protocol (crmPack 384)": (
        "integration/test_cli_designs.py", "test_comparison_and_audit_are_written_as_pages"),
    "stopping rules that combine (crmPack 903, 111, 650)": (
        "reference/test_designs_stopping.py", "test_combination"),
    "one-sample log-rank (rpact 105)": (
        "reference/test_confirmatory_single_arm_bayes.py", "test_wu_2015_example"),
    "inconsistent simulation, events off by one (rpact 9, 24, 25)": (
        "reference/test_designs_where_peers_err.py", "test_a_look_happens_at_its_event_and_not_one_later"),
    "slow simulation; futility not tested at every look (simtrial 111, 130, 335; gsDesign2 527)": (
        "reference/test_designs_where_peers_err.py", "test_futility_may_be_left_out_at_a_look"),
    "futility from predictive or conditional power (gsDesign 326, 345)": (
        "unit/designs_confirmatory/test_confirmatory_sequential.py", "test_futility_from_power_is_where_power_is_that_low"),
    "interval of another dose (BOIN select.mtd)": (
        "reference/test_designs_where_peers_err.py", "test_intervals_where_a_lower_dose_is_untreated"),
    "adaptive weights turn NA (dfcrm titecrm)": (
        "reference/test_designs_where_peers_err.py", "test_tite_crm_always_has_an_estimate"),
    "no eligible dose ends in an assertion (crmPack simulate)": (
        "unit/designs/test_designs_texts.py", "test_no_eligible_dose_is_an_ordinary_stop"),
    "3/3 DLTs at dose 1 and on (escalation BOIN12)": (
        "reference/test_designs_where_peers_err.py", "test_three_of_three_at_the_lowest_dose_ends_the_trial"),
    "RDS right only where u2 + u3 = 100 (escalation boin12_rds)": (
        "reference/test_designs_optimisation.py", "test_utilities_that_do_not_add_up_need_the_joint_counts"),
}  # fmt: skip


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("asked", ASKED)
def test_each_has_its_test(asked):
    path, name = ASKED[asked]
    assert name in names_in(path)


def test_intervals_where_a_lower_dose_is_untreated():
    """BOIN 2.7.2 prints .07-.65 for dose 2 with 0/3 where dose 1 is untreated, and NA for dose 4; right is .00-.20."""
    first, second, third, fourth = dose_estimates((0, 3, 6, 3), (0, 0, 2, 2), target=0.30)
    assert first is None
    assert (round(second.interval.low, 2), round(second.interval.high, 2)) == (0.00, 0.20)
    assert third.interval.low < 2 / 6 < third.interval.high
    assert fourth.interval.low < 2 / 3 < fourth.interval.high


waiting = st.builds(PendingSubject, st.integers(0, 2), st.sampled_from([0.0, 0.25, 0.25, 0.5, 0.999]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=3),
    st.lists(waiting, max_size=6),
    st.sampled_from(["power", "logistic"]),
)
def test_tite_crm_always_has_an_estimate(cells, pending, model):
    """dfcrm `titecrm` fails in 33 of 102 calls: DLTs with the same follow-up, or a logistic model by likelihood."""
    example = {**DESIGNS["tite_crm"].example, "model": model, "max_pending": 9, "max_subjects": 60}
    policy = build_policy("tite_crm", example, n_doses=3)
    n, dlt = tuple(max(c) for c in cells), tuple(min(c) for c in cells)
    counts = Counts(n, dlt, 2, pending=tuple(pending), last=(3, 1))
    assert abs(policy.estimate(counts)) < 9
    assert policy.decide(counts).next_dose in {0, 1, 2}


@pytest.mark.parametrize("key", [key for key, row in DESIGNS.items() if row.exact and key != "crm"])
def test_three_of_three_at_the_lowest_dose_ends_the_trial(key):
    """escalation 0.2.3 goes on at dose 1 with BOIN12. Every design here that judges safety ends, naming why."""
    policy = build_policy(key, DESIGNS[key].example, n_doses=3)
    others = {c.value: (0, 0, 0) for c in policy.observation.channels[2:]}
    decision = policy.decide(Counts((3, 0, 0), (3, 0, 0), 0, last=(3, 3), **others))
    assert decision.next_dose is None
    assert decision.recommended is None


def test_backfill_goes_with_every_design_that_counts_dlts_alone():
    for key, row in DESIGNS.items():
        if len(build_policy(key, row.example, n_doses=3).observation.categories) == 2:
            fill = [{"kind": "backfill", "params": {"target_dlt_rate": 0.3, "max_n": 9}}]
            policy = build_policy(key, row.example, n_doses=3, modifiers=fill)
            assert sum(operating_characteristics(policy, [Scenario("s", (0.1, 0.3, 0.5))])[0].prob_select) <= 1


def test_a_look_happens_at_its_event_and_not_one_later():
    """Bounds that nothing crosses: every trial ends at its last look, with exactly the events planned."""
    truth = SurvivalScenario(120, 6.0, constant_hazard(median=6.0), constant_hazard(median=6.0))
    never = GroupSequential((0.5, 1.0), alpha=1e-9)
    found = simulate_sequential_survival(SequentialSurvival(never, (30, 60), truth, trials=500), root_seed=3)
    assert found.power == 0
    assert found.expected_events == 60
    assert found.look_times[0] < found.look_times[1] == pytest.approx(found.expected_duration)


def test_futility_may_be_left_out_at_a_look():
    """One look tested for futility of three: between no test and tests at both."""
    none = boundaries(GroupSequential((1 / 3, 2 / 3, 1.0)))
    one, both = (
        boundaries(GroupSequential((1 / 3, 2 / 3, 1.0), futility=FixedFutility(bounds)))
        for bounds in ((float("-inf"), 0.0), (0.0, 0.0))
    )
    assert none.upper == one.upper == both.upper
    assert none.inflation < one.inflation < both.inflation
    assert one.under_null.futility[0] == 0
