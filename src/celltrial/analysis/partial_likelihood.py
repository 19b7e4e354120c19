"""The top of a partial likelihood by Newton's method, and how to tell that it has none.

A likelihood that rises for ever, because a covariate separates those with the event from the rest, is told by its mark:
the likelihood has stopped rising while the coefficients still move. Such a fit has no estimate, and none is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Derivatives = Callable[[Numbers], tuple[float, Numbers, Numbers]]

_MOST_STEPS: Final = 60
_MOST_HALVINGS: Final = 30
#: A step of less than this, in standard deviations of the covariates, has settled.
_SETTLED: Final = 1e-10
#: A rise of the likelihood of less than this share of it is none.
_NO_RISE: Final = 1e-9
#: Steps without a rise after which a likelihood whose coefficients still move counts as rising for ever.
_STANDING: Final = 4
#: A difference of log risk between two subjects beyond this belongs to a likelihood that rises for ever.
_WIDEST: Final = 50.0
#: Information with a condition number beyond this cannot be told from a singular one: what it is of says the same.
WORST_CONDITION: Final = 1e12


class Flaw(StrEnum):
    """Why there is no fit."""

    MONOTONE = "monotone_likelihood"
    COLLINEAR = "collinear"


@dataclass(frozen=True, slots=True, eq=False)
class Top:
    """Where the likelihood is highest: coefficients, information there, log-likelihood there and at 0.

    score: the score test at 0, chi-square on as many degrees of freedom as coefficients. steps: of Newton's method.
    """

    at: Numbers
    information: Numbers
    likelihood: float
    null: float
    score: float
    steps: int


def climb(derivatives: Derivatives, widest: Callable[[Numbers], float], width: int) -> Top | Flaw:
    """Return the top of a concave log-likelihood, or why there is none.

    derivatives: coefficients to log-likelihood, gradient and information, of covariates scaled to standard deviation 1.
    widest:      coefficients to the widest difference of log risk between two subjects who are compared.
    Newton's method with halved steps, until no coefficient moves by more than 1e-10.
    """
    beta = np.zeros(width)
    likelihood, gradient, information = derivatives(beta)
    null, own = likelihood, np.diag(information)
    if not (own > 0).all() or np.linalg.cond(information / np.sqrt(np.outer(own, own))) > WORST_CONDITION:
        return Flaw.COLLINEAR
    score = float(gradient @ np.linalg.solve(information, gradient))
    standing = 0
    for steps in range(1, _MOST_STEPS + 1):
        step = _solve(information, gradient)
        if step is None:
            return Flaw.MONOTONE
        step, tried = _halved(derivatives, beta, step, likelihood)
        beta = beta + step
        standing = standing + 1 if tried[0] - likelihood < _NO_RISE * max(1.0, abs(likelihood)) else 0
        likelihood, gradient, information = tried
        if widest(beta) > _WIDEST:
            return Flaw.MONOTONE
        if np.max(np.abs(step)) < _SETTLED * max(1.0, float(np.max(np.abs(beta)))):
            return Top(beta, information, likelihood, null, score, steps)
        if standing > _STANDING:
            return Flaw.MONOTONE
    return Flaw.MONOTONE


def _solve(information: Numbers, gradient: Numbers) -> Numbers | None:
    try:
        step = np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None


def _halved(
    derivatives: Derivatives, beta: Numbers, step: Numbers, likelihood: float
) -> tuple[Numbers, tuple[float, Numbers, Numbers]]:
    """Return the step, halved until the likelihood does not fall, and the derivatives after it."""
    for _ in range(_MOST_HALVINGS):
        tried = derivatives(beta + step)
        if tried[0] >= likelihood - 1e-12 * max(1.0, abs(likelihood)):
            break
        step = step / 2
    return step, tried
