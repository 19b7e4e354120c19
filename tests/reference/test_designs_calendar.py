"""Designs in calendar time: against the exact engine, TITEgBOIN's durations, and simple counting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import build_policy
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.monte_carlo_calendar import Calendar, simulate_calendar
from celltrial.simulation.scenario import Scenario

FRAME = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}
SCENARIO = Scenario("rising", (0.1, 0.3, 0.5))


def test_a_design_that_waits_has_its_exact_characteristics() -> None:
    """Waiting for every window makes calendar time irrelevant to what is decided: 600 trials, 4 standard errors."""
    policy = build_policy("boin", FRAME, n_doses=3)
    exact = exact_characteristics(compile_graph(policy), [SCENARIO])[0]
    found = simulate_calendar(policy, [SCENARIO], Calendar(28.0, 10.0), trials=600)[0].characteristics
    for p, s in zip(exact.prob_select, found.prob_select, strict=True):
        assert abs(p - s) <= 4 * math.sqrt(p * (1 - p) / 600)
    for p, s, e in zip(exact.expected_n, found.expected_n, found.standard_error["expected_n"], strict=True):
        assert abs(p - s) <= 4 * e


def test_duration_without_toxicity_is_counted_on_fingers() -> None:
    """No DLT, arrivals all but at once: 3+3 over three doses treats 3, 3, 3 and waits three windows."""
    policy = build_policy("3+3", {"mtd_rule": "previous"}, n_doses=3)
    found = simulate_calendar(policy, [Scenario("none", (0.0, 0.0, 0.0))], Calendar(28.0, 1e-9), trials=5)[0]
    assert found.mean_duration == pytest.approx(84.0, abs=1e-3)
    assert found.characteristics.prob_select == (0.0, 0.0, 1.0)
    assert found.characteristics.expected_n == (3.0, 3.0, 3.0)


def test_not_waiting_is_faster() -> None:
    calendar = Calendar(28.0, 10.0)
    durations = {
        key: simulate_calendar(build_policy(key, values, n_doses=3), [SCENARIO], calendar, trials=40)[0].mean_duration
        for key, values in (
            ("boin", FRAME),
            ("tite_boin", FRAME),
            ("3+3", {"mtd_rule": "expand"}),
            ("rolling_six", {}),
        )
    }
    assert durations["tite_boin"] < 0.8 * durations["boin"]
    assert durations["rolling_six"] < durations["3+3"]


def test_late_toxicity_hurts_a_design_that_does_not_wait() -> None:
    policy = build_policy("tite_boin", {**FRAME, "max_pending_share": 1.0}, n_doses=3)
    toxic = [Scenario("late", (0.3, 0.6, 0.8))]
    early, late = (
        simulate_calendar(policy, toxic, Calendar(28.0, 2.0, late_share=share), trials=100)[0].characteristics
        for share in (0.0, 1.0)
    )
    assert late.expected_total_dlt > early.expected_total_dlt


def test_subjects_do_not_depend_on_the_design() -> None:
    """The same policy under two names of parameters gives the same trials."""
    one = simulate_calendar(build_policy("boin", FRAME, n_doses=3), [SCENARIO], Calendar(28.0, 10.0), trials=30)[0]
    two = simulate_calendar(
        build_policy("boin", {**FRAME, "low_dlt_rate": 0.18}, n_doses=3), [SCENARIO], Calendar(28.0, 10.0), trials=30
    )[0]
    assert one == two


@pytest.mark.shared
def test_duration_of_titegboin(design_cases: Any) -> None:
    """TITEgBOIN 0.4.0 with TITE = FALSE: mean duration 19.94 windows; it waits for the window even after a DLT."""
    (case,) = design_cases("tite_boin_oc", TITE=False)
    i, o = case["inputs"], case["outputs"]
    values = {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 36}
    calendar = Calendar(float(i["maxt"]), 1 / i["accrual"])
    found = simulate_calendar(
        build_policy("boin", values, n_doses=6), [Scenario("s", tuple(i["prob"]))], calendar, trials=80
    )[0]
    assert 0.93 * o["duration"] < found.mean_duration < o["duration"]


@pytest.mark.shared
@pytest.mark.long
def test_selection_of_titegboin(design_cases: Any) -> None:
    """TITEgBOIN 0.4.0 with TITE = TRUE, 10,000 trials, against 3,000 of ours: P(select) within 4 standard errors."""
    (case,) = design_cases("tite_boin_oc", TITE=True)
    i, o = case["inputs"], case["outputs"]
    values = {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 36, "max_pending_share": i["maxpen"]}
    calendar = Calendar(float(i["maxt"]), 1 / i["accrual"], first_is_ready=False)
    policy, scenario = (
        build_policy("tite_boin_ess", {**values, "min_completed": 0}, n_doses=6),
        Scenario("s", tuple(i["prob"])),
    )
    found = simulate_calendar(policy, [scenario], calendar, trials=3_000, seed=5)[0].characteristics
    for s, percent in zip(found.prob_select, o["selpercent"], strict=True):
        p = percent / 100
        assert abs(s - p) <= 4 * math.sqrt(p * (1 - p) * (1 / 3_000 + 1 / 10_000))


@pytest.mark.shared
def test_backfill_that_never_opens_is_the_published_trial(design_cases: Any) -> None:
    """bfboin 0.1.1 `get.oc.bf`, 10,000 trials, nobody responds: choice, subjects, DLTs and months.

    Its clock starts one accrual gap before the first subject, ours with the first infusion.
    """
    (case,) = design_cases("published", n_earlystop=9)
    i, o = case["inputs"], case["outputs"]
    values = {"target_dlt_rate": i["target"], "cohort_size": 3, "max_subjects": 30, "extra_safety_offset": i["offset"]}
    modifiers = [
        {"kind": "enough_at_dose", "params": {"n": i["n_earlystop"], "only_if_staying": True}},
        {"kind": "backfill", "params": {"target_dlt_rate": i["target"], "max_n": i["n_cap"]}},
    ]
    policy = build_policy("boin", values, n_doses=2, modifiers=modifiers)
    truth = Scenario("nobody responds", tuple(i["p_true"]), response_rates=(0.0, 0.0))
    gap = 1 / i["n_per_month"]
    trials = 600
    [found] = simulate_calendar(
        policy, [truth], Calendar(i["dlt_window"], gap, first_is_ready=False), trials=trials, seed=3
    )
    oc = found.characteristics
    for s, percent in zip((*oc.prob_select, oc.prob_none), (*o["selpercent"], o["percentstop"]), strict=True):
        p = percent / 100
        assert abs(s - p) <= 4 * math.sqrt(p * (1 - p) * (1 / trials + 1 / 10_000))
    for name, printed in (("expected_n", o["npatients"]), ("expected_dlt", o["ntox"])):
        for mean, error, theirs in zip(getattr(oc, name), oc.standard_error[name], printed, strict=True):
            assert abs(mean - theirs) <= 4 * error * math.sqrt(1 + trials / 10_000)
    assert abs(found.mean_duration + gap - o["duration"]) <= 4 * found.duration_error


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"window": 0.0, "arrival_gap": 1.0}, "window > 0"),
        ({"window": 1.0, "arrival_gap": 1.0, "late_share": 2.0}, "late_share <= 1"),
    ],
)
def test_bad_calendar(values: dict[str, Any], rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        Calendar(**values)


def test_designs_that_look_at_response_are_refused() -> None:
    values = {"max_dlt_rate": 0.35, "min_response_rate": 0.25, "cohort_size": 3, "max_subjects": 15}
    with pytest.raises(UserError, match="trials_and_dlt_design"):
        simulate_calendar(build_policy("boin12", values, n_doses=3), [SCENARIO], Calendar(28.0, 10.0), trials=10)


def test_onset_is_spread_as_stated() -> None:
    from celltrial.simulation.monte_carlo_calendar import _onset

    times = np.array([_onset(u, Calendar(28.0, 1.0, late_share=0.8)) for u in (np.arange(20_000) + 0.5) / 20_000])
    assert (times > 14).mean() == pytest.approx(0.8, abs=1e-3)
    assert 0 < times.min() < 0.1
    assert 27.9 < times.max() <= 28
