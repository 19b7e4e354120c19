"""The course of one kind of event, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from celltrial.analysis import event_course
from celltrial.clinical.rescue_drugs_data import RESCUE_DRUGS
from celltrial.datasets.schema import ADAE, ADCM, ADSL

START = date(2025, 1, 1)


def conform(spec, rows):
    columns = {name: [row.get(name) for row in rows] for name in spec.schema}
    return spec.conform(pl.DataFrame(columns, schema=spec.schema, strict=False))


@pytest.fixture(scope="module")
def adsl():
    flags = ("consented", "enrolled", "collected", "lymphodepleted", "infused", "infused_conforming", "safety")
    others = ("dlt_evaluable", "efficacy_evaluable", "dlt", "died")
    return conform(
        ADSL,
        [
            {"usubjid": who, "infused_date": START, **dict.fromkeys(flags, True), **dict.fromkeys(others, False)}
            for who in "ABCD"
        ],
    )


def event(who, n, onset, end, grade, **more):
    return {
        "usubjid": who,
        "aeseq": n,
        "term": "CRS",
        "category": "crs",
        "grade": grade,
        "onset_day": onset,
        "resolved_day": end,
        "phase": "infusion",
        "is_dlt": False,
    } | more


def course(adsl, rows, drugs=()):
    given = [
        {
            "usubjid": who,
            "seq": n,
            "treatment": name,
            "category": "concomitant",
            "start_date": START + timedelta(days=first),
            "end_date": None if last is None else START + timedelta(days=last),
        }
        for n, (who, name, first, last) in enumerate(drugs, start=1)
    ]
    return event_course.estimate(conform(ADAE, rows), adsl, conform(ADCM, given), category="crs", drugs=RESCUE_DRUGS)


def test_a_subject_counts_once_from_the_first_onset_to_the_last_end(adsl):
    found = course(adsl, [event("A", 1, 2, 4, 1), event("A", 2, 6, 9, 3), event("B", 1, 1, 1, 2)])
    assert (found.n, found.subjects) == (4, 2)
    assert (found.onset.median, found.onset.low, found.onset.high) == (1.5, 1, 2)
    assert (found.duration.low, found.duration.high) == (1, 8)
    assert found.worst == {0: 0, 1: 0, 2: 1, 3: 1, 4: 0, 5: 0}
    assert found.serious is None


def test_what_has_no_end_has_not_ended_and_no_length(adsl):
    found = course(adsl, [event("A", 1, 2, 4, 1), event("A", 2, 6, None, None), event("B", 1, 3, None, None)])
    assert found.duration is None
    assert (found.resolved.value, found.resolved.n) == (0.0, 2)
    assert found.worst[0] == 1


def test_before_the_infusion_is_no_reaction_to_the_cells(adsl):
    assert course(adsl, [event("A", 1, -3, -1, 2), event("B", 1, 3, 4, 2, phase="collection")]).subjects == 0


def test_a_drug_counts_while_the_event_lasted(adsl):
    rows = [event("A", 1, 2, 5, 2), event("B", 1, 2, None, 3), event("C", 1, 2, 5, 2, serious=True)]
    drugs = [
        ("A", "Tocilizumab", 3, None),
        ("A", "tocilizumab", 4, None),
        ("B", "Dexamethasone", 60, None),
        ("C", "dexamethasone", 6, 9),
        ("C", "去甲肾上腺素", 1, 2),
        ("D", "tocilizumab", 3, 3),
    ]
    found = course(adsl, rows, drugs)
    assert found.treated == {"tocilizumab": 1, "other_anticytokine": 0, "corticosteroid": 1, "vasopressor": 1}
    assert found.serious == 1
