"""ADRS: one row per response assessment and source.

The committee (`irc`) counts once per visit: the adjudicated read where there is one, else the readers'
category where all who read that visit agree; a disagreement that waits for adjudication gives no row.
A progression recorded without an assessment of its own on that day becomes a row with "PD".
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from celltrial.clinical.response_categories import is_progression
from celltrial.conduct.facts.assessment.events import DiseaseProgressed, ResponseAssessed
from celltrial.conduct.vocabulary import AssessmentSource
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADRS

#: Who assessed, in conduct, to the source in the table.
SOURCES: Final = {
    AssessmentSource.INVESTIGATOR: "investigator",
    AssessmentSource.INDEPENDENT_READER: "irc",
    AssessmentSource.ADJUDICATED: "irc",
    AssessmentSource.DERIVED: "derived",
}


def derive_adrs(log: EventLog, steps: dict[str, Milestones]) -> pl.DataFrame:
    """Return ADRS."""
    rows: list[dict[str, Any]] = []
    reads: dict[tuple[str, str, str], list[ResponseAssessed]] = {}
    for fact in log.facts(ResponseAssessed):
        if SOURCES[fact.source] == "irc":
            reads.setdefault((fact.subject, fact.criteria, fact.visit), []).append(fact)
        else:
            rows.append(_row(fact.subject, fact.visit, fact.on, fact.category, fact.criteria, SOURCES[fact.source]))
    for (subject, criteria, visit), facts in reads.items():
        adjudicated = [fact for fact in facts if fact.source is AssessmentSource.ADJUDICATED]
        standing = adjudicated[-1:] or facts
        if len({fact.category for fact in standing}) == 1:
            rows.append(_row(subject, visit, standing[0].on, standing[0].category, criteria, "irc"))
    seen = {(row["usubjid"], row["adt"], row["source"]) for row in rows if is_progression(row["response"])}
    for progression in log.facts(DiseaseProgressed):
        source = SOURCES[progression.source]
        if (progression.subject, progression.on, source) not in seen:
            seen.add((progression.subject, progression.on, source))
            rows.append(_row(progression.subject, "progression", progression.on, "PD", progression.criteria, source))
    rows.sort(key=lambda row: (row["usubjid"], row["adt"]))
    numbers: dict[str, int] = {}
    for row in rows:
        numbers[row["usubjid"]] = row["seq"] = numbers.get(row["usubjid"], 0) + 1
        person = steps.get(row["usubjid"])
        row["day"] = person.day(row["adt"]) if person else None
    return ADRS.conform({column.name: [row[column.name] for row in rows] for column in ADRS.columns})


def _row(subject: str, visit: str, on: date, response: str, criteria: str, source: str) -> dict[str, Any]:
    return {
        "usubjid": subject,
        "visit": visit,
        "adt": on,
        "response": response,
        "criteria": criteria or None,
        "source": source,
    }
