"""Sizing: AC-P3.2, AC-P5.4, AC-P8.5, F5.1, and what bad input is told."""

from __future__ import annotations

import math

import pytest

from celltrial.core.errors import UserError
from celltrial.designs.sizing.enrolment import EnrolmentNeed, InfusedHistory, chance_enough_infused, enrolment_size
from celltrial.designs.sizing.event_detection import EventDetection, chance_to_see, subjects_to_see
from celltrial.designs.sizing.rate_exclusion import RateExclusion, subjects_to_exclude, zero_event_bound
from celltrial.designs.sizing.safety_set import SafetySet, detectable_rate, safety_set_reach


@pytest.mark.parametrize(("rate", "n"), [(0.01, 299), (0.02, 149), (0.03, 99), (0.05, 59), (0.001, 2995)])
def test_event_seen_with_95_percent_chance(rate, n):
    assert subjects_to_see(EventDetection(rate)) == n


@pytest.mark.parametrize(("rate", "n"), [(0.10, 29), (0.05, 59), (0.20, 14)])
def test_rate_excluded_by_zero_events(rate, n):
    assert subjects_to_exclude(RateExclusion(rate)) == n


@pytest.mark.parametrize(
    ("rate", "assurance", "mean", "n"), [(0.742, 0.95, 67, 74), (0.85, 0.8, 58, 60), (0.85, 0.95, 58, 63)]
)
def test_enrolment_with_assurance(rate, assurance, mean, n):
    size = enrolment_size(EnrolmentNeed(49, rate, assurance))
    assert (size.by_expectation, size.with_assurance) == (mean, n)
    assert size.reached >= assurance > size.reached_by_expectation


def test_history_without_failure_is_not_certainty():
    from_history = enrolment_size(EnrolmentNeed(49, InfusedHistory(20, 20)))
    certain = enrolment_size(EnrolmentNeed(49, 1.0))
    assert certain.with_assurance == certain.by_expectation == 49
    assert from_history.with_assurance > 49
    assert chance_enough_infused(48, EnrolmentNeed(49, 1.0)) == 0


def test_long_history_agrees_with_the_known_rate():
    long = enrolment_size(EnrolmentNeed(49, InfusedHistory(742_000, 1_000_000)))
    assert long.with_assurance == 74


def test_beta_binomial_tail_sums_every_count():
    need = EnrolmentNeed(1, InfusedHistory(3, 7))
    a, b = InfusedHistory(3, 7).beta
    none_of_two = (b / (a + b)) * ((b + 1) / (a + b + 1))
    assert math.isclose(chance_enough_infused(2, need), 1 - none_of_two, rel_tol=1e-12)


def test_safety_set_numbers():
    assert round(100 * chance_to_see(0.001, 300), 1) == 25.9
    assert round(100 * chance_to_see(0.01, 100)) == 63
    bound = zero_event_bound(300)
    assert (round(100 * bound.exact, 2), round(100 * bound.rule_of_three, 2)) == (0.99, 1.00)
    assert zero_event_bound(300, level=0.9).rule_of_three is None
    assert math.isclose(chance_to_see(detectable_rate(300), 300), 0.95)


@pytest.mark.parametrize(("n", "percent"), [(20, 13.9), (100, 2.95), (300, 0.99)])
def test_acceptance_p73_bound_after_zero_events(n, percent):
    assert round(100 * zero_event_bound(n).exact, 1 if n == 20 else 2) == percent


def test_only_comparable_process_versions_count():
    reach = safety_set_reach(SafetySet({"old": 200, "new": 100}, frozenset({"new"})))
    assert (reach.n, reach.not_counted) == (100, 200)
    nobody = safety_set_reach(SafetySet({"old": 200}, frozenset()))
    assert nobody.detectable_rate is None
    assert nobody.if_none_seen is None
    assert nobody.chance_to_see(0.5) == 0


@pytest.mark.parametrize("n", [1, 10])
def test_certain_event_is_always_seen(n):
    assert chance_to_see(1.0, n) == 1.0


@pytest.mark.parametrize(
    ("build", "fault_id", "found"),
    [
        (lambda: EventDetection(1.2), "DSG-401", "event_rate=1.2"),
        (lambda: EventDetection(float("nan")), "DSG-401", "event_rate=nan"),
        (lambda: RateExclusion(0.1, 1.0), "DSG-401", "level=1.0"),
        (lambda: EnrolmentNeed(0, 0.8), "DSG-402", "infused_needed=0"),
        (lambda: EnrolmentNeed(10, 0.0), "DSG-401", "infused_rate=0.0"),
        (lambda: InfusedHistory(5, 4), "DSG-402", "enrolled=4"),
        (lambda: InfusedHistory(1, 4, (0.0, 1.0)), "DSG-404", "prior_a=0.0"),
        (lambda: SafetySet({"v1": -1}, frozenset()), "DSG-402", "treated[v1]=-1"),
        (lambda: enrolment_size(EnrolmentNeed(40, InfusedHistory(0, 40), 0.999)), "DSG-403", "40"),
    ],
)
def test_bad_input_is_named(build, fault_id, found):
    with pytest.raises(UserError) as caught:
        build()
    assert caught.value.faults[0].id == fault_id
    assert found in str(caught.value)


def test_all_faults_come_together():
    with pytest.raises(UserError) as caught:
        EnrolmentNeed(0, 2.0, 1.5)
    assert len(caught.value.faults) == 3
