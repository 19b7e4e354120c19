"""Hazard ratios from a Cox model on covariates stated beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from celltrial.analysis import cox
from celltrial.analysis.cox import CoxFit, Proportionality, Ties
from celltrial.analysis.partial_likelihood import Flaw
from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message

#: Fewer events per covariate than this and no model is fitted.
EVENTS_PER_COVARIATE: Final = 5
#: Flaw of a fit to the reason given.
WHY: Final = {Flaw.MONOTONE: Reason.MONOTONE_LIKELIHOOD, Flaw.COLLINEAR: Reason.COLLINEAR}


def estimate(
    time: Sequence[float],
    event: Sequence[bool],
    covariates: Mapping[str, Sequence[float]],
    *,
    ties: Ties = "efron",
    strata: Sequence[object] | None = None,
    population: str = Population.GIVEN,
    level: float = 0.95,
) -> Mapping[str, Estimate] | NotEstimable:
    """Return the hazard ratio of each covariate, adjusted for the others, with Wald limits.

    covariates: name to one number per subject, without missing values. strata: one label per subject; risk sets are
    compared within a stratum only. Not estimable with fewer than `EVENTS_PER_COVARIATE` events for each: a ratio from a
    handful of events is an accident, and the events are better listed; nor where a covariate separates those with the
    event from the rest (`monotone_likelihood`) or says the same as others (`collinear`). Raises ANL-007 for unequal
    lengths, bad times or missing values. `detail` holds coefficient, standard error, Wald p, log-likelihood, events, and
    the p value of the test of proportional hazards where the events allow it. Proportional hazards are assumed; with a manufacturing delay in one
    arm they do not hold from randomisation. The model is that of `cox`, checked there.

    >>> time, arm = [5, 8, 12, 3, 9, 15, 18, 21, 30, 26], [1, 1, 1, 1, 1, 0, 0, 1, 0, 0]
    >>> found = estimate(time, [True] * 10, {"arm": arm})
    >>> round(found["arm"].value, 1)
    5.1
    """
    columns = [np.asarray(values, dtype=float) for values in covariates.values()]
    lengths = {len(time), len(event), *(len(column) for column in columns)}
    if strata is not None:
        lengths.add(len(strata))
    usable = all(math.isfinite(t) and t >= 0 for t in time) and all(np.isfinite(column).all() for column in columns)
    if len(lengths) != 1 or not columns or not usable:
        found = f"{len(time)} times, {len(event)} flags, {len(columns)} covariates"
        raise UserError(fault("ANL-007", expected=message("time_of_every_flag"), found=found))
    events = sum(bool(flag) for flag in event)
    needed = EVENTS_PER_COVARIATE * len(columns)
    if events < needed:
        params = MappingProxyType({"events": events, "needed": needed})
        return NotEstimable(Reason.FEW_EVENTS, population, len(time), params)
    times, flags, matrix = np.asarray(time, dtype=float), np.asarray(event, dtype=bool), np.column_stack(columns)
    fitted = cox.fit(times, flags, matrix, ties=ties, strata=strata)
    if isinstance(fitted, Flaw):
        return NotEstimable(WHY[fitted], population, len(time))
    constant = cox.proportionality(times, flags, matrix, fitted, ties=ties, strata=strata)
    return MappingProxyType(
        {
            name: Estimate(
                value=math.exp(fitted.coefficients[i]),
                population=population,
                n=len(time),
                method=Method.COX,
                interval=_limits(fitted, i, level),
                caveats=(Caveat.PROPORTIONAL_HAZARDS,),
                detail=MappingProxyType(_detail(fitted, i) | {"events": float(events)} | _constancy(constant, i)),
            )
            for i, name in enumerate(covariates)
        }
    )


def _detail(fitted: CoxFit, i: int) -> dict[str, float]:
    coefficient, error = float(fitted.coefficients[i]), math.sqrt(fitted.covariance[i, i])
    return {
        "coefficient": coefficient,
        "std_error": error,
        "p_value": 2 * float(stats.norm.sf(abs(coefficient) / error)),
        "log_likelihood": fitted.log_likelihood,
    }


def _constancy(constant: Proportionality | None, i: int) -> dict[str, float]:
    """Return the p value of the ratio being constant; nothing where the events cannot show it."""
    return {} if constant is None else {"proportional_p_value": constant.each[i][1]}


def _limits(fitted: CoxFit, i: int, level: float) -> Interval:
    """Return limits of the ratio from those of the coefficient."""
    coefficient = float(fitted.coefficients[i])
    half = float(stats.norm.isf((1 - level) / 2)) * math.sqrt(fitted.covariance[i, i])
    return Interval(math.exp(coefficient - half), math.exp(coefficient + half), level, Method.COX)
