"""The canonical process: the joint law of the test statistics of a trial that looks several times.

With information I_1 < I_2 < ... and effect theta, the statistics satisfy Z_k sqrt(I_k) = sum of independent
N(theta dI, dI). The sub-density of Z_k on the continuation region follows from that of Z_{k-1} by one integral
(Armitage, McPherson & Rowe 1969, doi:10.2307/2343787; Jennison & Turnbull 2000, ch. 19). Here each integral is
Gauss-Legendre on panels no longer than two standard deviations of the narrowest kernel that meets it, ten nodes a panel: the
integrand is analytic, so the error is near rounding (doubling the nodes moves no probability by more than
1e-12), where Simpson's rule on Jennison and Turnbull's grid, as in gsDesign, carries about 1e-6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import NotConvergedError
from celltrial.core.lazy_scipy import optimize, special

Array = NDArray[np.float64]
#: Nodes per panel, and how far from its mean a statistic is followed, in standard deviations.
NODES: Final = 10
REACH: Final = 9.0
#: Kernel values held at once, so that looks close together cost time and not memory.
BLOCK: Final = 2_000_000
#: A bound whose probability is smaller than this is infinite.
NOTHING: Final = 1e-15

_X, _W = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True, slots=True)
class Alive:
    """The sub-distribution of trials still going on: masses at score nodes, at this information.

    score: nodes of Z sqrt(I), shape (m,); mass: their weights; total mass = probability of going on.
    """

    information: float
    score: Array
    mass: Array


def start() -> Alive:
    """Return the trial before its first look: all mass at score 0, information 0."""
    return Alive(0.0, np.zeros(1), np.ones(1))


def _standardised(alive: Alive, information: float, theta: float, z: float) -> Array:
    step = information - alive.information
    return np.asarray((z * math.sqrt(information) - alive.score - theta * step) / math.sqrt(step))


def upper_tail(alive: Alive, information: float, theta: float, z: float) -> float:
    """Return P(still going on, and then Z >= z at this information)."""
    if z == math.inf:
        return 0.0
    return float(alive.mass @ special.ndtr(-_standardised(alive, information, theta, z)))


def below(alive: Alive, information: float, theta: float, z: float) -> float:
    """Return P(still going on, and then Z < z at this information)."""
    if z == -math.inf:
        return 0.0
    return float(alive.mass @ special.ndtr(_standardised(alive, information, theta, z)))


def advance(alive: Alive, information: float, theta: float, low: float, high: float, following: float | None) -> Alive:
    """Return the trials that go on: Z in (low, high) at this information.

    following: the information of the next look (sets how fine the nodes must be); None for the last.
    """
    root = math.sqrt(information)
    centre = theta * root
    left, right = max(low, centre - REACH), min(high, centre + REACH)
    if left >= right:
        return Alive(information, np.zeros(1), np.zeros(1))
    step = information - alive.information
    scale = min(1.0, math.sqrt(step / information))
    if following is not None:
        scale = min(scale, math.sqrt((following - information) / information))
    panels = max(1, math.ceil((right - left) / (2 * scale)))
    edges = np.linspace(left, right, panels + 1)
    half = (right - left) / (2 * panels)
    z = (edges[:-1, None] + half * (1 + _X)).ravel()
    weights = np.tile(half * _W, panels)
    shift = (alive.score + theta * step) / math.sqrt(step)
    scaled = z * (root / math.sqrt(step))
    density = np.empty(z.size)
    rows = max(1, BLOCK // shift.size)
    for first in range(0, z.size, rows):
        deviation = scaled[first : first + rows, None] - shift
        density[first : first + rows] = np.exp(-0.5 * deviation * deviation) @ alive.mass
    density *= root / math.sqrt(2 * math.pi * step)
    return Alive(information, z * root, weights * density)


def upper_bound(alive: Alive, information: float, theta: float, probability: float) -> float:
    """Return z with P(still going on, Z >= z) = probability; infinite where it is nil, -inf where it is all."""
    if probability <= NOTHING:
        return math.inf
    if probability >= float(alive.mass.sum()):
        return -math.inf
    return _solve(lambda z: upper_tail(alive, information, theta, z) - probability, theta * math.sqrt(information))


def lower_bound(alive: Alive, information: float, theta: float, probability: float) -> float:
    """Return z with P(still going on, Z < z) = probability; -inf where it is nil, infinite where it is all."""
    if probability <= NOTHING:
        return -math.inf
    if probability >= float(alive.mass.sum()):
        return math.inf
    return _solve(lambda z: below(alive, information, theta, z) - probability, theta * math.sqrt(information))


def _solve(miss: object, centre: float) -> float:
    assert callable(miss)
    low, high = centre - 2 * REACH, centre + 2 * REACH
    if miss(low) * miss(high) > 0:  # pragma: no cover - the callers have bracketed the root; never return a wrong bound
        raise NotConvergedError(f"no bound within {2 * REACH:g} standard deviations of {centre:g}")
    root, report = optimize.brentq(miss, low, high, xtol=1e-13, rtol=1e-14, full_output=True)
    if not report.converged:  # pragma: no cover - a bracketed monotone root; never return a last iterate
        raise NotConvergedError(f"bound near {root:g} did not converge")
    return float(root)
