"""Kaplan-Meier curve: survival, numbers at risk, quantiles with intervals.

The product-limit curve, Greenwood's standard error and the pointwise limits come from the library
greenwood; quantiles are read off the curve here, by the rule of R's survival package.

Differences from other software. Where the curve, or a limit, is flat at exactly 1 - p, R takes the
middle of that step and so do we; greenwood and lifelines take its left end. Equality is judged within
sqrt(machine epsilon), as in R, because 0.5 is often missed by rounding. Where no limit ever falls to
1 - p, the interval is open and its end infinite. Where the curve falls to 0 the lower limit does not
exist; it is read as 0 there, so that a median always has a lower end (R prints NA).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message

ConfType = Literal["log-log", "log", "plain"]
_METHODS: Final = {"log-log": Method.LOG_LOG, "log": Method.LOG, "plain": Method.PLAIN}
_TOLERANCE: Final = math.sqrt(np.finfo(float).eps)
#: A survival read where fewer than this are at risk carries a caveat.
FEW_AT_RISK: Final = 5


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan-Meier curve; all sequences run over the distinct times, in order.

    survival steps down at `time` and holds until the next one; before the first time it is 1.
    A limit is NaN where it does not exist (the curve is at 0).
    """

    population: str
    n: int
    events: int
    level: float
    conf_type: ConfType
    time: tuple[float, ...]
    n_risk: tuple[int, ...]
    n_event: tuple[int, ...]
    n_censored: tuple[int, ...]
    survival: tuple[float, ...]
    std_error: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def at(self, when: float) -> Estimate | NotEstimable:
        """Return the survival at `when`, in the unit of the times; not estimable beyond the last time.

        At zero survival the curve is known and stays 0 for ever.
        """
        if when > self.time[-1] and self.survival[-1] > 0:
            return NotEstimable(
                Reason.BEYOND_FOLLOW_UP,
                self.population,
                self.n,
                MappingProxyType({"time": when, "last": self.time[-1]}),
            )
        i = int(np.searchsorted(self.time, when, side="right")) - 1
        risk = self.numbers_at_risk([when])[0]
        caveats = (Caveat.SMALL_NUMBER_AT_RISK,) if risk < FEW_AT_RISK else ()
        detail = MappingProxyType({"time": float(when), "n_risk": float(risk)})
        value = 1.0 if i < 0 else self.survival[i]
        interval = None
        if i >= 0 and not math.isnan(self.low[i]):
            interval = Interval(self.low[i], self.high[i], self.level, _METHODS[self.conf_type])
        return Estimate(value, self.population, self.n, Method.KAPLAN_MEIER, interval, caveats, detail)

    def numbers_at_risk(self, times: Sequence[float]) -> tuple[int, ...]:
        """Return how many are at risk just before each time: neither had the event nor were censored."""
        places = np.searchsorted(self.time, times, side="left")
        return tuple(self.n_risk[i] if i < len(self.n_risk) else 0 for i in places)

    def quantile(self, p: float) -> Estimate | NotEstimable:
        """Return the time by which a share p in (0, 1) had the event, with its interval.

        The interval is where the horizontal line at 1 - p meets the two limits (Brookmeyer & Crowley
        1982, doi:10.2307/2530286); an end that is never reached is infinite.
        """
        if not 0 < p < 1:
            raise UserError(fault("ANL-006", expected="0 < p < 1", found=str(p)))
        value = _crossing(self.time, self.survival, 1 - p)
        low = _crossing(self.time, [0.0 if math.isnan(limit) else limit for limit in self.low], 1 - p)
        high = _crossing(self.time, self.high, 1 - p)
        if math.isinf(value):
            params: dict[str, object] = {"p": p, "lower": low}
            return NotEstimable(Reason.NOT_REACHED, self.population, self.n, MappingProxyType(params))
        caveats = (Caveat.UPPER_LIMIT_NOT_REACHED,) if math.isinf(high) else ()
        interval = Interval(low, high, self.level, _METHODS[self.conf_type])
        detail = MappingProxyType({"p": p, "events": float(self.events)})
        return Estimate(value, self.population, self.n, Method.KAPLAN_MEIER, interval, caveats, detail)

    @property
    def median(self) -> Estimate | NotEstimable:
        """The time by which half had the event."""
        return self.quantile(0.5)


def _crossing(time: Sequence[float], height: Sequence[float], target: float) -> float:
    """Return where a falling step curve meets `target`; infinite where it never does.

    The first time at or below the target; where the curve rests on the target, the middle of the rest.
    """
    steps: list[tuple[float, float]] = []
    for t, h in zip(time, height, strict=True):
        if not math.isnan(h) and (not steps or h != steps[-1][1]):
            steps.append((t, h))
    for (t, h), (following, _) in pairwise([*steps, (time[-1], 0.0)]):
        if abs(h - target) < _TOLERANCE:
            return (t + following) / 2
        if h < target:
            return t
    return math.inf


def estimate(
    time: Sequence[float],
    event: Sequence[bool],
    *,
    population: str = Population.GIVEN,
    level: float = 0.95,
    conf_type: ConfType = "log-log",
) -> Curve | NotEstimable:
    """Return the Kaplan-Meier curve of follow-up times and event flags.

    time:  >= 0, any one unit; event: True for an event, False for censoring.
    Raises ANL-007 for unequal lengths or a time that is negative or not finite. Kaplan & Meier (1958),
    doi:10.2307/2281868. Checked against R 4.2.2 survival 3.5-3 `survfit` on lung (three kinds of
    limits, quartiles, numbers at risk) and against a plain product-limit loop on random data.

    >>> curve = estimate([1, 2, 3, 4], [True] * 4)
    >>> curve.survival, curve.median.value
    ((0.75, 0.5, 0.25, 0.0), 2.5)
    """
    import greenwood

    if len(time) != len(event) or not all(math.isfinite(t) and t >= 0 for t in time):
        found = f"{len(time)} times, {len(event)} flags"
        raise UserError(fault("ANL-007", expected=message("time_of_every_flag"), found=found))
    if not len(time):
        return NotEstimable(Reason.NO_SUBJECTS, population, 0)
    if not 0 < level < 1:
        raise UserError(fault("COR-021", expected="0 < level < 1", found=str(level)))
    flags = np.asarray(event, dtype=int)
    response = greenwood.Surv(np.asarray(time, dtype=float), event=flags)
    table = greenwood.KaplanMeier(conf_type=conf_type, conf_level=level).fit(response).to_frame(format="polars")

    def counts(name: str) -> tuple[int, ...]:
        return tuple(round(value) for value in table[name])

    def numbers(name: str) -> tuple[float, ...]:
        return tuple(float(value) for value in table[name])

    return Curve(
        population=population,
        n=len(time),
        events=int(flags.sum()),
        level=level,
        conf_type=conf_type,
        time=numbers("time"),
        n_risk=counts("n_risk"),
        n_event=counts("n_event"),
        n_censored=counts("n_censor"),
        survival=numbers("estimate"),
        std_error=numbers("std_error"),
        low=numbers("conf_low"),
        high=numbers("conf_high"),
    )
