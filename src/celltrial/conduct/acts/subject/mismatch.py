"""What two scans and a second person say: a match is a fact; a mismatch refuses the act and sends an alert (AC-C3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.decision import Condition, Refused
from celltrial.conduct.envelope import Draft, Request, Role
from celltrial.conduct.facts.batch.events import IdentityConfirmed, IdentityMismatchFound
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.gates.identity import mismatches
from celltrial.conduct.vocabulary import Severity, Signature


def confirmed_scan(act: str, batch: BatchState, witness: Signature | None) -> list[tuple[str, Any]]:
    """Return the fact that two persons saw subject and batch match; none where the act is refused for want of one."""
    if witness is None:
        return []
    fact = IdentityConfirmed(batch.batch, batch.subject, act, batch.identity, batch.batch, witness)
    return [(f"batch/{batch.batch}", fact)]


def refuse_scan(
    request: Request[Any], failed: Sequence[Condition], batch: BatchState, subject: str, act: str
) -> Refused:
    """Return the refusal with the mismatch and its critical alert as the only facts."""
    c = request.command
    expected, scanned = next(mismatches(batch, c.identity, c.label), (batch.identity, c.identity))
    stream = f"batch/{batch.batch}"
    key = f"identity/{batch.batch}/{subject}/{act}/{request.occurred.utc.isoformat()}"
    found = IdentityMismatchFound(batch.batch, subject, act, scanned, expected)
    alert = AlertRaised(key, Severity.CRITICAL, Code.ALERT_IDENTITY, stream, f"{act}: {scanned}", Role.MEDICAL_MONITOR)
    drafts = tuple(Draft(s, f, request.occurred, request.precision) for s, f in ((stream, found), ("trial", alert)))
    return Refused(tuple(dict.fromkeys(failed)), drafts)
