"""ADEX: exposure, one row per administration that was given or that was decided not to be given.

What was planned is read from the version of the protocol the table is derived with, at the body weight of the infusion:
for a level that is one number of cells both ends are that number, for a range its ends. Parts of a dose are set against the
whole of the level; a level of each administration is a whole each time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.subject.events import AdministrationOmitted, CellsInfused
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADEX
from celltrial.protocol import Protocol
from celltrial.protocol.regimen import Step, regimen_of


def derive_adex(log: EventLog, steps: dict[str, Milestones], protocol: Protocol | None) -> pl.DataFrame:
    """Return ADEX, numbered within the subject in order of record."""
    found = [(event.position, _given(event, steps, protocol)) for event in log.of(CellsInfused)]
    for left_out in log.of(AdministrationOmitted):
        found += [(left_out.position, row) for row in _omitted(left_out, steps, protocol)]
    rows = [row for _, row in sorted(found, key=lambda one: one[0])]
    totals: dict[tuple[str, int], float | None] = {}
    numbers: dict[str, int] = {}
    for row in rows:
        subject, place = row["usubjid"], (row["usubjid"], row["round"])
        numbers[subject] = row["seq"] = numbers.get(subject, 0) + 1
        before, cells = totals.get(place, 0.0), row.get("delivered_cells")
        if row["given"]:
            totals[place] = None if before is None or cells is None else before + cells
        row["course_cells"] = totals.get(place, before)
    return ADEX.conform({column.name: [row.get(column.name) for row in rows] for column in ADEX.columns})


def _step(protocol: Protocol | None, course: str, administration: str, number: int) -> Step | None:
    """Return the planned administration of a record; one that does not name it is the only one of a simple plan."""
    if protocol is None:
        return None
    regimen = regimen_of(protocol)
    if not course and not regimen.is_stated and number <= len(regimen.rounds):
        return regimen.steps(regimen.rounds[number - 1].courses[0])[0]
    known = regimen.course(course)
    steps = regimen.steps(known) if known is not None else ()
    return next((step for step in steps if step.planned.id == administration), None)


def _planned(protocol: Protocol | None, step: Step | None, level: int | None, weight: Decimal | None) -> dict[str, Any]:
    if protocol is None or step is None or level is None or not 1 <= level <= len(protocol.dose.levels):
        return {}
    if protocol.dose.by_weight and weight is None:
        return {"planned_share": float(step.share)}
    low, high = (float(cells * step.share) for cells in protocol.dose.planned(level, weight))
    return {"planned_share": float(step.share), "planned_from": low, "planned_to": high}


def _given(event: Event[CellsInfused], steps: dict[str, Milestones], protocol: Protocol | None) -> dict[str, Any]:
    fact, person = event.fact, steps.get(event.fact.subject)
    weight = None if fact.weight_kg is None or fact.weight_kg <= 0 else fact.weight_kg
    number = fact.round or fact.number
    step = _step(protocol, fact.course, fact.administration, number)
    plan = _planned(protocol, step, fact.level_assigned, weight)
    total = None if fact.delivered_cells is None else float(fact.delivered_cells)
    day = event.occurred.local_date
    return {
        "usubjid": fact.subject,
        "round": number,
        "course": fact.course or (step.course.id if step is not None else None),
        "administration": fact.administration or (step.planned.id if step is not None else None),
        "given": True,
        "date": day,
        "day": person.day(day) if person else None,
        "batch": fact.batch,
        "bags": " ".join(fact.bags) or None,
        "route": fact.route or None,
        "level_assigned": fact.level_assigned,
        **plan,
        "delivered_cells": total,
        "delivered_per_kg": None if total is None or weight is None else total / float(weight),
        "basis": fact.basis.value,
        "conforming": fact.conforming,
    }


def _omitted(
    event: Event[AdministrationOmitted], steps: dict[str, Milestones], protocol: Protocol | None
) -> list[dict[str, Any]]:
    fact, person, day = event.fact, steps.get(event.fact.subject), event.occurred.local_date
    rows = []
    for name in fact.omitted:
        step = _step(protocol, fact.course, name, fact.round)
        rows.append(
            {
                "usubjid": fact.subject,
                "round": fact.round,
                "course": fact.course,
                "administration": name,
                "given": False,
                "date": day,
                "day": person.day(day) if person else None,
                "level_assigned": person.level if person else None,
                "planned_share": None if step is None else float(step.share),
                "reason": fact.reason,
                "conforming": False,
            }
        )
    return rows
