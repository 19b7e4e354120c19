"""Dose-limiting toxicities by dose level, and the dose that the signed decisions recommend.

The table repeats what was decided; it does not decide. The recommended level is the one the dose
decisions declare, never one recomputed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Population, Reason
from celltrial.core.results import Estimate, NotEstimable


@dataclass(frozen=True, slots=True)
class DltRow:
    """One dose level.

    treated:   infused subjects of the level.
    evaluable: of them DLT-evaluable.
    not_evaluable: infused, without DLT, and window open or left before its end.
    rate:      DLT rate among the evaluable, exact interval.
    """

    level: int
    label: str
    treated: int
    evaluable: int
    dlt: int
    not_evaluable: int
    rate: Estimate | NotEstimable
    recommended: bool


@dataclass(frozen=True, slots=True)
class DltTable:
    """DLTs by level, lowest first; `by` tells which level of a subject counts.

    recommended: the level declared, or why there is none.
    """

    rows: tuple[DltRow, ...]
    by: str
    recommended: int | NotEstimable
    total: DltRow


def estimate(
    adsl: pl.DataFrame,
    dose_levels: pl.DataFrame,
    dose_decisions: pl.DataFrame,
    *,
    by: Literal["assigned", "delivered"] = "assigned",
    level: float = 0.95,
) -> DltTable:
    """Return the DLT table of `adsl`, one row for each level of `dose_levels` and each seen in the data.

    by: "assigned" counts a subject at the level of enrolment, "delivered" at the level whose band
    holds the dose received. Both are needed where a subject got less than assigned (P4).
    """
    decided = _declared(dose_decisions)
    column = f"dose_level_{by}"
    treated = adsl.filter("infused")
    labels = {row["level"]: row["label"] or "" for row in dose_levels.iter_rows(named=True)}
    seen = set(treated[column].drop_nulls().to_list())
    rows = tuple(
        _row(treated.filter(pl.col(column) == number), number, labels.get(number, ""), decided, level)
        for number in sorted(seen | set(labels))
    )
    recommended = NotEstimable(Reason.NO_DECISION, Population.DLT_EVALUABLE, 0) if decided is None else decided
    return DltTable(rows, by, recommended, _row(treated, 0, "", None, level))


def _declared(dose_decisions: pl.DataFrame) -> int | None:
    """Return the recommended level in force: the last one declared, unless it was reopened."""
    standing: int | None = None
    for decision, level in dose_decisions.sort("seq").select("decision", "recommended_level").iter_rows():
        if decision == "reopen":
            standing = None
        elif level is not None:
            standing = int(level)
    return standing


def _row(subjects: pl.DataFrame, number: int, label: str, decided: int | None, level: float) -> DltRow:
    evaluable = subjects.filter("dlt_evaluable")
    dlt = evaluable.filter("dlt").height
    return DltRow(
        level=number,
        label=label,
        treated=subjects.height,
        evaluable=evaluable.height,
        dlt=dlt,
        not_evaluable=subjects.height - evaluable.height,
        rate=proportion.estimate(dlt, evaluable.height, population=Population.DLT_EVALUABLE, level=level),
        recommended=decided is not None and number == decided,
    )
