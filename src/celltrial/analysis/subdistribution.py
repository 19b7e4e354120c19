"""Subdistribution hazard ratios (Fine and Gray) of covariates stated beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from celltrial.analysis import fine_gray
from celltrial.analysis.hazard_ratio import EVENTS_PER_COVARIATE, WHY
from celltrial.analysis.partial_likelihood import Flaw
from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message


def estimate(
    time: Sequence[float],
    cause: Sequence[str],
    covariates: Mapping[str, Sequence[float]],
    *,
    of: str,
    population: str = Population.GIVEN,
    level: float = 0.95,
) -> Mapping[str, Estimate] | NotEstimable:
    """Return the subdistribution hazard ratio of each covariate for the cause `of`, with Wald limits.

    cause: what came first, "" for censored subjects; every cause but `of` competes. The guards are those of
    `hazard_ratio.estimate`. Raises ANL-007 for unequal lengths, bad times or missing values. The model is that of
    `fine_gray`, checked there.

    >>> found = estimate(range(1, 13), ["a", "", "b"] * 4, {"x": [0, 1, 1] * 4}, of="a")
    >>> found.reason
    <Reason.FEW_EVENTS: 'few_events'>
    """
    columns = [np.asarray(values, dtype=float) for values in covariates.values()]
    lengths = {len(time), len(cause), *(len(column) for column in columns)}
    usable = all(math.isfinite(t) and t >= 0 for t in time) and all(np.isfinite(column).all() for column in columns)
    if len(lengths) != 1 or not columns or not usable:
        found = f"{len(time)} times, {len(cause)} causes, {len(columns)} covariates"
        raise UserError(fault("ANL-007", expected=message("time_of_every_flag"), found=found))
    events, needed = sum(each == of for each in cause), EVENTS_PER_COVARIATE * len(columns)
    if events < needed:
        params = MappingProxyType({"events": events, "needed": needed})
        return NotEstimable(Reason.FEW_EVENTS, population, len(time), params)
    fitted = fine_gray.fit(np.asarray(time, dtype=float), cause, np.column_stack(columns), of=of)
    if isinstance(fitted, Flaw):
        return NotEstimable(WHY[fitted], population, len(time))
    if not (np.diag(fitted.covariance) > 0).all():
        return NotEstimable(Reason.NO_VARIATION, population, len(time))
    half = float(stats.norm.isf((1 - level) / 2))
    ratios = {}
    for i, name in enumerate(covariates):
        coefficient, error = float(fitted.coefficients[i]), math.sqrt(fitted.covariance[i, i])
        ends = math.exp(coefficient - half * error), math.exp(coefficient + half * error)
        detail = {
            "coefficient": coefficient,
            "std_error": error,
            "p_value": 2 * float(stats.norm.sf(abs(coefficient) / error)),
            "events": float(events),
        }
        ratios[name] = Estimate(
            math.exp(coefficient),
            population,
            len(time),
            Method.FINE_GRAY,
            Interval(*ends, level, Method.FINE_GRAY),
            (Caveat.DEATH_COMPETES,),
            MappingProxyType(detail),
        )
    return MappingProxyType(ratios)
