"""Manufacturing failure: AC-A2.1 and the guard against models on few events."""

from __future__ import annotations

import pytest

from celltrial.analysis import manufacturing
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
