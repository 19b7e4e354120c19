"""More than one dose: what the parts cannot carry out is refused by name, and nobody is held against their own infusion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from celltrial.app.session import SimulatedClock, TrialSession
from celltrial.conduct.facts.cohort.state import Slot
from celltrial.conduct.gates.stagger import violations
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.ledger import MemoryLedger
from celltrial.protocol import read_protocol
from celltrial.protocol.model.dose import Dose
from celltrial.protocol.regimen import drug_days, most_doses, planned_administrations
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


def test_a_virtual_trial_gives_every_dose_of_the_plan():
    """Field case 17: what was silently simulated as one infusion is given as often as the protocol says."""
    protocol, clock = with_repeat("{doses: 2, interval: 28 d}"), SimulatedClock()
    ledger = MemoryLedger(clock=clock.port)
    session = TrialSession(ledger, protocol.identification.id, clock.now, clock.set)
    simulate_trial(protocol, session, seed=1, years=0.7)
    given = [person.infusions for person in session.state.subjects.values() if person.infusions]
    assert max(map(len, given)) == 2
    for infusions in given:
        assert all((b.at.utc - a.at.utc).days >= 28 for a, b in pairwise(infusions))


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
        (TIL, "    drugs:\n", "    drugs:\n      - {drug: aldesleukin, dose: 600000, unit: IU/kg, days: [1]}\n", "PRT-015", None),
        (BCMA, "\ndose:\n", "\ndose:\n  weight_bands: [{up_to_kg: 50, cells: 5.0e6}]\n", "PRT-002", "dose.weight_bands"),
        (BCMA, "cells: 1.0e6", "cells: [0.2e6, 5.0e6]", "PRT-004", "dose.levels.0.cells"),
    ],
    ids=["fractions", "drugs after the cells", "after the cells in the lymphodepletion", "weight bands", "a range of cells"],
)  # fmt: skip
def test_what_stands_in_the_wrong_place_is_refused_by_name_and_never_left_out(text, old, new, id_, field):
    """Field cases 17, 18 and 19: as sponsors wrote it first; `treatment.courses`, `treatment.drugs` and the levels have the fields."""
    assert old in text
    with pytest.raises(UserError) as refused:
        read_protocol(text.replace(old, new, 1), "p.yaml")
    assert (id_, field) in {(item.id, item.params.get("field")) for item in refused.value.faults}


SPLIT = """  courses:
    - id: C1
      administrations:
        - {id: F1, share: 0.1}
        - {id: F2, day: 1, share: 0.3}
        - {id: F3, day: 2, late: 1, share: 0.6}
"""
IL2 = "  drugs: [{drug: aldesleukin, role: cytokine, dose: 600000, unit: IU/kg, after: 3 h, every: 8 h, at_most: 15}]\n"
BANDS = """levels:
    - label: Label
      bands: [{up_to_kg: 50, per: kg, low: 0.2e6, high: 5.0e6}, {per: flat, low: 1.0e7, high: 2.5e8}]
"""


def test_fractions_of_one_dose_are_one_dose():
    """Field case 17: 10, 30 and 60 % of one dose over three days."""
    protocol = read_protocol(BCMA.replace("  infusion:\n", f"{SPLIT}  infusion:\n", 1), "p.yaml")
    planned = planned_administrations(protocol)
    assert [(one.day, float(one.share)) for one in planned] == [(0, 0.1), (1, 0.3), (2, 0.6)]
    assert most_doses(protocol) == 1


def test_a_drug_after_the_cells_is_stated_with_its_hours():
    """Field case 18: interleukin-2 every eight hours, at most fifteen times."""
    [drug] = read_protocol(TIL.replace("  infusion:\n", f"{IL2}  infusion:\n", 1), "p.yaml").treatment.drugs
    hours = [round(day * 24) for day in drug_days(drug, (0,))]
    assert (len(hours), hours[:3], hours[-1]) == (15, [3, 11, 19], 3 + 14 * 8)


@pytest.mark.parametrize(
    ("kg", "low", "high"), [(10, 2.0e6, 5.0e7), (50, 1.0e7, 2.5e8), (50.1, 1.0e7, 2.5e8), (90, 1.0e7, 2.5e8)]
)
def test_bands_by_weight_say_what_is_planned_at_a_weight(kg, low, high):
    """Field case 19: the dose of a product on the market, per kilogram up to 50 kg and flat above."""
    dose = Dose.model_validate(YAML(typ="safe").load(f"basis: viable\n{BANDS}"))
    assert [float(cells) for cells in dose.accepted(1, Decimal(str(kg)))] == [low, high]
