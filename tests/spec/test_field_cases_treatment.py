"""More than one dose: what the parts cannot carry out is refused by name, and nobody is held against their own infusion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from celltrial.conduct.facts.cohort.state import Slot
from celltrial.conduct.gates.stagger import violations
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.protocol import read_protocol
from celltrial.simulation.twin import simulate_trial

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BCMA = (EXAMPLES / "bcma-car-t-escalation.yaml").read_text(encoding="utf-8")


def with_repeat(text):
    return read_protocol(BCMA.replace("repeat: {doses: 1}", f"repeat: {text}"), "bcma.yaml")


@pytest.mark.parametrize(
    ("repeat", "found"),
    [("{doses: 3, interval: 1 d}", "1"), ("{doses: 2, interval: 4 d}", "4"), ("{doses: 2, interval: 12 h}", "12")],
)
def test_doses_that_leave_no_time_for_their_lymphodepletion_are_a_fault_of_the_file(repeat, found):
    """Field case 17: a split dose written as three full doses on three days, each with a course of five days before it."""
    with pytest.raises(UserError) as refused:
        with_repeat(repeat)
    [item] = refused.value.faults
    assert (item.id, item.params["field"]) == ("PRT-022", "dose.repeat.interval")
    assert found in str(item.params["found"])


def test_doses_without_an_interval_are_a_fault_of_the_file():
    with pytest.raises(UserError) as refused:
        with_repeat("{doses: 2}")
    assert [item.params["field"] for item in refused.value.faults] == ["dose.repeat.interval"]


def test_a_virtual_trial_refuses_by_name_the_doses_that_it_does_not_walk():
    protocol = with_repeat("{doses: 2, interval: 28 d}")
    with pytest.raises(UserError) as refused:
        simulate_trial(protocol, None, seed=1)
    [item] = refused.value.faults
    assert (item.id, item.params["field"], item.params["found"]) == ("SIM-203", "dose.repeat.doses", 2)


def test_a_subject_does_not_wait_for_an_infusion_of_their_own():
    """The stagger lies between subjects: a further dose a week after the own first one breaks no interval, another's would."""
    rule = with_repeat("{doses: 2, interval: 28 d}").escalation.staggering
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def slot(subject, days):
        return Slot(subject, "S1", 1, "C1", Instant(start + timedelta(days=days), "UTC"), infused=True)

    assert list(violations(rule, [slot("P1", 0), slot("P1", 7)])) == []
    assert [pair[1].subject for pair in violations(rule, [slot("P1", 0), slot("P2", 7)])] == ["P2"]
    assert [pair[1].subject for pair in violations(rule, [slot("P1", 0), slot("P1", 29), slot("P2", 30)])] == ["P2"]


TIL = (EXAMPLES / "til-melanoma-randomised.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "old", "new", "id_", "field"),
    [
        (BCMA, "repeat: {doses: 1}", "repeat: {fractions: [0.1, 0.3, 0.6], interval: 1 d}", "PRT-002", "dose.repeat.fractions"),
        (TIL, "\ntreatment:\n", "\ntreatment:\n  after_cells: [{drug: aldesleukin, dose: 600000}]\n", "PRT-002", "treatment.after_cells"),
        (TIL, "    drugs:\n", "    drugs:\n      - {drug: aldesleukin, dose: 600000, unit: IU/kg, days: [1]}\n", "PRT-004",
         "treatment.lymphodepletion.drugs.0.unit"),
        (BCMA, "\ndose:\n", "\ndose:\n  weight_bands: [{up_to_kg: 50, cells: 5.0e6}]\n", "PRT-002", "dose.weight_bands"),
        (BCMA, "cells: 1.0e6", "cells: [0.2e6, 5.0e6]", "PRT-004", "dose.levels.0.cells"),
    ],
    ids=["fractions", "drugs after the cells", "a unit of them", "weight bands", "a range of cells"],
)  # fmt: skip
def test_what_the_model_cannot_state_is_refused_by_name_and_never_left_out(text, old, new, id_, field):
    """Field cases 17, 18 and 19: split doses, drugs after the cells, weight bands and ranges have no field as yet."""
    assert old in text
    with pytest.raises(UserError) as refused:
        read_protocol(text.replace(old, new, 1), "p.yaml")
    assert (id_, field) in {(item.id, item.params["field"]) for item in refused.value.faults}
