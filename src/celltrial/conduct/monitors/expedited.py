"""Expedited reports: suspected, unexpected, serious reactions; the clock starts at awareness, not at entry (ICH E2A)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, subject_stream
from celltrial.conduct.facts.safety.events import ExpeditedReportDue
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.vocabulary import Origin, Seriousness, Severity
from celltrial.core.dates import Instant
from celltrial.core.values import Term, as_value

CLOCKS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {"susar_fatal": timedelta(days=7), "susar_other": timedelta(days=15)}
)
"""Rule to calendar days from awareness to the report."""


def clock_of(event: AdverseEvent) -> str | None:
    """Return the rule an event falls under; a fatal one is serious, one of unknown expectedness counts as unexpected."""
    serious = event.seriousness or event.is_fatal
    if not serious or not event.is_related or event.expected is True:
        return None
    grave = event.is_fatal or Seriousness.LIFE_THREATENING in event.seriousness
    return "susar_fatal" if grave else "susar_other"


def watch_expedited(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the report due and, for a fatal event, the alert to the medical monitor."""
    if state.origin is Origin.RETROSPECTIVE:
        return
    event = state.subjects[fact.subject].adverse_events[fact.event]
    about = subject_stream(fact.subject)
    key = f"fatal/{event.event}"
    if event.is_fatal and key not in state.alerts:
        yield (
            TRIAL,
            AlertRaised(
                key, Severity.CRITICAL, Code.ALERT_FATAL, about, Term("adverse_event", event.term), Role.MEDICAL_MONITOR
            ),
        )
    rule = clock_of(event)
    if rule is not None and f"{event.event}/{rule}" not in state.reports:
        due = Instant(event.aware.utc + CLOCKS[rule], event.aware.zone)
        yield about, ExpeditedReportDue(event.event, fact.subject, rule, event.aware, due)


def watch_death(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the alert to the medical monitor for a death, unless a fatal event of the subject has brought one."""
    if state.origin is Origin.RETROSPECTIVE:
        return
    events = state.subjects[fact.subject].adverse_events
    if any(f"fatal/{event}" in state.alerts for event in events):
        return
    about, detail = subject_stream(fact.subject), as_value(fact.died_on)
    key = f"death/{fact.subject}"
    yield TRIAL, AlertRaised(key, Severity.CRITICAL, Code.ALERT_FATAL, about, detail, Role.MEDICAL_MONITOR)
