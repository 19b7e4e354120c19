"""Plateau rule: of the tolerated doses, the lowest that is as active as the best.

For designs that count responses (or whether peak expansion reached its threshold). Among treated
doses up to the one the design inside recommends, the best is the one with the highest posterior mean
response rate; recommended is the lowest dose whose rate, with probability at least `certainty`, is less than
`margin` below it (independent Beta(1, 1) posteriors, exact by Gauss-Legendre quadrature). Where activity no longer rises,
more cells only add toxicity and manufacturing load; compare PKBOIN-12, arXiv:2312.15396.

Differences from other software: PKBOIN-12 works with continuous exposure; here activity is a yes or no.

>>> round(float(prob_not_worse(np.array([[6]]), np.array([[3]]), np.array([[6]]), np.array([[3]]), 0.0)[0, 0]), 6)
0.5
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.modifiers.wrapped import Wrapped
from celltrial.designs.observation import Channel
from celltrial.designs.policy import Ints, Message, Policy, States

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)


@dataclass(frozen=True, slots=True)
class PlateauParams:
    """What the protocol must state: margin of the response rate in [0, 1), certainty in (0, 1)."""

    margin: float
    certainty: float

    def __post_init__(self) -> None:
        """Refuse a margin or certainty that is none."""
        if not (0 <= self.margin < 1 and 0 < self.certainty < 1):
            found = f"margin={self.margin}, certainty={self.certainty}"
            raise UserError(fault("DSG-050", expected="0 <= margin < 1, 0 < certainty < 1", found=found))


def prob_not_worse(
    n: NDArray[np.integer],
    x: NDArray[np.integer],
    best_n: NDArray[np.integer],
    best_x: NDArray[np.integer],
    margin: float,
) -> NDArray[np.float64]:
    """Return P(rate > best rate - margin) for independent Beta(1 + x, 1 + n - x) posteriors; arrays broadcast."""
    p = (_NODES + 1) / 2
    a, b = 1.0 + np.asarray(best_x), 1.0 + np.asarray(best_n) - np.asarray(best_x)
    log_density = (
        special.xlogy(a[..., None] - 1, p) + special.xlog1py(b[..., None] - 1, -p) - special.betaln(a, b)[..., None]
    )
    above = special.betainc(
        1.0 + np.asarray(n)[..., None] - np.asarray(x)[..., None],
        1.0 + np.asarray(x)[..., None],
        1 - np.clip(p - margin, 0.0, 1.0),
    )
    return np.asarray((np.exp(log_density) * above) @ (_WEIGHTS / 2))


def build(params: PlateauParams, policy: Policy) -> Plateau:
    """Return the policy with the plateau rule; the design inside must count responses."""
    if Channel.RESPONSE not in policy.observation.channels:
        raise UserError(
            fault("DSG-050", expected=message("design_that_counts_responses"), found=policy.observation.name)
        )
    return Plateau(policy, params)


@dataclass(frozen=True, slots=True)
class Plateau(Wrapped):
    """The rule: it changes the recommendation only."""

    params: PlateauParams

    def select_states(self, states: States) -> Ints:
        """Return the lowest treated dose, up to the design's choice, that is as active as the best."""
        chosen = self.inner.select_states(states)
        levels = np.arange(self.n_doses)
        gone = self.inner.decide_states(states).eliminated
        fit = (states.n > 0) & ~gone & (levels <= chosen[:, None])
        n, x = states.n.astype(np.int64), states.channel(Channel.RESPONSE).astype(np.int64)
        best = np.where(fit, (1 + x) / (2 + n), -1.0).argmax(axis=1)[:, None]
        top_n, top_x = np.take_along_axis(n, best, 1), np.take_along_axis(x, best, 1)
        near = np.zeros(fit.shape, np.bool_)
        for first in range(0, len(n), 4096):
            rows = slice(first, first + 4096)
            near[rows] = (
                prob_not_worse(n[rows], x[rows], top_n[rows], top_x[rows], self.params.margin) >= self.params.certainty
            )
        near |= levels == best
        return np.where(chosen >= 0, (fit & near).argmax(axis=1), -1)

    def sentence(self) -> Message:
        """Return the sentence for the protocol."""
        return Message("design.modifier.plateau", {"margin": self.params.margin, "certainty": self.params.certainty})
