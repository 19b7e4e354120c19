"""What is supposed true of a virtual trial: the scenarios of its dose finding, or what its own hypotheses say.

A trial that finds a dose states its scenarios. Any other has those that its protocol implies: `expected`, the planning
assumptions as they stand, and, where the primary endpoint names them, `alternative` and `null`, the two values between
which it was sized.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from celltrial.core.errors import UserError, fault
from celltrial.protocol import Protocol
from celltrial.protocol.model.efficacy import Endpoint
from celltrial.protocol.model.escalation import Scenario

#: Kinds of endpoints whose hypotheses are rates of response, and those whose are ratios of hazards.
_RATES: Final = frozenset({"response_rate", "sustained_response"})
_RATIOS: Final = frozenset({"progression_free_survival", "overall_survival"})


@dataclass(frozen=True, slots=True)
class Supposed:
    """One truth under which a virtual trial runs.

    dlt_rates, response_rates: by dose level; none where the trial finds no dose, or the assumptions say it.
    response_rate: of those treated with cells, where the levels have none of their own; None takes the assumption.
    hazard_ratio:  of progression with cells, once they are given, against the control; None takes the assumed medians.
    """

    id: str
    dlt_rates: tuple[float, ...] = ()
    response_rates: tuple[float, ...] = ()
    response_rate: float | None = None
    hazard_ratio: float | None = None

    def dlt_rate(self, level: int) -> float:
        """Return the true rate of dose-limiting toxicity at level 1, 2, ...; 0 where the trial finds no dose."""
        return self.dlt_rates[level - 1] if self.dlt_rates else 0.0

    def responding(self, level: int, assumed: float) -> float:
        """Return the true rate of response at level 1, 2, ..., the assumed one where nothing else is supposed."""
        if self.response_rates:
            return self.response_rates[level - 1]
        return assumed if self.response_rate is None else self.response_rate


def primary_endpoint(protocol: Protocol) -> Endpoint | None:
    """Return the first primary endpoint; None where the protocol names none."""
    endpoints = protocol.efficacy.endpoints if protocol.efficacy is not None else ()
    return next((item for item in endpoints if item.rank == "primary"), None)


def scenarios_of(protocol: Protocol) -> tuple[Supposed, ...]:
    """Return every truth that the protocol states or implies, the one that is taken unless another is named first."""
    stated = protocol.escalation.scenarios if protocol.escalation is not None else ()
    return tuple(_stated(item) for item in stated) or tuple(_implied(protocol))


def _stated(item: Scenario) -> Supposed:
    return Supposed(item.id, item.dlt_rates, item.response_rates)


def _implied(protocol: Protocol) -> list[Supposed]:
    found, primary = [Supposed("expected")], primary_endpoint(protocol)
    analysis = primary.analysis if primary is not None else None
    if primary is None or analysis is None:
        return found
    for name, value in (("alternative", analysis.alternative), ("null", analysis.null)):
        if value is not None and primary.kind in _RATES:
            found.append(Supposed(name, response_rate=value))
        elif value is not None and primary.kind in _RATIOS:
            found.append(Supposed(name, hazard_ratio=value))
    return found


def scenario_of(protocol: Protocol, name: str | None) -> Supposed:
    """Return a scenario by id, the first unless named; SIM-201 where there is none of that name."""
    known = scenarios_of(protocol)
    for item in known:
        if name is None or item.id == name:
            return item
    raise UserError(fault("SIM-201", expected=", ".join(item.id for item in known), found=str(name)))
