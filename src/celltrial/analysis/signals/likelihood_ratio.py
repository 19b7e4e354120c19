"""The likelihood ratio test of Huang, Zalkikar and Tiwari (2011): which events of a product stand out, with the error held over all.

For each event, n ln(n/E) + (N - n) ln((N - n)/(N - E)) where n > E, else 0; N is the sum over the events of the product. How large
the greatest of them is by chance is found by drawing the N reports over the events, with a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """Log ratio of each event, and the chance that the greatest of all is at least so large where there is no signal."""

    log_ratio: Numbers
    p_value: Numbers


def log_ratios(counts: npt.ArrayLike, expected: npt.ArrayLike) -> Numbers:
    """Return the log ratio of each event of one product.

    >>> [round(float(value), 3) for value in log_ratios([10.0, 2.0], [4.0, 8.0])]
    [6.39, 0.0]
    """
    n, e = np.asarray(counts, dtype=float), np.asarray(expected, dtype=float)
    total = n.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(n > 0, n * np.log(n / e), 0.0)
        rest = np.where(total > n, (total - n) * np.log((total - n) / (total - e)), 0.0)
    found: Numbers = np.where(n > e, one + rest, 0.0)
    return found


def likelihood_ratio(counts: npt.ArrayLike, margin: npt.ArrayLike, *, seed: int, draws: int = 999) -> LikelihoodRatio:
    """Return the test of one product.

    counts: reports of each event with the product; margin: reports of each event with any product, in the same order.
    draws:  Monte Carlo draws; a p-value is never below 1/(draws + 1).
    """
    n, rows = np.asarray(counts, dtype=float), np.asarray(margin, dtype=float)
    share = rows / rows.sum()
    expected = share * n.sum()
    seen = log_ratios(n, expected)
    drawn = np.random.default_rng(seed).multinomial(int(n.sum()), share, size=draws)
    greatest = np.sort(log_ratios(drawn, expected).max(axis=1))
    at_least = draws - np.searchsorted(greatest, seen, side="left")
    return LikelihoodRatio(seen, np.where(seen > 0, (1 + at_least) / (draws + 1), 1.0))
