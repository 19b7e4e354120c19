"""F3: heights and weights are recorded as measured; the z-scores beside them make one curve with those told before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from celltrial.conduct.acts.follow_up.commands import RecordGrowth
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.follow_up.events import GrowthMeasured, GrowthScore
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.values import at_least


@pytest.fixture
def child(journey):
    """A trial with one subject, born on 2021-02-01 and infused on 2025-03-01."""
    trip = journey({"population.criteria.0.value": 1}, start=datetime(2025, 1, 20, 2, tzinfo=UTC))
    trip.prepare("P1", "B1", born=date(2021, 2, 1))
    trip.deplete("P1", "B1", Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai"))
    trip.infuse("P1", "B1")
    return trip


def grow(trip, measure, value, month, *, unit="", z=None, indicator="height_for_age"):
    """Record a measure on the first day of a month of 2026, with a z-score as the application works it out."""
    trip.now = max(trip.now, datetime(2026, month, 1, 4, tzinfo=UTC))
    scores = () if z == "none" else (GrowthScore(indicator, z and Decimal(z), "who_growth/1", "tables 1.0"),)
    fact = GrowthMeasured("P1", measure, Decimal(value), date(2026, month, 1), unit, None, scores)
    return trip.ask(RecordGrowth(fact))


def alerts(answer):
    return [(d.fact.code, str(d.fact.detail)) for d in answer.drafts if isinstance(d.fact, AlertRaised)]


def test_what_was_measured_and_what_was_worked_out_stand_side_by_side(child):
    assert isinstance(grow(child, "height", "103.5", 1, unit="cm", z="-0.3"), Accepted)
    [kept] = child.state.subjects["P1"].follow_up.growth
    assert (kept.value, kept.unit) == (Decimal("103.5"), "cm")
    assert [(item.z, item.rule, item.tables) for item in kept.scores] == [
        (Decimal("-0.3"), "who_growth/1", "tables 1.0")
    ]


def test_a_fall_of_1_1_is_alerted_from_measured_heights(child):
    """AC-F3.2: height z from -0.3 to -1.4, worked out from what was measured."""
    assert not alerts(grow(child, "height", "103.5", 1, unit="cm", z="-0.3"))
    assert not alerts(grow(child, "height", "103.6", 4, unit="cm", z="-0.9"))
    told = alerts(grow(child, "height", "103.7", 7, unit="cm", z="-1.4"))
    assert told == [(Code.ALERT_GROWTH, "z_score_fell(curve=growth_curve height_z, before=-0.3, after=-1.4, fall=1.1)")]


def test_z_scores_told_and_worked_out_make_one_curve(child):
    """AC-F3.2 where the first z came from elsewhere."""
    assert not alerts(grow(child, "height_z", "-0.3", 1, z="none"))
    assert alerts(grow(child, "height", "103.7", 7, unit="cm", z="-1.4"))


def test_a_z_that_is_not_evaluable_is_no_point_of_the_curve(child):
    """A height without tables is kept; its z is not 0, from which -1.1 would be a fall."""
    assert not alerts(grow(child, "height", "103.5", 1, unit="cm", z=None))
    assert child.state.subjects["P1"].follow_up.growth[0].scores[0].z is None
    assert not alerts(grow(child, "height", "103.7", 7, unit="cm", z="-1.1"))
    assert not alerts(grow(child, "height", "104.7", 10, unit="cm", z=None))


def test_height_and_weight_are_apart(child):
    assert not alerts(grow(child, "height", "103.5", 1, unit="cm", z="0.9"))
    assert not alerts(grow(child, "weight", "15.5", 4, unit="kg", z="-1.4", indicator="weight_for_age"))


@pytest.mark.parametrize(
    ("measure", "value", "unit", "code"),
    [
        ("height", "1.03", "kg", Code.UNIT_MISMATCH),
        ("height", "103", "m", Code.VALUE_NOT_USABLE),
        ("height", "103.5", "", Code.UNIT_MISMATCH),
        ("weight", "15500", "mL", Code.UNIT_MISMATCH),
        ("weight", "15.5", "g", Code.VALUE_NOT_USABLE),
        ("height", "19.9", "cm", Code.VALUE_NOT_USABLE),
        ("height", "250.1", "cm", Code.VALUE_NOT_USABLE),
        ("weight", "0.4", "kg", Code.VALUE_NOT_USABLE),
        ("weight", "301", "kg", Code.VALUE_NOT_USABLE),
    ],
)
def test_another_unit_and_what_no_child_has_are_refused(child, measure, value, unit, code):
    answer = grow(child, measure, value, 1, unit=unit, z="none")
    assert isinstance(answer, Refused)
    assert [item.code for item in answer.conditions] == [code]


@pytest.mark.parametrize(
    ("measure", "value", "unit"),
    [
        ("height", "20", "cm"),
        ("height", "1.03", "m"),
        ("weight", "300", "kg"),
        ("weight", "15500", "g"),
        ("tanner", "2", ""),
    ],
)
def test_the_ends_of_the_range_and_other_measures_are_taken(child, measure, value, unit):
    assert isinstance(grow(child, measure, value, 1, unit=unit, z="none"), Accepted)


def test_nothing_is_measured_before_birth(child):
    fact = GrowthMeasured("P1", "height", Decimal(50), date(2021, 1, 31), "cm")
    answer = child.ask(RecordGrowth(fact))
    assert [(item.code, item.needed) for item in answer.conditions] == [(Code.ORDER_WRONG, at_least(date(2021, 2, 1)))]
