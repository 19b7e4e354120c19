"""ADPC and ADLB: kinetics samples and laboratory results, timed from the infusion."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from celltrial.conduct.envelope import Event, Precision
from celltrial.conduct.facts.assessment.events import KineticsSampled, LaboratoryMeasured
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity, observation
from celltrial.core.units import is_unit, read_unit
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADLB, ADPC

#: Units in which kinetics are tabulated, so that two spellings of one unit are one assay.
_STANDARD = ("copies/ug", "cells/uL")
_TIMED = (Precision.SECOND, Precision.MINUTE)


def derive_adpc(log: EventLog, steps: dict[str, Milestones]) -> pl.DataFrame:
    """Return ADPC; an unusable value keeps what stood in its source as `note`."""
    numbers: dict[str, int] = {}
    rows = []
    for event in log.of(KineticsSampled):
        fact = event.fact
        value, unit = standard_value(fact.value, fact.unit)
        limit, _ = standard_value(None if fact.limit is None else Measured.read(fact.limit), fact.unit)
        note = None if value is not None or fact.is_below else _said(fact.value, fact.raw)
        rows.append(
            _timed(event, fact.subject, steps, numbers)
            | {
                "visit": fact.sample or None,
                "nominal_day": fact.nominal_day,
                "assay": fact.assay.value.lower(),
                "analyte": fact.analyte,
                "value": None if fact.is_below else value,
                "unit": unit,
                "below_lloq": fact.is_below,
                "lloq": limit,
                "above_limit": fact.value is not None and fact.value.relation in {">", ">="},
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
        value, unit = standard_value(fact.value, fact.unit, fact.test)
        rows.append(
            _timed(event, fact.subject, steps, numbers)
            | {
                "paramcd": fact.test,
                "adt": event.occurred.local_date,
                "value": value,
                "unit": unit or None,
                "note": None if value is not None else _said(fact.value, fact.raw),
                "reported": str(fact.value) if fact.value is not None else fact.raw or None,
                "reported_unit": fact.unit or None,
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


def standard_value(value: Measured | None, unit: str, test: str = "") -> tuple[float | None, str]:
    """Return the number in the standard unit of what was measured, and that unit; None for a value beyond a limit or words.

    A unit that nobody knows, from a ledger of before units were asked for, stays as it is.
    """
    number = value.number if value is not None and value.is_exact else None
    known = observation(test)
    wanted = known.symbols[:1] if known is not None else _STANDARD
    for symbol in wanted:
        try:
            factor = Quantity(number or Decimal(0), unit).in_unit(symbol, test)
        except UserError:
            continue
        return (None if number is None else float(factor)), symbol
    return (None if number is None else float(number)), read_unit(unit).symbol if unit and is_unit(unit) else unit


def _said(value: Measured | None, raw: str) -> str | None:
    return (value.text if value is not None else "") or raw or None
