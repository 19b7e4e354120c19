"""ADMANU: one row per manufacturing run, with the state of its batch at the data cut.

A run failed when manufacture failed, or when its batch was set aside for good (rejected, expired or destroyed)
without having been infused. Out of specification is remembered even where the batch was later infused.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from celltrial.conduct.facts.batch import events as batch
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.schema import ADMANU

#: Fact to the outcome that a batch has after it.
_OUTCOMES: Final[tuple[tuple[type[Any], str], ...]] = (
    (batch.BatchPlanned, "planned"),
    (batch.BatchCollected, "collected"),
    (batch.MaterialReceived, "material_received"),
    (batch.ManufactureStarted, "in_process"),
    (batch.ManufactureFailed, "failed"),
    (batch.ManufactureCompleted, "qc"),
    (batch.BatchReleased, "released"),
    (batch.BatchRejected, "rejected"),
    (batch.BatchOutOfSpecification, "out_of_specification"),
    (batch.BatchQuarantined, "quarantined"),
    (batch.BatchRecalled, "quarantined"),
    (batch.BatchShipped, "shipped"),
    (batch.BatchReceived, "received"),
    (batch.BatchThawed, "thawed"),
    (batch.BatchExpired, "expired"),
    (batch.BatchInfused, "infused"),
    (batch.BatchReturned, "returned"),
    (batch.BatchDestroyed, "destroyed"),
)
_STARTS: Final[tuple[type[Any], ...]] = (batch.BatchPlanned, batch.ManufactureStarted)
_LIFTED: Final = {"OOS": "out_of_specification"}
_FINISHED: Final = (
    batch.BatchReleased, batch.BatchRejected, batch.BatchOutOfSpecification, batch.ManufactureFailed,
)  # fmt: skip


def derive_admanu(log: EventLog) -> pl.DataFrame:
    """Return ADMANU: every batch planned or put into manufacture."""
    rows: dict[str, dict[str, Any]] = {}
    for kind in _STARTS:
        for fact in log.facts(kind):
            row = rows.setdefault(fact.batch, {"usubjid": fact.subject, "batch": fact.batch})
            row |= {"attempt": fact.attempt, "process_version": getattr(fact, "process_version", None)}
    dates: dict[tuple[str, str], date] = {}
    last: dict[str, tuple[int, str]] = {}
    for kind, outcome in _OUTCOMES:
        for event in log.of(kind):
            name = event.fact.batch
            dates.setdefault((name, kind.__name__), event.occurred.local_date)
            last[name] = max(last.get(name, (0, "")), (event.position, outcome))
    for lifted in log.of(batch.QuarantineLifted):
        state = lifted.fact.returns_to.value
        returned = (lifted.position, _LIFTED.get(state, state.lower()))
        last[lifted.fact.batch] = max(last.get(lifted.fact.batch, (0, "")), returned)
    failures = {fact.batch: fact for fact in log.facts(batch.ManufactureFailed)}
    rejected = {fact.batch: fact.cause for fact in log.facts(batch.BatchRejected)}
    released = {fact.batch: fact for fact in log.facts(batch.BatchReleased)}
    for name, row in rows.items():
        row.update(_attributes(released.get(name)))
        row.update(_row(name, dates, last.get(name, (0, "planned"))[1], failures.get(name)))
        row["failure_cause"] = rejected.get(name, row["failure_cause"])
    columns = ADMANU.columns
    return ADMANU.conform({column.name: [row[column.name] for row in rows.values()] for column in columns})


def _attributes(released: batch.BatchReleased | None) -> dict[str, float | None]:
    """Return what was measured at release; nothing where it was not, or is closed to the reader.

    A share above 1 was written as a per cent.
    """
    shares = {name: _number(getattr(released, name, None)) for name in ("viability", "positivity")}
    found = {name: share / 100 if share is not None and share > 1 else share for name, share in shares.items()}
    return found | {"vector_copy_number": _number(getattr(released, "vector_copy_number", None))}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, Decimal) else None


def _row(
    name: str, dates: dict[tuple[str, str], date], outcome: str, failure: batch.ManufactureFailed | None
) -> dict[str, Any]:
    def when(kind: type[Any]) -> date | None:
        return dates.get((name, kind.__name__))

    started, infused = when(batch.ManufactureStarted), when(batch.BatchInfused)
    finished = min((day for kind in _FINISHED if (day := when(kind)) is not None), default=None)
    lost = outcome in {"failed", "rejected", "expired", "destroyed"} and infused is None
    return {
        "outcome": outcome,
        "failed": when(batch.ManufactureFailed) is not None or lost,
        "out_of_specification": when(batch.BatchOutOfSpecification) is not None,
        "failure_step": failure.step or None if failure else None,
        "failure_cause": failure.cause if failure else (outcome if lost else None),
        "collected_date": when(batch.BatchCollected),
        "started_date": started,
        "finished_date": finished,
        "infused_date": infused,
        "days": (finished - started).days if finished and started else None,
    }
