"""The compiled search behind Simon's two-stage designs (imported only when a search runs)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from celltrial.core.compiled import compiled


def _tables(n_max: int, p: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pmf[n, x] and tail[n, x] = P(X >= x) for n = 0..n_max, by Pascal's rule."""
    pmf = np.zeros((n_max + 1, n_max + 2))
    pmf[0, 0] = 1.0
    for n in range(1, n_max + 1):
        pmf[n, 0] = pmf[n - 1, 0] * (1 - p)
        for x in range(1, n + 1):
            pmf[n, x] = pmf[n - 1, x] * (1 - p) + pmf[n - 1, x - 1] * p
    tail = np.zeros((n_max + 1, n_max + 2))
    for n in range(n_max + 1):
        for x in range(n, -1, -1):
            tail[n, x] = tail[n, x + 1] + pmf[n, x]
    return pmf, tail


def _reject(pmf: NDArray[np.float64], tail: NDArray[np.float64], n1: int, r1: int, n: int, r: int) -> float:
    """Return P(X1 > r1 and X1 + X2 > r)."""
    n2, total = n - n1, 0.0
    for x in range(r1 + 1, n1 + 1):
        need = r + 1 - x
        if need <= 0:
            total += pmf[n1, x]
        elif need <= n2:
            total += pmf[n1, x] * tail[n2, need]
    return total


def _search(n_max: int, p0: float, p1: float, alpha: float, beta: float, *, all_sizes: bool) -> NDArray[np.float64]:
    """Return rows r1, n1, r, n, EN0, PET0: for each n the design of smallest EN0.

    Unless `all_sizes`, an n is skipped where it cannot beat the smallest EN0 of the shorter trials: the rest cannot be
    minimax, optimal or admissible.
    """
    pmf0, tail0 = _tables0(n_max, p0)
    pmf1, tail1 = _tables0(n_max, p1)
    rows = np.zeros((n_max, 6))
    count, ever = 0, 1e300
    for n in range(2, n_max + 1):
        best, found = 1e300 if all_sizes else ever, False
        for n1 in range(1, n):
            if n1 >= best:
                break
            r1, pet1 = 0, pmf1[n1, 0]
            while pet1 <= beta and r1 < n1:
                r1 += 1
                pet1 += pmf1[n1, r1]
            r1 -= 1
            r = -1
            while r1 >= 0:
                pet0 = 1.0 - tail0[n1, r1 + 1]
                size = n1 + (n - n1) * (1.0 - pet0)
                if size >= best:
                    break
                # fewer stops mean more error: the criterion only grows as r1 falls
                r = max(r, r1, 0)
                while r < n and _reject0(pmf0, tail0, n1, r1, n, r) > alpha:
                    r += 1
                if _reject0(pmf1, tail1, n1, r1, n, r) >= 1.0 - beta:
                    best, found = size, True
                    rows[count, 0], rows[count, 1], rows[count, 2], rows[count, 3] = r1, n1, r, n
                    rows[count, 4], rows[count, 5] = size, pet0
                    break
                r1 -= 1
        if found:
            count += 1
            ever = min(ever, best)
    return rows[:count]


_tables0 = compiled(_tables)
_reject0 = compiled(_reject)
search = compiled(_search)
