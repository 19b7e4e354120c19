"""Audit of a design: faults that can be read off its graph, whatever the truth.

rigid:           four or more further cohorts without a single DLT would never lead above the dose, although the
                 next one is not eliminated: the design is stuck.
incoherent:      the design goes up right after a cohort in which every subject had a DLT, or down right after one without.
unreachable:     no path ever gives a dose.
non_monotone:    from the same state, one DLT more in the cohort leads to a higher next dose.
untried_choice:  a dose is recommended that nobody got.
eliminated_choice: a dose is recommended that the design had eliminated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from celltrial.designs.policy import Counts, Ints, Reason
from celltrial.simulation.exact_graph import DecisionGraph, Layer

_CLEAN_COHORTS = 4


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One kind of fault found in a design.

    kind:    `incoherent_escalation`, `incoherent_de_escalation`, `unreachable_dose`, `non_monotone`,
             `rigid`, `untried_choice` or `eliminated_choice`; texts are under `design.audit.<kind>`.
    states:  how many states (or doses) show it.
    dose:    0-based dose concerned, in the example.
    example: counts of the first such state.
    """

    kind: str
    states: int
    dose: int
    example: Counts | None

    @property
    def code(self) -> str:
        """Message key."""
        return f"design.audit.{self.kind}"


def audit(graph: DecisionGraph) -> tuple[AuditFinding, ...]:
    """Return every kind of fault, each with its number of states and the first example; empty for a sound design."""
    seen: dict[str, AuditFinding] = {}

    def note(kind: str, many: int, dose: int, example: Counts | None) -> None:
        old = seen.get(kind)
        seen[kind] = AuditFinding(kind, many, dose, example) if old is None else _more(old, many)

    for dose in _unreachable(graph):
        note("unreachable_dose", 1, dose, None)
    for layer, rows in _stuck(graph):
        note("rigid", len(rows), int(layer.next[rows[0]]), _counts(graph, layer, int(rows[0])))
    for index, layer in enumerate(graph.layers):
        for kind, rows in _choices(layer):
            note(kind, len(rows), int(layer.recommended[rows[0]]), _counts(graph, layer, int(layer.ended[rows[0]])))
        if index + 1 < len(graph.layers):
            for kind, rows, doses in _moves(graph, layer, graph.layers[index + 1]):
                note(kind, len(rows), int(doses[0]), _counts(graph, layer, int(rows[0])))
    return tuple(seen[kind] for kind in sorted(seen))


def _more(old: AuditFinding, many: int) -> AuditFinding:
    return AuditFinding(old.kind, old.states + many, old.dose, old.example)


def _counts(graph: DecisionGraph, layer: Layer, row: int) -> Counts:
    channels = graph.policy.observation.channels
    values: dict[str, Any] = {c.value: tuple(int(v) for v in layer.counts[row, :, i]) for i, c in enumerate(channels)}
    return Counts(**values, current=int(layer.current[row]))


def _unreachable(graph: DecisionGraph) -> list[int]:
    given = {int(d) for layer in graph.layers for d in np.unique(layer.next[layer.going])}
    return sorted(set(range(graph.policy.n_doses)) - given)


def _choices(layer: Layer) -> Iterator[tuple[str, Ints]]:
    """Yield faults of the recommended dose, as rows of `layer.recommended`."""
    rows = np.flatnonzero(layer.recommended >= 0)
    if len(rows) == 0:
        return
    state, dose = layer.ended[rows], layer.recommended[rows]
    for kind, bad in (
        ("untried_choice", layer.counts[state, dose, 0] == 0),
        ("eliminated_choice", layer.eliminated[state, dose]),
    ):
        if bad.any():
            yield kind, rows[bad]


def _stuck(graph: DecisionGraph) -> list[tuple[Layer, Ints]]:
    """Return, by layer, the rows from which clean cohorts never lead higher: backwards over the layers."""
    found: list[tuple[Layer, Ints]] = []
    highest = depth = np.zeros(0, np.int64)
    for layer in reversed(graph.layers):
        here, further = layer.next.copy(), np.zeros(len(layer.next), np.int64)
        if len(layer.going):
            clean = np.array([_clean_outcome(graph, int(size)) for size in layer.size[layer.going]])
            child = layer.targets[layer.starts[:-1] + clean]
            here[layer.going] = np.maximum(here[layer.going], highest[child])
            further[layer.going] = depth[child] + 1
        above = np.minimum(layer.next + 1, graph.policy.n_doses - 1)
        free = (layer.next >= 0) & (above > layer.next) & ~layer.eliminated[np.arange(len(above)), above]
        stuck = np.flatnonzero(free & (here == layer.next) & (further >= _CLEAN_COHORTS))
        if len(stuck):
            found.append((layer, stuck))
        highest, depth = here, further
    return found[::-1]


def _clean_outcome(graph: DecisionGraph, size: int) -> int:
    """Return the position of the outcome without DLT among those of a cohort of this size."""
    adds = graph.increments[graph.offsets[size] : graph.offsets[size + 1]]
    return int(np.flatnonzero((adds[:, 0] == size) & (adds[:, 1] == 0))[0])


def _moves(graph: DecisionGraph, layer: Layer, following: Layer) -> Iterator[tuple[str, Ints, Ints]]:
    """Yield faults of the move after a cohort: (kind, rows of the layer, dose of the cohort)."""
    sizes = np.unique(layer.size[layer.going])
    for size in sizes:
        rows = np.flatnonzero(layer.size[layer.going] == size)
        adds = graph.increments[graph.offsets[size] : graph.offsets[size + 1]]
        edges = layer.starts[rows][:, None] + np.arange(len(adds))[None, :]
        child = layer.targets[edges]
        after = following.next[child]
        stopped_well = following.reason[child] == Reason.STOP_DOSE_FOUND
        dose = layer.next[layer.going][rows]
        state = layer.going[rows]
        all_dlt = np.flatnonzero((adds[:, 1] == adds[:, 0]) & (adds[:, 0] == size))
        none = np.flatnonzero((adds[:, 1] == 0) & (adds[:, 0] == size))
        up = (after[:, all_dlt] > dose[:, None]).any(axis=1)
        down = ((after[:, none] >= 0) & (after[:, none] < dose[:, None])).any(axis=1)
        worse = _worse_pairs(adds)
        higher = np.zeros(len(rows), np.bool_)
        for better, bad in worse:
            both = (after[:, better] >= 0) & (after[:, bad] >= 0) & ~stopped_well[:, better]
            higher |= both & (after[:, bad] > after[:, better])
        for kind, bad_rows in (
            ("incoherent_escalation", up),
            ("incoherent_de_escalation", down),
            ("non_monotone", higher),
        ):
            if bad_rows.any():
                yield kind, state[bad_rows], dose[bad_rows]


def _worse_pairs(adds: np.typing.NDArray[np.int16]) -> list[tuple[int, int]]:
    """Return pairs of outcomes that differ by one DLT more in the second and in nothing else."""
    return [
        (a, b)
        for a in range(len(adds))
        for b in range(len(adds))
        if adds[b, 1] == adds[a, 1] + 1 and (np.delete(adds[a], 1) == np.delete(adds[b], 1)).all()
    ]
