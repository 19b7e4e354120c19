"""Trial-by-trial parity with R: the same uniforms that R's `runif` would give.

`set.seed(s)` of R (Mersenne-Twister, inversion) scrambles the seed 50 times with the congruential
generator x -> 69069 x + 1, fills the 624 words of the twister with its next values, and starts at the
end of the block. A uniform is the next 32-bit word times 2^-32, kept inside (0, 1).

`simulate_like_r` walks the compiled graph with this stream, one uniform per subject and whole cohorts
in order, as BOIN 2.7.2 `get.oc` draws: run with the same seed it gives the same trials, so that
its output equals `get.oc` to the last digit, not within an error.

>>> [round(u, 7) for u in r_uniforms(6, 3)]
[0.6062683, 0.937642, 0.2643521]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Identifier, message
from celltrial.designs.policy import Ints
from celltrial.simulation.exact_graph import DecisionGraph

_WORDS: Final = 624
_SCALE: Final = 2.3283064365386963e-10
_BLOCK: Final = 65_536


def r_generator(seed: int) -> np.random.MT19937:
    """Return the Mersenne-Twister in the state that R's `set.seed(seed)` leaves, 0 <= seed < 2^31."""
    if not 0 <= seed < 2**31:
        raise UserError(fault("SIM-105", expected="0 <= seed < 2^31", found=str(seed)))
    value = seed
    for _ in range(50):
        value = (69069 * value + 1) & 0xFFFFFFFF
    words = np.empty(_WORDS + 1, np.uint64)
    for i in range(_WORDS + 1):
        value = (69069 * value + 1) & 0xFFFFFFFF
        words[i] = value
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": words[1:].astype(np.uint32), "pos": _WORDS}}
    return twister


def _next(twister: np.random.MT19937, many: int) -> NDArray[np.float64]:
    uniforms = twister.random_raw(many).astype(np.float64) * _SCALE
    return np.asarray(np.clip(uniforms, 0.5 * _SCALE, 1 - 0.5 * _SCALE))


def r_uniforms(seed: int, many: int) -> list[float]:
    """Return the first uniforms after `set.seed(seed)` in R."""
    return [float(u) for u in _next(r_generator(seed), many)]


@dataclass(frozen=True, slots=True, eq=False)
class RTrials:
    """The trials: counts [trial, dose] of subjects and DLTs, recommended dose [trial], -1 for none."""

    n: Ints
    dlt: Ints
    recommended: Ints


def simulate_like_r(graph: DecisionGraph, dlt_rates: tuple[float, ...], *, trials: int, seed: int) -> RTrials:
    """Return simulated trials of a DLT-only design, drawn as BOIN 2.7.2 `get.oc` does.

    dlt_rates: true rates per dose. Checked against `get.oc` of BOIN 2.7.2, R 4.2.2, digit for digit.
    """
    doses = graph.policy.n_doses
    if len(dlt_rates) != doses or len(graph.policy.observation.categories) != 2:
        found = message(
            "rates_observation", rates=len(dlt_rates), observation=Identifier(graph.policy.observation.name)
        )
        raise UserError(
            fault("SIM-101", where="-", expected=message("dlt_rates_of_a_dlt_only_design", doses=doses), found=found)
        )
    twister = r_generator(seed)
    pool: list[float] = []
    position = 0
    walk = [_plain(graph, t) for t in range(len(graph.layers))]
    n, dlt = np.zeros((trials, doses), np.int64), np.zeros((trials, doses), np.int64)
    recommended = np.empty(trials, np.int64)
    for trial in range(trials):
        if len(pool) - position < graph.policy.max_subjects:
            pool = pool[position:] + _next(twister, _BLOCK).tolist()
            position = 0
        layer = row = 0
        while True:
            following, size, starts, targets, ended = walk[layer]
            dose = following[row]
            if dose < 0:
                break
            rate = dlt_rates[dose]
            many = sum(u < rate for u in pool[position : position + size[row]])
            position += size[row]
            row = targets[starts[row] + many]
            layer += 1
        end = graph.layers[layer]
        n[trial], dlt[trial] = end.counts[row, :, 0], end.counts[row, :, 1]
        recommended[trial] = end.recommended[ended[row]]
    return RTrials(n, dlt, recommended)


def _plain(graph: DecisionGraph, index: int) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    """Return a layer as plain lists: next, size, first edge by row, edge targets, position among the ended."""
    layer = graph.layers[index]
    starts = np.zeros(len(layer.next), np.int64)
    starts[layer.going] = layer.starts[:-1]
    ended = np.zeros(len(layer.next), np.int64)
    ended[layer.ended] = np.arange(len(layer.ended))
    return layer.next.tolist(), layer.size.tolist(), starts.tolist(), layer.targets.tolist(), ended.tolist()
