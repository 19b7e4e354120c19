"""The partial likelihood of Cox: coefficients, their covariance, the score test, and the test of proportional hazards.

Every sum over a risk set is a cumulative sum over the rows in falling order of time, and tied events are thinned row by
row (Efron) or not at all (Breslow), so that a step of Newton's method takes one pass over arrays. Strata have risk sets
of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from celltrial.analysis.partial_likelihood import WORST_CONDITION, Flags, Flaw, Numbers, climb
from celltrial.core.lazy_scipy import stats

Ties = Literal["efron", "breslow"]
_Places = np.ndarray[tuple[int, ...], np.dtype[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """A fit: coefficients of the covariates in order, their covariance, and the log-likelihood at 0 and at the fit.

    score: the score test of all coefficients being 0, chi-square on as many degrees of freedom as covariates.
    steps: of Newton's method.
    """

    coefficients: Numbers
    covariance: Numbers
    log_likelihood: float
    null_log_likelihood: float
    score: float
    steps: int


@dataclass(frozen=True, slots=True)
class Proportionality:
    """The test of proportional hazards: chi-square on one degree of freedom for each covariate, and for all together."""

    each: tuple[tuple[float, float], ...]
    together: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Stratum:
    """Rows of one stratum in falling order of time.

    x:        covariates.
    events:   rows with an event; what follows is given for each of them.
    last:     row at which its risk set ends; first: row at which its time begins; ties: events at its time.
    thinning: share of the tied events that its risk set leaves out.
    """

    time: Numbers
    x: Numbers
    events: _Places
    last: _Places
    first: _Places
    ties: _Places
    thinning: Numbers


def fit(
    time: Numbers,
    event: Flags,
    covariates: Numbers,
    *,
    ties: Ties = "efron",
    strata: Sequence[object] | None = None,
) -> CoxFit | Flaw:
    """Return the fit, or why there is none.

    time: >= 0, any unit. event: True for an event. covariates: one row a subject, finite, one column a covariate, at
    least one event. strata: one label a subject; a coefficient is common to all of them.
    Cox (1972),
    doi:10.1111/j.2517-6161.1972.tb00899.x; Efron (1977), doi:10.1080/01621459.1977.10480613. Checked against R 4.2.2
    survival 3.5-3 `coxph` (Efron, Breslow, strata) to 1e-8 and against the likelihood written out subject by subject.

    >>> t, x = np.array([1.0, 2, 3, 4]), np.array([[1.0], [0], [1], [0]])
    >>> found = fit(t, np.array([True, True, True, True]), x)
    >>> round(float(found.coefficients[0]), 4)
    0.9406
    """
    x = np.asarray(covariates, dtype=float)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    if not (scale > 1e-12 * np.maximum(1.0, np.abs(centre))).all():
        return Flaw.COLLINEAR
    layers = _layers(np.asarray(time, dtype=float), np.asarray(event, dtype=bool), (x - centre) / scale, ties, strata)
    widest = [layer.x for layer in layers]
    top = climb(
        lambda beta: _derivatives(layers, beta), lambda beta: max(float(np.ptp(z @ beta)) for z in widest), x.shape[1]
    )
    if isinstance(top, Flaw):
        return top
    covariance = np.linalg.inv(top.information) / np.outer(scale, scale)
    return CoxFit(top.at / scale, covariance, top.likelihood, top.null, top.score, top.steps)


def _layers(
    time: Numbers,
    event: Flags,
    x: Numbers,
    ties: Ties,
    strata: Sequence[object] | None,
) -> list[_Stratum]:
    labels = np.zeros(len(time), dtype=int)
    if strata is not None:
        numbers: dict[object, int] = {}
        labels = np.array([numbers.setdefault(label, len(numbers)) for label in strata], dtype=int)
    order = np.lexsort((~event, -time, labels))
    bounds = np.flatnonzero(np.diff(labels[order])) + 1
    found = [_stratum(time[rows], event[rows], x[rows], ties) for rows in np.split(order, bounds)]
    return [each for each in found if len(each.events)]


def _stratum(time: Numbers, event: Flags, x: Numbers, ties: Ties) -> _Stratum:
    """Return one stratum; rows come in falling order of time, events before what was censored at the same time."""
    starts = np.concatenate(([0], np.flatnonzero(np.diff(time)) + 1))
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(time))))
    events = np.flatnonzero(event)
    tied = np.add.reduceat(event.astype(int), starts)[group[events]]
    last = (np.append(starts[1:], len(time)) - 1)[group[events]]
    thinning = np.zeros(len(events))
    if ties == "efron":
        thinning = (events - starts[group[events]]) / tied
    return _Stratum(time, x, events, last, starts[group[events]], tied, thinning)


def _derivatives(layers: list[_Stratum], beta: Numbers) -> tuple[float, Numbers, Numbers]:
    """Return the log-likelihood at `beta`, its gradient and its information."""
    width = len(beta)
    likelihood, gradient, information = 0.0, np.zeros(width), np.zeros((width, width))
    for layer in layers:
        logs, means, spreads = _risk_sets(layer, beta)
        of_events = layer.x[layer.events]
        likelihood += float((of_events @ beta).sum() - logs.sum())
        gradient += of_events.sum(axis=0) - means.sum(axis=1)
        information += _square(spreads.sum(axis=1), width)
    return likelihood, gradient, information


def _risk_sets(layer: _Stratum, beta: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return for each event the log of its risk set's sum, the mean of the covariates there, and their covariance.

    Means are one row a covariate, covariances one row for each pair of `np.triu_indices`, one column an event.
    """
    eta = layer.x @ beta
    top = float(eta.max())
    risk = np.exp(eta - top)
    width = layer.x.shape[1]
    rows, columns = np.triu_indices(width)
    parts = np.empty((1 + width + len(rows), len(risk)))
    parts[0] = risk
    np.multiply(risk, layer.x.T, out=parts[1 : width + 1])
    np.multiply(parts[1 + rows], layer.x.T[columns], out=parts[width + 1 :])
    events = np.cumsum(parts[:, layer.events], axis=1) if layer.thinning.any() else None
    sums = np.cumsum(parts, axis=1, out=parts)[:, layer.last]
    if events is not None:
        some = np.flatnonzero(layer.thinning)
        begin = some - (layer.events - layer.first)[some]
        tied = events[:, begin + layer.ties[some] - 1] - np.where(begin > 0, events[:, begin - 1], 0.0)
        sums[:, some] -= layer.thinning[some] * tied
    mean = sums[1 : width + 1] / sums[0]
    return np.log(sums[0]) + top, mean, sums[width + 1 :] / sums[0] - mean[rows] * mean[columns]


def _square(pairs: Numbers, width: int) -> Numbers:
    """Return the symmetric matrix of numbers given for each pair of `np.triu_indices`."""
    whole = np.empty((width, width))
    rows, columns = np.triu_indices(width)
    whole[rows, columns] = pairs
    whole[columns, rows] = pairs
    return whole


def proportionality(
    time: Numbers,
    event: Flags,
    covariates: Numbers,
    fitted: CoxFit,
    *,
    ties: Ties = "efron",
    strata: Sequence[object] | None = None,
) -> Proportionality | None:
    """Return the score test of each coefficient being constant in time against its change with 1 - S(t-).

    None where the events are too few, or too much at one time, to show a change.

    S is the Kaplan-Meier curve of everybody. Grambsch & Therneau (1994), doi:10.1093/biomet/81.3.515, in the exact form of
    R's survival >= 3.0. Checked against R 4.2.2 survival 3.5-3 `cox.zph` (Efron, Breslow, strata) to 1e-8.
    """
    x = np.asarray(covariates, dtype=float)
    times, flags = np.asarray(time, dtype=float), np.asarray(event, dtype=bool)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    layers = _layers(times, flags, (x - centre) / scale, ties, strata)
    beta = fitted.coefficients * scale
    clock = _one_minus_survival(times, flags)
    middle, width = float(np.mean(clock(times[flags]))), len(beta)
    gradient, information = np.zeros(width), np.zeros((2 * width, 2 * width))
    for layer in layers:
        _, means, spreads = _risk_sets(layer, beta)
        g = clock(layer.time[layer.events]) - middle
        gradient += g @ layer.x[layer.events] - means @ g
        plain, once, twice = (_square(spreads @ weight, width) for weight in (np.ones_like(g), g, g * g))
        information += np.block([[plain, once], [once, twice]])
    own = np.sqrt(np.diag(information))
    if not (own > 0).all() or np.linalg.cond(information / np.outer(own, own)) > WORST_CONDITION:
        return None
    each = []
    for i in range(width):
        keep = [*range(width), width + i]
        u = np.append(np.zeros(width), gradient[i])
        each.append(_chi_square(float(u @ np.linalg.solve(information[np.ix_(keep, keep)], u)), 1))
    u = np.concatenate((np.zeros(width), gradient))
    return Proportionality(tuple(each), _chi_square(float(u @ np.linalg.solve(information, u)), width))


def _chi_square(value: float, degrees: int) -> tuple[float, float]:
    return value, float(stats.chi2.sf(value, degrees))


def _one_minus_survival(time: Numbers, event: Flags) -> Callable[[Numbers], Numbers]:
    """Return the share with the event just before a time, by Kaplan-Meier."""
    at, counts = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), at, side="left")
    share = np.concatenate(([0.0], 1 - np.cumprod(1 - counts / at_risk)))
    return lambda when: share[np.searchsorted(at, when, side="left")]
