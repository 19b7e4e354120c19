"""Calibration of BOP2: the cut-offs with the most power that keep the error, found exactly.

Over a grid of scales (lambda) and powers (gamma), and of eta where early success is wanted, every distinct set of bounds is followed
exactly under the nulls and the alternative. Kept are those whose probability of success under every null is at most alpha;
among them the one with most power, then the smallest mean size under the first null. With both endpoints the original BOP2 keeps
the error only where the treatment is futile and toxic; naming further nulls (futile but safe, active but toxic) gives
BOP2-TE's stronger promise. Different cut-offs often give the same integer bounds: they are followed once. The answer does not
depend on a number of simulations or a seed. Checked against BOP2FE 1.0.3 (its optimum is never better) and, in
generative tests, against enumeration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.values import ABSENT, message
from celltrial.designs.policy import Message
from celltrial.designs.single_arm.bop2 import (
    Bop2,
    Bop2Bounds,
    Bop2Outcome,
    CutOff,
    JointRates,
    Watched,
    bop2_bounds,
    follow_bop2,
)
from celltrial.designs.sizing.ranges import between, demand, that, whole


@dataclass(frozen=True, slots=True)
class Bop2Demand:
    """What the protocol must state.

    looks: as in `Bop2`; efficacy_null, toxicity_null: rates in (0, 1), None where the endpoint is not watched.
    nulls: truths under which success is an error, one or more; alternative: truth worth finding. alpha: largest error.
    scales, powers, etas: number of grid points over [0.5, 0.99], [0, 1] and [0, 3]; etas 0: no early success.
    """

    looks: tuple[int, ...]
    efficacy_null: float | None
    toxicity_null: float | None
    nulls: tuple[JointRates, ...]
    alternative: JointRates
    alpha: float = 0.10
    scales: int = 50
    powers: int = 11
    etas: int = 0

    def __post_init__(self) -> None:
        demand(
            that(self.nulls, "DSG-211", expected=message("one_null_or_more"), found=ABSENT),
            between("DSG-202", 0, 1, alpha=self.alpha),
            whole("DSG-203", 1, 200, scales=self.scales, powers=self.powers),
            whole("DSG-203", 0, 200, etas=self.etas),
        )


@dataclass(frozen=True, slots=True)
class Bop2Calibrated:
    """The chosen rule with its bounds and its exact course under every null and the alternative; rules tried."""

    rule: Bop2
    bounds: Bop2Bounds
    under_nulls: tuple[Bop2Outcome, ...]
    under_alternative: Bop2Outcome
    distinct_rules: int


def calibrate_bop2(params: Bop2Demand) -> Bop2Calibrated:
    """Return the rule with most power that keeps the error under every null.

    Raises UserError (DSG-204) where no rule of the grid does.

    >>> wanted = Bop2Demand((10, 20, 30, 40), 0.2, None, (JointRates(0.2),), JointRates(0.4), alpha=0.05)
    >>> found = calibrate_bop2(wanted)
    >>> round(found.under_nulls[0].p_success, 4), round(found.under_alternative.p_success, 4)
    (0.038, 0.832)
    """
    seen: set[Bop2Bounds] = set()
    best: tuple[tuple[float, float], Bop2, Bop2Bounds, tuple[Bop2Outcome, ...], Bop2Outcome] | None = None
    for rule in _grid(params):
        bounds = bop2_bounds(rule)
        if bounds in seen:
            continue
        seen.add(bounds)
        nulls = tuple(follow_bop2(bounds, truth) for truth in params.nulls)
        if max(item.p_success for item in nulls) > params.alpha:
            continue
        found = follow_bop2(bounds, params.alternative)
        merit = (round(found.p_success, 12), -round(nulls[0].expected_n, 9))
        if best is None or merit > best[0]:
            best = (merit, rule, bounds, nulls, found)
    if best is None:
        raise UserError(
            fault("DSG-204", expected=message("rule_with_error_at_most_alpha", alpha=params.alpha), found=f"{params}")
        )
    return Bop2Calibrated(best[1], best[2], best[3], best[4], len(seen))


def _grid(params: Bop2Demand) -> Iterator[Bop2]:
    etas: list[float | None] = [None]
    if params.etas:
        etas = [float(x) for x in np.linspace(0, 3, params.etas)]
    for scale in np.linspace(0.5, 0.99, params.scales):
        for power in np.linspace(0, 1, params.powers):
            cut_off = CutOff(float(scale), float(power))
            e = None if params.efficacy_null is None else Watched(params.efficacy_null, cut_off)
            t = None if params.toxicity_null is None else Watched(params.toxicity_null, cut_off)
            for eta in etas:
                yield Bop2(params.looks, e, t, eta)


def describe(params: Bop2Demand, result: Bop2Calibrated) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.bop2",
        {
            "looks": ", ".join(map(str, params.looks)),
            "futile": _listed(result.bounds.futile_at_most),
            "toxic": _listed(result.bounds.toxic_at_least),
            "alpha": 100 * max(item.p_success for item in result.under_nulls),
            "power": 100 * result.under_alternative.p_success,
            "expected_n": result.under_nulls[0].expected_n,
        },
    )


def _listed(counts: tuple[int, ...] | None) -> str:
    return "-" if counts is None else ", ".join(map(str, counts))
