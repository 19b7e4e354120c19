"""Events per person-time with exact Poisson limits, and observed over expected (SIR).

A count without the follow-up time in which it was gathered is not a rate: without person-time there
is no estimate, whatever the number of subjects.
"""

from __future__ import annotations

from types import MappingProxyType

from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable


def exact_poisson(events: int, *, level: float = 0.95) -> tuple[Interval, tuple[str, ...]]:
    """Return the exact (Garwood) limits of a Poisson mean after `events`, with the caveat that applies.

    From half the quantiles of chi-square on 2x and 2x + 2 degrees of freedom; Garwood (1936),
    doi:10.1093/biomet/28.3-4.437. After zero events the upper limit is one-sided, -ln(1 - level), and
    says so: a two-sided limit would put half the error where no value can lie. R's `poisson.test`
    keeps the two-sided limit there (3.689 instead of 2.996 at 95 %).
    """
    if events < 0:
        raise UserError(fault("ANL-005", expected="events >= 0", found=str(events)))
    if not 0 < level < 1:
        raise UserError(fault("COR-021", expected="0 < level < 1", found=str(level)))
    if events == 0:
        upper = float(stats.chi2.ppf(level, 2) / 2)
        return Interval(0.0, upper, level, Method.EXACT_POISSON_UPPER), (Caveat.ONE_SIDED,)
    tail = (1 - level) / 2
    low = float(stats.chi2.ppf(tail, 2 * events) / 2)
    high = float(stats.chi2.isf(tail, 2 * events + 2) / 2)
    return Interval(low, high, level, Method.EXACT_POISSON), ()


def estimate(
    events: int,
    person_years: float | None,
    *,
    n: int,
    population: str = Population.INFUSED,
    per: float = 100.0,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Return the rate per `per` person-years with exact limits; not estimable without person-time.

    Checked against AC-A7.1.

    >>> rate = estimate(0, 500, n=120)
    >>> round(rate.interval.high, 2)
    0.6
    """
    if person_years is None or not person_years > 0:
        return NotEstimable(Reason.NO_PERSON_TIME, population, n, MappingProxyType({"events": events}))
    limits, caveats = exact_poisson(events, level=level)
    scale = per / person_years
    interval = Interval(limits.low * scale, limits.high * scale, level, limits.method)
    detail = MappingProxyType({"events": float(events), "person_years": float(person_years), "per": per})
    return Estimate(events * scale, population, n, Method.EXACT_POISSON, interval, caveats, detail)


def standardised_ratio(
    observed: int, expected: float, *, n: int, population: str = Population.INFUSED, level: float = 0.95
) -> Estimate | NotEstimable:
    """Return observed over expected events (SIR) with exact limits.

    expected: from background rates applied to this set's own person-time, > 0.
    Checked against AC-A7.1 (3 over 0.8: 3.75, 0.77-10.96).

    >>> sir = standardised_ratio(3, 0.8, n=120)
    >>> sir.value, round(sir.interval.low, 2), round(sir.interval.high, 2)
    (3.75, 0.77, 10.96)
    """
    if not expected > 0:
        return NotEstimable(Reason.NO_PERSON_TIME, population, n, MappingProxyType({"expected": expected}))
    limits, caveats = exact_poisson(observed, level=level)
    interval = Interval(limits.low / expected, limits.high / expected, level, limits.method)
    detail = MappingProxyType({"observed": float(observed), "expected": float(expected)})
    return Estimate(observed / expected, population, n, Method.EXACT_POISSON, interval, caveats, detail)
