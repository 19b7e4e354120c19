"""Whether an act was permitted at the moment at which it happened."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.facts.permit.events import Permitted
from celltrial.conduct.facts.permit.state import Permit
from celltrial.conduct.facts.state import TrialState
from celltrial.core.dates import Instant


def permit_at(state: TrialState, act: Permitted, command: Any, at: Instant) -> Permit | None:
    """Return the permit under which an act on this subject and batch happened at a moment; None where there was none."""
    held = state.permits.get((act, getattr(command, "subject", ""), getattr(command, "batch", "")), ())
    return next((permit for permit in held if permit.holds_at(at)), None)
