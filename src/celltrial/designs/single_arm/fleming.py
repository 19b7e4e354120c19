"""Fleming's multi-stage design: stop early for futility or success without spending the single-stage size.

With N the total size, z the normal quantile of 1 - alpha, and
  p_A = (sqrt(N p0) + z sqrt(1 - p0))^2 / (N + z^2)
(the rate whose lower bound just excludes p0), after m subjects accept "no interest" at or below
  a = [m p_A - z sqrt(N p_A (1 - p_A))]   and reject it at or above   r = [m p0 + z sqrt(N p0 (1 - p0))] + 1,
[.] being the nearest integer; at the last look a = r - 1. Fleming (1982), doi:10.2307/2530297.
The bounds come from a normal approximation; the errors printed here are exact for those bounds and may exceed the nominal
alpha (A'Hern's remark). Halves round up, as in the paper's brackets; Python's `round` would send them to the even.
Checked against the published example 20 % / 40 %, 15 + 10 subjects: accept at 3 and 8, reject at 7 and 9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from celltrial.core.lazy_scipy import special
from celltrial.core.values import Count, Interval
from celltrial.designs.policy import Message
from celltrial.designs.single_arm.binomial_looks import Looks, LooksOutcome, follow_looks
from celltrial.designs.sizing.ranges import between, demand, that, whole


@dataclass(frozen=True, slots=True)
class Fleming:
    """What the protocol must state for Fleming's design.

    null_rate, alternative_rate: p0 < p1, in (0, 1); alpha: nominal one-sided error, in (0, 0.5).
    stage_sizes: subjects entered in each stage, each 1 to 1,000; one to ten stages.
    """

    null_rate: float
    alternative_rate: float
    stage_sizes: tuple[int, ...]
    alpha: float = 0.05

    def __post_init__(self) -> None:
        sizes = {f"stage_sizes[{i}]": size for i, size in enumerate(self.stage_sizes)}
        demand(
            that(
                0 < self.null_rate < self.alternative_rate < 1,
                "DSG-201",
                expected="0 < null_rate < alternative_rate < 1",
                found=f"null_rate={self.null_rate}, alternative_rate={self.alternative_rate}",
            ),
            between("DSG-202", 0, 0.5, alpha=self.alpha),
            that(
                1 <= len(self.stage_sizes) <= 10,
                "DSG-205",
                expected=Interval(Count(1), Count(10, "stage")),
                found=f"stage_sizes={self.stage_sizes}",
            ),
            whole("DSG-203", 1, 1000, **sizes),
        )


@dataclass(frozen=True, slots=True)
class FlemingDesign:
    """The bounds, and the exact course under the null and the alternative."""

    looks: Looks
    under_null: LooksOutcome
    under_alternative: LooksOutcome


def fleming(params: Fleming) -> FlemingDesign:
    """Return Fleming's bounds with their exact errors and expected sizes.

    >>> d = fleming(Fleming(0.20, 0.40, (15, 10)))
    >>> d.looks.stop_low, d.looks.stop_high, round(d.under_null.p_success, 3)
    ((3, 8), (7, 9), 0.051)
    """
    p0, total = params.null_rate, sum(params.stage_sizes)
    z = float(-special.ndtri(params.alpha))
    p_a = (math.sqrt(total * p0) + z * math.sqrt(1 - p0)) ** 2 / (total + z * z)
    seen, low, high = 0, [], []
    sizes = []
    for size in params.stage_sizes:
        seen += size
        sizes.append(seen)
        accept = _nearest(seen * p_a - z * math.sqrt(total * p_a * (1 - p_a)))
        reject = _nearest(seen * p0 + z * math.sqrt(total * p0 * (1 - p0))) + 1
        high.append(min(reject, seen + 1))
        low.append(max(-1, min(accept, high[-1] - 1)))
    low[-1] = high[-1] - 1
    looks = Looks(tuple(sizes), tuple(low), tuple(high))
    return FlemingDesign(looks, follow_looks(looks, p0), follow_looks(looks, params.alternative_rate))


def _nearest(value: float) -> int:
    return math.floor(value + 0.5)


def describe(params: Fleming, result: FlemingDesign) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.fleming",
        {
            "null_rate": 100 * params.null_rate,
            "alternative_rate": 100 * params.alternative_rate,
            "sizes": ", ".join(map(str, result.looks.sizes)),
            "low": ", ".join(map(str, result.looks.stop_low)),
            "high": ", ".join(map(str, result.looks.stop_high)),
            "alpha": 100 * result.under_null.p_success,
            "power": 100 * result.under_alternative.p_success,
            "expected_n": result.under_null.expected_n,
        },
    )
