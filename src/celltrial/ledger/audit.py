"""The audit trail: who did what, when it happened, when it was known, old value, new value, why.

`audit_entries` is what pages and listings show; `export_audit` writes it twice:
for machines as JSON lines that hold the hashed bytes, and for people as text.
Both are verified without the running system, by the script written beside them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, get_args

from celltrial.conduct.envelope import Precision
from celltrial.core.canonical import canonical
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.shapes import shape_of
from celltrial.core.values import Value, as_written, snake
from celltrial.ledger import offline
from celltrial.ledger.drafting import signature_chain
from celltrial.ledger.port import Head, Ledger, Selection
from celltrial.ledger.record import Record, format_utc, is_correction, parse_line
from celltrial.ledger.selecting import in_order
from celltrial.ledger.signatures import Signature, signatures

_VERIFIER: Final = "verify_audit_trail.py"
#: Kinds of typed values as they are stored.
_VALUES: Final = frozenset(snake(kind.__name__) for kind in get_args(Value))
_DATE_PARTS: Final = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4, Precision.MINUTE: 16}


class Words(Protocol):
    """How a trail that people read is put into words; `AsStored` leaves everything as it is stored."""

    def text(self, key: str) -> str:
        """Return the text of a catalogue's key."""

    def title(self, name: str) -> str:
        """Return what a stored name is called."""

    def stream(self, about: str) -> str:
        """Return what a stream is called."""

    def role(self, role: str) -> str:
        """Return what a role is called."""

    def clock(self, name: str) -> str:
        """Return what a clock is called."""

    def item(self, kind: str, path: str) -> str:
        """Return what an item of a fact is called."""

    def value(self, kind: str, path: str, said: str | Value) -> str:
        """Return a value of an item."""


class AsStored:
    """Everything as it is stored."""

    def text(self, key: str) -> str:
        """Return the last word of a catalogue's key."""
        return key.rpartition(".")[2]

    def title(self, name: str) -> str:
        """Return a stored name."""
        return name

    stream = role = clock = title

    def item(self, kind: str, path: str) -> str:  # noqa: ARG002
        """Return the path of an item."""
        return path

    def value(self, kind: str, path: str, said: str | Value) -> str:  # noqa: ARG002
        """Return a value as it stands in a log."""
        return str(said)


@dataclass(frozen=True, slots=True)
class AuditItem:
    """One item of a record: `old` is None where it was entered for the first time."""

    field: str
    old: str | Value | None
    new: str | Value


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One record as an auditor reads it.

    items:   every item; a correction has one item with the old and the new value.
    corrects: position of the record that was put right; None in a first entry.
    signed_by: numbers of the signatures on this record, superseded ones too.
    """

    record: Record
    items: tuple[AuditItem, ...]
    corrects: int | None
    signed_by: tuple[int, ...] = ()


_AS_STORED: Final = AsStored()


def audit_entries(
    ledger: Ledger, trial: str, streams: Sequence[str] = (), records: Iterable[Record] | None = None
) -> Iterator[AuditEntry]:
    """Yield the audit trail of a trial, or of some of its streams, in order of position.

    records: those of the trial, where they were read already.
    """
    numbers: dict[int, list[int]] = {}
    for signature in signatures(ledger, trial):
        for at, _ in signature.signed.records:
            numbers.setdefault(at, []).append(signature.number)
    for record in ledger.read(trial, streams=streams) if records is None else records:
        yield AuditEntry(record, tuple(_items(record)), _corrects(record), tuple(numbers.get(record.position, ())))


def _corrects(record: Record) -> int | None:
    position = record.payload.get("position")
    return position if is_correction(record) and isinstance(position, int) else None


def _items(record: Record) -> Iterator[AuditItem]:
    payload = record.payload
    if not is_correction(record):
        for field, value in payload_items(payload):
            yield AuditItem(field, None, value)
        return
    yield AuditItem(str(payload.get("field", "value")), _shown(payload["old"]), _shown(payload["new"]))
    for field, value in payload_items({k: v for k, v in payload.items() if k not in {"old", "new", "field"}}):
        yield AuditItem(field, None, value)


def stored_value(stored: Any) -> Value:
    """Return a typed value from its stored form; a text of an older version, or of a person, stands as it was written."""
    if isinstance(stored, str):
        return as_written(stored)
    read: Value = shape_of(Value).read(stored)
    return read


def _is_value(stored: Any) -> bool:
    """Tell whether this is the stored form of a typed value: its kind and its fields."""
    match stored:
        case [str(kind), Mapping()]:
            return kind in _VALUES
        case _:
            return False


def payload_items(value: Any, path: str = "") -> Iterator[tuple[str, str | Value]]:
    """Yield every item of a payload: its dotted path and its value, as text where it is none of the typed ones."""
    if _is_value(value):
        yield path, stored_value(value)
    elif isinstance(value, Mapping) and value:
        for name in sorted(value):
            yield from payload_items(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from payload_items(item, f"{path}.{index}")
    elif path:
        yield path, _shown(value)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def audit_text(
    ledger: Ledger, trial: str, words: Words = _AS_STORED, records: Iterable[Record] | None = None
) -> Iterator[str]:
    """Yield the lines of the audit trail for people; by default everything stands as it is stored."""
    yield f"{words.text('ledger.audit.trail')} {trial}"
    yield f"{words.text('ledger.audit.hash')}: {ledger.head(trial).hash}"
    for entry in audit_entries(ledger, trial, records=records):
        yield ""
        yield from _record_lines(entry, words)
    for signature in signatures(ledger, trial):
        yield ""
        yield from _signature_lines(signature, words)


def _record_lines(entry: AuditEntry, words: Words) -> Iterator[str]:
    record = entry.record
    yield f"#{record.position}  {words.title(record.type)}  {words.stream(record.stream)}  v{record.version}"
    yield f"  {words.text('ledger.audit.occurred')}: {local_moment(record)}"
    yield f"  {words.text('ledger.audit.recorded')}: {record.recorded} ({words.clock(record.clock)})"
    yield f"  {words.text('ledger.audit.who')}: {_person(record, words)}"
    for item in entry.items:
        old = words.text("ledger.audit.nothing") if item.old is None else words.value(record.type, item.field, item.old)
        new = words.value(record.type, item.field, item.new)
        yield f"  {words.item(record.type, item.field)}: {one_line(old)} -> {one_line(new)}"
    for label, value in (
        ("reason", record.reason),
        ("request", record.cause),
        ("protocol_version", record.protocol_version),
        ("corrects", f"#{entry.corrects}" if entry.corrects else ""),
        ("signatures", " ".join(map(str, entry.signed_by))),
        ("hash", record.hash),
    ):
        if value:
            yield f"  {words.text(f'ledger.audit.{label}')}: {one_line(value)}"


def _signature_lines(signature: Signature, words: Words) -> Iterator[str]:
    signed = signature.signed
    yield f"{words.text('ledger.audit.signature')} {signature.number}  {words.text(f'ledger.meaning.{signed.meaning.value}')}"
    signer = signature.signer
    yield f"  {words.text('ledger.audit.who')}: {one_line(f'{signer.printed_name} ({signer.id}), {words.role(signer.role.value)}')}"
    yield f"  {words.text('ledger.audit.occurred')}: {signature.occurred.local.isoformat()} {signature.occurred.zone}"
    yield f"  {words.text('ledger.audit.recorded')}: {format_utc(signature.recorded)}"
    yield f"  {words.text('ledger.audit.signed')}: {' '.join(f'#{at}' for at, _ in signed.records)}"
    if signature.reason:
        yield f"  {words.text('ledger.audit.reason')}: {one_line(signature.reason)}"
    if signature.superseded_by is not None:
        yield f"  {words.text('ledger.audit.superseded')}: #{signature.superseded_by}"
    yield f"  {words.text('ledger.audit.hash')}: {signature.hash}"


def local_moment(record: Record, zone: str = "") -> str:
    """Return the local time as far as it is known, with offset and zone; by default in the zone it was entered with."""
    moment = Instant(record.happened.utc, zone or record.zone)
    local = moment.local.isoformat()
    length = _DATE_PARTS.get(record.exactness)
    text = local if length is None else local[:length] + (local[-6:] if length == 16 else "")
    return f"{text} {moment.zone}"


def _person(record: Record, words: Words) -> str:
    site = f", {record.site}" if record.site else ""
    return one_line(f"{record.printed_name or '-'} ({record.actor}), {words.role(record.role)}{site}")


def one_line(text: str) -> str:
    """Return text that cannot pretend to be another line of the trail."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


@dataclass(frozen=True, slots=True)
class AuditExport:
    """The three files of an export, and the head hash to print or sign."""

    lines: Path
    text: Path
    verifier: Path
    records: int
    head: str


def export_audit(ledger: Ledger, trial: str, folder: Path, *, words: Words = _AS_STORED) -> AuditExport:
    """Write the audit trail of a trial into an existing folder: JSON lines, text, and the verifying script.

    Raises LDG-001 where the trial has no records, LDG-006 where the folder cannot be written.
    """
    head = ledger.head(trial)
    if head.position == 0:
        raise UserError(fault("LDG-001", where=f"{ledger.place} {trial}"))
    stem = "".join(char if char.isalnum() or char in "-_." else "_" for char in trial)
    lines, text = folder / f"{stem}.audit.jsonl", folder / f"{stem}.audit.txt"
    verifier = folder / _VERIFIER
    stored = list(islice(ledger.lines(trial), head.position))  # what others write meanwhile is not in it
    parsed = (parse_line(line.decode(), found.decode()) for line, found in stored)
    records = in_order(parsed, trial, Selection(), ledger.place)
    try:
        shown = "".join(f"{line}\n" for line in audit_text(ledger, trial, words, records)).encode()
        text.write_bytes(shown)
        with lines.open("wb") as target:
            target.writelines(_export_lines(ledger, trial, stored, head, hashlib.sha256(shown).hexdigest()))
        shutil.copyfile(offline.__file__, verifier)
    except OSError as error:
        raise WorldError(fault("LDG-006", where=str(folder), found=os_reason(error))) from None
    return AuditExport(lines, text, verifier, head.position, head.hash)


def _export_lines(
    ledger: Ledger, trial: str, stored: Sequence[tuple[bytes, bytes]], head: Head, text: str
) -> Iterator[bytes]:
    signing = signature_chain(trial)
    signed = ledger.head(signing)
    header = {
        "exported": format_utc(datetime.now(UTC)),
        "format": "celltrial-audit/1",
        "head": head.hash,
        "records": head.position,
        "signatures": signed.position,
        "signatures_head": signed.hash,
        "text": text,
        "trial": trial,
    }
    yield canonical(header).encode() + b"\n"
    for line, found in (*stored, *islice(ledger.lines(signing), signed.position)):
        yield b'{"hash":"%b","record":%b}\n' % (found, line)


def check_audit_file(path: Path, head: str = "") -> offline.AuditCheck:
    """Check an exported audit trail; LDG-050 where the file is none, LDG-006 where it cannot be read."""
    try:
        outcome = offline.check_audit(path, head)
    except FileNotFoundError:
        raise UserError(fault("LDG-050", where=str(path), found="-")) from None
    except OSError as error:
        raise WorldError(fault("LDG-006", where=str(path), found=os_reason(error))) from None
    if outcome.why == "LDG-050":
        raise UserError(fault("LDG-050", where=str(path), found="-"))
    return outcome
