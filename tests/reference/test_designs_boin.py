"""BOIN against BOIN 2.7.2 (R 4.2.2) and against an independent exact recursion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from celltrial.designs import Counts, build_policy
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.dose_estimates import dose_estimates
from celltrial.designs.escalation.move_table import Move, TablePolicy
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.monte_carlo import simulate_characteristics
from celltrial.simulation.scenario import Scenario

RATES = (0.05, 0.12, 0.20, 0.30, 0.45, 0.60)


def policy_of(i: dict[str, Any], n_doses: int, max_subjects: int) -> TablePolicy:
    params = boin.BoinParams(
        target_dlt_rate=i["target"],
        cohort_size=i.get("cohortsize", 3),
        max_subjects=max_subjects,
        low_dlt_rate=i.get("p.saf"),
        high_dlt_rate=i["p.tox"],
        elimination_certainty=i["cutoff.eli"],
        extra_safety_offset=i["offset"] if i["extrasafe"] else None,
        mtd_below_upper=i.get("boundMTD", False),
    )
    return boin.build(params, n_doses, i.get("startdose", 1) - 1)


def test_published_cut_offs() -> None:
    """AC-P5.3 and Liu & Yuan (2015), table 1: target 0.30 escalates at 0.236, de-escalates at 0.359 or more."""
    cut = boin.boundaries(boin.BoinParams(0.30, 3, 30))
    assert (round(cut.escalate_at_most, 3), round(cut.de_escalate_at_least + 0.0001, 3)) == (0.236, 0.359)


@pytest.mark.shared
def test_boundaries_are_those_of_boin(design_cases: Any) -> None:
    found = design_cases("boin_boundary")
    assert len(found) == 11
    for case in found:
        i, o = case["inputs"], case["outputs"]
        policy = policy_of(i, 2, i["ncohort"] * i["cohortsize"])
        cut = boin.boundaries(boin.BoinParams(i["target"], 3, 36, i["p.saf"], i["p.tox"]))
        np.testing.assert_allclose(
            [cut.escalate_at_most, cut.de_escalate_at_least], [o["lambda_e"], o["lambda_d"]], rtol=1e-8
        )
        for k, n in enumerate(o["n"]):
            table = tuple(policy.table.boundary(n, m) for m in (Move.ESCALATE, Move.DE_ESCALATE, Move.ELIMINATE))
            assert table == (o["escalate_if_le"][k], o["deescalate_if_ge"][k], o["eliminate_if_ge"][k]), (case["id"], n)
            if (
                o.get("extrasafe_stop_if_ge", [None])[min(k, len(o.get("extrasafe_stop_if_ge", [None])) - 1)]
                is not None
            ):
                assert policy.lowest_limit is not None
                assert policy.lowest_limit[n] == o["extrasafe_stop_if_ge"][k]


@pytest.mark.shared
def test_recommended_dose_is_that_of_select_mtd(design_cases: Any) -> None:
    found = design_cases("boin_select_mtd")
    assert len(found) == 36
    for case in found:
        i = case["inputs"]
        policy = policy_of(i, len(i["npts"]), max(36, sum(i["npts"])))
        chosen = policy.select(Counts(tuple(i["npts"]), tuple(i["ntox"])))
        assert (99 if chosen is None else chosen + 1) == case["outputs"]["MTD"], case["id"]


@pytest.mark.shared
def test_exact_characteristics_are_those_of_an_independent_recursion(design_cases: Any) -> None:
    found = design_cases("exact_boin_oc")
    assert len(found) == 10
    for case in found:
        i, o = case["inputs"], case["outputs"]
        values = {"p.saf": i["p_saf"], "p.tox": i["p_tox"], "cutoff.eli": i["cutoff_eli"], "extrasafe": False, **i}
        policy = policy_of(values, len(i["p_true"]), i["ncohort"] * i["cohortsize"])
        oc = exact_characteristics(compile_graph(policy), [Scenario(case["id"], tuple(i["p_true"]))])[0]
        for ours, theirs in (
            (oc.prob_select, o["prob_select"]),
            (oc.prob_none, o["prob_none"]),
            (oc.expected_n, o["expected_n"]),
            (oc.expected_dlt, o["expected_tox"]),
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-9, err_msg=case["id"])


@pytest.mark.shared
def test_exact_characteristics_agree_with_get_oc(design_cases: Any) -> None:
    """BOIN::get.oc with 5,000 or 10,000 trials. Its titration differs (see the docstring of boin.py)."""
    found = design_cases("boin_oc", titration=False)
    assert len(found) >= 7
    for case in found:
        i, o = case["inputs"], case["outputs"]
        policy = policy_of(i, len(i["p.true"]), i["ncohort"] * i["cohortsize"])
        oc = exact_characteristics(compile_graph(policy), [Scenario(case["id"], tuple(i["p.true"]))])[0]
        for p, percent in zip((*oc.prob_select, oc.prob_none), (*o["selpercent"], o["percentstop"]), strict=True):
            error = math.sqrt(p * (1 - p) / i["ntrial"])
            assert abs(p - percent / 100) <= 4 * error + 1e-6, case["id"]
        assert abs(oc.expected_total_dlt - o["totaltox"]) < 0.15


def test_sums_to_one_and_equals_a_large_simulation() -> None:
    policy = build_policy("boin", {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 36}, n_doses=6)
    scenario = Scenario("s1", RATES, overdose_above=0.30)
    exact = exact_characteristics(compile_graph(policy), [scenario])[0]
    trials = 200_000
    found = simulate_characteristics(policy, [scenario], trials=trials, seed=2)[0]
    assert exact.total_probability_error is not None
    assert exact.total_probability_error < 1e-12
    for p, s in zip((*exact.prob_select, exact.prob_none), (*found.prob_select, found.prob_none), strict=True):
        assert abs(p - s) <= 4 * math.sqrt(p * (1 - p) / trials)
    for name in ("expected_n", "expected_dlt"):
        gaps = np.abs(np.array(getattr(exact, name)) - getattr(found, name))
        assert (gaps <= 4 * np.array(found.standard_error[name])).all()
    assert exact.prob_overdosing is not None
    assert found.prob_overdosing is not None
    assert abs(exact.prob_overdosing - found.prob_overdosing) <= 4 * math.sqrt(0.02 / trials)


@pytest.mark.shared
def test_estimates_are_those_of_select_mtd(design_cases: Any) -> None:
    """Pooled rates to 1e-8; BOIN pools P(rate > target) with equal weights, which is done here on ours."""
    for case in design_cases("boin_select_mtd"):
        i, o = case["inputs"], case["outputs"]
        found = dose_estimates(i["npts"], i["ntox"], target=i["target"])
        assert [e is None for e in found] == [n == 0 for n in i["npts"]]
        treated = [e for e in found if e is not None]
        rates = [v for v in o["phat_isotonic_all_treated"] if v is not None]
        above = [v for v in o["p_overdose_isotonic"] if v is not None]
        np.testing.assert_allclose([e.rate for e in treated], rates, rtol=1e-8, err_msg=case["id"])
        own = np.array([e.prob_above_target for e in treated])
        pooled = [
            max(min(own[a : b + 1].mean() for b in range(j, len(own))) for a in range(j + 1)) for j in range(len(own))
        ]
        np.testing.assert_allclose(pooled, above, rtol=1e-8, err_msg=case["id"])
        for e in treated:
            assert e.interval.low <= (e.dlt + 0.05) / (e.n + 0.1) <= e.interval.high


@pytest.mark.shared
def test_published_characteristics_with_early_stop(design_cases: Any) -> None:
    """README of bfboin 0.1.1, 10,000 trials: n.earlystop = 9 and extra safety (offset 0.1), no response so no backfill."""
    (case,) = design_cases("published", n_earlystop=9)
    i, o = case["inputs"], case["outputs"]
    values = {
        "target_dlt_rate": i["target"],
        "cohort_size": i["cohortsize"],
        "max_subjects": i["ncohort"] * i["cohortsize"],
        "extra_safety_offset": i["offset"],
    }
    stop = {"kind": "enough_at_dose", "params": {"n": i["n_earlystop"], "only_if_staying": True}}
    policy = build_policy("boin", values, n_doses=2, modifiers=[stop])
    oc = exact_characteristics(compile_graph(policy), [Scenario("readme", tuple(i["p_true"]))])[0]
    for p, percent in zip((*oc.prob_select, oc.prob_none), (*o["selpercent"], o["percentstop"]), strict=True):
        assert abs(p - percent / 100) <= 4 * math.sqrt(p * (1 - p) / 10_000)
    np.testing.assert_allclose(oc.expected_n, o["npatients"], atol=0.2)
