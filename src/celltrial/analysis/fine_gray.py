"""The subdistribution hazard of Fine and Gray: how covariates move the cumulative incidence where another event competes.

Who had the competing event stays in the risk set with the chance of not yet being censored, so that the ratio speaks of
the incidence that is seen and not of a world without the competing event. It is no ratio of rates among those still at risk:
that is the cause-specific hazard ratio of `hazard_ratio`.

"Fine-Gray" has three answers: this one, as cmprsk, with Breslow's ties and a variance that knows that the censoring was
estimated; and the weighted Cox models of R's survival, with Efron's or Breslow's ties and the censoring weights at other
times. They differ in the third digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from celltrial.analysis.partial_likelihood import Flags, Flaw, Numbers, climb


@dataclass(frozen=True, slots=True, eq=False)
class FineGrayFit:
    """A fit: coefficients of the covariates in order, their covariance, the log pseudo-likelihood at the fit."""

    coefficients: Numbers
    covariance: Numbers
    log_likelihood: float


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """Subjects in rising order of time, and the distinct times of the event.

    uncensored: chance of not being censored before each subject's time; at: distinct event times, with the number of
    events, the chance of not being censored before them, and the number of subjects whose time is earlier.
    """

    time: Numbers
    event: Flags
    competing: Flags
    x: Numbers
    uncensored: Numbers
    at: Numbers
    events: Numbers
    uncensored_at: Numbers
    earlier: np.ndarray[tuple[int, ...], np.dtype[np.intp]]


def fit(time: Numbers, cause: Sequence[str], covariates: Numbers, *, of: str) -> FineGrayFit | Flaw:
    """Return the fit for the cause `of`, or why there is none; "" is censored, every other cause competes.

    time: >= 0. covariates: one row a subject, finite; at least one event of the cause. Fine & Gray (1999),
    doi:10.1080/01621459.1999.10474144. Checked against R 4.2.2 cmprsk 2.2-11 `crr` on mgus2, coefficients and standard
    errors of both causes to 1e-8, and, without censoring, against Cox with the competing subjects kept at risk for ever.

    >>> t, x = np.array([1.0, 2, 3, 4, 5, 6]), np.array([[1.0], [0], [0], [1], [0], [1]])
    >>> found = fit(t, ["a", "b", "a", "", "b", "a"], x, of="a")
    >>> round(float(found.coefficients[0]), 3)
    1.007
    """
    x = np.asarray(covariates, dtype=float)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    if not (scale > 1e-12 * np.maximum(1.0, np.abs(centre))).all():
        return Flaw.COLLINEAR
    data = _sorted(np.asarray(time, dtype=float), np.asarray(list(cause), dtype=object), (x - centre) / scale, of)
    top = climb(lambda beta: _derivatives(data, beta), lambda beta: float(np.ptp(data.x @ beta)), x.shape[1])
    if isinstance(top, Flaw):
        return top
    residuals = _residuals(data, top.at)
    inverse = np.linalg.inv(top.information)
    covariance = inverse @ (residuals.T @ residuals) @ inverse / np.outer(scale, scale)
    return FineGrayFit(top.at / scale, covariance, top.likelihood)


def _sorted(time: Numbers, cause: np.ndarray[tuple[int, ...], np.dtype[np.object_]], x: Numbers, of: str) -> _Data:
    order = np.argsort(time, kind="stable")
    time, cause, x = time[order], cause[order], x[order]
    event, competing = cause == of, (cause != of) & (cause != "")
    at, counts = np.unique(time[event], return_counts=True)
    left, share = _uncensored(time, cause == "")
    earlier = np.searchsorted(time, at, side="left")
    return _Data(
        time,
        event,
        competing,
        x,
        share[np.searchsorted(left, time, side="left")],
        at,
        counts.astype(float),
        share[np.searchsorted(left, at, side="left")],
        earlier,
    )


def _uncensored(time: Numbers, censored: Flags) -> tuple[Numbers, Numbers]:
    """Return the times of censoring and the Kaplan-Meier chance of not being censored before the first, second, ... of them."""
    left, counts = np.unique(time[censored], return_counts=True)
    at_risk = len(time) - np.searchsorted(time, left, side="left")
    return left, np.concatenate(([1.0], np.cumprod(1 - counts / at_risk)))


def _sums(data: _Data, values: Numbers, weight: Numbers) -> Numbers:
    """Return the weighted sum over the risk set at each event time of each row of `values`."""
    still = _from_the_end(values)[:, data.earlier]
    gone = _before(np.where(data.competing, values / weight, 0.0))[:, data.earlier]
    return still + data.uncensored_at * gone


def _from_the_end(values: Numbers) -> Numbers:
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1]


def _before(values: Numbers) -> Numbers:
    """Return the sums before each column, and of all columns last."""
    return np.concatenate((np.zeros((len(values), 1)), np.cumsum(values, axis=1)), axis=1)


def _derivatives(data: _Data, beta: Numbers) -> tuple[float, Numbers, Numbers]:
    eta = data.x @ beta
    top = float(eta.max())
    risk = np.exp(eta - top)
    width = len(beta)
    rows, columns = np.triu_indices(width)
    z = data.x.T
    sums = _sums(data, np.vstack((risk, risk * z, risk * z[rows] * z[columns])), data.uncensored)
    mean = sums[1 : width + 1] / sums[0]
    pairs = (sums[width + 1 :] / sums[0] - mean[rows] * mean[columns]) @ data.events
    information = np.empty((width, width))
    information[rows, columns] = pairs
    information[columns, rows] = pairs
    likelihood = float(eta[data.event].sum() - data.events @ (np.log(sums[0]) + top))
    return likelihood, data.x[data.event].sum(axis=0) - mean @ data.events, information


def _residuals(data: _Data, beta: Numbers) -> Numbers:
    """Return each subject's share in the score, with that of having estimated the censoring, one row a subject."""
    eta = data.x @ beta
    risk = np.exp(eta - float(eta.max()))
    z = data.x.T
    sums = _sums(data, np.vstack((risk, risk * z)), data.uncensored)
    mean = sums[1:] / sums[0]
    step = data.events / sums[0]
    hazard = _before(np.vstack((step, step * mean)))
    later = _before(np.vstack((data.uncensored_at * step, data.uncensored_at * step * mean)))
    until = np.searchsorted(data.at, data.time, side="right")
    place = np.minimum(np.searchsorted(data.at, data.time, side="left"), len(data.at) - 1)
    found = np.where(data.event[:, None], data.x - mean[:, place].T, 0.0)
    found -= risk[:, None] * (data.x * hazard[0, until][:, None] - hazard[1:, until].T)
    rest = later[:, -1:] - later[:, until]
    share = np.where(data.competing, risk / data.uncensored, 0.0)
    found -= share[:, None] * (data.x * rest[0][:, None] - rest[1:].T)
    return found + _censoring(data, share, later)


def _censoring(data: _Data, share: Numbers, later: Numbers) -> Numbers:
    """Return each subject's share in the score through the estimate of the censoring.

    A censoring at u bears on events at u and later, by subjects whose competing event came before u.
    """
    censored = ~data.event & ~data.competing
    at, counts = np.unique(data.time[censored], return_counts=True)
    if not len(at):
        return np.zeros_like(data.x)
    at_risk = len(data.time) - np.searchsorted(data.time, at, side="left")
    gone = _before(np.vstack((share, share * data.x.T)))[:, np.searchsorted(data.time, at, side="left")]
    ahead = later[:, -1:] - later[:, np.searchsorted(data.at, at, side="left")]
    pull = (gone[1:] * ahead[0] - gone[0] * ahead[1:]) / at_risk
    passed = _before(pull * counts / at_risk)[:, np.searchsorted(at, data.time, side="right")]
    found = -passed.T
    found[censored] += pull[:, np.searchsorted(at, data.time[censored])].T
    return found
