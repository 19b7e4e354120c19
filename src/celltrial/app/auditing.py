"""Handlers of the audit trail: the history beside a data point, the whole trail as files, the record of a review."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from celltrial.app.copies import record_copy, require_reader
from celltrial.app.files import make_folder
from celltrial.app.reading_once import reading_whole
from celltrial.app.session import only_trial, open_session
from celltrial.conduct.acts.account.blinding import ARM_FIELDS, closed_names, is_blinded, may_know
from celltrial.conduct.envelope import Actor, LogIn, Role
from celltrial.conduct.facts.account.events import CopyKind
from celltrial.conduct.facts.events import EVENTS
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.core.errors import UserError, fault
from celltrial.core.values import ABSENT, as_data
from celltrial.ledger.audit import AuditExport, Words, export_audit
from celltrial.ledger.item_audit import ItemAudit, item_audit
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import Ledger
from celltrial.ledger.record import Record, is_correction
from celltrial.ledger.signatures import signatures
from celltrial.locale import LANGUAGES
from celltrial.locale.records import RecordWords

_KINDS = {name.rpartition("/")[0]: kind for name, kind in EVENTS.items()}


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """The histories asked for, up to which record.

    blinded:    whether arms are hidden from this reader.
    arms_shown: whether an arm is there.
    broken:     whether it is there because the subject's code was broken to this reader.
    state:      the trial as it was read.
    """

    trial: str
    position: int
    blinded: bool
    arms_shown: bool
    broken: bool
    audit: ItemAudit
    state: TrialState


@dataclass(frozen=True, slots=True)
class AuditAnswer:
    """What came of an export: the decision on it, and the files where it was allowed."""

    decision: Ruling | None
    export: AuditExport | None


def _closed_to(role: Role, *, broken: bool) -> Callable[[Record], Collection[str]]:
    """Return what names the fields of a record, of whatever version, that are closed to a blinded role.

    broken: whether the subject's code was broken to the reader, whose arm is open then.
    """
    names: dict[int, Collection[str]] = {}

    def closed(record: Record) -> Collection[str]:
        if is_correction(record) or record.type.startswith("trial.value_verified/"):
            return names.get(record.payload.get("position", 0), ())
        kind = _KINDS.get(record.type.rpartition("/")[0])
        found = () if kind is None or (broken and kind in ARM_FIELDS) else closed_names(kind, record.payload, role)
        names[record.position] = found
        return found

    return closed


def _nothing_closed(record: Record) -> Collection[str]:  # noqa: ARG001
    return ()


def _titles(record: str, fact: str, field: str) -> tuple[str, ...]:
    """Return what a record and an item are called, in every language."""
    words = [RecordWords(language) for language in LANGUAGES]
    return tuple(title for one in words for title in (one.record(record), one.item(fact, field)))


def _signed(ledger: Ledger, trial: str) -> dict[int, tuple[int, ...]]:
    numbers: dict[int, tuple[int, ...]] = {}
    for signature in signatures(ledger, trial):
        for at, _ in signature.signed.records:
            numbers[at] = (*numbers.get(at, ()), signature.number)
    return numbers


def audit_subject(
    where: str, trial: str | None, subject: str, *, item: str = "", reader: Actor | None = None
) -> ItemAnswer:
    """Return the history of every item of a subject, or of those that `item` names; arms only to whoever may see them.

    APP-080: nobody says who reads; APP-081: no such subject or item.
    """
    with reading_whole(where, trial) as (ledger, whole):
        name, state = whole.name, whole.state
        require_reader(state, reader)
        blinded = is_blinded(state, reader)
        broken = blinded and reader is not None and may_know(state, reader, subject)
        closed = _closed_to(reader.role, broken=broken) if blinded and reader is not None else _nothing_closed
        audit = item_audit(
            whole.records(), subject, item=item, signed=_signed(ledger, name), closed=closed, named=_titles
        )
        position = state.position
    if not audit.items:
        known = ", ".join(sorted(state.subjects)) if subject not in state.subjects else "occurred, ..."
        raise UserError(fault("APP-081", name, expected=known or ABSENT, found=f"{subject} {item}".strip()))
    holds_arm = subject in state.subjects and bool(state.subjects[subject].arm)
    shown = (broken or not blinded) and holds_arm and any(history.field == "arm" for history in audit.items)
    return ItemAnswer(name, position, blinded, shown, broken, audit, state)


def audit_data(answer: ItemAnswer) -> dict[str, Any]:
    """Return the histories as plain data for machines."""
    audit = asdict(answer.audit)
    for note, shown in zip(answer.audit.notes, audit["notes"], strict=True):
        for step, plain in zip(note.steps, shown["steps"], strict=True):
            plain["text"] = as_data(step.text)
    return {
        "trial": answer.trial,
        "position": answer.position,
        "blinded": answer.blinded,
        **audit,
    }


def record_items(where: str, answer: ItemAnswer, reader: Actor, text: str, log_in: LogIn | None = None) -> Ruling:
    """Put on record that somebody took the histories of a subject's items; `text` is what was handed out."""
    about, digest = f"subject/{answer.audit.subject}", hashlib.sha256(text.encode()).hexdigest()
    decision = record_copy(
        where, answer.trial, reader, CopyKind.ITEM_HISTORY, about=about, position=answer.position, sha256=digest,
        arms_shown=answer.arms_shown and not answer.broken,
        arms_of=(answer.audit.subject,) if answer.arms_shown and answer.broken else (), log_in=log_in, start=answer.state,
    )  # fmt: skip
    assert decision is not None
    return decision


def export_trail(
    where: str,
    trial: str | None,
    folder: Path,
    reader: Actor | None,
    words: Words,
    log_in: LogIn | None = None,
) -> AuditAnswer:
    """Write the whole trail for people and for machines, verifiable without this program; on record first.

    The lines hold the hashed bytes and so every arm: a blinded role is refused. APP-080: nobody says who takes it;
    APP-005: the folder cannot be made, and nothing is on record.
    """
    with open_ledger(where) as ledger:
        name = only_trial(ledger, trial)
        head = ledger.head(name)
    with open_session(where, name) as session:
        state = session.state
    require_reader(state, reader)
    arms_shown = any(subject.arm for subject in state.subjects.values())
    make_folder(folder)
    decision = record_copy(
        where, name, reader, CopyKind.AUDIT_TRAIL, about="trial", position=head.position,
        sha256=head.hash, arms_shown=arms_shown, log_in=log_in, start=state,
    )  # fmt: skip
    if isinstance(decision, Refused):
        return AuditAnswer(decision, None)
    with open_ledger(where) as ledger:
        return AuditAnswer(decision, export_audit(ledger, name, folder, words=words))
