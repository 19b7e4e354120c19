"""Cumulative incidence with competing events (Aalen-Johansen).

One minus Kaplan-Meier, which censors at death, overstates how many will have the event; here death
competes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message

#: The cause of a subject without any event.
CENSORED: Final = ""


@dataclass(frozen=True, slots=True)
class Incidence:
    """Cumulative incidence of one cause; sequences run over the distinct times, in order.

    final: nobody was followed beyond the last time without any event, so that the curve holds from there on.
    """

    cause: str
    population: str
    n: int
    events: int
    level: float
    time: tuple[float, ...]
    n_risk: tuple[int, ...]
    probability: tuple[float, ...]
    std_error: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    final: bool = False

    def at(self, when: float) -> Estimate | NotEstimable:
        """Return the probability of the event by `when`; not estimable beyond the last time, unless all had an event.

        No interval where the standard error is 0: as many as were treated had the event.
        """
        if when > self.time[-1] and not self.final:
            params: dict[str, object] = {"time": when, "last": self.time[-1]}
            return NotEstimable(Reason.BEYOND_FOLLOW_UP, self.population, self.n, MappingProxyType(params))
        i = int(np.searchsorted(self.time, when, side="right")) - 1
        value = 0.0 if i < 0 else self.probability[i]
        bounded = i >= 0 and value > 0 and self.std_error[i] > 0
        interval = Interval(self.low[i], self.high[i], self.level, Method.LOG) if bounded else None
        detail = MappingProxyType({"time": float(when), "std_error": 0.0 if i < 0 else self.std_error[i]})
        return Estimate(
            value, self.population, self.n, Method.AALEN_JOHANSEN, interval, (Caveat.DEATH_COMPETES,), detail
        )


def estimate(
    time: Sequence[float], cause: Sequence[str], *, population: str = Population.GIVEN, level: float = 0.95
) -> dict[str, Incidence] | NotEstimable:
    """Return the cumulative incidence of every cause, by cause.

    time:  >= 0, any one unit; cause: name of what came first, "" for censored subjects.
    Limits are on the log scale, as R's `survfit`. Raises ANL-007 for unequal lengths or bad times.
    Aalen & Johansen (1978). Checked against R 4.2.2 survival 3.5-3 on mgus2 (probabilities, infinitesimal
    jackknife standard errors and limits) and cmprsk 2.2-11 `cuminc` by sex; the variance of cmprsk is
    Aalen's estimate and differs from ours in the fourth digit.

    >>> both = estimate([1, 2, 3, 4], ["event", "death", "", "event"])
    >>> both["event"].probability
    (0.25, 0.25, 0.25, 0.75)
    """
    import greenwood

    if len(time) != len(cause) or not all(math.isfinite(t) and t >= 0 for t in time):
        found = f"{len(time)} times, {len(cause)} causes"
        raise UserError(fault("ANL-007", expected=message("time_of_every_flag"), found=found))
    if not len(time):
        return NotEstimable(Reason.NO_SUBJECTS, population, 0)
    names = sorted(set(cause) - {CENSORED})
    if not names:
        return NotEstimable(Reason.NO_EVENTS_RECORDED, population, len(time))
    codes = [f"c{names.index(name) + 1}" if name != CENSORED else "c0" for name in cause]
    data = pl.DataFrame({"t": np.asarray(time, dtype=float), "c": codes})
    levels = ", ".join(f'"c{i}"' for i in range(len(names) + 1))
    fitted = greenwood.AalenJohansen(conf_type="log", conf_level=level).fit(
        f"Surv(t, factor(c, c({levels})))", data=data
    )
    table = fitted.to_frame(format="polars")
    last = max(time)
    final = all(name != CENSORED for t, name in zip(time, cause, strict=True) if t == last)
    return {
        name: _incidence(
            table.filter(pl.col("cause") == f"c{i}").sort("time"),
            name,
            codes.count(f"c{i}"),
            population,
            len(time),
            level,
            final=final,
        )
        for i, name in enumerate(names, start=1)
    }


def _incidence(
    table: pl.DataFrame, cause: str, events: int, population: str, n: int, level: float, *, final: bool
) -> Incidence:
    def numbers(name: str) -> tuple[float, ...]:
        return tuple(float(value) for value in table[name])

    return Incidence(
        cause=cause,
        population=population,
        n=n,
        events=events,
        level=level,
        time=numbers("time"),
        n_risk=tuple(round(value) for value in table["n_risk"]),
        probability=numbers("estimate"),
        std_error=numbers("std_error"),
        low=numbers("conf_low"),
        high=numbers("conf_high"),
        final=final,
    )
