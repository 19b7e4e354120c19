"""Pool adjacent violators for millions of states: the inner loop of `isotonic`, compiled by numba and cached."""

from __future__ import annotations

from typing import Any

import numpy as np

from celltrial.core.compiled import compiled


def _pool(n: Any, dlt: Any, admissible: Any, prior: Any) -> Any:
    """Return pooled rates [state, dose], NaN where not admissible; weights are inverse posterior variances."""
    states, doses = n.shape
    out = np.full((states, doses), np.nan)
    value, weight, first = np.empty(doses), np.empty(doses), np.empty(doses, np.int64)
    for s in range(states):
        blocks = 0
        for j in range(doses):
            if not admissible[s, j]:
                continue
            a, total = dlt[s, j] + prior, n[s, j] + 2 * prior
            value[blocks] = a / total
            weight[blocks] = total * total * (total + 1) / (a * (total - a))
            first[blocks] = j
            blocks += 1
            while blocks > 1 and value[blocks - 2] >= value[blocks - 1]:
                sums = weight[blocks - 2] + weight[blocks - 1]
                value[blocks - 2] = (
                    value[blocks - 2] * weight[blocks - 2] + value[blocks - 1] * weight[blocks - 1]
                ) / sums
                weight[blocks - 2] = sums
                blocks -= 1
        for b in range(blocks):
            end = first[b + 1] if b + 1 < blocks else doses
            for j in range(first[b], end):
                if admissible[s, j]:
                    out[s, j] = value[b]
    return out


pool = compiled(_pool)
