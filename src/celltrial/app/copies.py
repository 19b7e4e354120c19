"""What leaves a ledger is on record: who took which copy, of what, up to which record, with the hash of its bytes."""

from __future__ import annotations

from celltrial.app.anchoring import anchor, prepare
from celltrial.app.rehearsing import trial_session
from celltrial.conduct.acts.account.commands import RecordCopy
from celltrial.conduct.envelope import Actor, LogIn, Request
from celltrial.conduct.facts.account.events import CopyKind, CopyMade
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import Origin
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, fault
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.receipts import Occasion


def require_reader(state: TrialState, reader: Actor | None) -> None:
    """Raise APP-080 where nobody says who reads: a running trial, or one that keeps accesses, hands out nothing nameless."""
    if reader is None and (state.accounts or state.origin is Origin.PROSPECTIVE):
        raise UserError(fault("APP-080", state.trial))


def record_copy(
    where: str,
    trial: str,
    reader: Actor | None,
    kind: CopyKind,
    *,
    about: str,
    position: int,
    sha256: str,
    arms_shown: bool,
    arms_of: tuple[str, ...] = (),
    cut: str = "",
    log_in: LogIn | None = None,
    start: TrialState = EMPTY,
) -> Ruling | None:
    """Record a copy before it is handed out, or say why this person may not have it; None where nobody says who reads.

    log_in: what the reader's log-in proved; without it only a rehearsal hands anything out.
    start:  the trial as it was read for the copy; only what was written since is read again.

    A crash between the record and the file leaves a copy on record that nobody holds, never one that nobody knows of.
    Whatever is handed out, a receipt of where the history ends is written first.
    """
    with open_ledger(where) as ledger:
        prepare(where, ledger, trial)
    decision = None
    if reader is not None:
        made = CopyMade(kind, about, position, sha256, arms_shown, arms_of, cut)
        with trial_session(where, trial, start=start) as session:
            site = session.state.sites.get(reader.site or "")
            moment = Instant(session.now(), site.zone if site is not None else "UTC")
            decision = session.submit(Request(RecordCopy(made), reader, moment, log_in=log_in))
    if not isinstance(decision, Refused):
        with open_ledger(where) as ledger:
            anchor(where, ledger, trial, Occasion.REPORT if kind is CopyKind.REPORT else Occasion.COPY)
    return decision
