"""Pathways against escalation 0.2.3, trials against BOIN 2.7.2 digit for digit, lead-in against its titration."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
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


def cases(shared: Path, group: str) -> list[dict[str, Any]]:
    every = json.loads((shared / "reference" / "design_reference.json").read_text())["cases"]
    return [case for case in every if case["group"] == group]


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


@pytest.mark.shared
def test_trials_equal_get_oc(shared: Path) -> None:
    """Selection percentages and mean counts of BOIN::get.oc, exactly."""
    found = [case for case in cases(shared, "boin_oc") if not case["inputs"]["titration"]]
    assert len(found) == 7
    for case in found:
        i, o = case["inputs"], case["outputs"]
        if i["cohortsize"] == 1:
            continue  # the same, but 700,000 states: see the long test
        trials = simulate_like_r(compile_graph(boin_of(i)), tuple(i["p.true"]), trials=i["ntrial"], seed=i["seed"])
        share = [100 * (trials.recommended == j).mean() for j in range(len(i["p.true"]))]
        np.testing.assert_allclose(share, o["selpercent"], atol=1e-9, err_msg=case["id"])
        np.testing.assert_allclose(trials.n.mean(axis=0), o["npatients"], atol=1e-9, err_msg=case["id"])
        np.testing.assert_allclose(trials.dlt.mean(axis=0), o["ntox"], atol=1e-9, err_msg=case["id"])


@pytest.mark.shared
@pytest.mark.long
def test_trials_equal_get_oc_with_cohorts_of_one(shared: Path) -> None:
    (case,) = [case for case in cases(shared, "boin_oc") if case["inputs"]["cohortsize"] == 1]
    i, o = case["inputs"], case["outputs"]
    trials = simulate_like_r(compile_graph(boin_of(i)), tuple(i["p.true"]), trials=i["ntrial"], seed=i["seed"])
    np.testing.assert_allclose(trials.n.mean(axis=0), o["npatients"], atol=1e-9)


@pytest.mark.shared
def test_lead_in_is_the_titration_of_boin(shared: Path) -> None:
    """Within 4 standard errors; get.oc fills up the first cohort in its first trial only, see `lead_in`."""
    (case,) = [case for case in cases(shared, "boin_oc") if case["inputs"]["titration"]]
    i, o = case["inputs"], case["outputs"]
    values = {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 36}
    policy = build_policy("boin", values, n_doses=6, modifiers=[{"kind": "lead_in"}])
    oc = exact_characteristics(compile_graph(policy), [Scenario("s1", tuple(i["p.true"]))])[0]
    for p, percent in zip((*oc.prob_select, oc.prob_none), (*o["selpercent"], o["percentstop"]), strict=True):
        assert abs(p - percent / 100) <= 4 * math.sqrt(p * (1 - p) / i["ntrial"]) + 1 / i["ntrial"]
    np.testing.assert_allclose(oc.expected_n, o["npatients"], atol=0.4)


@pytest.mark.shared
@pytest.mark.parametrize("model", ["boin", "crm"])
def test_paths_of_escalation(shared: Path, model: str) -> None:
    """Every node of escalation 0.2.3 get_dose_paths, three cohorts of three."""
    (case,) = [case for case in cases(shared, "dose_paths") if case["inputs"]["model"] == model]
    i = case["inputs"]
    values: dict[str, Any] = {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 30}
    if model == "crm":
        values |= {"skeleton": i["skeleton"], "coherent": False}
    policy = build_policy(model, values, n_doses=i["num_doses"])
    for node in case["outputs"]["nodes"]:
        n, dlt, current = [0] * 5, [0] * 5, 0
        last = (0, 0)
        for cohort in node["path"].split():
            current = int(cohort[0]) - 1
            n[current] += 3
            dlt[current] += cohort.count("T")
            last = (3, cohort.count("T"))
        decision = policy.decide(Counts(tuple(n), tuple(dlt), current, last=last))
        ours = None if decision.next_dose is None else str(decision.next_dose + 1)
        assert ours == node["next_dose"], node["path"]


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
