"""What a design does under a scenario, and how that was found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from celltrial.core.errors import DefectError

#: A trial overdoses when more than this share of its subjects got an overdose (as BOIN's `overdose60`).
OVERDOSED_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class OperatingCharacteristics:
    """Operating characteristics of one design under one scenario.

    prob_select:       P(dose is recommended), per dose.
    prob_none:         P(no dose is recommended).
    prob_stop:         P(trial ends for a reason), by the name of `Reason`.
    expected_n, expected_dlt: expected subjects and DLTs per dose.
    n_distribution:    P(total number of subjects = n).
    prob_select_overdose, expected_n_overdose, prob_overdosing: a dose above `overdose_above` is recommended;
                       subjects treated there; more than 60 % of the trial's subjects were. None where unjudged.
    exact:             by propagation over all reachable states; else by simulation.
    states:            number of reachable states (exact).
    total_probability_error: |sum of probabilities - 1| (exact).
    trials, seed:      simulated trials and root seed (simulation).
    standard_error:    standard errors by field name (simulation).
    """

    scenario: str
    prob_select: tuple[float, ...]
    prob_none: float
    prob_stop: Mapping[str, float]
    expected_n: tuple[float, ...]
    expected_dlt: tuple[float, ...]
    n_distribution: Mapping[int, float]
    prob_select_overdose: float | None
    expected_n_overdose: float | None
    prob_overdosing: float | None
    exact: bool
    states: int | None = None
    total_probability_error: float | None = None
    trials: int | None = None
    seed: int | None = None
    standard_error: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse a result that does not say how it was found."""
        if self.exact != (self.total_probability_error is not None) or self.exact == bool(self.standard_error):
            raise DefectError("operating characteristics need either a total-probability error or standard errors")

    @property
    def expected_total_n(self) -> float:
        """Expected number of subjects."""
        return sum(self.expected_n)

    @property
    def expected_total_dlt(self) -> float:
        """Expected number of DLTs."""
        return sum(self.expected_dlt)

    @property
    def method(self) -> str:
        """Code of the method."""
        return "exact_propagation" if self.exact else "monte_carlo"
