"""A scenario: what is supposed true of each dose, so that a design can be judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Identifier, message
from celltrial.designs.observation import Channel, Observation


@dataclass(frozen=True, slots=True)
class Scenario:
    """Supposed true rates per dose, lowest dose first.

    name:           name for tables.
    dlt_rates:      DLT probability per dose, each in [0, 1].
    response_rates: response probability per dose, where a design looks at response.
    odds_ratio:     association of response and DLT within a subject; 1 is independence.
    moderate_rates: probability of moderate toxicity without DLT, per dose.
    feasible_rates: probability that the dose can be made, per dose; 1 unless given.
    overdose_above: doses with a higher true DLT rate are overdoses; None leaves overdosing unjudged.
    """

    name: str
    dlt_rates: tuple[float, ...]
    response_rates: tuple[float, ...] = ()
    odds_ratio: float = 1.0
    moderate_rates: tuple[float, ...] = ()
    feasible_rates: tuple[float, ...] = ()
    overdose_above: float | None = None

    def __post_init__(self) -> None:
        """Refuse rates outside [0, 1] and lists of unequal length."""
        for name in ("dlt_rates", "response_rates", "moderate_rates", "feasible_rates"):
            rates = getattr(self, name)
            if (rates or name == "dlt_rates") and len(rates) != len(self.dlt_rates):
                expected = message("values_of", number=len(self.dlt_rates), name=Identifier(name))
                raise UserError(fault("SIM-101", where=self.name, expected=expected, found=str(len(rates))))
            if any(not 0 <= rate <= 1 for rate in rates):
                raise UserError(fault("SIM-102", where=self.name, expected=f"0 <= {name} <= 1", found=str(rates)))
        sums = [d + m for d, m in zip(self.dlt_rates, self.moderate_rates, strict=False)]
        if any(s > 1 + 1e-12 for s in sums) or not 0 < self.odds_ratio < math.inf or not self.dlt_rates:
            found = f"doses={len(self.dlt_rates)}, dlt+moderate={sums}, odds_ratio={self.odds_ratio}"
            expected = message("dlt_moderate_and_odds_ratio")
            raise UserError(fault("SIM-102", where=self.name, expected=expected, found=found))


def joint_probability(p: float, q: float, odds_ratio: float) -> float:
    """Return P(both) of two events with probabilities p and q and a given odds ratio.

    Plackett (1965), doi:10.1080/01621459.1965.10480807: the root of
    odds_ratio = b(1 - p - q + b) / ((p - b)(q - b)) in [max(0, p+q-1), min(p, q)].

    >>> round(joint_probability(0.5, 0.5, 1.0), 12), round(joint_probability(0.5, 0.5, 9.0), 3)
    (0.25, 0.375)
    """
    if abs(odds_ratio - 1) < 1e-12:
        return p * q
    s = 1 + (p + q) * (odds_ratio - 1)
    return (s - math.sqrt(s * s - 4 * odds_ratio * (odds_ratio - 1) * p * q)) / (2 * (odds_ratio - 1))


def category_probabilities(scenarios: Sequence[Scenario], observation: Observation) -> NDArray[np.float64]:
    """Return P(category) of one subject [scenario, dose, category] in the order of the observation's categories."""
    doses = {len(s.dlt_rates) for s in scenarios}
    if len(doses) != 1:
        raise UserError(
            fault("SIM-101", expected=message("one_number_of_doses_in_all_scenarios"), found=str(sorted(doses)))
        )
    return np.array([[_categories(s, j, observation) for j in range(len(s.dlt_rates))] for s in scenarios])


def _categories(scenario: Scenario, dose: int, observation: Observation) -> list[float]:
    p = scenario.dlt_rates[dose]
    channels = observation.channels
    if Channel.RESPONSE in channels:
        if not scenario.response_rates:
            raise UserError(fault("SIM-103", where=scenario.name, expected="response_rates", found="-"))
        q = scenario.response_rates[dose]
        both = joint_probability(p, q, scenario.odds_ratio)
        return [1 - p - q + both, q - both, p - both, both]
    if Channel.MODERATE in channels:
        moderate = scenario.moderate_rates[dose] if scenario.moderate_rates else 0.0
        return [1 - p - moderate, moderate, p]
    if Channel.INFEASIBLE in channels:
        made = scenario.feasible_rates[dose] if scenario.feasible_rates else 1.0
        return [made * (1 - p), made * p, 1 - made]
    return [1 - p, p]
