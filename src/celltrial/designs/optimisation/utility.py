"""Utilities of the four outcomes of a subject, and what follows from counts.

A subject has a response or not and a DLT or not. The clinicians give each of the four outcomes
a utility from 0 to 100. Where response without DLT plus DLT without response are worth as much as the
other two together, utilities add up from the margins and the joint counts are not needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.designs.observation import DLT_RESPONSE, DLT_RESPONSE_JOINT, Channel, Observation
from celltrial.designs.policy import Bools, Ints, States

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Utilities:
    """Utilities in [0, 100] of response without DLT, neither, both, and DLT without response."""

    response: float = 100.0
    neither: float = 40.0
    both: float = 60.0
    dlt: float = 0.0

    def __post_init__(self) -> None:
        """Refuse utilities outside [0, 100] or out of order."""
        values = (self.response, self.neither, self.both, self.dlt)
        if not (0 <= self.dlt <= min(self.neither, self.both) <= max(self.neither, self.both) <= self.response <= 100):
            expected = "0 <= dlt <= neither, both <= response <= 100"
            raise UserError(fault("DSG-060", expected=expected, found=str(values)))

    @property
    def observation(self) -> Observation:
        """What has to be counted: the margins where utilities add up, else the joint counts."""
        additive = abs(self.response + self.dlt - self.neither - self.both) < 1e-9
        return DLT_RESPONSE if additive else DLT_RESPONSE_JOINT

    def expected(self, dlt_rate: float, response_rate: float) -> float:
        """Return the mean utility where DLT and response are independent."""
        return (
            self.response * (1 - dlt_rate) * response_rate
            + self.neither * (1 - dlt_rate) * (1 - response_rate)
            + self.both * dlt_rate * response_rate
            + self.dlt * dlt_rate * (1 - response_rate)
        )


def score(states: States, utilities: Utilities) -> Floats:
    """Return the sum of utilities over 100 [state, dose]: the quasi-binomial events of BOIN12."""
    n, dlt, response = (states.channel(c).astype(np.float64) for c in (Channel.N, Channel.DLT, Channel.RESPONSE))
    u = utilities
    if Channel.BOTH in states.observation.channels:
        both = states.channel(Channel.BOTH).astype(np.float64)
    else:
        both = np.zeros(n.shape)  # with additive utilities the joint counts cancel
    total = (
        u.response * (response - both) + u.both * both + u.dlt * (dlt - both) + u.neither * (n - dlt - response + both)
    )
    return np.asarray(total / 100)


def desirability(n: Floats, events: Floats, benchmark: float) -> Floats:
    """Return P(utility > benchmark | Beta(1 + x, 1 + n - x)); benchmark in (0, 1), x may be fractional."""
    return np.asarray(special.betainc(1 + n - events, 1 + events, 1 - benchmark))


def admissible_doses(
    states: States, max_dlt_rate: float, toxic_certainty: float, min_response_rate: float, futile_certainty: float
) -> tuple[Bools, Bools]:
    """Return (not too toxic, not futile) [state, dose] under Beta(1, 1) priors.

    Too toxic: P(DLT rate > max) >= certainty, with all doses above. Futile: P(response rate < min) >= certainty.
    A dose without subjects is neither, whatever the priors say.
    """
    n, dlt, response = (states.channel(c) for c in (Channel.N, Channel.DLT, Channel.RESPONSE))
    most = int(n.max(initial=0)) + 1
    size, events = np.meshgrid(np.arange(most), np.arange(most), indexing="ij")
    valid, seen = np.minimum(events, size), size > 0
    toxic = (special.betainc(1 + size - valid, 1 + valid, 1 - max_dlt_rate) >= toxic_certainty) & seen
    futile = (special.betainc(1 + valid, 1 + size - valid, min_response_rate) >= futile_certainty) & seen
    too_toxic = toxic[n, dlt]
    for j in range(1, n.shape[1]):
        too_toxic[:, j] |= too_toxic[:, j - 1]
    return ~too_toxic, ~futile[n, response]


def highest_tolerated(rates: Floats, max_dlt_rate: float) -> Ints:
    """Return the dose whose pooled DLT rate is nearest the limit [state]; -1 where no dose was treated."""
    from celltrial.designs.escalation.isotonic import choose_nearest

    return choose_nearest(rates, max_dlt_rate)
