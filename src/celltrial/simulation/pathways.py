"""Dose-transition pathways: what the next cohorts can bring, and how likely.

From any state, usually the present one of a running trial, every outcome of the next cohorts is laid
out with the decision after it and, under a scenario, its probability. This is the view that lets
clinicians see what a model-based design would do before it does it.
Yap, Billingham, Cheung, Craddock & O'Quigley (2017), doi:10.1158/1078-0432.CCR-17-0582.

>>> from celltrial.designs import Counts, build_policy
>>> policy = build_policy("3+3", {"mtd_rule": "previous"}, n_doses=3)
>>> [(s.path, s.decision.next_dose) for s in pathways(policy, Counts.before(3), cohorts=1)]
[('1:0/3', 1), ('1:1/3', 0), ('1:2/3', None), ('1:3/3', None)]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.designs.observation import Channel
from celltrial.designs.policy import Counts, Decision, Policy
from celltrial.simulation.scenario import Scenario, category_probabilities

#: The number of pathways grows as a power of the outcomes of a cohort.
MAX_COHORTS = 4


@dataclass(frozen=True, slots=True)
class PathwayStep:
    """The end of one pathway.

    path:        the cohorts as "dose:DLTs/subjects", doses counted from 1, separated by spaces; responders follow
                 a "+" where the design looks at them.
    counts:      the counts after it.
    decision:    what the design does then.
    probability: under the scenario; None without one.
    """

    path: str
    counts: Counts
    decision: Decision
    probability: float | None


def pathways(
    policy: Policy, counts: Counts, *, cohorts: int = 2, scenario: Scenario | None = None
) -> tuple[PathwayStep, ...]:
    """Return every pathway of the next `cohorts` cohorts (1 to 4), shorter where the trial stops.

    With a scenario the probabilities of the ends sum to 1.
    """
    if not 1 <= cohorts <= MAX_COHORTS:
        raise UserError(fault("SIM-105", expected=f"1 <= cohorts <= {MAX_COHORTS}", found=str(cohorts)))
    category = None if scenario is None else category_probabilities([scenario], policy.observation)[0]
    if category is not None and len(category) != policy.n_doses:
        raise UserError(
            fault("SIM-101", expected=message("dlt_rates", n_doses=policy.n_doses), found=str(len(category)))
        )
    weight = None if scenario is None else 1.0
    return tuple(_walk(policy, counts, policy.decide(counts), "", weight, category, cohorts))


def _walk(
    policy: Policy,
    counts: Counts,
    decision: Decision,
    path: str,
    weight: float | None,
    category: NDArray[np.float64] | None,
    left: int,
) -> Iterator[PathwayStep]:
    if decision.next_dose is None or left == 0:
        yield PathwayStep(path, counts, decision, weight)
        return
    dose, size = decision.next_dose, decision.cohort_size
    chances = None if category is None else policy.observation.outcome_probabilities(size, category[dose])
    for k, adds in enumerate(policy.observation.outcomes(size)):
        after = _after(policy, counts, dose, adds)
        share = None if chances is None or weight is None else weight * float(chances[k])
        step = f"{path} {_label(policy, dose, adds)}".strip()
        yield from _walk(policy, after, policy.decide(after), step, share, category, left - 1)


def _after(policy: Policy, counts: Counts, dose: int, adds: tuple[int, ...]) -> Counts:
    values: dict[str, Any] = {
        channel.value: tuple(v + adds[i] * (j == dose) for j, v in enumerate(counts.channel(channel)))
        for i, channel in enumerate(policy.observation.channels)
    }
    return replace(counts, **values, current=dose, last=(adds[0], adds[1]))


def _label(policy: Policy, dose: int, adds: tuple[int, ...]) -> str:
    label = f"{dose + 1}:{adds[1]}/{adds[0]}"
    rest = [
        f"{channel.value[0]}{adds[i]}"
        for i, channel in enumerate(policy.observation.channels)
        if channel not in {Channel.N, Channel.DLT}
    ]
    return "+".join([label, *rest])
