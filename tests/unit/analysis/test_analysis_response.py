"""Response and sustained response: AC-A6.1, A6.2 and the rules of what counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from celltrial.analysis import response, sustained_response
from celltrial.clinical.response_course import CourseRule
from celltrial.core.dates import Window
from celltrial.core.errors import UserError

MONTH_3 = Window(76, 104)
SIX = ["manufacturing_failure"] * 3 + ["progression", "death", "withdrawal"]


def percent(rate):
    return [round(100 * v, 1) for v in (rate.value, rate.interval.low, rate.interval.high)]


def test_the_three_rates_of_one_page(make_adsl, make_adrs):
    """27 of 34 respond, 18 still do at month 3, 40 were enrolled."""
    rows = [(f"S{i:03d}", 28, "CR" if i <= 27 else "SD") for i in range(1, 35)]
    rows += [(f"S{i:03d}", 90, "CR" if i <= 18 else "PD") for i in range(1, 28)]
    adsl, adrs = make_adsl(34, SIX), make_adrs(*rows)
    best = response.estimate(adrs, adsl)
    assert percent(best.infused) == [79.4, 62.1, 91.3]
    month3 = sustained_response.estimate(adrs, adsl, window=MONTH_3)
    assert percent(month3.infused) == [52.9, 35.1, 70.2]
    assert percent(month3.enrolled) == [45.0, 29.3, 61.5]
    assert (best.enrolled.n, best.enrolled.value) == (40, 27 / 40)


def test_best_response_is_the_best_before_progression(make_adsl, make_adrs):
    adrs = make_adrs(("S001", 28, "PR"), ("S001", 56, "VGPR"), ("S001", 90, "PD"), ("S001", 120, "CR"))
    found = response.estimate(adrs, make_adsl(1))
    assert dict(found.best) == {"S001": "VGPR"}


def test_assessments_before_infusion_or_by_others_do_not_count(make_adsl, make_adrs):
    adrs = make_adrs(("S001", -10, "CR"), ("S001", 28, "CR", "irc"))
    found = response.estimate(adrs, make_adsl(1))
    assert dict(found.by_category) == {"NE": 1}
    assert found.infused.value == 0
    assert "not_assessed_counted_as_non_response" in found.infused.caveats
    assert response.estimate(adrs, make_adsl(1), source="irc").infused.value == 1


def test_response_after_a_new_therapy_is_not_the_products(make_adsl, make_adrs):
    adsl = make_adsl.table([make_adsl.subject(1, new_therapy_day=40)])
    assert response.estimate(make_adrs(("S001", 28, "SD"), ("S001", 60, "CR")), adsl).best["S001"] == "SD"


def test_categories_are_listed_best_first(make_adsl, make_adrs):
    adrs = make_adrs(("S001", 28, "SD"), ("S002", 28, "sCR"), ("S003", 28, "PR"))
    assert list(response.estimate(adrs, make_adsl(4)).by_category) == ["sCR", "PR", "SD", "NE"]


def test_unknown_category_is_refused(make_adsl, make_adrs):
    with pytest.raises(UserError, match="ANL-003"):
        response.estimate(make_adrs(("S001", 28, "better")), make_adsl(1))


@pytest.mark.parametrize(
    ("assessments", "therapy", "composite", "policy"),
    [
        ([(28, "CR"), (70, "PD")], None, "progressed", "progressed"),
        ([(28, "CR"), (90, "CR")], 60, "new_therapy", "sustained"),  # transplant on day 60
        ([(28, "CR"), (115, "CR")], None, "missing", "missing"),  # visit outside 76-104
        ([(28, "CR"), (76, "CR")], None, "sustained", "sustained"),
        ([(28, "CR"), (104, "PR")], None, "sustained", "sustained"),
        ([(28, "CR"), (90, "SD")], None, "lost_response", "lost_response"),
        ([(28, "SD"), (90, "PR")], None, "first_response_at_landmark", "first_response_at_landmark"),
        ([(28, "CR"), (60, "SD"), (90, "CR")], None, "lost_response", "lost_response"),
        ([(28, "SD"), (90, "SD")], None, "no_response", "no_response"),
        ([(28, "SD")], None, "missing", "missing"),
        ([(28, "CR"), (90, "CR")], 100, "sustained", "sustained"),  # therapy after the landmark
        ([(28, "CR"), (90, "NE")], None, "missing", "missing"),
        ([], None, "not_collected", "not_collected"),
    ],
)
def test_status_at_the_landmark(make_adsl, make_adrs, assessments, therapy, composite, policy):
    adsl = make_adsl.table([make_adsl.subject(1, new_therapy_day=therapy)])
    adrs = make_adrs(*(("S001", day, category) for day, category in assessments))
    found = sustained_response.estimate(adrs, adsl, window=MONTH_3)
    assert found.status["S001"] == composite
    assert found.infused.value == (composite == "sustained")
    assert found.infused_treatment_policy.value == (policy == "sustained")
    assert found.missing == (("S001",) if composite in {"missing", "not_collected"} else ())


def test_death_before_the_landmark(make_adsl, make_adrs):
    adsl = make_adsl.table(
        [make_adsl.subject(1, infused_date=date(2025, 1, 1), death_date=date(2025, 3, 1), died=True)]
    )
    found = sustained_response.estimate(make_adrs(("S001", 28, "CR")), adsl, window=MONTH_3)
    assert found.status["S001"] == "died"
    assert found.infused.value == 0


@pytest.mark.parametrize(("as_of", "due"), [(date(2025, 4, 14), False), (date(2025, 4, 15), True), (None, True)])
def test_open_window_is_not_a_failure(make_adsl, make_adrs, as_of, due):
    """Day 104 is 15 April."""
    rows = [make_adsl.subject(i, infused_date=date(2025, 1, 1)) for i in (1, 2)]
    rows.append(make_adsl.subject(3, not_treated_reason="pending"))
    adrs = make_adrs(("S001", 28, "CR"), ("S002", 28, "CR"), ("S002", 80, "PR"))
    found = sustained_response.estimate(adrs, make_adsl.table(rows), window=MONTH_3, as_of=as_of)
    assert found.status == ({"S001": "missing", "S002": "sustained"} if due else {"S001": "not_due", "S002": "not_due"})
    assert found.not_due == (() if due else ("S001", "S002"))
    assert getattr(found.infused, "n", 0) == (2 if due else 0)
    assert getattr(found.enrolled, "n", 0) == {None: 3}.get(as_of, 2 if due else 0)
    assert not due or "pending_subjects" in found.enrolled.caveats
    infused = getattr(found.infused, "caveats", ())
    assert not {"pending_subjects", "visit_not_due"} & set(infused)  # nobody who was infused still waits for it
    some = sustained_response.estimate(
        adrs, make_adsl.table(rows), window=MONTH_3, as_of={"S002": date(2025, 6, 1), "S001": date(2025, 2, 1)}
    )
    assert "visit_not_due" in some.infused.caveats
    assert "pending_subjects" not in some.infused.caveats


def test_an_early_cut_counts_no_failure_of_somebody_who_was_infused_too_late_to_respond(make_adsl, make_adrs):
    """Ten responders of twenty infused over a year: at every cut the rate is that of those who are due, 0.5."""
    rows = [make_adsl.subject(i, infused_date=date(2025, 1, 1) + timedelta(days=18 * i)) for i in range(20)]
    seen = [
        (f"S{i:03d}", day, word)
        for i in range(20)
        for day, word in ([(28, "CR"), (90, "CR")] if i % 2 else [(28, "PD")])
    ]
    for cut in (date(2025, 6, 1), date(2025, 9, 1), date(2026, 6, 1)):
        known = [one for one in seen if date(2025, 1, 1) + timedelta(days=18 * int(one[0][1:]) + one[1]) <= cut]
        found = sustained_response.estimate(make_adrs(*known), make_adsl.table(rows), window=MONTH_3, as_of=cut)
        due = [row for i, row in enumerate(rows) if date(2025, 1, 1) + timedelta(days=18 * i + 104) <= cut]
        assert found.infused.n == len(due)
        responded = round(found.infused.value * found.infused.n)
        assert 0 <= len(due) - 2 * responded <= 1, "every second one responds, the first does not"
        assert found.early == ()


def test_failures_before_the_visit_is_due_count_and_are_named_where_each_persons_follow_up_is_all_there_is(
    make_adsl, make_adrs
):
    rows = [make_adsl.subject(i, infused_date=date(2025, 1, 1)) for i in (1, 2)]
    adrs = make_adrs(("S001", 28, "PD"), ("S002", 28, "CR"))
    ends = {"S001": date(2025, 2, 1), "S002": date(2025, 2, 1)}
    found = sustained_response.estimate(adrs, make_adsl.table(rows), window=MONTH_3, as_of=ends)
    assert (found.not_due, found.early, found.infused.n) == (("S002",), ("S001",), 1)
    assert "early_failures_counted" in found.infused.caveats


def test_each_persons_own_follow_up_says_who_is_due(make_adsl, make_adrs):
    """A cohort on study days has no common data cut: two people infused on one day, one followed longer."""
    rows = [make_adsl.subject(i, infused_date=date(2000, 1, 1)) for i in (1, 2, 3)]
    adrs = make_adrs(("S001", 28, "CR"), ("S002", 28, "CR"))
    ends = {"S001": date(2000, 2, 20), "S002": date(2001, 1, 1), "S003": date(2001, 1, 1)}
    found = sustained_response.estimate(adrs, make_adsl.table(rows), window=MONTH_3, as_of=ends)
    assert dict(found.status) == {"S001": "not_due", "S002": "missing", "S003": "not_collected"}
    assert found.infused.n == 2


@pytest.mark.parametrize(
    ("visits", "confirmed", "best"),
    [
        ([(28, "PR"), (90, "PR")], True, "PR"),
        ([(28, "PR")], False, "SD"),
        ([(28, "PR"), (40, "PR")], False, "SD"),
        ([(28, "CR"), (90, "VGPR")], True, "VGPR"),
        ([(28, "PR"), (60, "SD"), (90, "PR")], False, "SD"),
        ([(28, "PR"), (60, "PD")], False, "SD"),
    ],
)
def test_confirmation_and_the_least_duration_of_stable_disease_are_honoured(
    make_adsl, make_adrs, visits, confirmed, best
):
    adsl, adrs = make_adsl(1), make_adrs(*(("S001", day, category) for day, category in visits))
    rule = CourseRule(confirm_days=28, stable_from_days=20)
    found = response.estimate(adrs, adsl, rule=rule)
    assert (found.best["S001"], found.infused.value) == (best, float(confirmed))
    assert response.estimate(adrs, adsl).infused.value == 1.0
    late = CourseRule(confirm_days=28, stable_from_days=365)
    assert response.estimate(adrs, adsl, rule=late).best["S001"] == (
        best if confirmed else {"PD": "PD"}.get(visits[-1][1], "NE")
    )
