"""Pathways against escalation 0.2.3, trials against BOIN 2.7.2 digit for digit, lead-in against its titration."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import Counts, Policy, build_policy
from celltrial.designs.escalation import boin
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.monte_carlo_r import r_uniforms, simulate_like_r
from celltrial.simulation.pathways import pathways
from celltrial.simulation.scenario import Scenario


def boin_of(i: dict[str, Any]) -> Policy:
    params = boin.BoinParams(
        i["target"],
        i["cohortsize"],
        i["ncohort"] * i["cohortsize"],
        i["p.saf"],
        i["p.tox"],
        i["cutoff.eli"],
        i["offset"] if i["extrasafe"] else None,
    )
    return boin.build(params, len(i["p.true"]), i["startdose"] - 1)


def test_uniforms_of_r() -> None:
    """R 4.2.2: set.seed(42); runif(3)."""
    assert [round(u, 7) for u in r_uniforms(42, 3)] == [0.9148060, 0.9370754, 0.2861395]


def compare(case: dict[str, Any]) -> None:
    """Hold selection percentages, mean subjects and mean DLTs against BOIN::get.oc, exactly."""
    i, o = case["inputs"], case["outputs"]
    trials = simulate_like_r(compile_graph(boin_of(i)), tuple(i["p.true"]), trials=i["ntrial"], seed=i["seed"])
    share = [100 * (trials.recommended == j).mean() for j in range(len(i["p.true"]))]
    np.testing.assert_allclose(share, o["selpercent"], atol=1e-9, err_msg=case["id"])
    np.testing.assert_allclose(trials.n.mean(axis=0), o["npatients"], atol=1e-9, err_msg=case["id"])
    np.testing.assert_allclose(trials.dlt.mean(axis=0), o["ntox"], atol=1e-9, err_msg=case["id"])


@pytest.mark.shared
def test_trials_equal_get_oc(design_cases: Any) -> None:
    found = design_cases("boin_oc", titration=False, cohortsize=3)
    assert len(found) == 6
    for case in found:
        compare(case)


@pytest.mark.shared
def test_trials_equal_get_oc_with_cohorts_of_one(design_cases: Any) -> None:
    (case,) = design_cases("boin_oc", cohortsize=1)
    compare(case)


@pytest.mark.shared
def test_lead_in_is_the_titration_of_boin(design_cases: Any) -> None:
    """Within 4 standard errors; get.oc fills up the first cohort in its first trial only, see `lead_in`."""
    (case,) = design_cases("boin_oc", titration=True)
    i, o = case["inputs"], case["outputs"]
    values = {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 36}
    policy = build_policy("boin", values, n_doses=6, modifiers=[{"kind": "lead_in"}])
    oc = exact_characteristics(compile_graph(policy), [Scenario("s1", tuple(i["p.true"]))])[0]
    for p, percent in zip((*oc.prob_select, oc.prob_none), (*o["selpercent"], o["percentstop"]), strict=True):
        assert abs(p - percent / 100) <= 4 * math.sqrt(p * (1 - p) / i["ntrial"]) + 1 / i["ntrial"]
    np.testing.assert_allclose(oc.expected_n, o["npatients"], atol=0.4)


def counts_of(path: str) -> Counts:
    """Return the counts of five doses after cohorts of three such as `1NNT 2NNN`."""
    n, dlt, current = [0] * 5, [0] * 5, 0
    last = (0, 0)
    for cohort in path.split():
        current = int(cohort[0]) - 1
        n[current] += 3
        dlt[current] += cohort.count("T")
        last = (3, cohort.count("T"))
    return Counts(tuple(n), tuple(dlt), current, last=last)


@pytest.mark.shared
def test_paths_of_escalation(design_cases: Any) -> None:
    """Every node of escalation 0.2.3 get_dose_paths, three cohorts of three."""
    found = design_cases("dose_paths")
    assert {case["inputs"]["model"] for case in found} == {"boin", "crm"}
    for case in found:
        i = case["inputs"]
        values: dict[str, Any] = {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 30}
        if i["model"] == "crm":
            values |= {"skeleton": i["skeleton"], "coherent": False}
        policy = build_policy(i["model"], values, n_doses=i["num_doses"])
        for node in case["outputs"]["nodes"]:
            decision = policy.decide(counts_of(node["path"]))
            ours = None if decision.next_dose is None else str(decision.next_dose + 1)
            assert ours == node["next_dose"], (case["id"], node["path"])
        truth = Scenario("s", tuple(i["true_prob_tox"]))
        steps = pathways(policy, Counts.before(5), cohorts=3, scenario=truth)
        following, n = np.zeros(6), np.zeros(5)
        for step in steps:
            following[0 if step.decision.next_dose is None else step.decision.next_dose + 1] += step.probability or 0
            n += (step.probability or 0) * np.array(step.counts.n)
        np.testing.assert_allclose(following, case["outputs"]["prob_recommend_NoDose_then_doses"], atol=1e-12)
        np.testing.assert_allclose(n / n.sum(), case["outputs"]["prob_administer"], atol=5e-3)


def test_pathway_probabilities_are_those_of_the_exact_engine() -> None:
    policy = build_policy("boin", {"target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 6}, n_doses=3)
    scenario = Scenario("s", (0.1, 0.3, 0.5))
    steps = pathways(policy, Counts.before(3), cohorts=2, scenario=scenario)
    assert sum(step.probability or 0 for step in steps) == pytest.approx(1, abs=1e-12)
    ends: dict[int | None, float] = defaultdict(float)
    for step in steps:
        ends[step.decision.recommended] += step.probability or 0
    oc = exact_characteristics(compile_graph(policy), [scenario])[0]
    np.testing.assert_allclose([ends[j] for j in (None, 0, 1, 2)], (oc.prob_none, *oc.prob_select), atol=1e-12)
    assert steps[0].path == "1:0/3 2:0/3"
    with pytest.raises(UserError, match="1 <= cohorts <= 4"):
        pathways(policy, Counts.before(3), cohorts=9)
