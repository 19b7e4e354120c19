"""BOIN12, U-BOIN and the joint table against escalation 0.2.3, Keyboard 0.1.3, the BOIN12 app and an exact recursion."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import Counts, build_policy
from celltrial.designs.observation import DLT_RESPONSE
from celltrial.designs.optimisation import boin12, joint_table, uboin
from celltrial.designs.optimisation.utility import admissible_doses, desirability
from celltrial.designs.policy import States
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.monte_carlo import simulate_characteristics
from celltrial.simulation.scenario import Scenario


def policy_of(i: dict[str, Any], n_doses: int, max_subjects: int = 36) -> boin12.Boin12:
    params = boin12.Boin12Params(
        i["phi_t"],
        i["phi_e"],
        3,
        max_subjects,
        i["u1"],
        i["u2"],
        i["u3"],
        i["u4"],
        i["c_t"],
        i["c_e"],
        force_exploration_n=9,
    )
    return boin12.build(params, n_doses)


@pytest.mark.shared
def test_desirability_and_next_dose(design_cases: Any) -> None:
    """escalation 0.2.3 get_boin12; after 3/3 DLTs it goes on at the lowest dose, here the trial stops."""
    found = design_cases("boin12_next")
    assert len(found) == 6
    for case in found:
        i, o = case["inputs"], case["outputs"]
        n, y, x = [0] * 5, [0] * 5, [0] * 5
        current = 0
        for cohort in i["outcomes"].split():
            current = int(cohort[0]) - 1
            n[current] += len(cohort) - 1
            y[current] += sum(letter in "TB" for letter in cohort[1:])
            x[current] += sum(letter in "EB" for letter in cohort[1:])
        policy = policy_of(i, 5)
        counts = Counts(tuple(n), tuple(y), current, response=tuple(x))
        np.testing.assert_allclose(
            100 * policy.desirabilities(States.of([counts], policy))[0], o["utility"], rtol=1e-8, err_msg=case["id"]
        )
        decision = policy.decide(counts)
        if case["id"].endswith("/1TTT"):
            assert decision.reason.name == "STOP_LOWEST_TOO_TOXIC"
            assert decision.recommended is None
        else:
            assert decision.next_dose == o["recommended_dose"] - 1, case["id"]


@pytest.mark.shared
def test_rank_based_desirability(design_cases: Any) -> None:
    """escalation 0.2.3 boin12_rds: which rows are inadmissible, and the order of all others.

    Its events are u3 responses + u2 (n - DLTs). That is the utility only where u2 + u3 = 100; in the case with 30 and 50
    it is not (see `Utilities`), so there only admissibility and the order of P(utility > benchmark) for its own
    events are compared.
    """
    found = design_cases("boin12_rds")
    assert len(found) == 2
    for case in found:
        i, rows = case["inputs"], case["outputs"]["table"]
        policy = policy_of(i, 1)
        n, y, x = (np.array([float(r[k]) for r in rows]) for k in ("Patients", "Toxicity", "Efficacy"))
        value = desirability(n, (i["u3"] * x + i["u2"] * (n - y)) / 100, policy.params.benchmark())
        states = States(
            np.stack([n, y, x], axis=1).astype(np.int16)[:, None],
            np.zeros(len(n), np.int64),
            np.zeros(len(n), np.int64),
            DLT_RESPONSE,
        )
        p = policy.params
        tolerable, effective = admissible_doses(
            states, p.max_dlt_rate, p.toxic_certainty, p.min_response_rate, p.futile_certainty
        )
        assert (tolerable & effective)[:, 0].tolist() == [r["RDS"] != "E" for r in rows]
        if i["u2"] + i["u3"] == 100:
            np.testing.assert_allclose(policy.desirabilities(states)[:, 0], value, rtol=1e-12)
        ranked = sorted((r["RDS_x"], v) for r, v in zip(rows, value, strict=True) if r["RDS_x"] is not None)
        assert all(v < w + 1e-9 for (_, v), (_, w) in itertools.pairwise(ranked))


@pytest.mark.shared
def test_exact_characteristics(design_cases: Any) -> None:
    """An independent recursion. With 8 cohorts it stops where the dose below is futile; we go on one lower: 2e-3."""
    found = design_cases("exact_boin12_oc")
    assert len(found) == 2
    for case in found:
        i, o = case["inputs"], case["outputs"]
        values = {
            "max_dlt_rate": i["phiT"],
            "min_response_rate": i["phiE"],
            "cohort_size": 3,
            "max_subjects": 3 * i["ncohort"],
        }
        stop = {"kind": "enough_at_dose", "params": {"n": i["ncap"], "only_if_staying": False}}
        policy = build_policy("boin12", values, n_doses=3, modifiers=[stop])
        scenario = Scenario(case["id"], tuple(i["pT"]), response_rates=tuple(i["pE"]))
        oc = exact_characteristics(compile_graph(policy), [scenario])[0]
        tolerance = 1e-9 if i["ncohort"] == 6 else 2e-3
        np.testing.assert_allclose(oc.prob_select, o["prob_select"], atol=tolerance)
        np.testing.assert_allclose(oc.prob_none, o["prob_none"], atol=tolerance)
        np.testing.assert_allclose(oc.expected_n, o["expected_n"], atol=tolerance)


@pytest.mark.shared
def test_published_application(design_cases: Any) -> None:
    """trialdesign.org, 10,000 trials (escalation issue 8): dose 2 chosen in 57.3 %, dose 3 in 21.3 %."""
    (case,) = design_cases("published", n_star=6)
    i = case["inputs"]
    values = {"max_dlt_rate": i["phi_t"], "min_response_rate": i["phi_e"], "cohort_size": 3, "max_subjects": i["max_n"]}
    stop = {"kind": "enough_at_dose", "params": {"n": i["stop_n_at_dose"], "only_if_staying": False}}
    policy = build_policy("boin12", values, n_doses=5, modifiers=[stop])
    scenario = Scenario("issue 8", tuple(i["pT"]), response_rates=tuple(i["pE"]))
    oc = simulate_characteristics(policy, [scenario], trials=20_000, seed=1)[0]
    published = case["outputs"]["trialdesign_org_select"]
    for name, j in (("dose2", 1), ("dose3", 2)):
        p = published[name]
        assert abs(oc.prob_select[j] - p) < 4 * math.sqrt(p * (1 - p) * (1 / 10_000 + 1 / 20_000))


@pytest.mark.shared
def test_joint_table(design_cases: Any) -> None:
    """Keyboard 0.1.3 get.decision.obd.kb: all of its 3,805 decisions but one.

    It holds S for 12 DLTs and 19 responses in 27, though DUT for 12 DLTs with every other number of responses:
    P(rate > 0.30) = 0.9509 does not depend on the responses.
    """
    (case,) = design_cases("obd_keyboard_decision")
    i, raw = case["inputs"], case["outputs"]["raw"]
    letters = [row["DECISION"] for row in raw["boundary.table"]]
    params = joint_table.JointTableParams(
        3,
        30,
        (i["toxicity.low"], i["toxicity.moderate"], i["toxicity.high"]),
        (i["efficacy.low"], i["efficacy.moderate"], i["efficacy.high"]),
        tuple(tuple(letters[4 * r : 4 * r + 4]) for r in range(4)),
        i["target.toxicity"],
        i["cutoff.eli.toxicity"],
        i["target.efficacy"],
        i["cutoff.eli.efficacy"],
    )
    policy = joint_table.build(params, 3)
    names = {0: "D", 1: "S", 2: "E", 10: "DUE", 12: "EUE", 20: "DUT"}
    assert len(raw["decision.matrix"]) == 3805
    for row in raw["decision.matrix"]:
        if (row["N"], row["T"], row["R"]) == (27, 12, 19):
            continue
        assert names[int(policy.codes[row["N"], row["T"], row["R"]])] == row["Decision"], row


def test_mean_utility_by_hand() -> None:
    """Dirichlet(1/4 x 4) with 3 responses without DLT, 1 both, 2 neither: (50 + 300 + 60 + 80) / 7 = 70."""
    policy = build_policy(
        "u-boin",
        {"max_dlt_rate": 0.3, "min_response_rate": 0.25, "cohort_size": 3, "max_subjects": 12, "stage_1_n": 6},
        n_doses=1,
    )
    counts = Counts((6,), (1,), response=(4,))
    assert uboin.mean_utility(States.of([counts], policy), policy.params.utilities())[0, 0] == pytest.approx(70)


def test_utilities_that_do_not_add_up_need_the_joint_counts() -> None:
    values = {
        "max_dlt_rate": 0.3,
        "min_response_rate": 0.25,
        "cohort_size": 3,
        "max_subjects": 6,
        "utility_neither": 30,
        "utility_both": 50,
    }
    policy = build_policy("boin12", values, n_doses=2)
    assert policy.observation.name == "dlt_response_joint"
    scenario = Scenario("s", (0.1, 0.3), response_rates=(0.2, 0.5), odds_ratio=3.0)
    oc = exact_characteristics(compile_graph(policy), [scenario])[0]
    assert sum(oc.prob_select) + oc.prob_none == pytest.approx(1, abs=1e-12)
    counts = Counts((3, 0), (1, 0), response=(1, 0), both=(1, 0))
    apart = Counts((3, 0), (1, 0), response=(1, 0), both=(0, 0))
    one, two = (policy.desirabilities(States.of([c], policy))[0, 0] for c in (counts, apart))
    assert one != two


@pytest.mark.parametrize(
    ("design", "change", "rule"),
    [
        ("boin12", {"max_dlt_rate": 1.2}, "max_dlt_rate < 0.714"),
        ("boin12", {"utility_both": 120.0}, "both <= response <= 100"),
        ("u-boin", {"stage_1_n": 0}, "1 <= stage_1_n <= max_subjects"),
        ("joint_table", {"toxicity_cuts": [0.3, 0.2, 0.4]}, "strictly_increasing"),
        ("joint_table", {"moves": [["E"]]}, r"rows=4, letters=4"),
    ],
)
def test_bad_input(design: str, change: dict[str, Any], rule: str) -> None:
    from celltrial.designs import DESIGNS

    with pytest.raises(UserError, match=rule):
        build_policy(design, {**DESIGNS[design].example, **change}, n_doses=3)
