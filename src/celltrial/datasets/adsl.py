"""ADSL: one row per subject who consented, was enrolled or was infused, with the analysis sets derived by rule.

Sets, none of them entered by hand:

- enrolled: the enrolment was accepted; a replaced subject stays in it (AC-A1.4);
- infused: received any product, out-of-specification product included (AC-A1.3); also the safety set;
- infused conforming: every infusion within specification and within the dose band;
- DLT-evaluable: infused, and had a confirmed DLT or was found evaluable at the end of the window;
- efficacy-evaluable: infused, and assessed (other than "NE"), progressed or died after infusion.

Doses carry their unit: a dose infused per kilogram is the whole dose divided by the weight used, and unknown without one.

An enrolled subject who was not infused has the reason of the discontinuation, else death, else `pending`.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, Final

import polars as pl

from celltrial.conduct.facts.assessment.events import DiseaseProgressed, ResponseAssessed
from celltrial.conduct.facts.batch.events import ManufactureStarted
from celltrial.conduct.facts.cohort.events import (
    DltWindowCompleted,
    DoseLimitingToxicityConfirmed,
    DoseLimitingToxicityRuledOut,
)
from celltrial.conduct.facts.subject.events import EvidenceRecorded, SubjectEnrolled, SubjectRandomised, SubjectScreened
from celltrial.conduct.vocabulary import AgeReference
from celltrial.core.dates import whole_years
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.replacements import replacements
from celltrial.datasets.schema import ADSL, DOSE_UNITS
from celltrial.protocol import Protocol

_VERDICTS: Final[tuple[tuple[type[Any], bool], ...]] = (
    (DoseLimitingToxicityConfirmed, True),
    (DoseLimitingToxicityRuledOut, False),
)
#: Concept under which the records of several products say which one a subject received.
PRODUCT: Final = "product"
_ASSESSMENTS: Final[tuple[type[Any], ...]] = (ResponseAssessed, DiseaseProgressed)


def derive_adsl(log: EventLog, steps: dict[str, Milestones], protocol: Protocol | None) -> pl.DataFrame:
    """Return ADSL from the log and the milestones of its subjects.

    protocol: for the assigned dose in cells; without it those columns are empty.
    """
    screened = {fact.subject: fact for fact in log.facts(SubjectScreened)}
    dlt = {subject for subject, _ in standing_dlts(log)}
    completed = {fact.subject for fact in log.facts(DltWindowCompleted) if fact.evaluable}
    assessed = _assessed(log, steps)
    attempts = Counter(fact.subject for fact in log.facts(ManufactureStarted))
    replaced = replacements(log, steps)
    versions = {fact.batch: fact.process_version for fact in log.facts(ManufactureStarted)}
    arms = {fact.subject: fact.arm for fact in log.facts(SubjectEnrolled) if fact.arm}
    arms |= {fact.subject: fact.arm for fact in log.facts(SubjectRandomised)}
    strata = {fact.subject: fact.stratum for fact in log.facts(SubjectRandomised) if fact.stratum}
    products = {fact.subject: fact.value for fact in log.facts(EvidenceRecorded) if fact.concept == PRODUCT}
    rows = [
        _demography(person, screened.get(name))
        | _dose(person, protocol)
        | _flags(person, dlt=name in dlt, completed=name in completed, assessed=name in assessed)
        | _dates(person)
        | {
            "arm": arms.get(name),
            "stratum": strata.get(name),
            "product": products.get(name),
            "manufacturing_attempts": attempts[name],
            "replaces": replaced.get(name),
            "process_version": versions.get(person.first_infusion.batch) if person.first_infusion else None,
        }
        for name, person in sorted(steps.items())
        if (person.consented, person.enrolled, person.infused) != (None, None, None)
    ]
    return ADSL.conform({column.name: [row.get(column.name) for row in rows] for column in ADSL.columns})


def standing_dlts(log: EventLog) -> set[tuple[str, str]]:
    """Return (subject, adverse event) of every DLT confirmed and not ruled out afterwards."""
    last: dict[tuple[str, str], tuple[int, bool]] = {}
    for kind, holds in _VERDICTS:
        for event in log.of(kind):
            key = (event.fact.subject, event.fact.event)
            last[key] = max(last.get(key, (0, False)), (event.position, holds))
    return {key for key, (_, holds) in last.items() if holds}


def _assessed(log: EventLog, steps: dict[str, Milestones]) -> set[str]:
    found = set()
    for kind in _ASSESSMENTS:
        for fact in log.facts(kind):
            infused = steps[fact.subject].infused if fact.subject in steps else None
            evaluable = not isinstance(fact, ResponseAssessed) or fact.category.upper() != "NE"
            if evaluable and infused is not None and fact.on > infused:
                found.add(fact.subject)
    return found


def _demography(person: Milestones, screened: SubjectScreened | None) -> dict[str, Any]:
    years, at = _age(person, screened)
    return {
        "usubjid": person.subject,
        "siteid": person.site or None,
        "age": years,
        "age_at": at,
        "sex": screened.sex.value if screened else None,
    }


def _age(person: Milestones, screened: SubjectScreened | None) -> tuple[int | None, str | None]:
    """Return the age in completed years and the step at which it holds: as the source states it, else from the birth."""
    if screened is None:
        return None, None
    if screened.age is not None:
        return int(screened.age.years), screened.age.at.value
    enrolled = person.enrolled if person.enrolment_dated else None
    reference = person.consented or enrolled
    if screened.born is None or reference is None:
        return None, None
    at = AgeReference.CONSENT if person.consented else AgeReference.ENROLMENT
    born = screened.born
    return whole_years(born, reference), at.value


def _dose(person: Milestones, protocol: Protocol | None) -> dict[str, Any]:
    """Return the assigned dose, and what the first course delivered: the sum where it was given in several parts."""
    infusion = person.first_infusion
    found: dict[str, Any] = {"dose_level_assigned": person.level}
    levels = protocol.dose.levels if protocol is not None else ()
    if person.level is not None and 1 <= person.level <= len(levels):
        per_kg = protocol is not None and protocol.dose.per_kg
        found["dose_assigned_cells"] = float(levels[person.level - 1].most)
        found["dose_assigned_unit"] = DOSE_UNITS[per_kg]
    if infusion is not None:
        course = person.first_course or (infusion,)
        cells = [one.delivered_cells for one in course]
        total = None if None in cells else float(sum(one for one in cells if one is not None))
        weight = None if infusion.weight_kg is None or infusion.weight_kg <= 0 else float(infusion.weight_kg)
        delivered = total
        if infusion.per_kg and total is not None:
            delivered = None if weight is None else total / weight
        found |= {
            "dose_level_delivered": course[-1].level_delivered,
            "dose_delivered_cells": delivered,
            "dose_delivered_unit": None if total is None else DOSE_UNITS[infusion.per_kg],
            "dose_delivered_total": total,
            "dose_basis": infusion.basis.value,
            "dose_per_kg": infusion.per_kg,
            "weight_kg": weight,
        }
    return found


def _flags(person: Milestones, *, dlt: bool, completed: bool, assessed: bool) -> dict[str, Any]:
    infused = person.infused is not None
    return {
        "consented": person.consented is not None,
        "enrolled": person.enrolled is not None,
        "collected": person.collected is not None,
        "lymphodepleted": person.lymphodepleted is not None,
        "infused": infused,
        "infused_conforming": infused and person.conforming,
        "safety": infused,
        "dlt": dlt,
        "dlt_evaluable": infused and (dlt or completed),
        "efficacy_evaluable": infused and (assessed or person.died is not None),
        "died": person.died is not None,
    }


def _dates(person: Milestones) -> dict[str, Any]:
    reason, settled = _not_treated(person)
    therapy = person.new_therapy
    infused, collected = person.infused, person.collected
    return {
        "consented_date": person.consented,
        "enrolled_date": person.enrolled if person.enrolment_dated else None,
        "randomised_date": person.randomised,
        "collected_date": collected,
        "lymphodepleted_date": person.lymphodepleted,
        "infused_date": infused,
        "not_treated_reason": reason,
        "not_treated_date": settled,
        "vein_to_vein_days": (infused - collected).days if infused and collected else None,
        "new_therapy_date": therapy[0] if therapy else None,
        "new_therapy_day": person.day(therapy[0]) if therapy else None,
        "new_therapy_kind": therapy[1] if therapy else None,
        "discontinued_date": person.exit_date,
        "death_date": person.died,
        "last_alive_date": person.last_alive,
    }


def _not_treated(person: Milestones) -> tuple[str | None, date | None]:
    if person.enrolled is None or person.infused is not None:
        return None, None
    if person.exit_reason is not None:
        return person.exit_reason.value, person.exit_date
    if person.died is not None:
        return "death", person.died
    return "pending", None
