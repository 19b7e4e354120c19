"""The inner loops of the exact engine, compiled by numba on first use and cached.

Plain functions: the uncompiled ones are what the tests read. A state is the counts
[dose, channel] and the dose last given; equal states are found by a hash whose hits are
compared in full, so that no collision can join two different states. Arrays are copied and filled cell by cell: the compiler
takes seconds for what joins or fills whole arrays, of which most is the text of errors that cannot happen here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from celltrial.core.compiled import compiled

#: Parents whose children are looked for together.
_AHEAD = 32


def _slots_for(room: Any) -> Any:
    """Return a power of two at least twice as large."""
    slots = 1024
    while slots < 2 * room:
        slots *= 2
    return slots


def _key_of(counts: Any, s: Any, weights: Any) -> Any:
    """Return the hash key of state s: a sum modulo 2^64."""
    key = np.uint64(0)
    for j in range(counts.shape[1]):
        for c in range(counts.shape[2]):
            key += weights[j, c] * np.uint64(counts[s, j, c])
    return key


def _is_child(children: Any, known: Any, counts: Any, s: Any, d: Any, increments: Any, row: Any) -> Any:
    """Tell whether child `known` is state s with one more cohort at dose d."""
    for c in range(counts.shape[2]):
        if children[known, d, c] != counts[s, d, c] + increments[row, c]:
            return False
    for j in range(counts.shape[1]):
        if j != d:
            for c in range(counts.shape[2]):
                if children[known, j, c] != counts[s, j, c]:
                    return False
    return True


def _keys_of_outcomes(increments: Any, memory: Any, levels: Any, weights: Any, tag_weights: Any) -> Any:
    """Return what an outcome at a dose adds to the hash key of a state [dose, outcome]."""
    doses = weights.shape[0]
    keys = np.zeros((doses, len(increments)), np.uint64)
    for d in range(doses):
        for row in range(len(increments)):
            keys[d, row] = tag_weights[d * levels + memory[row]]
            for c in range(weights.shape[1]):
                keys[d, row] += weights[d, c] * np.uint64(increments[row, c])
    return keys


def _look_ahead(
    keys: Any,
    counts: Any,
    dose: Any,
    rows: Any,
    starts: Any,
    table: Any,
    children: Any,
    slots: Any,
    weights: Any,
    begin: Any,
    end: Any,
) -> None:
    """Write the table slots of all edges of parents begin..end-1, and touch what will be compared there.

    Reads that do not wait for one another overlap; the search that follows finds them in the cache. Their sum goes
    into the last cell of `slots`, so that no compiler leaves them out.
    """
    mask = np.uint64(len(table) - 1)
    for s in range(begin, end):
        base = key_of(counts, s, weights)
        for e in range(starts[s], starts[s + 1]):
            row = rows[s] + e - starts[s]
            key = base + keys[dose[s], row]
            slots[e] = (key ^ (key >> np.uint64(29))) & mask
    touched = 0
    for e in range(starts[begin], starts[end]):
        touched += table[slots[e]]
    for e in range(starts[begin], starts[end]):
        known = table[slots[e]]
        if known >= 0:
            touched += children[known, 0, 0]
    slots[-1] += touched


slots_for = compiled(_slots_for)
key_of = compiled(_key_of)
is_child = compiled(_is_child)
keys_of_outcomes = compiled(_keys_of_outcomes)
look_ahead = compiled(_look_ahead)


def _expand(
    counts: Any,
    dose: Any,
    size: Any,
    offsets: Any,
    increments: Any,
    memory: Any,
    levels: Any,
    weights: Any,
    tag_weights: Any,
    limit: Any,
) -> Any:
    """Return (children, their tags, edge starts, edge targets, fits); a tag is dose * levels + memory.

    counts: int16 [state, dose, channel] of the states that go on; dose, size: what they do next.
    offsets: first row of `increments` for a cohort size (and the end for the last).
    increments: int16 [outcome, channel]; memory: what the policy keeps of the outcome, in 0..levels-1.
    weights, tag_weights: odd random 64-bit numbers.
    limit: no more children than these; `fits` is False when there are more.
    """
    parents, doses, channels = counts.shape
    starts = np.zeros(parents + 1, np.int64)
    for s in range(parents):
        starts[s + 1] = starts[s] + offsets[size[s] + 1] - offsets[size[s]]
    room = min(starts[parents], limit + 1)
    table = np.empty(slots_for(room), np.int32)
    for empty in range(len(table)):
        table[empty] = -1
    mask = np.uint64(len(table) - 1)
    children, child_tag = np.empty((room, doses, channels), np.int16), np.empty(room, np.int64)
    targets = np.empty(starts[parents], np.int32)
    keys = keys_of_outcomes(increments, memory, levels, weights, tag_weights)
    rows, slots = np.empty(parents, np.int64), np.zeros(starts[parents] + 1, np.int64)
    for s in range(parents):
        rows[s] = offsets[size[s]]
    found = 0
    for s in range(parents):
        if s % _AHEAD == 0:
            end = min(s + _AHEAD, parents)
            look_ahead(keys, counts, dose, rows, starts, table, children, slots, weights, s, end)
        d = dose[s]
        for e in range(starts[s], starts[s + 1]):
            row = rows[s] + e - starts[s]
            tag = d * levels + memory[row]
            slot = np.uint64(slots[e])
            known = table[slot]
            while known >= 0 and not (
                child_tag[known] == tag and is_child(children, known, counts, s, d, increments, row)
            ):
                slot = (slot + np.uint64(1)) & mask
                known = table[slot]
            if known < 0:
                if found >= limit:
                    return children[:0], child_tag[:0], starts, targets, False
                for j in range(doses):
                    for c in range(channels):
                        children[found, j, c] = counts[s, j, c]
                for c in range(channels):
                    children[found, d, c] += increments[row, c]
                child_tag[found] = tag
                table[slot] = known = found
                found += 1
            targets[e] = known
    return children[:found].copy(), child_tag[:found].copy(), starts, targets, True


def _propagate(
    prob: Any, going: Any, dose: Any, size: Any, offsets: Any, starts: Any, targets: Any, outcome: Any, children: Any
) -> Any:
    """Return (probability of each child [child, scenario], weight of (dose, size) [dose, size, scenario]).

    prob: [state, scenario]; going: rows of `prob` that go on; outcome: [dose, outcome row, scenario].
    """
    scenarios = prob.shape[1]
    following = np.zeros((children, scenarios))
    treated = np.zeros((outcome.shape[0], len(offsets), scenarios))
    for s in range(len(going)):
        row = going[s]
        d = dose[s]
        first = offsets[size[s]]
        for q in range(scenarios):
            treated[d, size[s], q] += prob[row, q]
        for e in range(starts[s], starts[s + 1]):
            target = targets[e]
            k = first + e - starts[s]
            for q in range(scenarios):
                following[target, q] += prob[row, q] * outcome[d, k, q]
    return following, treated


def _add_rows(into: Any, index: Any, prob: Any, rows: Any) -> None:
    """Add prob[rows[i]] to into[index[i]]."""
    for i in range(len(rows)):
        for q in range(prob.shape[1]):
            into[index[i], q] += prob[rows[i], q]


expand = compiled(_expand)
propagate = compiled(_propagate)
add_rows = compiled(_add_rows)
