"""The one-parameter models of the CRM, their skeletons and their fits.

power:    p_j(b) = skeleton_j ** exp(b)
logistic: logit p_j(b) = intercept + exp(b) x_j, with x_j = logit(skeleton_j) - intercept

with prior b ~ N(0, prior_sd^2). Integrals over b are trapezoid sums, whose error is below
1e-12 for these smooth integrands at the spacing used.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import NotConvergedError, UserError, fault
from celltrial.core.lazy_scipy import optimize, special
from celltrial.core.values import message

Floats = NDArray[np.float64]
ModelName = Literal["power", "logistic"]
_RANGE: Final = 7.5
#: A prior wider than this, or an intercept beyond it, says nothing on a scale of log odds and wants a grid without end.
_AT_MOST: Final = 10
_BATCH: Final = 1024
_LOGIT_FLOOR: Final = 1e-300


@dataclass(frozen=True, slots=True)
class CrmModel:
    """A working model.

    skeleton:  prior guesses of the DLT rates, strictly increasing in (0, 1).
    name:      `power` or `logistic`.
    intercept: fixed intercept of the logistic model; larger than every logit of the skeleton, at most 10.
    prior_sd:  standard deviation of the normal prior on b, in (0, 10].
    """

    skeleton: tuple[float, ...]
    name: ModelName = "power"
    intercept: float = 3.0
    prior_sd: float = 1.34**0.5

    def __post_init__(self) -> None:
        """Refuse a skeleton that is not increasing in (0, 1), an unknown model, an improper prior."""
        s = self.skeleton
        if not s or min(s) <= 0 or max(s) >= 1 or any(b <= a for a, b in itertools.pairwise(s)):
            raise UserError(fault("DSG-040", expected=message("skeleton_strictly_increasing_in_0_1"), found=str(s)))
        if self.name not in get_args(ModelName) or not 0 < self.prior_sd <= _AT_MOST or self.intercept > _AT_MOST:
            found = f"model={self.name}, prior_sd={self.prior_sd}, intercept={self.intercept:g}"
            expected = f"model power | logistic, 0 < prior_sd <= {_AT_MOST}, intercept <= {_AT_MOST}"
            raise UserError(fault("DSG-041", expected=expected, found=found))
        if self.name == "logistic" and special.logit(max(s)) >= self.intercept:
            least = message("intercept_above_logit", logit=float(special.logit(max(s))))
            raise UserError(fault("DSG-041", expected=least, found=f"intercept={self.intercept:g}"))

    def log_odds_parts(self, b: Floats) -> tuple[Floats, Floats]:
        """Return log p and log(1 - p) [parameter, dose] at parameter values b."""
        slope = np.exp(np.minimum(b, 300.0))[:, None]
        if self.name == "power":
            log_p = slope * np.log(np.array(self.skeleton))
            return log_p, np.log(np.maximum(-np.expm1(log_p), _LOGIT_FLOOR))
        eta = self.intercept + slope * (special.logit(np.array(self.skeleton)) - self.intercept)
        return -np.logaddexp(0, -eta), -np.logaddexp(0, eta)

    def rates(self, b: Floats) -> Floats:
        """Return p [parameter, dose]."""
        return np.asarray(np.exp(self.log_odds_parts(np.atleast_1d(b))[0]))

    def grid(self, subjects: int) -> Floats:
        """Return equally spaced parameter values, fine enough for a posterior after `subjects` subjects.

        The trapezoid error is about exp(-2 (pi s/h)^2) for a posterior of standard deviation s and spacing h. One
        subject adds at most 0.65 (power) or (intercept + 1)^2 / 4.9 (logistic) to the information on b.
        """
        reach = _RANGE * self.prior_sd
        information = 0.65 if self.name == "power" else (self.intercept + 1) ** 2 / 4.9
        points = 2 * int(np.ceil(reach * np.sqrt(max(subjects, 16) * information) / 0.8)) + 1
        return np.linspace(-reach, reach, points)


@dataclass(frozen=True, slots=True)
class CrmFit:
    """A fit: estimate and variance of b, and the rates with a normal interval carried over from b."""

    estimate: float
    variance: float
    rates: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


def posterior_mean(model: CrmModel, n: NDArray[np.integer], dlt: NDArray[np.integer], grid: Floats) -> Floats:
    """Return the posterior mean of b [state] for counts [state, dose] on a grid of `CrmModel.grid`."""
    from celltrial.designs.escalation.posterior_kernel import grid_weights

    log_p, log_q = (np.ascontiguousarray(part.T) for part in model.log_odds_parts(grid))
    log_prior = -0.5 * (grid / model.prior_sd) ** 2
    out = np.empty(len(n))
    for first in range(0, len(n), _BATCH):
        rows = slice(first, first + _BATCH)
        weights = grid_weights(n[rows], dlt[rows], log_p, log_q, log_prior)
        out[rows] = (weights @ grid) / weights.sum(axis=1)
    return out


def fit_bayes(
    model: CrmModel, dose: Sequence[int], dlt: Sequence[int], weight: Sequence[float] | None = None, level: float = 0.90
) -> CrmFit:
    """Return the posterior mean fit, weighted where follow-up is not complete (TITE-CRM).

    dose: 0-based dose of each subject; dlt: 0 or 1; weight: follow-up weight in [0, 1], 1 where dlt is 1.
    The likelihood of a subject without DLT is 1 - weight * p. Checked against dfcrm 0.2-2.1 `crm`, `titecrm`.

    >>> round(fit_bayes(CrmModel((0.05, 0.1, 0.2, 0.35, 0.5, 0.7)), [0, 0, 0], [0, 0, 0]).estimate, 6)
    0.510195
    """
    grid = model.grid(16 * len(dose) + 400)
    log_post = _log_likelihood(model, dose, dlt, weight, grid) - 0.5 * (grid / model.prior_sd) ** 2
    post = np.exp(log_post - log_post.max())
    mean = float(post @ grid / post.sum())
    return _fit(model, mean, float(post @ grid**2 / post.sum()) - mean**2, level)


def fit_mle(
    model: CrmModel, dose: Sequence[int], dlt: Sequence[int], weight: Sequence[float] | None = None, level: float = 0.90
) -> CrmFit:
    """Return the maximum-likelihood fit; the variance is E[b^2] - estimate^2 under a nearly flat prior.

    The estimate is that of dfcrm 0.2-2.1 within its 1e-4. Its variance agrees for the power model; for the logistic
    model dfcrm integrates over a range so wide that the peak is missed, and prints negative variances (case
    d4_s1: -7.6e-6; by quadrature, as here, 0.0271). Where the likelihood is flat on one side no variance exists
    and the value only reflects the prior's standard deviation of 500.

    Raises UserError where no maximum exists: no DLT, or nothing but DLTs.
    """
    if sum(dlt) in {0, len(dlt)}:
        raise UserError(
            fault("DSG-042", expected=message("at_least_one_subject_with_and_one_without_dlt"), found=str(list(dlt)))
        )

    def loss(b: float) -> float:
        return -float(_log_likelihood(model, dose, dlt, weight, np.array([b]))[0])

    found = optimize.minimize_scalar(loss, bounds=(-10, 10), method="bounded", options={"xatol": 1e-10})
    if not found.success:
        raise NotConvergedError("the maximum of the CRM likelihood was not found")
    estimate = float(found.x)
    tail = np.geomspace(30, 5_000, 2_000)
    grid = np.concatenate([-tail[:0:-1], np.linspace(-30, 30, 24_001), tail[1:]])
    log_like = _log_likelihood(model, dose, dlt, weight, grid) - 0.5 * (grid / 500) ** 2
    post = np.exp(log_like - log_like.max())
    second = float(np.trapezoid(post * grid**2, grid) / np.trapezoid(post, grid))
    return _fit(model, estimate, second - estimate**2, level)


def _log_likelihood(
    model: CrmModel, dose: Sequence[int], dlt: Sequence[int], weight: Sequence[float] | None, grid: Floats
) -> Floats:
    log_p, log_q = model.log_odds_parts(grid)
    total = np.zeros(len(grid))
    for i, (j, y) in enumerate(zip(dose, dlt, strict=True)):
        w = 1.0 if weight is None else weight[i]
        if y:
            total += log_p[:, j]
        elif w == 1.0:
            total += log_q[:, j]
        else:
            total += np.log1p(-w * np.exp(log_p[:, j]))
    return total


def _fit(model: CrmModel, estimate: float, variance: float, level: float) -> CrmFit:
    half = special.ndtri(0.5 + level / 2) * max(variance, 0.0) ** 0.5
    rates, lower, upper = model.rates(np.array([estimate, estimate + half, estimate - half]))
    return CrmFit(estimate, variance, tuple(rates.tolist()), tuple(lower.tolist()), tuple(upper.tolist()))


def skeleton_from_interval(
    target: float, half_width: float, prior_mtd: int, n_doses: int, *, name: ModelName = "power", intercept: float = 3.0
) -> tuple[float, ...]:
    """Return the skeleton whose indifference interval is target +- half_width.

    prior_mtd: 0-based dose thought to be the MTD. Neighbouring doses are placed so that, at the parameter where
    one dose has rate target + half_width, the dose below has target - half_width.
    Lee & Cheung (2009), doi:10.1177/1740774509105076. Checked against dfcrm 0.2-2.1 `getprior`.

    >>> [round(p, 3) for p in skeleton_from_interval(0.25, 0.05, 2, 5)]
    [0.084, 0.157, 0.25, 0.355, 0.46]
    """
    if not 0 < half_width < min(target, 1 - target) or not 0 <= prior_mtd < n_doses:
        found = f"target={target}, half_width={half_width}, prior_mtd={prior_mtd}, n_doses={n_doses}"
        expected = message("target_window_and_prior_mtd")
        raise UserError(fault("DSG-043", expected=expected, found=found))

    def scaled(p: float) -> float:
        return float(np.log(p)) if name == "power" else float(special.logit(p)) - intercept

    ratio = scaled(target - half_width) / scaled(target + half_width)
    x = [scaled(target) * ratio ** (prior_mtd - j) for j in range(n_doses)]
    values = np.exp(x) if name == "power" else special.expit(np.array(x) + intercept)
    return tuple(float(v) for v in values)
