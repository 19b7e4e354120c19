"""The gamma-Poisson shrinker (DuMouchel 1999): a prior of two gammas fitted to all pairs, EBGM and its quantiles.

A pair is seen only where it has a case, so that the likelihood is that of counts from 1 on, each gamma cut off by itself as
openEBGM does it; the share is then one of pairs that were seen. The fit cannot fail silently: log
parameters with an analytic gradient from five fixed starts, in a box; the best end that has a small gradient is taken. Where none
has, the prior that DuMouchel published is used and the result says so, and so it does where a limit of the box holds a parameter.
Checked against openEBGM 0.9.1 on the CAERS data (parameters, EBGM, quantiles).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from celltrial.core.lazy_scipy import optimize, special

Numbers = npt.NDArray[np.float64]

#: Starts of the fit: alpha1, beta1, alpha2, beta2, share of the first.
_STARTS: Final = (
    (0.2, 0.1, 2.0, 4.0, 1 / 3),
    (0.2, 0.06, 1.4, 1.8, 0.1),
    (2.0, 0.3, 2.0, 2.0, 0.07),
    (0.5, 0.5, 0.5, 0.5, 0.5),
    (5.0, 1.0, 1.0, 1.0, 0.2),
)
_LOW, _HIGH = np.log(1e-4), np.log(1e3)
#: Limits of the logit of the share.
_SHARE: Final = 9.0
#: Greatest gradient of the mean log-likelihood that counts as an end.
_FLAT: Final = 1e-5


#: More distinct pairs than this are searched squashed, so many of them together.
_MANY: Final = 20_000
_TOGETHER: Final = 40


@dataclass(frozen=True, slots=True)
class Prior:
    """A mixture of two gammas.

    share:   of the first.
    fitted:  False where no fit ended and the published prior stands in.
    bounded: names of parameters that a limit holds.
    """

    alpha1: float
    beta1: float
    alpha2: float
    beta2: float
    share: float
    fitted: bool = True
    bounded: tuple[str, ...] = ()


#: The prior that DuMouchel (1999) starts from; what stands in where a fit does not end.
PUBLISHED: Final = Prior(0.2, 0.1, 2.0, 4.0, 1 / 3, fitted=False)
_NAMES: Final = ("alpha1", "beta1", "alpha2", "beta2", "share")


def fit_prior(counts: npt.ArrayLike, expected: npt.ArrayLike) -> Prior:
    """Return the prior fitted to pairs with at least one case.

    counts: cases of each pair, 1 or more; expected: E of each, above 0. Pairs alike in both are taken together.
    """
    pairs = np.column_stack([np.asarray(counts, dtype=float), np.asarray(expected, dtype=float)])
    distinct, weight = np.unique(pairs, axis=0, return_counts=True)
    n, e, w = distinct[:, 0], distinct[:, 1], weight / weight.sum()
    bounds = [(_LOW, _HIGH)] * 4 + [(-_SHARE, _SHARE)]
    fewer = _squashed(n, e, w) if len(n) > _MANY else (n, e, w)
    best: Any = None
    for start in _STARTS:
        first = np.array([*np.log(start[:4]), np.log(start[4] / (1 - start[4]))])
        end = _descend(first, fewer, bounds, 500)
        if np.isfinite(end.fun) and (best is None or end.fun < best.fun):
            best = end
    if best is not None and len(n) > _MANY:
        best = _descend(best.x, (n, e, w), bounds, 60)
    if best is None or not _is_end(best):
        return PUBLISHED
    held = tuple(
        name for name, value, (low, high) in zip(_NAMES, best.x, bounds, strict=True) if value <= low or value >= high
    )
    alpha1, beta1, alpha2, beta2 = (float(value) for value in np.exp(best.x[:4]))
    return Prior(alpha1, beta1, alpha2, beta2, float(special.expit(best.x[4])), bounded=held)


def _descend(
    first: Numbers, data: tuple[Numbers, Numbers, Numbers], bounds: list[tuple[float, float]], most: int
) -> Any:
    options: Any = {"maxiter": most, "ftol": 1e-14, "gtol": _FLAT / 10}
    return optimize.minimize(_loss, first, args=data, jac=True, method="L-BFGS-B", bounds=bounds, options=options)


def _squashed(n: Numbers, e: Numbers, w: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return far fewer pairs for the search: of one count, pairs next to one another by E are taken together at their mean.

    The end is found on all pairs; see `fit_prior`.
    """
    place = np.lexsort((e, n))
    n, e, w = n[place], e[place], w[place]
    begins = np.flatnonzero(np.diff(n, prepend=n[0] - 1))
    within = np.arange(len(n)) - np.repeat(begins, np.diff([*begins, len(n)]))
    key = np.flatnonzero(np.diff(n * 1e7 + within // _TOGETHER, prepend=-1.0))
    weights = np.add.reduceat(w, key)
    return n[key], np.add.reduceat(w * e, key) / weights, weights


def _is_end(end: Any) -> bool:
    """Tell whether the gradient is flat in every direction that no limit closes."""
    free = [
        abs(slope) for slope, value in zip(end.jac, end.x, strict=True) if _LOW < value < _HIGH or abs(value) < _SHARE
    ]
    return max(free, default=0.0) < _FLAT


def mean_log_likelihood(prior: Prior, counts: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """Return the mean log-likelihood of pairs under a prior, each with at least one case."""
    n, e = np.asarray(counts, dtype=float), np.asarray(expected, dtype=float)
    place = np.array(
        [*np.log([prior.alpha1, prior.beta1, prior.alpha2, prior.beta2]), np.log(prior.share / (1 - prior.share))]
    )
    loss, _ = _loss(place, n, e, np.full(len(n), 1 / len(n)))
    return -loss


def _loss(place: Numbers, n: Numbers, e: Numbers, w: Numbers) -> tuple[float, Numbers]:
    """Return the mean negative log-likelihood and its gradient at log parameters and the logit of the share."""
    alpha1, beta1, alpha2, beta2 = np.exp(place[:4])
    share = special.expit(place[4])
    first, d_first = _log_density(alpha1, beta1, n, e)
    second, d_second = _log_density(alpha2, beta2, n, e)
    one, two = np.log(share) + first, np.log1p(-share) + second
    total = np.logaddexp(one, two)
    belongs = np.exp(one - total)
    slopes = [
        belongs * d_first[0] * alpha1,
        belongs * d_first[1] * beta1,
        (1 - belongs) * d_second[0] * alpha2,
        (1 - belongs) * d_second[1] * beta2,
        belongs - share,
    ]
    return -float(np.dot(w, total)), -np.array([float(np.dot(w, slope)) for slope in slopes])


def _log_density(alpha: float, beta: float, n: Numbers, e: Numbers) -> tuple[Numbers, tuple[Numbers, Numbers]]:
    """Return the log of the negative binomial from 1 on, with its slopes by alpha and beta."""
    log_beta, log_sum = np.log(beta), np.log(beta + e)
    plain = special.gammaln(alpha + n) - special.gammaln(alpha) - special.gammaln(n + 1)
    plain = plain + n * (np.log(e) - log_sum) + alpha * (log_beta - log_sum)
    by_alpha = special.digamma(alpha + n) - special.digamma(alpha) + log_beta - log_sum
    by_beta = alpha / beta - (alpha + n) / (beta + e)
    log_none = alpha * (log_beta - log_sum)
    none = np.exp(log_none)
    odds = none / -np.expm1(log_none)
    cut = plain - np.log(-np.expm1(log_none))
    return cut, (by_alpha + odds * (log_beta - log_sum), by_beta + odds * alpha * (1 / beta - 1 / (beta + e)))


def _posterior(prior: Prior, n: Numbers, e: Numbers) -> Numbers:
    """Return the share of the first gamma in the posterior of each pair."""

    def log_marginal(alpha: float, beta: float) -> Numbers:
        found: Numbers = special.gammaln(alpha + n) - special.gammaln(alpha) + n * (np.log(e) - np.log(beta + e))
        whole: Numbers = found + alpha * (np.log(beta) - np.log(beta + e))
        return whole

    one = np.log(prior.share) + log_marginal(prior.alpha1, prior.beta1)
    two = np.log1p(-prior.share) + log_marginal(prior.alpha2, prior.beta2)
    found: Numbers = special.expit(one - two)
    return found


def shrunken(prior: Prior, counts: npt.ArrayLike, expected: npt.ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    """Return EBGM and the posterior quantiles of 5 % and 95 % of each pair."""
    n, e = np.asarray(counts, dtype=float), np.asarray(expected, dtype=float)
    q = _posterior(prior, n, e)
    log1 = special.digamma(prior.alpha1 + n) - np.log(prior.beta1 + e)
    log2 = special.digamma(prior.alpha2 + n) - np.log(prior.beta2 + e)
    mean = np.exp(q * log1 + (1 - q) * log2)
    return mean, _quantile(prior, q, n, e, 0.05), _quantile(prior, q, n, e, 0.95)


def _quantile(prior: Prior, q: Numbers, n: Numbers, e: Numbers, level: float) -> Numbers:
    """Return a quantile of each posterior by halving on the log scale, 60 times."""
    low, high = np.full(len(n), -30.0), np.full(len(n), 30.0)
    for _ in range(60):
        middle = (low + high) / 2
        x = np.exp(middle)
        below = q * special.gammainc(prior.alpha1 + n, x * (prior.beta1 + e))
        below = below + (1 - q) * special.gammainc(prior.alpha2 + n, x * (prior.beta2 + e))
        low, high = np.where(below < level, middle, low), np.where(below < level, high, middle)
    found: Numbers = np.exp((low + high) / 2)
    return found
