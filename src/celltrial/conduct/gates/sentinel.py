"""Sentinel gate: the next infusion waits until the first subject of a level was looked at as the protocol says (2.2.4-b).

The assessments are those of `escalation.staggering.sentinel_assessments`. A
subject is planned for when the assessments due by that day are on record, and
infused when those due by then are. An assessment made late counts once it is
there; one observation serves one due day. For a sentinel who died none is due after
that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.cohort.state import Slot
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import fail
from celltrial.core.dates import Instant
from celltrial.core.values import ABSENT, Term, message
from celltrial.protocol import Protocol
from celltrial.protocol.model.escalation import SentinelAssessment


def due_assessments(protocol: Protocol, sentinel: SubjectState, zone: str, today: date) -> Iterator[tuple[str, int]]:
    """Yield concept and day after the infusion of each assessment that was due by a site-local day and is missing."""
    escalation = protocol.escalation
    if escalation is None or not sentinel.infusions:
        return
    infused = Instant(sentinel.infusions[0].at.utc, zone).local_date
    last = today if sentinel.died_on is None else min(today, sentinel.died_on)
    for item in escalation.staggering.sentinel_assessments:
        yield from ((item.concept, day) for day in _missing(item, sentinel, infused, last))


def _missing(item: SentinelAssessment, sentinel: SubjectState, infused: date, last: date) -> Iterator[int]:
    seen = sorted(on for concept, on in sentinel.observed if concept == item.concept)
    for day in sorted(item.days):
        due = infused + timedelta(days=day)
        if due > last:
            return
        match = next((on for on in seen if on >= due - timedelta(days=item.early)), None)
        if match is None:
            yield day
        else:
            seen.remove(match)


def check_sentinel(act: Act, infused: Sequence[Slot]) -> Conditions:
    """Yield every assessment still due for the sentinel.

    infused: staggered infusions of others, in order of time. The sentinel is the first at this subject's level; for
             the first subject of a level, the first at the level infused last.
    """
    if not infused:
        return
    level = act.subject.level if any(slot.level == act.subject.level for slot in infused) else infused[-1].level
    first = next(slot for slot in infused if slot.level == level)
    sentinel, zone = act.state.subjects[first.subject], act.state.zone_of(first.site)
    today = Instant(act.at.utc, zone).local_date
    for concept, day in due_assessments(act.protocol, sentinel, zone, today):
        yield fail(
            Code.SENTINEL_DUE, message("on_study_day", concept=Term("concept", concept), day=day), ABSENT, f"subject/{sentinel.subject}", "2.2.4-b",
            "escalation.staggering.sentinel_assessments",
        )  # fmt: skip
