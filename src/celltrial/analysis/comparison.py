"""Survival compared between groups: arms, products, dose levels, process versions.

Groups that were not drawn by lot differ in more than their name; a difference between them shows no cause, and every
result says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl

from celltrial.analysis import hazard_ratio, kaplan_meier, log_rank, restricted_mean
from celltrial.analysis.kaplan_meier import Curve
from celltrial.analysis.log_rank import LogRank
from celltrial.analysis.terms import Caveat, Method, Reason
from celltrial.analysis.time_to_event import POPULATIONS, Endpoint, Origin
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable

Result = Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class GroupCurve:
    """One group: its curve and its restricted mean."""

    name: str
    curve: Curve
    restricted_mean: Result


@dataclass(frozen=True, slots=True)
class Comparison:
    """One endpoint from one origin between groups; times in days.

    groups:      the reference first.
    ratios:      each other group to its hazard ratio against the reference; `stratified`: within strata, None without any.
    log_rank, weighted, stratified_log_rank: tests of all groups together.
    differences: each other group to its restricted mean minus that of the reference, up to `horizon`.
    z:           of two groups, the signed root of the log-rank statistic (stratified where there are strata), positive
                 where the other group fares better than the reference; None of more.
    unknown:     subjects of whom it is not known to which group they belong.
    """

    endpoint: Endpoint
    origin: Origin
    groups: tuple[GroupCurve, ...]
    ratios: Mapping[str, Result]
    stratified: Mapping[str, Result] | None
    log_rank: LogRank | NotEstimable
    weighted: LogRank | NotEstimable
    stratified_log_rank: LogRank | NotEstimable | None
    differences: Mapping[str, Result]
    horizon: float
    z: float | None
    unknown: int

    @property
    def reference(self) -> str:
        """The group that the others are held against."""
        return self.groups[0].name


@dataclass(frozen=True, slots=True)
class Followed:
    """Time, event and group of every subject of a comparison."""

    subjects: tuple[str, ...]
    time: tuple[float, ...]
    event: tuple[bool, ...]
    group: tuple[str, ...]

    def only(self, keep: Sequence[bool]) -> Followed:
        """Return those that are kept."""
        rows = [i for i, kept in enumerate(keep) if kept]
        subjects, time = tuple(self.subjects[i] for i in rows), tuple(self.time[i] for i in rows)
        return Followed(subjects, time, tuple(self.event[i] for i in rows), tuple(self.group[i] for i in rows))


def followed(
    adtte: pl.DataFrame, group: Mapping[str, str], *, endpoint: Endpoint, origin: Origin, reader: str | None = None
) -> tuple[Followed, int]:
    """Return time, event and group of the subjects of an endpoint, and how many of them have no group."""
    rows = adtte.filter((pl.col("paramcd") == endpoint) & (pl.col("origin") == origin))
    if reader is not None:
        rows = rows.filter(pl.col("reader").is_null() | (pl.col("reader") == reader))
    known = [
        (who, time, not censored, group[who])
        for who, time, censored in rows.select("usubjid", "aval", "cnsr").iter_rows()
        if who in group
    ]
    columns = list(zip(*known, strict=True)) or [(), (), (), ()]
    return Followed(*columns), rows.height - len(known)


def estimate(
    adtte: pl.DataFrame,
    group: Mapping[str, str],
    *,
    endpoint: Endpoint,
    origin: Origin,
    reader: str | None = None,
    reference: str | None = None,
    strata: Mapping[str, str] | None = None,
    weights: tuple[float, float] = (0.0, 1.0),
    horizon: float | None = None,
    randomised: bool = False,
    level: float = 0.95,
) -> Comparison | NotEstimable:
    """Return the comparison of the groups, each with at least one subject.

    group, strata: subject to group and to stratum; subjects without a stratum form one of their own.
    reference: the group that the others are held against; None takes the largest, of equals the first by name.
    weights: rho and gamma of the weighted log-rank test. horizon: days; None takes the longest follow-up that every group
    has. Not estimable with fewer than two groups. Checked against `hazard_ratio`, `log_rank` and `restricted_mean`, which
    are held against R, and against greenwood's difference of restricted means.
    """
    people, unknown = followed(adtte, group, endpoint=endpoint, origin=origin, reader=reader)
    population = POPULATIONS[origin]
    sizes = {name: people.group.count(name) for name in set(people.group)}
    if len(sizes) < 2:
        return NotEstimable(Reason.NO_SUBJECTS, population, len(people.time))
    first = reference if reference in sizes else min(sizes, key=lambda name: (-sizes[name], name))
    names = (first, *sorted(name for name in sizes if name != first))
    layers = None if strata is None else [strata.get(who, "") for who in people.subjects]
    layers = layers if layers is not None and len(set(layers)) > 1 else None
    caveats = () if randomised else (Caveat.NOT_RANDOMISED,)
    until = horizon if horizon is not None else _common_follow_up(people)
    curves = tuple(_group(people, name, population, until, level) for name in names)
    plain = log_rank.estimate(people.time, people.event, people.group)
    within = None if layers is None else log_rank.estimate(people.time, people.event, people.group, strata=layers)
    return Comparison(
        endpoint=endpoint,
        origin=origin,
        groups=curves,
        ratios=ratios(people, names, population=population, caveats=caveats, level=level),
        stratified=None
        if layers is None
        else ratios(people, names, population=population, caveats=caveats, level=level, strata=layers),
        log_rank=plain,
        weighted=log_rank.estimate(people.time, people.event, people.group, rho=weights[0], gamma=weights[1]),
        stratified_log_rank=within,
        differences=MappingProxyType(
            {each.name: _difference(each, curves[0], population, caveats, level) for each in curves[1:]}
        ),
        horizon=until,
        z=_signed(people, names, layers, within)
        if isinstance(within, LogRank)
        else _signed(people, names, None, plain),
        unknown=unknown,
    )


def ratios(
    people: Followed,
    names: Sequence[str],
    *,
    population: str,
    caveats: tuple[Caveat, ...] = (),
    level: float = 0.95,
    strata: Sequence[object] | None = None,
) -> Mapping[str, Result]:
    """Return the hazard ratio of each group after the first against the first, from one model."""
    covariates = {name: [float(own == name) for own in people.group] for name in names[1:]}
    found = hazard_ratio.estimate(
        people.time, people.event, covariates, strata=strata, population=population, level=level
    )
    if isinstance(found, NotEstimable):
        return MappingProxyType(dict.fromkeys(covariates, found))
    return MappingProxyType({name: _with(result, caveats) for name, result in found.items()})


def _with(result: Estimate, caveats: tuple[Caveat, ...]) -> Estimate:
    return Estimate(
        result.value,
        result.population,
        result.n,
        result.method,
        result.interval,
        (*result.caveats, *caveats),
        result.detail,
    )


def _common_follow_up(people: Followed) -> float:
    return min(
        max(time for time, own in zip(people.time, people.group, strict=True) if own == name)
        for name in set(people.group)
    )


def _group(people: Followed, name: str, population: str, horizon: float, level: float) -> GroupCurve:
    own = people.only([each == name for each in people.group])
    curve = kaplan_meier.estimate(own.time, own.event, population=population, level=level)
    assert isinstance(curve, Curve)
    if horizon <= 0:
        return GroupCurve(name, curve, NotEstimable(Reason.NO_PERSON_TIME, population, curve.n))
    return GroupCurve(name, curve, restricted_mean.estimate(curve, horizon=horizon, level=level))


def _difference(
    other: GroupCurve, reference: GroupCurve, population: str, caveats: tuple[Caveat, ...], level: float
) -> Result:
    """Return the restricted mean of the other minus that of the reference, with limits from both errors."""
    for each in (other.restricted_mean, reference.restricted_mean):
        if isinstance(each, NotEstimable):
            return each
    assert isinstance(other.restricted_mean, Estimate)
    assert isinstance(reference.restricted_mean, Estimate)
    value = other.restricted_mean.value - reference.restricted_mean.value
    n = other.curve.n + reference.curve.n
    error = math.hypot(other.restricted_mean.detail["std_error"], reference.restricted_mean.detail["std_error"])
    if not error > 0:
        return NotEstimable(Reason.NO_VARIATION, population, n)
    half = float(stats.norm.isf((1 - level) / 2)) * error
    interval = Interval(value - half, value + half, level, Method.RMST_DIFFERENCE)
    p_value = 2 * float(stats.norm.sf(abs(value) / error))
    detail = MappingProxyType({"std_error": error, "p_value": p_value, "z": value / error})
    return Estimate(value, population, n, Method.RMST_DIFFERENCE, interval, caveats, detail)


def _signed(
    people: Followed, names: Sequence[str], strata: Sequence[str] | None, test: LogRank | NotEstimable
) -> float | None:
    """Return the root of the statistic with the sign of the expected minus the observed events of the second group."""
    if len(names) != 2 or isinstance(test, NotEstimable):
        return None
    time, event = np.asarray(people.time), np.asarray(people.event)
    second = np.asarray([own == names[1] for own in people.group])
    labels = np.asarray(strata if strata is not None else [""] * len(time))
    surplus = 0.0
    for label in np.unique(labels):
        own = labels == label
        for when in np.unique(time[own & event]):
            at_risk, failing = own & (time >= when), own & event & (time == when)
            surplus += failing.sum() * (at_risk & second).sum() / at_risk.sum() - (failing & second).sum()
    return math.copysign(math.sqrt(test.chi_square), surplus)
