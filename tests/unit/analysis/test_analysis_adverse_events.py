"""Adverse events by phase and term, time to the first one, and lymphodepletion without infusion."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from celltrial.analysis import adverse_events, consequences, first_event
from celltrial.core.results import NotEstimable
from celltrial.datasets.schema import ADAE, ADCM, ADLB

INFUSED = date(2025, 3, 1)


def events(*rows):
    names = ("usubjid", "term", "grade", "phase", "onset_day", "category")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    n = len(rows)
    rest = {"aeseq": list(range(n)), "is_dlt": [False] * n, "serious": [g == 4 for g in columns["grade"]]}
    return ADAE.conform({**columns, **rest, "related": ["related"] * n, "outcome": ["resolved"] * n})


def test_lymphodepletion_events_are_not_product_emergent(make_adsl):
    """AC-A7.2."""
    adsl = make_adsl.table([make_adsl.subject(i, lymphodepleted=True) for i in (1, 2)])
    adae = events(
        ("S001", "nausea", 2, "lymphodepletion", -3, "other"),
        ("S001", "fever", 1, "infusion", 1, "crs"),
        ("S002", "fever", 4, "infusion", 2, "crs"),
        ("S002", "fever", 1, "late", 100, "crs"),
        ("S002", "rash", 3, "infusion", 9, "other"),
    )
    fever, rash = adverse_events.estimate(adae, adsl)
    assert (fever.term, fever.events, fever.subjects.value, fever.severe.value) == ("fever", 3, 1.0, 0.5)
    assert (fever.serious, fever.related, fever.fatal) == (1, 2, 0)
    assert (rash.term, rash.subjects.value) == ("rash", 0.5)
    phases = {row.phase: row for row in adverse_events.by_phase(adae, adsl)}
    assert list(phases) == ["screening", "collection", "lymphodepletion", "infusion", "late"]
    assert phases["lymphodepletion"].subjects.value == 0.5
    assert (phases["infusion"].events, phases["infusion"].severe.value) == (3, 0.5)


def test_denominator_of_a_phase_is_who_entered_it(make_adsl):
    adsl = make_adsl(2, ["progression", "progression"])
    rows = {row.phase: row for row in adverse_events.by_phase(events(), adsl)}
    assert (rows["collection"].subjects.n, rows["infusion"].subjects.n) == (4, 2)
    assert isinstance(rows["lymphodepletion"].subjects, NotEstimable)


def test_only_who_was_followed_into_the_late_phase_entered_it(make_adsl):
    """Of four infused one was followed to day 90, one to day 91, one died on day 200, one had a late event by its onset."""
    rows = [followed(make_adsl, 1, 90), followed(make_adsl, 2, 91), followed(make_adsl, 3, 200, died=True)]
    adsl = make_adsl.table([*rows, followed(make_adsl, 4, 30)])
    adae = events(("S004", "fever", 1, "late", 100, "crs"), ("S002", "fever", 1, "infusion", 5, "crs"))
    rows = {row.phase: row for row in adverse_events.by_phase(adae, adsl)}
    assert (rows["late"].entered, rows["late"].subjects.n, rows["late"].subjects.value) == (3, 3, pytest.approx(1 / 3))
    assert (rows["infusion"].entered, rows["infusion"].subjects.value) == (4, 0.25)


@pytest.mark.parametrize(
    ("grade", "outcome", "fatal"),
    [
        (5, "ongoing", 1),
        (5, "unknown", 1),
        (2, "fatal", 1),
        (4, "unknown", 0),
        (None, "resolved", 0),
        (None, "unknown", None),
    ],
)
def test_a_death_is_told_by_grade_or_outcome_and_none_where_neither_is_known(make_adsl, grade, outcome, fatal):
    adsl = make_adsl.table([followed(make_adsl, 1, 90)])
    adae = events(("S001", "fever", grade, "infusion", 5, "crs")).with_columns(outcome=pl.lit(outcome))
    [row] = adverse_events.estimate(adae, adsl)
    assert row.fatal == fatal


def followed(make_adsl, number, days, *, died=False):
    end = INFUSED + timedelta(days=days)
    return make_adsl.subject(
        number, infused_date=INFUSED, last_alive_date=end, died=died, death_date=end if died else None
    )


def test_first_event_with_death_competing(make_adsl):
    """Clause 2.3.2-k: a late event with death competing."""
    adsl = make_adsl.table(
        [
            followed(make_adsl, 1, 100),
            followed(make_adsl, 2, 2, died=True),
            followed(make_adsl, 3, 100),
            followed(make_adsl, 4, 100),
        ]
    )
    adae = events(
        ("S001", "fever", 2, "infusion", 1, "crs"),
        ("S001", "fever", 3, "infusion", 5, "crs"),
        ("S003", "fever", None, "infusion", 4, "crs"),
        ("S004", "fever", 2, "lymphodepletion", -2, "crs"),
    )
    found = first_event.estimate(adae, adsl, category="crs")
    # at risk 4, 3, 2: 1/4, then death 1/4, then 1/2 x 1/2
    assert (found.events, found.incidence.at(1).value, found.incidence.at(4).value) == (2, 0.25, 0.5)
    assert found.death_first.at(50).value == 0.25
    assert found.rate.value == pytest.approx(100 * 2 / ((1 + 2 + 4 + 100) / 365.25))
    severe = first_event.estimate(adae, adsl, category="crs", least_grade=3)
    assert (severe.events, severe.incidence.at(5).value) == (1, pytest.approx(0.25))


@pytest.mark.parametrize("phase", ["infusion", "late"])
def test_an_event_without_a_day_is_no_event_less(make_adsl, phase):
    """Where records name an event and not its day, a rate of zero would be printed of what happened to most."""
    adsl = make_adsl.table([followed(make_adsl, i, 100) for i in (1, 2)])
    adae = events(("S001", "fever", 3, phase, None, "crs"), ("S002", "fever", 1, "infusion", 4, "crs"))
    found = first_event.estimate(adae, adsl, category="crs")
    assert (found.events, found.undated) == (2, 1)
    assert {one.reason for one in (found.incidence, found.death_first, found.rate)} == {"onset_not_recorded"}
    severe = first_event.estimate(adae, adsl, category="crs", least_grade=3)
    assert (severe.events, severe.undated, severe.rate.reason) == (1, 1, "onset_not_recorded")
    assert first_event.estimate(adae, adsl, category="icans").rate.value == 0


def test_an_event_without_a_day_that_began_before_the_cells_is_none_of_theirs(make_adsl):
    adsl = make_adsl.table([followed(make_adsl, 1, 100)])
    found = first_event.estimate(events(("S001", "fever", 3, "lymphodepletion", None, "crs")), adsl, category="crs")
    assert (found.events, found.undated, found.rate.value) == (0, 0, 0)


def test_no_event_and_no_subject(make_adsl):
    found = first_event.estimate(events(), make_adsl.table([followed(make_adsl, 1, 50)]), category="crs")
    assert (found.incidence.reason, found.rate.value) == ("no_events_recorded", 0)
    assert first_event.estimate(events(), make_adsl(0), category="crs").reason == "no_subjects"


def test_without_follow_up_there_is_no_rate(make_adsl):
    found = first_event.estimate(events(), make_adsl.table([followed(make_adsl, 1, 0)]), category="crs")
    assert found.rate.reason == "no_person_time"


def counts(paramcd, *pairs, unit="10^9/L"):
    return ADLB.conform(
        {
            "usubjid": ["S001"] * len(pairs),
            "paramcd": [paramcd] * len(pairs),
            "seq": list(range(len(pairs))),
            "adt": [INFUSED + timedelta(days=day) for day, _ in pairs],
            "value": [value for _, value in pairs],
            "unit": [unit] * len(pairs),
        }
    )


def lost(make_adsl, **given):
    days = {"lymphodepleted_date": INFUSED, "collected_date": INFUSED - timedelta(days=40)}
    row = make_adsl.subject(1, not_treated_reason="death", lymphodepleted=True, **days, **given)
    return make_adsl.table([row, make_adsl.subject(2)])


def test_consequences_of_lymphodepletion_without_infusion(make_adsl):
    adsl = lost(make_adsl, died=True, death_date=INFUSED + timedelta(days=60))
    adcm = ADCM.conform(
        {
            "usubjid": ["S001"] * 4,
            "seq": [1, 2, 3, 4],
            "treatment": ["platelet_transfusion", "platelet_transfusion", "salvage", "red_cell_transfusion"],
            "category": ["concomitant", "concomitant", "anticancer", "concomitant"],
            "start_date": [INFUSED + timedelta(days=day) for day in (5, 8, 30, -1)],
        }
    )
    (line,) = consequences.estimate(adsl, counts("ANC", (-3, 3.0), (4, 0.1), (9, 0.4), (12, 0.6)), adcm)
    assert (line.usubjid, line.reason, line.transfusions, line.next_therapy) == ("S001", "death", 2, ("salvage", 30))
    assert (line.survival_days, line.died) == (100, True)
    assert line.neutrophil_recovery.value == 12
    assert line.platelet_recovery.reason == "no_samples"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [([(3, 2.0), (9, 1.0)], 0), ([(3, 0.1), (9, 0.2)], "not_recovered"), ([(3, 0.4), (5, 0.6), (7, 0.1), (9, 0.7)], 9)],
)  # fmt: skip
def test_recovery_of_the_counts(make_adsl, pairs, expected):
    adcm = ADCM.empty()
    (line,) = consequences.estimate(lost(make_adsl), counts("anc", *pairs), adcm)
    found = line.neutrophil_recovery
    assert (found.reason if isinstance(expected, str) else found.value) == expected
    assert (line.next_therapy, line.survival_days, line.transfusions) == (None, None, 0)


def test_counts_in_another_unit_are_converted_and_those_of_something_else_not_used(make_adsl):
    (line,) = consequences.estimate(lost(make_adsl), counts("anc", (3, 100.0), unit="/uL"), ADCM.empty())
    assert line.neutrophil_recovery.reason == "not_recovered"
    (line,) = consequences.estimate(lost(make_adsl), counts("anc", (3, 100.0), unit="mg/dL"), ADCM.empty())
    assert line.neutrophil_recovery.reason == "no_samples"
