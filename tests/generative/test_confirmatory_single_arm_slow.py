"""A slow obvious engine judges the fast single-arm searches."""

from __future__ import annotations

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.designs.single_arm.binomial_looks import Looks, follow_looks
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_sizes
from celltrial.designs.single_arm.simon import Simon, simon
from celltrial.designs.sizing.enrolment import EnrolmentNeed, enrolment_size
from celltrial.designs.sizing.event_detection import EventDetection, subjects_to_see

rates = st.tuples(st.floats(0.03, 0.6), st.floats(0.15, 0.35)).map(lambda x: (x[0], min(x[0] + x[1], 0.97)))


def pmf(n, x, p):
    return math.comb(n, x) * p**x * (1 - p) ** (n - x)


def tail(n, r, p):
    return sum(pmf(n, x, p) for x in range(max(r, 0), n + 1))


def interest(r1, n1, r, n, p):
    return sum(pmf(n1, x, p) * tail(n - n1, r + 1 - x, p) for x in range(r1 + 1, n1 + 1))


def plain_simon(p0, p1, alpha, beta, n_max):
    """Every (r1, n1, r, n), nothing skipped."""
    found = []
    for n in range(2, n_max + 1):
        for n1, r1 in ((size, stop) for size in range(1, n) for stop in range(size)):
            for r in range(r1, n):
                if interest(r1, n1, r, n, p0) <= alpha:
                    if interest(r1, n1, r, n, p1) >= 1 - beta:
                        stop = 1 - tail(n1, r1 + 1, p0)
                        found.append((n, n1 + (n - n1) * (1 - stop)))
                    break
    return found


@settings(max_examples=12, deadline=None)
@given(rates, st.sampled_from([0.05, 0.1]), st.sampled_from([0.1, 0.2, 0.3]))
def test_simon_search_misses_nothing(pair, alpha, beta):
    n_max = 16
    every = plain_simon(*pair, alpha, beta, n_max)
    try:
        fast = simon(Simon(*pair, alpha, beta, n_max))
    except UserError:
        assert not every
        return
    smallest = min(n for n, _ in every)
    assert fast.minimax.n == smallest
    assert math.isclose(fast.minimax.expected_n, min(e for n, e in every if n == smallest), rel_tol=1e-10)
    assert math.isclose(fast.optimal.expected_n, min(e for _, e in every), rel_tol=1e-10)
    for q in (0.0, 0.1, 0.3, 0.5, 0.8, 1.0):
        best = min(q * n + (1 - q) * e for n, e in every)
        ours = min(q * d.n + (1 - q) * d.expected_n for d in fast.admissible)
        assert math.isclose(best, ours, rel_tol=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_looks_equal_enumeration_of_every_outcome(data):
    sizes = tuple(sorted(data.draw(st.sets(st.integers(1, 9), min_size=1, max_size=3))))
    low, high = [], []
    for n in sizes[:-1]:
        low.append(data.draw(st.integers(-1, n - 1)))
        high.append(data.draw(st.integers(low[-1] + 1, n + 1)))
    low.append(data.draw(st.integers(-1, sizes[-1])))
    high.append(low[-1] + 1)
    rate = data.draw(st.floats(0, 1))
    success = mean = 0.0
    for outcome in itertools.product((0, 1), repeat=sizes[-1]):
        weight = math.prod(rate if hit else 1 - rate for hit in outcome)
        for n, a, b in zip(sizes, low, high, strict=True):
            count = sum(outcome[:n])
            if count <= a or count >= b:
                success += weight * (count >= b)
                mean += weight * n
                break
    course = follow_looks(Looks(sizes, tuple(low), tuple(high)), rate)
    assert math.isclose(course.p_success, success, abs_tol=1e-12)
    assert math.isclose(course.expected_n, mean, rel_tol=1e-10)


@settings(max_examples=15, deadline=None)
@given(rates, st.sampled_from([0.025, 0.05, 0.1]), st.sampled_from([0.7, 0.8, 0.9]))
def test_one_stage_equals_plain_search(pair, alpha, power):
    p0, p1 = pair

    def reaches(n):
        r = next(r for r in range(n + 2) if tail(n, r, p0) <= alpha)
        return tail(n, r, p1) >= power

    found = one_stage_sizes(OneStage(*pair, alpha, power))
    assert found.smallest.n == next(n for n in itertools.count(1) if reaches(n))
    assert all(reaches(n) for n in range(found.safe.n, found.safe.n + 40))
    assert found.safe.n == 1 or not reaches(found.safe.n - 1)


@given(st.floats(0.001, 0.9), st.floats(0.5, 0.999))
def test_event_size_is_the_smallest(rate, chance):
    n = subjects_to_see(EventDetection(rate, chance))
    assert 1 - (1 - rate) ** n >= chance - 1e-9
    assert n == 1 or 1 - (1 - rate) ** (n - 1) < chance + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.floats(0.3, 0.99), st.floats(0.5, 0.99))
def test_enrolment_equals_plain_search(needed, rate, assurance):
    n = enrolment_size(EnrolmentNeed(needed, rate, assurance)).with_assurance
    assert tail(n, needed, rate) >= assurance - 1e-9
    assert n == needed or tail(n - 1, needed, rate) < assurance + 1e-9
