"""Compile a policy once into the graph of all states it can reach.

The graph does not depend on the truth: it serves every scenario, the pathway view, the
audit and the search for worst cases. Layer t holds the distinct states after t cohorts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import DefectError
from celltrial.designs.observation import Observation
from celltrial.designs.policy import Bools, Decisions, Ints, Policy, Reason, States

#: States beyond which the exact answer is not attempted (about 1 GiB).
MAX_STATES = 4_000_000
_PILOT = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """States after the same number of cohorts.

    counts, current, memory: the states; next, size, reason, eliminated: what the policy does there.
    going:           rows that go on; ended: rows that end, with `recommended` (-1 none) and `enrolled`.
    starts, targets: for going row i, targets[starts[i]:starts[i+1]] are rows of the next layer, one per
                     outcome of a cohort of its size, in the order of `Observation.outcomes`.
    """

    counts: NDArray[np.int16]
    current: Ints
    memory: Ints
    next: Ints
    size: Ints
    reason: Ints
    eliminated: Bools
    going: Ints
    ended: Ints
    recommended: Ints
    enrolled: Ints
    starts: Ints
    targets: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class DecisionGraph:
    """All states that a policy can reach."""

    policy: Policy
    layers: tuple[Layer, ...]
    offsets: Ints
    increments: NDArray[np.int16]

    @property
    def states(self) -> int:
        """Number of distinct states, counted per layer."""
        return sum(len(layer.current) for layer in self.layers)

    @property
    def edges(self) -> int:
        """Number of transitions."""
        return sum(len(layer.targets) for layer in self.layers)


@dataclass(frozen=True, slots=True)
class TooManyStates:
    """The graph was not built: reached states, and how many were projected in all."""

    reached: int
    projected: int


def outcome_rows(observation: Observation, largest: int) -> tuple[Ints, NDArray[np.int16]]:
    """Return the outcomes of cohorts of size 0..largest, stacked, and where each size begins."""
    tables = [observation.outcomes(size) for size in range(largest + 1)]
    offsets = np.cumsum([0, *(len(t) for t in tables)])
    return offsets, np.array([row for table in tables for row in table], np.int16)


def compile_graph(policy: Policy, *, max_states: int = MAX_STATES) -> DecisionGraph | TooManyStates:
    """Return the graph of all states that `policy` can reach, or TooManyStates.

    From 200,000 states on, the sizes of the layers still to come are projected from the growth seen so
    far, and the work is given up as soon as the sum exceeds `max_states`.
    """
    from celltrial.simulation.exact_kernels import expand

    rng = np.random.Generator(np.random.PCG64(20151015))
    shape = (policy.n_doses, len(policy.observation.channels))
    weights = rng.integers(0, 2**63, shape, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    levels = policy.memory_levels
    tag_weights = rng.integers(0, 2**63, policy.n_doses * levels, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    offsets, increments = outcome_rows(policy.observation, _largest_cohort(policy))
    states = States.first(policy)
    layers: list[Layer] = []
    reached = 0
    while len(states.current):
        reached += len(states.current)
        decided = policy.decide_states(states)
        enrolled = states.enrolled()
        _check(policy, decided, enrolled)
        going, ended = np.flatnonzero(decided.next >= 0), np.flatnonzero(decided.next < 0)
        dose, size = decided.next[going], decided.size[going]
        if size.max(initial=0) + 1 >= len(offsets):
            offsets, increments = outcome_rows(policy.observation, int(size.max()))
        room = max(0, max_states - reached)
        memory = np.array([policy.memory_of(int(row[0]), int(row[1])) for row in increments])
        children, tags, starts, targets, fits = expand(
            states.counts[going], dose, size, offsets, increments, memory, levels, weights, tag_weights, room
        )
        sizes = [len(layer.current) for layer in layers] + [len(states.current)]
        projected = (
            reached + _project(sizes, policy.max_subjects - int(enrolled.min()), size) if reached > _PILOT else reached
        )
        if not fits or projected > max_states:
            return TooManyStates(reached, max(projected, max_states + 1))
        last = states if len(going) == 0 else states.take(ended)
        layers.append(
            Layer(
                counts=states.counts,
                current=states.current,
                memory=states.memory,
                next=decided.next,
                size=decided.size,
                reason=decided.reason,
                eliminated=decided.eliminated,
                going=going,
                ended=ended,
                recommended=policy.select_states(last) if len(ended) else np.zeros(0, np.int64),
                enrolled=enrolled[ended],
                starts=starts,
                targets=targets,
            )
        )
        states = States(children, tags // levels, tags % levels, policy.observation)
    return DecisionGraph(policy, tuple(layers), offsets, increments)


def _largest_cohort(policy: Policy) -> int:
    size: int = getattr(policy, "cohort_size", 3)
    return size


def _check(policy: Policy, decided: Decisions, enrolled: Ints) -> None:
    """Refuse a policy that leaves the grid, treats nobody, holds without pending subjects, or never ends."""
    goes = decided.next >= 0
    ends = decided.reason >= Reason.STOP_MAX_SUBJECTS
    size = decided.size[goes]
    beyond = enrolled[goes] + size > policy.max_subjects
    if (decided.next >= policy.n_doses).any() or (size < 1).any() or (goes == ends).any() or beyond.any():
        raise DefectError(f"{type(policy).__name__} leaves the grid, treats nobody, holds or exceeds its size")


def _project(sizes: list[int], remaining: int, size: Ints) -> int:
    """Return how many states the layers to come will hold if growth keeps slowing as it did."""
    if len(size) == 0:
        return 0
    left = remaining // max(1, int(size.max()))
    growth = sizes[-1] / sizes[-2]
    slowing = min(1.0, growth / (sizes[-2] / sizes[-3])) if len(sizes) >= 3 else 1.0
    total, now = 0.0, float(sizes[-1])
    for _ in range(left):
        growth = max(1.0, growth * slowing)
        now *= growth
        total += now
    return int(total)
