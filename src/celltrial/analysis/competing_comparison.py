"""Progression compared between groups where death without it competes.

Three answers are beside each other and none is the others': the cause-specific hazard ratio speaks of the rate among those
still free of both; Gray's test and the ratio of Fine and Gray speak of how many come to progress.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.analysis import cumulative_incidence, gray_test, hazard_ratio, subdistribution
from celltrial.analysis.cumulative_incidence import CENSORED, Incidence
from celltrial.analysis.gray_test import GrayTest
from celltrial.analysis.terms import Reason
from celltrial.analysis.time_to_event import POPULATIONS, Origin
from celltrial.core.results import Estimate, NotEstimable

Result = Estimate | NotEstimable
#: The cause whose incidence is compared, as `adtte` names it.
PROGRESSION: Final = "progression"


@dataclass(frozen=True, slots=True)
class CompetingGroup:
    """One group: its size, how many progressed and died first, and the cumulative incidence of progression."""

    name: str
    n: int
    events: int
    competing: int
    incidence: Incidence | NotEstimable


@dataclass(frozen=True, slots=True)
class CompetingComparison:
    """Progression between groups, the reference first.

    cause_specific, subdistribution: each other group to its hazard ratio of either kind against the reference.
    """

    origin: Origin
    groups: tuple[CompetingGroup, ...]
    gray: GrayTest | NotEstimable
    cause_specific: Mapping[str, Result]
    subdistribution: Mapping[str, Result]


def estimate(
    adtte: pl.DataFrame,
    group: Mapping[str, str],
    *,
    origin: Origin,
    reference: str,
    reader: str | None = None,
    level: float = 0.95,
) -> CompetingComparison | NotEstimable:
    """Return progression between the groups, death without it competing; from the rows of progression-free survival.

    group: subject to group. Not estimable with fewer than two groups. Put together from `cumulative_incidence`,
    `gray_test`, `hazard_ratio` and `subdistribution`, each held against R.
    """
    rows = adtte.filter((pl.col("paramcd") == "PFS") & (pl.col("origin") == origin))
    if reader is not None:
        rows = rows.filter(pl.col("reader").is_null() | (pl.col("reader") == reader))
    rows = rows.filter(pl.col("usubjid").is_in(list(group)))
    population = POPULATIONS[origin]
    own = [group[who] for who in rows["usubjid"]]
    names = (reference, *sorted(set(own) - {reference}))
    if len(set(own)) < 2 or reference not in own:
        return NotEstimable(Reason.NO_SUBJECTS, population, rows.height)
    time = rows["aval"].to_list()
    cause = [CENSORED if flag else what or PROGRESSION for flag, what in rows.select("cnsr", "evntdesc").iter_rows()]
    covariates = {name: [float(each == name) for each in own] for name in names[1:]}
    event = [each == PROGRESSION for each in cause]
    specific = hazard_ratio.estimate(time, event, covariates, population=population, level=level)
    sub = subdistribution.estimate(time, cause, covariates, of=PROGRESSION, population=population, level=level)
    return CompetingComparison(
        origin,
        tuple(_group(name, time, cause, own, population, level) for name in names),
        gray_test.estimate(time, cause, own, of=PROGRESSION),
        _each(covariates, specific),
        _each(covariates, sub),
    )


def _each(names: Mapping[str, object], found: Mapping[str, Estimate] | NotEstimable) -> Mapping[str, Result]:
    return MappingProxyType(dict.fromkeys(names, found) if isinstance(found, NotEstimable) else dict(found))


def _group(
    name: str, time: Sequence[float], cause: Sequence[str], own: Sequence[str], population: str, level: float
) -> CompetingGroup:
    rows = [i for i, each in enumerate(own) if each == name]
    causes = [cause[i] for i in rows]
    found = cumulative_incidence.estimate([time[i] for i in rows], causes, population=population, level=level)
    nothing = NotEstimable(Reason.NO_EVENTS_RECORDED, population, len(rows))
    incidence = nothing if isinstance(found, NotEstimable) else found.get(PROGRESSION, nothing)
    progressed = causes.count(PROGRESSION)
    return CompetingGroup(name, len(rows), progressed, sum(each != CENSORED for each in causes) - progressed, incidence)
