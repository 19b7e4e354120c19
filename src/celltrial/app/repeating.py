"""One virtual trial many times: what comes of its plan, with the error of a number of trials.

Each trial is driven through the commands of conduct like a single one; trial 1 is that of the seed itself, trial K that of the
seed K - 1 further on, so that any of them is replayed alone into a ledger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from celltrial.app.session import SimulatedClock, TrialSession
from celltrial.app.statistician import VirtualStatistician
from celltrial.core.progress import Progress
from celltrial.ledger import MemoryLedger
from celltrial.protocol import Protocol
from celltrial.simulation.twin import FIRST_DAY, simulate_trial


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over trials: its mean, and the Monte Carlo standard error of that; of trials in which it was known."""

    mean: float
    error: float
    trials: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of a plan over trials.

    infused_share: of the enrolled, in a randomised trial of all randomised. crossed: share of trials whose boundary was reached;
    None where nothing is looked at. suspended: share of trials that were suspended at least once. days_to_analysis: from the
    start; of trials that came so far.
    """

    trials: int
    seed: int
    scenario: str
    enrolled: Figure
    infused: Figure
    infused_share: Figure
    crossed: Figure | None
    suspended: Figure
    days_to_analysis: Figure | None


def seed_of(seed: int, number: int) -> int:
    """Return the seed of trial 1, 2, ... of a run.

    >>> seed_of(7, 1), seed_of(7, 3)
    (7, 9)
    """
    return seed + number - 1


def figure(values: Sequence[float]) -> Figure:
    """Return mean and standard error of values, one for each trial; the error of one value is not known.

    >>> figure([0.0, 1.0, 1.0, 0.0])
    Figure(mean=0.5, error=0.28867513459481287, trials=4)
    """
    n = len(values)
    mean = sum(values) / n
    error = math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n) if n > 1 else math.nan
    return Figure(mean, error, n)


def repeat(
    protocol: Protocol, *, trials: int, seed: int, scenario: str | None, years: float, progress: Progress
) -> Repeated:
    """Simulate the trial so often, in memory, and return what came of it."""
    enrolled, infused, crossed, suspended, days = [], [], [], [], []
    named = ""
    progress.start("progress.simulate_many", trials)
    for number in range(1, trials + 1):
        clock = SimulatedClock()
        session = TrialSession(
            MemoryLedger(clock=clock.port), protocol.identification.id, clock.now, clock.set, real_time=False
        )
        done = simulate_trial(
            protocol,
            session,
            seed=seed_of(seed, number),
            scenario=scenario,
            years=years,
            statistician=VirtualStatistician(session),
        )
        named = done.scenario
        enrolled.append(float(done.enrolled))
        infused.append(float(done.infused))
        if done.looks:
            crossed.append(float(any(held.verdict == "efficacy" for held in done.looks)))
        suspended.append(float(bool(session.state.suspensions)))
        if done.analysed_on is not None:
            days.append(float((done.analysed_on - FIRST_DAY).days))
        progress.advance()
    progress.finish()
    shares = [k / n for k, n in zip(infused, enrolled, strict=True) if n]
    return Repeated(
        trials,
        seed,
        named,
        figure(enrolled),
        figure(infused),
        figure(shares or [0.0]),
        figure(crossed) if crossed else None,
        figure(suspended),
        figure(days) if days else None,
    )
