"""Handler of verification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrial.app.session import only_trial
from celltrial.core.errors import UserError, fault
from celltrial.core.progress import Progress
from celltrial.ledger.chain import verify
from celltrial.ledger.opening import open_ledger

if TYPE_CHECKING:
    from celltrial.ledger.chain import Verification

__all__ = ["verify_ledger"]


def verify_ledger(where: str, trial: str | None, progress: Progress) -> list[Verification]:
    """Verify one trial or every trial of a ledger; a ledger without trials is refused (APP-022)."""
    with open_ledger(where) as ledger:
        names = [only_trial(ledger, trial)] if trial is not None else list(ledger.trials())
        if not names:
            raise UserError(fault("APP-022", ledger.place))
        return [verify(ledger, name, progress=progress) for name in names]
