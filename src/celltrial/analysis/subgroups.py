"""The comparison of two groups repeated in subgroups: a forest, with guards.

A subgroup of few subjects shows chance more than effect. Below the fewest events a ratio is not estimated, and none is read
as a finding about whom a treatment helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from celltrial.analysis import comparison
from celltrial.analysis.comparison import Followed
from celltrial.analysis.terms import Caveat
from celltrial.analysis.time_to_event import POPULATIONS, Endpoint, Origin
from celltrial.core.results import Estimate, NotEstimable


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One subgroup: subjects and events in the reference and in the other group, and the hazard ratio.

    factor, value: "" for everybody.
    """

    factor: str
    value: str
    subjects: tuple[int, int]
    events: tuple[int, int]
    ratio: Estimate | NotEstimable


def estimate(
    adtte: pl.DataFrame,
    group: Mapping[str, str],
    factors: Mapping[str, Mapping[str, str]],
    *,
    endpoint: Endpoint,
    origin: Origin,
    reference: str,
    reader: str | None = None,
    level: float = 0.95,
) -> tuple[Subgroup, ...]:
    """Return everybody and each value of each factor, the ratio of the other group against the reference in each.

    group: subject to one of two groups, one of them `reference`. factors: factor to the value of each subject. The fewest
    events are those of `hazard_ratio`, whose ratio it is on the subjects of the subgroup alone.
    """
    people, _ = comparison.followed(adtte, group, endpoint=endpoint, origin=origin, reader=reader)
    other = next(iter(sorted(set(people.group) - {reference})), "")
    found = [_one("", "", people, reference, other, POPULATIONS[origin], level)]
    for factor, value_of in factors.items():
        for value in sorted({value_of[who] for who in people.subjects if who in value_of}):
            own = people.only([value_of.get(who) == value for who in people.subjects])
            found.append(_one(factor, value, own, reference, other, POPULATIONS[origin], level))
    return tuple(found)


def _one(
    factor: str, value: str, people: Followed, reference: str, other: str, population: str, level: float
) -> Subgroup:
    names = (reference, other)
    sizes = tuple(people.group.count(name) for name in names)
    events = tuple(sum(e for e, own in zip(people.event, people.group, strict=True) if own == name) for name in names)
    ratio = comparison.ratios(people, names, population=population, caveats=(Caveat.NOT_ADJUSTED,), level=level)[other]
    return Subgroup(factor, value, (sizes[0], sizes[1]), (events[0], events[1]), ratio)
