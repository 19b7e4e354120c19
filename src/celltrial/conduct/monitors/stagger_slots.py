"""After an infusion, moments reserved too close behind it are given back, with an alert to the medical monitor."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, cohort_stream, subject_stream
from celltrial.conduct.facts.cohort.events import StaggerSlotReleased
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.gates.stagger import displaced
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.vocabulary import Severity
from celltrial.core.dates import Instant
from celltrial.core.values import as_value, message


def watch_slots(state: TrialState, fact: Any, at: Instant) -> Facts:  # noqa: ARG001
    """Yield the release of every reservation that the infusion pushed inside an interval."""
    escalation = state.protocol.escalation if state.protocol is not None else None
    if escalation is None:
        return
    for slot in displaced(state, escalation.staggering):
        yield cohort_stream(slot.cohort), StaggerSlotReleased(slot.subject, message("slot_displaced"))
        key = f"slot/{slot.subject}/{at.utc.isoformat()}"
        about, detail = subject_stream(slot.subject), as_value(slot.infusion)
        yield TRIAL, AlertRaised(key, Severity.MAJOR, Code.ALERT_SLOT_DISPLACED, about, detail, Role.MEDICAL_MONITOR)
