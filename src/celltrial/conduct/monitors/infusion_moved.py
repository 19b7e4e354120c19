"""A corrected day of infusion: follow-up and an open DLT window are counted again from the day that was the right one."""

from __future__ import annotations

from datetime import date

from celltrial.conduct.envelope import cohort_stream, subject_stream
from celltrial.conduct.facts.cohort.events import DltWindowOpened
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.gates.act import Act, found_act
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.timing import closing_day
from celltrial.conduct.views.scheduling import reschedule_fact
from celltrial.core.dates import Instant

_CAUSE = "infusion corrected"


def watch_infusion_moved(state: TrialState, fact: FactCorrected, at: Instant) -> Facts:
    """Yield the schedule and the DLT window counted from the corrected infusion; the schedule never ends earlier."""
    kind, _, subject_id = fact.record.partition("/")
    act = found_act(state, subject_id, at) if (kind, fact.field) == ("infusion", "occurred") else None
    if act is None or not act.subject.infusions:
        return
    known, last = act.subject.follow_up, _day(act, -1)
    if known is not None and act.protocol.follow_up is not None and known.starts != last:
        yield subject_stream(subject_id), reschedule_fact(act, _CAUSE, last)
    yield from _window(act)


def _window(act: Act) -> Facts:
    """Yield an open DLT window that no longer opens on the day of the first infusion."""
    window, escalation, first = act.subject.dlt_window, act.protocol.escalation, _day(act, 0)
    if window is None or escalation is None or window.evaluable is not None or window.opens == first:
        return
    given = act.subject.infusions_of(1)
    last = given[-1 if escalation.dlt.counted_from == "last_administration" else 0].at if given else None
    closes = closing_day(first if last is None else Instant(last.utc, act.site.zone).local_date, escalation.dlt.window)
    yield cohort_stream(act.subject.cohort), DltWindowOpened(act.subject.subject, window.level, first, closes)


def _day(act: Act, index: int) -> date:
    return Instant(act.subject.infusions[index].at.utc, act.site.zone).local_date
