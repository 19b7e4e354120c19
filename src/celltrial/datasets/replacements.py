"""Who replaces whom for the DLT decision, read off the enrolments of each cohort.

A cohort has a size. A subject lost to the DLT decision (left or died without infusion, or found not
evaluable at the end of the window) frees a place. A subject enrolled when as many had been enrolled
before as the cohort holds takes the place freed first. Nobody is removed: the replaced subject stays in
every set that what happened to it puts it in (AC-A1.4).
"""

from __future__ import annotations

from datetime import date

from celltrial.conduct.facts.cohort.events import CohortExpanded, CohortOpened, DltWindowCompleted
from celltrial.conduct.facts.subject.events import SubjectEnrolled
from celltrial.datasets.event_log import EventLog
from celltrial.datasets.milestones import Milestones


def replacements(log: EventLog, steps: dict[str, Milestones]) -> dict[str, str]:
    """Return the subject that each replacement replaces, by replacement."""
    sizes = _sizes(log)
    lost = _lost(log, steps)
    found: dict[str, str] = {}
    before: dict[str, list[str]] = {}
    for event in log.of(SubjectEnrolled):
        cohort, subject = event.fact.cohort, event.fact.subject
        earlier = before.setdefault(cohort, [])
        size = max((n for position, n in sizes.get(cohort, ()) if position < event.position), default=None)
        if size is not None and len(earlier) >= size:
            today = event.occurred.local_date
            free = [who for who in earlier if who in lost and lost[who] <= today and who not in found.values()]
            if free:
                found[subject] = min(free, key=lambda who: lost[who])
        earlier.append(subject)
    return found


def _sizes(log: EventLog) -> dict[str, list[tuple[int, int]]]:
    """Return (position, size) of every cohort, as opened and as expanded."""
    sizes: dict[str, list[tuple[int, int]]] = {}
    for opened in log.of(CohortOpened):
        sizes.setdefault(opened.fact.cohort, []).append((opened.position, opened.fact.size))
    for expanded in log.of(CohortExpanded):
        sizes.setdefault(expanded.fact.cohort, []).append((expanded.position, expanded.fact.size))
    return sizes


def _lost(log: EventLog, steps: dict[str, Milestones]) -> dict[str, date]:
    """Return the day on which a subject was lost to the DLT decision."""
    lost: dict[str, date] = {}
    for name, person in steps.items():
        gone = person.exit_date or person.died
        if person.infused is None and gone is not None:
            lost[name] = gone
    for event in log.of(DltWindowCompleted):
        if not event.fact.evaluable:
            lost[event.fact.subject] = event.occurred.local_date
    return lost
