"""Cellular kinetics by non-compartmental analysis: expansion, exposure, persistence, half-life.

Cell counts are not a drug: there is no elimination constant of the product, and the terminal slope is
that of a living population. Assays are never mixed: one analysis, one assay and one unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import polars as pl

from celltrial.analysis import exposure, half_life
from celltrial.analysis.profile import Profile, profile
from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import stats
from celltrial.core.reading.bounds import LARGEST_NUMBER
from celltrial.core.results import Estimate, Interval, NotEstimable
from celltrial.core.values import message
from celltrial.datasets.kinetic_rules import KineticsRules

#: The parameters of a subject, in the order in which a table prints them.
PARAMETERS = ("cmax", "tmax", "auc", "auc_last", "auc_all", "auc_infinity", "half_life", "tlast")


@dataclass(frozen=True, slots=True)
class SubjectKinetics:
    """Kinetics of one subject.

    cmax: highest value; tmax: its time, the first of equals; auc: to `end_day`; auc_last, auc_all, auc_infinity: as in `exposure`; tlast: time of the
    last quantifiable value (persistence). Units: value, days, value x days, days, days.
    """

    usubjid: str
    cmax: Estimate | NotEstimable
    tmax: Estimate | NotEstimable
    auc: Estimate | NotEstimable
    auc_last: Estimate | NotEstimable
    auc_all: Estimate | NotEstimable
    auc_infinity: Estimate | NotEstimable
    half_life: Estimate | NotEstimable
    tlast: Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class Summary:
    """One parameter over the subjects: median, range and geometric mean of those estimable.

    not_estimable: reason to number of subjects.
    """

    parameter: str
    n: int
    median: float | None
    quartiles: tuple[float, float] | None
    low: float | None
    high: float | None
    geometric_mean: Estimate | NotEstimable
    not_estimable: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Kinetics by one assay: every subject, and a summary of each parameter."""

    assay: str
    unit: str
    rules: KineticsRules
    subjects: tuple[SubjectKinetics, ...]
    summary: Mapping[str, Summary]


def estimate_subject(usubjid: str, samples: Profile, rules: KineticsRules | None = None) -> SubjectKinetics:
    """Return the kinetics of one profile, times in infusion days.

    Checked against AC-A3.1 and AC-A3.3.

    >>> p = profile([0, 1, 3, 7, 10, 14, 21, 28], [0, 0, 500, 20000, 80000, 40000, 10000, 5000])
    >>> k = estimate_subject("S1", p)
    >>> k.cmax.value, k.tmax.value
    (80000.0, 10.0)
    """
    rules = rules or KineticsRules()
    if not samples.quantifiable:
        reason = Reason.NEVER_QUANTIFIABLE if samples.samples else Reason.NO_SAMPLES
        nothing = NotEstimable(reason, Population.SUBJECT, samples.samples)
        return _unknown(usubjid, nothing)
    low, high = rules.peak_window
    seen = sum(low <= t <= high for t in samples.seen)
    caveats = (Caveat.CMAX_LOWER_BOUND,) if seen < rules.peak_samples else ()

    def observed(value: float, *notes: str) -> Estimate:
        return Estimate(value, Population.SUBJECT, samples.samples, Method.OBSERVED, None, notes)

    return SubjectKinetics(
        usubjid,
        cmax=observed(samples.value[samples.peak], *caveats),
        tmax=observed(samples.time[samples.peak], *caveats),
        auc=exposure.estimate(
            samples,
            end=rules.end_day,
            trapezoid=rules.trapezoid,
            end_rule=rules.end_rule,
            tolerance=rules.tolerance,
            baseline=rules.baseline,
            half_life_rule=rules.half_life_rule,
        ),
        auc_last=exposure.to_last(samples, trapezoid=rules.trapezoid, baseline=rules.baseline),
        auc_all=exposure.to_first_below(samples, trapezoid=rules.trapezoid, baseline=rules.baseline),
        auc_infinity=exposure.to_infinity(
            samples,
            trapezoid=rules.trapezoid,
            baseline=rules.baseline,
            half_life_rule=rules.half_life_rule,
            most_extrapolated=rules.most_extrapolated,
        ),
        half_life=half_life.estimate(samples, rule=rules.half_life_rule),
        tlast=observed(samples.time[-1]),
    )


def _unknown(usubjid: str, reason: NotEstimable) -> SubjectKinetics:
    return SubjectKinetics(usubjid, *(reason for _ in PARAMETERS))


def estimate(
    adpc: pl.DataFrame, *, assay: str, analyte: str | None = None, rules: KineticsRules | None = None
) -> Kinetics | NotEstimable:
    """Return the kinetics of every subject of `adpc` sampled by `assay` after infusion.

    analyte: needed where the assay measured more than one (ANL-010); samples in more than one unit are
    refused (ANL-011). Samples before infusion are left out. Where a sample of a subject lies above the upper limit of
    quantification, neither peak nor area nor half-life of that subject is known, and none is estimated.
    """
    rules = rules or KineticsRules()
    rows = adpc.filter((pl.col("assay") == assay) & (pl.col("time_days") >= 0))
    if analyte is not None:
        rows = rows.filter(pl.col("analyte") == analyte)
    if rows.is_empty():
        return NotEstimable(Reason.NO_SAMPLES, Population.INFUSED, 0)
    for column, code in (("analyte", "ANL-010"), ("unit", "ANL-011")):
        kinds = rows[column].unique().sort().to_list()
        if len(kinds) > 1:
            found = ", ".join(str(kind) for kind in kinds)
            raise UserError(fault(code, f"adpc.{column}", expected=message("one_in_an_analysis"), found=found))
    subjects = tuple(
        _of_subject(str(who[0]), part, rules)
        for who, part in sorted(rows.partition_by("usubjid", as_dict=True).items())
    )
    summary = {name: summarise(name, [getattr(subject, name) for subject in subjects]) for name in PARAMETERS}
    return Kinetics(assay, rows["unit"][0], rules, subjects, MappingProxyType(summary))


def _of_subject(usubjid: str, samples: pl.DataFrame, rules: KineticsRules) -> SubjectKinetics:
    if "above_limit" in samples.columns and samples["above_limit"].fill_null(value=False).any():
        unknown = NotEstimable(Reason.ABOVE_LIMIT, Population.SUBJECT, samples.height)
        return _unknown(usubjid, unknown)
    if not all(_is_usable(t, v) for t, v in samples.select("time_days", "value").iter_rows()):
        unknown = NotEstimable(Reason.SAMPLE_NOT_USABLE, Population.SUBJECT, samples.height)
        return _unknown(usubjid, unknown)
    found = profile(
        *(samples[name].to_list() for name in ("time_days", "value", "below_lloq")),
        lloq=samples["lloq"].to_list(),
        below_limit=rules.below_limit,
    )
    return estimate_subject(usubjid, found, rules)


def _is_usable(time: float, value: float | None) -> bool:
    """Whether a sample can be meant; one that cannot makes the parameters of its subject unknown, and nobody else's."""
    return math.isfinite(time) and (value is None or 0 <= value <= LARGEST_NUMBER)


def summarise(parameter: str, values: Sequence[Estimate | NotEstimable], *, level: float = 0.95) -> Summary:
    """Return median, quartiles (R type 7), range and geometric mean with its t interval on the log scale."""
    numbers = np.array([item.value for item in values if isinstance(item, Estimate)])
    reasons: dict[str, int] = {}
    for item in values:
        if isinstance(item, NotEstimable):
            reasons[item.reason] = reasons.get(item.reason, 0) + 1
    n = len(numbers)
    if not n:
        nothing = NotEstimable(Reason.NO_SUBJECTS, Population.INFUSED, 0)
        return Summary(parameter, 0, None, None, None, None, nothing, MappingProxyType(reasons))
    q1, median, q3 = (float(q) for q in np.quantile(numbers, (0.25, 0.5, 0.75)))
    return Summary(
        parameter,
        n,
        median,
        (q1, q3),
        float(numbers.min()),
        float(numbers.max()),
        _geometric_mean(numbers[numbers > 0], level),
        MappingProxyType(reasons),
    )


def _geometric_mean(numbers: np.ndarray[tuple[int], np.dtype[np.float64]], level: float) -> Estimate | NotEstimable:
    n = len(numbers)
    if not n:
        return NotEstimable(Reason.NO_SUBJECTS, Population.INFUSED, 0)
    logs = np.log(numbers)
    centre = float(logs.mean())
    if n == 1:
        return Estimate(math.exp(centre), Population.INFUSED, 1, Method.GEOMETRIC_MEAN)
    spread = float(logs.std(ddof=1))
    half = float(stats.t.isf((1 - level) / 2, n - 1)) * spread / math.sqrt(n)
    interval = Interval(math.exp(centre - half), math.exp(centre + half), level, Method.GEOMETRIC_MEAN)
    detail = MappingProxyType({"cv": math.sqrt(math.expm1(spread**2))})
    return Estimate(math.exp(centre), Population.INFUSED, n, Method.GEOMETRIC_MEAN, interval, (), detail)
