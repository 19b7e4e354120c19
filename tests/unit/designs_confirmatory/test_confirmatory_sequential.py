"""Group-sequential designs, conditional and predictive power: closed forms, properties, bad input."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from scipy.special import ndtr, ndtri

from celltrial.core.errors import UserError
from celltrial.designs.randomised.boundaries import boundaries, follow
from celltrial.designs.randomised.canonical_process import lower_bound, start, upper_bound
from celltrial.designs.randomised.conditional_power import conditional_power, futility_from_power, predictive_power
from celltrial.designs.randomised.group_sequential import (
    FixedFutility,
    Futility,
    GroupSequential,
    HaybittlePeto,
    WangTsiatis,
)
from celltrial.designs.randomised.spending import Spending, spent

TWO = GroupSequential((0.5, 1.0))
THREE = GroupSequential((0.3, 0.6, 1.0), beta=0.1)


@pytest.mark.parametrize(
    "spending",
    [
        Spending("obrien_fleming"),
        Spending("pocock"),
        Spending("hwang_shih_decani", -4),
        Spending("hwang_shih_decani", 0),
        Spending("power", 3),
    ],
)
def test_everything_is_spent_at_the_end_and_nothing_given_back(spending):
    shares = [k / 20 for k in range(1, 21)]
    used = [spent(spending, t, 0.025) for t in shares]
    assert used[-1] == pytest.approx(0.025, rel=1e-12)
    assert all(a < b for a, b in itertools.pairwise(used))


def test_one_look_is_the_fixed_design():
    for rule in (Spending("pocock"), WangTsiatis(0.0), HaybittlePeto(3)):
        design = boundaries(GroupSequential((1.0,), efficacy=rule))
        assert design.upper[0] == pytest.approx(1.959963984540054, abs=1e-10)
        assert design.inflation == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("sided", [1, 2])
@pytest.mark.parametrize("rule", [Spending("pocock"), WangTsiatis(0.25), HaybittlePeto(3)])
def test_error_and_power_are_kept(sided, rule):
    design = boundaries(GroupSequential((0.3, 0.5, 1.0), 0.05, 0.15, rule, sided))
    both = design.under_null.p_success + (sum(design.under_null.futility) if sided == 2 else 0)
    assert both == pytest.approx(0.05, abs=1e-9)
    assert design.under_alternative.p_success == pytest.approx(0.85, abs=1e-9)
    if sided == 2:
        assert design.under_null.success == pytest.approx(design.under_null.futility, abs=1e-12)


def test_non_binding_futility_leaves_the_bounds_alone():
    futility = Futility(Spending("hwang_shih_decani", -2))
    plain, loose = boundaries(THREE), boundaries(replace(THREE, futility=futility))
    bound = boundaries(replace(THREE, futility=replace(futility, binding=True)))
    assert loose.upper == plain.upper
    assert bound.upper[-1] < plain.upper[-1]
    assert bound.under_null.p_success == pytest.approx(0.025, abs=1e-9)
    assert loose.under_null.p_success < 0.025
    assert loose.under_alternative.p_success == pytest.approx(0.9, abs=1e-8)


@pytest.mark.parametrize("binding", [True, False])
def test_futility_under_the_null_spends_the_rest(binding):
    design = boundaries(replace(THREE, futility=Futility(Spending("pocock"), binding=binding, under_null=True)))
    assert design.under_null.p_success + sum(design.under_null.futility) == pytest.approx(1, abs=1e-9)
    assert design.under_alternative.p_success == pytest.approx(0.9, abs=1e-9)


def test_futility_with_a_shape_for_efficacy():
    params = replace(THREE, efficacy=WangTsiatis(0.0), futility=Futility(Spending("pocock")))
    design = boundaries(params)
    assert design.upper == boundaries(replace(THREE, efficacy=WangTsiatis(0.0))).upper
    assert sum(design.under_alternative.futility) == pytest.approx(0.1, abs=1e-9)


def test_looks_close_together_are_still_exact():
    design = boundaries(GroupSequential((0.5, 0.5011, 1.0), efficacy=Spending("pocock")))
    assert design.under_null.p_success == pytest.approx(0.025, abs=1e-10)
    merged = boundaries(GroupSequential((0.5011, 1.0), efficacy=Spending("pocock")))
    assert design.upper[2] == pytest.approx(merged.upper[1], abs=5e-3)


def test_nothing_to_spend_means_no_bound():
    design = boundaries(GroupSequential((0.01, 1.0)))
    assert design.upper[0] == math.inf
    assert design.upper[1] == pytest.approx(1.95996398, abs=1e-7)


@pytest.mark.parametrize("z", [-1.0, 0.5, 2.0])
@pytest.mark.parametrize("drift", [None, 0.0, 4.0])
def test_conditional_power_closed_form(z, drift):
    design = boundaries(TWO)
    theta = design.drift if drift is None else drift
    closed = ndtr((z * math.sqrt(0.5) + theta * 0.5 - design.upper[1]) / math.sqrt(0.5))
    assert conditional_power(design, 1, z, drift=drift) == pytest.approx(closed, abs=1e-12)


@pytest.mark.parametrize("z", [-1.0, 0.5, 2.0])
def test_predictive_power_closed_form(z):
    design = boundaries(TWO)
    closed = ndtr((z - design.upper[1] * math.sqrt(0.5)) / math.sqrt(0.5))
    assert predictive_power(design, 1, z) == pytest.approx(closed, abs=1e-8)
    certain = predictive_power(design, 1, z, prior_drift=design.drift, prior_share=1e7)
    assert certain == pytest.approx(conditional_power(design, 1, z), abs=1e-3)


def test_conditional_power_averages_to_power():
    # over the law of Z_1 under the plan: power = P(cross at look 1) + E[conditional power; no crossing]
    import numpy as np

    design = boundaries(THREE)
    grid = np.linspace(-6, design.upper[0], 2001)
    mean = design.drift * math.sqrt(0.3)
    values = [conditional_power(design, 1, float(z)) * math.exp(-0.5 * (z - mean) ** 2) for z in grid[::20]]
    later = np.trapezoid(values, grid[::20]) / math.sqrt(2 * math.pi)
    assert design.under_alternative.success[0] + later == pytest.approx(0.9, abs=2e-3)


@pytest.mark.parametrize("rule", ["planned", "observed", "predictive"])
def test_futility_from_power_is_where_power_is_that_low(rule):
    design = boundaries(THREE)
    bounds = futility_from_power(design, 0.2, rule=rule).bounds
    for look, z in enumerate(bounds, start=1):
        t = design.params.information[look - 1]
        power = {
            "planned": lambda look=look, z=z: conditional_power(design, look, z),
            "observed": lambda look=look, z=z, t=t: conditional_power(design, look, z, drift=z / math.sqrt(t)),
            "predictive": lambda look=look, z=z: predictive_power(design, look, z),
        }[rule]()
        assert power == pytest.approx(0.2, abs=1e-9)
    assert all(a < b for a, b in itertools.pairwise(bounds))
    again = boundaries(replace(THREE, futility=futility_from_power(design, 0.2, rule=rule)))
    assert again.inflation > design.inflation
    heeded = conditional_power(again, 1, 1.0)
    assert heeded < conditional_power(again, 1, 1.0, heed_futility=False)


@pytest.mark.parametrize(("share", "least"), [(0.0005, 0.2), (0.0005, 0.95), (0.01, 0.001), (0.5, 0.2)])
def test_futility_from_power_at_a_look_however_early(share, least):
    """One look left, in closed form: z = (c + sqrt(1 - t) quantile(least) - drift (1 - t)) / sqrt(t)."""
    design = boundaries(GroupSequential((share, 1.0)))
    ahead = design.upper[-1] + math.sqrt(1 - share) * ndtri(least) - design.drift * (1 - share)
    (bound,) = futility_from_power(design, least).bounds
    assert bound == pytest.approx(ahead / math.sqrt(share), rel=1e-7)


def test_severe_futility_needs_a_much_larger_effect():
    severe = boundaries(GroupSequential((0.1, 1.0), futility=FixedFutility((2.5,))))
    assert severe.drift > 10
    assert severe.under_alternative.p_success == pytest.approx(0.8, abs=1e-9)
    early = boundaries(GroupSequential((0.2, 1.0), futility=Futility(Spending("power", 0.001))))
    assert early.drift > 4.8
    assert sum(early.under_alternative.futility) == pytest.approx(0.2, abs=1e-9)


def test_a_skipped_look_is_no_look():
    with_gap = boundaries(GroupSequential((0.5, 0.75, 1.0), futility=FixedFutility((0.0, -math.inf))))
    assert with_gap.under_null.futility[1] == 0


def test_bounds_of_nothing_and_of_everything_are_infinite():
    alive = start()
    assert (upper_bound(alive, 1.0, 0.0, 0.0), upper_bound(alive, 1.0, 0.0, 1.0)) == (math.inf, -math.inf)
    assert (lower_bound(alive, 1.0, 0.0, 0.0), lower_bound(alive, 1.0, 0.0, 1.0)) == (-math.inf, math.inf)
    assert lower_bound(alive, 1.0, 0.0, 0.025) == pytest.approx(-1.95996398, abs=1e-8)


def test_empty_continuation_ends_the_trial():
    course = follow((0.5, 1.0), (0.0, 1.0), (0.0, 1.0), 0.0)
    assert course.success == (0.5, 0.0)
    assert course.information == 0.5


@pytest.mark.parametrize(
    ("build", "fault_id", "found"),
    [
        (lambda: GroupSequential((0.5, 0.4, 1.0)), "DSG-301", "(0.5, 0.4, 1.0)"),
        (lambda: GroupSequential((0.5, 0.5005, 1.0)), "DSG-301", "0.5005"),
        (lambda: GroupSequential((0.5, 0.9)), "DSG-301", "(0.5, 0.9)"),
        (lambda: GroupSequential(()), "DSG-301", "()"),
        (lambda: GroupSequential((1.0,), alpha=0.6), "DSG-302", "alpha=0.6"),
        (lambda: GroupSequential((1.0,), beta=0.98), "DSG-302", "beta=0.98"),
        (lambda: GroupSequential((1.0,), sided=3), "DSG-302", "sided=3"),
        (lambda: replace(THREE, sided=2, futility=Futility(Spending("pocock"))), "DSG-303", "sided=2"),
        (lambda: replace(THREE, futility=FixedFutility((0.0,))), "DSG-303", "(0.0,)"),
        (lambda: Spending("pocock", 1.0), "DSG-303", "gamma=1.0"),
        (lambda: Spending("power", 0.0), "DSG-303", "gamma=0.0"),
        (lambda: Spending("linear"), "DSG-303", "kind=linear"),
        (lambda: spent(Spending("pocock"), 0.0, 0.05), "DSG-301", "share=0.0"),
        (lambda: WangTsiatis(2.0), "DSG-303", "delta=2.0"),
        (lambda: HaybittlePeto(0.5), "DSG-303", "z=0.5"),
        (lambda: boundaries(GroupSequential((0.5, 1.0), efficacy=HaybittlePeto(1.5))), "DSG-303", "z=1.5"),
        (lambda: boundaries(GroupSequential((1e-6, 1.0), futility=FixedFutility((7.0,)))), "DSG-303", "7.0"),
        (lambda: conditional_power(boundaries(TWO), 2, 0.0), "DSG-309", "look=2"),
        (lambda: conditional_power(boundaries(TWO), 1, math.nan), "DSG-309", "z=nan"),
        (lambda: predictive_power(boundaries(TWO), 1, 0.0, prior_share=-1), "DSG-309", "prior_share=-1"),
        (lambda: futility_from_power(boundaries(TWO), 1.0), "DSG-309", "least=1.0"),
        (lambda: futility_from_power(boundaries(replace(TWO, sided=2)), 0.2), "DSG-303", "sided=2"),
    ],
)
def test_bad_input_is_named(build, fault_id, found):
    with pytest.raises(UserError) as caught:
        build()
    assert caught.value.faults[0].id == fault_id
    assert found in str(caught.value)
