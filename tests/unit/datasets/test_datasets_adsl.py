"""ADSL: sets derived by rule (AC-A1.2, A1.3, A1.4) and the reasons for no infusion."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from celltrial.analysis import disposition
from celltrial.conduct.facts.assessment.events import NewTherapyStarted
from celltrial.conduct.facts.cohort.events import (
    CohortExpanded,
    CohortOpened,
    DoseLimitingToxicityConfirmed,
    DoseLimitingToxicityRuledOut,
)
from celltrial.conduct.vocabulary import CohortKind
from celltrial.core.errors import UserError
from celltrial.datasets import derive
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"


def test_treated_subject(book, day):
    book.treat("S1", level=2)
    row = book.subject("S1")
    assert all(row[name] for name in ("consented", "enrolled", "collected", "lymphodepleted", "infused", "safety"))
    assert (row["age"], row["sex"], row["siteid"]) == (64, "F", "01")
    assert (row["dose_level_assigned"], row["dose_level_delivered"], row["dose_delivered_cells"]) == (2, 1, 1e8)
    assert (row["infused_date"], row["vein_to_vein_days"]) == (day(38), 33)
    assert (row["not_treated_reason"], row["manufacturing_attempts"], row["process_version"]) == (None, 1, "P1")
    assert not row["dlt_evaluable"]
    assert not row["efficacy_evaluable"]


def test_local_date_is_the_sites(book, day):
    """17:00 UTC on day 38 is 01:00 on day 39 in Shanghai."""
    book.enrol("S1")
    book.infuse("S1", book.collect("S1", 5), 38, hour=17)
    assert book.subject("S1")["infused_date"] == day(39)


def test_out_of_specification_counts_as_treated_not_as_conforming(book):
    book.treat("S1", conforming=False)
    row = book.subject("S1")
    assert (row["infused"], row["safety"], row["infused_conforming"]) == (True, True, False)


def test_lymphodepleted_without_infusion_is_listed(book):
    book.enrol("S1")
    bag = book.collect("S1", 5)
    book.deplete("S1", bag, 33)
    book.leave("S1", 36, "adverse_event")
    found = disposition.estimate(book.tables().adsl)
    assert found.lymphodepleted_not_infused == ("S1",)
    assert dict(found.reasons) == {"adverse_event": 1}


@pytest.mark.parametrize("reason", ["manufacturing_failure", "progression", "withdrawal", "lost_to_follow_up"])
def test_reason_not_treated(book, day, reason):
    book.enrol("S1")
    book.leave("S1", 20, reason)
    row = book.subject("S1")
    assert (row["not_treated_reason"], row["not_treated_date"]) == (reason, day(20))


def test_death_without_discontinuation_is_the_reason(book):
    book.enrol("S1")
    book.die("S1", 12)
    assert book.subject("S1")["not_treated_reason"] == "death"


def test_waiting_subject_is_pending_and_screened_one_is_nothing(book):
    book.enrol("S1")
    book.events = book.events[:-1]
    assert book.subject("S1")["not_treated_reason"] is None
    book.enrol("S2")
    assert book.subject("S2")["not_treated_reason"] == "pending"


def test_discontinued_and_replaced_subject_stays_enrolled(book):
    book.enrol("S1")
    book.leave("S1", 9, "progression")
    book.treat("S2")
    found = disposition.estimate(book.tables().adsl)
    assert (found.enrolled, found.infused) == (2, 1)


def test_dlt_evaluable(book):
    for name in ("S1", "S2", "S3", "S4"):
        book.treat(name)
    book.window("S1", 66)
    book.window("S2", 66, evaluable=False)
    book.event("S3", "AE3", 40)
    book.add(DoseLimitingToxicityConfirmed("S3", "AE3", 1, ()), 41)
    rows = {row["usubjid"]: row for row in book.tables().adsl.iter_rows(named=True)}
    assert {name: (row["dlt_evaluable"], row["dlt"]) for name, row in rows.items()} == {
        "S1": (True, False),
        "S2": (False, False),
        "S3": (True, True),
        "S4": (False, False),
    }


def test_dlt_ruled_out_is_none(book):
    book.treat("S1")
    book.event("S1", "AE1", 40)
    book.add(DoseLimitingToxicityConfirmed("S1", "AE1", 1, ()), 41)
    book.add(DoseLimitingToxicityRuledOut("S1", "AE1", 1, ()), 50)
    assert not book.subject("S1")["dlt"]
    assert not book.tables().adae["is_dlt"][0]


@pytest.mark.parametrize(
    ("what", "evaluable"),
    [(lambda b: b.assess("S1", 66, "PR"), True), (lambda b: b.assess("S1", 66, "NE"), False),
     (lambda b: b.assess("S1", 20, "SD"), False), (lambda b: b.die("S1", 60), True)],
)  # fmt: skip
def test_efficacy_evaluable(book, what, evaluable):
    book.treat("S1")
    what(book)
    assert book.subject("S1")["efficacy_evaluable"] is evaluable


def test_last_alive_and_death(book, day):
    book.treat("S1")
    book.assess("S1", 66, "PR")
    assert book.subject("S1")["last_alive_date"] == day(66)
    book.die("S1", 90)
    row = book.subject("S1")
    assert (row["died"], row["death_date"], row["last_alive_date"]) == (True, day(90), day(90))


def test_new_therapy_counts_after_infusion_only(book, day):
    book.treat("S1")
    book.add(NewTherapyStarted("S1", "bridging", "systemic", day(20)), 20)
    assert book.subject("S1")["new_therapy_date"] is None
    book.add(NewTherapyStarted("S1", "transplant", "transplant", day(98)), 98)
    row = book.subject("S1")
    assert (row["new_therapy_day"], row["new_therapy_kind"]) == (60, "transplant")


def test_second_infusion_that_does_not_conform(book):
    book.treat("S1")
    book.infuse("S1", "S1-B2", 70, conforming=False)
    row = book.subject("S1")
    assert (row["infused"], row["infused_conforming"], row["vein_to_vein_days"]) == (True, False, 33)


@pytest.mark.parametrize(("reason", "last"), [("withdrawal", 50), ("lost_to_follow_up", 38), ("death", 38)])
def test_leaving_shows_the_subject_alive_unless_dead_or_lost(book, day, reason, last):
    book.treat("S1")
    book.leave("S1", 50, reason)
    assert book.subject("S1")["last_alive_date"] == day(last)


def test_infused_subject_without_enrolment_does_not_vanish(book):
    """It is in the table, and the disposition refuses to count it."""
    book.infuse("S1", "B1", 38)
    assert book.subject("S1")["infused"]
    with pytest.raises(UserError, match="ANL-001"):
        disposition.estimate(book.tables().adsl)


def test_screened_only_is_no_subject(book):
    book.enrol("S1")
    book.events = book.events[:2]
    assert book.tables().adsl.is_empty()


def test_age_is_counted_in_full_years(book):
    book.enrol("S1", born=date(1960, 1, 1))
    book.enrol("S2", born=date(1960, 1, 2))
    book.enrol("S3", born=None)
    assert book.tables().adsl["age"].to_list() == [65, 64, None]


def test_assigned_dose_comes_from_the_protocol(book):
    book.enrol("S1", level=2)
    book.enrol("S2", level=9)
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    data = derive(book.events, protocol)
    levels = data.dose_levels
    expected = levels.filter(level=2)["cells"][0]
    assert data.adsl["dose_assigned_cells"].to_list() == [expected, None]
    assert levels["per_kg"].to_list() == [protocol.dose.per_kg] * levels.height


def open_cohort(book, size=3):
    book.add(CohortOpened("c1", 1, size, CohortKind.ESCALATION), 0)


def replaced_by(book):
    return {row["usubjid"]: row["replaces"] for row in book.tables().adsl.iter_rows(named=True) if row["replaces"]}


def test_a_place_that_came_free_is_taken_and_nobody_is_removed(book):
    """Cohort of three: S2 leaves, S4 takes the place; S1 is found not evaluable, S5 takes that one."""
    open_cohort(book)
    for number in (1, 2, 3):
        book.enrol(f"S{number}", number)
    book.leave("S2", 10, "progression")
    book.enrol("S4", 20)
    book.infuse("S1", book.collect("S1", 12), 45)
    book.window("S1", 73, evaluable=False)
    book.enrol("S5", 80)
    assert replaced_by(book) == {"S4": "S2", "S5": "S1"}
    found = disposition.estimate(book.tables().adsl)
    assert (found.enrolled, found.replaced) == (5, ("S1", "S2"))


def test_first_subjects_of_a_cohort_replace_nobody(book):
    open_cohort(book)
    book.enrol("S1")
    book.leave("S1", 5, "withdrawal")
    book.enrol("S2", 10)
    book.enrol("S3", 11)
    assert replaced_by(book) == {}
    book.add(CohortExpanded("c1", 6), 12)
    book.enrol("S4", 13)
    assert replaced_by(book) == {}


def test_no_cohort_size_no_replacement(book):
    book.enrol("S1")
    book.leave("S1", 5, "withdrawal")
    book.enrol("S2", 10)
    assert replaced_by(book) == {}


@pytest.mark.parametrize(
    ("per_kg", "weight", "delivered", "unit"),
    [
        (True, Decimal(50), 2e6, "cells/kg"),
        (True, Decimal("62.5"), 1.6e6, "cells/kg"),
        (True, None, None, "cells/kg"),
        (True, Decimal(0), None, "cells/kg"),
        (False, Decimal(50), 1e8, "cells"),
        (False, None, 1e8, "cells"),
    ],
)
def test_a_dose_per_kilogram_is_per_kilogram_and_unknown_without_a_weight(book, per_kg, weight, delivered, unit):
    """1e8 cells were given: what is in the table says its unit, and no weight is no zero."""
    book.treat("S1", per_kg=per_kg, weight=weight)
    row = book.subject("S1")
    assert (row["dose_delivered_cells"], row["dose_delivered_unit"]) == (delivered, unit)
    assert (row["dose_delivered_total"], row["dose_per_kg"]) == (1e8, per_kg)


def test_the_assigned_dose_says_its_unit_before_any_infusion(book):
    book.enrol("S1", level=1)
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    assert protocol.dose.per_kg
    assert derive(book.events, protocol).adsl["dose_assigned_unit"].to_list() == ["cells/kg"]
    flat = protocol.model_copy(update={"dose": protocol.dose.model_copy(update={"per_kg": False})})
    assert derive(book.events, flat).adsl["dose_assigned_unit"].to_list() == ["cells"]
    assert derive(book.events, flat).adsl["dose_delivered_unit"].to_list() == [None]
