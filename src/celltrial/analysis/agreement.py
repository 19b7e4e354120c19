"""Agreement of two readers on a yes or no: share of agreement and Cohen's kappa."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from celltrial.analysis import proportion
from celltrial.analysis.terms import Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of a first and a second reader.

    both, neither:            subjects on whom they agree.
    first_only, second_only:  subjects to whom only one of them gave a yes.
    share, kappa:             observed agreement, and agreement beyond chance.
    first, second:            each reader's rate.
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    share: Estimate | NotEstimable
    kappa: Estimate | NotEstimable
    first: Estimate | NotEstimable
    second: Estimate | NotEstimable


def estimate(
    first: Sequence[bool], second: Sequence[bool], *, population: str = Population.PAIRS, level: float = 0.95
) -> Agreement:
    """Return the agreement of two readers of the same subjects, in the same order.

    Kappa is (p_o - p_e)/(1 - p_e); its interval uses the large-sample variance of Fleiss, Cohen &
    Everitt (1969), doi:10.1037/h0028106, and is cut off at -1 and 1. Raises ANL-004 when the two have
    different lengths. Checked against AC-A6.3 (88.2 %, kappa 0.67); the variance against the delta
    method by numerical differentiation.

    >>> inv = [True] * 27 + [False] * 7
    >>> irc = [True] * 24 + [False] * 3 + [True] + [False] * 6
    >>> a = estimate(inv, irc)
    >>> round(a.share.value, 3), round(a.kappa.value, 2), a.first_only, a.second_only
    (0.882, 0.67, 3, 1)
    """
    if len(first) != len(second):
        raise UserError(
            fault("ANL-004", expected=message("two_readings_of_every_subject"), found=f"{len(first)}, {len(second)}")
        )
    pairs = list(zip(first, second, strict=True))
    both = sum(a and b for a, b in pairs)
    first_only = sum(a and not b for a, b in pairs)
    second_only = sum(b and not a for a, b in pairs)
    n = len(pairs)
    neither = n - both - first_only - second_only
    table = (both, first_only, second_only, neither)
    return Agreement(
        *table,
        share=proportion.estimate(both + neither, n, population=population, level=level),
        kappa=_kappa(table, population, level),
        first=proportion.estimate(both + first_only, n, population=population, level=level),
        second=proportion.estimate(both + second_only, n, population=population, level=level),
    )


def _kappa(table: tuple[int, int, int, int], population: str, level: float) -> Estimate | NotEstimable:
    n = sum(table)
    if n == 0:
        return NotEstimable(Reason.NO_PAIRS, population, 0)
    a, b, c, d = (count / n for count in table)
    rows, columns = (a + b, c + d), (a + c, b + d)
    chance = rows[0] * columns[0] + rows[1] * columns[1]
    if chance == 1:
        return NotEstimable(Reason.NO_VARIATION, population, n)
    observed = a + d
    kappa = (observed - chance) / (1 - chance)
    diagonal = sum(p * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i, p in enumerate((a, d)))
    off = (1 - kappa) ** 2 * (b * (columns[0] + rows[1]) ** 2 + c * (columns[1] + rows[0]) ** 2)
    variance = (diagonal + off - (kappa - chance * (1 - kappa)) ** 2) / ((1 - chance) ** 2 * n)
    half = float(stats.norm.isf((1 - level) / 2)) * math.sqrt(max(0.0, variance))
    interval = Interval(max(-1.0, kappa - half), min(1.0, kappa + half), level, Method.COHEN_KAPPA)
    detail = MappingProxyType({"p_observed": observed, "p_chance": chance, "std_error": math.sqrt(max(0.0, variance))})
    return Estimate(kappa, population, n, Method.COHEN_KAPPA, interval, (), detail)
