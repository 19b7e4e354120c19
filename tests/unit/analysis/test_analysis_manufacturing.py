"""Manufacturing failure: AC-A2.1 and the guard against models on few events."""

from __future__ import annotations

from datetime import date

import pytest

from celltrial.analysis import feasibility, manufacturing
from celltrial.core.errors import UserError
from celltrial.datasets.schema import ADMANU


def runs(outcomes):
    return ADMANU.conform(
        {
            "usubjid": [f"S{i:03d}" for i in range(1, len(outcomes) + 1)],
            "batch": [f"B{i}" for i in range(1, len(outcomes) + 1)],
            "attempt": [1] * len(outcomes),
            "outcome": outcomes,
            "failed": [outcome == "failed" for outcome in outcomes],
            "out_of_specification": [outcome == "out_of_specification" for outcome in outcomes],
            "finished_date": [
                None if outcome in {"planned", "in_process"} else date(2025, 3, 1) for outcome in outcomes
            ],
            "failure_step": ["expansion" if outcome == "failed" else None for outcome in outcomes],
            "failure_cause": ["low_expansion" if outcome == "failed" else None for outcome in outcomes],
        }
    )


def test_three_of_forty(make_adsl):
    found = manufacturing.estimate(
        runs(["failed"] * 3 + ["infused"] * 37), make_adsl(37, ["manufacturing_failure"] * 3)
    )
    for rate in (found.runs, found.subjects):
        assert [round(100 * v, 1) for v in (rate.value, rate.interval.low, rate.interval.high)] == [7.5, 1.6, 20.4]
    assert len(found.failed) == 3
    assert found.failed[0] == ("S001", "B1", 1, "low_expansion")
    assert dict(found.causes) == {"low_expansion": 3}
    assert dict(found.steps) == {"expansion": 3}


@pytest.mark.parametrize(("failures", "refused"), [(3, True), (4, True), (5, False)])
def test_no_model_on_few_events(make_adsl, failures, refused):
    found = manufacturing.estimate(runs(["failed"] * failures + ["infused"] * 30), make_adsl(30))
    assert (found.model is not None) is refused
    if refused:
        assert (found.model.reason, found.model.params["events"]) == ("few_events", failures)


def test_runs_in_process_are_neither_failed_nor_made(make_adsl):
    found = manufacturing.estimate(runs(["in_process", "released", "failed"]), make_adsl(2, ["pending"]))
    assert (found.runs.n, found.runs.detail["x"]) == (2, 1)
    assert "pending_subjects" in found.subjects.caveats


def test_out_of_specification_is_counted_apart(make_adsl):
    found = manufacturing.estimate(runs(["out_of_specification", "infused"]), make_adsl(2))
    assert (found.out_of_specification, found.runs.value) == (1, 0)


def shares(rows):
    return {row.step: (row.passed.detail["x"], row.passed.n, row.waiting) for row in rows}


def test_scorecard_counts_each_step_on_those_who_entered_it(make_adsl):
    """Ten enrolled: one never collected, one failed run, one with product left, one lymphodepleted only, one waits."""
    rows = [make_adsl.subject(i, lymphodepleted=True) for i in range(1, 6)]
    rows += [
        make_adsl.subject(6, not_treated_reason="withdrawal", collected=False),
        make_adsl.subject(7, not_treated_reason="manufacturing_failure"),
        make_adsl.subject(8, not_treated_reason="progression"),
        make_adsl.subject(9, not_treated_reason="death", lymphodepleted=True),
        make_adsl.subject(10, not_treated_reason="pending"),
    ]
    made = runs(["infused"] * 5 + ["planned", "failed", "released", "thawed", "in_process"])
    found = feasibility.estimate(make_adsl.table(rows), made)
    assert shares(found) == {
        "collection": (9, 10, 0),
        "manufacture": (7, 8, 1),
        "reach_lymphodepletion": (6, 7, 0),
        "infusion": (5, 6, 0),
        "infused_of_enrolled": (5, 9, 1),
    }
    assert {row.verdict for row in found} == {"no_target"}


@pytest.mark.parametrize(("target", "verdict"), [(0.5, "above"), (0.92, "compatible"), (0.99, "below")])
def test_verdict_against_the_plan(make_adsl, target, verdict):
    """37 of 40 collected: 92.5 %, 79.6 to 98.4."""
    adsl = make_adsl.table(
        [make_adsl.subject(i) for i in range(37)]
        + [make_adsl.subject(i, not_treated_reason="withdrawal", collected=False) for i in range(37, 40)]
    )
    row = feasibility.estimate(adsl, runs(["infused"]), targets={"collection": target})[0]
    assert (row.step, row.target, row.verdict) == ("collection", target, verdict)


def test_nobody_yet_is_compatible_with_everything(make_adsl):
    rows = feasibility.estimate(make_adsl(0), runs([]), targets={"infusion": 0.97})
    assert (rows[3].verdict, rows[3].passed.reason) == ("compatible", "no_subjects")


@pytest.mark.parametrize("targets", [{"release": 0.9}, {"collection": 1.0}])
def test_bad_target_is_refused(make_adsl, targets):
    with pytest.raises(UserError, match="ANL-015"):
        feasibility.estimate(make_adsl(1), runs(["infused"]), targets=targets)
