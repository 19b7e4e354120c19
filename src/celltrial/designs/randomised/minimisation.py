"""Minimisation: the next subject goes, most likely, where the arms become most alike in every factor.

For each arm, suppose the subject joins it: in every factor, count the subjects of the subject's own level in each arm, divided by the
arm's part of the ratio, and take the range (or the variance) of these; the weighted sum over factors is the imbalance. The arm
(or arms) with the smallest imbalance get probability `p_best` together, the others share the rest, both in proportion to the
ratio. p_best = 1 is Taves's deterministic rule, which regulators discourage because the next arm can be predicted.
Pocock & Simon (1975), doi:10.2307/2529712; unequal ratios as in Han, Enas & McEntegart (2009), doi:10.1002/sim.3710 (biased-coin
minimisation: counts are divided by the ratio). Chance comes in as one uniform number per subject. Where all arms tie,
the ratio alone decides. Checked against the worked example of 80 subjects in Pocock (1983), Clinical Trials: A Practical
Approach, ch. 5: his marginal totals, 76 against 77, decide for arm A, as the variance does (with two arms, equal ratio and
equal weights the two rules are the same); the range ties there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from celltrial.core.errors import UserError, fault
from celltrial.core.values import ABSENT, Identifier, message
from celltrial.designs.policy import Message
from celltrial.designs.randomised.allocation import Allocation, Stratum, pick
from celltrial.designs.sizing.ranges import demand, positive, that


@dataclass(frozen=True, slots=True)
class Minimisation:
    """What the protocol must state.

    allocation: arms and ratio; factors: name to weight (> 0).
    p_best: probability given to the best arms, above their fair share and at most 1; measure: "range" or "variance".
    """

    allocation: Allocation
    factors: Mapping[str, float]
    p_best: float = 0.8
    measure: Literal["range", "variance"] = "range"

    def __post_init__(self) -> None:
        least = max(self.allocation.ratio) / self.allocation.parts
        weights = [positive("DSG-310", weight=weight) for weight in self.factors.values()]
        demand(
            that(self.factors, "DSG-310", expected=message("one_factor_or_more"), found=ABSENT),
            *weights,
            that(
                least <= self.p_best <= 1,
                "DSG-306",
                expected=f"{least:g} <= p_best <= 1",
                found=f"p_best={self.p_best}",
            ),
            that(
                self.measure in {"range", "variance"},
                "DSG-310",
                expected=message("measure_range_or_variance"),
                found=f"measure={self.measure}",
            ),
        )


def imbalances(params: Minimisation, earlier: Sequence[tuple[Stratum, str]], stratum: Stratum) -> tuple[float, ...]:
    """Return the imbalance that would follow from each arm, in the order of the arms.

    earlier: levels and arm of every subject randomised before.
    """
    allocation = params.allocation
    total = [0.0] * len(allocation.arms)
    for factor, weight in params.factors.items():
        level = _level(stratum, factor)
        counts = [0] * len(allocation.arms)
        for other, arm in earlier:
            if _level(other, factor) == level:
                counts[_index(allocation, arm)] += 1
        for joined in range(len(counts)):
            shares = [(n + (k == joined)) / allocation.ratio[k] for k, n in enumerate(counts)]
            total[joined] += weight * _spread(shares, params.measure)
    return tuple(total)


def arm_probabilities(
    params: Minimisation, earlier: Sequence[tuple[Stratum, str]], stratum: Stratum
) -> tuple[float, ...]:
    """Return the probability of each arm for the next subject, in the order of the arms.

    >>> rule = Minimisation(Allocation(("cells", "control"), (1, 1)), {"site": 1.0})
    >>> arm_probabilities(rule, [({"site": "S1"}, "cells")], {"site": "S1"})
    (0.2, 0.8)
    """
    found, ratio = imbalances(params, earlier, stratum), params.allocation.ratio
    best = [value <= min(found) + 1e-12 for value in found]
    if all(best):
        return tuple(part / params.allocation.parts for part in ratio)
    top = sum(part for part, is_best in zip(ratio, best, strict=True) if is_best)
    rest = params.allocation.parts - top
    return tuple(
        round(params.p_best * part / top if is_best else (1 - params.p_best) * part / rest, 15)
        for part, is_best in zip(ratio, best, strict=True)
    )


def minimise(params: Minimisation, earlier: Sequence[tuple[Stratum, str]], stratum: Stratum, uniform: float) -> str:
    """Return the arm of the next subject; uniform in [0, 1).

    >>> rule = Minimisation(Allocation(("cells", "control"), (1, 1)), {"site": 1.0})
    >>> minimise(rule, [({"site": "S1"}, "cells")], {"site": "S1"}, 0.5)
    'control'
    """
    return params.allocation.arms[pick(arm_probabilities(params, earlier, stratum), uniform)]


def _spread(shares: list[float], measure: str) -> float:
    if measure == "range":
        return max(shares) - min(shares)
    mean = sum(shares) / len(shares)
    return sum((x - mean) ** 2 for x in shares) / (len(shares) - 1)


def _level(stratum: Stratum, factor: str) -> str:
    if not stratum.get(factor):
        raise UserError(
            fault("DSG-310", expected=message("level_of", factor=Identifier(factor)), found=f"{dict(stratum)}")
        )
    return stratum[factor]


def _index(allocation: Allocation, arm: str) -> int:
    if arm not in allocation.arms:
        raise UserError(
            fault(
                "DSG-306",
                expected=message("arm_among", arms=Identifier(", ".join(allocation.arms))),
                found=f"arm={arm}",
            )
        )
    return allocation.arms.index(arm)


def describe(params: Minimisation) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.minimisation",
        {
            "arms": ", ".join(params.allocation.arms),
            "ratio": ":".join(map(str, params.allocation.ratio)),
            "factors": ", ".join(params.factors),
            "p_best": 100 * params.p_best,
        },
    )
