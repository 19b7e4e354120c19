"""What the design of a protocol does, found out by trying it: does it stop, does it overdose, does it recommend what does nothing.

The design is the one that the trial will ask (`policy_of`), tried by seeded simulation (`simulation.monte_carlo`) under
truths of its own and those that the protocol states. `TRIALS` trials under `SEED` give the same answer every time, with a
standard error of at most 0.012; a limit is held against the answer and two standard errors, so that chance decides nothing.
`celltrial design` computes the same figures exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from celltrial.core.errors import UserError
from celltrial.guideline.facts import target_rate
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.escalation import Escalation
from celltrial.protocol.policies import policy_of
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.monte_carlo import simulate_characteristics
from celltrial.simulation.scenario import Scenario

#: Simulated trials of each truth, and the root of their chance.
TRIALS: Final = 2000
SEED: Final = 1
#: Two standard errors of a probability found by so many trials, at the worst.
SLACK: Final = 2 * math.sqrt(0.25 / TRIALS)
#: The rate above which a dose is an overdose where the design states no target: one in three (3+3) and its slack.
_UNSTATED_TARGET: Final = 1 / 3
#: How far above the target a dose is an overdose; below it designs are meant to distinguish no doses.
_ABOVE_TARGET: Final = 0.1


@dataclass(frozen=True, slots=True)
class Tried:
    """What a design did.

    stops_if_too_toxic: P(no dose is recommended) where every dose harms `too_toxic_rate` of subjects.
    top_given:          expected subjects at the highest level where no dose harms anybody.
    overdose:           the largest P(a dose above the target by more than 0.1 is recommended) under those of the
                        protocol's own truths that hold such a dose above one that is none, and the truth; None without.
    inactive:           P(a dose is recommended) where every dose has half of the least response that the design accepts;
                        None of a design that does not look at response.
    """

    stops_if_too_toxic: float
    top_given: float
    overdose: tuple[float, str] | None
    inactive: float | None


def tried(protocol: Protocol, *, too_toxic_rate: float) -> Tried | None:
    """Return what the design of a protocol does; None where it finds no dose or its parameters cannot be used."""
    plan, dose = protocol.escalation, protocol.dose
    if plan is None:
        return None
    return _tried(plan.model_dump_json(), len(dose.levels), dose.start_level, too_toxic_rate)


@lru_cache(maxsize=16)
def _tried(written: str, doses: int, start_level: int, too_toxic_rate: float) -> Tried | None:
    """Try a plan of escalation, written as JSON so that one review tries it once."""
    plan = Escalation.model_validate_json(written)
    try:
        policy = policy_of(plan, n_doses=doses, start_level=start_level)
    except (UserError, TypeError, ValueError):
        return None  # a fault of the protocol, said when it is read
    target = target_rate(plan) or _UNSTATED_TARGET
    least = plan.design.params.get("min_response_rate")
    rising = tuple((dose + 1) / (doses + 1) for dose in range(doses))
    toxic = Scenario("too_toxic", (too_toxic_rate,) * doses, (0.5,) * doses)
    harmless = Scenario("harmless", (0.0,) * doses, rising)
    truths = [
        Scenario(
            item.id, item.dlt_rates, item.response_rates, item.odds_ratio, item.moderate_rates, item.feasible_rates,
            overdose_above=target + _ABOVE_TARGET,
        )
        for item in plan.scenarios
        if len(item.dlt_rates) == doses and min(item.dlt_rates) <= target + _ABOVE_TARGET < max(item.dlt_rates)
    ]  # fmt: skip
    none: tuple[Scenario, ...] = ()
    if isinstance(least, int | float):
        none = (Scenario("inactive", (0.05,) * doses, (least / 2,) * doses),)
    try:
        found = simulate_characteristics(policy, [toxic, harmless, *truths, *none], trials=TRIALS, seed=SEED)
    except UserError:
        return None
    overdose = _worst(found[2 : 2 + len(truths)])
    inactive = 1 - found[-1].prob_none if none else None
    return Tried(found[0].prob_none, found[1].expected_n[-1], overdose, inactive)


def _worst(found: tuple[OperatingCharacteristics, ...]) -> tuple[float, str] | None:
    chances = [(item.prob_select_overdose or 0.0, item.scenario) for item in found]
    return max(chances, default=None)
