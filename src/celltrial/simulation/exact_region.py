"""Worst cases over a region of truths, and calibration of cut-offs: both without simulation noise.

One compiled graph answers for thousands of toxicity curves, so the worst one in a region can be
searched directly, and a design parameter can be chosen by an exact criterion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.random_streams import stream
from celltrial.core.values import message
from celltrial.designs.policy import Policy
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.exact import exact_characteristics
from celltrial.simulation.exact_graph import DecisionGraph, compile_graph
from celltrial.simulation.scenario import Scenario

Judge = Callable[[OperatingCharacteristics], float]
_START = 64
_ROUNDS = 12
_SHRINK = 0.6


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The curve found, what the design does under it, the criterion's value, and how many curves were tried."""

    scenario: Scenario
    characteristics: OperatingCharacteristics
    value: float
    tried: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A chosen parameter value with the criterion's value, and every value tried."""

    chosen: float
    value: float
    tried: tuple[tuple[float, float], ...]


def worst_case(
    graph: DecisionGraph,
    low: Sequence[float],
    high: Sequence[float],
    criterion: Judge,
    *,
    overdose_above: float | None = None,
    seed: int = 1,
) -> WorstCase:
    """Return the non-decreasing curve within [low, high] per dose that maximises `criterion`.

    Evaluates corner curves and 64 random ones, then refines the best by a shrinking random search (12 rounds);
    deterministic for a seed. The criterion is exact at every curve; that no worse curve exists is not proved.
    """
    lo, hi = np.array(low, float), np.array(high, float)
    doses = graph.policy.n_doses
    bad = len(lo) != doses or len(hi) != doses or (lo > hi).any() or (lo < 0).any() or (hi > 1).any()
    if bad or (np.diff(lo) < 0).any() or (np.diff(hi) < 0).any():
        expected = message("bounds_non_decreasing", doses=doses)
        raise UserError(fault("SIM-102", where="region", expected=expected, found=f"low={low}, high={high}"))
    rng = stream(seed, "worst_case")
    curves = np.concatenate([_corners(lo, hi), lo + rng.random((_START, doses)) * (hi - lo)])
    best: WorstCase | None = None
    width, tried = 0.5, 0
    for _ in range(_ROUNDS + 1):
        curves = np.clip(np.maximum.accumulate(curves, axis=1), lo, hi)
        scenarios = [Scenario("worst", tuple(c.tolist()), overdose_above=overdose_above) for c in curves]
        results = exact_characteristics(graph, scenarios)
        values = [criterion(oc) for oc in results]
        tried += len(values)
        at = int(np.argmax(values))
        if best is None or values[at] > best.value:
            best = WorstCase(scenarios[at], results[at], values[at], tried)
        centre = np.array(best.scenario.dlt_rates)
        curves = centre + (rng.random((_START, doses)) * 2 - 1) * width * (hi - lo)
        width *= _SHRINK
    assert best is not None
    return WorstCase(best.scenario, best.characteristics, best.value, tried)


def _corners(lo: NDArray[np.float64], hi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the curves that are low up to some dose and high from there."""
    doses = len(lo)
    return np.array([np.where(np.arange(doses) >= k, hi, lo) for k in range(doses + 1)])


def calibrate(
    build: Callable[[float], Policy], values: Sequence[float], scenario: Scenario, criterion: Judge, *, at_most: float
) -> Calibration:
    """Return the first of `values` whose exact criterion does not exceed `at_most`.

    build: policy for a value of the parameter under choice. Raises UserError where no value does.
    """
    tried: list[tuple[float, float]] = []
    for value in values:
        tried.append((value, criterion(exact_characteristics(compile_graph(build(value)), [scenario])[0])))
        if tried[-1][1] <= at_most:
            return Calibration(value, tried[-1][1], tuple(tried))
    found = ", ".join(f"{value:g}: {reached:.4g}" for value, reached in tried)
    raise UserError(fault("SIM-106", expected=message("value_with_criterion_at_most", at_most=at_most), found=found))
