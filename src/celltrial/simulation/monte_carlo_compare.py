"""Compare designs on the same virtual subjects.

Two designs that treat the same subjects share their luck, so the difference between them is known far
better than either alone: the standard error of the difference comes from the paired trials.
The idea is that of `simulate_compare` in the R package escalation (M. Sweeting).

>>> from celltrial.designs import build_policy
>>> from celltrial.simulation.scenario import Scenario
>>> frame = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}
>>> one, two = (build_policy(key, frame, n_doses=3) for key in ("boin", "keyboard"))
>>> found = paired_difference(one, two, Scenario("s", (0.1, 0.3, 0.5)), dose=1, trials=2_000)
>>> found.standard_error < found.unpaired_error
True
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from celltrial.core.errors import UserError, fault
from celltrial.designs.policy import Policy
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.exact import operating_characteristics
from celltrial.simulation.exact_graph import MAX_STATES
from celltrial.simulation.monte_carlo import simulate_trials
from celltrial.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """P(first design recommends the dose) - P(second does), from the same subjects.

    unpaired_error: what the standard error would be with separate subjects.
    """

    dose: int
    difference: float
    standard_error: float
    unpaired_error: float
    trials: int
    seed: int


def compare_designs(
    policies: Mapping[str, Policy],
    scenarios: Sequence[Scenario],
    *,
    max_states: int = MAX_STATES,
    trials: int = 10_000,
    seed: int = 1,
) -> dict[str, tuple[OperatingCharacteristics, ...]]:
    """Return the operating characteristics of every design under every scenario, exact where the states fit."""
    return {
        name: operating_characteristics(policy, scenarios, max_states=max_states, trials=trials, seed=seed)
        for name, policy in policies.items()
    }


def paired_difference(
    first: Policy, second: Policy, scenario: Scenario, *, dose: int, trials: int = 10_000, seed: int = 1
) -> PairedDifference:
    """Return the difference in recommending a 0-based dose, simulated on the same virtual subjects."""
    if not 0 <= dose < min(first.n_doses, second.n_doses) or trials < 2:
        expected = f"0 <= dose < {min(first.n_doses, second.n_doses)}, trials >= 2"
        raise UserError(fault("SIM-105", expected=expected, found=f"dose={dose}, trials={trials}"))
    one, two = (
        np.concatenate([part.recommended for part in simulate_trials(p, scenario, trials=trials, seed=seed)]) == dose
        for p in (first, second)
    )
    gap = one.astype(float) - two
    independent = one.var(ddof=1) + two.var(ddof=1)
    return PairedDifference(
        dose,
        float(gap.mean()),
        float(gap.std(ddof=1)) / math.sqrt(trials),
        math.sqrt(independent / trials),
        trials,
        seed,
    )
