"""The two-parameter logistic model on a grid.

logit p(d) = a + exp(b) log(d / reference); (a, b) ~ bivariate normal. With b given, the predictor is
linear in a: in the axes b = m_b + s_b v, a = m_a + s_a (r v + sqrt(1 - r^2) u) the rate exceeds a cut
where u exceeds a smooth function of v. Sums over +- 6 in u and v (trapezoid; the part of a row beyond
the cut by integrating the sinc functions through its points) therefore converge faster than any power of
the spacing, for interval probabilities too, which a hard indicator at the points gets wrong by 2 to 3 points.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import message

Floats = NDArray[np.float64]
_REACH: Final = 6.0
_BATCH: Final = 1024


@dataclass(frozen=True, slots=True)
class BlrmPrior:
    """Doses, reference dose and the bivariate normal prior of (a, b); b is the log slope."""

    doses: tuple[float, ...]
    reference_dose: float
    mean: tuple[float, float]
    sd: tuple[float, float]
    correlation: float

    def __post_init__(self) -> None:
        """Refuse doses out of order and a prior without a density."""
        d = self.doses
        if not d or min(d) <= 0 or any(b <= a for a, b in itertools.pairwise(d)) or self.reference_dose <= 0:
            found = f"doses={d}, reference_dose={self.reference_dose}"
            raise UserError(fault("DSG-045", expected=message("doses_increasing_and_reference"), found=found))
        if min(self.sd) <= 0 or not -1 < self.correlation < 1:
            found = f"prior_sd={self.sd}, prior_correlation={self.correlation}"
            raise UserError(fault("DSG-046", expected="prior_sd > 0, -1 < prior_correlation < 1", found=found))


@dataclass(frozen=True, slots=True)
class BlrmPosterior:
    """Posterior summaries per dose: mean, standard deviation, P(rate > cut) for each cut [cut, dose]."""

    mean: Floats
    sd: Floats
    exceedance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class BlrmGrid:
    """A grid with what every fit needs.

    log_p, log_q: log p and log(1 - p) [dose, cell]; log_prior: [cell].
    above:        weight of each point in P(rate > cut) [cut * dose, cell].
    """

    log_p: Floats
    log_q: Floats
    log_prior: Floats
    above: Floats
    cuts: int

    @staticmethod
    def of(prior: BlrmPrior, points: int, cuts: tuple[float, ...]) -> BlrmGrid:
        """Return a grid of points x points cells for the given cuts of the DLT rate."""
        z = np.linspace(-_REACH, _REACH, points)
        step = z[1] - z[0]
        v, u = (m.ravel() for m in np.meshgrid(z, z, indexing="ij"))
        rho = prior.correlation
        slope = np.exp(prior.mean[1] + prior.sd[1] * v)
        centre, spread = prior.mean[0] + prior.sd[0] * rho * v, prior.sd[0] * (1 - rho * rho) ** 0.5
        part = slope * np.log(np.array(prior.doses) / prior.reference_dose)[:, None]
        eta = centre + spread * u + part
        above = [
            0.5 + special.sici(np.pi * (u - (special.logit(c) - centre - part) / spread) / step)[0] / np.pi
            for c in cuts
        ]
        return BlrmGrid(
            -np.logaddexp(0, -eta), -np.logaddexp(0, eta), -0.5 * (u * u + v * v), np.concatenate(above), len(cuts)
        )

    def _weights(self, n: NDArray[np.integer], dlt: NDArray[np.integer]) -> Floats:
        from celltrial.designs.escalation.posterior_kernel import grid_weights

        return np.asarray(grid_weights(n, dlt, self.log_p, self.log_q, self.log_prior))

    def exceedance(self, n: NDArray[np.integer], dlt: NDArray[np.integer]) -> Floats:
        """Return P(rate > cut) [cut, state, dose] for counts [state, dose]."""
        doses = n.shape[1]
        out = np.empty((len(n), self.cuts * doses))
        for first in range(0, len(n), _BATCH):
            rows = slice(first, first + _BATCH)
            weights = self._weights(n[rows], dlt[rows])
            out[rows] = (weights @ self.above.T) / weights.sum(axis=1, keepdims=True)
        return out.reshape(len(n), self.cuts, doses).transpose(1, 0, 2)

    def posterior(self, n: NDArray[np.integer], dlt: NDArray[np.integer]) -> BlrmPosterior:
        """Return the posterior of one state, counts [dose]. Checked against crmPack 2.2.1 and trialr 0.1.6."""
        weights = self._weights(n[None], dlt[None])[0]
        weights /= weights.sum()
        p = np.exp(self.log_p)
        mean = p @ weights
        variance = (p - mean[:, None]) ** 2 @ weights
        return BlrmPosterior(mean, np.sqrt(variance), self.exceedance(n[None], dlt[None])[:, 0])
