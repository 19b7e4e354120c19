"""Speed of the confirmatory designs, one thread, warm (compiled kernels called once before).

Peers, user CPU on the same kind of machine: clinfun ph2simon 0.016 s; rpact asOF k=3 0.019 s a design, gsDesign 0.013 s; lrstat
lrsim 0.98 s and rpact getSimulationSurvival 1.49 s per 10,000 three-look trials.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import Futility, GroupSequential, WangTsiatis
from celltrial.designs.randomised.piecewise_hazard import constant_hazard
from celltrial.designs.randomised.sequential_survival import SequentialSurvival, simulate_sequential_survival
from celltrial.designs.randomised.spending import Spending
from celltrial.designs.randomised.survival_power import SurvivalPower, simulate_survival_power
from celltrial.designs.randomised.survival_scenario import SurvivalScenario, VeinToVein
from celltrial.designs.single_arm.bop2 import JointRates
from celltrial.designs.single_arm.bop2_calibration import Bop2Demand, calibrate_bop2
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_sizes
from celltrial.designs.single_arm.predictive_probability import (
    PredictiveProbability,
    predictive_probability_design,
)
from celltrial.designs.single_arm.simon import Simon, simon
from celltrial.designs.sizing.enrolment import EnrolmentNeed, enrolment_size


def best_of(call: Callable[[], object], times: int) -> float:
    """Return the shortest of several CPU times, after one call that warms up."""
    call()
    found = []
    for _ in range(times):
        begin = time.process_time()
        call()
        found.append(time.process_time() - begin)
    return min(found)


def run() -> Iterator[tuple[str, float, str, str]]:
    """Yield (name, measured, unit, goal)."""
    third = (1 / 3, 2 / 3, 1.0)
    yield (
        "Simon search 20/40 %, 5 %, 10 %, to 100",
        best_of(lambda: simon(Simon(0.2, 0.4, 0.05, 0.1)), 5),
        "s",
        "<= 0.05",
    )
    wide = Simon(0.3, 0.4, 0.05, 0.1, 400)
    yield "Simon search 30/40 %, to 400", best_of(lambda: simon(wide), 3), "s", "(none)"
    yield "one stage, saw-tooth-safe", best_of(lambda: one_stage_sizes(OneStage(0.2, 0.4)), 5), "s", "<= 0.05"
    need = EnrolmentNeed(49, 0.742)
    yield "enrolment with assurance", best_of(lambda: enrolment_size(need), 5), "s", "<= 0.01"
    design = PredictiveProbability(0.2, 0.4, tuple(range(10, 37)))
    yield "predictive probability, 27 looks", best_of(lambda: predictive_probability_design(design), 3), "s", "<= 0.05"
    single = Bop2Demand((10, 15, 20, 25, 30, 35, 40), 0.2, None, (JointRates(0.2),), JointRates(0.4))
    yield "BOP2 calibrated exactly, efficacy", best_of(lambda: calibrate_bop2(single), 1), "s", "<= 1"
    joint = Bop2Demand((10, 20, 30, 40), 0.2, 0.3, (JointRates(0.2, 0.3),), JointRates(0.4, 0.15))
    yield "BOP2 calibrated exactly, with toxicity", best_of(lambda: calibrate_bop2(joint), 1), "s", "<= 2"
    spending = GroupSequential(third)
    yield "boundaries, O'Brien-Fleming spending, 3 looks", best_of(lambda: boundaries(spending), 5), "s", "<= 0.019"
    shape = GroupSequential(tuple((k + 1) / 5 for k in range(5)), efficacy=WangTsiatis(0.25))
    yield "boundaries, Wang-Tsiatis, 5 looks", best_of(lambda: boundaries(shape), 5), "s", "<= 0.05"
    both = GroupSequential(third, beta=0.1, futility=Futility(Spending("hwang_shih_decani", -2), binding=True))
    yield "boundaries, binding futility, 3 looks", best_of(lambda: boundaries(both), 5), "s", "<= 0.1"
    control = constant_hazard(median=6.0)
    truth = SurvivalScenario(180, 18.0, control, constant_hazard(median=10.0), dropout_hazard=0.0043)
    three = SequentialSurvival(spending, (41, 82, 124), truth, trials=10_000)
    yield (
        "three-look survival, 10,000 trials",
        best_of(lambda: simulate_sequential_survival(three, root_seed=1), 3),
        "s",
        "<= 1",
    )
    lagged = SurvivalScenario(300, 18.0, control, constant_hazard(median=9.23), vein_to_vein=VeinToVein(1.4, 0.3, 0.1))
    power = SurvivalPower(lagged, 227, max_combo=True, restricted_mean_until=12.0, trials=10_000)
    yield (
        "log-rank, MaxCombo, RMST with and without lag, 10,000 trials",
        best_of(lambda: simulate_survival_power(power, root_seed=1), 1),
        "s",
        "<= 10",
    )
