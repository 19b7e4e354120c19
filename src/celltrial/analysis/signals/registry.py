"""How large a registry must be, and when a sequential watch of it calls (MaxSPRT, Kulldorff 2011).

Sizing: the chance to see at least one event of rate p in n persons is 1 - (1-p)^n; none seen in n leaves an upper limit of
1 - (1-level)^(1/n). MaxSPRT: events come as a Poisson process whose expected number is known under no excess; after each, the log
ratio n ln(n/mu) - n + mu (0 where n <= mu) is held against one critical value. The critical value for a length T, in expected events,
and a least number M of events spends exactly alpha; it is found by an exact recursion over the events, no simulation.
"""

from __future__ import annotations

import math

import numpy as np

from celltrial.core.lazy_scipy import optimize, special


def chance_of_one(rate: float, persons: int) -> float:
    """Return the chance that at least one event is seen.

    >>> round(chance_of_one(0.001, 300), 4)
    0.2593
    """
    return -math.expm1(persons * math.log1p(-rate))


def persons_needed(rate: float, chance: float = 0.95) -> int:
    """Return how many persons see at least one event of a rate with a chance.

    >>> persons_needed(0.001), persons_needed(0.01)
    (2995, 299)
    """
    return math.ceil(math.log1p(-chance) / math.log1p(-rate) - 1e-9)


def upper_limit(persons: int, level: float = 0.95) -> float:
    """Return the upper limit of a rate of which no event was seen.

    >>> round(upper_limit(1000), 5)
    0.00299
    """
    return -math.expm1(math.log1p(-level) / persons)


def kept(persons: int, yearly_loss: float, years: float) -> float:
    """Return how many of the persons are still followed after years of a yearly loss.

    >>> round(kept(1000, 0.05, 15))
    463
    """
    return float(persons * (1 - yearly_loss) ** years)


def log_ratio(events: int, expected: float) -> float:
    """Return the log likelihood ratio of events against expected ones, 0 where there is no excess."""
    return events * math.log(events / expected) - events + expected if events > expected > 0 else 0.0


def chance_of_call(critical: float, length: float, least: int = 1, excess: float = 1.0) -> float:
    """Return the chance that the watch calls by its end, where events come `excess` times as often as expected.

    critical: value of the log ratio that calls; length: expected events at the end; least: events before which it does not call.
    A call at the n-th event happens while fewer than tau_n are expected, tau_n being where the log ratio of n is critical; the chance
    that no event comes before its tau is a recursion over intervals between them.
    """
    limits: list[float] = []
    n = 0
    while True:
        n += 1
        limit = 0.0 if n < least else _limit(n, critical)
        if limit >= length:
            break
        limits.append(limit)
    limits.append(length)
    quiet, reached = np.array([1.0]), 0.0  # quiet[k]: no call, and k events, by the limit reached
    for number, limit in enumerate(limits, start=1):
        step, counts = excess * (limit - reached), np.arange(number)
        if step > 0:
            added = np.exp(counts * math.log(step) - step - special.gammaln(counts + 1))
            quiet = np.convolve(quiet, added)[
                :number
            ]  # more than number - 1 events before this limit would have called
        reached = limit
    return float(1 - quiet.sum())


def _limit(events: int, critical: float) -> float:
    """Return the expected events below which so many events call."""
    found: float = optimize.brentq(lambda mu: log_ratio(events, mu) - critical, 1e-300, events, xtol=1e-300, rtol=1e-14)
    return found


def critical_value(length: float, least: int = 1, alpha: float = 0.05) -> float:
    """Return the critical value that spends alpha by the end of the watch.

    Where `least` makes the chance smaller than alpha whatever the value, there is none: ValueError.

    >>> round(critical_value(1, 1), 4)
    2.8539
    """
    low, high = 1e-9, 30.0
    if chance_of_call(low, length, least) < alpha:
        raise ValueError(f"no value spends {alpha} over {length} expected events from the {least}th on")
    found: float = optimize.brentq(lambda value: chance_of_call(value, length, least) - alpha, low, high, xtol=1e-10)
    return found
