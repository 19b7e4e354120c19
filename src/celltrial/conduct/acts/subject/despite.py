"""What took place although it was not permitted: recorded, never refused for a clinical reason, and never as if nothing were.

Who records it says why it took place. Two persons sign: the treating physician and the medical monitor. The deviation names
every condition that was not met, and the medical monitor is alerted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from celltrial.conduct.acts.checks import check_signatures
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role
from celltrial.conduct.facts.trial.events import AlertRaised, DeviationRecorded
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import Condition
from celltrial.conduct.vocabulary import Severity
from celltrial.core.values import Value, as_written, message, names

#: Who signs what took place outside a permit.
SIGNERS: Final = (Role.INVESTIGATOR, Role.MEDICAL_MONITOR)


def happened_anyway(command: Any) -> bool:
    """Tell whether a command records what took place although it was not permitted."""
    return bool(getattr(command, "despite", "").strip())


def check_told(request: Request[Any], now: datetime, about: str) -> Conditions:
    """Yield the signatures that are missing on what took place anyway."""
    return check_signatures(request.command.signatures, SIGNERS, now, about)


def _named(conditions: Iterable[Condition]) -> Value:
    return names(dict.fromkeys(item.code.value for item in conditions))


def told(request: Request[Any], unmet: Sequence[Condition], act: str, about: str) -> list[tuple[str, Any]]:
    """Return the deviation and the alert of what took place anyway."""
    why, when = request.command.despite.strip(), request.occurred.utc.isoformat()
    detail = message("done_although", unmet=_named(unmet), why=as_written(why))
    key = f"{act}/{about}/{when}"
    return [
        (TRIAL, DeviationRecorded(f"despite/{key}", about, Code.DEVIATION_NOT_PERMITTED, detail)),
        (TRIAL, AlertRaised(f"despite/{key}", Severity.CRITICAL, Code.ALERT_NOT_PERMITTED, about, detail, Role.MEDICAL_MONITOR)),
    ]  # fmt: skip


def changed_since(request: Request[Any], unmet: Sequence[Condition], act: str, about: str) -> list[tuple[str, Any]]:
    """Return the alert of what was done under a permit while a condition of it was no longer met; none where all were."""
    if not unmet:
        return []
    key, detail = f"since/{act}/{about}/{request.occurred.utc.isoformat()}", _named(unmet)
    alert = AlertRaised(key, Severity.CRITICAL, Code.ALERT_CHANGED_SINCE_PERMIT, about, detail, Role.MEDICAL_MONITOR)
    return [(TRIAL, alert)]
