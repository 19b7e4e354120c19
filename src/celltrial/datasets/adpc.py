"""ADPC and ADLB: kinetics samples and laboratory results, timed from the infusion."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from celltrial.conduct.envelope import Event, Precision
from celltrial.conduct.facts.assessment.events import KineticsSampled, LaboratoryMeasured
from celltrial.core.dates import Instant
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADLB, ADPC

__all__ = ["derive_adlb", "derive_adpc"]

_TIMED = (Precision.SECOND, Precision.MINUTE)


def derive_adpc(log: EventLog, steps: dict[str, Milestones]) -> pl.DataFrame:
    """Return ADPC; an unusable value keeps what stood in its source as `note`."""
    numbers: dict[str, int] = {}
    rows = []
    for event in log.of(KineticsSampled):
        fact = event.fact
        note = fact.raw if fact.value is None and not fact.below_lloq and fact.raw else None
        rows.append(
            _timed(event, fact.subject, steps, numbers)
            | {
                "visit": fact.sample or None,
                "nominal_day": fact.nominal_day,
                "assay": fact.assay.value.lower(),
                "analyte": fact.analyte,
                "value": None if fact.below_lloq else _number(fact.value),
                "unit": fact.unit,
                "below_lloq": fact.below_lloq,
                "lloq": _number(fact.lloq),
                "note": note,
            }
        )
    return ADPC.conform({column.name: [row[column.name] for row in rows] for column in ADPC.columns})


def derive_adlb(log: EventLog, steps: dict[str, Milestones]) -> pl.DataFrame:
    """Return ADLB."""
    numbers: dict[str, int] = {}
    rows = []
    for event in log.of(LaboratoryMeasured):
        fact = event.fact
        rows.append(
            _timed(event, fact.subject, steps, numbers)
            | {
                "paramcd": fact.test,
                "adt": event.occurred.local_date,
                "value": _number(fact.value),
                "unit": fact.unit or None,
                "note": fact.raw if fact.value is None and fact.raw else None,
            }
        )
    return ADLB.conform({column.name: [row[column.name] for row in rows] for column in ADLB.columns})


def _timed(event: Event[Any], subject: str, steps: dict[str, Milestones], numbers: dict[str, int]) -> dict[str, Any]:
    numbers[subject] = numbers.get(subject, 0) + 1
    person = steps.get(subject)
    infused = person.infused_at if person else None
    day = person.day(event.occurred.local_date) if person else None
    return {
        "usubjid": subject,
        "seq": numbers[subject],
        "day": day,
        "time_days": _elapsed(event, infused) if event.precision in _TIMED else day,
    }


def _elapsed(event: Event[Any], infused: Instant | None) -> float | None:
    if infused is None:
        return None
    return (event.occurred.utc - infused.utc).total_seconds() / 86_400


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
