"""Exact one-stage, A'Hern, Fleming and Simon designs: rules and bad input."""

from __future__ import annotations

import pytest

from celltrial.core.errors import UserError
from celltrial.designs.single_arm.a_hern import a_hern
from celltrial.designs.single_arm.binomial_looks import Looks, follow_looks, follow_many
from celltrial.designs.single_arm.fleming import Fleming, fleming
from celltrial.designs.single_arm.one_stage import OneStage, critical_count, one_stage_at, one_stage_sizes
from celltrial.designs.single_arm.simon import Simon, simon, simon_looks


def test_acceptance_p81():
    sizes = one_stage_sizes(OneStage(0.20, 0.40, 0.025, 0.90))
    small = sizes.smallest
    assert (small.n, small.reject_from, sizes.safe.n) == (56, 18, 59)
    assert (round(small.alpha, 4), round(small.power, 3)) == (0.0219, 0.911)


@pytest.mark.parametrize("rates", [(0.2, 0.4), (0.1, 0.2), (0.05, 0.5)])
def test_safe_means_no_larger_size_falls_short(rates):
    params = OneStage(*rates)
    safe = one_stage_sizes(params).safe.n
    assert one_stage_at(params, safe - 1).power < params.power
    assert all(one_stage_at(params, n).power >= params.power for n in range(safe, safe + 400))


def test_no_criterion_exists_for_few_subjects():
    assert critical_count(1, 0.2, 0.025) == 2
    design = one_stage_at(OneStage(0.2, 0.4), 1)
    assert (design.alpha, design.power) == (0.0, 0.0)


def test_limit_is_stated_when_no_size_suffices():
    with pytest.raises(UserError, match="n_max=50") as caught:
        one_stage_sizes(OneStage(0.2, 0.4, n_max=50))
    assert caught.value.faults[0].id == "DSG-204"
    with pytest.raises(UserError, match="n_max=20"):
        simon(Simon(0.2, 0.4, n_max=20))


def test_a_hern_is_the_smallest():
    design = a_hern(OneStage(0.2, 0.4, 0.05, 0.9))
    assert (design.n, design.reject_from) == (47, 15)


def test_simon_designs_keep_their_errors():
    found = simon(Simon(0.2, 0.4, 0.05, 0.1))
    assert found.minimax is found.admissible[0]
    assert found.optimal is found.admissible[-1]
    assert found.minimax.weights[1] == 1.0
    assert found.optimal.weights[0] == 0.0
    for design in found.admissible:
        assert design.alpha <= 0.05
        assert design.power >= 0.9
        course = follow_looks(simon_looks(design), 0.2)
        assert course.expected_n == pytest.approx(design.expected_n, abs=1e-9)
        assert course.p_early == pytest.approx(design.p_early_stop, abs=1e-12)


def test_minimax_never_needs_more_than_one_stage_plus_its_saving():
    found = simon(Simon(0.3, 0.5, 0.05, 0.2))
    assert found.minimax.n <= one_stage_sizes(OneStage(0.3, 0.5, 0.05, 0.8)).smallest.n
    assert found.optimal.expected_n <= found.minimax.expected_n


def test_fleming_single_stage_is_the_last_row():
    design = fleming(Fleming(0.2, 0.4, (25,)))
    assert design.looks.stop_high == (9,)
    assert design.under_null.p_early == 0


def test_looks_are_followed_to_certainty():
    looks = Looks((5, 10), (0, 3), (6, 4))
    for rate, course in zip((0, 0.3, 1), follow_many(looks, (0, 0.3, 1)), strict=True):
        assert course.rate == rate
        assert course.total_error < 1e-12
    assert follow_looks(looks, 0).p_early == 1
    assert follow_looks(looks, 1).p_success == 1


@pytest.mark.parametrize(
    ("build", "fault_id", "found"),
    [
        (lambda: OneStage(0.4, 0.2), "DSG-201", "null_rate=0.4"),
        (lambda: OneStage(0.2, 0.4, alpha=0), "DSG-202", "alpha=0"),
        (lambda: OneStage(0.2, 0.4, n_max=1), "DSG-203", "n_max=1"),
        (lambda: Simon(0.2, 0.4, 0.6, 0.6), "DSG-202", "sum_of_errors=1.2"),
        (lambda: Simon(0.2, 0.4, n_max=601), "DSG-203", "n_max=601"),
        (lambda: Fleming(0.2, 0.4, ()), "DSG-205", "stage_sizes=()"),
        (lambda: Fleming(0.2, 0.4, (10, 0)), "DSG-203", "stage_sizes[1]=0"),
        (lambda: Looks((10, 5), (1, 2), (4, 3)), "DSG-205", "(10, 5)"),
        (lambda: Looks((5, 10), (1, 2), (4, 4)), "DSG-206", "stop_high=(4, 4)"),
        (lambda: follow_looks(Looks((5,), (1,), (2,)), 1.1), "DSG-201", "rate=1.1"),
    ],
)
def test_bad_input_is_named(build, fault_id, found):
    with pytest.raises(UserError) as caught:
        build()
    assert caught.value.faults[0].id == fault_id
    assert found in str(caught.value)
