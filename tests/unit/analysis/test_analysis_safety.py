"""DLT table, graded events, rates, vein-to-vein time and agreement on small tables."""

from __future__ import annotations

import math

import pytest

from celltrial.analysis import agreement, dlt, event_rate, graded_events, vein_to_vein
from celltrial.core.errors import UserError
from celltrial.core.results import NotEstimable
from celltrial.datasets.schema import ADAE, DOSE_DECISIONS, DOSE_LEVELS

LEVELS = DOSE_LEVELS.conform(
    {"level": [1, 2, 3], "label": ["DL1", "DL2", "DL3"], "cells": [1e8, 3e8, 5e8], "per_kg": [False] * 3}
)


def decisions(*rows):
    names = ("level", "decision", "next_level", "recommended_level")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return DOSE_DECISIONS.conform({"seq": list(range(1, len(rows) + 1)), **columns})


def escalation(make_adsl):
    rows = [make_adsl.subject(i, dose_level_assigned=1, dose_level_delivered=1, dlt_evaluable=True) for i in (1, 2, 3)]
    rows += [make_adsl.subject(i, dose_level_assigned=2, dose_level_delivered=2, dlt_evaluable=True) for i in (4, 5)]
    rows.append(make_adsl.subject(6, dose_level_assigned=2, dose_level_delivered=1, dlt_evaluable=True, dlt=True))
    rows.append(make_adsl.subject(7, dose_level_assigned=2, dose_level_delivered=2))
    rows.append(make_adsl.subject(8, dose_level_assigned=2, not_treated_reason="progression"))
    return make_adsl.table(rows)


def test_dlt_by_assigned_level(make_adsl):
    """Clause 2.2.1.1-b: toxicity by dose level."""
    found = dlt.estimate(escalation(make_adsl), LEVELS, decisions((1, "escalate", 2, None), (2, "stop", None, 2)))
    rows = [(row.level, row.label, row.treated, row.evaluable, row.dlt, row.not_evaluable) for row in found.rows]
    assert rows == [(1, "DL1", 3, 3, 0, 0), (2, "DL2", 4, 3, 1, 1), (3, "DL3", 0, 0, 0, 0)]
    assert found.recommended == 2
    assert [row.recommended for row in found.rows] == [False, True, False]
    assert (found.total.treated, found.total.dlt) == (7, 1)
    assert isinstance(found.rows[2].rate, NotEstimable)


def test_dlt_by_delivered_level(make_adsl):
    found = dlt.estimate(escalation(make_adsl), LEVELS, decisions(), by="delivered")
    assert [(row.level, row.evaluable, row.dlt) for row in found.rows] == [(1, 4, 1), (2, 2, 0), (3, 0, 0)]


def test_no_recommendation_without_a_decision(make_adsl):
    found = dlt.estimate(escalation(make_adsl), LEVELS, decisions((1, "escalate", 2, None)))
    assert found.recommended.reason == "no_decision"


def test_top_level_without_dlt_has_an_upper_limit(make_adsl):
    """0 of 6 at the top dose: upper limit 39.3 % one-sided (requirement A9); two-sided 45.9 %."""
    rows = make_adsl(6, dose_level_assigned=3, dlt_evaluable=True)
    found = dlt.estimate(rows, LEVELS, decisions(), level=0.90)
    assert round(100 * found.rows[2].rate.interval.high, 1) == 39.3


def events(*rows):
    names = ("usubjid", "category", "grade", "scale", "onset_day")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    n = len(rows)
    flags = {"is_dlt": [False] * n, "serious": [False] * n}
    return ADAE.conform({**columns, "aeseq": list(range(1, n + 1)), "term": ["event"] * n, **flags})


def test_subject_counts_once_at_the_highest_grade_per_scale(make_adsl):
    adae = events(
        ("S001", "crs", 1, "ASTCT 2019", 1),
        ("S001", "crs", 3, "ASTCT 2019", 3),
        ("S001", "crs", 4, "Lee 2014", 3),
        ("S002", "crs", 2, "ASTCT 2019", 5),
        ("S003", "crs", None, "ASTCT 2019", 2),
        ("S003", "icans", 3, "ASTCT 2019", 6),
    )
    astct, lee = graded_events.estimate(adae, make_adsl(5), category="crs")
    assert (astct.scale, lee.scale) == ("ASTCT 2019", "Lee 2014")
    assert dict(astct.by_grade) == {1: 0, 2: 1, 3: 1, 4: 0, 5: 0}
    assert (astct.none, astct.unknown, astct.n) == (2, 1, 5)
    assert astct.none + astct.unknown + sum(astct.by_grade.values()) == astct.n
    assert (astct.any_grade.value, astct.severe.value) == (3 / 5, 1 / 5)
    assert "unknown_grade" in astct.any_grade.caveats
    assert astct.median_onset_day == 2
    assert lee.by_grade[4] == 1


def test_no_event_is_a_table_of_zeros(make_adsl):
    (found,) = graded_events.estimate(events(), make_adsl(4), category="crs")
    assert (found.none, found.any_grade.value, found.median_onset_day) == (4, 0, None)


def test_events_of_subjects_outside_the_set_do_not_count(make_adsl):
    adae = events(("S002", "crs", 3, "ASTCT 2019", None))
    (found,) = graded_events.estimate(adae, make_adsl(1, ["death"]), category="crs")
    assert (found.n, found.none) == (1, 1)


def test_sir_and_zero_events():
    sir = event_rate.standardised_ratio(3, 0.8, n=100)
    assert [round(v, 2) for v in (sir.value, sir.interval.low, sir.interval.high)] == [3.75, 0.77, 10.96]
    none = event_rate.estimate(0, 500, n=100)
    assert round(none.interval.high, 2) == 0.60
    assert none.interval.high == pytest.approx(-math.log(0.05) / 5, rel=1e-12)
    assert none.caveats == ("one_sided",)


@pytest.mark.parametrize("years", [None, 0, -1, math.nan])
def test_no_rate_without_person_time(years):
    found = event_rate.estimate(2, years, n=40)
    assert (found.reason, found.n) == ("no_person_time", 40)


def test_no_ratio_without_expected():
    assert event_rate.standardised_ratio(1, 0.0, n=5).reason == "no_person_time"


@pytest.mark.parametrize(("events_", "level", "code"), [(-1, 0.95, "ANL-005"), (1, 1.0, "COR-021")])
def test_bad_counts_are_refused(events_, level, code):
    with pytest.raises(UserError, match=code):
        event_rate.estimate(events_, 10, n=1, level=level)


def test_vein_to_vein(make_adsl):
    days = [30, 32, 35, 36, 40, 41, 45, 50, 60, 90]
    rows = [make_adsl.subject(i, vein_to_vein_days=d) for i, d in enumerate(days)]
    found = vein_to_vein.estimate(make_adsl.table(rows))
    assert (found.n, found.median.value, found.shortest, found.longest) == (10, 40.5, 30, 90)
    assert found.p90.value == pytest.approx(63)  # R: quantile(x, 0.9) = 63
    # the exact interval of a median of ten: 2nd to 9th, coverage 97.9 % (binomial 0.5)
    assert (found.median.interval.low, found.median.interval.high) == (32, 60)
    assert "infused_only" in found.median.caveats


def test_vein_to_vein_of_few_has_no_interval(make_adsl):
    rows = [make_adsl.subject(i, vein_to_vein_days=d) for i, d in enumerate([30, 40])]
    assert vein_to_vein.estimate(make_adsl.table(rows)).median.interval is None
    assert isinstance(vein_to_vein.estimate(make_adsl(2)).median, NotEstimable)


def test_agreement_of_investigator_and_committee():
    investigator = [True] * 27 + [False] * 7
    committee = [True] * 24 + [False] * 3 + [True] + [False] * 6
    found = agreement.estimate(investigator, committee)
    assert [round(100 * v.value, 1) for v in (found.first, found.second, found.share)] == [79.4, 73.5, 88.2]
    assert round(found.kappa.value, 2) == 0.67
    assert (found.first_only, found.second_only) == (3, 1)


@pytest.mark.parametrize(("readings", "reason"), [([], "no_pairs"), ([True, True], "no_variation")])
def test_kappa_that_does_not_exist(readings, reason):
    assert agreement.estimate(readings, readings).kappa.reason == reason


def test_readers_of_different_subjects_are_refused():
    with pytest.raises(UserError, match="ANL-004"):
        agreement.estimate([True], [])
