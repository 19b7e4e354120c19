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
from celltrial.core.intervals import clopper_pearson
from celltrial.core.progress import Progress
from celltrial.ledger import MemoryLedger
from celltrial.protocol import Protocol
from celltrial.simulation.twin import FIRST_DAY, simulate_trial


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over trials: its mean, and the Monte Carlo standard error of that; of trials in which it was known.

    error: None where it is not known: of one trial, or where trials do not differ, which proves nothing of the next one.
    """

    mean: float
    error: float | None
    trials: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of trials, with its exact 95 % (Clopper-Pearson) interval: none of few trials is not none of all."""

    mean: float
    low: float
    high: float
    trials: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of a plan over trials.

    infused_share: of the enrolled, in a randomised trial of all randomised; None where no trial enrolled anybody. crossed: share of trials whose boundary was reached;
    None where no trial came to a look. suspended: share of trials that were suspended at least once. days_to_analysis: from the
    start; None where no trial came so far.
    """

    trials: int
    seed: int
    scenario: str
    enrolled: Figure
    infused: Figure
    infused_share: Figure | None
    crossed: Share | None
    suspended: Share
    days_to_analysis: Figure | None


def seed_of(seed: int, number: int) -> int:
    """Return the seed of trial 1, 2, ... of a run.

    >>> seed_of(7, 1), seed_of(7, 3)
    (7, 9)
    """
    return seed + number - 1


def figure(values: Sequence[float]) -> Figure:
    """Return mean and standard error of values, one for each trial.

    >>> figure([0.0, 1.0, 1.0, 0.0])
    Figure(mean=0.5, error=0.28867513459481287, trials=4)
    >>> figure([0.0, 0.0])
    Figure(mean=0.0, error=None, trials=2)
    """
    n = len(values)
    mean = sum(values) / n
    differ = len(set(values)) > 1
    error = math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n) if differ else None
    return Figure(mean, error, n)


def share(values: Sequence[bool]) -> Share:
    """Return the share of trials in which something happened, one value for each trial.

    >>> none = share([False] * 5)
    >>> none.mean, round(none.high, 3)
    (0.0, 0.522)
    """
    interval = clopper_pearson(sum(values), len(values))
    return Share(sum(values) / len(values), interval.low, interval.high, len(values))


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
            crossed.append(any(held.verdict == "efficacy" for held in done.looks))
        suspended.append(bool(session.state.suspensions))
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
        figure(shares) if shares else None,
        share(crossed) if crossed else None,
        share(suspended),
        figure(days) if days else None,
    )
