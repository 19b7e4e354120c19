"""Data cuts along the two times, and corrections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.core.errors import UserError
from celltrial.datasets import CutKind, DataCut


def at(kind, day):
    return DataCut(CutKind(kind), datetime(2025, 1, 1, 23, tzinfo=UTC) + timedelta(days=day))


def test_death_reported_late(book):
    """Died on day 60, known on day 90: at a cut on day 70 it has occurred and is not known."""
    book.treat("S1")
    book.die("S1", 60, known=90)
    assert not book.subject("S1", at("as_known", 70))["died"]
    assert book.subject("S1", at("as_occurred", 70))["died"]
    assert book.subject("S1", at("as_known", 90))["died"]


def test_what_has_not_happened_is_in_neither(book):
    book.treat("S1")
    book.assess("S1", 66, "PR")
    for kind in CutKind:
        data = book.tables(at(kind, 50))
        assert data.adrs.is_empty()
        assert data.adsl["infused"][0]
        assert book.tables(at(kind, 66)).adrs.height == 1


def test_no_moment_keeps_everything(book):
    book.treat("S1")
    book.die("S1", 60, known=400)
    for kind in CutKind:
        assert book.tables(DataCut(kind)).adsl["died"][0]


def test_correction_is_known_from_its_recording(book, day):
    book.treat("S1")
    book.die("S1", 60)
    position = len(book.events)
    book.add(FactCorrected(position, "death/S1", "died_on", str(day(60)), str(day(55))), 80)
    assert book.subject("S1", at("as_known", 70))["death_date"] == day(60)
    assert book.subject("S1", at("as_known", 80))["death_date"] == day(55)
    assert book.subject("S1", at("as_occurred", 70))["death_date"] == day(55)


def test_correction_of_the_moment_moves_the_event(book, day):
    book.treat("S1")
    infusion = len(book.events) - 1
    book.add(FactCorrected(infusion, "infusion/S1", "occurred", "", "2025-02-10T02:00:00+00:00"), 60)
    row = book.subject("S1")
    assert (row["infused_date"], row["vein_to_vein_days"]) == (day(40), 35)


@pytest.mark.parametrize(
    ("field", "new", "column", "value"),
    [
        ("grade", "3", "grade", 3),
        ("grade", "", "grade", None),
        ("term", "chills", "term", "chills"),
        ("relatedness", "unrelated", "related", "not_related"),
    ],
)
def test_fields_of_every_type_are_corrected(book, field, new, column, value):
    book.treat("S1")
    book.event("S1", "AE1", 40)
    book.add(FactCorrected(len(book.events), "adverse_event/AE1", field, "", new), 60)
    assert book.tables().adae[column][0] == value


@pytest.mark.parametrize(("field", "new"), [("weight", "70"), ("died_on", "soon"), ("occurred", "noon")])
def test_correction_that_does_not_fit_is_one_message(book, field, new):
    book.treat("S1")
    book.die("S1", 60)
    book.add(FactCorrected(len(book.events), "death/S1", field, "", new), 80)
    with pytest.raises(UserError) as caught:
        book.tables()
    assert [item.id for item in caught.value.faults] == ["DAT-006"]
    assert caught.value.faults[0].where == f"event {len(book.events) - 1}"


def test_two_derivations_are_equal(book):
    for name in ("S2", "S1"):
        book.treat(name)
        book.assess(name, 66, "PR")
    first, second = book.tables().tables(), book.tables().tables()
    assert all(first[name].equals(second[name]) for name in first)
    assert book.tables().adsl["usubjid"].to_list() == ["S1", "S2"]


def test_facts_of_the_trial(book):
    data = book.tables()
    assert (data.trial, data.facts["origin"], data.facts["events"]) == ("T1", "simulated", 1)


def test_a_flag_is_corrected(book):
    book.treat("S1")
    book.window("S1", 66)
    book.add(FactCorrected(len(book.events), "window/S1", "evaluable", "true", "no"), 80)
    assert not book.subject("S1")["dlt_evaluable"]


def test_a_moment_inside_a_fact_is_not_corrected_by_text(book):
    book.treat("S1")
    book.event("S1", "AE1", 40)
    book.add(FactCorrected(len(book.events), "adverse_event/AE1", "aware", "", "2025-02-10T02:00:00+00:00"), 80)
    with pytest.raises(UserError, match="DAT-006"):
        book.tables()


def test_correction_beyond_the_cut_does_nothing(book):
    book.treat("S1")
    book.add(FactCorrected(9_999, "death/S1", "died_on", "", "2025-01-01"), 80)
    assert book.subject("S1")["infused"]
