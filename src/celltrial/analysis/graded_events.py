"""Graded events of special interest (CRS, ICANS, ...): subjects by their highest grade, per scale.

A subject counts once per scale, at the highest grade. Grades of two scales are never pooled: an
ASTCT grade 3 is not a Lee grade 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Caveat, Population
from celltrial.core.results import Estimate, NotEstimable


@dataclass(frozen=True, slots=True)
class GradeTable:
    """Highest grades of one category on one scale.

    by_grade: grade 1-5 to number of subjects; grades without a subject are present with 0.
    none:     subjects of the set without such an event.
    unknown:  subjects whose events of this category have no grade yet.
    any_grade, severe: proportion with any grade (unknown included), and with grade 3 or higher.
    median_onset_day: of the first event of each subject, infusion days; None without one. A subject with an event
                      that has no day is left out: which of its events was first is not known.
    """

    category: str
    scale: str
    population: str
    n: int
    by_grade: Mapping[int, int]
    none: int
    unknown: int
    any_grade: Estimate | NotEstimable
    severe: Estimate | NotEstimable
    median_onset_day: float | None


def estimate(
    adae: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    category: str,
    population: str = Population.SAFETY,
    level: float = 0.95,
) -> tuple[GradeTable, ...]:
    """Return one table for each scale on which `category` was graded; one empty table without events.

    population: a Boolean column of `adsl`. Events that began before infusion count where the set does
    not require otherwise: restrict `adae` by `phase` first for product-emergent events (AC-A7.2).
    """
    subjects = adsl.filter(population).select("usubjid")
    events = adae.filter(pl.col("category") == category).join(subjects, on="usubjid", how="semi")
    if events.is_empty():
        return (_table(events, subjects.height, category, "", population, level),)
    return tuple(
        _table(
            events.filter(pl.col("scale").eq_missing(scale)), subjects.height, category, scale or "", population, level
        )
        for scale in events["scale"].unique().sort().to_list()
    )


def _table(events: pl.DataFrame, n: int, category: str, scale: str, population: str, level: float) -> GradeTable:
    worst = events.group_by("usubjid").agg(
        pl.col("grade").max(),
        pl.when(pl.col("onset_day").null_count() == 0).then(pl.col("onset_day").min()).alias("onset_day"),
    )
    by_grade = {grade: worst.filter(pl.col("grade") == grade).height for grade in range(1, 6)}
    unknown = worst["grade"].null_count()
    severe = sum(by_grade[grade] for grade in (3, 4, 5))
    caveats = (Caveat.UNKNOWN_GRADE,) if events["grade"].null_count() else ()
    onset = worst["onset_day"].median()
    return GradeTable(
        category=category,
        scale=scale,
        population=population,
        n=n,
        by_grade=MappingProxyType(by_grade),
        none=n - worst.height,
        unknown=unknown,
        any_grade=proportion.estimate(worst.height, n, population=population, level=level, caveats=caveats),
        severe=proportion.estimate(severe, n, population=population, level=level, caveats=caveats),
        median_onset_day=float(onset) if isinstance(onset, int | float) else None,
    )
