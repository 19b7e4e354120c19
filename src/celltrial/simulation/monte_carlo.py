"""Simulated operating characteristics: the same policy, many seeded trials at once.

Every virtual subject has latent uniforms, drawn [subject, trial] per channel from a named
stream: the same subject meets every competing design with the same luck, however many
subjects that design enrols, and results do not depend on the order of chunks.
A chunk of 10,000 trials is part of the format.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import DefectError, UserError, fault
from celltrial.core.random_streams import stream
from celltrial.core.values import message
from celltrial.designs.observation import Observation
from celltrial.designs.policy import Decisions, Ints, Policy, Reason, States
from celltrial.simulation.characteristics import OVERDOSED_SHARE, OperatingCharacteristics
from celltrial.simulation.scenario import Scenario, category_probabilities

CHUNK: Final = 10_000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """Ends of simulated trials.

    counts: [trial, dose, channel]; recommended: -1 for none; reason: value of `Reason`; enrolled: subjects.
    """

    counts: NDArray[np.int16]
    recommended: Ints
    reason: Ints
    enrolled: Ints


def latent_subjects(seed: int, scenario: str, chunk: int, subjects: int, channels: int) -> tuple[Floats, ...]:
    """Return the latent uniforms [subject, trial] of a chunk, one array per channel."""
    return tuple(
        stream(seed, "design_subjects", scenario, chunk, f"channel{c}").random((subjects, CHUNK))
        for c in range(channels)
    )


def simulate_characteristics(
    policy: Policy, scenarios: Sequence[Scenario], *, trials: int = 10_000, seed: int = 1
) -> tuple[OperatingCharacteristics, ...]:
    """Return simulated operating characteristics with standard errors.

    trials: simulated trials per scenario, >= 2; seed: root seed, >= 0.
    """
    if trials < 2 or seed < 0:
        raise UserError(fault("SIM-105", expected="trials >= 2, seed >= 0", found=f"trials={trials}, seed={seed}"))
    return tuple(_one(policy, scenario, trials, seed) for scenario in scenarios)


def simulate_trials(policy: Policy, scenario: Scenario, *, trials: int, seed: int) -> Iterator[Finished]:
    """Yield the ends of `trials` simulated trials, chunk by chunk."""
    category = category_probabilities([scenario], policy.observation)[0]
    if len(category) != policy.n_doses:
        raise UserError(
            fault(
                "SIM-101",
                where=scenario.name,
                expected=message("dlt_rates", n_doses=policy.n_doses),
                found=str(len(category)),
            )
        )
    channels = 1 if len(policy.observation.categories) == 2 else 2
    for chunk in range(math.ceil(trials / CHUNK)):
        many = min(CHUNK, trials - chunk * CHUNK)
        latent = latent_subjects(seed, scenario.name, chunk, policy.max_subjects, channels)
        yield _chunk(policy, category, latent, many)


def _chunk(policy: Policy, category: Floats, latent: tuple[Floats, ...], trials: int) -> Finished:
    channels = len(policy.observation.channels)
    counts = np.zeros((trials, policy.n_doses, channels), np.int16)
    current = np.full(trials, policy.start, np.int64)
    memory = np.zeros(trials, np.int64)
    enrolled = np.zeros(trials, np.int64)
    reason = np.zeros(trials, np.int64)
    active = np.arange(trials)
    while len(active):
        decided = _decide(policy, States(counts[active], current[active], memory[active], policy.observation))
        ends = decided.next < 0
        reason[active[ends]] = decided.reason[ends]
        active, dose, size = active[~ends], decided.next[~ends], decided.size[~ends]
        if ((size < 1) | (enrolled[active] + size > policy.max_subjects)).any():
            raise DefectError(f"{type(policy).__name__} treats nobody or exceeds its size")
        current[active] = dose
        added = np.zeros((len(active), channels), np.int16)
        chances, cell = category[dose], enrolled[active] * CHUNK + active
        for i in range(int(size.max(initial=0))):
            if size.min() > i:
                added += _draw(policy.observation, chances, tuple(u.take(cell + i * CHUNK) for u in latent))
            else:
                here = np.flatnonzero(size > i)
                uniforms = tuple(u.take(cell[here] + i * CHUNK) for u in latent)
                added[here] += _draw(policy.observation, chances[here], uniforms)
        counts[active, dose] += added
        enrolled[active] += size
        if policy.memory_levels > 1:
            kinds, code = np.unique(added[:, :2], axis=0, return_inverse=True)
            memory[active] = np.array([policy.memory_of(int(n), int(y)) for n, y in kinds])[code.ravel()]
    last = States(counts, current, memory, policy.observation)
    return Finished(counts, policy.select_states(last), reason, enrolled)


def _draw(observation: Observation, category: Floats, uniforms: tuple[Floats, ...]) -> NDArray[np.int16]:
    """Return what each subject adds: the first uniform decides on DLT, the second within DLT or no DLT."""
    adds = np.array(observation.categories, np.int16)
    if len(adds) == 2:
        return adds.take((uniforms[0] < category[:, 1]).view(np.int8), axis=0)
    toxic = adds[:, 1] == 1
    has_dlt = uniforms[0] < category[:, toxic].sum(axis=1)
    chosen = np.zeros(len(has_dlt), np.int64)
    for group in (False, True):
        members = np.flatnonzero(toxic == group)
        rows = np.flatnonzero(has_dlt == group)
        steps = np.cumsum(category[np.ix_(rows, members)], axis=1)
        passed = (uniforms[1][rows, None] * steps[:, -1:] >= steps[:, :-1]).sum(axis=1)
        chosen[rows] = members[passed]
    return adds[chosen]


def _decide(policy: Policy, states: States) -> Decisions:
    """Return the decisions, asking a costly policy once per distinct state."""
    if not policy.costly:
        return policy.decide_states(states)
    flat = np.concatenate(
        [states.counts.reshape(len(states.current), -1), states.current[:, None], states.memory[:, None]], axis=1
    )
    _, first, back = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    few = policy.decide_states(states.take(first))
    back = back.ravel()
    return Decisions(few.next[back], few.size[back], few.reason[back], few.eliminated[back])


def _one(policy: Policy, scenario: Scenario, trials: int, seed: int) -> OperatingCharacteristics:
    parts = list(simulate_trials(policy, scenario, trials=trials, seed=seed))
    finished = Finished(
        np.concatenate([p.counts for p in parts]),
        np.concatenate([p.recommended for p in parts]),
        np.concatenate([p.reason for p in parts]),
        np.concatenate([p.enrolled for p in parts]),
    )
    return characteristics_of(policy, scenario, finished, trials=trials, seed=seed)


def characteristics_of(
    policy: Policy, scenario: Scenario, finished: Finished, *, trials: int, seed: int
) -> OperatingCharacteristics:
    """Return the operating characteristics of finished trials, with standard errors."""
    counts, recommended, reason = finished.counts, finished.recommended, finished.reason
    totals = np.bincount(finished.enrolled) / trials
    select = np.bincount(recommended + 1, minlength=policy.n_doses + 1) / trials
    n, dlt = counts[:, :, 0].astype(float), counts[:, :, 1].astype(float)
    limit = scenario.overdose_above
    over = np.array([limit is not None and rate > limit + 1e-12 for rate in scenario.dlt_rates])
    overdosing = (n @ over > OVERDOSED_SHARE * n.sum(axis=1)).mean()
    return OperatingCharacteristics(
        scenario=scenario.name,
        prob_select=tuple(select[1:].tolist()),
        prob_none=float(select[0]),
        prob_stop=MappingProxyType(
            {r.name.lower(): float(share) for r in Reason if (share := (reason == r).mean()) > 0}
        ),
        expected_n=tuple(n.mean(axis=0).tolist()),
        expected_dlt=tuple(dlt.mean(axis=0).tolist()),
        n_distribution=MappingProxyType({i: float(p) for i, p in enumerate(totals) if p > 0}),
        prob_select_overdose=None if limit is None else float(select[1:][over].sum()),
        expected_n_overdose=None if limit is None else float((n @ over).mean()),
        prob_overdosing=None if limit is None else float(overdosing),
        exact=False,
        trials=trials,
        seed=seed,
        standard_error=MappingProxyType(
            {
                "prob_select": tuple(_proportion_errors(select[1:], trials).tolist()),
                "prob_none": tuple(_proportion_errors(select[:1], trials).tolist()),
                "expected_n": tuple((n.std(axis=0, ddof=1) / math.sqrt(trials)).tolist()),
                "expected_dlt": tuple((dlt.std(axis=0, ddof=1) / math.sqrt(trials)).tolist()),
            }
        ),
    )


def _proportion_errors(share: Floats, trials: int) -> Floats:
    return np.asarray(np.sqrt(share * (1 - share) / trials))
