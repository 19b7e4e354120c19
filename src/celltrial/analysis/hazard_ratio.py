"""Hazard ratios from a Cox model on covariates stated beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from celltrial.analysis.codes import Caveat, Method, Population, Reason
from celltrial.core.errors import NotConvergedError, UserError, fault
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message

#: Fewer events per covariate than this and no model is fitted.
EVENTS_PER_COVARIATE: Final = 5


def estimate(
    time: Sequence[float],
    event: Sequence[bool],
    covariates: Mapping[str, Sequence[float]],
    *,
    ties: Literal["efron", "breslow"] = "efron",
    population: str = Population.GIVEN,
    level: float = 0.95,
) -> Mapping[str, Estimate] | NotEstimable:
    """Return the hazard ratio of each covariate, adjusted for the others, with Wald limits.

    covariates: name to one number per subject, without missing values. Not estimable with fewer than
    `EVENTS_PER_COVARIATE` events for each: a ratio from a handful of events is an accident, and the
    events are better listed. Raises ANL-007 for unequal lengths, bad times or missing values, and
    NotConvergedError where the fit does not settle (a covariate that separates events from the rest).
    `detail` holds coefficient, standard error, Wald p and log-likelihood. Proportional hazards are
    assumed; with a manufacturing delay in one arm they do not hold from randomisation.
    Cox (1972), doi:10.1111/j.2517-6161.1972.tb00899.x. Checked against R 4.2.2 survival 3.5-3 `coxph`
    on lung (Efron and Breslow ties).
    """
    import greenwood

    columns = [np.asarray(values, dtype=float) for values in covariates.values()]
    lengths = {len(time), len(event), *(len(column) for column in columns)}
    usable = all(math.isfinite(t) and t >= 0 for t in time) and all(np.isfinite(column).all() for column in columns)
    if len(lengths) != 1 or not columns or not usable:
        found = f"{len(time)} times, {len(event)} flags, {len(columns)} covariates"
        raise UserError(fault("ANL-007", expected=message("time_of_every_flag"), found=found))
    events = sum(bool(flag) for flag in event)
    needed = EVENTS_PER_COVARIATE * len(columns)
    if events < needed:
        params = MappingProxyType({"events": events, "needed": needed})
        return NotEstimable(Reason.FEW_EVENTS, population, len(time), params)
    response = greenwood.Surv(np.asarray(time, dtype=float), event=np.asarray(event, dtype=int))
    model = greenwood.CoxPH(ties=ties, conf_level=level).fit(response, np.column_stack(columns))
    if not (np.isfinite(model.std_error_).all() and (np.abs(model.coef_) < 20 / _spread(columns)).all()):
        raise NotConvergedError("Cox model: the coefficients do not settle")
    return MappingProxyType(
        {
            name: Estimate(
                value=float(np.exp(model.coef_[i])),
                population=population,
                n=len(time),
                method=Method.COX,
                interval=_limits(model.conf_low_[i], model.conf_high_[i], level),
                caveats=(Caveat.PROPORTIONAL_HAZARDS,),
                detail=MappingProxyType(
                    {
                        "coefficient": float(model.coef_[i]),
                        "std_error": float(model.std_error_[i]),
                        "p_value": float(model.p_value_[i]),
                        "log_likelihood": float(model.loglik_),
                        "events": float(events),
                    }
                ),
            )
            for i, name in enumerate(covariates)
        }
    )


def _spread(
    columns: Sequence[np.ndarray[tuple[int], np.dtype[np.float64]]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the range of each covariate: a ratio of e^20 across it is no estimate."""
    return np.array([float(np.ptp(column)) or 1.0 for column in columns])


def _limits(low: float, high: float, level: float) -> Interval:
    """Return limits of the ratio from those of the coefficient."""
    return Interval(math.exp(low), math.exp(high), level, Method.COX)
