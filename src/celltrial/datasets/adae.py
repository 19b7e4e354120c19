"""ADAE: one row per adverse event, with its grade, phase and whether it is a DLT.

Grade: where an adjudicator graded, the highest adjudicated grade; else the highest of what was reported
and derived. Phase (AC-A7.2): by the last step taken on or before the day of onset; from `LATE_FROM_DAY`
days after infusion it is late. An onset known less exactly than to the day has no date and no infusion day here.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.safety.events import (
    AdverseEventGraded,
    AdverseEventReassessed,
    AdverseEventRecoded,
    AdverseEventReported,
    AdverseEventResolved,
)
from celltrial.conduct.facts.safety.state import onset_between
from celltrial.conduct.facts.trial.events import TrialRegistered
from celltrial.conduct.vocabulary import GradeSource, Origin, Outcome, Relatedness
from celltrial.core.terms import resolve
from celltrial.datasets.adsl import standing_dlts
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADAE

#: Infusion day from which an event counts as late.
LATE_FROM_DAY: Final = 91
#: An onset known less exactly than to the day gives no onset day.
EXACT_TO_THE_DAY: Final = frozenset({Precision.SECOND, Precision.MINUTE, Precision.DAY})
#: Effects of the cells that are counted by category, so that none is missed for want of it.
_BY_CATEGORY: Final = frozenset({"crs", "icans", "cres", "iec_hs", "icaht"})
_RELATED: Final = {
    Relatedness.UNRELATED: "not_related",
    Relatedness.UNLIKELY: "not_related",
    Relatedness.POSSIBLE: "related",
    Relatedness.PROBABLE: "related",
    Relatedness.DEFINITE: "related",
    Relatedness.UNKNOWN: "unknown",
}
_OUTCOMES: Final = {
    Outcome.RECOVERED: "resolved",
    Outcome.RECOVERED_WITH_SEQUELAE: "resolved",
    Outcome.RECOVERING: "ongoing",
    Outcome.NOT_RECOVERED: "ongoing",
    Outcome.FATAL: "fatal",
    Outcome.UNKNOWN: "unknown",
}


def derive_adae(log: EventLog, steps: dict[str, Milestones]) -> pl.DataFrame:
    """Return ADAE; the latest assessment of relatedness, seriousness and coding counts.

    What historical records do not say (whether it was serious, how it ended) is empty or unknown.
    """
    graded: dict[str, list[AdverseEventGraded]] = {}
    for item in log.facts(AdverseEventGraded):
        graded.setdefault(item.event, []).append(item)
    reassessed = {fact.event: fact for fact in log.facts(AdverseEventReassessed)}
    recoded = {fact.event: fact for fact in log.facts(AdverseEventRecoded)}
    resolved = {fact.event: fact for fact in log.facts(AdverseEventResolved)}
    dlts = standing_dlts(log)
    taken_over = any(fact.origin is Origin.RETROSPECTIVE for fact in log.facts(TrialRegistered))
    numbers: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for fact in log.facts(AdverseEventReported):
        person = steps.get(fact.subject) or Milestones(fact.subject)
        numbers[fact.subject] = numbers.get(fact.subject, 0) + 1
        latest = reassessed.get(fact.event, fact)
        code = recoded.get(fact.event)
        end = resolved.get(fact.event)
        grade, scale = _grade(fact, graded.get(fact.event, []))
        rows.append(
            {
                "usubjid": fact.subject,
                "aeseq": numbers[fact.subject],
                "event_id": fact.event,
                "term": fact.term,
                "category": _category(code.category if code else fact.category, fact.term),
                "grade": grade,
                "scale": scale or None,
                "start_date": fact.onset if fact.onset_precision in EXACT_TO_THE_DAY else None,
                "end_date": end.ended_on if end else None,
                "onset_day": person.day(fact.onset) if fact.onset_precision in EXACT_TO_THE_DAY else None,
                "resolved_day": person.day(end.ended_on) if end else None,
                "phase": phase_of(person, _last_onset(fact, person, taken_over=taken_over)),
                "dose_level": person.level,
                "is_dlt": (fact.subject, fact.event) in dlts,
                "serious": None if taken_over and not latest.seriousness else bool(latest.seriousness),
                "related": _RELATED[latest.relatedness],
                "outcome": _OUTCOMES[end.outcome] if end else "unknown" if taken_over else "ongoing",
            }
        )
    return ADAE.conform({column.name: [row[column.name] for row in rows] for column in ADAE.columns})


def _category(category: str, term: str) -> str:
    """Return the code of a category under any of its names.

    An event without a category is of the one that its term names, where that one is counted by category.
    """
    if category:
        return resolve(category, "adverse_event") or category
    named = resolve(term, "adverse_event")
    return named if named in _BY_CATEGORY else "other"


def _grade(fact: AdverseEventReported, others: list[AdverseEventGraded]) -> tuple[int | None, str]:
    adjudicated = [(item.grade, item.scale) for item in others if item.source is GradeSource.ADJUDICATED]
    every = adjudicated or [(fact.grade, fact.scale), *((item.grade, item.scale) for item in others)]
    known = [(grade, scale) for grade, scale in every if grade is not None]
    if not known:
        return None, fact.scale
    return max(known, key=lambda pair: pair[0])


def _last_onset(fact: AdverseEventReported, person: Milestones, *, taken_over: bool) -> date:
    """Return the last day that an onset can mean: what may have begun after the infusion is emergent from the product.

    Where the day is not known at all it is that of the infusion, or what a mapping says of all events of its kind.
    """
    if fact.onset_precision is Precision.UNKNOWN:
        return fact.onset if taken_over or person.infused is None else max(fact.onset, person.infused)
    last = onset_between(fact.onset, fact.onset_precision)[1]
    if (
        fact.onset_precision not in EXACT_TO_THE_DAY
        and person.infused is not None
        and fact.onset <= person.infused <= last
    ):
        return person.infused
    return fact.onset


def phase_of(person: Milestones, onset: date) -> str:
    """Return the phase of an onset day.

    >>> phase_of(Milestones("S1", collected=date(2025, 1, 1), lymphodepleted=date(2025, 2, 1)), date(2025, 2, 3))
    'lymphodepletion'
    """
    day = person.day(onset)
    if day is not None and day >= 0:
        return "late" if day >= LATE_FROM_DAY else "infusion"
    if person.lymphodepleted is not None and onset >= person.lymphodepleted:
        return "lymphodepletion"
    return "collection" if person.collected is not None and onset >= person.collected else "screening"
