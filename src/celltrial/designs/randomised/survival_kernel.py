"""The compiled loops over simulated survival trials (imported only when a simulation runs).

Times are continuous, so ties have probability nil and are taken in order. At a calendar cut c a subject entered at e is followed
for min(x, c - e); going up in time, subjects leave the risk set either by x (one sort per trial) or by the cut (entry order, known
beforehand), so a look costs no further sort. `weighted_log_rank` and `restricted_mean` are the plain judges of these loops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from celltrial.core.compiled import compiled

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - integer arrays
B = NDArray[np.bool_]


def _cut_at(calendar: F, events: int) -> float:
    """Return the calendar time of the given event (calendar is sorted, inf for no event); the last there is if fewer."""
    k = min(events, calendar.size) - 1
    while k > 0 and calendar[k] == np.inf:
        k -= 1
    return float(calendar[k])


def _scores(x: F, event: B, order: I, entry: F, treated: B, cut: float, rho: F, gamma: F, u: F, v: F) -> int:
    """Fill u[m] and v[m, m] with the weighted log-rank scores at this cut; return the number of events."""
    n, tests = x.size, rho.size
    gone = np.zeros(n, np.bool_)
    u[:] = 0.0
    v[:, :] = 0.0
    weight = np.empty(tests)
    at_risk, at_risk_treated, newest, events, survival = 0, 0, -1, 0, 1.0
    for i in range(n):
        if entry[i] < cut:
            at_risk += 1
            at_risk_treated += treated[i]
            newest = i
    for k in range(n):
        i = order[k]
        if entry[i] >= cut:
            continue
        # out go those whose follow-up at the cut is shorter than this time (written so that the event at the cut stays)
        while newest >= 0 and entry[newest] + x[i] > cut:
            if not gone[newest]:
                gone[newest] = True
                at_risk -= 1
                at_risk_treated -= treated[newest]
            newest -= 1
        if gone[i]:
            continue
        if event[i]:
            share = at_risk_treated / at_risk
            part = share * (1 - share)
            for a in range(tests):
                weight[a] = 1.0
                if rho[a] != 0.0:
                    weight[a] *= survival ** rho[a]
                if gamma[a] != 0.0:
                    weight[a] *= (1 - survival) ** gamma[a]
            for a in range(tests):
                u[a] += weight[a] * (share - treated[i])
                for b in range(a + 1):
                    v[a, b] += weight[a] * weight[b] * part
            survival *= 1 - 1 / at_risk
            events += 1
        gone[i] = True
        at_risk -= 1
        at_risk_treated -= treated[i]
    for a in range(tests):
        for b in range(a):
            v[b, a] = v[a, b]
    return events


def _sequential(time: F, dropout: F, entry: F, treated: B, looks: I, upper: F, lower: F) -> tuple[I, B, F, I]:
    """Return per trial: look at which it ended (0-based), success, calendar time of each look reached, events at the end."""
    trials, n = time.shape
    count = looks.size
    ended, success = np.zeros(trials, np.int64), np.zeros(trials, np.bool_)
    cuts = np.full((trials, count), np.nan)
    total = np.zeros(trials, np.int64)
    none = np.zeros(1)
    u, v = np.zeros(1), np.zeros((1, 1))
    x, event, calendar = np.empty(n), np.empty(n, np.bool_), np.empty(n)
    for trial in range(trials):
        for i in range(n):
            event[i] = time[trial, i] <= dropout[trial, i]
            x[i] = min(time[trial, i], dropout[trial, i])
            calendar[i] = entry[i] + x[i] if event[i] else np.inf
        order = np.argsort(x)
        calendar.sort()
        for k in range(count):
            cut = _cut0(calendar, looks[k])
            total[trial] = _scores0(x, event, order, entry, treated, cut, none, none, u, v)
            cuts[trial, k] = cut
            ended[trial] = k
            z = u[0] / np.sqrt(v[0, 0]) if v[0, 0] > 0 else 0.0
            if z >= upper[k]:
                success[trial] = True
                break
            if z < lower[k]:
                break
    return ended, success, cuts, total


def _mean_until(x: F, event: B, entry: F, mine: B, cut: float, until: float) -> tuple[float, float]:
    """Return the restricted mean up to `until` and its variance (Greenwood) in one arm at this cut."""
    n = x.size
    y, d = np.empty(n), np.zeros(n, np.bool_)
    m = 0
    for i in range(n):
        if mine[i] and entry[i] < cut:
            inside = entry[i] + x[i] <= cut
            y[m] = x[i] if inside else cut - entry[i]
            d[m] = event[i] and inside
            m += 1
    rank = np.argsort(y[:m])
    mean, survival, last = 0.0, 1.0, 0.0
    areas, jumps = np.empty(m), np.empty(m)
    steps = 0
    for k in range(m):
        i = rank[k]
        if y[i] > until:
            break
        if d[i]:
            mean += survival * (y[i] - last)
            last = y[i]
            left = m - k
            areas[steps] = mean
            jumps[steps] = 1.0 / (left * (left - 1.0)) if left > 1 else 0.0
            steps += 1
            survival *= 1 - 1.0 / left
    mean += survival * (until - last)
    variance = 0.0
    for k in range(steps):
        variance += (mean - areas[k]) ** 2 * jumps[k]
    return mean, variance


def _analyse(
    time: F, dropout: F, entry: F, treated: B, events: int, rho: F, gamma: F, until: float
) -> tuple[F, F, F, F]:
    """Return per trial: scores u, matrix v, (cut, events, restricted mean difference, its variance, until used)."""
    trials, n = time.shape
    tests = rho.size
    u, v = np.zeros((trials, tests)), np.zeros((trials, tests, tests))
    rest = np.zeros((trials, 5))
    x, event, calendar = np.empty(n), np.empty(n, np.bool_), np.empty(n)
    control = ~treated
    for trial in range(trials):
        for i in range(n):
            event[i] = time[trial, i] <= dropout[trial, i]
            x[i] = min(time[trial, i], dropout[trial, i])
            calendar[i] = entry[i] + x[i] if event[i] else np.inf
        order = np.argsort(x)
        calendar.sort()
        cut = _cut0(calendar, events)
        rest[trial, 0] = cut
        rest[trial, 1] = _scores0(x, event, order, entry, treated, cut, rho, gamma, u[trial], v[trial])
        longest = np.zeros(2)
        for i in range(n):
            if entry[i] < cut:
                arm = 1 if treated[i] else 0
                longest[arm] = max(longest[arm], x[i] if entry[i] + x[i] <= cut else cut - entry[i])
        used = min(until, longest[0], longest[1])
        one, var_one = _mean0(x, event, entry, treated, cut, used)
        two, var_two = _mean0(x, event, entry, control, cut, used)
        rest[trial, 2], rest[trial, 3], rest[trial, 4] = one - two, var_one + var_two, used
    return u, v, rest[:, :2], rest[:, 2:]


_cut0 = compiled(_cut_at)
_scores0 = compiled(_scores)
_mean0 = compiled(_mean_until)
sequential = compiled(_sequential)
analyse = compiled(_analyse)
