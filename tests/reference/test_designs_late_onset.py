"""Designs that decide with open windows: TITE-BOIN against TITEgBOIN 0.4.0, TITE-CRM against dfcrm, rolling six's table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from celltrial.designs import Counts, Reason, build_policy
from celltrial.designs.escalation.crm_model import CrmModel, fit_bayes
from celltrial.designs.escalation.tite_boin import TiteBoinParams, pending_table
from celltrial.designs.policy import PendingSubject
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario


@pytest.mark.shared
def test_decisions_of_titegboin(design_cases: Any) -> None:
    """next_TITE_QuasiBOIN: next dose, suspension and eliminated doses of every row."""
    found = design_cases("tite_boin_next")
    assert len(found) == 2
    for case in found:
        i = case["inputs"]
        values = {
            "target_dlt_rate": i["target"],
            "cohort_size": 3,
            "max_subjects": 60,
            "max_pending_share": i["maxpen"],
            "min_completed": 0,
        }
        policy = build_policy("tite_boin_ess", values, n_doses=3)
        for row in case["outputs"]["rows"]:
            share = row["total_followup_pending"] / i["maxt"] / max(row["pending"], 1)
            waiting = (PendingSubject(1, share),) * row["pending"]
            decision = policy.decide(Counts((3, row["n"] - row["pending"], 0), (0, row["dlt"], 0), 1, pending=waiting))
            assert decision.eliminated == tuple(j for j in range(3) if row["eliminated"][j]), row
            if row["pending_suspend"]:
                assert decision.reason is Reason.HOLD_FOR_PENDING, row
            else:
                assert decision.next_dose == row["next_dose"] - 1, row


def _published_rows(path: Path) -> Iterator[tuple[tuple[int, int, int], str, str]]:
    """Yield (n, DLTs, pending), decision and follow-up of every row of a published table, ranges taken apart."""
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            n = int(row["n"])
            last_dlt, last_pending = (
                n if row[f"n_{name}_max"] == "NA" else int(row[f"n_{name}_max"]) for name in ("tox", "pending")
            )
            follow_up = row["stft_escalate"] if row["stft_escalate"] != "NA" else row["stft_deescalate"]
            for dlt in range(int(row["n_tox_min"]), last_dlt + 1):
                for pending in range(int(row["n_pending_min"]), min(last_pending, n - dlt) + 1):
                    yield (n, dlt, pending), row["decision"], follow_up


@pytest.mark.shared
def test_every_row_of_table_1_of_yuan_2018(shared: Path) -> None:
    """TITE-BOIN by its paper: decisions with 3 to 15 subjects, and the follow-up at which they change, to two decimals."""
    params = TiteBoinParams(target_dlt_rate=0.2, cohort_size=3, max_subjects=15)
    ours = {row[:3]: row for row in pending_table(params)}
    rows = list(_published_rows(shared / "reference" / "tite_boin_yuan2018_table1.csv"))
    assert len(rows) == 294
    for key, decision, follow_up in rows:
        assert ours[key].decision == decision, key
        if follow_up != "NA":
            assert f"{ours[key].follow_up:.2f}" == f"{float(follow_up):.2f}", key


@pytest.mark.parametrize(
    ("follow_up", "reason"),
    [(2.0, Reason.STAY), (2.1, Reason.STAY), (2.2, Reason.ESCALATE), (3.9, Reason.ESCALATE)],
)
def test_the_policy_follows_the_printed_follow_up(follow_up: float, reason: Reason) -> None:
    """1 DLT in 9 with 4 windows open: table 1 of Yuan 2018 escalates from 2.15."""
    policy = build_policy("tite_boin", {"target_dlt_rate": 0.2, "cohort_size": 3, "max_subjects": 36}, n_doses=3)
    waiting = (PendingSubject(1, follow_up / 4),) * 4
    assert policy.decide(Counts((3, 5, 0), (0, 1, 0), 1, pending=waiting)).reason is reason


def test_enough_dlts_de_escalate_at_once_and_few_never_do() -> None:
    """Whatever is open: 1 DLT in 3 goes down although two of three are pending, 1 in 6 stays although three are."""
    policy = build_policy("tite_boin", {"target_dlt_rate": 0.2, "cohort_size": 3, "max_subjects": 36}, n_doses=3)
    started = PendingSubject(1, 0.0)
    assert policy.decide(Counts((3, 1, 0), (0, 1, 0), 1, pending=(started,) * 2)).reason is Reason.DE_ESCALATE
    assert policy.decide(Counts((3, 3, 0), (0, 1, 0), 1, pending=(started,) * 3)).reason is Reason.STAY


def test_the_effective_number_escalates_only_after_two_completed() -> None:
    """Lin & Yuan (2020) wait for two completed subjects; `min_completed` states how many."""
    values = {"target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 36, "max_pending_share": 1.0}
    waiting = (PendingSubject(1, 0.9),) * 2
    counts = Counts((3, 1, 0), (0, 0, 0), 1, pending=waiting)
    assert build_policy("tite_boin_ess", values, n_doses=3).decide(counts).reason is Reason.STAY
    freely = build_policy("tite_boin_ess", {**values, "min_completed": 1}, n_doses=3)
    assert freely.decide(counts).reason is Reason.ESCALATE


@pytest.mark.shared
def test_non_tite_characteristics_of_titegboin(design_cases: Any) -> None:
    """TITEgBOIN with TITE = FALSE is BOIN; 10,000 trials. Its elimination ends the last cohort too."""
    (case,) = design_cases("tite_boin_oc", TITE=False)
    i, o = case["inputs"], case["outputs"]
    policy = build_policy(
        "tite_boin_ess", {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 36}, n_doses=6
    )
    oc = exact_characteristics(compile_graph(policy), [Scenario("s", tuple(i["prob"]))])[0]
    for p, percent in zip(oc.prob_select, o["selpercent"], strict=True):
        assert abs(p - percent / 100) <= 4 * np.sqrt(p * (1 - p) / i["ntrial"]) + 1e-4
    assert abs(oc.prob_none - o["percentstop"] / 100) <= 4 * np.sqrt(oc.prob_none / i["ntrial"]) + 1e-4
    for mean, size, dlt, toxic in zip(oc.expected_n, o["npatients"], oc.expected_dlt, o["ntox"], strict=True):
        assert abs(mean - size) <= 4 * np.sqrt(mean * (36 - mean) / i["ntrial"])
        assert abs(dlt - toxic) <= 4 * np.sqrt(dlt * (36 - dlt) / i["ntrial"])


@pytest.mark.shared
def test_estimates_of_titecrm(design_cases: Any) -> None:
    """dfcrm titecrm with linear weights, Bayes: the policy's own estimate from counts and open windows."""
    used = 0
    for case in design_cases("titecrm_fit", scheme="linear", method="bayes"):
        i, o = case["inputs"], case["outputs"]
        used += 1
        doses = len(i["prior"])
        n, y = [0] * doses, [0] * doses
        waiting = []
        for level, dlt, weight in zip(i["level"], i["tox"], o["weights"], strict=True):
            if dlt or weight == 1:
                n[level - 1] += 1
                y[level - 1] += dlt
            else:
                waiting.append(PendingSubject(level - 1, weight))
        values = {
            "skeleton": i["prior"],
            "target_dlt_rate": i["target"],
            "cohort_size": 1,
            "max_subjects": 60,
            "max_pending": 60,
            "model": "power" if i["model"] == "empiric" else "logistic",
            "intercept": i["intcpt"],
            "prior_sd": i["scale"],
        }
        policy = build_policy("tite_crm", values, n_doses=doses)
        estimate = policy.estimate(Counts(tuple(n), tuple(y), max(i["level"]) - 1, pending=tuple(waiting)))
        assert abs(estimate - o["estimate"]) < 1e-4, case["id"]
    assert used >= 8


def test_weights_matter() -> None:
    model = CrmModel((0.1, 0.2, 0.3))
    full = fit_bayes(model, [0, 0, 1], [0, 0, 0])
    half = fit_bayes(model, [0, 0, 1], [0, 0, 0], [1.0, 1.0, 0.1])
    assert half.rates[2] > full.rates[2]


@pytest.mark.parametrize(
    ("enrolled", "dlt", "free", "expected"),
    [
        # Skolnik et al. (2008), table 2: enrolled, with DLT, without DLT (the rest pending) -> decision
        (2, 0, 0, "same"), (2, 0, 2, "same"), (2, 1, 1, "same"), (2, 2, 0, "down"),
        (3, 0, 0, "same"), (3, 0, 2, "same"), (3, 0, 3, "up"), (3, 1, 2, "same"), (3, 2, 0, "down"),
        (4, 0, 3, "same"), (4, 0, 4, "up"), (4, 1, 3, "same"), (4, 2, 1, "down"),
        (5, 0, 4, "same"), (5, 0, 5, "up"), (5, 1, 4, "same"), (5, 3, 0, "down"),
        (6, 0, 4, "wait"), (6, 0, 5, "up"), (6, 0, 6, "up"), (6, 1, 4, "wait"), (6, 1, 5, "up"), (6, 2, 2, "down"),
    ],
)  # fmt: skip
def test_rolling_six(enrolled: int, dlt: int, free: int, expected: str) -> None:
    policy = build_policy("rolling_six", {}, n_doses=3)
    waiting = (PendingSubject(1, 0.5),) * (enrolled - dlt - free)
    decision = policy.decide(Counts((3, dlt + free, 0), (0, dlt, 0), 1, pending=waiting))
    dose = {"same": 1, "up": 2, "down": 0, "wait": None}[expected]
    assert decision.next_dose == dose
    assert (decision.reason is Reason.HOLD_FOR_PENDING) == (expected == "wait")


def test_rolling_six_always_ends() -> None:
    """With all windows closed it reaches an end from every outcome, by exact propagation."""
    oc = exact_characteristics(
        compile_graph(build_policy("rolling_six", {}, n_doses=3)), [Scenario("s", (0.1, 0.3, 0.5))]
    )[0]
    assert sum(oc.prob_stop.values()) == pytest.approx(1, abs=1e-12)
    assert set(oc.prob_stop) <= {"stop_dose_found", "stop_lowest_too_toxic"}


def test_designs_without_weights_wait() -> None:
    policy = build_policy("boin", {"target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 18}, n_doses=3)
    waiting = (PendingSubject(0, 0.9),)
    assert policy.decide(Counts((2, 0, 0), (0, 0, 0), 0, pending=waiting)).reason is Reason.HOLD_FOR_PENDING
    toxic = policy.decide(Counts((5, 0, 0), (5, 0, 0), 0, pending=waiting))
    assert toxic.reason is Reason.STOP_LOWEST_TOO_TOXIC, "a safety stop does not wait"


def test_modifiers_hold_with_open_windows() -> None:
    values = {"target_dlt_rate": 0.2, "cohort_size": 3, "max_subjects": 36}
    rule = {"kind": "beta_binomial", "params": {"threshold": 0.3, "certainty": 0.8, "prior_a": 1, "prior_b": 1}}
    policy = build_policy(
        "tite_boin", values, n_doses=3, modifiers=[{"kind": "stop_by_rule", "params": {"rule": rule}}]
    )
    waiting = (PendingSubject(1, 0.5),)
    assert policy.decide(Counts((3, 5, 0), (0, 0, 0), 1, pending=waiting)).next_dose == 2
    assert policy.decide(Counts((3, 5, 0), (1, 3, 0), 1, pending=waiting)).reason is Reason.STOP_RULE_CROSSED


def test_accelerated_titration_saves_subjects_at_safe_doses() -> None:
    scenario = Scenario("s", (0.01, 0.05, 0.3), moderate_rates=(0.02, 0.05, 0.2))
    plain, fast = (
        exact_characteristics(compile_graph(build_policy(key, {"mtd_rule": "previous"}, n_doses=3)), [scenario])[0]
        for key in ("3+3", "accelerated_titration")
    )
    assert fast.expected_n[0] < 0.6 * plain.expected_n[0]
    assert fast.expected_n[0] >= 1
