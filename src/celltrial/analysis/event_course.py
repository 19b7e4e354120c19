"""How adverse events of one kind went: when they began, how long they lasted, how many ended, the worst grade, what was given.

A subject counts once, from the first onset to the last end; an event without an end has not ended as far as the records
tell, and its length is not known.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Population, Reason
from celltrial.core.results import Estimate, NotEstimable


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, lowest and highest of so many known values, days."""

    n: int
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class EventCourse:
    """Events of one category after the infusion.

    subjects: with any such event. onset: from infusion; duration: of those that ended, both days counted. None where no
    subject has a known value.
    resolved: subjects of whom every such event has ended, of those with one.
    worst:    highest grade to number of subjects; 0 for those without any grade.
    serious:  subjects with a serious one; None where seriousness is not recorded of any.
    treated:  drug class to subjects who were given one of it while such an event lasted.
    """

    category: str
    n: int
    subjects: int
    onset: Spread | None
    duration: Spread | None
    resolved: Estimate | NotEstimable
    worst: Mapping[int, int]
    serious: int | None
    treated: Mapping[str, int]


def estimate(
    adae: pl.DataFrame,
    adsl: pl.DataFrame,
    adcm: pl.DataFrame,
    *,
    category: str,
    drugs: Mapping[str, frozenset[str]],
    level: float = 0.95,
) -> EventCourse | NotEstimable:
    """Return the course of the events of a category that began on or after the infusion.

    drugs: class to the names of its drugs, lower case, as medication is recorded; a medication counts where a day of it
    falls between onset and end (or any later day where the event has no end). Counted by hand in its tests.
    """
    infused = adsl.filter("infused").select("usubjid", "infused_date")
    if infused.is_empty():
        return NotEstimable(Reason.NO_SUBJECTS, Population.INFUSED, 0)
    rows = adae.filter(pl.col("category") == category).join(infused, on="usubjid", how="inner")
    rows = rows.filter(pl.col("onset_day").is_null() | (pl.col("onset_day") >= 0))
    rows = rows.filter(pl.col("phase").is_null() | pl.col("phase").is_in(("infusion", "late")))
    people = rows.group_by("usubjid", maintain_order=True).agg(
        pl.when(pl.col("onset_day").null_count() == 0).then(pl.col("onset_day").min()).alias("onset"),
        pl.when(pl.col("resolved_day").null_count() == 0).then(pl.col("resolved_day").max()).alias("end"),
        pl.col("grade").max(),
        pl.col("serious").any().alias("serious"),
        pl.col("infused_date").first(),
    )
    worst = {int(grade): 0 for grade in range(6)}
    for grade in people["grade"].fill_null(0):
        worst[grade] += 1
    ended = people.drop_nulls("end")
    known_serious = rows["serious"].drop_nulls().len() > 0
    return EventCourse(
        category,
        infused.height,
        people.height,
        _spread(people["onset"]),
        _spread(ended["end"] - ended["onset"] + 1),
        proportion.estimate(ended.height, people.height, population=Population.WITH_EVENT, level=level),
        MappingProxyType(worst),
        int(people["serious"].fill_null(value=False).sum()) if known_serious else None,
        MappingProxyType({name: _given(people, adcm, names) for name, names in drugs.items()}),
    )


def _spread(values: pl.Series) -> Spread | None:
    known = [float(value) for value in values.drop_nulls()]
    return Spread(len(known), statistics.median(known), min(known), max(known)) if known else None


def _given(people: pl.DataFrame, adcm: pl.DataFrame, names: frozenset[str]) -> int:
    """Return how many were given one of the drugs while the event lasted."""
    given = adcm.filter(pl.col("treatment").str.to_lowercase().is_in(list(names)))
    both = people.join(given.select("usubjid", "start_date", "end_date"), on="usubjid", how="inner")
    first = (both["start_date"] - both["infused_date"]).dt.total_days()
    last = (both["end_date"].fill_null(both["start_date"]) - both["infused_date"]).dt.total_days()
    overlap = (last >= both["onset"]) & (both["end"].is_null() | (first <= both["end"]))
    return both.filter(overlap.fill_null(value=False))["usubjid"].n_unique()
