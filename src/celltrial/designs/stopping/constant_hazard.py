"""Stop when the events are too many for the time at risk: a constant-hazard rule.

For events that may come late the denominator is exposure (person-time), not subjects. With x
events in exposure e and a Gamma(a, b) prior on the hazard, stop if

    P(hazard > threshold | Gamma(a + x, b + e)) > certainty.

So the x-th event stops the trial if it comes before an exposure e_x. Under a constant true hazard events
are a Poisson process, and the operating characteristics follow exactly: between successive e_x the count
may not reach x. Compare Martens & Logan (2024), Clinical Trials 21: 152-161.

Differences from other software: none in the rule and in P(stop) and E(events), which equal those of the Gamma-Poisson
rule of the R package stoppingrule (run in R 4.2.2, to 1e-8); that package takes the end of a stage for the exposure at
which a trial stops, here the expected exposure is that of the stopping event itself. Also checked against simulation.

>>> rule = build(ConstantHazardParams(threshold=0.10, certainty=0.95, prior_a=0.5, prior_b=5.0))
>>> rule.is_crossed(3, 4.0), rule.is_crossed(3, 40.0)
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import special
from celltrial.core.values import message
from celltrial.designs.policy import Message
from celltrial.designs.stopping.boundary import BoundaryRule, StoppingCharacteristics


@dataclass(frozen=True, slots=True)
class ConstantHazardParams:
    """What the protocol must state.

    threshold: hazard that must not be exceeded, events per unit of exposure, > 0.
    certainty: posterior probability above which to stop, in (0, 1).
    prior_a, prior_b: Gamma prior, both > 0; mean prior_a / prior_b.
    min_events: no stop before this many events, >= 1.
    """

    threshold: float
    certainty: float
    prior_a: float
    prior_b: float
    min_events: int = 1

    def __post_init__(self) -> None:
        """Refuse a hazard that is none, a certainty outside (0, 1), an improper prior."""
        if not (self.threshold > 0 and 0 < self.certainty < 1):
            found = f"threshold={self.threshold}, certainty={self.certainty}"
            raise UserError(fault("DSG-030", expected=message("threshold_above_0_and_certainty_below_1"), found=found))
        if not (self.prior_a > 0 and self.prior_b > 0 and self.min_events >= 1):
            found = f"prior_a={self.prior_a}, prior_b={self.prior_b}, min_events={self.min_events}"
            raise UserError(fault("DSG-031", expected="prior_a > 0, prior_b > 0, min_events >= 1", found=found))


def build(params: ConstantHazardParams) -> ConstantHazardRule:
    """Return the rule."""
    return ConstantHazardRule(params)


@dataclass(frozen=True, slots=True)
class ConstantHazardRule(BoundaryRule):
    """The rule; n is exposure here."""

    denominator: ClassVar[str] = "exposure"
    params: ConstantHazardParams

    @property
    def min_n(self) -> int:  # type: ignore[override]
        """No least exposure."""
        return 0

    def latest_exposure(self, events: int) -> float:
        """Return the exposure up to which this many events stop the trial; 0 where they never do."""
        p = self.params
        if events < p.min_events:
            return 0.0
        # P(hazard > t) = Q(a + x, (b + e) t) falls with e; it equals the certainty at the Gamma quantile
        return max(0.0, float(special.gammainccinv(p.prior_a + events, p.certainty)) / p.threshold - p.prior_b)

    def is_crossed(self, x: int, n: float) -> bool:
        """Tell whether x events in exposure n stop the trial."""
        if x < 0 or n < 0:
            raise UserError(fault("DSG-001", expected="0 <= events, 0 <= exposure", found=f"x={x}, exposure={n}"))
        return x >= self.params.min_events and n < self.latest_exposure(x)

    def boundary(self, n: float) -> int:
        """Return the least number of events that stops at exposure n."""
        x = self.params.min_events
        while not self.is_crossed(x, n):
            x += 1
        return x

    def characteristics(self, rates: Sequence[float], max_n: float) -> tuple[StoppingCharacteristics, ...]:
        """Return the exact operating characteristics for true hazards >= 0 and planned exposure max_n > 0.

        prob_stop_at lists the probability to stop with 1, 2, ... events; expected_n is the expected exposure.
        """
        if max_n <= 0 or any(rate < 0 for rate in rates):
            found = f"max exposure={max_n}, hazards={tuple(rates)}"
            raise UserError(fault("DSG-032", expected=message("exposure_above_0_and_hazard_at_least_0"), found=found))
        return tuple(self._under(rate, max_n) for rate in rates)

    def _under(self, hazard: float, planned: float) -> StoppingCharacteristics:
        last = self.boundary(planned)
        ends = [min(self.latest_exposure(x), planned) for x in range(last + 1)]
        going = np.zeros(last + 1)
        going[0] = 1.0
        stopped = np.zeros(last + 1)
        expected = begin = 0.0
        # in (begin, end] the trial stops with the event number `limit`, the least whose window is still open
        for end in sorted({e for e in ends if e > 0} | {planned}):
            limit = next(x for x in range(1, last + 1) if ends[x] >= end or x == last)
            expected += self._stretch(going, stopped, hazard, begin, end, limit)
            begin = end
        total = float(going.sum() + stopped.sum())
        events = float(going @ np.arange(last + 1) + stopped @ np.arange(last + 1))
        return StoppingCharacteristics(
            rate=hazard,
            prob_stop=float(stopped.sum()),
            expected_n=expected,
            expected_events=events,
            prob_stop_at=tuple(stopped[1:].tolist()),
            total_probability_error=abs(total - 1),
        )

    @staticmethod
    def _stretch(
        going: np.typing.NDArray[np.float64],
        stopped: np.typing.NDArray[np.float64],
        hazard: float,
        begin: float,
        end: float,
        limit: int,
    ) -> float:
        """Move the counts over one stretch of exposure; return the expected exposure spent in it."""
        length, mean = end - begin, hazard * (end - begin)
        following = np.zeros_like(going)
        spent = 0.0
        for x in np.flatnonzero(going):
            room = limit - int(x)  # events until the stop
            if room <= 0:
                following[x] += going[x]
                spent += going[x] * length
                continue
            k = np.arange(room)
            stay = np.exp(special.xlogy(k, mean) - mean - special.gammaln(k + 1))
            following[x : x + room] += going[x] * stay
            stopped[limit] += going[x] * special.gammainc(room, mean)
            # E[min(T, length)] for the arrival T of event number `room`: the integral of P(T > t)
            spent += going[x] * float(special.gammainc(k + 1, mean).sum() / hazard if hazard > 0 else length)
        going[:] = following
        return float(spent)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentence for the protocol."""
        p = self.params
        details = {
            "threshold": p.threshold,
            "certainty": p.certainty,
            "a": p.prior_a,
            "b": p.prior_b,
            "min_events": p.min_events,
        }
        return (Message("design.stopping.constant_hazard.rule", details),)
