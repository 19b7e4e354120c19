"""Electronic signatures: who signed which records, with what meaning, when; never removed.

A trial's signatures are in a hash chain of their own beside the trial's
chain, and each names the hashes of the records that were signed. Verification
walks both. When a signed record is corrected, or a signed stream grows, the
signature stays and is shown as superseded.

A correction is a fact with the fields `old` and `new`. It supersedes the
signatures on the record at `position` where it has that field, also those on the
whole stream of that record, and otherwise every signature on a record of its stream.
A later fact about the same adverse event changes the record of that event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from celltrial.conduct.envelope import Actor
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.ledger.codec import Codec
from celltrial.ledger.drafting import SIGNED_TYPE, signature_chain
from celltrial.ledger.port import Context, Entry, Ledger
from celltrial.ledger.record import Record, is_correction
from celltrial.ledger.record_names import shared_name


class Meaning(StrEnum):
    """What the signer means (21 CFR 11.50: review, approval, responsibility or authorship)."""

    AUTHORSHIP = "authorship"
    REVIEW = "review"
    APPROVAL = "approval"
    RESPONSIBILITY = "responsibility"


@dataclass(frozen=True, slots=True)
class RecordsSigned:
    """The fact of a signature.

    records:    position and hash of every record that was signed.
    stream:     the stream that was signed as a whole; "" where single records were.
    digest:     SHA-256 over the record hashes, joined by line ends.
    at:         position of the trial's head when it was signed.
    components: what the signer proved identity with, such as ("password", "code").
    """

    records: tuple[tuple[int, str], ...]
    stream: str
    meaning: Meaning
    digest: str
    at: int
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it is now.

    number:        1, 2, ... within the trial.
    hash:          hash of the signature's own record.
    superseded_by: position of the record that changed what was signed; None while it is valid.
    """

    trial: str
    number: int
    signed: RecordsSigned
    signer: Actor
    occurred: Instant
    recorded: datetime
    reason: str
    hash: str
    superseded_by: int | None = None


_CODEC: Final = Codec({SIGNED_TYPE: RecordsSigned})


def sign(
    ledger: Ledger,
    trial: str,
    *,
    actor: Actor,
    meaning: Meaning,
    occurred: Instant,
    positions: Iterable[int] = (),
    stream: str = "",
    components: tuple[str, ...] = (),
    reason: str = "",
    cause: str = "",
) -> Signature:
    """Sign records by position, or a whole stream as it is now.

    Raises LDG-040 (no such record), LDG-041 (the signer has no printed name), and ConflictError
    where somebody else signed in this trial at the same moment.
    """
    head = ledger.head(trial)
    chain = signature_chain(trial)
    before = ledger.head(chain).position
    records = _wanted(ledger, trial, frozenset(positions), stream)
    if not actor.printed_name.strip():
        raise UserError(fault("LDG-041", where=trial, expected=message("printed_name"), found=actor.id))
    fact = RecordsSigned(
        records=tuple((record.position, record.hash) for record in records),
        stream=stream,
        meaning=meaning,
        digest=_digest(record.hash for record in records),
        at=head.position,
        components=components,
    )
    name, payload = _CODEC.encode(fact)
    entry = Entry(f"signature/{actor.id}", name, payload, occurred)
    (record,) = ledger.append(chain, before, [entry], Context(actor, reason, cause))
    return _signature(trial, record)


def _wanted(ledger: Ledger, trial: str, positions: frozenset[int], stream: str) -> list[Record]:
    if stream:
        records = list(ledger.read(trial, streams=(stream,)))
    else:
        first, last = min(positions, default=1), max(positions, default=0)
        records = []
        for record in ledger.read(trial, after=first - 1):
            if record.position > last:
                break
            if record.position in positions:
                records.append(record)
    missing = [fault("LDG-040", where=trial, found=at) for at in sorted(positions - {r.position for r in records})]
    if missing or not records:
        raise UserError(*(missing or [fault("LDG-040", where=trial, found=stream or "-")]))
    return records


def _digest(hashes: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _signature(trial: str, record: Record, superseded_by: int | None = None) -> Signature:
    return Signature(
        trial=trial,
        number=record.position,
        signed=_CODEC.decode(record.type, record.payload, f"{record.trial} {record.position}"),
        signer=record.who,
        occurred=record.happened,
        recorded=record.known,
        reason=record.reason,
        hash=record.hash,
        superseded_by=superseded_by,
    )


def signatures(ledger: Ledger, trial: str) -> tuple[Signature, ...]:
    """Return every signature ever given in a trial, the superseded ones marked."""
    found = [_signature(trial, record) for record in ledger.read(signature_chain(trial))]
    if not found:
        return ()
    signed = {at for signature in found for at, _ in signature.signed.records}
    first = min(signed)
    streams: dict[int, str] = {}
    names: dict[int, str] = {}
    superseding: dict[int, int] = {}
    for record in ledger.read(trial, after=first - 1):
        if record.position in signed:
            streams[record.position] = record.stream
            names[record.position] = shared_name(record)
        for signature in found:
            if signature.number not in superseding and _changes(record, signature.signed, streams, names):
                superseding[signature.number] = record.position
    return tuple(replace(item, superseded_by=superseding.get(item.number)) for item in found)


def _changes(record: Record, signed: RecordsSigned, streams: Mapping[int, str], names: Mapping[int, str]) -> bool:
    """Tell whether a record, written after the signature, changes what was signed."""
    if record.position <= signed.at:
        return False
    if signed.stream and record.stream == signed.stream:
        return True
    positions = [at for at, _ in signed.records]
    name = shared_name(record)
    if name and any(names.get(at) == name for at in positions):
        return True
    if not is_correction(record):
        return False
    corrected = record.payload.get("position")
    if isinstance(corrected, int):
        return corrected in positions
    return any(streams.get(at) == record.stream for at in positions)


def signed_hashes(ledger: Ledger, trial: str) -> dict[int, str]:
    """Return position -> hash of every signed record; two different hashes for one hold for none."""
    known: dict[int, str] = {}
    for record in ledger.read(signature_chain(trial)):
        for at, signed in _signature(trial, record).signed.records:
            known[at] = signed if known.get(at, signed) == signed else "two signatures differ"
    return known
