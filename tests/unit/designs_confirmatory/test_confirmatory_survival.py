"""Hazards, scenarios, survival tests and simulated power: rules, properties, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.lachin_foulkes import LachinFoulkes, lachin_foulkes
from celltrial.designs.randomised.log_rank_events import LogRank, critical_hazard_ratio, log_rank_events, log_rank_power
from celltrial.designs.randomised.piecewise_hazard import PiecewiseHazard, constant_hazard
from celltrial.designs.randomised.rates_size import RatesPlan, rates_size
from celltrial.designs.randomised.restricted_mean import restricted_mean_difference
from celltrial.designs.randomised.sequential_survival import SequentialSurvival, simulate_sequential_survival
from celltrial.designs.randomised.survival_power import (
    FEW_EVENTS,
    LOST_POWER,
    SHORTENED,
    SurvivalPower,
    simulate_survival_power,
)
from celltrial.designs.randomised.survival_scenario import SurvivalScenario, VeinToVein, subject_times
from celltrial.designs.randomised.survival_size import SurvivalPlan, event_share, survival_size
from celltrial.designs.randomised.survival_size_by_simulation import (
    SurvivalSizeBySimulation,
    survival_size_by_simulation,
)
from celltrial.designs.randomised.weighted_log_rank import FlemingHarrington, weighted_log_rank
from celltrial.locale import has

CONTROL = constant_hazard(median=6.0)
LONGER = constant_hazard(median=9.0)
TWO = GroupSequential((0.5, 1.0))


def scenario(**changes):
    given = {"subjects": 100, "accrual": 12.0, "control": CONTROL, "treated": LONGER, **changes}
    return SurvivalScenario(**given)


class Counting:
    def __init__(self):
        self.total = self.done = 0
        self.code = ""

    def start(self, code, total):
        self.code, self.total = code, total

    def advance(self, steps=1):
        self.done += steps

    def finish(self):
        assert self.done == self.total


def test_events_shrink_with_the_effect_and_grow_with_imbalance():
    assert log_rank_events(LogRank(0.5)).events < log_rank_events(LogRank(0.65)).events
    assert log_rank_events(LogRank(0.65, ratio=2)).exact > log_rank_events(LogRank(0.65)).exact
    assert log_rank_events(LogRank(1 / 0.65)).exact == pytest.approx(log_rank_events(LogRank(0.65)).exact)
    assert log_rank_power(LogRank(0.65), log_rank_events(LogRank(0.65)).exact) == pytest.approx(0.9)
    assert critical_hazard_ratio(0.0, 100) == 1


def test_everybody_has_the_event_in_the_end():
    assert event_share(0.1, 0.0, 12.0, 1e4) == pytest.approx(1)
    assert event_share(0.1, 0.05, 12.0, 1e4) == pytest.approx(2 / 3)
    assert event_share(0.1, 0.0, 12.0, 0.0) == 0


def test_two_sided_size_is_the_one_sided_at_half_the_error():
    one = survival_size(SurvivalPlan(0.6, 0.1, 12, 12, GroupSequential((0.5, 1.0), 0.025)))
    two = survival_size(SurvivalPlan(0.6, 0.1, 12, 12, GroupSequential((0.5, 1.0), 0.05, sided=2)))
    assert two.subjects == pytest.approx(one.subjects, rel=1e-4)


def test_unreachable_difference_is_one():
    size = rates_size(RatesPlan(0.9, 0.6, GroupSequential((0.05, 1.0))))
    assert size.critical_difference[0] == 1.0
    assert lachin_foulkes(LachinFoulkes(0.6, 0.1, 12, 0)).events > 0


def test_cumulative_hazard_and_its_inverse_undo_each_other():
    hazard = PiecewiseHazard((0, 1, 3), (0.2, 1.0, 0.05))
    times = np.array([[0.0, 0.5], [1.0, 2.0], [3.0, 50.0]])
    np.testing.assert_allclose(hazard.inverse(hazard.cumulative(times)), times, rtol=1e-12)
    assert hazard.survival(1.0) == pytest.approx(math.exp(-0.2))


def test_infusion_comes_late_or_never():
    lag = VeinToVein(2.0, 0.4, 0.2)
    uniforms = np.random.default_rng(1).random((400, 100, 4))
    truth = scenario(vein_to_vein=lag, dropout_hazard=0.02)
    times = subject_times(truth, uniforms)
    arm = truth.in_treated
    assert np.isinf(times.infusion[:, ~arm]).all()
    given = times.infusion[:, arm]
    infused = np.isfinite(given)
    assert (given[infused] < times.event[:, arm][infused]).all()
    assert (given[infused] <= times.dropout[:, arm][infused]).all()
    failed = uniforms[:, arm, 3] < 0.2
    assert not infused[failed].any()
    # who is never infused runs at the waiting hazard
    waiting = CONTROL.inverse(-np.log1p(-uniforms[:, arm, 0]))
    np.testing.assert_allclose(times.event[:, arm][failed], waiting[failed])


def test_arm_shares_follow_the_ratio():
    truth = scenario(subjects=90, ratio=2)
    assert truth.in_treated.sum() == 60
    assert truth.entry[-1] == 12.0


def test_waiting_may_be_worse_than_control():
    lag = VeinToVein(2.0)
    bad = scenario(vein_to_vein=lag, waiting=constant_hazard(median=2.0))
    params = SurvivalPower(bad, 70, trials=1000)
    worse = simulate_survival_power(params, root_seed=2).tests[0]
    plain = simulate_survival_power(SurvivalPower(scenario(vein_to_vein=lag), 70, trials=1000), root_seed=2).tests[0]
    assert worse.power < plain.power
    assert worse.power_without_lag == plain.power_without_lag


def test_null_is_rejected_at_its_level_by_every_test():
    truth = SurvivalScenario(120, 10.0, CONTROL, CONTROL, vein_to_vein=VeinToVein(1.0, 0.2, 0.1), dropout_hazard=0.01)
    params = SurvivalPower(
        truth,
        90,
        weights=(FlemingHarrington(), FlemingHarrington(0, 1)),
        max_combo=True,
        restricted_mean_until=8.0,
        trials=4000,
    )
    out = simulate_survival_power(params, root_seed=7)
    assert [t.test for t in out.tests] == ["log_rank", "fleming_harrington(0,1)", "max_combo", "restricted_mean"]
    for row in out.tests:
        # the normal law is an approximation at 90 events: allow a third of a point beside the Monte Carlo error
        assert abs(row.power - 0.025) < 4 * math.sqrt(0.025 * 0.975 / 4000) + 0.0035, row
    assert out.caveats == ()


def test_late_effect_is_better_seen_by_late_weights_and_max_combo():
    late = PiecewiseHazard((0, 4), (CONTROL.rates[0], CONTROL.rates[0] * 0.4))
    truth = SurvivalScenario(200, 12.0, CONTROL, late)
    params = SurvivalPower(
        truth, 140, weights=(FlemingHarrington(), FlemingHarrington(0, 1)), max_combo=True, trials=1500
    )
    plain, weighted, combo = simulate_survival_power(params, root_seed=3).tests
    assert weighted.power > plain.power + 0.1
    assert combo.power > plain.power


def test_crossing_hazards_cost_the_log_rank_test_power():
    crossing = PiecewiseHazard((0, 2), (CONTROL.rates[0] * 1.8, CONTROL.rates[0] * 0.45))
    params = SurvivalPower(scenario(subjects=200, treated=crossing), 140, max_combo=True, trials=1000)
    plain, combo = simulate_survival_power(params, root_seed=3).tests
    assert combo.power > plain.power + 0.05


def test_caveats_have_texts():
    truth = scenario(subjects=40, vein_to_vein=VeinToVein(3.0), dropout_hazard=0.2)
    params = SurvivalPower(truth, 39, restricted_mean_until=60.0, trials=500)
    out = simulate_survival_power(params, root_seed=1)
    assert {FEW_EVENTS, SHORTENED} <= set(out.caveats)
    assert out.mean_events < 39
    assert all(has(code) for code in (FEW_EVENTS, SHORTENED, LOST_POWER, "design.simulating_trials"))


def test_size_by_simulation_equals_the_formula_where_it_holds():
    truth = scenario(subjects=150, treated=constant_hazard(median=12.0))
    start = SurvivalPower(truth, 100, trials=4000)
    size = survival_size_by_simulation(SurvivalSizeBySimulation(start, 0.9), root_seed=6)
    formula = log_rank_events(LogRank(0.5, 0.05, 0.90)).exact
    assert size.events == pytest.approx(formula, rel=0.06)
    assert size.subjects / size.events == pytest.approx(1.5, rel=0.02)
    assert size.outcome.tests[0].power == pytest.approx(0.9, abs=0.015)


def test_size_by_simulation_grows_with_the_delay_and_gives_up_without_effect():
    late = scenario(subjects=100, treated=constant_hazard(median=12.0), vein_to_vein=VeinToVein(1.4, 0.3, 0.1))
    start = SurvivalPower(late, 70, trials=1000)
    delayed = survival_size_by_simulation(SurvivalSizeBySimulation(start), root_seed=6)
    assert delayed.events > 1.4 * log_rank_events(LogRank(0.5, 0.05, 0.80)).exact
    nothing = SurvivalPower(scenario(subjects=400, treated=CONTROL), 300, trials=200)
    with pytest.raises(UserError, match="400") as caught:
        survival_size_by_simulation(SurvivalSizeBySimulation(nothing), root_seed=6)
    assert caught.value.faults[0].id == "DSG-308"


def test_simulation_is_the_same_again_and_a_longer_one_begins_with_it():
    params = SequentialSurvival(TWO, (30, 60), scenario(), trials=300)
    listener = Counting()
    first = simulate_sequential_survival(params, root_seed=9, progress=listener)
    assert first == simulate_sequential_survival(params, root_seed=9)
    assert first != simulate_sequential_survival(params, root_seed=10)
    assert (listener.code, listener.done) == ("design.simulating_trials", 1)
    assert sum(first.success) == pytest.approx(first.power)
    assert sum(first.success) + sum(first.futility) == pytest.approx(1)


def test_futility_bounds_stop_simulated_trials():
    from celltrial.designs.randomised.group_sequential import FixedFutility

    design = GroupSequential((0.5, 1.0), futility=FixedFutility((0.0,)))
    null = scenario(treated=CONTROL)
    out = simulate_sequential_survival(SequentialSurvival(design, (30, 60), null, trials=2000), root_seed=4)
    assert out.futility[0] == pytest.approx(0.5, abs=0.05)
    assert out.expected_events == pytest.approx(45, abs=1.5)


def test_hand_computed_log_rank_with_a_tie():
    # times 1 (control event), 2 (one event in each arm, tied), 3 (treated censored), n = 4
    found = weighted_log_rank([1, 2, 2, 3], [1, 1, 1, 0], [0, 0, 1, 1], (FlemingHarrington(),))
    score = (1 * 2 / 4 - 0) + (2 * 2 / 3 - 1)
    variance = 1 / 4 + 2 * (2 / 3) * (1 / 3) * (1 / 2)
    assert found.z[0] == pytest.approx(score / math.sqrt(variance))


def test_no_event_gives_no_evidence():
    found = weighted_log_rank([1, 2], [0, 0], [0, 1], (FlemingHarrington(),))
    assert found.z[0] == 0
    assert restricted_mean_difference([3, 4], [0, 0], [0, 1], until=2).z == 0


@pytest.mark.parametrize(
    ("build", "fault_id", "found"),
    [
        (lambda: LogRank(1.0), "DSG-304", "hazard_ratio=1"),
        (lambda: LogRank(0.5, method="cox"), "DSG-304", "method=cox"),
        (lambda: LogRank(0.5, power=0.01), "DSG-302", "power=0.01"),
        (lambda: LogRank(0.5, ratio=0), "DSG-306", "ratio=0"),
        (lambda: log_rank_power(LogRank(0.5), 0), "DSG-304", "events=0"),
        (lambda: SurvivalPlan(1.2, 0.1, 12, 6, TWO), "DSG-304", "1.2"),
        (lambda: SurvivalPlan(0.8, 0.1, 0, 6, TWO), "DSG-305", "accrual=0"),
        (lambda: LachinFoulkes(0.5, 0.1, 12, -1), "DSG-305", "follow_up=-1"),
        (lambda: LachinFoulkes(0.5, 0.1, 12, 1, beta=0.99), "DSG-302", "beta=0.99"),
        (lambda: RatesPlan(0.4, 0.4, TWO), "DSG-304", "control_rate=0.4"),
        (lambda: PiecewiseHazard((1.0,), (0.1,)), "DSG-305", "(1.0,)"),
        (lambda: PiecewiseHazard((0.0, 1.0), (0.1,)), "DSG-305", "(0.1,)"),
        (lambda: PiecewiseHazard((0.0,), (0.0,)), "DSG-305", "(0.0,)"),
        (constant_hazard, "DSG-305", "None"),
        (lambda: VeinToVein(never_infused=1.0), "DSG-305", "never_infused=1.0"),
        (lambda: VeinToVein(-1.0), "DSG-305", "median=-1.0"),
        (lambda: scenario(subjects=5), "DSG-308", "subjects=5"),
        (lambda: scenario(ratio=0), "DSG-306", "ratio=0"),
        (lambda: subject_times(scenario(), np.zeros((1, 5, 4))), "DSG-307", "(1, 5, 4)"),
        (lambda: subject_times(scenario(), np.full((1, 100, 4), 1.5)), "DSG-307", "largest=1.5"),
        (lambda: SequentialSurvival(TWO, (50,), scenario()), "DSG-308", "(50,)"),
        (lambda: SequentialSurvival(TWO, (50, 101), scenario()), "DSG-308", "(50, 101)"),
        (lambda: SequentialSurvival(TWO, (50, 60), scenario(), 10), "DSG-308", "trials=10"),
        (lambda: SurvivalSizeBySimulation(SurvivalPower(scenario(), 50), 1.0), "DSG-302", "power=1.0"),
        (lambda: SurvivalPower(scenario(), 101), "DSG-308", "events=101"),
        (lambda: SurvivalPower(scenario(), 50, weights=()), "DSG-308", "absent"),
        (lambda: SurvivalPower(scenario(), 50, restricted_mean_until=0), "DSG-305", "restricted_mean_until=0"),
        (lambda: FlemingHarrington(-1, 0), "DSG-304", "rho=-1"),
        (lambda: weighted_log_rank([1, 2], [1], [0, 1], (FlemingHarrington(),)), "DSG-311", "(1,)"),
        (lambda: weighted_log_rank([1, 2], [1, 1], [1, 1], (FlemingHarrington(),)), "DSG-311", "True"),
        (lambda: weighted_log_rank([1, math.nan], [1, 1], [0, 1], (FlemingHarrington(),)), "DSG-311", "nan"),
        (lambda: weighted_log_rank([1, 2], [1, 1], [0, 1], ()), "DSG-304", "absent"),
        (lambda: restricted_mean_difference([1, 2], [1, 1], [0, 1], until=5), "DSG-311", "5"),
    ],
)
def test_bad_input_is_named(build, fault_id, found):
    with pytest.raises(UserError) as caught:
        build()
    assert fault_id in {item.id for item in caught.value.faults}
    assert found in str(caught.value)
