"""Survival: edges of the curve, the rule of quantiles, origins and their caveats."""

from __future__ import annotations

import math

import pytest

from celltrial.analysis import cumulative_incidence, kaplan_meier, restricted_mean, time_to_event
from celltrial.core.errors import UserError
from celltrial.core.results import NotEstimable
from celltrial.datasets.schema import ADTTE


@pytest.mark.parametrize(
    ("time", "event", "median"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),  # flat at exactly 0.5 from 2 to 3: the middle, as R
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 1], 4.0),  # flat from 3 to 5, a censoring between
        ([1, 2, 3, 4], [1, 1, 0, 0], 3.0),  # flat to the end of follow-up, day 4
        ([1, 2, 3], [1, 1, 1], 2.0),
        ([5], [1], 5.0),
        ([0, 1, 2], [1, 1, 0], 1.0),  # an event on the day of origin
    ],
)
def test_median(time, event, median):
    assert kaplan_meier.estimate(time, [bool(e) for e in event]).median.value == median


def test_median_at_a_half_missed_by_rounding():
    """0.9 * ... * 0.5555 is 0.5 up to rounding after 5 of 10 events."""
    curve = kaplan_meier.estimate(list(range(1, 11)), [True] * 10)
    assert curve.survival[4] == pytest.approx(0.5)
    assert curve.median.value == 5.5


def test_median_not_reached():
    curve = kaplan_meier.estimate([1, 2, 3, 4], [True, False, False, False])
    assert curve.median.reason == "not_reached"


def test_open_upper_end():
    found = kaplan_meier.estimate([1, 2, 3, 4, 5], [True, True, True, False, False]).median
    assert math.isinf(found.interval.high)
    assert "upper_limit_not_reached" in found.caveats


def test_no_one_had_the_event():
    curve = kaplan_meier.estimate([3, 3, 3], [False] * 3)
    assert curve.survival == (1.0,)
    assert curve.at(2).value == 1
    assert isinstance(curve.median, NotEstimable)


def test_reading_the_curve():
    curve = kaplan_meier.estimate([2, 4, 6, 8], [True, False, True, True])
    assert (curve.at(1).value, curve.at(1).interval) == (1.0, None)
    assert curve.at(2).value == 0.75
    assert curve.numbers_at_risk([0, 2, 2.5, 8, 9]) == (4, 4, 3, 1, 0)
    assert curve.at(100).value == 0  # all had the event: known for ever
    assert "small_number_at_risk" in curve.at(8).caveats
    censored = kaplan_meier.estimate([2, 4], [True, False])
    assert censored.at(5).reason == "beyond_follow_up"


def test_no_subjects():
    assert kaplan_meier.estimate([], []).reason == "no_subjects"
    assert cumulative_incidence.estimate([], []).reason == "no_subjects"


@pytest.mark.parametrize(("time", "event"), [([1.0], []), ([-1.0], [True]), ([math.nan], [True]), ([math.inf], [True])])
def test_bad_times_are_refused(time, event):
    with pytest.raises(UserError, match="ANL-007"):
        kaplan_meier.estimate(time, event)
    with pytest.raises(UserError, match="ANL-007"):
        cumulative_incidence.estimate(time, ["x" for _ in event])


def test_bad_quantile_level_and_horizon_are_refused():
    curve = kaplan_meier.estimate([1, 2], [True, False])
    with pytest.raises(UserError, match="ANL-006"):
        curve.quantile(1)
    with pytest.raises(UserError, match="COR-021"):
        kaplan_meier.estimate([1], [True], level=1)
    with pytest.raises(UserError, match="ANL-008"):
        restricted_mean.estimate(curve, horizon=0)
    assert restricted_mean.estimate(curve, horizon=3).reason == "beyond_follow_up"


def test_incidence_of_one_cause_is_one_minus_kaplan_meier():
    time, event = [1, 2, 2, 3, 5, 8], [True, False, True, True, False, True]
    curve = kaplan_meier.estimate(time, event)
    found = cumulative_incidence.estimate(time, ["relapse" if e else "" for e in event])["relapse"]
    assert found.events == 4
    for when in (1, 2, 3, 5, 8):
        assert found.at(when).value == pytest.approx(1 - curve.at(when).value)
    assert found.at(0.5).value == 0
    assert found.at(9).value == 1 - curve.at(9).value == 1  # all who were followed had it: known for ever
    assert cumulative_incidence.estimate([1, 2], ["", ""]).reason == "no_events_recorded"


def test_an_incidence_is_known_for_ever_where_nobody_is_left_without_an_event_and_else_ends_with_the_follow_up():
    everybody = cumulative_incidence.estimate([3, 5, 5, 9], ["event", "death", "event", "event"])
    assert (everybody["event"].at(30).value, everybody["death"].at(30).value) == (0.75, 0.25)  # counted: 3 and 1 of 4
    alike = cumulative_incidence.estimate([3, 5, 9], ["event"] * 3)["event"].at(30)
    assert (alike.value, alike.interval) == (1, None)
    for cause in (["event", "death", ""], ["event", "", ""]):
        left = cumulative_incidence.estimate([3, 5, 9], cause)["event"]
        assert left.at(30).reason == "beyond_follow_up"
    tied = cumulative_incidence.estimate([3, 9, 9], ["event", "event", ""])["event"]
    assert tied.at(9.5).reason == "beyond_follow_up"


def tte(*rows):
    names = ("usubjid", "paramcd", "origin", "aval", "cnsr")
    return ADTTE.conform({name: [row[i] for row in rows] for i, name in enumerate(names)})


def test_survival_from_infusion_carries_a_note_and_survival_from_enrolment():
    rows = tte(
        ("S1", "OS", "infusion", 100.0, 0),
        ("S2", "OS", "infusion", 200.0, 1),
        ("S1", "OS", "enrolment", 140.0, 0),
        ("S2", "OS", "enrolment", 240.0, 1),
        ("S3", "OS", "enrolment", 20.0, 0),
    )
    found = time_to_event.estimate(rows, endpoint="OS", origin="infusion")
    assert "immortal_time" in found.caveats
    assert (found.curve.n, found.beside.curve.n, found.beside.origin) == (2, 3, "enrolment")
    assert found.beside.caveats == ()
    # reverse Kaplan-Meier: only S2 is censored, at 200
    assert found.follow_up.value == 200


def test_survival_from_infusion_alone_is_refused():
    rows = tte(("S1", "OS", "infusion", 100.0, 0))
    found = time_to_event.estimate(rows, endpoint="OS", origin="infusion")
    assert found.reason == "enrolment_origin_missing"


def test_duration_of_response_is_for_responders():
    found = time_to_event.estimate(tte(("S1", "DOR", "response", 50.0, 0)), endpoint="DOR", origin="response")
    assert found.caveats == ("selected_responders",)
    assert found.curve.population == "responders"
    assert time_to_event.estimate(tte(), endpoint="PFS", origin="enrolment").reason == "no_subjects"
    assert time_to_event.estimate(tte(), endpoint="PFS", origin="infusion").reason == "no_subjects"


def ended(*rows):
    names = ("usubjid", "paramcd", "origin", "aval", "cnsr", "evntdesc", "reader")
    return ADTTE.conform({name: [row[i] for row in rows] for i, name in enumerate(names)})


def test_who_left_before_infusion_has_no_follow_up_and_its_fate_leaves_limits():
    """4 enrolled, 1 died on day 100, 1 was followed to day 400; 2 left on day 30 and were not seen again."""
    rows = ended(
        ("S1", "OS", "enrolment", 100.0, 0, "death", None),
        ("S2", "OS", "enrolment", 400.0, 1, "last_alive", None),
        ("S3", "OS", "enrolment", 30.0, 1, "left_before_infusion", None),
        ("S4", "OS", "enrolment", 30.0, 1, "left_before_infusion", None),
    )
    found = time_to_event.estimate(rows, endpoint="OS", origin="enrolment")
    assert found.unfollowed == 2
    low, high = found.bounds
    assert (low.events, found.curve.events, high.events) == (3, 1, 1)
    assert (low.at(365).value, found.curve.at(365).value, high.at(365).value) == (0.25, 0.5, 0.75)


@pytest.mark.parametrize(
    ("aval", "cnsr", "how", "unknown", "lost"),
    [
        (0.0, 1, "last_alive", (), 1),  # never seen after the origin
        (0.0, 1, "origin_only", (), 1),
        (0.0, 0, "death", (), 0),  # died on the day
        (50.0, 1, "last_alive", (), 0),
        (50.0, 1, "last_alive", ("S1",), 1),  # the source does not say whether it died
        (50.0, 0, "death", ("S1",), 0),
    ],
)
def test_who_counts_as_without_follow_up(aval, cnsr, how, unknown, lost):
    rows = ended(("S1", "OS", "enrolment", aval, cnsr, how, None), ("S2", "OS", "enrolment", 200.0, 0, "death", None))
    found = time_to_event.estimate(rows, endpoint="OS", origin="enrolment", unknown=unknown)
    assert (found.unfollowed, found.bounds is None) == (lost, not lost)


def test_only_the_rows_of_one_reader_count():
    rows = ended(
        ("S1", "PFS", "enrolment", 100.0, 0, "progression", "investigator"),
        ("S1", "PFS", "enrolment", 130.0, 1, "last_assessment", "irc"),
    )
    for reader, (time, events) in {"investigator": (100.0, 1), "irc": (130.0, 0)}.items():
        curve = time_to_event.estimate(rows, endpoint="PFS", origin="enrolment", reader=reader).curve
        assert (curve.n, curve.time[-1], curve.events) == (1, time, events)


def test_before_the_first_time_survival_is_one_without_an_interval_and_from_it_on_with_one():
    curve = kaplan_meier.estimate([2, 3, 5, 8, 9], [True, True, False, True, False])
    before, first = curve.at(1), curve.at(2)
    assert (before.value, before.interval, before.detail["n_risk"]) == (1.0, None, 5.0)
    assert first.interval is not None
    assert (first.interval.low, first.interval.high) == (curve.low[0], curve.high[0])


def test_beyond_the_last_time_it_names_the_last_time():
    curve = kaplan_meier.estimate([2, 3, 5, 8], [True, True, False, False])
    assert curve.at(9).params == {"time": 9, "last": 8.0}


def test_few_at_risk_is_said_below_the_limit_and_not_above():
    curve = kaplan_meier.estimate(range(1, 41), [True] * 40)
    few = [int(curve.at(t).detail["n_risk"]) for t in range(1, 41) if curve.at(t).caveats]
    assert few == sorted(range(1, max(few) + 1), reverse=True)
    assert max(few) == kaplan_meier.FEW_AT_RISK - 1


@pytest.mark.parametrize("p", [-0.5, 0, 1, 1.5])
def test_a_quantile_is_of_a_share_between_0_and_1(p):
    curve = kaplan_meier.estimate([1, 2, 3], [True] * 3)
    with pytest.raises(UserError, match="ANL-006"):
        curve.quantile(p)


def test_nobody_gives_no_curve_and_counts_nobody():
    found = kaplan_meier.estimate([], [])
    assert (found.reason, found.n) == ("no_subjects", 0)
