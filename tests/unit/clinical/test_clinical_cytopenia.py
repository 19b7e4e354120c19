"""ICAHT and T-ICAHT: the vectors of the rule table, gaps, censoring; and one value a day."""

from __future__ import annotations

import pytest

from celltrial.clinical.daily_counts import DayCount, daily_grid, joined_runs
from celltrial.clinical.icaht import derive_early_icaht, derive_late_icaht
from celltrial.clinical.queries import Caveat
from celltrial.clinical.t_icaht import derive_early_t_icaht, derive_late_t_icaht, platelet_recovery_day
from celltrial.core.errors import UserError


def counts(low_days, low=500, high=2000, last=30):
    return [DayCount(day, low if day in low_days else high) for day in range(last + 1)]


@pytest.mark.parametrize(
    ("given", "last", "grade"),
    [
        (counts(range(8, 14)), None, 1),
        (counts(range(8, 15)), None, 2),
        (counts(range(8, 21)), None, 2),
        (counts(range(8, 22)), None, 3),
        (counts([*range(5, 10), *range(12, 17)]), None, 2),
        (counts([*range(5, 10), *range(13, 18)]), None, 1),
        (counts([*range(8, 10), 17], 500) + [DayCount(day, 100) for day in range(10, 17)], None, 3),
        (counts(range(8, 15), 100), None, 3),
        (counts(range(8, 22), 100), None, 4),
        (counts(range(31)), None, 4),
        (counts(range(2, 17), last=16), 16, 4),
        (counts(range(3, 31)), None, 4),
        (counts(range(4, 31)), None, 3),
        (counts(range(4, 17), last=16), 16, 2),
        (counts([10], 500), None, 1),
        (counts([10], 501), None, 0),
        (counts([]), None, 0),
    ],
)
def test_early(given, last, grade):
    found = derive_early_icaht(given, last_follow_up_day=last)
    assert (found.grade, found.incomplete) == (grade, False)
    assert derive_early_icaht(given[::-1], last_follow_up_day=last) == found


def test_low_counts_from_the_start_are_never_recovered_only_once_follow_up_has_ended():
    first_days = [DayCount(day, 400) for day in range(3)]
    going_on = derive_early_icaht(first_days)
    assert (going_on.label, going_on.domain("never recovered").high) == (">=1", 4)
    assert derive_early_icaht(first_days, last_follow_up_day=2).label == "4"
    assert derive_early_icaht(first_days, last_follow_up_day=14).label == "4"
    assert derive_early_icaht(first_days, last_follow_up_day=5).deciding == ("never recovered",)


def test_counts_that_stop_while_follow_up_goes_on_past_day_30_leave_recovery_open():
    """Nobody died and nobody was lost: the days without a count may have been days of recovery."""
    stopped = [DayCount(day, 400) for day in range(11)]
    for last in (None, 31, 60):
        found = derive_early_icaht(stopped, last_follow_up_day=last)
        assert (found.label, found.domain("never recovered").high) == (">=2", 4)
    assert derive_early_icaht(stopped, last_follow_up_day=30).label == "4"
    assert derive_early_icaht(counts(range(2, 31)), last_follow_up_day=60).label == "4"


def test_ten_days_at_500_with_seven_at_100():
    given = [DayCount(day, 2000) for day in range(31) if not 8 <= day < 18]
    given += [DayCount(day, 100 if 10 <= day < 17 else 500) for day in range(8, 18)]
    assert derive_early_icaht(given).grade == 3


def test_the_lowest_value_of_a_day_counts():
    assert derive_early_icaht([*counts([]), DayCount(9, 300)]).grade == 1


def test_up_to_seven_days_are_interpolated_and_longer_gaps_stay_unknown():
    week = derive_early_icaht([DayCount(day, 400 if day in {8, 16} else 2000) for day in (0, 8, 16, 24, 30)])
    assert (week.grade, week.incomplete) == (2, False)
    longer = derive_early_icaht([DayCount(day, 400 if day in {8, 17} else 2000) for day in (0, 8, 17, 24, 30)])
    assert (longer.label, longer.incomplete) == (">=1", True)


def test_interpolation_is_linear_and_rounded_to_ten_while_measured_values_stay():
    grid = daily_grid([DayCount(0, 501), DayCount(3, 1000), DayCount(5, 1001)], 0, 7)
    assert [int(value) for value in grid.values] == [501, 670, 830, 1000, 1000, 1001, 1001, 1001]
    assert grid.measured == {0, 3, 5}
    assert daily_grid([DayCount(9, 1)], 0, 9).values[0] is None


def test_no_count_is_ne():
    assert derive_early_icaht([]).label == "NE"
    assert derive_early_icaht([DayCount(40, 100)]).label == "NE"
    assert derive_late_icaht([DayCount(10, 100)]).label == "NE"


def test_cumulative_days_are_a_parameter():
    given = counts([*range(1, 6), *range(10, 15), *range(20, 25)])
    assert derive_early_icaht(given).grade == 1
    assert derive_early_icaht(given, cumulative=True).grade == 3


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        ([(40, 1500), (50, 1500)], 1),
        ([(40, 1501), (50, 1501)], 0),
        ([(40, 1000), (50, 1500)], 2),
        ([(40, 500), (50, 1500)], 3),
        ([(40, 100), (50, 1500)], 4),
        ([(40, 100), (50, 1501)], 0),
        ([(31, 900), (100, 900)], 2),
        ([(30, 100), (31, 900), (100, 900), (101, 100)], 2),
    ],
)
def test_late(values, grade):
    assert derive_late_icaht([DayCount(*item) for item in values]).grade == grade


def test_a_single_late_value_is_graded_and_flagged():
    found = derive_late_icaht([DayCount(50, 450)])
    assert (found.grade, found.caveats) == (3, (Caveat.SINGLE_VALUE,))


@pytest.mark.parametrize("end", ["next_therapy_day", "progression_day", "last_follow_up_day", "last_day"])
def test_late_counts_end_with_the_first_event(end):
    given = [DayCount(40, 1200), DayCount(45, 1300), DayCount(70, 50), DayCount(71, 60)]
    assert derive_late_icaht(given).grade == 4
    assert derive_late_icaht(given, **{end: 60}).grade == 1


def platelets(low, days, first=0, last=30):
    return [DayCount(day, low if day in days else 150) for day in range(first, last + 1)]


@pytest.mark.parametrize(
    ("low", "n", "grade"),
    [(50, 10, 0), (49, 1, 1), (49, 6, 1), (49, 7, 2), (20, 6, 1), (19, 1, 3), (19, 13, 3), (19, 14, 4)],
)
def test_early_platelets(low, n, grade):
    assert derive_early_t_icaht(platelets(low, range(5, 5 + n))).grade == grade


def test_early_platelets_count_days_not_runs():
    assert derive_early_t_icaht(platelets(40, [1, 4, 8, 12, 16, 20, 24])).grade == 2
    assert derive_early_t_icaht([]).label == "NE"
    assert derive_early_t_icaht([DayCount(0, 100), DayCount(30, 100)]).label == "NE"


@pytest.mark.parametrize(("low", "n", "grade"), [(100, 9, 0), (99, 2, 1), (49, 2, 2), (19, 2, 3), (19, 14, 4)])
def test_late_platelets(low, n, grade):
    assert derive_late_t_icaht(platelets(low, range(40, 40 + n), 31, 100)).grade == grade


def test_one_low_late_platelet_count_is_transient_unless_it_is_the_only_one():
    assert derive_late_t_icaht(platelets(19, [40], 31, 100)).grade == 0
    alone = derive_late_t_icaht([DayCount(34, 60)], last_day=37)
    assert (alone.grade, alone.caveats) == (1, (Caveat.SINGLE_VALUE,))
    assert derive_late_t_icaht([]).label == "NE"


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ([(35, 160), (60, 150), (95, 170)], "0"),
        ([(35, 40), (60, 80), (95, 160)], "2"),
        ([(35, 19), (60, 80), (95, 160)], ">=3"),
        ([(35, 19), (36, 30), (60, 80)], ">=3"),
    ],
)
def test_late_platelets_taken_monthly_are_graded_as_measured_and_leave_only_grade_4_open(values, label):
    assert derive_late_t_icaht([DayCount(*item) for item in values]).label == label


def test_platelet_recovery_needs_three_days_and_no_transfusion_in_the_week():
    given = platelets(10, range(5, 9))
    assert platelet_recovery_day(given, last_day=30) == 9
    assert platelet_recovery_day(given, transfusion_days=[8], last_day=30) == 15
    assert platelet_recovery_day(platelets(10, range(31)), last_day=30) is None
    assert platelet_recovery_day(platelets(10, []), last_day=30) is None


def test_joined_runs():
    assert joined_runs([]) == []
    assert joined_runs([5, 1, 4]) == [(1, 5)]
    assert joined_runs([1, 5]) == [(1, 1), (5, 5)]


@pytest.mark.parametrize(("call", "fault_id"), [
    (lambda: derive_early_icaht([DayCount(1, -1)]), "CLN-002"),
    (lambda: derive_early_icaht([DayCount(1, 1)], last_follow_up_day=-1), "CLN-009"),
])  # fmt: skip
def test_impossible_input_is_refused(call, fault_id):
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.faults[0].id == fault_id
