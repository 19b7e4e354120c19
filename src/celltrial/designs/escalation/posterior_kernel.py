"""Posterior weights of many states on one grid: the inner loop of CRM and BLRM, compiled by numba and cached.

The likelihood of a state is a product of powers p^dlt (1 - p)^(n - dlt) over the doses, and the same powers come
back in state after state: they are laid out once, and a weight is a product of rows. Where that product
underflows at every cell (hundreds of subjects that contradict the prior) it is taken from logarithms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from celltrial.core.compiled import compiled

_TINY = 1e-250


def _powers(log_base: Any, most: Any) -> Any:
    """Return base ** k [dose, k, cell] for k = 0..most."""
    doses, cells = log_base.shape
    out = np.ones((doses, most + 1, cells))
    for j in range(doses):
        base = np.exp(log_base[j])
        for k in range(1, most + 1):
            out[j, k] = out[j, k - 1] * base
    return out


powers = compiled(_powers)


def _grid_weights(n: Any, dlt: Any, log_p: Any, log_q: Any, log_prior: Any) -> Any:
    """Return weights [state, cell] proportional to the posterior, for counts [state, dose].

    log_p, log_q: log p and log(1 - p) [dose, cell]; log_prior: [cell].
    """
    states, doses = n.shape
    yes, no = powers(log_p, dlt.max()), powers(log_q, (n - dlt).max())
    prior = np.exp(log_prior)
    out = np.empty((states, len(log_prior)))
    for s in range(states):
        row = out[s]
        row[:] = prior
        for j in range(doses):
            if n[s, j] > 0:
                hits, misses = yes[j, dlt[s, j]], no[j, n[s, j] - dlt[s, j]]
                for c in range(len(row)):
                    row[c] *= hits[c] * misses[c]
        if row.max() < _TINY:
            row[:] = log_prior
            for j in range(doses):
                row += dlt[s, j] * log_p[j] + (n[s, j] - dlt[s, j]) * log_q[j]
            row[:] = np.exp(row - row.max())
    return out


grid_weights = compiled(_grid_weights)
