"""A group-sequential log-rank trial, simulated subject by subject in calendar time.

Looks are triggered by numbers of events; at each the log-rank statistic is held against the bounds of the design. Trials that never
reach a number of events are looked at when their last event has come. The scenario may hold any hazards, dropout, vein-to-vein
time and product failure. Chance comes in chunks of fixed size under named streams, so that a result depends neither on the
number of trials asked before nor on workers. Checked against rpact 3.3.4 `getSimulationSurvival` (survival_simulation
case, within Monte Carlo error) and, with one look, against Schoenfeld's formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from celltrial.core.progress import Progress, Silent
from celltrial.core.random_streams import stream
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.survival_scenario import CHANNELS, SurvivalScenario, subject_times
from celltrial.designs.sizing.ranges import ascending, demand, that, whole

#: Trials drawn as one block; part of the format of the latent streams.
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class SequentialSurvival:
    """What is simulated.

    design: looks, errors and bounds; events: number that triggers each look, increasing, at most the number of subjects.
    scenario: the truth; trials: 100 to 1,000,000.
    """

    design: GroupSequential
    events: tuple[int, ...]
    scenario: SurvivalScenario
    trials: int = 10_000

    def __post_init__(self) -> None:
        demand(
            ascending("DSG-308", "events", self.events),
            that(
                len(self.events) == len(self.design.information) and self.events[-1:] <= (self.scenario.subjects,),
                "DSG-308",
                expected=message(
                    "numbers_of_events_at_most", number=len(self.design.information), most=self.scenario.subjects
                ),
                found=f"events={self.events}",
            ),
            whole("DSG-308", 100, 1_000_000, trials=self.trials),
        )


@dataclass(frozen=True, slots=True)
class SequentialSurvivalOutcome:
    """Simulated operating characteristics.

    power, mc_error: share of trials that cross the efficacy bound, with its standard error.
    success, futility: share ending so at each look.
    look_times: mean calendar time of each look among trials that reach it (nan where none does).
    expected_events, expected_duration: at the end of the trial. never_infused: share of the treated arm.
    """

    trials: int
    root_seed: int
    power: float
    mc_error: float
    success: tuple[float, ...]
    futility: tuple[float, ...]
    look_times: tuple[float, ...]
    expected_events: float
    expected_duration: float
    never_infused: float


def simulate_sequential_survival(
    params: SequentialSurvival, *, root_seed: int, progress: Progress | None = None
) -> SequentialSurvivalOutcome:
    """Return the simulated operating characteristics.

    >>> from celltrial.designs.randomised.piecewise_hazard import constant_hazard
    >>> truth = SurvivalScenario(60, 10.0, constant_hazard(median=6), constant_hazard(median=12))
    >>> out = simulate_sequential_survival(
    ...     SequentialSurvival(GroupSequential((0.5, 1.0)), (20, 40), truth, trials=1000), root_seed=1)
    >>> 0.4 < out.power < 0.65
    True
    """
    from celltrial.designs.randomised.survival_kernel import sequential

    scenario, listener = params.scenario, progress or Silent()
    design = boundaries(params.design)
    looks, upper, lower = np.array(params.events), np.array(design.upper), np.array(design.lower)
    entry, arm = scenario.entry, scenario.in_treated
    parts, never = [], 0.0
    chunks = math.ceil(params.trials / CHUNK)
    listener.start("design.simulating_trials", chunks)
    for chunk in range(chunks):
        uniforms = stream(root_seed, "survival", chunk).random((CHUNK, scenario.subjects, len(CHANNELS)))
        times = subject_times(scenario, uniforms[: params.trials - chunk * CHUNK])
        parts.append(sequential(times.event, times.dropout, entry, arm, looks, upper, lower))
        never += float(np.isinf(times.infusion[:, arm]).sum())
        listener.advance()
    listener.finish()
    ended, success, cuts, events = (np.concatenate(column) for column in zip(*parts, strict=True))
    power = float(success.mean())
    reached = np.isfinite(cuts)
    sums = np.where(reached, cuts, 0.0).sum(axis=0)
    counts = reached.sum(axis=0)
    return SequentialSurvivalOutcome(
        trials=params.trials,
        root_seed=root_seed,
        power=power,
        mc_error=math.sqrt(power * (1 - power) / params.trials),
        success=tuple(float((success & (ended == k)).mean()) for k in range(len(looks))),
        futility=tuple(float((~success & (ended == k)).mean()) for k in range(len(looks))),
        look_times=tuple(float(s / c) if c else math.nan for s, c in zip(sums, counts, strict=True)),
        expected_events=float(events.mean()),
        expected_duration=float(cuts[np.arange(params.trials), ended].mean()),
        never_infused=never / (params.trials * int(arm.sum())),
    )


def describe(params: SequentialSurvival, result: SequentialSurvivalOutcome) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.sequential_survival",
        {
            "trials": result.trials,
            "seed": result.root_seed,
            "power": 100 * result.power,
            "error": 100 * result.mc_error,
            "events": ", ".join(map(str, params.events)),
            "duration": result.expected_duration,
            "never": 100 * result.never_infused,
        },
    )
