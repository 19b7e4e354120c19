"""Time from infusion to the first adverse event of a kind, with death competing.

Subjects without the event are followed to death or to the last day known alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from celltrial.analysis import cumulative_incidence, event_rate
from celltrial.analysis.adverse_events import PRODUCT_EMERGENT
from celltrial.analysis.cumulative_incidence import Incidence
from celltrial.analysis.terms import Population, Reason
from celltrial.core.results import Estimate, NotEstimable

_DAYS_PER_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True)
class FirstEvent:
    """Cumulative incidence of the first event and of death without it, and the rate per 100 person-years.

    events:    subjects with such an event; `undated` of them have one whose day is not recorded.
    incidence: times in days from infusion.
    rate:      first events over the time until the event, death or last day known alive.
    Neither is estimable while an event has no day: to count it as none, or to leave its subject out, would be wrong.
    """

    n: int
    events: int
    undated: int
    incidence: Incidence | NotEstimable
    death_first: Incidence | NotEstimable
    rate: Estimate | NotEstimable


def estimate(
    adae: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    category: str,
    least_grade: int = 1,
    level: float = 0.95,
) -> FirstEvent | NotEstimable:
    """Return the first event of `category` with grade >= `least_grade` on or after the infusion.

    A subject with no date after the infusion has follow-up 0. Events of unknown grade count only when
    `least_grade` is 1.
    """
    infused = adsl.filter("infused").sort("usubjid")
    if infused.is_empty():
        return NotEstimable(Reason.NO_SUBJECTS, Population.INFUSED, 0)
    graded = pl.col("grade").fill_null(1) >= least_grade
    after = (pl.col("onset_day") >= 0) | (pl.col("onset_day").is_null() & pl.col("phase").is_in(PRODUCT_EMERGENT))
    events = adae.filter((pl.col("category") == category) & after & graded)
    events = events.join(infused, on="usubjid", how="semi")
    undated = events.filter(pl.col("onset_day").is_null())["usubjid"].n_unique()
    if undated:
        absent = NotEstimable(Reason.ONSET_NOT_RECORDED, Population.INFUSED, infused.height)
        return FirstEvent(infused.height, events["usubjid"].n_unique(), undated, absent, absent, absent)
    first = dict(events.group_by("usubjid").agg(pl.col("onset_day").min()).iter_rows())
    time: list[float] = []
    cause: list[str] = []
    for row in infused.iter_rows(named=True):
        start, died = row["infused_date"], row["death_date"]
        if row["usubjid"] in first:
            time.append(float(first[row["usubjid"]]))
            cause.append("event")
        else:
            end = died or row["last_alive_date"] or start
            time.append(float(max((end - start).days, 0)))
            cause.append("death" if died else cumulative_incidence.CENSORED)
    found = cumulative_incidence.estimate(time, cause, population=Population.INFUSED, level=level)
    nothing = NotEstimable(Reason.NO_EVENTS_RECORDED, Population.INFUSED, infused.height)
    causes = {} if isinstance(found, NotEstimable) else found
    return FirstEvent(
        n=infused.height,
        events=cause.count("event"),
        undated=0,
        incidence=causes.get("event", nothing),
        death_first=causes.get("death", nothing),
        rate=event_rate.estimate(
            cause.count("event"),
            sum(time) / _DAYS_PER_YEAR,
            n=infused.height,
            population=Population.INFUSED,
            level=level,
        ),
    )
