"""What two scans and a second person say: a match is a fact; a mismatch refuses the act and sends an alert (AC-C3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Draft, Request, Role
from celltrial.conduct.facts.batch.events import IdentityConfirmed, IdentityMismatchFound
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.trial.events import AlertRaised
from celltrial.conduct.gates.identity import mismatches
from celltrial.conduct.ruling import Condition, Refused
from celltrial.conduct.vocabulary import Severity, Signature
from celltrial.core.values import Term, as_written, message


def confirmed_scan(act: str, batch: BatchState, witness: Signature | None) -> list[tuple[str, Any]]:
    """Return the fact that two persons saw subject and batch match; none where the act is refused for want of one."""
    if witness is None:
        return []
    fact = IdentityConfirmed(batch.batch, batch.subject, act, batch.identity, batch.batch, witness)
    return [(f"batch/{batch.batch}", fact)]


def mismatch_facts(request: Request[Any], batch: BatchState, subject: str, act: str) -> list[tuple[str, Any]]:
    """Return what was expected and scanned, and its critical alert, of an act on the cells of another or with a wrong scan."""
    c, stream = request.command, f"batch/{batch.batch}"
    expected, scanned = next(mismatches(batch, c.identity, c.label), (batch.identity, c.identity))
    key = f"identity/{batch.batch}/{subject}/{act}/{request.occurred.utc.isoformat()}"
    found = IdentityMismatchFound(batch.batch, subject, act, scanned, expected)
    detail = message("of", what=Term("scanned_act", act), value=as_written(scanned))
    alert = AlertRaised(key, Severity.CRITICAL, Code.ALERT_IDENTITY, stream, detail, Role.MEDICAL_MONITOR)
    return [(stream, found), (TRIAL, alert)]


def is_another(request: Request[Any], batch: BatchState, subject: str) -> bool:
    """Tell whether bag or wristband is not what was scanned, or the batch another subject's."""
    c = request.command
    return batch.subject != subject or any(True for _ in mismatches(batch, c.identity, c.label))


def refuse_scan(
    request: Request[Any], failed: Sequence[Condition], batch: BatchState, subject: str, act: str
) -> Refused:
    """Return the refusal with the mismatch and its critical alert as the only facts."""
    facts = mismatch_facts(request, batch, subject, act)
    drafts = tuple(Draft(stream, fact, request.occurred, request.precision) for stream, fact in facts)
    return Refused(tuple(dict.fromkeys(failed)), drafts)
