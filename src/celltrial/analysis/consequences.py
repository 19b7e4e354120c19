"""What became of subjects who had lymphodepletion and no infusion (guideline 2.1.3-g, AC-A1.2).

They carry the risk of the conditioning without the product: for each one how long the counts took to
recover, how many transfusions were given, which therapy came next, and survival from collection.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.analysis.terms import Method, Population, Reason
from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity, concept_code
from celltrial.core.results import Estimate, NotEstimable

TRANSFUSIONS: Final = frozenset({"red_cell_transfusion", "platelet_transfusion", "transfusion"})


@dataclass(frozen=True, slots=True)
class RecoveryRule:
    """A count is recovered at the first value at or above `threshold` (in `unit`) after the lowest one."""

    concept: str
    threshold: float
    unit: str


#: Absolute neutrophil count at or above 0.5 x 10^9/L.
NEUTROPHILS: Final = RecoveryRule("absolute_neutrophil_count", 0.5, "10^9/L")
#: Platelets at or above 20 x 10^9/L.
PLATELETS: Final = RecoveryRule("platelet_count", 20.0, "10^9/L")


@dataclass(frozen=True, slots=True)
class Consequence:
    """One subject.

    neutrophil_recovery, platelet_recovery: days from lymphodepletion to recovery; 0 when the count
        never fell below the threshold.
    transfusions:    given on or after the first day of lymphodepletion.
    next_therapy:    first anticancer therapy after it, and the days until then; None without one.
    survival_days:   from collection to death or the last day known alive; `died` tells which.
    """

    usubjid: str
    reason: str
    neutrophil_recovery: Estimate | NotEstimable
    platelet_recovery: Estimate | NotEstimable
    transfusions: int
    next_therapy: tuple[str, int] | None
    survival_days: int | None
    died: bool


def estimate(
    adsl: pl.DataFrame,
    adlb: pl.DataFrame,
    adcm: pl.DataFrame,
    *,
    neutrophils: RecoveryRule = NEUTROPHILS,
    platelets: RecoveryRule = PLATELETS,
    transfusions: Collection[str] = TRANSFUSIONS,
) -> tuple[Consequence, ...]:
    """Return one line for each subject lymphodepleted and, for good, not infused; by subject.

    Without a date of lymphodepletion nothing that came after it can be told. Laboratory values are converted to the unit of the rule; those that do not convert are not used.
    """
    lines = adsl.filter(pl.col("lymphodepleted") & ~pl.col("infused") & (pl.col("not_treated_reason") != "pending"))
    found = []
    for row in lines.sort("usubjid").iter_rows(named=True):
        who, start = row["usubjid"], row["lymphodepleted_date"]
        since = pl.lit(start, pl.Date)
        labs = adlb.filter((pl.col("usubjid") == who) & (pl.col("adt") >= since)).sort("adt", "seq")
        given = adcm.filter((pl.col("usubjid") == who) & (pl.col("start_date") >= since)).sort("start_date", "seq")
        end = row["death_date"] or row["last_alive_date"]
        collected = row["collected_date"]
        found.append(
            Consequence(
                usubjid=who,
                reason=row["not_treated_reason"],
                neutrophil_recovery=_recovery(labs, start, neutrophils),
                platelet_recovery=_recovery(labs, start, platelets),
                transfusions=given.filter(pl.col("treatment").is_in(list(transfusions))).height,
                next_therapy=_next(given, start),
                survival_days=(end - collected).days if end and collected else None,
                died=row["died"],
            )
        )
    return tuple(found)


def _recovery(labs: pl.DataFrame, start: date, rule: RecoveryRule) -> Estimate | NotEstimable:
    usable = labs.filter(pl.col("value").is_not_null() & pl.col("unit").is_not_null())
    values = [
        (day, float(found))
        for test, day, number, unit in usable.select("paramcd", "adt", "value", "unit").iter_rows()
        if concept_code(test) == rule.concept and (found := _in_unit(number, unit, rule.unit)) is not None
    ]
    if not values:
        return NotEstimable(Reason.NO_SAMPLES, Population.SUBJECT, 0)
    low = next((i for i, (_, value) in enumerate(values) if value < rule.threshold), None)
    if low is None:
        return Estimate(0.0, Population.SUBJECT, len(values), Method.OBSERVED)
    nadir = min(range(low, len(values)), key=lambda i: values[i][1])
    for day, value in values[nadir:]:
        if value >= rule.threshold:
            return Estimate(float((day - start).days), Population.SUBJECT, len(values), Method.OBSERVED)
    last = MappingProxyType({"last": values[-1][1]})
    return NotEstimable(Reason.NOT_RECOVERED, Population.SUBJECT, len(values), last)


def _in_unit(number: float, unit: str, target: str) -> Decimal | None:
    try:
        return Quantity.of(number, unit).in_unit(target)
    except UserError:
        return None


def _next(given: pl.DataFrame, start: date) -> tuple[str, int] | None:
    therapies = given.filter(pl.col("category") == "anticancer")
    if therapies.is_empty():
        return None
    first = therapies.row(0, named=True)
    return first["treatment"], (first["start_date"] - start).days
