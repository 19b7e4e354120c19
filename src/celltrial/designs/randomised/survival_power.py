"""Power of log-rank, weighted log-rank, MaxCombo and RMST tests when hazards are not proportional.

The formulas of `log_rank_events` assume an effect from the day of randomisation. In cell therapy the clock starts there but the
cells come weeks later, some subjects are never infused, and the effect may need time or come after an early harm. Here the trial is
simulated with all of that and analysed once, when the planned number of events is in, by every test asked for on the same virtual
subjects. Beside it the same subjects are given their treatment on day 0: the difference is the price of the vein-to-vein time, and
a result whose power falls says so in `caveats`. Tests are one-sided at alpha.
Checked against Schoenfeld's formula where hazards are proportional (AC-P8.4) and against the plain tests on data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from celltrial.core.lazy_scipy import special
from celltrial.core.progress import Progress, Silent
from celltrial.core.random_streams import stream
from celltrial.core.values import ABSENT, message
from celltrial.designs.policy import Message
from celltrial.designs.randomised.max_combo import MAX_COMBO_WEIGHTS, max_normal_p
from celltrial.designs.randomised.sequential_survival import CHUNK
from celltrial.designs.randomised.survival_scenario import CHANNELS, SurvivalScenario, VeinToVein, subject_times
from celltrial.designs.randomised.weighted_log_rank import FlemingHarrington
from celltrial.designs.sizing.ranges import between, demand, positive, that, whole

#: Caveat: the vein-to-vein time costs power. Caveat: too few events in some trials. Caveat: RMST limit cut short in some.
LOST_POWER = "design.vein_to_vein_lowers_power"
FEW_EVENTS = "design.planned_events_not_always_reached"
SHORTENED = "design.restricted_mean_limit_shortened"

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SurvivalPower:
    """What is simulated and tested.

    scenario: the truth; events: number that triggers the analysis; alpha: one-sided, in (0, 0.5).
    weights: Fleming-Harrington tests; max_combo: also MaxCombo; restricted_mean_until: also RMST up to this time.
    trials: 100 to 1,000,000.
    """

    scenario: SurvivalScenario
    events: int
    alpha: float = 0.025
    weights: tuple[FlemingHarrington, ...] = (FlemingHarrington(),)
    max_combo: bool = False
    restricted_mean_until: float | None = None
    trials: int = 10_000

    def __post_init__(self) -> None:
        until = self.restricted_mean_until
        demand(
            whole("DSG-308", 1, self.scenario.subjects, events=self.events),
            between("DSG-302", 0, 0.5, alpha=self.alpha),
            whole("DSG-308", 100, 1_000_000, trials=self.trials),
            None if until is None else positive("DSG-305", restricted_mean_until=until),
            that(
                self.weights or self.max_combo or until is not None,
                "DSG-308",
                expected=message("one_test_or_more"),
                found=ABSENT,
            ),
        )


@dataclass(frozen=True, slots=True)
class TestPower:
    """One test: its power under the scenario, and with every subject treated on day 0 (the same where there is no lag).

    mc_error: standard error of the power; mc_error_of_loss: of the paired difference (same virtual subjects).
    """

    __test__ = False  # not a pytest class

    test: str
    power: float
    mc_error: float
    power_without_lag: float
    mc_error_of_loss: float


@dataclass(frozen=True, slots=True)
class SurvivalPowerOutcome:
    """Simulated power of every test, in the order asked for.

    never_infused: share of the treated arm; mean_time: calendar time of the analysis; mean_events: events then.
    caveats: codes of what a reader must keep in mind.
    """

    tests: tuple[TestPower, ...]
    trials: int
    root_seed: int
    never_infused: float
    mean_time: float
    mean_events: float
    caveats: tuple[str, ...]


def simulate_survival_power(
    params: SurvivalPower, *, root_seed: int, progress: Progress | None = None
) -> SurvivalPowerOutcome:
    """Return the simulated power of every test, with and without the vein-to-vein time.

    >>> from celltrial.designs.randomised.piecewise_hazard import constant_hazard
    >>> truth = SurvivalScenario(120, 12.0, constant_hazard(median=6), constant_hazard(median=12),
    ...                          vein_to_vein=VeinToVein(median=3.0, never_infused=0.1))
    >>> out = simulate_survival_power(SurvivalPower(truth, 80, trials=1000), root_seed=1)
    >>> out.tests[0].power < out.tests[0].power_without_lag, out.caveats
    (True, ('design.vein_to_vein_lowers_power',))
    """
    lagged = params.scenario.vein_to_vein != VeinToVein()
    direct = replace(params.scenario, vein_to_vein=VeinToVein(), waiting=None)
    listener = progress or Silent()
    chunks = math.ceil(params.trials / CHUNK)
    listener.start("design.simulating_trials", chunks)
    seen, other, rest, never = [], [], [], 0.0
    for chunk in range(chunks):
        uniforms = stream(root_seed, "survival", chunk).random((CHUNK, params.scenario.subjects, len(CHANNELS)))
        uniforms = uniforms[: params.trials - chunk * CHUNK]
        reject, facts, infused = _analyse(params, params.scenario, uniforms)
        seen.append(reject)
        rest.append(facts)
        never += infused
        other.append(_analyse(params, direct, uniforms)[0] if lagged else reject)
        listener.advance()
    listener.finish()
    facts = np.concatenate(rest)
    tests = _compare(params, np.concatenate(seen), np.concatenate(other))
    caveats = []
    if any(t.power_without_lag - t.power > 2 * t.mc_error_of_loss for t in tests if t.mc_error_of_loss > 0):
        caveats.append(LOST_POWER)
    if (facts[:, 1] < params.events).any():
        caveats.append(FEW_EVENTS)
    until = params.restricted_mean_until
    if until is not None and (facts[:, 2] < until).any():
        caveats.append(SHORTENED)
    treated = int(params.scenario.in_treated.sum()) * params.trials
    return SurvivalPowerOutcome(
        tests,
        params.trials,
        root_seed,
        never / treated,
        float(facts[:, 0].mean()),
        float(facts[:, 1].mean()),
        tuple(caveats),
    )


def _names(params: SurvivalPower) -> list[str]:
    names = [f"fleming_harrington({w.rho:g},{w.gamma:g})" if w.rho or w.gamma else "log_rank" for w in params.weights]
    if params.max_combo:
        names.append("max_combo")
    if params.restricted_mean_until is not None:
        names.append("restricted_mean")
    return names


def _analyse(
    params: SurvivalPower, scenario: SurvivalScenario, uniforms: Array
) -> tuple[NDArray[np.bool_], Array, float]:
    """Return rejections (trials, tests), (time, events, limit used) per trial, and the number never infused."""
    from celltrial.designs.randomised.survival_kernel import analyse

    times = subject_times(scenario, uniforms)
    weights = (*params.weights, *(MAX_COMBO_WEIGHTS if params.max_combo else ()))
    rho, gamma = np.array([float(w.rho) for w in weights]), np.array([float(w.gamma) for w in weights])
    until = params.restricted_mean_until
    arm = scenario.in_treated
    u, v, when, mean = analyse(times.event, times.dropout, scenario.entry, arm, params.events, rho, gamma, until or 0.0)
    deviation = np.sqrt(np.maximum(np.einsum("ijj->ij", v), 1e-300))
    z = u / deviation
    limit = -float(special.ndtri(params.alpha))
    own = len(params.weights)
    columns = [z[:, k] >= limit for k in range(own)]
    if params.max_combo:
        columns.append(_max_combo(z[:, own:], v[:, own:, own:], deviation[:, own:], params.alpha))
    if until is not None:
        columns.append(mean[:, 0] >= limit * np.sqrt(np.maximum(mean[:, 1], 1e-300)))
    never = float(np.isinf(times.infusion[:, arm]).sum())
    return np.stack(columns, axis=1), np.column_stack([when, mean[:, 2]]), never


def _max_combo(z: Array, v: Array, deviation: Array, alpha: float) -> NDArray[np.bool_]:
    """Return the rejections; the normal integral is taken only where neither bound on the p-value settles the matter."""
    largest = z.max(axis=1)
    p_one = special.ndtr(-largest)
    reject = np.asarray(p_one * z.shape[1] <= alpha)  # Bonferroni: p is at most m times the best single p
    open_cases = np.flatnonzero(~reject & (p_one < alpha))  # p is at least the best single p
    if open_cases.size:
        scale = deviation[open_cases]
        correlation = v[open_cases] / (scale[:, :, None] * scale[:, None, :])
        reject[open_cases] = max_normal_p(largest[open_cases], correlation) <= alpha
    return reject


def _compare(params: SurvivalPower, seen: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[TestPower, ...]:
    n = params.trials
    rows = []
    for k, name in enumerate(_names(params)):
        p, q = float(seen[:, k].mean()), float(other[:, k].mean())
        spread = float((other[:, k].astype(float) - seen[:, k]).std()) / math.sqrt(n)
        rows.append(TestPower(name, p, math.sqrt(p * (1 - p) / n), q, spread))
    return tuple(rows)


def describe(params: SurvivalPower, result: SurvivalPowerOutcome) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.survival_power",
        {
            "trials": result.trials,
            "seed": result.root_seed,
            "events": params.events,
            "test": result.tests[0].test,
            "power": 100 * result.tests[0].power,
            "error": 100 * result.tests[0].mc_error,
            "without_lag": 100 * result.tests[0].power_without_lag,
            "never": 100 * result.never_infused,
        },
    )
