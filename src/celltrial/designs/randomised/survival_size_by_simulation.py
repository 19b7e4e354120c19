"""Sample size by simulation: how many subjects a survival trial needs when no formula holds.

Delayed effects, crossing hazards, vein-to-vein time and product failure break the formulas. Here the scenario is simulated at one size,
and the next size follows from the law that a standardised effect grows with the root of the size:
  n_next = n ((z_a + z_b) / (z_a + probit(power found)))^2,
by at most a factor of four a step; sizes whose power came near the wanted one vote together. It ends when the size pointed to
differs from one already simulated by 1 % at most. Accrual lasts as stated and speeds up with the size; the share of subjects with
an event at the analysis is kept, so that the trial lasts about as long. The first test of the list decides. The answer carries its
simulated power with its error; it is a size to plan with, not a bound. Checked against Schoenfeld's formula where hazards are proportional.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.progress import Progress
from celltrial.core.values import all_of, message
from celltrial.designs.policy import Message
from celltrial.designs.randomised.survival_power import SurvivalPower, SurvivalPowerOutcome, simulate_survival_power
from celltrial.designs.sizing.ranges import between, demand

#: Sizes simulated before giving up, and the largest size.
STEPS = 12
LARGEST = 5_000


@dataclass(frozen=True, slots=True)
class SurvivalSizeBySimulation:
    """What the protocol must state.

    start: scenario, tests, error and a first guess of subjects and events, whose quotient is kept; power: wanted, in (alpha, 1).
    """

    start: SurvivalPower
    power: float = 0.80

    def __post_init__(self) -> None:
        demand(between("DSG-302", self.start.alpha, 1, power=self.power))


@dataclass(frozen=True, slots=True)
class SimulatedSize:
    """Subjects and events, with the simulation at that size; sizes tried, in order."""

    subjects: int
    events: int
    outcome: SurvivalPowerOutcome
    tried: tuple[int, ...]


def survival_size_by_simulation(
    params: SurvivalSizeBySimulation, *, root_seed: int, progress: Progress | None = None
) -> SimulatedSize:
    """Return the size whose simulated power is the wanted one, within its Monte Carlo error.

    Raises UserError (DSG-308) where no size up to 5,000 subjects is found, as when the treatment does not work.

    >>> from celltrial.designs.randomised.piecewise_hazard import constant_hazard
    >>> from celltrial.designs.randomised.survival_scenario import SurvivalScenario
    >>> truth = SurvivalScenario(100, 12.0, constant_hazard(median=6), constant_hazard(median=12))
    >>> size = survival_size_by_simulation(SurvivalSizeBySimulation(SurvivalPower(truth, 70, trials=2000)), root_seed=1)
    >>> 60 <= size.events <= 72
    True
    """
    start = params.start
    share = start.events / start.scenario.subjects
    tried: dict[int, SimulatedSize] = {}
    subjects = start.scenario.subjects
    while len(tried) < STEPS and subjects <= LARGEST:
        events = max(1, min(subjects, round(share * subjects)))
        here = replace(start, scenario=replace(start.scenario, subjects=subjects), events=events)
        outcome = simulate_survival_power(here, root_seed=root_seed, progress=progress)
        tried[subjects] = SimulatedSize(subjects, events, outcome, (*tried, subjects))
        subjects = _next(params, tried)
        near = [n for n in tried if abs(n - subjects) <= max(1, subjects // 100)]
        if near:
            best = min(near, key=lambda n: abs(n - subjects))
            return replace(tried[best], tried=tuple(tried))
    raise UserError(
        fault(
            "DSG-308",
            expected=message("size_up_to_subjects", largest=LARGEST),
            found=message("sizes_tried", sizes=all_of(*tried)),
        )
    )


def _next(params: SurvivalSizeBySimulation, tried: dict[int, SimulatedSize]) -> int:
    """Return the size that the effects found so far point to: those near the wanted power, or the latest alone."""
    trials = params.start.trials
    z_alpha, z_wanted = -float(special.ndtri(params.start.alpha)), float(special.ndtri(params.power))
    powers = {n: min(max(t.outcome.tests[0].power, 0.5 / trials), 1 - 0.5 / trials) for n, t in tried.items()}
    latest = next(reversed(powers))
    used = [n for n, p in powers.items() if abs(p - params.power) < 0.1] or [latest]
    effect = sum((z_alpha + float(special.ndtri(powers[n]))) / math.sqrt(n) for n in used) / len(used)
    factor = ((z_alpha + z_wanted) / max(effect, 1e-6)) ** 2 / latest
    return max(10, round(latest * min(max(factor, 0.25), 4.0)))


def describe(params: SurvivalSizeBySimulation, result: SimulatedSize) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    found = result.outcome.tests[0]
    return Message(
        "design.sentence.survival_by_simulation",
        {
            "subjects": result.subjects,
            "events": result.events,
            "test": found.test,
            "wanted": 100 * params.power,
            "power": 100 * found.power,
            "error": 100 * found.mc_error,
            "trials": result.outcome.trials,
            "seed": result.outcome.root_seed,
        },
    )
