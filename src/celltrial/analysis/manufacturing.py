"""Manufacturing failure: of runs, of subjects, by step or cause; and when a model may be fitted.

A run failed when it gave no product that could be infused as planned. A subject failed when the last
run failed and no product was infused. Runs still in process are neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Caveat, Population, Reason
from celltrial.core.results import Estimate, NotEstimable

#: Fewer failures than this and no model is fitted, the failures are listed (AC-A2.1).
FEWEST_EVENTS_FOR_MODEL: Final = 5
_FINISHED: Final = (
    "released",
    "out_of_specification",
    "failed",
    "shipped",
    "received",
    "thawed",
    "returned",
    "infused",
    "expired",
    "destroyed",
)


@dataclass(frozen=True, slots=True)
class Manufacturing:
    """How manufacture went.

    runs:      failed runs among finished runs.
    subjects:  collected subjects left without product by manufacturing failure.
    causes:    failed runs by cause code; steps: by the step at which they failed.
    failed:    the failed runs, (subject, batch, attempt, cause): the list that few events allow.
    model:     not estimable while failures are few, with the number that there were; None where there
               are enough of them and a model may be fitted on factors stated beforehand.
    out_of_specification: runs that finished outside their specification.
    """

    runs: Estimate | NotEstimable
    subjects: Estimate | NotEstimable
    causes: Mapping[str, int]
    steps: Mapping[str, int]
    failed: tuple[tuple[str, str, int, str], ...]
    model: NotEstimable | None
    out_of_specification: int


def estimate(admanu: pl.DataFrame, adsl: pl.DataFrame, *, level: float = 0.95) -> Manufacturing:
    """Return the manufacturing failures of `admanu` and of the collected subjects of `adsl`.

    Checked against AC-A2.1 (3 of 40: 7.5 %, 1.6-20.4).
    """
    finished = admanu.filter(pl.col("failed") | pl.col("outcome").is_in(_FINISHED))
    failed = finished.filter("failed")
    collected = adsl.filter("collected")
    settled = collected.filter(pl.col("infused") | (pl.col("not_treated_reason") != "pending"))
    without = settled.filter(pl.col("not_treated_reason") == "manufacturing_failure")
    events = failed.height
    few = events < FEWEST_EVENTS_FOR_MODEL
    caveats = (Caveat.DESCRIPTIVE_FEW,) if few else ()
    pending = (Caveat.PENDING_SUBJECTS,) if settled.height < collected.height else ()
    return Manufacturing(
        runs=proportion.estimate(events, finished.height, population=Population.BATCHES, level=level, caveats=caveats),
        subjects=proportion.estimate(
            without.height, settled.height, population=Population.COLLECTED, level=level, caveats=(*caveats, *pending)
        ),
        causes=_counts(failed, "failure_cause"),
        steps=_counts(failed, "failure_step"),
        failed=tuple(
            (subject, batch, attempt, cause or "unknown")
            for subject, batch, attempt, cause in failed.sort("usubjid", "attempt", "batch")
            .select("usubjid", "batch", "attempt", "failure_cause")
            .iter_rows()
        ),
        model=NotEstimable(
            Reason.FEW_EVENTS,
            Population.BATCHES,
            finished.height,
            MappingProxyType({"events": events, "needed": FEWEST_EVENTS_FOR_MODEL}),
        )
        if few
        else None,
        out_of_specification=admanu.filter("out_of_specification").height,
    )


def _counts(failed: pl.DataFrame, column: str) -> Mapping[str, int]:
    """Return how often each value occurs, most frequent first."""
    table = failed.group_by(pl.col(column).fill_null("unknown")).len()
    return MappingProxyType(dict(table.sort(["len", column], descending=[True, False]).iter_rows()))
