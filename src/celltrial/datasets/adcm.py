"""ADCM: medications, bridging and anticancer therapies beside the product."""

from __future__ import annotations

from typing import Any

import polars as pl

from celltrial.conduct.facts.assessment.events import ConcomitantMedicationGiven, NewTherapyStarted
from celltrial.conduct.facts.subject.events import BridgingTherapyGiven
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADCM


def derive_adcm(log: EventLog, steps: dict[str, Milestones]) -> pl.DataFrame:
    """Return ADCM, numbered within the subject by first day."""
    rows: list[dict[str, Any]] = [
        {
            "usubjid": fact.subject,
            "treatment": fact.medication,
            "category": "concomitant",
            "indication": fact.indication or None,
            "dose": None if fact.dose is None else float(fact.dose),
            "unit": fact.unit or None,
            "start_date": fact.started,
            "end_date": fact.ended,
        }
        for fact in log.facts(ConcomitantMedicationGiven)
    ]
    rows += [
        {
            "usubjid": fact.subject,
            "treatment": fact.therapy,
            "category": "bridging",
            "start_date": fact.started,
            "end_date": fact.ended,
        }
        for fact in log.facts(BridgingTherapyGiven)
    ]
    rows += [
        {
            "usubjid": fact.subject,
            "treatment": fact.therapy,
            "category": "anticancer",
            "indication": fact.kind,
            "start_date": fact.on,
        }
        for fact in log.facts(NewTherapyStarted)
    ]
    rows.sort(key=lambda row: (row["usubjid"], row["start_date"]))
    numbers: dict[str, int] = {}
    for row in rows:
        numbers[row["usubjid"]] = row["seq"] = numbers.get(row["usubjid"], 0) + 1
        person = steps.get(row["usubjid"])
        row["start_day"] = person.day(row["start_date"]) if person else None
    return ADCM.conform({column.name: [row.get(column.name) for row in rows] for column in ADCM.columns})
