"""A proportion with its exact interval, on a named set."""

from __future__ import annotations

from types import MappingProxyType

from celltrial.analysis.terms import Method, Reason
from celltrial.core.intervals import clopper_pearson
from celltrial.core.results import Estimate, NotEstimable


def estimate(
    x: int, n: int, *, population: str, level: float = 0.95, caveats: tuple[str, ...] = ()
) -> Estimate | NotEstimable:
    """Return x of n with its Clopper-Pearson interval; not estimable on an empty set.

    Raises COR-020 unless 0 <= x <= n. Checked against R 4.2.2 `binom.test` and against the printed
    intervals of ELIANA, JULIET, ZUMA, TRANSCEND and CARTITUDE. KarMMa prints a Wald interval for
    94/128 (66-81 %); ours is 64.9-80.9 %, because Wald undercovers at such rates.

    >>> rate = estimate(27, 34, population="infused")
    >>> f"{rate.value:.1%} ({rate.interval.low:.1%} to {rate.interval.high:.1%})"
    '79.4% (62.1% to 91.3%)'
    """
    if n == 0 and x == 0:
        return NotEstimable(Reason.NO_SUBJECTS, population, 0)
    interval = clopper_pearson(x, n, level=level)
    detail = MappingProxyType({"x": float(x), "n": float(n)})
    return Estimate(x / n, population, n, Method.CLOPPER_PEARSON, interval, tuple(caveats), detail)
