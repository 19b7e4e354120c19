"""A scan that does not match: the act is refused, nothing of it is recorded, and an alert goes out (AC-C3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celltrial.conduct.batch.events import IdentityMismatchFound
from celltrial.conduct.batch.state import BatchState
from celltrial.conduct.codes import Code
from celltrial.conduct.decision import Condition, Refused
from celltrial.conduct.envelope import Draft, Request, Role
from celltrial.conduct.trial.events import AlertRaised
from celltrial.conduct.vocabulary import Severity

__all__ = ["refuse_scan"]


def refuse_scan(
    request: Request[Any], failed: Sequence[Condition], batch: BatchState, subject: str, act: str, scanned: str
) -> Refused:
    """Return the refusal with the mismatch and its critical alert as the only facts."""
    stream = f"batch/{batch.batch}"
    key = f"identity/{batch.batch}/{subject}/{act}/{request.occurred.utc.isoformat()}"
    found = IdentityMismatchFound(batch.batch, subject, act, scanned, batch.identity)
    alert = AlertRaised(key, Severity.CRITICAL, Code.ALERT_IDENTITY, stream, f"{act}: {scanned}", Role.MEDICAL_MONITOR)
    drafts = tuple(Draft(s, f, request.occurred, request.precision) for s, f in ((stream, found), ("trial", alert)))
    return Refused(tuple(dict.fromkeys(failed)), drafts)
